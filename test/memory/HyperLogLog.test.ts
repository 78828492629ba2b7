import { assert, describe, it } from "@effect/vitest"
import * as HyperLogLog from "../../src/memory/HyperLogLog.ts"
import { Murmur } from "../../src/memory/Murmur.ts"
import { random } from "./Random.ts"

const mask = 0xffff_ffff_ffff_ffffn

/** MurmurHash64A as its authors write it, on bigints. */
const murmur = (bytes: Uint8Array, seed: bigint): bigint => {
  const m = 0xc6a4_a793_5bd1_e995n
  const times = (a: bigint) => (a * m) & mask
  const word = (at: number, size: number) =>
    [...bytes.subarray(at, at + size)].reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
  let h = seed ^ times(BigInt(bytes.length))
  const whole = bytes.length - bytes.length % 8
  for (let at = 0; at < whole; at += 8) {
    const k = times(word(at, 8))
    h = times(h ^ times(k ^ (k >> 47n)))
  }
  if (whole < bytes.length) h = times(h ^ word(whole, 8))
  h = times(h ^ (h >> 47n))
  return h ^ (h >> 47n)
}

const elementsOf = (seed: number, count: number): ReadonlyArray<Uint8Array> => {
  const next = random(seed)
  return Array.from({ length: count }, () => Uint8Array.from({ length: next.below(40) }, () => next.below(256)))
}

describe("Murmur", () => {
  it("hashes as on 64-bit integers", () => {
    const hash = new Murmur()
    for (const seed of [0, 0xadc83b19, 0xffffffff]) {
      for (const bytes of elementsOf(seed, 2000)) {
        hash.of(Buffer.concat([Buffer.from("ab"), bytes]), 2, bytes.length + 2, seed)
        assert.strictEqual((BigInt(hash.high) << 32n) | BigInt(hash.low), murmur(bytes, BigInt(seed)))
      }
    }
  })
})

describe("a HyperLogLog", () => {
  const empty = HyperLogLog.toDense(HyperLogLog.empty, 0, HyperLogLog.empty.length) ?? assert.fail()

  const sparseOf = (count: number, most: number) => {
    const sparse = new HyperLogLog.Sparse()
    const pattern = new HyperLogLog.Pattern()
    const registers = new Uint8Array(HyperLogLog.REGISTERS)
    sparse.load(HyperLogLog.empty, 0, HyperLogLog.empty.length)
    for (const element of elementsOf(count, count)) {
      pattern.of(element, 0, element.length)
      const expected = pattern.run > (registers[pattern.index] as number) ? "raised" : "as high"
      assert.strictEqual(sparse.raise(pattern.index, pattern.run, most), expected)
      registers[pattern.index] = Math.max(pattern.run, registers[pattern.index] as number)
    }
    return { bytes: sparse.bytes.slice(0, sparse.length), registers }
  }

  it("has the same registers sparse and dense", () => {
    for (const count of [0, 1, 10, 300, 3000]) {
      const { bytes, registers } = sparseOf(count, Infinity)
      const dense = HyperLogLog.toDense(bytes, 0, bytes.length) ?? assert.fail()
      for (const form of [bytes, dense]) {
        const merged = new HyperLogLog.Registers()
        assert.isTrue(HyperLogLog.isOne(form, 0, form.length))
        assert.isTrue(merged.merge(form, 0, form.length))
        assert.deepStrictEqual(merged.bytes, registers)
        const estimate = HyperLogLog.count(form, 0, form.length)
        assert.strictEqual(estimate, merged.count())
        assert.closeTo(Number(estimate), count, count * 0.04)
      }
    }
  })

  it("merges registers of any height, and writes what came of it", () => {
    const next = random(7)
    const merged = new HyperLogLog.Registers()
    const highest = new Uint8Array(HyperLogLog.REGISTERS)
    const written = Buffer.alloc(empty.length + 3)
    for (const most of [1, 2, 51, 64]) {
      const dense = Buffer.concat([Buffer.alloc(3), empty])
      for (let index = 0; index < HyperLogLog.REGISTERS; index++) {
        const run = next.below(3) === 0 ? 0 : next.below(most)
        HyperLogLog.raiseDense(dense, 3, index, run)
        highest[index] = Math.max(run, highest[index] ?? 0)
      }
      assert.isTrue(merged.merge(dense, 3, dense.length))
      assert.deepStrictEqual(merged.bytes, highest)
      merged.write(written, 3)
      const again = new HyperLogLog.Registers()
      again.merge(written, 3, written.length)
      assert.deepStrictEqual(again.bytes, highest)
      const expected = highest.findIndex((run, index) => index >= 5 && run > 0)
      assert.strictEqual(merged.next(5), expected < 0 ? HyperLogLog.REGISTERS : expected)
    }
  })

  it("says when a sparse one would be too big, and stays as it was", () => {
    const { bytes } = sparseOf(10, 100)
    const sparse = new HyperLogLog.Sparse()
    sparse.load(bytes, 0, bytes.length)
    assert.strictEqual(sparse.raise(5000, 33, Infinity), "too big")
    assert.strictEqual(sparse.raise(5000, 3, bytes.length), "too big")
    assert.deepStrictEqual(sparse.bytes.slice(0, sparse.length), bytes)
    assert.strictEqual(sparse.raise(5000, 3, bytes.length + 3), "raised")
  })

  it("keeps its estimate until something is added", () => {
    const bytes = Uint8Array.from(HyperLogLog.empty)
    for (const estimate of [0, 1, 2 ** 32 + 5, 2 ** 53, 2n ** 62n + 3n]) {
      HyperLogLog.cache(bytes, 0, estimate)
      assert.strictEqual(BigInt(HyperLogLog.cached(bytes, 0) ?? -1), BigInt(estimate))
    }
    HyperLogLog.invalidate(bytes, 0)
    assert.isUndefined(HyperLogLog.cached(bytes, 0))
  })

  it("is told from other strings, and from one that was damaged", () => {
    const { bytes } = sparseOf(10, Infinity)
    for (
      const other of ["", "HYLL", "HYLL\x02".padEnd(20, "\0"), "HYLL\0".padEnd(12303, "\0"), "HYLX\x01".padEnd(20)]
    ) {
      assert.isFalse(HyperLogLog.isOne(Buffer.from(other), 0, other.length))
    }
    const longer = Uint8Array.from([...bytes, 0x80])
    assert.isUndefined(HyperLogLog.count(longer, 0, longer.length))
    assert.isUndefined(HyperLogLog.toDense(longer, 0, longer.length))
    const shorter = bytes.subarray(0, -1)
    assert.isUndefined(HyperLogLog.count(shorter, 0, shorter.length))
    assert.isFalse(new HyperLogLog.Registers().merge(shorter, 0, shorter.length))
  })
})
