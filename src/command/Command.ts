/**
 * A command is a value: a spec and, given by a layer, a program from its request to `Effect<Reply, CommandError>`.
 *
 * ```ts
 * const Hello = Command.make("GREET", { arity: 2, flags: ["readonly", "fast"], ... })
 * const Greetings = Command.group(Hello)
 * const layer = Greetings.toLayer(Effect.gen(function*() {
 *   const store = yield* Store
 *   return Greetings.of({ GREET: Command.program((request) => Reply.text(`hello ${request.text(1)}`)) })
 * }))
 * ```
 *
 * A missing or misspelt handler does not compile. A program from its first read to its last write is one primitive
 * Effect (`program`), which keeps it atomic; only commands that wait (BLPOP, XREAD BLOCK, WAIT) are made of several.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Reply } from "../resp/Reply.ts"
import { CommandError, wrongArity } from "./CommandError.ts"
import { CommandTable } from "./CommandTable.ts"
import type { Request } from "./Request.ts"
import type { Spec } from "./Spec.ts"
import { Traits } from "./Traits.ts"

/** A name and what is known about it. A subcommand is named with its parent: `CONFIG|GET`. */
export interface Command<Name extends string = string> {
  readonly name: Name
  readonly spec: Spec
  readonly traits: Traits
}

/**
 * A command's program. `run`, where it is there, is the same program for a caller that has a request at hand and needs
 * no Effect: the connection runs whole pipelines of such commands without going through the run loop for each.
 */
export interface Handler {
  (request: Request): Effect.Effect<Reply, CommandError>
  readonly run?: (request: Request) => Reply
  /** The same for a command that may wait: its reply where it need not, or else what it waits with. */
  readonly begin?: (request: Request) => Begun
  /**
   * Up to so many arguments its calls take about the same time, where the spec does not tell; those that do not are
   * `request.outstanding`.
   */
  readonly timedTogether?: number | undefined
}

/** What a command that may wait has come to in its first turn. */
export type Begun = Reply | Effect.Effect<Reply, CommandError>

export const make = <const Name extends string>(name: Name, spec: Spec): Command<Name> => ({
  name,
  spec,
  traits: new Traits(name, spec)
})

export interface Group<Name extends string> {
  readonly commands: ReadonlyArray<Command<Name>>
  /** Gives the handlers their types. */
  readonly of: (handlers: { readonly [K in Name]: Handler }) => { readonly [K in Name]: Handler }
  /** A layer that adds the commands to the `CommandTable`. */
  readonly toLayer: <E, R>(
    handlers: Effect.Effect<{ readonly [K in Name]: Handler }, E, R>
  ) => GroupLayer<E, R>
}

export interface GroupLayer<E, R> extends Layer.Layer<never, E, Exclude<R, Scope.Scope> | CommandTable> {
  /** What the layer does, for a layer of many groups: one for each takes three times as long. */
  readonly add: Effect.Effect<void, E, R | CommandTable>
}

export const group = <const Commands extends ReadonlyArray<Command>>(
  ...commands: Commands
): Group<Commands[number]["name"]> => ({
  commands,
  of: (handlers) => handlers,
  toLayer: (handlers) => {
    const add = Effect.flatMap(handlers, (byName) =>
      CommandTable.useSync((table) => {
        const entries: Readonly<Record<string, Handler>> = byName
        for (const command of commands) table.add(command, entries[command.name] as Handler)
      }))
    return Object.assign(Layer.effectDiscard(add), { add })
  }
})

/**
 * The program of a command that never waits: `run` yields its reply or throws a `CommandError`, which becomes the
 * failure. Throwing a value that was made before costs a quarter of a microsecond, and spares every line that parses an
 * argument a branch.
 */
export const program = (
  run: (request: Request) => Reply,
  options: { readonly timedTogether?: number } = {}
): Handler => {
  // Assigned one by one: a server has four hundred of them, and Object.assign takes four times as long
  const handler: Program = (request) => sync(() => run(request))
  handler.run = run
  handler.timedTogether = options.timedTogether
  return handler
}

/**
 * The program of a command that waits unless there is something at once. What `begin` does before it has to wait runs like
 * a `program`: handing each call to the connection's fiber would end the run of its pipeline, and cost more than BLPOP.
 */
export const mayWait = (begin: (request: Request) => Begun): Handler => {
  const handler = (request: Request) =>
    attempt(() => {
      const begun = begin(request)
      return isReply(begun) ? Effect.succeed(begun) : begun
    })
  return Object.assign(handler, { begin })
}

export const isReply = (begun: Begun): begun is Reply => !Effect.isEffect(begun)

/** A `Handler` in the making. */
type Program = ((request: Request) => Effect.Effect<Reply, CommandError>) & {
  run?: (request: Request) => Reply
  timedTogether?: number | undefined
}

/** The handler of a container such as CONFIG, which does nothing without a subcommand. */
export const container: Handler = program((request) => {
  throw wrongArity(request.session.commandName)
})

/** One step of a command that waits in others: yields a reply or throws a `CommandError`, which becomes the failure. */
export const sync = (run: () => Reply): Effect.Effect<Reply, CommandError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(run())
    } catch (error) {
      if (error instanceof CommandError) return Effect.fail(error)
      return Effect.die(error)
    }
  })

/** A step whose Effect is made by code that may throw a `CommandError`. */
export const attempt = <A, R>(make: () => Effect.Effect<A, CommandError, R>): Effect.Effect<A, CommandError, R> =>
  Effect.suspend(() => {
    try {
      return make()
    } catch (error) {
      return error instanceof CommandError ? Effect.fail(error) : Effect.die(error)
    }
  })
