import { assert, describe, it } from "@effect/vitest"
import * as Lzf from "../../src/memory/Lzf.ts"
import { random } from "../memory/Random.ts"

const next = random(2)

/** Bytes with more or less repetition. */
const sample = (): Uint8Array => {
  const alphabet = 1 + next.below(next.below(2) === 0 ? 3 : 256)
  const bytes = Uint8Array.from(
    { length: next.below(3) === 0 ? next.below(20_000) : next.below(200) },
    () => next.below(alphabet)
  )
  for (let copies = next.below(10); copies > 0 && bytes.length > 0; copies--) {
    bytes.copyWithin(next.below(bytes.length), next.below(bytes.length), next.below(bytes.length))
  }
  return bytes
}

describe("Lzf", () => {
  it("gives back what it compressed, whatever came before, at once and in steps", () => {
    const compressor = new Lzf.Compressor()
    for (let round = 0; round < 3000; round++) {
      const bytes = sample()
      const end = compressor.compress(bytes, 0, bytes.length)
      const whole = compressor.target.bytes.slice(0, end)
      const run = compressor.begin(bytes)
      while (run.step(1 + next.below(100))) continue
      assert.strictEqual(run.result, end)
      if (end < 0) continue
      assert.isAtMost(end, bytes.length - 4)
      assert.deepStrictEqual(compressor.target.bytes.subarray(0, end), whole)
      const back = new Uint8Array(bytes.length)
      assert.isTrue(Lzf.decompress(whole, 0, end, back, back.length))
      assert.deepStrictEqual(back, bytes)
    }
  })

  it("gives back what is longer than what it works in, and refuses it with a byte more or less", () => {
    for (let round = 0; round < 60; round++) {
      const part = Uint8Array.from({ length: 1 + next.below(9000) }, () => next.below(256))
      const bytes = new Uint8Array(60_000 + next.below(250_000))
      for (let at = 0; at < bytes.length;) {
        const from = next.below(part.length)
        const run = part.subarray(from, Math.min(from + 1 + next.below(300), from + bytes.length - at))
        bytes.set(run, at)
        at += run.length
        if (next.below(50) === 0) bytes.fill(7, at, at += Math.min(bytes.length - at, next.below(3000)))
      }
      const compressor = new Lzf.Compressor()
      const end = compressor.compress(bytes, 0, bytes.length)
      assert.isAbove(end, 0)
      const packed = compressor.target.bytes
      const back = new Uint8Array(bytes.length)
      assert.isTrue(Lzf.decompress(packed, 0, end, back, back.length))
      assert.strictEqual(Buffer.compare(back, bytes), 0)
      assert.isFalse(Lzf.decompress(packed, 0, end, back, back.length - 1))
      assert.isFalse(Lzf.decompress(packed, 0, end, new Uint8Array(bytes.length + 1), bytes.length + 1))
      assert.isFalse(Lzf.decompress(packed, 0, end - 1, back, back.length))
    }
  })

  it("goes as near to the end as the C library", () => {
    for (
      const [zeros, compressed] of [[19, "010000e00700010062"], [20, "010000e009000062"], [
        21,
        "010000e00a000062"
      ]] as const
    ) {
      const bytes = Buffer.concat([Buffer.alloc(zeros), Buffer.from("b")])
      const compressor = new Lzf.Compressor()
      const end = compressor.compress(bytes, 0, bytes.length)
      const written = Buffer.from(compressor.target.bytes.subarray(0, end))
      assert.strictEqual(written.toString("hex"), compressed, `${zeros} zeros`)
    }
  })

  it("tells garbage from data, and never writes more than it may", () => {
    for (let round = 0; round < 20_000; round++) {
      const bytes = Uint8Array.from({ length: 1 + next.below(40) }, () => next.below(256))
      const target = new Uint8Array(100).fill(7)
      const size = next.below(90)
      Lzf.decompress(bytes, 0, bytes.length, target, size)
      assert.isTrue(target.subarray(size).every((byte) => byte === 7))
    }
  })
})
