/**
 * Makes a long run of bytes short without changing its CRC-64, at a quarter of what the tables of `Crc64` take for it.
 *
 * Bytes are a polynomial over GF(2), of which the sum is what dividing by the generator leaves. So a multiple of the
 * generator may be added anywhere, and this is one of few terms, found by trying sums of three powers against others:
 *
 *     x^5002 + x^4800 + x^4647 + x^2654 + x^2380 + x^1956 + 1
 *
 * Squared six times, which over GF(2) squares each term, it is a multiple still, of x^64 in the place of x: whole words
 * apart. The first word of the run goes when it is added to those that come so many words later, then the second. That
 * takes no table and no shifts, and all but the last words go.
 *
 * Words are `bigint`s since JavaScript has no other integers of 64 bits; compiled, none is allocated in such a loop. Its
 * arrays are constants, and their indices bounded, so that V8 compiles no checks of them.
 */

/** How many words there are behind the first one that it reaches. */
const REACH = 5002
const BLOCK = 16_384
const WORD = 8

/** How many bytes are left. */
export const REMAINDER = REACH * WORD

/** What a call works in, and nobody reads after it: the last words that went, behind them those that are next to. */
const window = new BigUint64Array(REACH + BLOCK)
const windowBytes = new Uint8Array(window.buffer)
const windowHalves = new Int32Array(window.buffer)

const remainder = new BigUint64Array(REACH)
const remainderBytes = new Uint8Array(remainder.buffer)
const remainderHalves = new Int32Array(remainder.buffer)

/**
 * Gives `REMAINDER` bytes, good until the next call, with the sum of `bytes[start, end)`: these are whole words, more than
 * that. `low` and `high` are the sum of what comes before.
 */
export const fold = (bytes: Uint8Array, start: number, end: number, low: number, high: number): Int32Array => {
  const last = end - REMAINDER
  window.fill(0n, 0, REACH)
  for (let at = start; at < last;) {
    const next = Math.min(last, at + BLOCK * WORD)
    windowBytes.set(bytes.subarray(at, next), REMAINDER)
    if (at === start) {
      windowHalves[REACH * 2] = (windowHalves[REACH * 2] as number) ^ low
      windowHalves[REACH * 2 + 1] = (windowHalves[REACH * 2 + 1] as number) ^ high
    }
    const words = (next - at) / WORD
    addUp(words)
    window.copyWithin(0, words, words + REACH)
    at = next
  }
  remainderBytes.set(bytes.subarray(last, end))
  addToRemainder()
  return remainderHalves
}

/** Adds to each of so many words those before it that it takes in. */
const addUp = (words: number): void => {
  const end = Math.min(words, BLOCK)
  for (let at = 0; at < end; at++) {
    window[at + 5002] = (window[at + 5002] as bigint) ^ (window[at + 4800] as bigint) ^ (window[at + 4647] as bigint)
      ^ (window[at + 2654] as bigint) ^ (window[at + 2380] as bigint) ^ (window[at + 1956] as bigint)
      ^ (window[at] as bigint)
  }
}

/** As `addUp`, for what stays: it is not taken in by what follows. */
const addToRemainder = (): void => {
  window.fill(0n, REACH, REACH * 2)
  for (let at = 0; at < REACH; at++) {
    remainder[at] = (remainder[at] as bigint) ^ (window[at + 4800] as bigint) ^ (window[at + 4647] as bigint)
      ^ (window[at + 2654] as bigint) ^ (window[at + 2380] as bigint) ^ (window[at + 1956] as bigint)
      ^ (window[at] as bigint)
  }
}
