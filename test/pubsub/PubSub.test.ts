import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { PubSub } from "../../src/pubsub/PubSub.ts"
import { Store } from "../../src/store/Store.ts"
import * as MemoryServer from "../support/MemoryServer.ts"

const layer = MemoryServer.layer()

describe("PUBLISH", () => {
  it.effect("reaches channels first, then patterns in the order of their subscription", () =>
    Effect.gen(function*() {
      const [a, b] = [yield* MemoryServer.connect, yield* MemoryServer.connect]
      yield* a.send("PSUBSCRIBE", "*s", "n?ws", "new")
      yield* a.send("SUBSCRIBE", "news")
      yield* a.received
      assert.strictEqual(yield* b.show("PUBLISH", "news", "hello"), "(integer) 3")
      assert.deepStrictEqual((yield* a.received).map((text) => text.split("\n").join(" ")), [
        `1) "message" 2) "news" 3) "hello"`,
        `1) "pmessage" 2) "*s" 3) "news" 4) "hello"`,
        `1) "pmessage" 2) "n?ws" 3) "news" 4) "hello"`
      ])
    }).pipe(Effect.provide(layer)))

  it.effect("shares its bytes among subscribers and keeps them apart from what else they get", () =>
    Effect.gen(function*() {
      const clients = yield* Effect.all([MemoryServer.connect, MemoryServer.connect, MemoryServer.connect])
      const [first, second, publisher] = clients
      yield* first.send("SUBSCRIBE", "c")
      yield* second.show("HELLO", 3)
      yield* second.send("SUBSCRIBE", "c")
      yield* Effect.all([first.received, second.received])
      const long = "x".repeat(70_000)
      for (const text of ["1", long, "2"]) yield* publisher.send("PUBLISH", "c", text)
      const payloads = (texts: ReadonlyArray<string>) => texts.map((text) => text.slice(text.lastIndexOf("3) ") + 3))
      const expected = [`"1"`, `"${long}"`, `"2"`]
      assert.deepStrictEqual(payloads(yield* first.received), expected)
      assert.deepStrictEqual(payloads(yield* second.received), expected)
      assert.strictEqual(yield* second.show("PING"), "PONG")
    }).pipe(Effect.provide(layer)))

  it.effect("goes to replicas though it changes nothing", () =>
    Effect.gen(function*() {
      const { state } = yield* Store
      const effects: Array<string> = []
      const stop = state.propagation.subscribe((unit) =>
        void effects.push(unit.map(({ args }) => args.map((arg) => Buffer.from(arg).toString()).join(" ")).join(";"))
      )
      const client = yield* MemoryServer.connect
      yield* client.show("PUBLISH", "c", "1")
      yield* client.show("SPUBLISH", "c", "2")
      yield* client.send("MULTI")
      yield* client.send("PUBLISH", "c", "3")
      yield* client.send("SET", "k", "v")
      yield* client.send("PUBLISH", "c", "4")
      yield* client.show("EXEC")
      stop()
      assert.deepStrictEqual(effects, ["PUBLISH c 1", "SPUBLISH c 2", "PUBLISH c 3;SET k v;PUBLISH c 4"])
    }).pipe(Effect.provide(layer)))

  it.effect("is not held up by a subscriber that does not read, which is closed by its output limit", () =>
    Effect.gen(function*() {
      const [idle, publisher] = [yield* MemoryServer.connect, yield* MemoryServer.connect]
      yield* publisher.show("CONFIG", "SET", "client-output-buffer-limit", "pubsub 100000 0 0")
      yield* idle.send("SUBSCRIBE", "c")
      yield* idle.received
      const hub = yield* PubSub
      yield* idle.stopReading
      let published = 0
      while (hub.channels.count("c") > 0 && published < 10_000) {
        yield* publisher.show("PUBLISH", "c", "x".repeat(1000))
        published++
      }
      assert.isAtLeast(published, 50)
      assert.isBelow(published, 10_000)
    }).pipe(Effect.provide(layer)))
})

describe("a subscriber", () => {
  it.effect("is forgotten when its connection ends, or with RESET", () =>
    Effect.gen(function*() {
      const hub = yield* PubSub
      const [a, b] = [yield* MemoryServer.connect, yield* MemoryServer.connect]
      for (const client of [a, b]) {
        yield* client.send("SUBSCRIBE", "c")
        yield* client.send("PSUBSCRIBE", "p*")
        yield* client.send("SSUBSCRIBE", "s")
        yield* client.received
      }
      assert.deepStrictEqual([hub.channels.count("c"), hub.patterns.size, hub.shards.count("s")], [2, 1, 2])
      assert.strictEqual(yield* a.show("RESET"), "RESET")
      assert.match(yield* a.show("CLIENT", "LIST", "TYPE", "pubsub"), /flags=P .*sub=1 psub=1 ssub=1/)
      yield* b.close
      assert.deepStrictEqual([hub.channels.size, hub.patterns.size, hub.shards.size], [0, 0, 0])
    }).pipe(Effect.provide(layer)))

  it.effect("hears its confirmations and messages with its replies switched off", () =>
    Effect.gen(function*() {
      const [a, b] = [yield* MemoryServer.connect, yield* MemoryServer.connect]
      yield* a.send("CLIENT", "REPLY", "OFF")
      yield* a.send("SUBSCRIBE", "c")
      yield* b.send("PUBLISH", "c", "1")
      yield* a.send("PING")
      assert.strictEqual((yield* a.received).length, 2)
    }).pipe(Effect.provide(layer)))
})
