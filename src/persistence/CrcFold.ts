/**
 * Makes a long run of bytes short without changing its CRC-64, at a third of what the tables of `Crc64` take for it.
 *
 * Bytes are a polynomial over GF(2), of which the sum is what dividing by the generator leaves. So a multiple of the
 * generator may be added anywhere, and this is one of few terms, found by trying sums of three powers against others:
 *
 *     x^5002 + x^4800 + x^4647 + x^2654 + x^2380 + x^1956 + 1
 *
 * Squared five times, which over GF(2) squares each term, it is a multiple still, of x^32 in the place of x: whole words
 * apart. The first word of the run goes when it is added to those that come so many words later, then the second. That
 * takes no table and no shifts, and all but the last words go.
 *
 * Words of 64 bits (`bigint`) would be twice as fast once V8 has compiled the loop, and leave 20 MB of garbage until then. Its
 * arrays are constants, and their indices bounded, so that V8 compiles no checks of them: else it takes twice as long.
 */

/** How many words there are behind the first one that it reaches. */
const REACH = 5002
/** How many words there are between two that one takes in, at least. */
const LEAST_REACH = 5002 - 4800
const BLOCK = 16_384
const WORD = 4
/** Bytes of the words that went last, which later ones still take in. */
const GONE = REACH * WORD

/** What a call works in, and nobody reads after it: the words that went last, behind them those that are next to. */
const window = new Int32Array(REACH * 2 + BLOCK)
const windowBytes = new Uint8Array(window.buffer)

/** What is left of a run: the words that none follows far enough behind. They go in pairs, so it may be one more. */
const remainder = new Int32Array(REACH + 2)
const remainderBytes = new Uint8Array(remainder.buffer)

/** A run that comes in pieces. */
export class Fold {
  /** What is in the window between two calls; short pieces are collected here first. */
  private readonly kept = new Int32Array(window.length)
  private readonly keptBytes = new Uint8Array(this.kept.buffer)
  /** How many bytes have not gone yet. */
  private pending = 0

  /** `low` and `high` are the sum of what comes before; the first piece has at least eight bytes. */
  constructor(low: number, high: number, bytes: Uint8Array, start: number, end: number) {
    this.update(bytes, start, start + WORD * 2)
    this.kept[REACH] = (this.kept[REACH] as number) ^ low
    this.kept[REACH + 1] = (this.kept[REACH + 1] as number) ^ high
    this.update(bytes, start + WORD * 2, end)
  }

  update(bytes: Uint8Array, start: number, end: number): void {
    if (GONE + this.pending + end - start > this.keptBytes.length) return this.fold(bytes, start, end)
    this.keptBytes.set(bytes.subarray(start, end), GONE + this.pending)
    this.pending += end - start
  }

  /** Bytes with the sum of all, which ends the run; good until the next call for any. */
  finish(): Uint8Array {
    this.fold(this.keptBytes, 0, 0)
    window.set(this.kept.subarray(0, REACH * 2 + 2))
    // The last words take in those that went, but not each other: each leaves before another reaches it
    for (let at = 0; at < remainder.length; at += LEAST_REACH) {
      addUp(at, at + LEAST_REACH)
      const done = window.subarray(REACH + at, REACH + at + LEAST_REACH)
      remainder.set(done.subarray(0, remainder.length - at), at)
      done.fill(0)
    }
    return remainderBytes.subarray(0, this.pending)
  }

  private fold(bytes: Uint8Array, start: number, end: number): void {
    let { pending } = this
    windowBytes.set(this.keptBytes.subarray(0, GONE + pending))
    let at = start
    do {
      const next = Math.min(end, at + windowBytes.length - GONE - pending)
      windowBytes.set(bytes.subarray(at, next), GONE + pending)
      pending += next - at
      at = next
      const words = Math.max(0, Math.floor(pending / WORD) - REACH) & ~1
      addUp(0, words)
      pending -= words * WORD
      windowBytes.copyWithin(0, words * WORD, words * WORD + GONE + pending)
    } while (at < end)
    this.keptBytes.set(windowBytes.subarray(0, GONE + pending))
    this.pending = pending
  }
}

/** Adds to each word of a range of even length those before it that it takes in. Two per round save a seventh. */
const addUp = (from: number, to: number): void => {
  const end = Math.min(to, BLOCK)
  for (let at = from & (BLOCK - 1); at < end; at += 2) {
    window[at + 5002] = (window[at + 5002] as number) ^ (window[at + 4800] as number) ^ (window[at + 4647] as number)
      ^ (window[at + 2654] as number) ^ (window[at + 2380] as number) ^ (window[at + 1956] as number)
      ^ (window[at] as number)
    window[at + 5003] = (window[at + 5003] as number) ^ (window[at + 4801] as number) ^ (window[at + 4648] as number)
      ^ (window[at + 2655] as number) ^ (window[at + 2381] as number) ^ (window[at + 1957] as number)
      ^ (window[at + 1] as number)
  }
}
