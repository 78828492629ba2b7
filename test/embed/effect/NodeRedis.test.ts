/**
 * Programs written against Effect's persistence modules do the same on the in-process server and, through Effect's own
 * `NodeRedis`, on redis-server.
 */
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Persistable from "effect/persistence/Persistable"
import * as PersistedCache from "effect/persistence/PersistedCache"
import * as PersistedQueue from "effect/persistence/PersistedQueue"
import * as Persistence from "effect/persistence/Persistence"
import * as RateLimiter from "effect/persistence/RateLimiter"
import * as Redis from "effect/persistence/Redis"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as OurBacking from "../../../src/embed/effect/BackingPersistence.ts"
import * as OurQueue from "../../../src/embed/effect/PersistedQueueStore.ts"
import * as OurRateLimiter from "../../../src/embed/effect/RateLimiterStore.ts"
import * as OurRedis from "../../../src/embed/effect/Redis.ts"
import * as Embedded from "../../../src/embed/Embedded.ts"
import { describeWithRedis } from "../../support/Oracle.ts"
import { startRedis } from "../../support/ServerProcess.ts"

/** What the programs use, on redis-server. */
const theirs = Layer.mergeAll(
  Persistence.layerBackingRedis,
  RateLimiter.layerStoreRedis(),
  PersistedQueue.layerStoreRedis({ pollInterval: "20 millis" })
).pipe(
  Layer.provideMerge(Layer.unwrap(Effect.map(startRedis(), ({ port }) => NodeRedis.layer({ socket: { port } }))))
)

/** The same, in process. */
const ours = Layer.mergeAll(OurRedis.layer(), OurBacking.layer, OurRateLimiter.layer(), OurQueue.layer()).pipe(
  Layer.provide(Embedded.layer())
)

type Modules =
  | Redis.Redis
  | Persistence.BackingPersistence
  | RateLimiter.RateLimiterStore
  | PersistedQueue.PersistedQueueStore

class Lookup extends Persistable.Class<{ payload: { readonly id: string } }>()("Lookup", {
  primaryKey: ({ id }) => id,
  success: Schema.String
}) {}

