/**
 * Redis's 64-bit signed integers as decimal text.
 *
 * JavaScript's numbers are exact up to 2^53 - 1, so an integer travels as a `number` while it is safe and as a
 * `bigint` only beyond: the hot path allocates nothing, and both compare with `<` and `===` among their own kind.
 * Every function here returns that normal form and accepts it.
 */

/** A 64-bit integer in normal form: a safe `number`, or a `bigint` for what lies beyond ±(2^53 - 1). */
export type Integer = number | bigint

/** The longest text `write` produces: `-9223372036854775808`. */
export const maxSize = 20

export const min = -0x8000_0000_0000_0000n
export const max = 0x7fff_ffff_ffff_ffffn
export const maxUnsigned = 0xffff_ffff_ffff_ffffn

const billion = 1_000_000_000
const bigBillion = 1_000_000_000n

/** Brings a bigint into normal form. */
export const normalize = (value: bigint): Integer =>
  value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value

/**
 * Reads the decimal integer that is exactly `buf[start, end)`: an optional `-`, no `+`, no space, no leading zero.
 * Returns undefined for any other text and for what does not fit in 64 bits with a sign.
 */
export const parse = (buf: Uint8Array, start: number, end: number): Integer | undefined => {
  let at = start
  let byte = at < end ? buf[at] as number : 0
  const negative = byte === 0x2d
  if (negative) byte = ++at < end ? buf[at] as number : 0
  const digits = end - at
  let lead = byte - 0x30
  if (lead === 0) return digits === 1 && !negative ? 0 : undefined
  if (lead < 1 || lead > 9 || digits > 19) return undefined
  // Nine digits fit in the 31 bits that V8 keeps unboxed: longer texts are read as two such halves.
  const middle = digits > 9 ? end - 9 : end
  for (at++; at < middle; at++) {
    const digit = (buf[at] as number) - 0x30
    if (digit < 0 || digit > 9) return undefined
    lead = lead * 10 + digit
  }
  if (digits <= 9) return negative ? -lead : lead
  let rest = 0
  for (; at < end; at++) {
    const digit = (buf[at] as number) - 0x30
    if (digit < 0 || digit > 9) return undefined
    rest = rest * 10 + digit
  }
  const value = lead * billion + rest
  if (value <= Number.MAX_SAFE_INTEGER) return negative ? -value : value
  const big = BigInt(lead) * bigBillion + BigInt(rest)
  if (negative) return big <= -min ? -big : undefined
  return big <= max ? big : undefined
}

/**
 * Reads an unsigned 64-bit integer the way Redis reads the halves of stream ids: `parse`'s form, or else what C's
 * `strtoull` takes (leading spaces, a `+`, leading zeros), so that `007` counts and `-7` does not.
 */
export const parseUnsigned = (buf: Uint8Array, start: number, end: number): Integer | undefined => {
  const value = parse(buf, start, end)
  if (value !== undefined) return value < 0 ? undefined : value
  let at = start
  while (at < end && isSpace(buf[at] as number)) at++
  const sign = at < end ? buf[at] as number : 0
  if (sign === 0x2b || sign === 0x2d) at++
  if (at === end) return undefined
  let big = 0n
  for (; at < end; at++) {
    const digit = (buf[at] as number) - 0x30
    if (digit < 0 || digit > 9) return undefined
    big = big * 10n + BigInt(digit)
    if (big > maxUnsigned) return undefined
  }
  return normalize(sign === 0x2d ? BigInt.asUintN(64, -big) : big)
}

const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)

/** Counts the bytes of an integer's text, sign included. */
export const size = (value: Integer): number => {
  if (typeof value === "bigint") return value < 0n ? 1 + bigDigits(-value) : bigDigits(value)
  return value < 0 ? 1 + digits(-value) : digits(value)
}

const digits = (value: number): number => {
  if (value < 10) return 1
  if (value < 100) return 2
  if (value < 1000) return 3
  if (value < 10000) return 4
  if (value < 1e8) return value < 1e6 ? (value < 1e5 ? 5 : 6) : value < 1e7 ? 7 : 8
  if (value < 1e12) return value < 1e10 ? (value < 1e9 ? 9 : 10) : value < 1e11 ? 11 : 12
  return value < 1e14 ? (value < 1e13 ? 13 : 14) : value < 1e15 ? 15 : 16
}

// A bigint in normal form is above 2^53 and below 2^64: 16 to 20 digits.
const bigDigits = (value: bigint): number => 9 + leadDigits(Number(value / bigBillion))
const leadDigits = (value: number): number => value < 1 ? 0 : digits(value)

/** Writes an integer's text at `at` and returns the position behind it. */
export const write = (dst: Uint8Array, at: number, value: Integer): number => {
  let from = at
  if (value < 0) {
    dst[from++] = 0x2d
    value = -value
  }
  if (typeof value === "number") {
    const end = from + digits(value)
    if (value < billion) writePadded(dst, from, end, value)
    else writeHalves(dst, from, end, Math.floor(value / billion), value % billion)
    return end
  }
  const end = from + bigDigits(value)
  writeHalves(dst, from, end, Number(value / bigBillion), Number(value % bigBillion))
  return end
}

const writeHalves = (dst: Uint8Array, from: number, end: number, lead: number, rest: number): void => {
  const middle = end - 9
  if (lead < billion) writePadded(dst, from, middle, lead)
  else {
    writePadded(dst, from, middle - 9, Math.floor(lead / billion))
    writePadded(dst, middle - 9, middle, lead % billion)
  }
  writePadded(dst, middle, end, rest)
}

/** Fills `[from, end)` with the last digits of a value below 2^31, zeros in front. */
export const writePadded = (dst: Uint8Array, from: number, end: number, value: number): void => {
  let left = value | 0
  for (let at = end - 1; at >= from; at--) {
    const next = (left / 10) | 0
    dst[at] = 0x30 + left - next * 10
    left = next
  }
}

/** Adds within 64 bits with a sign; undefined on overflow. */
export const add = (a: Integer, b: Integer): Integer | undefined => {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b
    if (Number.isSafeInteger(sum)) return sum
  }
  const sum = BigInt(a) + BigInt(b)
  return sum < min || sum > max ? undefined : normalize(sum)
}

/** The lower 32 bits of a 64-bit integer in two's complement, from 0 to 2^32 - 1. */
export const lowHalf = (value: Integer): number =>
  typeof value === "number" ? value >>> 0 : Number(BigInt.asUintN(32, value))

/** The upper 32 bits of a 64-bit integer in two's complement, with their sign. */
export const highHalf = (value: Integer): number =>
  typeof value === "number" ? Math.floor(value / 0x1_0000_0000) : Number(BigInt.asIntN(32, value >> 32n))

/** The integer of two halves, as `highHalf` and `lowHalf` give them. */
export const fromHalves = (high: number, low: number): Integer => {
  const value = high * 0x1_0000_0000 + low
  return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) | BigInt(low)
}
