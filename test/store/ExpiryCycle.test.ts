import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/testing/TestClock"
import { ExpiryCycle } from "../../src/store/ExpiryCycle.ts"
import { Keyspace } from "../../src/store/Keyspace.ts"
import * as Settings from "../../src/store/Settings.ts"
import { State } from "../../src/store/State.ts"
import { Store } from "../../src/store/Store.ts"
import { random } from "../memory/Random.ts"
import { has, set } from "./Fill.ts"

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()

/** A keyspace and a cycle over it, with a clock that the test moves: each look at it costs `perLook` microseconds. */
const fixture = (options: { readonly settings?: Partial<Settings.Settings>; readonly perLook?: number } = {}) => {
  const state = new State(random(1).uint32, { ...Settings.defaults(), ...options.settings })
  state.setTime(1_000_000)
  const space = new Keyspace(state, { databases: 16, seed: { k0: 1, k1: 2 }, types: [] })
  let time = 0
  const cycle = new ExpiryCycle({
    state,
    databases: () => space.databases,
    now: () => time += options.perLook ?? 0
  })
  const db = (index: number) => space.databases[index] ?? assert.fail("no such database")
  const run = (kind: "slow" | "fast") => {
    let slices = 1
    for (const _ of cycle.round(kind)) slices++
    return slices
  }
  return { state, space, cycle, db, run }
}

