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
    total += countWords(words)
    at += words.length * 4
  }
  while (at < to) total += onesOf[bytes[at++] as number] as number
  return total
}

/** Counts the ones in a word: sums of neighbouring bits, pairs and nibbles, of which the product adds the four bytes. */
const onesIn = (word: number): number => {
  const pairs = word - ((word >>> 1) & 0x55555555)
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

/** What three bits add up to beyond 1, in each place; what is left of them is their exclusive or. */
const carry = (a: number, b: number, c: number): number => (a & b) | ((a ^ b) & c)

/**
 * Counts by the method of Harley and Seal: eight words are added bit by bit into ones, twos and fours, so that only the
 * eights have to be counted.
 */
const countWords = (words: Int32Array): number => {
  const count = words.length
  let ones = 0
  let twos = 0
  let fours = 0
  let eights = 0
  let i = 0
  for (; i + 8 <= count; i += 8) {
    const a = words[i] as number
    const b = words[i + 1] as number
    const c = words[i + 2] as number
    const d = words[i + 3] as number
    const e = words[i + 4] as number
    const f = words[i + 5] as number
    const g = words[i + 6] as number
    const h = words[i + 7] as number
    const two0 = carry(ones, a, b)
    ones ^= a ^ b
    const two1 = carry(ones, c, d)
    ones ^= c ^ d
    const two2 = carry(ones, e, f)
    ones ^= e ^ f
    const two3 = carry(ones, g, h)
    ones ^= g ^ h
    const four0 = carry(twos, two0, two1)
    twos ^= two0 ^ two1
    const four1 = carry(twos, two2, two3)
    twos ^= two2 ^ two3
    eights += onesIn(carry(fours, four0, four1))
    fours ^= four0 ^ four1
  }
  let total = eights * 8 + onesIn(fours) * 4 + onesIn(twos) * 2 + onesIn(ones)
  for (; i < count; i++) total += onesIn(words[i] as number)
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
      at += countLeading(words, bit === 0 ? -1 : 0) * 4
    }
  }
  while (at < end && bytes[at] === other) at++
  for (offset = Math.max(offset, (at - base) * 8); offset <= last; offset++) {
    if (get(bytes, base, offset) === bit) return offset
  }
  return -1
}

/** How many words are that word before the first that is another. */
const countLeading = (words: Int32Array, word: number): number => {
  const count = words.length
  let i = 0
  while (i + 4 <= count) {
    const differences = ((words[i] as number) ^ word) | ((words[i + 1] as number) ^ word)
      | ((words[i + 2] as number) ^ word) | ((words[i + 3] as number) ^ word)
    if (differences !== 0) break
    i += 4
  }
  while (i < count && words[i] === word) i++
  return i
}

export type Operation = "AND" | "OR" | "XOR"

/** Strings begin anywhere: they are combined from a copy, a block at a time, whose words lie where words may. */
const block = new Int32Array(4096)
const blockBytes = new Uint8Array(block.buffer)

/**
 * Combines `target[0, length)`, in place, with `source[from, to)`, which is not longer and is taken to go on with zeros.
 * `target` begins at a multiple of four of its buffer.
 */
export const combine = (
  operation: Operation,
  target: Uint8Array,
  length: number,
  source: Uint8Array,
  from: number,
  to: number
): void => {
  const size = to - from
  let at = 0
  if (size >= WORDWISE) {
    const words = wordsIn(target, 0, size)
    for (; at + 4 <= size; at += block.length * 4) {
      const end = Math.min(from + at + block.length * 4, to)
      blockBytes.set(source.subarray(from + at, end))
      foldBlock(operation, words, at >>> 2)
    }
    at = words.length * 4
  }
  for (; at < size; at++) {
    target[at] = foldOne(operation, target[at] as number, source[from + at] as number)
  }
  if (operation === "AND" && size < length) target.fill(0, size, length)
}

const foldOne = (operation: Operation, a: number, b: number): number =>
  operation === "AND" ? a & b : operation === "OR" ? a | b : a ^ b

/** Combines the words from `at` on, as many as there are, with those of the block. */
const foldBlock = (operation: Operation, words: Int32Array, at: number): void => {
  const count = Math.min(words.length - at, block.length)
  switch (operation) {
    case "AND":
      for (let i = 0; i < count; i++) words[at + i] = (words[at + i] as number) & (block[i] as number)
      return
    case "OR":
      for (let i = 0; i < count; i++) words[at + i] = (words[at + i] as number) | (block[i] as number)
      return
    case "XOR":
      for (let i = 0; i < count; i++) words[at + i] = (words[at + i] as number) ^ (block[i] as number)
  }
}

/** Turns every bit of `bytes[0, length)` around, in place; `bytes` begins at a multiple of four of its buffer. */
export const invert = (bytes: Uint8Array, length: number): void => {
  const words = wordsIn(bytes, 0, length)
  const count = words.length
  for (let i = 0; i < count; i++) words[i] = ~(words[i] as number)
  for (let at = count * 4; at < length; at++) bytes[at] = ~(bytes[at] as number)
}
