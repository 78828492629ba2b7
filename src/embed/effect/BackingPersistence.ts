/**
 * What Effect's `Persistence` and `PersistedCache` need below them, on the in-process server.
 */
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Persistence from "effect/persistence/Persistence"
import { Atomic } from "../Atomic.ts"
import { Client } from "../Client.ts"
import { clearPrefix } from "./KeysWithPrefix.ts"
import { loading } from "./Loading.ts"

/** As Effect's store in Redis names its keys, so that one may take over from the other. */
const namespaceOf = (storeId: string): string => `${storeId.replaceAll("%", "%25").replaceAll(":", "%3A")}:`

/** Provides `BackingPersistence`, for `Persistence` and `PersistedCache`: JSON strings with a time to live. */
export const layer: Layer.Layer<Persistence.BackingPersistence, never, Client | Atomic> = loading(
  () => import("effect/persistence/Persistence"),
  (Persistence) =>
    Layer.effect(
      Persistence.BackingPersistence,
      Effect.gen(function*() {
        const client = yield* Client
        const { run } = yield* Atomic
        const failure = (message: string) =>
          Effect.mapError((cause: unknown) => new Persistence.PersistenceError({ message, cause }))
        const parse = (value: unknown) =>
          Effect.try({
            try: (): object | undefined => typeof value === "string" ? JSON.parse(value) : undefined,
            catch: (cause) => new Persistence.PersistenceError({ message: "The stored value is no JSON", cause })
          })
        const expiry = (ttl: Duration.Duration | undefined): ReadonlyArray<string | number> =>
          ttl === undefined || !Duration.isFinite(ttl) ? [] : ["PX", Math.ceil(Duration.toMillis(ttl))]
        return Persistence.BackingPersistence.of({
          make: (storeId) =>
            Effect.sync(() => {
              const namespace = namespaceOf(storeId)
              const keyOf = (key: string) => namespace + key
              return {
                get: (key) =>
                  failure(`Failed to get ${key}`)(client.command("GET", keyOf(key))).pipe(Effect.flatMap(parse)),
                getMany: (keys) =>
                  failure("Failed to get many")(client.command("MGET", ...keys.map(keyOf))).pipe(
                    Effect.map((values) => {
                      const all = values as ReadonlyArray<unknown> // MGET answers an array
                      return Arr.map(keys, (_, index) => parsed(all[index]))
                    })
                  ),
                set: (key, value, ttl) =>
                  Effect.asVoid(
                    failure(`Failed to set ${key}`)(
                      client.command("SET", keyOf(key), JSON.stringify(value), ...expiry(ttl))
                    )
                  ),
                setMany: (entries) =>
                  failure("Failed to set many")(run((call) => {
                    for (const [key, value, ttl] of entries) {
                      call("SET", keyOf(key), JSON.stringify(value), ...expiry(ttl))
                    }
                  })),
                remove: (key) => Effect.asVoid(failure(`Failed to remove ${key}`)(client.command("DEL", keyOf(key)))),
                clear: failure("Failed to clear")(clearPrefix(client, namespace))
              }
            })
        })
      })
    )
)

/** A value of many: one that cannot be read counts as missing. */
const parsed = (value: unknown): object | undefined => {
  try {
    return typeof value === "string" ? JSON.parse(value) : undefined
  } catch {
    return undefined
  }
}
