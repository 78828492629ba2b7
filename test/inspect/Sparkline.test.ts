import { assert, describe, it } from "@effect/vitest"
import { render } from "../../src/inspect/Sparkline.ts"

const chart = (...values: ReadonlyArray<number>) =>
  render(values.map((value, i) => ({ value, label: `${i}s` }))).split("\n")

// As redis-server 7.0.15 draws them
describe("Sparkline", () => {
  it("draws columns of four rows over their labels", () => {
    assert.deepStrictEqual(chart(20, 50, 100, 30, 200, 40), [
      "    # ",
      "    | ",
      "  # | ",
      "_#|_|o",
      "      ",
      "012345",
      "ssssss",
      ""
    ])
  })

  it("draws one value, or equal ones, at the bottom", () => {
    assert.deepStrictEqual(chart(3), [" ", " ", " ", "_", " ", "0", "s", ""])
    assert.deepStrictEqual(chart(3, 3).slice(0, 4), ["  ", "  ", "  ", "__"])
  })

  it("begins a new band after 80 columns", () => {
    const lines = chart(...Array.from({ length: 81 }, (_, i) => i))
    assert.strictEqual(lines[0]?.length, 80)
    assert.deepStrictEqual(lines.slice(8, 10), ["", "#"])
  })
})
