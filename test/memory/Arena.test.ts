import { assert, describe, it } from "@effect/vitest"
import { Arena, byteOf, MAX_SHARED, type Ref, roundedSize, segmentOf } from "../../src/memory/Arena.ts"
import { copyOf } from "../../src/memory/Bytes.ts"
import { type Random, random } from "./Random.ts"

interface Blob {
  ref: Ref
  bytes: number
  mark: number
}

/** Sizes as a store asks for them: mostly small, some large, a few huge, and always the edges between. */
const sizeFrom = (next: Random): number => {
  const kind = next.below(100)
  if (kind < 60) return 1 + next.below(200)
  if (kind < 85) return 1 + next.below(4096)
  if (kind < 94) return 1 + next.below(40_000)
  if (kind < 96) return next.pick([8, 9, 128, 129, 4096, 4097, 32768, 32769, MAX_SHARED, MAX_SHARED + 1])
  return 1 + next.below(kind < 99 ? 300_000 : 1_500_000)
}

/** Fills a blob with its mark at both ends and every 97 bytes between, which shows any overlap. */
const fill = (arena: Arena, blob: Blob, from = 0): void => {
  const u8 = arena.u8[segmentOf(blob.ref)] as Uint8Array
  const at = byteOf(blob.ref)
  for (let i = from; i < blob.bytes; i += 97) u8[at + i] = (blob.mark + i) & 255
  if (blob.bytes > from) u8[at + blob.bytes - 1] = blob.mark & 255
}

const check = (arena: Arena, blob: Blob): void => {
  const u8 = arena.u8[segmentOf(blob.ref)] as Uint8Array
  const at = byteOf(blob.ref)
  assert.isAtMost(at + blob.bytes, u8.length)
  assert.isAtLeast(arena.capacity(blob.ref), blob.bytes)
  for (let i = 0; i < blob.bytes - 1; i += 97) {
    if (u8[at + i] !== ((blob.mark + i) & 255)) assert.fail(`byte ${i} of a blob of ${blob.bytes} was overwritten`)
  }
  assert.strictEqual(u8[at + blob.bytes - 1], blob.mark & 255)
}

const run = (seed: number, steps: number, most: number): void => {
  const next = random(seed)
  const arena = new Arena()
  const blobs: Array<Blob> = []
  let growing = true
  for (let step = 0; step < steps; step++) {
    if (blobs.length > most) growing = false
    if (blobs.length < most / 10) growing = true
    const choice = next.below(10)
    if (blobs.length === 0 || choice < (growing ? 5 : 2)) {
      const blob = { ref: 0, bytes: sizeFrom(next), mark: next.below(256) }
      blob.ref = arena.alloc(blob.bytes)
      assert.notStrictEqual(blob.ref, 0)
      fill(arena, blob)
      blobs.push(blob)
    } else if (choice < 7) {
      const at = next.below(blobs.length)
      const blob = blobs[at] as Blob
      check(arena, blob)
      arena.free(blob.ref)
      blobs[at] = blobs[blobs.length - 1] as Blob
      blobs.pop()
    } else {
      const blob = next.pick(blobs)
      check(arena, blob)
      const bytes = sizeFrom(next)
      const kept = Math.min(bytes, blob.bytes)
      const before = copyOf(arena.u8[segmentOf(blob.ref)] as Uint8Array, byteOf(blob.ref), byteOf(blob.ref) + kept)
      blob.ref = arena.resize(blob.ref, bytes, kept)
      blob.bytes = bytes
      const after = (arena.u8[segmentOf(blob.ref)] as Uint8Array).subarray(byteOf(blob.ref), byteOf(blob.ref) + kept)
      assert.isTrue(Buffer.compare(before, after) === 0, "resize keeps the content")
      fill(arena, blob)
    }
  }
  let used = 0
  for (const blob of blobs) {
    check(arena, blob)
    used += arena.capacity(blob.ref)
  }
  assert.strictEqual(arena.used, used)
  for (const blob of blobs) arena.free(blob.ref)
  assert.strictEqual(arena.used, 0)
  // The first segment stays at hand, and those that are mostly empty spans at hand.
  assert.isAtMost(arena.committed - arena.spareBytes, 3.5 * 1024 * 1024)
}

