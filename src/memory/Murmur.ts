/**
 * MurmurHash64A (https://github.com/aappleby/smhasher), by which a HyperLogLog tells elements apart. It has no key: what
 * it gives is part of the data format. On halves of 32 bits, because bigints cost twenty times as much.
 */

const M_HIGH = 0xc6a4a793
const M_LOW = 0x5bd1e995

/** Holds the hash of the last bytes in two halves, so that hashing makes no object. */
export class Murmur {
  /** From 0 to 2^32 - 1, as `low`. */
  high = 0
  low = 0

  /** Hashes `bytes[start, end)`; `seed` has 32 bits. */
  of(bytes: Uint8Array, start: number, end: number, seed: number): void {
    const length = end - start
    // The length times m, which is what begins the hash
    let high = 0
    let low = length
    high = (upperProduct(low, M_LOW) + Math.imul(low, M_HIGH)) >>> 0
    low = (Math.imul(low, M_LOW) ^ seed) >>> 0
    let at = start
    for (; at + 8 <= end; at += 8) {
      let wordLow = word(bytes, at)
      let wordHigh = word(bytes, at + 4)
      let product = (upperProduct(wordLow, M_LOW) + Math.imul(wordHigh, M_LOW) + Math.imul(wordLow, M_HIGH)) >>> 0
      wordLow = Math.imul(wordLow, M_LOW) >>> 0
      wordHigh = product
      // Shifted right by 47: what remains are the upper half's bits from 15 on
      wordLow = (wordLow ^ (wordHigh >>> 15)) >>> 0
      product = (upperProduct(wordLow, M_LOW) + Math.imul(wordHigh, M_LOW) + Math.imul(wordLow, M_HIGH)) >>> 0
      wordLow = Math.imul(wordLow, M_LOW) >>> 0
      low = (low ^ wordLow) >>> 0
      high = (high ^ product) >>> 0
      product = (upperProduct(low, M_LOW) + Math.imul(high, M_LOW) + Math.imul(low, M_HIGH)) >>> 0
      low = Math.imul(low, M_LOW) >>> 0
      high = product
    }
    if (at < end) {
      for (let i = 0; at + i < end; i++) {
        const byte = bytes[at + i] as number
        if (i < 4) low ^= byte << (8 * i)
        else high ^= byte << (8 * (i - 4))
      }
      low >>>= 0
      high >>>= 0
      const product = (upperProduct(low, M_LOW) + Math.imul(high, M_LOW) + Math.imul(low, M_HIGH)) >>> 0
      low = Math.imul(low, M_LOW) >>> 0
      high = product
    }
    low = (low ^ (high >>> 15)) >>> 0
    const product = (upperProduct(low, M_LOW) + Math.imul(high, M_LOW) + Math.imul(low, M_HIGH)) >>> 0
    low = Math.imul(low, M_LOW) >>> 0
    this.low = (low ^ (product >>> 15)) >>> 0
    this.high = product
  }
}

const word = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16)
    | ((bytes[at + 3] as number) << 24)) >>> 0

/** The upper half of the product of two numbers of 32 bits. */
const upperProduct = (a: number, b: number): number => {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const first = aHigh * bLow + ((aLow * bLow) >>> 16)
  const second = aLow * bHigh + (first & 0xffff)
  return aHigh * bHigh + Math.floor(first / 0x10000) + Math.floor(second / 0x10000)
}
