/** Clients that wait for members of sorted sets, on the test's clock. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { connect, layer } from "../support/MemoryServer.ts"

describe("BZPOPMIN, BZPOPMAX and BZMPOP", () => {
  it.effect("wait for a member and take it in the turn that brings it", () =>
    Effect.gen(function*() {
      const [reader, writer] = [yield* connect, yield* connect]
      yield* reader.send("BZPOPMIN", "a", "b", 0)
      assert.deepStrictEqual(yield* reader.received, [])
      assert.strictEqual(yield* writer.show("ZADD", "b", 2, "two", 1, "one"), "(integer) 2")
      assert.deepStrictEqual(yield* reader.received, ["1) \"b\"\n2) \"one\"\n3) \"1\""])
      assert.strictEqual(yield* writer.show("ZRANGE", "b", 0, -1), "1) \"two\"")
      yield* reader.send("BZPOPMAX", "none", 0)
      yield* writer.show("ZUNIONSTORE", "none", 1, "b")
      assert.deepStrictEqual(yield* reader.received, ["1) \"none\"\n2) \"two\"\n3) \"2\""])
      assert.strictEqual(yield* writer.show("EXISTS", "none"), "(integer) 0")
    }).pipe(Effect.provide(layer())))

  it.effect("give up when the time is over", () =>
    Effect.gen(function*() {
      const client = yield* connect
      yield* client.send("BZPOPMIN", "a", 0.5)
      yield* TestClock.adjust(499)
      assert.deepStrictEqual(yield* client.received, [])
      yield* TestClock.adjust(2)
      assert.deepStrictEqual(yield* client.received, ["(nil)"])
      yield* client.send("BZMPOP", "1.5", 2, "a", "b", "MAX", "COUNT", 3)
      yield* TestClock.adjust(1501)
      assert.deepStrictEqual(yield* client.received, ["(nil)"])
    }).pipe(Effect.provide(layer())))

  it.effect("are served first come first served, as far as the members go", () =>
    Effect.gen(function*() {
      const clients = yield* Effect.all([connect, connect, connect])
      const [first, second, third] = clients
      yield* first.send("BZPOPMAX", "z", 0)
      yield* first.received
      yield* second.send("BZMPOP", 0, 2, "y", "z", "MIN", "COUNT", 5)
      yield* second.received
      yield* third.send("BZPOPMIN", "z", 10)
      yield* third.received
      const writer = yield* connect
      yield* writer.show("ZADD", "z", 1, "a", 2, "b", 3, "c")
      assert.deepStrictEqual(yield* first.received, ["1) \"z\"\n2) \"c\"\n3) \"3\""])
      assert.deepStrictEqual(yield* second.received, [
        "1) \"z\"\n2) 1) 1) \"a\"\n      2) \"1\"\n   2) 1) \"b\"\n      2) \"2\""
      ])
      assert.deepStrictEqual(yield* third.received, [])
      assert.strictEqual(yield* writer.show("EXISTS", "z"), "(integer) 0")
      yield* TestClock.adjust(10_001)
      assert.deepStrictEqual(yield* third.received, ["(nil)"])
    }).pipe(Effect.provide(layer())))

  it.effect("are served after EXEC, with what it leaves behind", () =>
    Effect.gen(function*() {
      const [reader, writer] = [yield* connect, yield* connect]
      yield* reader.send("BZPOPMIN", "z", 0)
      yield* reader.received
      yield* writer.show("MULTI")
      yield* writer.show("ZADD", "z", 1, "a")
      yield* writer.show("DEL", "z")
      yield* writer.show("ZADD", "z", 5, "b", 4, "c")
      yield* writer.show("EXEC")
      assert.deepStrictEqual(yield* reader.received, ["1) \"z\"\n2) \"c\"\n3) \"4\""])
    }).pipe(Effect.provide(layer())))

  it.effect("do not wait within MULTI, and go on waiting when the key gets another type", () =>
    Effect.gen(function*() {
      const [reader, writer] = [yield* connect, yield* connect]
      yield* writer.show("MULTI")
      yield* writer.show("BZPOPMIN", "z", 0)
      yield* writer.show("BZMPOP", 0, 1, "z", "MIN")
      assert.strictEqual(yield* writer.show("EXEC"), "1) (nil)\n2) (nil)")
      yield* reader.send("BZPOPMIN", "z", 0)
      yield* reader.received
      yield* writer.show("SET", "z", 1)
      yield* writer.show("DEL", "z")
      assert.deepStrictEqual(yield* reader.received, [])
      yield* writer.show("ZADD", "y", 1, "a")
      yield* writer.show("RENAME", "y", "z")
      assert.deepStrictEqual(yield* reader.received, ["1) \"z\"\n2) \"a\"\n3) \"1\""])
    }).pipe(Effect.provide(layer())))

  it.effect("can be unblocked", () =>
    Effect.gen(function*() {
      const [reader, writer] = [yield* connect, yield* connect]
      const id = (yield* reader.show("CLIENT", "ID")).replace(/\D/g, "")
      yield* reader.send("BZPOPMIN", "z", 0)
      yield* reader.received
      yield* writer.show("CLIENT", "UNBLOCK", id, "ERROR")
      assert.match((yield* reader.received)[0] ?? "", /UNBLOCKED/)
      yield* writer.show("ZADD", "z", 1, "a")
      assert.strictEqual(yield* writer.show("ZCARD", "z"), "(integer) 1")
    }).pipe(Effect.provide(layer())))
})
