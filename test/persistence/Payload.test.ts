import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as InProcess from "../support/InProcess.ts"
import { commands } from "../support/Layers.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { type Arg, connect, render } from "../support/RawClient.ts"
import { startRedis } from "../support/ServerProcess.ts"
import { values } from "./DataSets.ts"

const layer = commands({ "enable-debug-command": "yes" })

interface Client {
  readonly bytes: (...args: ReadonlyArray<Arg>) => Effect.Effect<Uint8Array>
  readonly show: (...args: ReadonlyArray<Arg>) => Effect.Effect<string>
}

const bytesOf = (value: { readonly _tag: string; readonly bytes?: Uint8Array }): Uint8Array => {
  if (value.bytes === undefined) throw new Error(`not a bulk: ${value._tag}`)
  return value.bytes
}

const ours = Effect.map(InProcess.make(), (client): Client => ({
  bytes: (...args) => Effect.map(client.command(...args), bytesOf),
  show: client.show
}))

const redis = Effect.gen(function*() {
  const server = yield* startRedis({ args: ["--enable-debug-command", "yes"] })
  const client = yield* connect({ port: server.port })
  const show: Client["show"] = (...args) =>
    Effect.map(Effect.orDie(client.command(...args)), ({ value }) => render(value))
  const bytes: Client["bytes"] = (...args) =>
    Effect.map(Effect.orDie(client.command(...args)), ({ value }) => bytesOf(value))
  return { show, bytes }
})

const fill = (client: Client) =>
  Effect.forEach(Object.values(values).flat(), (command) => client.show(...command), { discard: true })

/** Gives every value of `from` to `to` and compares them there. */
const hand = Effect.fnUntraced(function*(from: Client, to: Client) {
  yield* fill(from)
  for (const key of Object.keys(values)) {
    const payload = yield* from.bytes("DUMP", key)
    assert.strictEqual(yield* to.show("RESTORE", "copy", 0, payload, "REPLACE"), "OK", key)
    assert.strictEqual(
      yield* to.show("DEBUG", "DIGEST-VALUE", "copy"),
      yield* from.show("DEBUG", "DIGEST-VALUE", key),
      key
    )
    assert.strictEqual(
      yield* to.show("OBJECT", "ENCODING", "copy"),
      yield* from.show("OBJECT", "ENCODING", key),
      key
    )
  }
})

describe("DUMP and RESTORE", () => {
  it.effect("give every value back", () =>
    Effect.gen(function*() {
      const client = yield* ours
      yield* hand(client, client)
    }).pipe(Effect.provide(layer)))
})

describeWithRedis("DUMP and RESTORE with redis-server", () => {
  it.live("understand each other's payloads", () =>
    Effect.gen(function*() {
      const [a, b] = [yield* ours, yield* redis]
      yield* hand(a, b)
      yield* a.show("FLUSHALL")
      yield* hand(b, a)
    }).pipe(Effect.scoped, Effect.provide(layer)))
})