const suite = <E>(layer: Layer.Layer<Modules, E>) => () => {
  const check = (name: string, program: Effect.Effect<void, unknown, Modules>) =>
    it.live(name, () => Effect.provide(program, layer))

  check(
    "sends commands, and fails with their errors",
    Effect.gen(function*() {
      const { send } = yield* Redis.Redis
      assert.strictEqual(yield* send("SET", "k", "v"), "OK")
      assert.strictEqual(yield* send("GET", "k"), "v")
      assert.strictEqual(yield* send("GET", "none"), null)
      assert.strictEqual(yield* send("HSET", "h", "f", "1", "g", "2"), 2)
      assert.deepEqual({ ...(yield* send<object>("HGETALL", "h")) }, { f: "1", g: "2" })
      assert.deepStrictEqual(yield* send("MGET", "k", "none"), ["v", null])
      assert.match(String((yield* Effect.flip(send("INCR", "k"))).cause), /not an integer/)
    })
  )

  check(
    "brings the messages of a channel",
    Effect.gen(function*() {
      const { send, subscribe } = yield* Redis.Redis
      const messages = yield* subscribe("news")
      while ((yield* send<number>("PUBLISH", "news", "hello")) === 0) yield* Effect.sleep("10 millis")
      assert.deepStrictEqual({ ...yield* Queue.take(messages) }, { channel: "news", message: "hello" })
    }).pipe(Effect.scoped)
  )

  check(
    "reserves a connection for what waits",
    Effect.gen(function*() {
      const { reserve, send } = yield* Redis.Redis
      const own = yield* reserve
      const popped = yield* Effect.forkChild(own.send("BLPOP", "q", "0"), { startImmediately: true })
      yield* send("RPUSH", "q", "job")
      assert.deepStrictEqual(yield* Fiber.join(popped), ["q", "job"])
    }).pipe(Effect.scoped)
  )

  check(
    "keeps what is persisted, a store apart from another",
    Effect.gen(function*() {
      const backing = yield* Persistence.BackingPersistence
      const users = yield* backing.make("users")
      const other = yield* backing.make("others")
      yield* users.set("a", { name: "Ada" }, Duration.minutes(1))
      yield* users.setMany([["b", { name: "Bob" }, undefined], ["c", { name: "Cy" }, Duration.minutes(1)]])
      yield* other.set("a", { name: "Al" }, undefined)
      yield* users.remove("c")
      assert.deepEqual(yield* users.getMany(["a", "b", "c"]), [{ name: "Ada" }, { name: "Bob" }, undefined])
      yield* users.clear
      assert.strictEqual(yield* users.get("a"), undefined)
      assert.deepEqual(yield* other.get("a"), { name: "Al" })
    }).pipe(Effect.scoped)
  )

  check(
    "caches what is looked up",
    Effect.gen(function*() {
      let lookups = 0
      const make = PersistedCache.make(({ id }: Lookup) => Effect.sync(() => `${id}:${++lookups}`), {
        storeId: "cache",
        timeToLive: () => "1 minute"
      })
      const first = yield* make
      assert.strictEqual(yield* first.get(new Lookup({ id: "a" })), "a:1")
      // Another one finds it in the store
      const second = yield* make
      assert.strictEqual(yield* second.get(new Lookup({ id: "a" })), "a:1")
      yield* second.invalidate(new Lookup({ id: "a" }))
      assert.strictEqual(yield* second.get(new Lookup({ id: "a" })), "a:2")
    }).pipe(Effect.scoped, Effect.provide(Persistence.layer))
  )

  check(
    "counts windows and fills buckets",
    Effect.gen(function*() {
      const { fixedWindow, tokenBucket } = yield* RateLimiter.RateLimiterStore
      const options = { key: "k", refillRate: Duration.minutes(1), limit: 5 }
      const window = (tokens: number) => Effect.map(fixedWindow({ ...options, tokens }), ([count]) => count)
      const bucket = (tokens: number) =>
        Effect.map(tokenBucket({ ...options, key: "b", tokens, allowOverflow: false }), ([left]) => left)
      assert.deepStrictEqual(yield* Effect.forEach([2, 3, 1], window), [2, 5, 6])
      assert.deepStrictEqual(yield* Effect.forEach([4, 3, 1], bucket), [1, -2, 0])
    })
  )

  check(
    "queues, tries again and gives up",
    Effect.gen(function*() {
      const queue = yield* PersistedQueue.make({
        name: "mail",
        schema: Schema.String,
        maxAttempts: 2,
        retrySchedule: Schedule.spaced("1 millis")
      })
      yield* queue.offer("a")
      yield* queue.offer("b")
      const seen: Array<readonly [string, number]> = []
      const attempt = (fails: boolean) =>
        Effect.exit(queue.take((element, { attempts }) => {
          seen.push([element, attempts])
          return fails ? Effect.fail("away") : Effect.void
        }))
      for (const fails of [false, true, true]) yield* attempt(fails)
      yield* queue.offer("c")
      yield* attempt(false)
      assert.deepStrictEqual(seen, [["a", 1], ["b", 1], ["b", 2], ["c", 1]])
    }).pipe(Effect.provide(PersistedQueue.layer))
  )
}

describe("Effect's persistence modules in process", suite(ours))
describeWithRedis("Effect's persistence modules on redis-server", suite(theirs))

describe("Redis in process", () => {
  it.effect("says that there are no scripts", () =>
    Effect.gen(function*() {
      const redis = yield* Redis.Redis
      const script = Redis.script((key: string) => [key], { lua: "return 1", numberOfKeys: 1 })
      for (const { eval: run } of [redis, yield* redis.reserve]) {
        assert.match(String((yield* Effect.flip(run(script)("k"))).cause), /Lua scripts do not run in this server/)
      }
    }).pipe(Effect.scoped, Effect.provide(ours)))
})
