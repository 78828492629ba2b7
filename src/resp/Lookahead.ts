/**
 * Finds the keys of requests that wait in a chunk, before they are parsed and run: what will be looked up can then be
 * fetched from memory for many requests at once. It only guesses: it takes the first argument of each request for its
 * key, and stops at anything unusual. Nothing goes wrong when it errs.
 */

/** Requests with more arguments end the look: to pass over them costs more than it gains. */
const MOST_ARGUMENTS = 9
/** The shortest request with an argument: `*2 $1 A $1 B`, each with CR and LF. */
const SHORTEST = 18

/**
 * Looks at the requests in `bytes[at, end)`, the first of which begins at `at`, and notes where their keys lie; as many
 * as fit in the arrays. Returns how many there are.
 */
export const findKeys = (
  bytes: Uint8Array,
  at: number,
  end: number,
  starts: Int32Array,
  ends: Int32Array
): number => {
  let count = 0
  while (count < starts.length && at + SHORTEST <= end) {
    const args = (bytes[at + 1] as number) - 48
    if (bytes[at] !== 42 || bytes[at + 2] !== 13 || args < 2 || args > MOST_ARGUMENTS) break
    at += 4
    for (let arg = 0; arg < args && at + 4 < end; arg++) {
      let length = 0
      let digit = (bytes[++at] as number) - 48
      for (; digit >= 0 && digit <= 9 && at < end; digit = (bytes[++at] as number) - 48) length = length * 10 + digit
      at += 2
      if (arg === 1) {
        starts[count] = at
        ends[count] = at + length
      }
      at += length + 2
    }
    if (at > end) break
    count++
  }
  return count
}
