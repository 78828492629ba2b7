/**
 * The typed API over anything that sends a command and brings its reply: the server in the process (`Commands`), or a
 * connection to another one. Iterations are Streams here.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { ReplyValue } from "../../resp/ReplyParser.ts"
import { type Argument, failing } from "../Client.ts"
import type { ReplyError } from "../Value.ts"
import { bind } from "./Binding.ts"
import type { FieldValue, Methods, Scored } from "./Methods.ts"
import type { Integer, Prepared } from "./Types.ts"

/** Sends a command; in RESP2 or RESP3. `waits`: it may take as long as it pleases. */
export type Send<E> = (line: ReadonlyArray<Argument>, waits: boolean) => Effect.Effect<ReplyValue, E>

export interface ScanOptions {
  readonly match?: Argument | undefined
  /** About how many elements are looked at with each command. */
  readonly count?: Integer | undefined
}

/**
 * What goes through a keyspace or a value from its beginning to its end. As in Redis an element that is there all the time is
 * met once or several times, one that comes or goes meanwhile perhaps.
 */
export interface Iterations<E, Text> {
  readonly scan: (options?: ScanOptions & { readonly type?: Argument | undefined }) => Stream.Stream<Text, E>
  readonly hscan: (key: Argument, options?: ScanOptions) => Stream.Stream<FieldValue<Text>, E>
  readonly sscan: (key: Argument, options?: ScanOptions) => Stream.Stream<Text, E>
  readonly zscan: (key: Argument, options?: ScanOptions) => Stream.Stream<Scored<Text>, E>
}

/** A method for each command; bulks come as `Text`. */
export interface TypedText<E, Text>
  extends Omit<Methods<{ readonly failsWith: E }, Text>, keyof Iterations<E, Text>>, Iterations<E, Text>
{}

export interface Typed<E> extends TypedText<E, string> {
  /** The same with bulks as bytes. */
  readonly bytes: TypedText<E, Uint8Array>
  /** The same, but nothing is sent: for `run` and for transactions. */
  readonly prepare: Methods<"prepared"> & { readonly bytes: Methods<"prepared", Uint8Array> }
  readonly run: <A>(command: Prepared<A>) => Effect.Effect<A, E>
}

/** The pages of an iteration as one stream. */
const paged = <A, Page extends { readonly cursor: Integer }, E>(
  next: (cursor: Integer) => Effect.Effect<Page, E>,
  elements: (page: Page) => ReadonlyArray<A>
): Stream.Stream<A, E> =>
  Stream.paginate<Integer, A, E>(0, (cursor) =>
    Effect.map(next(cursor), (page) => [
      elements(page),
      page.cursor === 0 ? Option.none() : Option.some(page.cursor)
    ]))

const typedText = <E, Text>(
  run: <A>(command: Prepared<A>) => Effect.Effect<A, E>,
  asBytes: Text extends string ? false : true
): TypedText<E, Text> => {
  const methods = bind<{ readonly failsWith: E }, Text>(run, asBytes)
  const iterations: Iterations<E, Text> = {
    scan: (options) => paged((cursor) => methods.scan(cursor, options), ({ keys }) => keys),
    hscan: (key, options) => paged((cursor) => methods.hscan(key, cursor, options), ({ fields }) => fields),
    sscan: (key, options) => paged((cursor) => methods.sscan(key, cursor, options), ({ members }) => members),
    zscan: (key, options) => paged((cursor) => methods.zscan(key, cursor, options), ({ scores }) => scores)
  }
  return extended(methods, iterations)
}

/** The object with further members, or others in the place of its own; its methods are made when they are asked for. */
export const extended = <A extends object, B extends object>(base: A, members: B): Omit<A, keyof B> & B =>
  // What it inherits and what it defines are the two types
  Object.create(base, Object.getOwnPropertyDescriptors(members)) as Omit<A, keyof B> & B

export const make = <E>(send: Send<E>): Typed<E | ReplyError> => {
  const run = <A>({ decode, line, waits }: Prepared<A>) =>
    Effect.flatMap(
      send(line, waits),
      (reply): Effect.Effect<A, ReplyError> =>
        reply._tag === "Error" ? failing(reply) as Effect.Effect<never, ReplyError> : Effect.succeed(decode(reply))
    )
  const prepared = (command: Prepared<unknown>) => command
  return extended(typedText<E | ReplyError, string>(run, false), {
    bytes: typedText<E | ReplyError, Uint8Array>(run, true),
    prepare: extended(bind<"prepared", string>(prepared, false), {
      bytes: bind<"prepared", Uint8Array>(prepared, true)
    }),
    run
  })
}
