/**
 * The longest common subsequence of two byte strings, by the classic table of prefixes, and the runs of which it
 * consists in Redis's order: from the strings' ends to their beginnings.
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

/** Only the length: two rows of the table at a time. */
export const length = (a: Uint8Array, b: Uint8Array): number => {
  let above = new Uint32Array(b.length + 1)
  let row = new Uint32Array(b.length + 1)
  for (let i = 0; i < a.length; i++) {
    fillRow(a[i] as number, b, above, 0, row, 0)
    const filled = row
    row = above
    above = filled
  }
  return above[b.length] as number
}

type Cells = Uint16Array | Uint32Array

const fillRow = (byte: number, b: Uint8Array, above: Cells, aboveAt: number, row: Cells, rowAt: number): void => {
  let left = 0
  let diagonal = 0
  for (let j = 0; j < b.length; j++) {
    const up = above[aboveAt + j + 1] as number
    left = b[j] === byte ? diagonal + 1 : up > left ? up : left
    row[rowAt + j + 1] = left
    diagonal = up
  }
}

export const find = (a: Uint8Array, b: Uint8Array): Subsequence => {
  const width = b.length + 1
  const cells = (a.length + 1) * width
  const table: Cells = Math.min(a.length, b.length) < 65536 ? new Uint16Array(cells) : new Uint32Array(cells)
  for (let i = 0; i < a.length; i++) fillRow(a[i] as number, b, table, i * width, table, (i + 1) * width)

  let left = table[cells - 1] as number
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
    } else if ((table[(i - 1) * width + j] as number) > (table[i * width + j - 1] as number)) i--
    else j--
  }
  return { bytes, matches }
}
