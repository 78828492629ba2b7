import { assert, describe, it } from "@effect/vitest"
import * as Crc64 from "../../src/persistence/Crc64.ts"
import { random } from "../memory/Random.ts"

/** The sum by its definition, bit by bit. */
const bitwise = (bytes: Uint8Array, start: number, end: number): string => {
  let [low, high] = [0, 0]
  for (let at = start; at < end; at++) {
    low ^= bytes[at] ?? 0
    for (let bit = 0; bit < 8; bit++) {
      const odd = low & 1
      low = (low >>> 1) | (high << 31)
      high >>>= 1
      if (odd === 0) continue
      low ^= 0xac4bc9b5
      high ^= 0x95ac9329
    }
  }
  return [high, low].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("")
}

describe("Crc64", () => {
  it("gives the check value of Jones's polynomial", () => {
    assert.strictEqual(Crc64.of(Buffer.from("123456789"), 0, 9).hex, "e9c6d914c4b8d9ca")
    assert.strictEqual(Crc64.of(Buffer.alloc(0), 0, 0).hex, "0000000000000000")
  })

  it("is what the definition says, for every length and alignment", () => {
    const next = random(2)
    const bytes = Uint8Array.from({ length: 80 }, () => next.below(256))
    for (let start = 0; start < 9; start++) {
      for (let end = start; end <= bytes.length; end++) {
        assert.strictEqual(Crc64.of(bytes, start, end).hex, bitwise(bytes, start, end), `${start} to ${end}`)
      }
    }
  })

  it("is what the definition says of long runs too, wherever they begin and whatever came before", () => {
    const next = random(3)
    const bytes = Uint8Array.from({ length: 400_000 }, () => next.below(256))
    // From where on runs are folded, from where on at once, and from where on in more than one block
    const edges = [49_152, 85_544, 151_080]
    const lengths = edges.flatMap((edge) => [-9, -8, -1, 0, 1, 7, 8, 9].map((more) => edge + more))
    for (const length of [...lengths, ...Array.from({ length: 10 }, () => 40_000 + next.below(350_000))]) {
      const start = next.below(9)
      const from = start + next.below(3) * next.below(200)
      const end = from + length
      const sum = Crc64.of(bytes, start, from).update(bytes, from, end)
      assert.strictEqual(sum.hex, bitwise(bytes, start, end), `${start}, ${from} to ${end}`)
    }
  })

  it("does not mind in which pieces the bytes come", () => {
    const next = random(1)
    const bytes = Uint8Array.from({ length: 1000 }, () => next.below(256))
    const whole = Crc64.of(bytes, 0, bytes.length)
    for (let round = 0; round < 100; round++) {
      const sum = new Crc64.Crc64()
      for (let at = 0; at < bytes.length;) {
        const end = Math.min(bytes.length, at + next.below(40))
        sum.update(bytes, at, end)
        at = end
      }
      assert.strictEqual(sum.hex, whole.hex)
    }
  })

  it("does not mind either in which pieces long runs come, nor who else is summed meanwhile", () => {
    const next = random(4)
    const bytes = Uint8Array.from({ length: 1_500_000 }, () => next.below(256))
    const whole = bitwise(bytes, 0, bytes.length)
    for (let round = 0; round < 20; round++) {
      const sums = [new Crc64.Crc64(), new Crc64.Crc64()] as const
      const most = [3000, 70_000, 600_000][round % 3] ?? 0
      const at = [0, 0]
      while (at.some((each) => each < bytes.length)) {
        const which = next.below(2) === 0 ? 0 : 1
        const from = at[which] ?? 0
        const end = Math.min(bytes.length, from + next.below(most))
        sums[which].update(bytes, from, end)
        at[which] = end
      }
      for (const sum of sums) assert.strictEqual(sum.hex, whole)
    }
  })

  it("stands in files with the lowest byte first", () => {
    const sum = Crc64.of(Buffer.from("123456789"), 0, 9)
    const bytes = new Uint8Array(10)
    sum.write(bytes, 1)
    assert.strictEqual(Buffer.from(bytes).toString("hex"), "00cad9b8c414d9c6e900")
    assert.isTrue(sum.matches(bytes, 1))
    assert.isFalse(sum.matches(bytes, 2))
  })
})
