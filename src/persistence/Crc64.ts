/**
 * The checksum of RDB files and DUMP payloads: CRC-64 with Jones's polynomial 0xad93d23594c935a9, bits reflected, start
 * 0. Kept as two halves of 32 bits, which JavaScript engines compute without allocating; eight bytes per step, each
 * through a table of its own. Long runs are made short first.
 */
import * as CrcFold from "./CrcFold.ts"

// The polynomial with its bits reversed.
const POLYNOMIAL_HIGH = 0x95ac9329 | 0
const POLYNOMIAL_LOW = 0xac4bc9b5 | 0

const SLICES = 8

/** For each of eight positions and each byte, the low half and the high one. */
const [lowHalves, highHalves] = (() => {
  const lows = new Int32Array(SLICES * 256)
  const highs = new Int32Array(SLICES * 256)
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
    lows[byte] = low
    highs[byte] = high
  }
  for (let at = 256; at < SLICES * 256; at++) {
    const low = lows[at - 256] as number
    const high = highs[at - 256] as number
    lows[at] = ((low >>> 8) | (high << 24)) ^ (lows[low & 255] as number)
    highs[at] = (high >>> 8) ^ (highs[low & 255] as number)
  }
  return [lows, highs]
})()

/** Words are read as the machine has them: as they stand in the bytes on all that Node runs on. */
const WORD = Int32Array.BYTES_PER_ELEMENT

/** A piece of that many bytes begins a run that is folded. */
const LONG = 48 * 1024

export class Crc64 {
  private low = 0
  private high = 0
  /** The run under way, which begins with the sum so far. */
  private run: CrcFold.Fold | undefined = undefined

  /** Takes in `bytes[start, end)`. */
  update(bytes: Uint8Array, start: number, end: number): this {
    if (this.run !== undefined) this.run.update(bytes, start, end)
    else if (end - start >= LONG) this.run = new CrcFold.Fold(this.low, this.high, bytes, start, end)
    else this.updateByTables(bytes, start, end)
    return this
  }

  /** Ends the run under way. */
  private settle(): void {
    const left = this.run?.finish()
    if (left === undefined) return
    this.run = undefined
    this.low = this.high = 0
    this.updateByTables(left, 0, left.length)
  }

  private updateByTables(bytes: Uint8Array, start: number, end: number): void {
    const aligned = Math.min(end, start + (-(bytes.byteOffset + start) & (WORD - 1)))
    const words = (end - aligned) >>> 3 << 1
    this.updateBytes(bytes, start, aligned)
    if (words > 0) this.updateWords(new Int32Array(bytes.buffer, bytes.byteOffset + aligned, words))
    this.updateBytes(bytes, aligned + words * WORD, end)
  }

  /** Takes in an even number of words. */
  private updateWords(words: Int32Array): void {
    const t = lowHalves
    const u = highHalves
    let { high, low } = this
    for (let at = 0; at < words.length; at += 2) {
      low ^= words[at] as number
      high ^= words[at + 1] as number
      // The first byte has the longest way to go: it takes the last table.
      const a = (low & 255) | (7 << 8)
      const b = ((low >>> 8) & 255) | (6 << 8)
      const c = ((low >>> 16) & 255) | (5 << 8)
      const d = (low >>> 24) | (4 << 8)
      const e = (high & 255) | (3 << 8)
      const f = ((high >>> 8) & 255) | (2 << 8)
      const g = ((high >>> 16) & 255) | (1 << 8)
      const h = high >>> 24
      low = (t[a] as number) ^ (t[b] as number) ^ (t[c] as number) ^ (t[d] as number)
        ^ (t[e] as number) ^ (t[f] as number) ^ (t[g] as number) ^ (t[h] as number)
      high = (u[a] as number) ^ (u[b] as number) ^ (u[c] as number) ^ (u[d] as number)
        ^ (u[e] as number) ^ (u[f] as number) ^ (u[g] as number) ^ (u[h] as number)
    }
    this.low = low
    this.high = high
  }

  private updateBytes(bytes: Uint8Array, start: number, end: number): void {
    let { high, low } = this
    for (let at = start; at < end; at++) {
      const entry = (low ^ (bytes[at] as number)) & 255
      low = ((low >>> 8) | (high << 24)) ^ (lowHalves[entry] as number)
      high = (high >>> 8) ^ (highHalves[entry] as number)
    }
    this.low = low
    this.high = high
  }

  /** Writes the sum as it stands in files, the lowest byte first. */
  write(target: Uint8Array, at: number): void {
    this.settle()
    for (let i = 0; i < 4; i++) {
      target[at + i] = this.low >>> (i * 8)
      target[at + 4 + i] = this.high >>> (i * 8)
    }
  }

  /** Whether the eight bytes at `at` are the sum. */
  matches(bytes: Uint8Array, at: number): boolean {
    this.settle()
    for (let i = 0; i < 4; i++) {
      if (bytes[at + i] !== ((this.low >>> (i * 8)) & 255) || bytes[at + 4 + i] !== ((this.high >>> (i * 8)) & 255)) {
        return false
      }
    }
    return true
  }

  /** The sum in sixteen hex digits. */
  get hex(): string {
    this.settle()
    const half = (value: number) => (value >>> 0).toString(16).padStart(8, "0")
    return half(this.high) + half(this.low)
  }
}

/** The checksum of `bytes[start, end)`. */
export const of = (bytes: Uint8Array, start: number, end: number): Crc64 => new Crc64().update(bytes, start, end)
