import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { LatencyMonitor } from "../../src/inspect/LatencyMonitor.ts"

describe("LatencyMonitor", () => {
  it.effect("is off at first and keeps what reaches the threshold", () =>
    Effect.gen(function*() {
      const monitor = yield* LatencyMonitor
      monitor.offer("command", 500, 1000)
      assert.strictEqual(monitor.events.size, 0)
      monitor.threshold = 100
      monitor.offer("command", 99, 1000)
      monitor.offer("command", 100, 1000)
      assert.deepStrictEqual(monitor.events.get("command"), { samples: [{ time: 1, milliseconds: 100 }], max: 100 })
    }).pipe(Effect.provide(LatencyMonitor.layer)))

  it.effect("keeps the worst of each second, for 160 of them", () =>
    Effect.gen(function*() {
      const monitor = yield* LatencyMonitor
      monitor.threshold = 1
      for (const ms of [5, 9, 7]) monitor.offer("fork", ms, 1500)
      assert.deepStrictEqual(monitor.events.get("fork")?.samples, [{ time: 1, milliseconds: 9 }])
      for (let second = 2; second <= 170; second++) monitor.offer("fork", 2, second * 1000)
      const series = monitor.events.get("fork")
      assert.strictEqual(series?.samples.length, 160)
      assert.strictEqual(series?.samples[0]?.time, 11)
      assert.strictEqual(series?.max, 9)
    }).pipe(Effect.provide(LatencyMonitor.layer)))

  it.effect("resets the named events and says how many there were", () =>
    Effect.gen(function*() {
      const monitor = yield* LatencyMonitor
      monitor.threshold = 1
      monitor.offer("fork", 2, 0)
      monitor.offer("command", 2, 0)
      assert.strictEqual(monitor.reset(["fork", "nothing"]), 1)
      assert.strictEqual(monitor.reset(), 1)
      assert.strictEqual(monitor.events.size, 0)
    }).pipe(Effect.provide(LatencyMonitor.layer)))
})
