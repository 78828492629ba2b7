/**
 * The typed API: a method for each of the server's commands, with exact types for what it takes and what it answers.
 *
 * ```ts
 * const redis = yield* Commands
 * yield* redis.set("greeting", "hello", { px: 60_000, nx: true })
 * const greeting = yield* redis.get("greeting") // string | undefined
 * const best = yield* redis.zrange("scores", 0, 9, { rev: true, withscores: true })
 * ```
 *
 * How a command becomes a method: `typed/Signature.ts`. Replies are text where clients put text in; `redis.bytes` has
 * the same methods with bytes.
 *
 * Ordinary commands share the connection of `Client`; those that wait (BLPOP, XREAD with `block`) get one of their own
 * for as long as they do, so that nobody waits with them. What a connection remembers (WATCH, SELECT, WAIT) is for
 * `Commands.make`, which opens one.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { CommandTable } from "../command/CommandTable.ts"
import type { PubSub } from "../pubsub/PubSub.ts"
import type { Connections } from "../server/Connections.ts"
import { type Argument, Client, type ClientError, type ClientService } from "./Client.ts"
import * as Monitored from "./Monitored.ts"
import * as Subscriptions from "./Subscriptions.ts"
import type { StreamEntry } from "./typed/Methods.ts"
import * as Typed from "./typed/Typed.ts"
import type { Integer, Prepared } from "./typed/Types.ts"
import { ReplyError } from "./Value.ts"

/** What prepared commands answer, in their order. */
export type Answers<Commands extends ReadonlyArray<Prepared<unknown>>> = {
  -readonly [Index in keyof Commands]: Commands[Index] extends Prepared<infer A> ? A : never
}

export interface FollowOptions {
  /** The id behind which it begins: `$`, the end of the stream as it is, unless given. */
  readonly after?: Argument | undefined
  /** How many entries are fetched at once, at most. */
  readonly count?: Integer | undefined
}

export interface Message {
  readonly channel: string
  readonly message: string
  /** The pattern by which it came. */
  readonly pattern: string | undefined
}

type Messages = (
  names: string | ReadonlyArray<string>,
  options?: Subscriptions.Options
) => Stream.Stream<Message, Subscriptions.SubscriberTooSlow>

export interface CommandsService extends Typed.Typed<ClientError> {
  /**
   * Runs prepared commands as one transaction (MULTI, EXEC) and returns what they answer: undefined when a watched key has
   * changed. All run; the first error that one of them answers is what it fails with.
   *
   * ```ts
   * const { prepare, transaction } = yield* Commands
   * const replies = yield* transaction([prepare.set("a", 1), prepare.incr("a")])
   * ```
   */
  readonly transaction: <const Commands extends ReadonlyArray<Prepared<unknown>>>(
    commands: Commands
  ) => Effect.Effect<Answers<Commands> | undefined, ClientError>
  /** The entries of a stream as they are added, without end: XREAD again and again. */
  readonly follow: (key: Argument, options?: FollowOptions) => Stream.Stream<StreamEntry<string>, ClientError>
  /** The messages on channels. Subscribes when it is run and unsubscribes when it ends; so do the next two. */
  readonly subscribe: Messages
  /** The messages on channels whose names match patterns. */
  readonly psubscribe: Messages
  /** The messages on shard channels. */
  readonly ssubscribe: Messages
  /** Every command that the server runs, as it runs. */
  readonly monitor: Stream.Stream<Monitored.Monitored, ClientError>
}

/** Connections for commands that wait: each has one to itself, and the next one takes it over. */
const waitingRoom = Effect.gen(function*() {
  const scope = yield* Effect.scope
  const services = yield* Effect.context<Connections | CommandTable>()
  const free: Array<ClientService> = []
  const take = Effect.suspend(() => {
    const known = free.pop()
    return known === undefined ? Scope.provide(Effect.provide(Client.make, services), scope) : Effect.succeed(known)
  })
  return (line: ReadonlyArray<Argument>, db: number) =>
    Effect.acquireUseRelease(
      take,
      (client) => {
        const reply = client.reply(...line)
        return client.db() === db ? reply : Effect.andThen(client.reply("SELECT", db), reply)
      },
      (client, exit) =>
        Effect.sync(() => {
          // One whose connection was closed is of no more use
          if (exit._tag === "Success" || client.connected()) free.push(client)
        })
    )
})

const over = (client: ClientService, send: Typed.Send<ClientError>) =>
  Effect.gen(function*() {
    const services = yield* Effect.context<Connections | CommandTable | PubSub>()
    const typed = Typed.make(send)
    const messages = (subscribe: typeof Subscriptions.channels): Messages => (names, options) =>
      subscribe(typeof names === "string" ? [names] : names, options).pipe(
        Stream.map(({ channel, message, pattern }) => ({ channel, message: Buffer.from(message).toString(), pattern })),
        Stream.provideContext(services)
      )
    /** A stream on a connection of its own. */
    const ofOwn = <A>(stream: (client: ClientService) => Stream.Stream<A, ClientError>) =>
      Stream.unwrap(Effect.map(Effect.provide(Client.make, services), stream))

    const service: CommandsService = Typed.extended(typed, {
      transaction: <const Commands extends ReadonlyArray<Prepared<unknown>>>(commands: Commands) =>
        Effect.flatMap(client.transactionReply(commands.map(({ line }) => line)), (reply) => {
          if (reply._tag !== "Array") return Effect.succeed(undefined)
          const failed = reply.items.find((item) => item._tag === "Error")
          if (failed?._tag === "Error") return Effect.fail(new ReplyError({ message: failed.text }))
          const answers = commands.map(({ decode }, index) => decode(reply.items[index] ?? { _tag: "Null" }))
          // One for each command, as EXEC replies
          return Effect.succeed(answers as Answers<Commands>)
        }),
      follow: (key: Argument, { after = "$", count }: FollowOptions = {}) =>
        ofOwn((client) => {
          const { xread } = Typed.make((line) => client.reply(...line))
          return Stream.paginate(after, (id) =>
            Effect.map(xread([[key, id]], { block: 0, count }), (streams) => {
              const entries = [...streams.values()].flat()
              return [entries, Option.some(entries.at(-1)?.id ?? id)] as const
            }))
        }),
      subscribe: messages(Subscriptions.channels),
      psubscribe: messages(Subscriptions.patterns),
      ssubscribe: messages(Subscriptions.shardChannels),
      monitor: ofOwn((client) =>
        client.pushes.pipe(
          // MONITOR's reply runs what waits for it at once: nothing comes before somebody listens
          Stream.onStart(client.command("MONITOR")),
          Stream.map(([line]) => Monitored.parse(String(line)))
        )
      )
    })
    return service
  })

export class Commands extends Context.Service<Commands, CommandsService>()("go-redis/embed/Commands") {
  /** On a connection of their own, as long as the scope is open: all of them, one after the other. */
  static readonly make: Effect.Effect<
    CommandsService,
    never,
    Connections | CommandTable | PubSub | Scope.Scope
  > = Effect.flatMap(Client.make, (client) => over(client, (line) => client.reply(...line)))

  /** On the connection that everybody shares. */
  static readonly layer: Layer.Layer<Commands, never, Client | Connections | CommandTable | PubSub> = Layer.effect(
    this,
    Effect.gen(function*() {
      const client = yield* Client
      const wait = yield* waitingRoom
      return yield* over(client, (line, waits) => waits ? wait(line, client.db()) : client.reply(...line))
    })
  )
}