describe("ExpiryCycle", () => {
  it("deletes what is dead and leaves what lives", () => {
    const { db, run, state } = fixture()
    for (let i = 0; i < 3000; i++) set(db(i % 3), `key:${i}`, "v", i % 2 === 0 ? 10 : 10_000)
    for (let i = 0; i < 100; i++) set(db(0), `persistent:${i}`)
    state.setTime(state.now + 11)
    for (let round = 0; round < 400; round++) run("slow")
    assert.strictEqual(db(0).size + db(1).size + db(2).size, 1600)
    assert.strictEqual(state.stats.expired, 1500)
    assert.strictEqual(db(1).expires.size, 500)
  })

  it("stays with a database until a tenth of its volatile keys are dead, in one round", () => {
    const { db, run, state } = fixture()
    for (let i = 0; i < 20_000; i++) set(db(5), `key:${i}`, "v", i < 10_000 ? 10_000 : 10)
    state.setTime(state.now + 11)
    run("slow")
    const dead = db(5).size - 10_000
    assert.isTrue(dead < 3000, `${dead} dead keys left of 10000`)
  })

  it("yields every millisecond and stops after its share of the time", () => {
    const { cycle, db, run, state } = fixture({ perLook: 100 })
    for (let i = 0; i < 100_000; i++) set(db(0), `key:${i}`, "v", 10)
    state.setTime(state.now + 11)
    // 25 ms of the 100 ms between two ticks, a tenth of a millisecond for twenty keys
    const slices = run("slow")
    assert.isTrue(slices > 15 && slices < 30, `${slices} slices`)
    assert.strictEqual(state.stats.expiredTimeCapReached, 1)
    assert.isTrue(cycle.behind)
    const expired = state.stats.expired
    assert.isTrue(expired >= 4000 && expired <= 6000, `${expired} expired`)
    run("fast")
    assert.isTrue(state.stats.expired - expired <= 400)
    assert.isAbove(state.stats.expireCycleMicroseconds, 20_000)
  })

  it("works harder with more effort", () => {
    const dead = (activeExpireEffort: number) => {
      const { db, run, state } = fixture({ settings: { activeExpireEffort }, perLook: 100 })
      for (let i = 0; i < 50_000; i++) set(db(0), `key:${i}`, "v", 10)
      state.setTime(state.now + 11)
      run("slow")
      return state.stats.expired
    }
    assert.isAbove(dead(10), dead(1) * 3)
  })

  it("does nothing while it is switched off, paused or another server's task", () => {
    const { db, run, state } = fixture()
    for (let i = 0; i < 100; i++) set(db(0), `key:${i}`, "v", 10)
    state.setTime(state.now + 11)
    state.settings.activeExpire = false
    run("slow")
    state.settings.activeExpire = true
    state.pausedUntil = state.now + 1
    run("slow")
    state.pausedUntil = 0
    state.ownsExpiry = false
    run("slow")
    assert.strictEqual(db(0).size, 100)
    state.ownsExpiry = true
    run("slow")
    assert.isBelow(db(0).size, 100)
  })

  it("tells listeners and replicas of each key, one by one", () => {
    const { db, run, state } = fixture()
    const events: Array<string> = []
    const effects: Array<string> = []
    state.listen({
      event: (index, _, name, key, start, end) => {
        if (name === "expired") events.push(`${index} ${Buffer.from(key).toString("latin1", start, end)}`)
      }
    })
    state.propagation.subscribe((block) =>
      effects.push(block.map(({ args, db }) => [db, ...args.map(text)].join(" ")).join(";"))
    )
    set(db(2), "some key", "v", 10)
    set(db(2), "other", "v", 10)
    state.setTime(state.now + 11)
    run("slow")
    assert.deepStrictEqual(events.sort(), ["2 other", "2 some key"])
    assert.deepStrictEqual(effects.sort(), ["2 DEL other", "2 DEL some key"])
    state.settings.lazyExpire = true
    set(db(2), "third", "v", 10)
    state.setTime(state.now + 11)
    run("slow")
    assert.strictEqual(effects[2], "2 UNLINK third")
  })

  it("keeps the mean time to live of what it saw", () => {
    const { db, run, state } = fixture()
    for (let i = 0; i < 1000; i++) set(db(0), `key:${i}`, "v", 50_000)
    run("slow")
    assert.strictEqual(db(0).averageTtl, 50_000)
    state.setTime(state.now + 10_000)
    run("slow")
    assert.strictEqual(Math.round(db(0).averageTtl), 49_800)
  })

  it.effect("runs beside the store, without anybody asking for the keys", () =>
    Effect.gen(function*() {
      const store = yield* Store
      for (let i = 0; i < 5000; i++) set(store.database(7), `key:${i}`, "v", 1000)
      set(store.database(7), "later", "v", 3_600_000)
      yield* TestClock.adjust(1000)
      assert.strictEqual(store.database(7).size, 5001)
      yield* TestClock.adjust(1000)
      assert.strictEqual(store.database(7).size, 1)
      assert.strictEqual(store.state.stats.expired, 5000)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(store.database(7).size, 0)
    }).pipe(Effect.provide(Store.layer())))

  it("knows when the first key is over, while there are few and none is dead", () => {
    const { cycle, db, state } = fixture()
    assert.isUndefined(cycle.firstEnd())
    set(db(3), "a", "v", 70_000)
    set(db(5), "b", "v", 50_000)
    assert.strictEqual(cycle.firstEnd(), state.now + 50_000)
    state.settings.activeExpire = false
    assert.isUndefined(cycle.firstEnd())
    state.settings.activeExpire = true
    for (let i = 0; i < 10_000; i++) set(db(0), `key:${i}`, "v", 90_000)
    assert.isUndefined(cycle.firstEnd())
  })

  it.effect("rests while the first end is far, until a nearer one comes", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const db = store.database(0)
      const { stats } = store.state
      const day = 86_400_000
      set(db, "year", "v", 365 * day)
      set(db, "month", "v", 30 * day)
      yield* TestClock.adjust(10 * day)
      store.state.setTime(10 * day)
      set(db, "minute", "v", 60_000)
      yield* TestClock.adjust(60_000 - 1)
      assert.strictEqual(db.size, 3)
      yield* TestClock.adjust(200)
      assert.strictEqual(db.size, 2)
      // Ten ticks a second would be 26 million rounds
      const rested = performance.now()
      yield* TestClock.adjust(20 * day)
      assert.strictEqual(db.size, 1)
      assert.isBelow(performance.now() - rested, 2000)
      assert.strictEqual(stats.expired, 2)
      assert.closeTo(db.averageTtl, 335 * day, day)
      // Other data is looked at like new
      const kept = Ref.getUnsafe(store.keyspace).twin()
      store.flush(-1, false)
      set(store.database(0), "soon", "v", 1000)
      store.restore(kept)
      assert.isTrue(has(store.database(0), "year"))
      assert.strictEqual(store.database(0).expires.size, 1)
      yield* TestClock.adjust(335 * day)
      assert.strictEqual(store.database(0).size, 0)
      assert.strictEqual(stats.expired, 3)
    }).pipe(Effect.provide(Store.layer())))
})
