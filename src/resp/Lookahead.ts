/**
 * Finds the keys of requests that wait in a chunk, before they are parsed and run: what will be looked up can then be
 * fetched from memory for many requests at once. It only guesses: it takes the first argument of each request for its
 * key and the second for a member or field, and stops at anything unusual. Nothing goes wrong when it errs.
 */

/** Requests with more arguments end the look: to pass over them costs more than it gains. */
const MOST_ARGUMENTS = 9
/** The shortest request with an argument: `*2 $1 A $1 B`, each with CR and LF. */
const SHORTEST = 18

/** Where the first two arguments of each request lie in a chunk; a second one that is not there is empty. */
export interface Ranges {
  readonly keyStarts: Int32Array
  readonly keyEnds: Int32Array
  readonly memberStarts: Int32Array
  readonly memberEnds: Int32Array
}

/**
 * Looks at the requests in `bytes[at, end)`, the first of which begins at `at`, and notes where their arguments lie; at
 * most `most` requests. Returns how many there are.
 */
export const findKeys = (bytes: Uint8Array, at: number, end: number, ranges: Ranges, most: number): number => {
  const { keyEnds, keyStarts, memberEnds, memberStarts } = ranges
  let count = 0
  while (count < most && at + SHORTEST <= end) {
    const args = (bytes[at + 1] as number) - 48
    if (bytes[at] !== 42 || bytes[at + 2] !== 13 || args < 2 || args > MOST_ARGUMENTS) break
    at += 4
    memberStarts[count] = memberEnds[count] = 0
    for (let arg = 0; arg < args && at + 4 < end; arg++) {
      let length = 0
      let digit = (bytes[++at] as number) - 48
      for (; digit >= 0 && digit <= 9 && at < end; digit = (bytes[++at] as number) - 48) length = length * 10 + digit
      at += 2
      if (arg === 1) {
        keyStarts[count] = at
        keyEnds[count] = at + length
      } else if (arg === 2) {
        memberStarts[count] = at
        memberEnds[count] = at + length
      }
      at += length + 2
    }
    if (at > end) break
    count++
  }
  return count
}
