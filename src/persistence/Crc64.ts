/**
 * The checksum of RDB files and DUMP payloads: CRC-64 with Jones's polynomial 0xad93d23594c935a9, bits reflected, start
 * 0. Kept as two halves of 32 bits, which JavaScript engines compute without allocating; eight bytes per step, each
 * through a table of its own.
 */

// The polynomial with its bits reversed.
const POLYNOMIAL_HIGH = 0x95ac9329 | 0
const POLYNOMIAL_LOW = 0xac4bc9b5 | 0

const SLICES = 8

/** For each of eight positions and each byte, low and high half in turn. */
const table = (() => {
  const entries = new Int32Array(SLICES * 256 * 2)
  for (let byte = 0; byte < 256; byte++) {
    let low = byte
    let high = 0
    for (let bit = 0; bit < 8; bit++) {
      const odd = low & 1
      low = (low >>> 1) | (high << 31)
      high >>>= 1
      if (odd) {
        low ^= POLYNOMIAL_LOW
        high ^= POLYNOMIAL_HIGH
      }
    }
    entries[byte * 2] = low
    entries[byte * 2 + 1] = high
  }
  for (let at = 256; at < SLICES * 256; at++) {
    const low = entries[(at - 256) * 2] as number
    const high = entries[(at - 256) * 2 + 1] as number
    const next = (low & 255) * 2
    entries[at * 2] = ((low >>> 8) | (high << 24)) ^ (entries[next] as number)
    entries[at * 2 + 1] = (high >>> 8) ^ (entries[next + 1] as number)
  }
  return entries
})()

export class Crc64 {
  private low = 0
  private high = 0

  /** Takes in `bytes[start, end)`. */
  update(bytes: Uint8Array, start: number, end: number): this {
    const t = table
    let { high, low } = this
    let at = start
    for (const last = end - 7; at < last; at += 8) {
      low ^= (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16)
        | ((bytes[at + 3] as number) << 24)
      high ^= (bytes[at + 4] as number) | ((bytes[at + 5] as number) << 8) | ((bytes[at + 6] as number) << 16)
        | ((bytes[at + 7] as number) << 24)
      // The first byte has the longest way to go: it takes the last table.
      const a = ((low & 255) << 1) | (7 << 9)
      const b = ((low >>> 7) & 510) | (6 << 9)
      const c = ((low >>> 15) & 510) | (5 << 9)
      const d = ((low >>> 23) & 510) | (4 << 9)
      const e = ((high & 255) << 1) | (3 << 9)
      const f = ((high >>> 7) & 510) | (2 << 9)
      const g = ((high >>> 15) & 510) | (1 << 9)
      const h = (high >>> 23) & 510
      low = (t[a] as number) ^ (t[b] as number) ^ (t[c] as number) ^ (t[d] as number) ^ (t[e] as number)
        ^ (t[f] as number) ^ (t[g] as number) ^ (t[h] as number)
      high = (t[a + 1] as number) ^ (t[b + 1] as number) ^ (t[c + 1] as number) ^ (t[d + 1] as number)
        ^ (t[e + 1] as number) ^ (t[f + 1] as number) ^ (t[g + 1] as number) ^ (t[h + 1] as number)
    }
    for (; at < end; at++) {
      const entry = ((low ^ (bytes[at] as number)) & 255) << 1
      low = ((low >>> 8) | (high << 24)) ^ (t[entry] as number)
      high = (high >>> 8) ^ (t[entry + 1] as number)
    }
    this.low = low
    this.high = high
    return this
  }

  /** Writes the sum as it stands in files, the lowest byte first. */
  write(target: Uint8Array, at: number): void {
    for (let i = 0; i < 4; i++) {
      target[at + i] = this.low >>> (i * 8)
      target[at + 4 + i] = this.high >>> (i * 8)
    }
  }

  /** Whether the eight bytes at `at` are the sum. */
  matches(bytes: Uint8Array, at: number): boolean {
    for (let i = 0; i < 4; i++) {
      if (bytes[at + i] !== ((this.low >>> (i * 8)) & 255) || bytes[at + 4 + i] !== ((this.high >>> (i * 8)) & 255)) {
        return false
      }
    }
    return true
  }

  /** The sum in sixteen hex digits. */
  get hex(): string {
    const half = (value: number) => (value >>> 0).toString(16).padStart(8, "0")
    return half(this.high) + half(this.low)
  }
}

/** The checksum of `bytes[start, end)`. */
export const of = (bytes: Uint8Array, start: number, end: number): Crc64 => new Crc64().update(bytes, start, end)
