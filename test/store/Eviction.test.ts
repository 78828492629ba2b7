import { assert, describe, it } from "@effect/vitest"
import { Eviction } from "../../src/store/Eviction.ts"
import { Keyspace } from "../../src/store/Keyspace.ts"
import * as Settings from "../../src/store/Settings.ts"
import { State } from "../../src/store/State.ts"
import { random } from "../memory/Random.ts"
import { has, set, use } from "./Fill.ts"

const VALUE = "x".repeat(100)

const fixture = (policy: Settings.EvictionPolicy, settings: Partial<Settings.Settings> = {}) => {
  const state = new State(random(3).uint32, { ...Settings.defaults(), maxmemoryPolicy: policy, ...settings })
  state.setTime(1_000_000_000)
  const space = new Keyspace(state, { databases: 4, seed: { k0: 1, k1: 2 }, types: [] })
  let time = 0
  let unfinished = 0
  const eviction = new Eviction({
    state,
    keyspace: () => space,
    now: () => time += 1,
    onUnfinished: () => unfinished++
  })
  const db = (index: number) => space.databases[index] ?? assert.fail("no such database")
  /** Sets the limit at the memory in use, less a share in percent. */
  const squeeze = (percent: number) => {
    state.settings.maxmemory = Math.floor(eviction.usedMemory * (1 - percent / 100))
  }
  const evict = () => {
    while (eviction.evict() === "unfinished") continue
  }
  return { state, space, eviction, db, squeeze, evict, unfinished: () => unfinished }
}

/** How many of `count` numbered keys with that prefix are left. */
const left = (db: ReturnType<ReturnType<typeof fixture>["db"]>, prefix: string, count: number) => {
  let found = 0
  for (let i = 0; i < count; i++) if (has(db, `${prefix}:${i}`)) found++
  return found
}

