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
      assert.isTrue(Lzf.decompress(new Lzf.Block(whole), 0, end, new Lzf.Block(back), back.length))
      assert.deepStrictEqual(back, bytes)
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
      Lzf.decompress(new Lzf.Block(bytes), 0, bytes.length, new Lzf.Block(target), size)
      assert.isTrue(target.subarray(size).every((byte) => byte === 7))
    }
  })
})
