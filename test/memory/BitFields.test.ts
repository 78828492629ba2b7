import { assert, describe, it } from "@effect/vitest"
import * as BitFields from "../../src/memory/BitFields.ts"
import { random } from "./Random.ts"

const bitsOf = (bytes: Uint8Array): Array<number> =>
  Array.from({ length: bytes.length * 8 }, (_, offset) => ((bytes[offset >> 3] ?? 0) >> (7 - (offset & 7))) & 1)

describe("BitFields", () => {
  it("reads back what it writes, of any width and at any offset, and leaves the rest alone", () => {
    const draw = random(5)
    for (let round = 0; round < 2000; round++) {
      const bytes = Uint8Array.from({ length: 12 }, () => draw.below(256))
      const signed = draw.below(2) === 0
      const format = { signed, bits: 1 + draw.below(signed ? 64 : 63) }
      const offset = draw.below(96 - format.bits)
      const value = (BigInt(draw.uint32()) << 32n) | BigInt(draw.uint32())
      const fitting = signed ? BigInt.asIntN(format.bits, value) : BigInt.asUintN(format.bits, value)
      const before = bitsOf(bytes)
      BitFields.write(bytes, 0, bytes.length, offset, format, fitting)
      assert.strictEqual(BitFields.read(bytes, 0, bytes.length, offset, format), fitting)
      const after = bitsOf(bytes)
      const outside = (bits: Array<number>) => bits.filter((_, at) => at < offset || at >= offset + format.bits)
      assert.deepStrictEqual(outside(after), outside(before))
    }
  })

  it("reads zeros behind the end", () => {
    const bytes = Uint8Array.of(0xff, 0xff)
    assert.strictEqual(BitFields.read(bytes, 0, 1, 4, { signed: false, bits: 8 }), 0xf0n)
    assert.strictEqual(BitFields.read(bytes, 0, 1, 4000, { signed: true, bits: 64 }), 0n)
  })

  it("wraps, saturates or refuses what does not fit", () => {
    const i8 = { signed: true, bits: 8 }
    const u8 = { signed: false, bits: 8 }
    assert.strictEqual(BitFields.resolve(i8, 127n, "fail"), 127n)
    assert.strictEqual(BitFields.resolve(i8, 128n, "wrap"), -128n)
    assert.strictEqual(BitFields.resolve(i8, 128n, "sat"), 127n)
    assert.strictEqual(BitFields.resolve(i8, -129n, "sat"), -128n)
    assert.strictEqual(BitFields.resolve(u8, 256n, "sat"), 255n)
    assert.strictEqual(BitFields.resolve(u8, -1n, "sat"), 0n)
    assert.strictEqual(BitFields.resolve(u8, -1n, "wrap"), 255n)
    assert.isUndefined(BitFields.resolve(u8, 256n, "fail"))
  })
})
