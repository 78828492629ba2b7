/**
 * Effect's own `Redis` service (`effect/persistence/Redis`) on the in-process server: what is written against it runs
 * without a network. Replies have the shapes that node-redis gives them in RESP3: maps are objects, all else as in
 * `Value`. There is no Lua yet: `eval` fails and says so; the modules of `effect/persistence` that would need it have stores of their
 * own beside this one.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import type * as Redis from "effect/persistence/Redis"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { CommandTable } from "../../command/CommandTable.ts"
import type { Connections } from "../../server/Connections.ts"
import { Client, type ClientService } from "../Client.ts"
import type { Value } from "../Value.ts"
import { loading } from "./Loading.ts"

/** Maps as objects, at any depth. */
const shaped = (value: Value): unknown => {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [String(key), shaped(item)]))
  return Array.isArray(value) ? value.map(shaped) : value
}

/** Provides `Redis` from the server in the same process; options are those of the pool behind `reserve`. */
export const layer = (
  pool: Redis.PoolOptions = {}
): Layer.Layer<Redis.Redis, never, Client | Connections | CommandTable> =>
  loading(() => import("effect/persistence/Redis"), (Redis) =>
    Layer.effect(
      Redis.Redis,
      Effect.gen(function*() {
        const shared = yield* Client
        const sendOn = (client: ClientService): Redis.Redis["Service"]["send"] => (command, ...args) =>
          Effect.mapBoth(client.command(command, ...args), {
            onFailure: (cause) => new Redis.RedisError({ cause }),
            // The caller says what the command answers, as with any client of this service
            onSuccess: (value) => shaped(value) as never
          })
        const services = yield* Effect.context<Connections | CommandTable>()
        const service = yield* Redis.make({
          send: sendOn(shared),
          pool,
          connect: Effect.gen(function*() {
            const scope = yield* Scope.make()
            const client = yield* Scope.provide(Effect.provide(Client.make, services), scope)
            return { send: sendOn(client), close: Scope.close(scope, Exit.void) }
          }),
          subscribe: Effect.fnUntraced(function*(channel, onMessage) {
            const client = yield* Effect.provide(Client.make, services)
            const listening = Stream.runForEach(client.pushes, ([kind, from, message]) =>
              Effect.sync(() => {
                if (kind === "message") onMessage({ channel: String(from), message: String(message) })
              }))
            const fiber = yield* Effect.forkScoped(listening, { startImmediately: true })
            yield* Effect.mapError(client.command("SUBSCRIBE", channel), (cause) => new Redis.RedisError({ cause }))
            return Effect.andThen(
              Fiber.await(fiber),
              Effect.fail(new Redis.RedisError({ cause: "the connection of the subscription has ended" }))
            )
          })
        })
        const noScripts: Redis.Redis["Service"]["eval"] = () => () =>
          Effect.fail(new Redis.RedisError({ cause: NO_SCRIPTS }))
        return {
          ...service,
          eval: noScripts,
          reserve: Effect.map(service.reserve, (connection) => ({ ...connection, eval: noScripts }))
        }
      })
    ))

const NO_SCRIPTS = "Lua scripts do not run in this server; Atomic of go-redis does what they are for"
