import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { Client } from "../../src/embed/Client.ts"
import { RedisTest } from "../../src/embed/RedisTest.ts"

describe("RedisTest", () => {
  it.effect("begins with the data that it is given, of every type", () =>
    Effect.gen(function*() {
      const { client, seed } = yield* RedisTest
      yield* seed({
        text: "hello",
        number: 7,
        list: ["a", "b", 3],
        set: new Set(["x"]),
        map: new Map([["f", 1]]),
        object: { name: "ada", age: 36 },
        scores: RedisTest.sortedSet({ low: 1, high: 2.5 }),
        log: RedisTest.stream([{ id: "1-1", fields: { f: "v" } }, { fields: { f: "w" } }]),
        session: RedisTest.expiring({ user: "ada" }, "1 hour"),
        empty: []
      })
      assert.strictEqual(yield* client.command("INCR", "number"), 8)
      assert.deepStrictEqual(yield* client.command("LRANGE", "list", 0, -1), ["a", "b", "3"])
      assert.deepStrictEqual(yield* client.command("SMEMBERS", "set"), ["x"])
      assert.strictEqual(yield* client.command("HGET", "map", "f"), "1")
      assert.strictEqual(yield* client.command("HGET", "object", "name"), "ada")
      assert.strictEqual(yield* client.command("ZSCORE", "scores", "high"), 2.5)
      assert.strictEqual(yield* client.command("XLEN", "log"), 2)
      assert.strictEqual(yield* client.command("EXISTS", "empty"), 0)
      // At the very moment it is still there, as in Redis
      yield* TestClock.adjust("3600001 millis")
      assert.strictEqual(yield* client.command("EXISTS", "session"), 0)
    }).pipe(Effect.provide(RedisTest.layer())))

  it.effect("comes back to a state, again and again", () =>
    Effect.gen(function*() {
      const { client, restore, seed, snapshot } = yield* RedisTest
      yield* seed({ a: 1, b: RedisTest.sortedSet({ x: 1 }) })
      const saved = yield* snapshot
      for (let round = 0; round < 2; round++) {
        yield* client.command("FLUSHALL")
        yield* client.command("SET", "c", round)
        yield* restore(saved)
        assert.strictEqual(yield* client.command("DBSIZE"), 2)
        assert.deepStrictEqual(yield* client.command("ZRANGE", "b", 0, -1), ["x"])
      }
      const error = yield* Effect.flip((yield* RedisTest).load(Buffer.from("no RDB")))
      assert.strictEqual(error._tag, "RdbError")
    }).pipe(Effect.provide(RedisTest.layer())))

  it.effect("makes commands fail and come late, so many times", () =>
    Effect.gen(function*() {
      const { client, delay, fail, heal } = yield* RedisTest
      yield* fail("GET", "LOADING not yet", { times: 1 })
      const error = yield* Effect.flip(client.command("GET", "a"))
      assert.strictEqual(error.message, "LOADING not yet")
      assert.isNull(yield* client.command("GET", "a"))

      yield* delay("SET", "3 seconds")
      const set = yield* Effect.forkChild(client.command("SET", "a", 1), { startImmediately: true })
      const other = yield* Client.make
      assert.isNull(yield* other.command("GET", "a"))
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(yield* Fiber.join(set), "OK")
      yield* heal
      assert.strictEqual(yield* client.command("SET", "a", 2), "OK")

      yield* fail("CONFIG GET", "ERR no")
      assert.strictEqual((yield* Effect.flip(client.command("CONFIG", "GET", "port"))).message, "ERR no")
      const unknown = yield* Effect.exit(fail("GTE", "ERR no"))
      assert.match(String(unknown), /there is no command 'GTE'/)
    }).pipe(Effect.scoped, Effect.provide(RedisTest.layer())))

  it.effect("cuts connections", () =>
    Effect.gen(function*() {
      const { client, cut } = yield* RedisTest
      const other = yield* Client.make
      assert.strictEqual(yield* cut(), 1)
      assert.strictEqual((yield* Effect.flip(other.command("PING")))._tag, "ConnectionClosed")
      assert.strictEqual(yield* client.command("PING"), "PONG")
    }).pipe(Effect.scoped, Effect.provide(RedisTest.layer())))

  it.effect("is a server of its own in each test", () =>
    Effect.gen(function*() {
      const { client } = yield* RedisTest
      assert.strictEqual(yield* client.command("DBSIZE"), 0)
      yield* client.command("SET", "left", "over")
    }).pipe(Effect.provide(RedisTest.layer()), Effect.repeat({ times: 1 })))
})
