import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/testing/TestClock"
import { Config } from "../../src/config/Config.ts"
import { Store } from "../../src/store/Store.ts"
import { set } from "./Fill.ts"

/** Lets the background fibers run until they wait again. */
const settle = (done: () => boolean) =>
  Effect.gen(function*() {
    for (let turn = 0; turn < 10_000 && !done(); turn++) yield* Effect.yieldNow
    assert.isTrue(done())
  })

describe("Store", () => {
  it.effect("drops everything at once by another keyspace", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const flushed: Array<number> = []
      store.state.listen({ flushed: (db) => flushed.push(db) })
      const empty = store.usedMemory()
      const before = Ref.getUnsafe(store.keyspace)
      for (let i = 0; i < 1000; i++) set(store.database(i % 5), `key:${i}`, "v", i % 2 === 0 ? 1000 : undefined)
      assert.strictEqual(store.flush(-1, false), 1000)
      assert.notStrictEqual(Ref.getUnsafe(store.keyspace), before)
      assert.strictEqual(store.usedMemory(), empty)
      assert.strictEqual(store.flush(-1, true), 0)
      assert.deepStrictEqual(flushed, [-1, -1])
      set(store.database(3), "again")
      assert.strictEqual(store.flush(3, true), 1)
      assert.strictEqual(store.state.stats.lazyFreed, 1)
    }).pipe(Effect.provide(Store.layer())))

  it.effect("empties one database of several at once and releases it in the background", () =>
    Effect.gen(function*() {
      const store = yield* Store
      for (let i = 0; i < 100; i++) set(store.database(1), `key:${i}`)
      const kept = store.usedMemory()
      for (let i = 0; i < 50_000; i++) {
        set(store.database(2), `key:${i}`, "v".repeat(i % 100), i % 3 === 0 ? 1000 : undefined)
      }
      const space = Ref.getUnsafe(store.keyspace)
      assert.strictEqual(store.flush(2, true), 50_000)
      assert.strictEqual(store.database(2).size, 0)
      assert.strictEqual(store.database(1).size, 100)
      assert.strictEqual(space.releasesPending, 50_000)
      // It is in use again before the old content is gone.
      set(store.database(2), "new", "v", 1000)
      yield* settle(() => space.releasesPending === 0)
      assert.strictEqual(store.state.stats.lazyFreed, 50_000)
      assert.strictEqual(store.database(2).size, 1)
      store.flush(2, false)
      yield* settle(() => space.releasesPending === 0)
      assert.strictEqual(space.arena.used, 100 * 32)
      assert.isAtMost(store.usedMemory(), kept)
    }).pipe(Effect.provide(Store.layer())))

  it.effect("swaps databases with all that belongs to them", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const swapped: Array<readonly [number, number]> = []
      store.state.listen({ swapped: (...pair) => swapped.push(pair) })
      set(store.database(0), "a", "v", 10_000)
      store.swap(0, 9)
      store.swap(4, 4)
      assert.strictEqual(store.database(0).size, 0)
      assert.strictEqual(store.database(9).size, 1)
      assert.strictEqual(store.database(9).expires.size, 1)
      assert.strictEqual(store.database(9).index, 9)
      assert.strictEqual(store.database(0).index, 0)
      assert.deepStrictEqual(swapped, [[0, 9]])
    }).pipe(Effect.provide(Store.layer())))

  it.effect("goes on evicting in the background what one call could not", () =>
    Effect.gen(function*() {
      const store = yield* Store
      for (let i = 0; i < 20_000; i++) set(store.database(0), `key:${i}`)
      store.state.settings.maxmemory = Math.floor(store.usedMemory() / 2)
      assert.isTrue(store.ensureRoom())
      yield* settle(() => store.usedMemory() <= store.state.settings.maxmemory)
    }).pipe(Effect.provide(Store.layer({ settings: { maxmemoryPolicy: "allkeys-random", evictionTenacity: 0 } }))))

  it.effect("finishes growing its dictionaries in idle time", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const { dict } = store.database(0)
      for (let i = 0; !dict.rehashing || i < 10_000; i++) set(store.database(0), `key:${i}`)
      yield* TestClock.adjust("1 second")
      assert.isFalse(dict.rehashing)
    }).pipe(Effect.provide(Store.layer())))

  it.effect("follows the configuration", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const config = yield* Config
      assert.strictEqual(Ref.getUnsafe(store.keyspace).databases.length, 3)
      assert.strictEqual(store.state.settings.maxmemory, 1024 * 1024)
      assert.isFalse(store.state.lfu)
      yield* config.set([["maxmemory-policy", "volatile-lfu"], ["lazyfree-lazy-expire", "yes"], [
        "lfu-decay-time",
        "9"
      ]])
      assert.isTrue(store.state.lfu)
      assert.isTrue(store.state.settings.lazyExpire)
      assert.strictEqual(store.state.lfuDecayTime, 9)
      store.state.stats.hits = 7
      yield* config.resetStat
      assert.strictEqual(store.state.stats.hits, 0)
    }).pipe(
      Effect.provide(Store.layerConfig.pipe(Layer.provideMerge(Config.layer({ databases: 3, maxmemory: "1mb" }))))
    ))
})
