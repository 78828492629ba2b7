import { assert, describe, it } from "@effect/vitest"
import { Rate } from "../../src/inspect/Rates.ts"

describe("Rate", () => {
  it("is the mean of the latest sixteen samples", () => {
    let total = 0
    const rate = new Rate(() => total, 0)
    for (let i = 1; i <= 16; i++) {
      total += 50
      rate.sample(i * 100)
    }
    assert.strictEqual(rate.perSecond, 500)
    for (let i = 17; i <= 24; i++) rate.sample(i * 100)
    assert.strictEqual(rate.perSecond, 250)
    for (let i = 25; i <= 32; i++) rate.sample(i * 100)
    assert.strictEqual(rate.perSecond, 0)
  })

  it("takes no harm from a counter that is reset or a clock that stands", () => {
    let total = 100
    const rate = new Rate(() => total, 0)
    total = 0
    rate.sample(100)
    total = 10
    rate.sample(100)
    assert.strictEqual(rate.perSecond, 0)
  })
})
