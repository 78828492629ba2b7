/**
 * Splits a line into words the way Redis does for inline commands and configuration lines: double quotes with `\n`,
 * `\xff` and the like, single quotes with `\'` only.
 */

const isSpace = (byte: number | undefined): boolean => byte === 32 || (byte !== undefined && byte >= 9 && byte <= 13)

/** A word may go on behind a form feed or a vertical tab, but not begin with one. */
const endsWord = (byte: number): boolean => byte === 32 || byte === 9 || byte === 10 || byte === 13

const hex = (byte: number | undefined): number => {
  if (byte === undefined) return -1
  if (byte >= 48 && byte <= 57) return byte - 48
  const lower = byte | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}

const escapes: Readonly<Record<number, number>> = { 110: 10, 114: 13, 116: 9, 98: 8, 97: 7 }

/** The words of a line, or undefined when its quotes do not match. */
export const splitLine = (line: Uint8Array): Array<Uint8Array> | undefined => {
  const words: Array<Uint8Array> = []
  const word = Buffer.alloc(line.length)
  let at = 0
  for (;;) {
    while (isSpace(line[at])) at++
    // As in C, a NUL ends the line.
    if (at >= line.length || line[at] === 0) return words
    let length = 0
    let quote = 0
    for (;;) {
      const byte = line[at]
      if (byte === undefined || (byte === 0 && quote === 0)) {
        if (quote !== 0) return undefined
        break
      }
      if (quote === 34 && byte === 92 && line[at + 1] === 120 && hex(line[at + 2]) >= 0 && hex(line[at + 3]) >= 0) {
        word[length++] = hex(line[at + 2]) * 16 + hex(line[at + 3])
        at += 4
      } else if (quote === 34 && byte === 92 && at + 1 < line.length) {
        const escaped = line[at + 1] as number
        word[length++] = escapes[escaped] ?? escaped
        at += 2
      } else if (quote === 39 && byte === 92 && line[at + 1] === 39) {
        word[length++] = 39
        at += 2
      } else if (quote !== 0 && byte === quote) {
        // A closing quote must be followed by a space or nothing.
        if (at + 1 < line.length && !isSpace(line[at + 1])) return undefined
        at++
        break
      } else if (quote === 0 && endsWord(byte)) break
      else if (quote === 0 && (byte === 34 || byte === 39)) {
        quote = byte
        at++
      } else {
        word[length++] = byte
        at++
      }
    }
    words.push(Buffer.from(word.subarray(0, length)))
  }
}
