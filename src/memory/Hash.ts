/**
 * HalfSipHash-1-3 of a run of bytes, keyed with a random seed: a client that does not know the seed cannot choose keys
 * that collide. 32-bit arithmetic only, since that is what JavaScript engines compute without allocating.
 */

export interface HashSeed {
  readonly k0: number
  readonly k1: number
}

/** The 32-bit hash of `bytes[start, end)`, signed: half of the unsigned ones would be allocated on the heap. */
export const hash = (seed: HashSeed, bytes: Uint8Array, start: number, end: number): number => {
  let v0 = seed.k0
  let v1 = seed.k1
  let v2 = 0x6c796765 ^ seed.k0
  let v3 = 0x74656462 ^ seed.k1
  const length = end - start
  let at = start
  // A round per four bytes; written out, since a call per round costs as much as the round.
  for (const last = end - 3; at < last; at += 4) {
    const word = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16)
      | ((bytes[at + 3] as number) << 24)
    v3 ^= word
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
    v0 ^= word
  }
  let tail = length << 24
  if (at < end) {
    tail |= bytes[at] as number
    if (at + 1 < end) tail |= (bytes[at + 1] as number) << 8
    if (at + 2 < end) tail |= (bytes[at + 2] as number) << 16
  }
  v3 ^= tail
  for (let round = 0; round < 4; round++) {
    if (round === 1) {
      v0 ^= tail
      v2 ^= 0xff
    }
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
  }
  return v1 ^ v3
}
