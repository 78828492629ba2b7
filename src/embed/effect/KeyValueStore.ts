/**
 * Effect's `KeyValueStore` on the in-process server: its entries are saved and replicated with everything else.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as KeyValueStore from "effect/persistence/KeyValueStore"
import { Client } from "../Client.ts"
import { clearPrefix, keysWithPrefix } from "./KeysWithPrefix.ts"
import { loading } from "./Loading.ts"

/**
 * Provides `KeyValueStore`: each entry is a string under `prefix` and its key. Values that are set as bytes are kept as
 * they are; `get` reads them as UTF-8.
 */
export const layer = (
  options: { readonly prefix?: string } = {}
): Layer.Layer<KeyValueStore.KeyValueStore, never, Client> =>
  loading(() => import("effect/persistence/KeyValueStore"), (KeyValueStore) =>
    Layer.effect(
      KeyValueStore.KeyValueStore,
      Effect.gen(function*() {
        const client = yield* Client
        const prefix = options.prefix ?? ""
        const failure = (method: string, key?: string) =>
          Effect.mapError((cause: unknown) =>
            new KeyValueStore.KeyValueStoreError({
              method,
              ...(key === undefined ? {} : { key }),
              message: `The server refused ${method}`,
              cause
            })
          )
        const keys = Effect.map(keysWithPrefix(client, prefix), Arr.map((key) => key.slice(prefix.length)))
        return KeyValueStore.make({
          get: (key) => failure("get", key)(client.command("GET", prefix + key)).pipe(Effect.map(absent<string>)),
          getUint8Array: (key) =>
            failure("getUint8Array", key)(client.commandBytes("GET", prefix + key)).pipe(
              Effect.map(absent<Uint8Array>)
            ),
          set: (key, value) => Effect.asVoid(failure("set", key)(client.command("SET", prefix + key, value))),
          remove: (key) => Effect.asVoid(failure("remove", key)(client.command("DEL", prefix + key))),
          has: (key) => Effect.map(failure("has", key)(client.command("EXISTS", prefix + key)), (count) => count === 1),
          clear: failure("clear")(clearPrefix(client, prefix)),
          keys: failure("keys")(keys),
          size: Effect.map(failure("size")(keys), (all) => all.length)
        })
      })
    ))

/** GET's reply: a missing value is undefined in Effect's stores. */
const absent = <A>(reply: unknown): A | undefined => reply === null ? undefined : reply as A
