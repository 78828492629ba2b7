import { assert, describe, it } from "@effect/vitest"
import * as Doubles from "../../src/memory/Doubles.ts"
import * as PlainDecimals from "../../src/memory/PlainDecimals.ts"
import { anyDouble } from "./Floats.ts"
import { random } from "./Random.ts"

const print = (value: number, decimals: number) => {
  const dst = Buffer.alloc(64, 0x23)
  const end = PlainDecimals.write(dst, 1, value, decimals)
  assert.isTrue(dst[0] === 0x23 && dst[end] === 0x23)
  return dst.toString("latin1", 1, end)
}

describe("PlainDecimals", () => {
  it("prints as %.{decimals}f", () => {
    const next = random(36)
    for (let i = 0; i < 50_000; i++) {
      const value = Math.abs(anyDouble(next))
      const decimals = 1 + next.below(19)
      if (PlainDecimals.isPlain(value)) assert.strictEqual(print(value, decimals), Doubles.toFixedText(value, decimals))
    }
  })

  it("rounds ties to even, and nines up", () => {
    assert.strictEqual(print(0.03125, 4), "0.0312")
    assert.strictEqual(print(0.09375, 4), "0.0938")
    assert.strictEqual(print(0.99999, 4), "1.0000")
    assert.strictEqual(print(9.9999999999, 8), "10.00000000")
    assert.strictEqual(print(0.5 - 2 ** -54, 14), "0.50000000000000")
    assert.strictEqual(print(2 ** 52 - 0.5, 4), "4503599627370495.5000")
  })

  it("takes what has at most 78 bits behind the point", () => {
    const least = 2 ** -25
    for (const value of [least, least * (2 - 2 ** -52), 2 ** 53 - 1]) {
      assert.isTrue(PlainDecimals.isPlain(value))
      assert.strictEqual(print(value, 19), Doubles.toFixedText(value, 19))
    }
    for (const value of [0, -1, least * (1 - 2 ** -53), 2 ** 53, Infinity, NaN]) {
      assert.isFalse(PlainDecimals.isPlain(value))
    }
  })

  it("leaves zeros at the end out", () => {
    const trimmed = (value: number, decimals: number) => {
      const dst = Buffer.alloc(64)
      return dst.toString("latin1", 0, PlainDecimals.writeTrimmed(dst, 0, value, decimals))
    }
    assert.strictEqual(trimmed(400.5, 14), "400.5")
    assert.strictEqual(trimmed(100, 14), "100")
    assert.strictEqual(trimmed(0.00001, 4), "0")
  })
})
