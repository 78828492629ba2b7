/**
 * A server for tests, in process, with what tests want beside it: data to begin with, states to come back to, and failures
 * on demand. Time is the test's: with `TestClock`, keys expire and clients wait as long as the test says.
 *
 * ```ts
 * it.effect("forgets a session after an hour", () =>
 *   Effect.gen(function*() {
 *     const { client, seed } = yield* RedisTest
 *     yield* seed({ "session:1": RedisTest.expiring({ user: "ada" }, "1 hour") })
 *     yield* TestClock.adjust("61 minutes")
 *     assert.strictEqual(yield* client.command("EXISTS", "session:1"), 0)
 *   }).pipe(Effect.provide(RedisTest.layer())))
 * ```
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Admission } from "../command/Admission.ts"
import { ClientRegistry } from "../command/ClientRegistry.ts"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import { CommandTable } from "../command/CommandTable.ts"
import { Gate, type Session } from "../command/Session.ts"
import type * as Registry from "../config/Registry.ts"
import type { RdbError } from "../persistence/RdbError.ts"
import { type Kept, Snapshot } from "../persistence/Snapshot.ts"
import { Atomic } from "./Atomic.ts"
import { Client, type ClientService } from "./Client.ts"
import * as Embedded from "./Embedded.ts"
import * as Seed from "./Seed.ts"
import type { ReplyError } from "./Value.ts"

/** The data of all databases at one moment; it may be restored any number of times. */
export type Saved = Kept

/** How often a fault occurs: each time, unless told otherwise. */
export interface Times {
  readonly times?: number
}

interface Fault {
  left: number
  readonly program: (run: Command.Handler) => Command.Handler
}

export class RedisTest extends Context.Service<RedisTest, {
  readonly client: ClientService
  /** Takes the state of all databases, as fast as their memory can be copied. */
  readonly snapshot: Effect.Effect<Saved>
  /** Puts a state in the place of the current one. Keys that have expired since then are not restored. */
  readonly restore: (saved: Saved) => Effect.Effect<void>
  /** Makes keys in database 0, in one transaction. Fails with what a command answers, such as a wrong field name. */
  readonly seed: (data: Readonly<{ [key: string]: Seed.Data }>) => Effect.Effect<void, ReplyError>
  /** Replaces all data by that of an RDB file. */
  readonly load: (file: Uint8Array) => Effect.Effect<void, RdbError>
  /** Makes a command answer with an error instead of running: `GET`, `CONFIG SET`. One that there is not is a defect. */
  readonly fail: (command: string, error: string, options?: Times) => Effect.Effect<void>
  /** Makes a command run, and answer, late. */
  readonly delay: (command: string, by: Duration.Input, options?: Times) => Effect.Effect<void>
  /** Takes all faults back. */
  readonly heal: Effect.Effect<void>
  /** Cuts the connections of all clients but `client`, or of those that the predicate picks; their number. */
  readonly cut: (which?: (session: Session) => boolean) => Effect.Effect<number>
}>()("go-redis/embed/RedisTest") {
  static readonly sortedSet = Seed.sortedSet
  static readonly stream = Seed.stream
  static readonly expiring = Seed.expiring

  /** A server of its own wherever it is provided; options are the server's directives. */
  static readonly layer = (options: Registry.Options = {}) =>
    Layer.effect(this, make).pipe(
      Layer.provideMerge(Embedded.layer(options)),
      Layer.fresh
    )
}

const make = Effect.gen(function*() {
  const client = yield* Client
  const snapshots = yield* Snapshot
  const admission = yield* Admission
  const table = yield* CommandTable
  const { clients } = yield* ClientRegistry
  const { run } = yield* Atomic
  const clock = yield* Clock.Clock
  const faults = new Map<string, Fault>()

  admission.fault = (_, entry) => {
    const fault = faults.get(entry.name)
    if (fault === undefined) return undefined
    if (--fault.left === 0) faults.delete(entry.name)
    if (faults.size === 0) admission.lower(Gate.faults)
    return fault.program(entry.handler)
  }

  const inject = (command: string, { times = Infinity }: Times = {}, program: Fault["program"]): Effect.Effect<void> =>
    Effect.suspend(() => {
      const name = command.toLowerCase().replace(" ", "|")
      // A misspelt one would be a fault that never comes
      if (table.get(name) === undefined) {
        return Effect.die(new Error(`there is no command '${command}' to inject a fault into`))
      }
      faults.set(name, { left: times, program })
      admission.raise(Gate.faults)
      return Effect.void
    })

  return RedisTest.of({
    client,
    snapshot: Effect.sync(snapshots.keep),
    restore: (saved) => Effect.sync(() => snapshots.restore(saved)),
    load: (file) =>
      Effect.suspend(() => {
        let chunk: Uint8Array | undefined = file
        const pull = Effect.sync(() => {
          const next = chunk
          chunk = undefined
          return next
        })
        return Effect.map(snapshots.load(pull), snapshots.adopt)
      }),
    seed: (data) =>
      run((call) => {
        for (const [key, value] of Object.entries(data)) {
          call("DEL", key)
          Seed.write(call, key, value)
        }
      }),
    fail: (command, error, options) =>
      inject(command, options, () =>
        Command.program(() => {
          throw CommandError.make(error)
        })),
    delay: (command, by, options) =>
      inject(command, options, (handler) => (request) =>
        Effect.suspend(() => {
          request.detach()
          const late = Effect.provideService(Effect.sleep(by), Clock.Clock, clock)
          return Effect.andThen(late, Effect.suspend(() => handler(request)))
        })),
    heal: Effect.sync(() => {
      faults.clear()
      admission.lower(Gate.faults)
    }),
    cut: (which = ({ id }) => id !== client.id) =>
      Effect.sync(() => {
        const picked = [...clients.byId.values()].filter(which)
        for (const session of picked) session.link?.kill()
        return picked.length
      })
  })
})
