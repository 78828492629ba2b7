/**
 * What programs written against Effect's persistence modules see: on stores of the in-process server, and on Effect's
 * own.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import * as Persistence from "effect/persistence/Persistence"
import * as RateLimiter from "effect/persistence/RateLimiter"
import * as Redis from "effect/persistence/Redis"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import * as OurBacking from "../../../src/embed/effect/BackingPersistence.ts"
import * as OurKeyValueStore from "../../../src/embed/effect/KeyValueStore.ts"
import * as OurRateLimiter from "../../../src/embed/effect/RateLimiterStore.ts"
import * as OurRedis from "../../../src/embed/effect/Redis.ts"
import * as Embedded from "../../../src/embed/Embedded.ts"

const embedded = Embedded.layer()

const both = <A, E>(
  name: string,
  ours: Layer.Layer<A, E>,
  theirs: Layer.Layer<A, E>,
  program: Effect.Effect<void, unknown, A>
) => {
  it.effect(`${name}, in process`, () => Effect.provide(program, ours))
  it.effect(`${name}, in Effect's memory`, () => Effect.provide(program, theirs))
}

describe("KeyValueStore", () => {
  both(
    "keeps text and bytes",
    OurKeyValueStore.layer({ prefix: "kv:*[" }).pipe(Layer.provide(embedded)),
    KeyValueStore.layerMemory,
    Effect.gen(function*() {
      const store = yield* KeyValueStore.KeyValueStore
      yield* store.set("a", "1")
      yield* store.set("b", Uint8Array.of(0, 255, 7))
      assert.strictEqual(yield* store.get("a"), "1")
      assert.strictEqual(yield* store.get("none"), undefined)
      assert.deepStrictEqual([...(yield* store.getUint8Array("b")) ?? []], [0, 255, 7])
      assert.strictEqual(yield* store.size, 2)
      assert.deepStrictEqual([...yield* store.keys].sort(), ["a", "b"])
      assert.isTrue(yield* store.has("a"))
      assert.strictEqual(yield* store.modify("a", (value) => `${value}!`), "1!")
      yield* store.remove("a")
      assert.isFalse(yield* store.has("a"))
      yield* store.clear
      assert.isTrue(yield* store.isEmpty)
    })
  )
})

class Lookup extends Schema.Class<Lookup>("Lookup")({ id: Schema.String }) {}

describe("Persistence", () => {
  both(
    "keeps JSON for its time to live, a store apart from another",
    OurBacking.layer.pipe(Layer.provide(embedded)),
    Persistence.layerBackingMemory,
    Effect.scoped(Effect.gen(function*() {
      const backing = yield* Persistence.BackingPersistence
      const users = yield* backing.make("users")
      const other = yield* backing.make("users:1")
      yield* users.set("a", { name: "Ada" }, Duration.seconds(10))
      yield* users.setMany([["b", { name: "Bob" }, undefined], ["c", { name: "Cy" }, Duration.seconds(1)]])
      yield* other.set("a", new Lookup({ id: "x" }), undefined)
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* users.getMany(["a", "b", "c", "none"]), [
        { name: "Ada" },
        { name: "Bob" },
        undefined,
        undefined
      ])
      yield* TestClock.adjust("9 seconds")
      assert.strictEqual(yield* users.get("a"), undefined)
      yield* users.remove("b")
      assert.strictEqual(yield* users.get("b"), undefined)
      yield* users.set("d", {}, undefined)
      yield* users.clear
      assert.strictEqual(yield* users.get("d"), undefined)
      assert.deepInclude(yield* other.get("a"), { id: "x" })
    }))
  )
})

describe("RateLimiterStore", () => {
  const ours = OurRateLimiter.layer().pipe(Layer.provide(embedded))

  both(
    "counts windows",
    ours,
    RateLimiter.layerStoreMemory,
    Effect.gen(function*() {
      const { fixedWindow } = yield* RateLimiter.RateLimiterStore
      const take = (tokens: number) => fixedWindow({ key: "k", tokens, refillRate: Duration.seconds(1), limit: 5 })
      assert.deepStrictEqual(yield* take(2), [2, 2000])
      yield* TestClock.adjust("500 millis")
      assert.deepStrictEqual(yield* take(3), [5, 4500])
      assert.deepStrictEqual(yield* take(1), [6, 4500])
      yield* TestClock.adjust("4500 millis")
      assert.deepStrictEqual(yield* take(1), [1, 1000])
    })
  )

  both(
    "fills buckets",
    ours,
    RateLimiter.layerStoreMemory,
    Effect.gen(function*() {
      const { tokenBucket } = yield* RateLimiter.RateLimiterStore
      const take = (tokens: number, allowOverflow = false) =>
        tokenBucket({ key: "k", tokens, limit: 5, refillRate: Duration.seconds(1), allowOverflow })
      assert.deepStrictEqual(yield* take(4), [1, 0])
      yield* TestClock.adjust("1500 millis")
      assert.deepStrictEqual(yield* take(3), [-1, 500])
      assert.deepStrictEqual(yield* take(3, true), [-1, 500])
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* take(1), [4, 0])
    })
  )

  both(
    "learns somebody else's limit from refusals",
    ours,
    RateLimiter.layerStoreMemory,
    Effect.gen(function*() {
      const store = yield* RateLimiter.RateLimiterStore
      const consume = (tokens: number) =>
        Effect.map(
          store.adaptiveConsume({ key: "k", tokens, fallbackWindow: Duration.minutes(1) } as never),
          ({ delay, epoch, phase }) => [Duration.toMillis(delay), epoch, phase]
        )
      const refuse = (epoch: number, tokens: number, seconds: number) =>
        store.adaptiveFeedback(
          { key: "k", epoch, tokens, status: 429, retryAfter: Duration.seconds(seconds) }
        )
      assert.deepStrictEqual(yield* consume(1), [0, 0, "inactive"])
      yield* refuse(0, 1, 2)
      assert.deepStrictEqual(yield* consume(1), [2000, 0, "cooldown"])
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* consume(1), [0, 1, "learning"])
      assert.deepStrictEqual(yield* consume(3), [0, 1, "learning"])
      yield* TestClock.adjust("1 seconds")
      assert.deepStrictEqual(yield* consume(1), [0, 1, "learning"])
      yield* refuse(0, 1, 9)
      yield* refuse(1, 1, 3)
      for (const tokens of [1, 1, 3, 4, 1]) {
        const [delay, epoch, phase] = yield* consume(tokens)
        assert.deepStrictEqual([epoch, phase], [2, "learned"])
        delays.push(delay)
        yield* TestClock.adjust("700 millis")
      }
      yield* TestClock.adjust("20 seconds")
      delays.push(...(yield* consume(2)).slice(0, 1))
      yield* refuse(2, 1, 5)
      assert.deepStrictEqual(yield* consume(1), [5000, 2, "cooldown"])
    })
  )

  const delays: Array<unknown> = []
  it("delays as Effect's store does", () => {
    assert.isAbove(delays.length, 0)
    assert.deepStrictEqual(delays.slice(0, delays.length / 2), delays.slice(delays.length / 2))
  })
})

describe("Redis", () => {
  it.effect("sends commands, in node-redis's shapes", () =>
    Effect.gen(function*() {
      const redis = yield* Redis.Redis
      yield* redis.send("SET", "k", "v")
      assert.strictEqual(yield* redis.send("GET", "k"), "v")
      assert.deepStrictEqual(yield* redis.send("CONFIG", "GET", "maxmemory-samples"), { "maxmemory-samples": "5" })
      assert.strictEqual((yield* Effect.flip(redis.send("INCR", "k")))._tag, "RedisError")
    }).pipe(Effect.provide(OurRedis.layer().pipe(Layer.provide(embedded)))))

  it.effect("reserves a connection for what waits, and ends it with the scope", () =>
    Effect.gen(function*() {
      const redis = yield* Redis.Redis
      const exit = yield* Effect.gen(function*() {
        const own = yield* redis.reserve
        return yield* own.send("XREAD", "BLOCK", "0", "STREAMS", "s", "$")
      }).pipe(
        Effect.scoped,
        Effect.timeoutOption("1 second"),
        Effect.exit,
        Effect.forkChild({ startImmediately: true })
      )
      yield* TestClock.adjust("1 second")
      assert.isTrue(Exit.isSuccess(yield* Fiber.join(exit)))
      assert.strictEqual(yield* redis.send("PING"), "PONG")
    }).pipe(Effect.provide(OurRedis.layer().pipe(Layer.provide(embedded)))))
})
