/**
 * Runs of bits in bytes, the most significant bit of a byte first: counting, searching, combining. Long runs go by
 * words of 32 bits, so that half a gigabyte takes a fraction of a second.
 *
 * Bit offsets reach beyond 2^32: they are divided, never shifted.
 */

/** Runs below this many bytes are not worth the view that reading words takes. */
const WORDWISE = 64

/** Number of ones in each byte. */
const onesOf = Uint8Array.from({ length: 256 }, (_, byte) => {
  let ones = 0
  for (let rest = byte; rest !== 0; rest &= rest - 1) ones++
  return ones
})

/** The words that lie in `[from, to)`, the first at a multiple of four bytes of the underlying buffer. */
const wordsIn = (bytes: Uint8Array, from: number, to: number): Int32Array =>
  new Int32Array(bytes.buffer, bytes.byteOffset + from, (to - from) >>> 2)

/** The first position from `from` on at which `wordsIn` may begin. */
const aligned = (bytes: Uint8Array, from: number): number => from + (-(bytes.byteOffset + from) & 3)

/** Counts the ones in `bytes[from, to)`. */
export const count = (bytes: Uint8Array, from: number, to: number): number => {
  let total = 0
  let at = from
  if (to - from >= WORDWISE) {
    const head = aligned(bytes, from)
    while (at < head) total += onesOf[bytes[at++] as number] as number
    const words = wordsIn(bytes, at, to)
    // Sums of neighbouring bits, pairs and nibbles within the word; the product adds its four bytes.
    for (let i = 0; i < words.length; i++) {
      let word = words[i] as number
      word -= (word >>> 1) & 0x55555555
      word = (word & 0x33333333) + ((word >>> 2) & 0x33333333)
      total += Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
    }
    at += words.length * 4
  }
  while (at < to) total += onesOf[bytes[at++] as number] as number
  return total
}

/** The bit at an offset from the byte `base`. */
export const get = (bytes: Uint8Array, base: number, offset: number): number =>
  ((bytes[base + Math.floor(offset / 8)] as number) >>> (7 - (offset & 7))) & 1

export const set = (bytes: Uint8Array, base: number, offset: number, bit: number): void => {
  const at = base + Math.floor(offset / 8)
  const mask = 0x80 >>> (offset & 7)
  bytes[at] = bit === 0 ? (bytes[at] as number) & ~mask : (bytes[at] as number) | mask
}

/** Counts the ones among the bits `[first, last]`, as offsets from the byte `base`. */
export const countRange = (bytes: Uint8Array, base: number, first: number, last: number): number => {
  const from = base + Math.floor(first / 8)
  const to = base + Math.floor(last / 8)
  const before = (bytes[from] as number) & ~(0xff >>> (first & 7))
  const behind = (bytes[to] as number) & (0x7f >>> (last & 7))
  return count(bytes, from, to + 1) - (onesOf[before & 0xff] as number) - (onesOf[behind] as number)
}

/** The offset of the first such bit among `[first, last]`, both from the byte `base`, or -1. */
export const find = (bytes: Uint8Array, base: number, first: number, last: number, bit: number): number => {
  let offset = first
  for (; (offset & 7) !== 0 && offset <= last; offset++) if (get(bytes, base, offset) === bit) return offset
  const other = bit === 0 ? 0xff : 0
  const end = base + Math.floor((last + 1) / 8)
  let at = base + offset / 8
  if (end - at >= WORDWISE) {
    const head = aligned(bytes, at)
    while (at < head && bytes[at] === other) at++
    if (at === head) {
      const words = wordsIn(bytes, at, end)
      const otherWord = bit === 0 ? -1 : 0
      let i = 0
      while (i < words.length && words[i] === otherWord) i++
      at += i * 4
    }
  }
  while (at < end && bytes[at] === other) at++
  for (offset = Math.max(offset, (at - base) * 8); offset <= last; offset++) {
    if (get(bytes, base, offset) === bit) return offset
  }
  return -1
}

export type Operation = "AND" | "OR" | "XOR"

/** Combines `target`, in place, with `source[from, to)`, which is taken to go on with zeros. */
export const combine = (
  operation: Operation,
  target: Uint8Array,
  source: Uint8Array,
  from: number,
  to: number
): void => {
  const length = to - from
  let at = 0
  if (((source.byteOffset + from) & 3) === 0 && (target.byteOffset & 3) === 0) {
    const words = length >>> 2
    fold(operation, wordsIn(target, 0, words * 4), wordsIn(source, from, from + words * 4))
    at = words * 4
  }
  fold(operation, viewOf(target, at, length), viewOf(source, from + at, to))
  if (operation === "AND") target.fill(0, length)
}

const viewOf = (bytes: Uint8Array, from: number, to: number): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset + from, to - from)

const fold = <A extends Uint8Array | Int32Array>(operation: Operation, target: A, source: A): void => {
  const length = target.length
  switch (operation) {
    case "AND":
      for (let i = 0; i < length; i++) target[i] = (target[i] as number) & (source[i] as number)
      return
    case "OR":
      for (let i = 0; i < length; i++) target[i] = (target[i] as number) | (source[i] as number)
      return
    case "XOR":
      for (let i = 0; i < length; i++) target[i] = (target[i] as number) ^ (source[i] as number)
  }
}

/** Turns every bit around, in place; `bytes` begins at a multiple of four of its buffer. */
export const invert = (bytes: Uint8Array): void => {
  const words = wordsIn(bytes, 0, bytes.length)
  for (let i = 0; i < words.length; i++) words[i] = ~(words[i] as number)
  for (let at = words.length * 4; at < bytes.length; at++) bytes[at] = ~(bytes[at] as number)
}
