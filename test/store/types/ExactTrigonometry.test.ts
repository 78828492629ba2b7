import { assert, it } from "@effect/vitest"
import * as Exact from "../../../src/store/types/ExactTrigonometry.ts"
import { random } from "../../memory/Random.ts"

/** Sine by its Taylor series, with 200 bits behind the point. */
const BITS = 200n
const exactly = (value: number): bigint => {
  const scale = 2 ** 100
  return (BigInt(Math.trunc(value * 2 ** 60)) << (BITS - 60n))
    + BigInt(Math.trunc((value * 2 ** 60 % 1) * scale)) * (1n << (BITS - 160n))
}
const series = (x: bigint, first: bigint, from: bigint): bigint => {
  let sum = first
  let term = first
  for (let n = from; term !== 0n; n += 2n) {
    term = -((term * x >> BITS) * x >> BITS) / (n * (n + 1n))
    sum += term
  }
  return sum
}
const nearest = (value: bigint): number => Number(value) / 2 ** 200

it("is correctly rounded", () => {
  const { uint32 } = random(11)
  for (let i = 0; i < 3000; i++) {
    const value = (uint32() / 2 ** 32 - 0.5) * 2 * Math.PI + uint32() * 2 ** -60
    const x = exactly(value)
    assert.strictEqual(Exact.sin(value), nearest(series(x, x, 2n)), `sin ${value}`)
    assert.strictEqual(Exact.cos(value), nearest(series(x, 1n << BITS, 1n)), `cos ${value}`)
    const ratio = uint32() / 2 ** 32
    const angle = Exact.asin(ratio)
    assert.isAtMost(Math.abs(angle - Math.asin(ratio)), 2 ** -52)
  }
  assert.deepStrictEqual([Exact.asin(0), Exact.asin(1), Exact.sin(0), Exact.cos(0)], [0, Math.PI / 2, 0, 1])
})
