/**
 * The longest common subsequence of two byte strings, by the classic table of prefixes, and the runs of which it
 * consists in Redis's order: from the strings' ends to their beginnings.
 *
 * Along a row of the table the length stays or grows by one, so that a bit for each place tells it. A row's bits follow from
 * those above by a few operations for each word of them (H. Hyyrö, "Bit-parallel LCS-length computation revisited").
 */

/** A run that both strings share: positions of its first and last byte in each. */
export interface Match {
  readonly aStart: number
  readonly aEnd: number
  readonly bStart: number
  readonly bEnd: number
}

export interface Subsequence {
  readonly bytes: Uint8Array
  readonly matches: ReadonlyArray<Match>
}

/** Bytes that Redis takes for the table, by which it refuses what is too long. */
export const tableBytes = (a: Uint8Array, b: Uint8Array): number => (a.length + 1) * (b.length + 1) * 4

/** Bits in a word: the sum of two words is still a small integer to V8. */
const WORD = 30
const ALL = 2 ** WORD - 1

/** Where each byte of `a` stands in `b`. */
class Places {
  readonly words: number
  private readonly bits: Int32Array
  private readonly from = new Int32Array(256).fill(-1)

  constructor(a: Uint8Array, b: Uint8Array) {
    this.words = Math.ceil(b.length / WORD)
    let distinct = 0
    for (const byte of a) if (this.from[byte] === -1) this.from[byte] = distinct++ * this.words
    this.bits = new Int32Array(distinct * this.words)
    for (let j = 0; j < b.length; j++) {
      const from = this.from[b[j] as number] as number
      if (from === -1) continue
      const at = from + Math.floor(j / WORD)
      this.bits[at] = (this.bits[at] as number) | (1 << (j % WORD))
    }
  }

  /** Makes a row of the one above it; they may be the same. A bit is 0 where the length is one more than before it. */
  fillRow(byte: number, above: Int32Array, aboveAt: number, row: Int32Array, rowAt: number): void {
    const { bits, words } = this
    const from = this.from[byte] as number
    let carry = 0
    for (let word = 0; word < words; word++) {
      const old = above[aboveAt + word] as number
      const common = old & (bits[from + word] as number)
      const sum = old + common + carry
      carry = sum >>> WORD
      row[rowAt + word] = (sum & ALL) | (old & ~common)
    }
  }
}

const grows = (rows: Int32Array, rowAt: number, j: number): boolean =>
  ((rows[rowAt + Math.floor(j / WORD)] as number) & (1 << (j % WORD))) === 0

/** The length at a row's end. */
const lengthOf = (rows: Int32Array, rowAt: number, places: number): number => {
  let length = 0
  for (let j = 0; j < places; j++) if (grows(rows, rowAt, j)) length++
  return length
}

/** Only the length: one row of the table. */
export const length = (a: Uint8Array, b: Uint8Array): number => {
  const places = new Places(a, b)
  const row = new Int32Array(places.words).fill(ALL)
  for (const byte of a) places.fillRow(byte, row, 0, row, 0)
  return lengthOf(row, 0, b.length)
}

export const find = (a: Uint8Array, b: Uint8Array): Subsequence => {
  const places = new Places(a, b)
  const { words } = places
  const rows = new Int32Array((a.length + 1) * words).fill(ALL, 0, words)
  for (let i = 0; i < a.length; i++) places.fillRow(a[i] as number, rows, i * words, rows, (i + 1) * words)

  let left = lengthOf(rows, a.length * words, b.length)
  const bytes = new Uint8Array(left)
  const matches: Array<Match> = []
  let i = a.length
  let j = b.length
  while (i > 0 && j > 0) {
    if (a[i - 1] === b[j - 1]) {
      const aEnd = i - 1
      const bEnd = j - 1
      while (i > 0 && j > 0 && a[i - 1] === b[j - 1]) {
        bytes[--left] = a[--i] as number
        j--
      }
      matches.push({ aStart: i, aEnd, bStart: j, bEnd })
    } else if (grows(rows, i * words, j - 1)) i-- // The length here is the one above: nothing of `a[i - 1]` is in it
    else j--
  }
  return { bytes, matches }
}
