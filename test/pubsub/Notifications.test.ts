import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { Interest } from "../../src/store/State.ts"
import { Store } from "../../src/store/Store.ts"
import * as MemoryServer from "../support/MemoryServer.ts"

const layer = MemoryServer.layer()

/** What a listener to everything gets for what `act` does, as `channel message`. */
const events = <E, R>(flags: string, act: (client: MemoryServer.Client) => Effect.Effect<unknown, E, R>) =>
  Effect.gen(function*() {
    const [listener, client] = [yield* MemoryServer.connect, yield* MemoryServer.connect]
    yield* client.show("CONFIG", "SET", "notify-keyspace-events", flags)
    yield* listener.show("PSUBSCRIBE", "__key*@*")
    yield* act(client)
    return (yield* listener.received).map((text) =>
      [...text.matchAll(/^[34]\) "(.*)"$/gm)].map(([, part]) => part).join(" ")
    )
  })

describe("keyspace notifications", () => {
  it.effect("tell of the key, then of the event", () =>
    Effect.gen(function*() {
      const told = yield* events("KEA", (client) => client.show("SET", "k", "v", "EX", 100))
      assert.deepStrictEqual(told, [
        "__keyspace@0__:k set",
        "__keyevent@0__:set k",
        "__keyspace@0__:k expire",
        "__keyevent@0__:expire k"
      ])
    }).pipe(Effect.provide(layer)))

  it.effect("leave out the classes that are not asked for", () =>
    Effect.gen(function*() {
      const act = (client: MemoryServer.Client) =>
        Effect.all([
          client.show("SELECT", 3),
          client.show("GET", "none"),
          client.show("SET", "k", "v"),
          client.show("DEL", "k")
        ])
      assert.deepStrictEqual(yield* events("Eg", act), ["__keyevent@3__:del k"])
      assert.deepStrictEqual(yield* events("K$", act), ["__keyspace@3__:k set"])
      assert.deepStrictEqual(yield* events("Emn", act), ["__keyevent@3__:keymiss none", "__keyevent@3__:new k"])
      assert.deepStrictEqual(yield* events("A", act), [])
      assert.deepStrictEqual(yield* events("KE", act), [])
    }).pipe(Effect.provide(layer)))

  it.effect("tell of a key that expires by itself", () =>
    Effect.gen(function*() {
      const told = yield* events("Ex", (client) =>
        Effect.gen(function*() {
          yield* client.show("SET", "k", "v", "PX", 50)
          yield* TestClock.adjust("1 second")
        }))
      assert.deepStrictEqual(told, ["__keyevent@0__:expired k"])
    }).pipe(Effect.provide(layer)))

  it.effect("tell of an expired destination that an empty result deletes, as of any other", () =>
    Effect.gen(function*() {
      const commands = [
        "SINTERSTORE k none none",
        "ZUNIONSTORE k 1 none",
        "GEOSEARCHSTORE k none FROMLONLAT 0 0 BYRADIUS 1 m",
        "SORT none STORE k",
        "BITOP AND k none"
      ]
      const told = yield* events("Egx", (client) =>
        Effect.gen(function*() {
          yield* client.show("DEBUG", "SET-ACTIVE-EXPIRE", 0)
          for (const command of commands) {
            yield* client.show("SET", "k", "v", "PX", 50)
            yield* TestClock.adjust("1 second")
            yield* client.show(...command.split(" "))
          }
          yield* client.show("SET", "k", "v", "PX", 50)
          yield* TestClock.adjust("1 second")
          yield* client.show("SUNIONSTORE", "none", "k")
        }))
      assert.deepStrictEqual(told.filter((event) => !event.includes("expire k")), [
        ...commands.map(() => "__keyevent@0__:del k"),
        "__keyevent@0__:expired k"
      ])
    }).pipe(Effect.provide(MemoryServer.layer({ "enable-debug-command": "yes" }))))

  it.effect("tell of keys that are evicted", () =>
    Effect.gen(function*() {
      const told = yield* events("Ee", (client) =>
        Effect.gen(function*() {
          yield* client.show("SET", "k", "v")
          yield* client.show("CONFIG", "SET", "maxmemory-policy", "allkeys-random", "maxmemory", 1)
          yield* client.show("GET", "other")
        }))
      assert.deepStrictEqual(told, ["__keyevent@0__:evicted k"])
    }).pipe(Effect.provide(layer)))

  it.effect("cost nothing while they are off", () =>
    Effect.gen(function*() {
      const { state } = yield* Store
      const client = yield* MemoryServer.connect
      assert.strictEqual(state.interest & Interest.event, 0)
      yield* client.show("CONFIG", "SET", "notify-keyspace-events", "KEA")
      assert.notStrictEqual(state.interest & Interest.event, 0)
      yield* client.show("CONFIG", "SET", "notify-keyspace-events", "")
      assert.strictEqual(state.interest & Interest.event, 0)
    }).pipe(Effect.provide(layer)))
})
