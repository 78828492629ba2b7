/**
 * Doubles as text, the way Redis 7.0 reads and prints scores: read by C's `strtod`, printed by `printf("%.17g")`, which
 * is not what JavaScript prints: 0.1 becomes 0.10000000000000001.
 */
import * as FloatText from "./FloatText.ts"
import * as Integers from "./Integers.ts"
import type { Integer } from "./Integers.ts"
import * as PlainDecimals from "./PlainDecimals.ts"

/** The longest text `write` produces: `-2.2250738585072014e-308`. */
export const maxSize = 24

export const SMALLEST_NORMAL = 2 ** -1022
// `(double)(LLONG_MAX / 2)`
const INTEGER_REACH = 2 ** 62

/** What `strtod` makes of the beginning of a text. */
export interface Strtod {
  readonly value: number
  /** The position behind what was read; where the text begins when it is no number. */
  readonly end: number
  /** Whether the number was too large, or too small to be kept precisely (C's ERANGE). */
  readonly outOfRange: boolean
}

/** Reads a number as C's `strtod` does: as much of `buf[start, limit)` as makes sense, after any spaces. */
export const strtod = (buf: Uint8Array, start: number, limit: number): Strtod => {
  const text = FloatText.scan(buf, start, limit)
  const { digits, end, kind } = text
  const sign = text.negative ? -1 : 1
  if (kind === "infinity") return { value: sign * Infinity, end, outOfRange: false }
  if (kind === "nan") return { value: NaN, end, outOfRange: false }
  if (digits === "") return { value: text.negative ? -0 : 0, end, outOfRange: false }
  if (kind === "decimal") {
    const value = Number(`${digits}e${text.exponent}`)
    if (value >= SMALLEST_NORMAL) return { value: sign * value, end, outOfRange: value === Infinity }
  }
  const rounded = FloatText.round(text, FloatText.binary64)
  const value = FloatText.toDouble(rounded)
  const outOfRange = value === Infinity || (value < SMALLEST_NORMAL && rounded?.exact !== true)
  return { value: sign * value, end, outOfRange }
}

/**
 * Reads a score or another number from all of `buf[start, end)`; undefined for what Redis calls "not a valid float":
 * NaN, leading spaces, anything behind the number, and numbers beyond a double's range.
 */
export const parse = (buf: Uint8Array, start: number, end: number): number | undefined => {
  const quick = parseShort(buf, start, end)
  if (!Number.isNaN(quick)) return quick
  if (start === end || FloatText.isSpace(buf[start] as number)) return undefined
  const read = strtod(buf, start, end)
  if (read.end !== end || Number.isNaN(read.value)) return undefined
  // Losing precision is fine here, losing everything is not.
  if (read.outOfRange && (read.value === 0 || Math.abs(read.value) === Infinity)) return undefined
  return read.value
}

/**
 * Reads an end of a score range, without its `(`: looser than a score, for Redis asks `strtod` alone. Leading spaces,
 * no text at all (zero), numbers beyond the range and anything behind a NUL are fine.
 */
export const parseBound = (buf: Uint8Array, start: number, end: number): number | undefined => {
  const quick = parseShort(buf, start, end)
  if (!Number.isNaN(quick)) return quick
  const read = strtod(buf, start, end)
  const readAll = read.end === end || buf[read.end] === 0
  return readAll && !Number.isNaN(read.value) ? read.value : undefined
}

/** Reads a decimal such as 10.25, of which a double has every bit; NaN for other texts, and where that is not sure. */
export const parseExact = (buf: Uint8Array, start: number, end: number): number => {
  if (end - start > MOST_EXACT) return NaN
  const value = parseShort(buf, start, end)
  if (Number.isInteger(value)) return value
  let decimals = 0
  while (decimals < end - start && buf[end - decimals - 1] !== 0x2e) decimals++
  // Of a multiple of 10^-n that has less than 16 digits the nearest double is no multiple of 2^-n, unless it is as well.
  return Number.isInteger(value * 2 ** decimals) ? value : NaN
}

/** 15 digits without a point, so that every integer among them is precise. */
const MOST_EXACT = 15

const tens: ReadonlyArray<number> = Array.from({ length: 23 }, (_, power) => Number(`1e${power}`))

/**
 * Up to 18 digits with or without a point, which is what scores look like; NaN for everything else. One division of two
 * exact doubles rounds correctly; more than 15 digits are kept as the sum of two doubles.
 */
const parseShort = (buf: Uint8Array, start: number, end: number): number => {
  const sign = start < end ? buf[start] : 0
  let at = sign === 0x2d || sign === 0x2b ? start + 1 : start
  let lead = 0
  let rest = 0
  let digits = 0
  let any = false
  let point = -1
  for (; at < end; at++) {
    const digit = (buf[at] as number) - 0x30
    if (digit >= 0 && digit <= 9) {
      any = true
      if (digits < 9) {
        lead = lead * 10 + digit
        if (lead !== 0) digits++
      } else {
        rest = rest * 10 + digit
        if (++digits > 18) return NaN
      }
    } else if (digit === -2 && point === -1) point = at
    else return NaN
  }
  if (!any) return NaN
  const fraction = point === -1 ? 0 : end - point - 1
  if (fraction > 22) return NaN
  const upper = digits > 9 ? lead * (tens[digits - 9] as number) : lead
  const whole = upper + rest
  const value = fraction === 0
    ? whole
    : digits <= 15
    ? whole / (tens[fraction] as number)
    : divide(whole, rest - (whole - upper), tens[fraction] as number)
  return sign === 0x2d ? -value : value
}

