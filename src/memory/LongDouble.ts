/**
 * The arithmetic of INCRBYFLOAT and HINCRBYFLOAT: x87's long double, with a mantissa of 64 bits, read by `strtold`,
 * added with rounding to nearest even, and printed as `%.17Lf` without trailing zeros. A sum such as 0.1 + 0.2 prints
 * differently in doubles, so a software float is the price of the same bytes.
 */
import * as Doubles from "./Doubles.ts"
import * as FloatText from "./FloatText.ts"
import * as Integers from "./Integers.ts"
import * as PlainDecimals from "./PlainDecimals.ts"

/** A number that is no double, or not known to be one: `±mantissa * 2^exponent`, never zero. */
export class Soft {
  readonly negative: boolean
  readonly mantissa: bigint
  readonly exponent: number

  constructor(negative: boolean, mantissa: bigint, exponent: number) {
    this.negative = negative
    this.mantissa = mantissa
    this.exponent = exponent
  }
}

/** Every double is a long double too, and those that are integers are added without bigints. */
export type LongDouble = number | Soft

/** The longest text `write` produces, and Redis's limit for what it reads. */
export const maxSize = 5120

const EXPONENT_LIMIT = 16384
const DECIMALS = 17
const DECIMAL_UNIT = 10n ** 17n

/** Reads a number from all of `buf[start, end)`; undefined for what Redis calls "not a valid float". */
export const parse = (buf: Uint8Array, start: number, end: number): LongDouble | undefined => {
  const integer = Integers.parse(buf, start, end)
  if (typeof integer === "number") return integer
  const exact = Doubles.parseExact(buf, start, end)
  if (!Number.isNaN(exact)) return exact
  if (start === end || end - start >= maxSize || FloatText.isSpace(buf[start] as number)) return undefined
  const text = FloatText.scan(buf, start, end)
  if (text.end !== end || text.kind === "nan" || text.kind === "none") return undefined
  if (text.kind === "infinity") return text.negative ? -Infinity : Infinity
  if (text.digits === "") return text.negative ? -0 : 0
  const value = make(text.negative, FloatText.round(text, FloatText.binary80))
  return value === 0 || value === Infinity || value === -Infinity ? undefined : value
}

/** Tells whether it is neither infinite nor NaN. */
export const isFinite = (value: LongDouble): boolean => typeof value !== "number" || Number.isFinite(value)

/** Adds; too large a sum is infinite. */
export const add = (a: LongDouble, b: LongDouble): LongDouble => {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b
    // Exact, or nothing that more bits could mend.
    if (Number.isSafeInteger(a) && Number.isSafeInteger(b) && Number.isSafeInteger(sum)) return sum
    if (!Number.isFinite(a) || !Number.isFinite(b)) return sum
    if (sum - a === b && sum - b === a) return sum
  }
  if (typeof a === "number" && (a === 0 || !Number.isFinite(a))) return a === 0 ? b : a
  if (typeof b === "number" && (b === 0 || !Number.isFinite(b))) return b === 0 ? a : b
  const one = soften(a)
  const other = soften(b)
  const exponent = Math.min(one.exponent, other.exponent)
  const sum = signedMantissa(one, exponent) + signedMantissa(other, exponent)
  if (sum === 0n) return 0
  return make(sum < 0n, FloatText.roundRatio(sum < 0n ? -sum : sum, 1n, exponent, FloatText.binary80))
}

/** The nearest double. */
export const toNumber = (value: LongDouble): number => {
  if (typeof value === "number") return value
  const size = FloatText.toDouble(FloatText.roundRatio(value.mantissa, 1n, value.exponent, FloatText.binary64))
  return value.negative ? -size : size
}

/** Prints at `at` and returns the position behind it; needs room for `maxSize` bytes. */
export const write = (dst: Uint8Array, at: number, value: LongDouble): number => {
  if (typeof value === "number" && Number.isSafeInteger(value)) return Integers.write(dst, at, value)
  if (typeof value === "number" && PlainDecimals.isPlain(Math.abs(value))) {
    if (value < 0) dst[at++] = 0x2d
    return PlainDecimals.writeTrimmed(dst, at, Math.abs(value), DECIMALS)
  }
  const text = toText(value)
  for (let i = 0; i < text.length; i++) dst[at + i] = text.charCodeAt(i)
  return at + text.length
}

/** Prints as Redis does: `%.17Lf` without trailing zeros, and no minus before a zero. */
export const toText = (value: LongDouble): string => {
  if (typeof value === "number" && !Number.isFinite(value)) return Doubles.toText(value)
  const fixed = typeof value === "number" ? Doubles.toFixedText(value, DECIMALS) : softToFixed(value)
  let end = fixed.length
  while (fixed.charCodeAt(end - 1) === 0x30) end--
  const text = fixed.slice(0, fixed.charCodeAt(end - 1) === 0x2e ? end - 1 : end)
  return text === "-0" ? "0" : text
}

const softToFixed = ({ exponent, mantissa, negative }: Soft): string => {
  const sign = negative ? "-" : ""
  if (exponent >= 0) return `${sign}${mantissa << BigInt(exponent)}.0`
  const scaled = mantissa * DECIMAL_UNIT
  const places = BigInt(-exponent)
  const floor = scaled >> places
  const rest = scaled - (floor << places)
  const half = 1n << (places - 1n)
  const rounded = rest > half || (rest === half && (floor & 1n) === 1n) ? floor + 1n : floor
  const digits = String(rounded).padStart(DECIMALS + 1, "0")
  return `${sign}${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`
}

const make = (negative: boolean, rounded: FloatText.Rounded | undefined): LongDouble => {
  if (rounded === undefined) return 0
  const { exponent, mantissa } = rounded
  if (FloatText.bitLength(mantissa) + exponent > EXPONENT_LIMIT) return negative ? -Infinity : Infinity
  return new Soft(negative, mantissa, exponent)
}

const signedMantissa = (value: Soft, exponent: number): bigint => {
  const mantissa = value.mantissa << BigInt(value.exponent - exponent)
  return value.negative ? -mantissa : mantissa
}

// Takes a finite double that is not zero apart.
const soften = (value: LongDouble): Soft => {
  if (typeof value !== "number") return value
  if (Number.isInteger(value)) return new Soft(value < 0, BigInt(Math.abs(value)), 0)
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const exponent = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & 0xf_ffff_ffff_ffffn
  return exponent === 0
    ? new Soft(value < 0, fraction, -1074)
    : new Soft(value < 0, fraction | (1n << 52n), exponent - 1075)
}
