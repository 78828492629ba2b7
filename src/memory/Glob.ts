/**
 * Glob patterns as Redis matches them: `*`, `?`, `[a-z]`, `[^a]` and `\x`, on bytes. Pure, without imports.
 *
 * After a mismatch only the last `*` is tried at the next byte; an earlier one could reach no more. So the cost is
 * bounded by pattern times text, and a hostile pattern such as `a*a*a*a*b` cannot stop the server.
 */

const STAR = 0x2a
const QUESTION = 0x3f
const OPEN = 0x5b
const CLOSE = 0x5d
const CARET = 0x5e
const BACKSLASH = 0x5c
const HYPHEN = 0x2d
// Redis gives up on patterns with more of them
const MOST_STARS = 1000

const lower = (byte: number): number => byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte

/** Whether `text`, or its bytes from `start` to `end`, matches `pattern`; `nocase` takes ASCII letters as equal. */
export const stringMatch = (
  pattern: Uint8Array,
  text: Uint8Array,
  nocase = false,
  start = 0,
  end = text.length
): boolean => {
  const length = pattern.length
  let p = 0
  let t = start
  let stars = 0
  let starAt = -1
  let retryAt = 0
  while (p < length && t < end) {
    const byte = at(text, t)
    const next = at(pattern, p)
    let after: number
    if (next === STAR) {
      while (p < length && at(pattern, p) === STAR) p++
      if (p === length) return true
      if (++stars > MOST_STARS) return false
      starAt = p
      retryAt = t
      continue
    } else if (next === QUESTION) {
      after = p + 1
    } else if (next === OPEN) {
      after = matchClass(pattern, p, byte, nocase)
    } else {
      if (next === BACKSLASH && p + 1 < length) p++
      const literal = at(pattern, p)
      after = literal === byte || (nocase && lower(literal) === lower(byte)) ? p + 1 : -1
    }
    if (after >= 0) {
      p = after
      t++
      if (t === end) { while (p < length && at(pattern, p) === STAR) p++ }
    }
    if (after < 0 || (p === length && t < end)) {
      if (starAt < 0) return false
      p = starAt
      t = ++retryAt
    }
  }
  return p === length && t === end
}

// Only called with positions inside the array
const at = (bytes: Uint8Array, index: number): number => bytes[index] as number

/** Where the pattern goes on after the class at `p` when it contains `byte`, else -1. */
const matchClass = (pattern: Uint8Array, p: number, byte: number, nocase: boolean): number => {
  const length = pattern.length
  const wanted = nocase ? lower(byte) : byte
  const fold = (other: number): number => nocase ? lower(other) : other
  const negated = p + 1 < length && at(pattern, p + 1) === CARET
  let found = false
  p += negated ? 2 : 1
  for (; p < length && at(pattern, p) !== CLOSE; p++) {
    const first = at(pattern, p)
    if (first === BACKSLASH && p + 1 < length) {
      p++
      // An escaped byte in a class is compared exactly, whatever `nocase` says
      if (at(pattern, p) === byte) found = true
    } else if (p + 2 < length && at(pattern, p + 1) === HYPHEN) {
      // A range is put in order before case is folded, as Redis does it: `[b-D]` without case is d to b, and empty
      const last = at(pattern, p + 2)
      if (wanted >= fold(Math.min(first, last)) && wanted <= fold(Math.max(first, last))) found = true
      p += 2
    } else if (fold(first) === wanted) {
      found = true
    }
  }
  if (found === negated) return -1
  // A class that is never closed ends with the pattern
  return p < length ? p + 1 : length
}