describe("Eviction", () => {
  it("has room as long as there is no limit or it is not reached", () => {
    const { db, eviction, state } = fixture("noeviction")
    for (let i = 0; i < 100; i++) set(db(0), `key:${i}`)
    assert.isTrue(eviction.ensureRoom())
    state.settings.maxmemory = eviction.usedMemory
    assert.isTrue(eviction.ensureRoom())
    state.settings.maxmemory--
    assert.isFalse(eviction.ensureRoom())
    assert.strictEqual(db(0).size, 100)
  })

  it("counts what others say for the limit", () => {
    const { eviction, state } = fixture("noeviction")
    state.settings.maxmemory = 100_000
    assert.isTrue(eviction.ensureRoom())
    const stop = state.countOverhead(() => 100_000)
    assert.isFalse(eviction.ensureRoom())
    stop()
    assert.isTrue(eviction.ensureRoom())
  })

  for (const policy of ["allkeys-lru", "volatile-lru"] as const) {
    it(`${policy} keeps what was used lately`, () => {
      const { db, evict, eviction, squeeze, state } = fixture(policy)
      for (let i = 0; i < 1000; i++) set(db(i % 2), `old:${i}`, VALUE, 1_000_000_000)
      for (let i = 0; i < 1000; i++) set(db(i % 2), `new:${i}`, VALUE, 1_000_000_000)
      state.setTime(state.now + 60_000)
      for (let i = 0; i < 1000; i++) use(db(i % 2), `new:${i}`)
      squeeze(40)
      evict()
      assert.isAtMost(eviction.usedMemory, state.settings.maxmemory)
      const olds = left(db(0), "old", 1000) + left(db(1), "old", 1000)
      const news = left(db(0), "new", 1000) + left(db(1), "new", 1000)
      assert.isTrue(news > 940 && olds < 350, `${news} new, ${olds} old`)
      assert.strictEqual(state.stats.evicted, 2000 - news - olds)
    })
  }

  it("allkeys-lfu keeps what is used often", () => {
    const { db, evict, squeeze, state } = fixture("allkeys-lfu")
    for (let i = 0; i < 1000; i++) set(db(0), `rare:${i}`, VALUE)
    for (let i = 0; i < 1000; i++) set(db(0), `often:${i}`, VALUE)
    for (let round = 0; round < 20; round++) for (let i = 0; i < 1000; i++) use(db(0), `often:${i}`)
    squeeze(40)
    evict()
    const often = left(db(0), "often", 1000)
    assert.isTrue(often > 900, `${often} of those used often`)
    assert.isBelow(state.stats.evicted, 1000)
  })

  it("volatile-ttl takes what would expire first", () => {
    const { db, evict, squeeze } = fixture("volatile-ttl")
    for (let i = 0; i < 1000; i++) set(db(0), `soon:${i}`, VALUE, 10_000 + i)
    for (let i = 0; i < 1000; i++) set(db(0), `late:${i}`, VALUE, 1_000_000 + i)
    squeeze(40)
    evict()
    const late = left(db(0), "late", 1000)
    assert.isTrue(late > 940, `${late} of those that expire late`)
  })

  for (const policy of ["volatile-lru", "volatile-lfu", "volatile-ttl", "volatile-random"] as const) {
    it(`${policy} leaves persistent keys alone and refuses when there are no others`, () => {
      const { db, evict, eviction, squeeze, state } = fixture(policy)
      for (let i = 0; i < 500; i++) set(db(1), `persistent:${i}`, VALUE)
      for (let i = 0; i < 500; i++) set(db(1), `volatile:${i}`, VALUE, 10_000)
      squeeze(30)
      evict()
      assert.strictEqual(left(db(1), "persistent", 500), 500)
      assert.isAtMost(eviction.usedMemory, state.settings.maxmemory)
      squeeze(90)
      evict()
      assert.strictEqual(left(db(1), "volatile", 500), 0)
      assert.strictEqual(left(db(1), "persistent", 500), 500)
      assert.isFalse(eviction.ensureRoom())
    })
  }

  it("allkeys-random takes from every database", () => {
    const { db, evict, squeeze } = fixture("allkeys-random")
    for (let i = 0; i < 1000; i++) set(db(i % 4), `key:${i}`, VALUE)
    squeeze(50)
    evict()
    for (let index = 0; index < 4; index++) assert.isTrue(db(index).size > 50 && db(index).size < 200)
  })

  it("holds one command up for the time that tenacity allows, and asks for more in the background", () => {
    const evictedWith = (evictionTenacity: number) => {
      const { db, eviction, squeeze, state, unfinished } = fixture("allkeys-lru", { evictionTenacity })
      for (let i = 0; i < 20_000; i++) set(db(0), `key:${i}`, VALUE)
      squeeze(90)
      assert.isTrue(eviction.ensureRoom())
      return { evicted: state.stats.evicted, unfinished: unfinished() }
    }
    // The test's clock moves on by a microsecond with each look, one for sixteen keys.
    assert.deepStrictEqual(evictedWith(0), { evicted: 16, unfinished: 1 })
    assert.strictEqual(evictedWith(10).unfinished, 1)
    assert.isAbove(evictedWith(10).evicted, 1000)
    assert.strictEqual(evictedWith(100).unfinished, 0)
  })

  it("leaves eviction to others on a replica and stops it during a pause", () => {
    const { db, eviction, squeeze, state } = fixture("allkeys-lru")
    for (let i = 0; i < 100; i++) set(db(0), `key:${i}`, VALUE)
    squeeze(50)
    state.ownsExpiry = false
    assert.isTrue(eviction.ensureRoom())
    state.ownsExpiry = true
    state.pausedUntil = state.now + 1
    assert.isTrue(eviction.ensureRoom())
    assert.strictEqual(db(0).size, 100)
    state.pausedUntil = 0
    state.ownsExpiry = false
    state.settings.replicaIgnoresMaxmemory = false
    assert.isTrue(eviction.ensureRoom())
    assert.isBelow(db(0).size, 100)
  })

  it("tells listeners and replicas of each key", () => {
    for (const lazyEviction of [false, true]) {
      const { db, evict, squeeze, state } = fixture("allkeys-lru", { lazyEviction })
      let events = 0
      const commands = new Set<string>()
      for (let i = 0; i < 100; i++) set(db(0), `key:${i}`, VALUE)
      state.listen({ event: (_db, _class, name) => name === "evicted" ? events++ : undefined })
      state.propagation.subscribe((effects) => {
        assert.lengthOf(effects, 1)
        for (const { args } of effects) commands.add(Buffer.from(args[0] ?? []).toString())
      })
      squeeze(50)
      evict()
      assert.isAbove(events, 20)
      assert.strictEqual(events, state.stats.evicted)
      assert.deepStrictEqual([...commands], [lazyEviction ? "UNLINK" : "DEL"])
    }
  })

  it("adds up the time above the limit", () => {
    const { db, eviction, squeeze, state } = fixture("noeviction")
    for (let i = 0; i < 100; i++) set(db(0), `key:${i}`, VALUE)
    squeeze(50)
    eviction.evict()
    state.setTime(state.now + 500)
    eviction.evict()
    state.settings.maxmemory *= 3
    state.setTime(state.now + 250)
    eviction.evict()
    state.setTime(state.now + 1000)
    eviction.evict()
    assert.strictEqual(state.stats.evictionExceededMilliseconds, 750)
  })
})
