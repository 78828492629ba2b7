import { assert, describe, it } from "@effect/vitest"
import { Histogram } from "../../src/command/Histogram.ts"

const of = (...microseconds: ReadonlyArray<number>): Histogram => {
  const histogram = new Histogram()
  for (const each of microseconds) histogram.record(each * 1000)
  return histogram
}

// The expected figures are those of redis-server 7.0.15 for commands of these durations.
describe("Histogram", () => {
  it("rounds values up to two significant digits", () => {
    const cases = [[4, 4015], [5, 5023], [6, 6015], [8, 8031], [64, 64255], [770, 770_047], [806, 806_911]] as const
    for (const [microseconds, nanoseconds] of cases) {
      assert.strictEqual(of(microseconds).percentile(50), nanoseconds)
    }
  })

  it("takes values above a second for one second", () => {
    assert.strictEqual(of(1_100_000).percentile(99.9), 1_002_438_655)
  })

  it("answers percentiles", () => {
    const histogram = of(4, 20_100, 1_100_000)
    assert.strictEqual(histogram.percentile(0), 4015)
    assert.strictEqual(histogram.percentile(50), 20_185_087)
    assert.strictEqual(histogram.percentile(100), 1_002_438_655)
    assert.strictEqual(new Histogram().percentile(50), 0)
  })

  it("counts up by powers of two and leaves out what adds nothing", () => {
    assert.deepStrictEqual(of(18, 20_100, 1_100_000).cumulative(), [[33, 1], [33_816, 2], [1_073_741, 3]])
    assert.deepStrictEqual(of(0, 1, 1).cumulative(), [[1, 3]])
    assert.deepStrictEqual(new Histogram().cumulative(), [])
  })

  it("forgets on reset", () => {
    const histogram = of(1, 2)
    histogram.reset()
    assert.strictEqual(histogram.count, 0)
    assert.deepStrictEqual(histogram.cumulative(), [])
  })
})
