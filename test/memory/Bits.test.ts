import { assert, describe, it } from "@effect/vitest"
import * as Bits from "../../src/memory/Bits.ts"
import { random } from "./Random.ts"

/** Bytes at an odd place of a larger buffer: long runs of zeros and ones, or noise. */
const samples = (seed: number, count: number, lengths: ReadonlyArray<number> = [4, 40, 400]) => {
  const draw = random(seed)
  return Array.from({ length: count }, () => {
    const base = draw.below(9)
    const length = 1 + draw.below(draw.pick(lengths))
    const bytes = new Uint8Array(base + length + draw.below(9))
    const fill = draw.pick([0, 255])
    const noisy = draw.below(3) === 0
    for (let at = 0; at < bytes.length; at++) bytes[at] = noisy || draw.below(50) === 0 ? draw.below(256) : fill
    return { bytes, base, length, draw }
  })
}

const bitsOf = (bytes: Uint8Array, base: number, length: number): Array<number> =>
  Array.from({ length: length * 8 }, (_, offset) => ((bytes[base + (offset >> 3)] ?? 0) >> (7 - (offset & 7))) & 1)

describe("Bits", () => {
  it("counts ones in any range", () => {
    for (const { base, bytes, draw, length } of samples(1, 600)) {
      const bits = bitsOf(bytes, base, length)
      const first = draw.below(bits.length)
      const last = first + draw.below(bits.length - first)
      const expected = bits.slice(first, last + 1).reduce((sum, bit) => sum + bit, 0)
      assert.strictEqual(Bits.countRange(bytes, base, first, last), expected)
      assert.strictEqual(Bits.count(bytes, base, base + length), bits.reduce((sum, bit) => sum + bit, 0))
    }
  })

  it("finds the first zero or one in any range", () => {
    for (const { base, bytes, draw, length } of samples(2, 1500)) {
      const bits = bitsOf(bytes, base, length)
      const first = draw.below(bits.length)
      const last = first + draw.below(bits.length - first)
      for (const bit of [0, 1]) {
        const found = bits.slice(first, last + 1).indexOf(bit)
        assert.strictEqual(Bits.find(bytes, base, first, last, bit), found < 0 ? -1 : first + found)
      }
    }
  })

  it("reads and writes single bits", () => {
    const bytes = new Uint8Array(4)
    Bits.set(bytes, 1, 0, 1)
    Bits.set(bytes, 1, 15, 1)
    assert.deepStrictEqual([...bytes], [0, 0x80, 0x01, 0])
    assert.strictEqual(Bits.get(bytes, 1, 15), 1)
    Bits.set(bytes, 1, 15, 0)
    assert.deepStrictEqual([...bytes], [0, 0x80, 0, 0])
  })

  it("combines strings of different lengths, zeros behind the shorter one", () => {
    const operators = {
      AND: (a: number, b: number) => a & b,
      OR: (a: number, b: number) => a | b,
      XOR: (a: number, b: number) => a ^ b
    } as const
    for (const { base, bytes, draw, length } of samples(3, 300, [4, 40, 400, 40_000])) {
      const room = draw.below(5)
      const target = new Uint8Array(length + draw.below(20) + room).fill(draw.below(256))
      const total = target.length - room
      for (const operation of ["AND", "OR", "XOR"] as const) {
        const expected = Array.from(
          target,
          (byte, at) => at < total ? operators[operation](byte, at < length ? bytes[base + at] ?? 0 : 0) : byte
        )
        Bits.combine(operation, target, total, bytes, base, base + length)
        assert.deepStrictEqual(target, Uint8Array.from(expected))
      }
      const inverted = target.map((byte, at) => at < total ? ~byte : byte)
      Bits.invert(target, total)
      assert.deepStrictEqual(target, inverted)
    }
  })
})