describe("Arena", () => {
  it("keeps blobs apart through random allocations, releases and resizes", () => {
    for (const seed of [1, 2, 3]) run(seed, 40_000, 1500)
  })

  it("rounds sizes up by at most an eighth beyond 128 bytes", () => {
    for (let bytes = 1; bytes <= 40_000; bytes++) {
      const rounded = roundedSize(bytes)
      assert.isAtLeast(rounded, bytes)
      if (bytes > 128 && bytes <= 32_768) assert.isAtMost(rounded, bytes * 1.125 + 8)
    }
  })

  it("serves what was freed before it takes more from the system", () => {
    const arena = new Arena()
    const refs = Array.from({ length: 50_000 }, () => arena.alloc(64))
    const committed = arena.committed
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < refs.length; i += 2) arena.free(refs[i] as Ref)
      for (let i = 0; i < refs.length; i += 2) refs[i] = arena.alloc(64)
    }
    assert.strictEqual(arena.committed, committed)
    assert.strictEqual(new Set(refs).size, refs.length)
  })

  it("gives emptied segments back to the system", () => {
    const arena = new Arena()
    const refs = Array.from({ length: 200_000 }, (_, i) => arena.alloc(16 + (i % 100)))
    assert.isAbove(arena.committed, 10 * 1024 * 1024)
    for (const ref of refs) arena.free(ref)
    assert.strictEqual(arena.used, 0)
    assert.isAtMost(arena.committed - arena.spareBytes, 3 * 1024 * 1024)
    assert.isAtMost(arena.spareBytes, 2 * 1024 * 1024)
  })

  it("takes over a buffer as it is and lets go of it", () => {
    const arena = new Arena()
    const bytes = Buffer.alloc(700_001, 7)
    const ref = arena.adopt(bytes)
    assert.notStrictEqual(ref, 0)
    assert.isTrue(arena.isHuge(ref))
    const taken = arena.committed
    assert.strictEqual(arena.u8[segmentOf(ref)], bytes)
    assert.strictEqual(arena.used, 700_001)
    arena.free(ref)
    assert.strictEqual(arena.used, 0)
    assert.strictEqual(arena.committed - arena.spareBytes, taken - 700_001)
  })

  it("uses a huge blob's buffer again, unless somebody may still read it", () => {
    const arena = new Arena()
    const [kept, read, other] = [600_000, 600_001, 600_000].map((bytes) => Buffer.alloc(bytes))
    assert.isDefined(kept)
    arena.free(arena.adopt(kept ?? Buffer.of()))
    arena.free(arena.adopt(read ?? Buffer.of()), false)
    assert.isUndefined(arena.takeSpare(600_001))
    assert.strictEqual(arena.takeSpare(600_000), kept)
    assert.isUndefined(arena.takeSpare(600_000))
    arena.free(arena.adopt(other ?? Buffer.of()))
    assert.strictEqual(arena.spareBytes, 600_000)
    assert.isUndefined(arena.takeSpare(533_333), "an eighth would be lost")
    arena.free(arena.adopt(Buffer.alloc(590_000)))
    assert.strictEqual(arena.takeSpare(580_000)?.length, 590_000)
    assert.strictEqual(arena.takeSpare(580_000), other)
    assert.strictEqual(arena.spareBytes, 0)
  })

  it("keeps a bounded number of bytes for that", () => {
    const arena = new Arena()
    for (const ref of Array.from({ length: 40 }, () => arena.alloc(1_000_000))) arena.free(ref)
    assert.isAtMost(arena.spareBytes, 16 * 1024 * 1024)
    assert.isAtMost(arena.committed - arena.spareBytes, 1024 * 1024)
    assert.strictEqual(arena.used, 0)
  })

  it("makes segments of memory that is given to it, before it takes more from the system", () => {
    const arena = new Arena()
    arena.alloc(100)
    const { committed } = arena
    const given = Buffer.alloc(3.5 * 1024 * 1024)
    arena.donate(given)
    assert.strictEqual(arena.committed, committed + 3 * 1024 * 1024)
    assert.strictEqual(arena.spareBytes, 3 * 1024 * 1024)
    const refs = Array.from({ length: 6 }, () => arena.alloc(MAX_SHARED))
    assert.strictEqual(refs.filter((ref) => arena.u8[segmentOf(ref)]?.buffer === given.buffer).length, 6)
    assert.strictEqual(arena.spareBytes, 0)
    assert.strictEqual(arena.committed, committed + 3 * 1024 * 1024)
  })

  it("uses the number of a dropped segment again, for either kind", () => {
    const arena = new Arena()
    const small = arena.alloc(100)
    for (let i = 0; i < 100; i++) {
      const huge = arena.alloc(MAX_SHARED + 1 + i)
      const large = arena.alloc(MAX_SHARED)
      const other = arena.alloc(MAX_SHARED)
      arena.free(huge)
      arena.free(large)
      arena.free(other)
    }
    assert.isAtMost(arena.u8.length, 5)
    arena.free(small)
    assert.strictEqual(arena.used, 0)
  })
})