/** `(whole + error) / divisor`, correctly rounded, or NaN in the rare case that this cannot be told. */
const divide = (whole: number, error: number, divisor: number): number => {
  const quotient = whole / divisor
  // The exact remainder, by Dekker's product of the halves.
  const product = quotient * divisor
  const quotientHigh = upperHalf(quotient)
  const quotientLow = quotient - quotientHigh
  const divisorHigh = upperHalf(divisor)
  const divisorLow = divisor - divisorHigh
  const productError = quotientHigh * divisorHigh - product + quotientHigh * divisorLow + quotientLow * divisorHigh
    + quotientLow * divisorLow
  const correction = (whole - product - productError + error) / divisor
  const doubt = Math.abs(correction) * 2 ** -45
  const value = quotient + (correction + doubt)
  return value === quotient + (correction - doubt) ? value : NaN
}

const upperHalf = (value: number): number => {
  const shifted = value * 134217729
  return shifted - (shifted - value)
}

/** The integer that the double is, within ±2^62: sorted sets keep such scores as integers in a listpack. */
export const toInteger = (value: number): Integer | undefined => {
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value
  if (!(value >= -INTEGER_REACH && value <= INTEGER_REACH) || !Number.isInteger(value)) return undefined
  return BigInt(value)
}

/** Prints as `%.17g` at `at` and returns the position behind it; needs room for `maxSize` bytes. */
export const write = (dst: Uint8Array, at: number, value: number): number => {
  if (Number.isSafeInteger(value) && (value !== 0 || 1 / value > 0)) return Integers.write(dst, at, value)
  const size = Math.abs(value)
  if (size >= 1e-4 && PlainDecimals.isPlain(size)) {
    if (value < 0) dst[at++] = 0x2d
    return PlainDecimals.writeTrimmed(dst, at, size, decimalsFor17(size))
  }
  const text = toText(value)
  for (let i = 0; i < text.length; i++) dst[at + i] = text.charCodeAt(i)
  return at + text.length
}

// How many decimals make 17 significant digits.
const decimalsFor17 = (size: number): number =>
  size >= 1 ? 17 - Integers.size(Math.floor(size)) : size >= 0.01 ? (size >= 0.1 ? 17 : 18) : size >= 0.001 ? 19 : 20

/** Prints as C's `%.17g`. */
export const toText = (value: number): string => {
  if (value < 0 || (value === 0 && 1 / value < 0)) return `-${toText(-value)}`
  if (value >= 1e-4 && value < 1e17) return Number.isInteger(value) ? String(BigInt(value)) : trimZeros(fixed17(value))
  if (value === 0) return "0"
  if (value === Infinity) return "inf"
  if (Number.isNaN(value)) return "nan"
  const text = exponential17(value)
  const letter = text.indexOf("e")
  const exponent = text.slice(letter + 2)
  return `${trimZeros(text.slice(0, letter))}e${text.charAt(letter + 1)}${exponent.length < 2 ? "0" : ""}${exponent}`
}

const trimZeros = (text: string): string => {
  let end = text.length
  while (text.charCodeAt(end - 1) === 0x30) end--
  return text.slice(0, text.charCodeAt(end - 1) === 0x2e ? end - 1 : end)
}

// JavaScript rounds ties up, C to even. A tie has exactly 18 significant digits, hence at most 25 behind the point.
const mayTie = (value: number): boolean => Number.isInteger(value * 2 ** 25)

const fixed17 = (value: number): string => {
  if (mayTie(value)) {
    const text = value.toPrecision(18)
    const point = text.indexOf(".")
    const digits = text.slice(0, point) + text.slice(point + 1)
    if (isEvenTie(value, digits, digits.length - point)) return text.slice(0, -1)
  }
  return value.toPrecision(17)
}

const exponential17 = (value: number): string => {
  if (mayTie(value) && value < 1) {
    const text = value.toExponential(17)
    const digits = text.charAt(0) + text.slice(2, 19)
    if (isEvenTie(value, digits, 17 + Number(text.slice(21)))) return text.slice(0, 18) + text.slice(19)
  }
  return value.toExponential(16)
}

// Whether the value is just those digits, and they end in an even one and a 5.
const isEvenTie = (value: number, digits: string, decimals: number): boolean =>
  /[02468]5$/.test(digits) && BigInt(digits) << 25n === BigInt(value * 2 ** 25) * 10n ** BigInt(decimals)

/** Prints as C's `%.{decimals}f`, for up to 19 decimals. */
export const toFixedText = (value: number, decimals: number): string => {
  if (value < 0 || (value === 0 && 1 / value < 0)) return `-${toFixedText(-value, decimals)}`
  if (value >= 2 ** 53) {
    if (value === Infinity) return "inf"
    return decimals > 0 ? `${BigInt(value)}.${"0".repeat(decimals)}` : String(BigInt(value))
  }
  if (Number.isNaN(value)) return "nan"
  // With at most one digit more, that digit is a 5 or nothing: only then there is a tie, which C rounds to even.
  if (Number.isInteger(value * 2 ** (decimals + 1))) {
    const text = value.toFixed(decimals + 1)
    const before = text.charCodeAt(text.length - (decimals === 0 ? 3 : 2))
    if (text.endsWith("5") && (before & 1) === 0) return text.slice(0, decimals === 0 ? -2 : -1)
  }
  return value.toFixed(decimals)
}
