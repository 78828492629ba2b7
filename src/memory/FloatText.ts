/**
 * Floating point numbers as C's `strtod` and `strtold` read them: decimal and hexadecimal, `inf` and `nan`, as much of
 * the text as makes sense. `scan` finds the parts, `round` turns them into a binary number of some precision, correctly
 * rounded. Exact rather than fast: it works on bigints, and fast paths are up to the callers.
 */

export interface FloatText {
  readonly kind: "decimal" | "hexadecimal" | "infinity" | "nan" | "none"
  readonly negative: boolean
  /** Significant digits without a point, none for zero. The number is `digits * base^exponent`, the base 10 or 2. */
  readonly digits: string
  readonly exponent: number
  /** The position behind the text; where it begins when there is no number. */
  readonly end: number
}

/** A positive binary number: `mantissa * 2^exponent`. */
export interface Rounded {
  readonly mantissa: bigint
  readonly exponent: number
  /** Whether nothing was lost. */
  readonly exact: boolean
}

/** A binary format: bits of the mantissa, and the exponent of the smallest subnormal. */
export interface Format {
  readonly precision: number
  readonly leastExponent: number
}

// No halfway case of either format has more digits (`strtold` reads at most 5,119 here, a double's have 768); from
// here on it only matters whether a digit other than 0 follows.
const MAX_DIGITS = 5200
const MAX_EXPONENT = 1_000_000_000
// Magnitudes (in powers of ten, or of two) that no format reaches: kept away from the bigints.
const DECIMAL_REACH = 5200
const BINARY_REACH = 17_000

/** Reads a number from the beginning of `buf[start, limit)`, after any spaces. */
export const scan = (buf: Uint8Array, start: number, limit: number): FloatText => {
  let at = start
  while (at < limit && isSpace(buf[at] as number)) at++
  const negative = buf[at] === 0x2d && at < limit
  if (at < limit && (negative || buf[at] === 0x2b)) at++
  if (matches(buf, at, limit, "inf")) {
    return special("infinity", negative, matches(buf, at, limit, "infinity") ? at + 8 : at + 3)
  }
  if (matches(buf, at, limit, "nan")) return special("nan", negative, nanEnd(buf, at + 3, limit))
  if (matches(buf, at, limit, "0x")) {
    const number = scanNumber(buf, at + 2, limit, negative, isHexDigit, "hexadecimal")
    if (number !== undefined) return number
  }
  return scanNumber(buf, at, limit, negative, isDigit, "decimal") ?? special("none", false, start)
}

const special = (kind: FloatText["kind"], negative: boolean, end: number): FloatText => ({
  kind,
  negative,
  digits: "",
  exponent: 0,
  end
})

const scanNumber = (
  buf: Uint8Array,
  start: number,
  limit: number,
  negative: boolean,
  accepts: (byte: number) => boolean,
  kind: "decimal" | "hexadecimal"
): FloatText | undefined => {
  const run = (from: number): number => {
    let at = from
    while (at < limit && accepts(buf[at] as number)) at++
    return at
  }
  const point = run(start)
  const hasPoint = point < limit && buf[point] === 0x2e
  const end = hasPoint ? run(point + 1) : point
  const fraction = hasPoint ? end - point - 1 : 0
  if (point === start && fraction === 0) return undefined
  const kept = significant(digitsOf(buf, start, end, hasPoint ? point : end))
  const [power, after] = scanExponent(buf, end, limit, kind === "decimal" ? 0x65 : 0x70)
  const unit = kind === "decimal" ? 1 : 4
  return { kind, negative, digits: kept.digits, exponent: power + (kept.dropped - fraction) * unit, end: after }
}

// Drops leading zeros, and what is too long to matter.
const significant = (digits: string): { readonly digits: string; readonly dropped: number } => {
  let start = 0
  while (start < digits.length && digits.charCodeAt(start) === 0x30) start++
  const count = digits.length - start
  if (count <= MAX_DIGITS) return { digits: start === 0 ? digits : digits.slice(start), dropped: 0 }
  const kept = digits.slice(start, start + MAX_DIGITS)
  const rest = /[^0]/.test(digits.slice(start + MAX_DIGITS)) ? "1" : "0"
  return { digits: kept + rest, dropped: count - MAX_DIGITS - 1 }
}

// `e` or `p`, a sign, digits; without digits it does not belong to the number.
const scanExponent = (buf: Uint8Array, start: number, limit: number, letter: number): [power: number, end: number] => {
  if (start >= limit || ((buf[start] as number) | 0x20) !== letter) return [0, start]
  const sign = start + 1 < limit ? buf[start + 1] : 0
  const first = sign === 0x2d || sign === 0x2b ? start + 2 : start + 1
  let power = 0
  let at = first
  for (; at < limit && isDigit(buf[at] as number); at++) {
    power = Math.min(MAX_EXPONENT, power * 10 + (buf[at] as number) - 0x30)
  }
  return at === first ? [0, start] : [sign === 0x2d ? -power : power, at]
}

// `nan(...)` with letters, digits and underscores in between.
const nanEnd = (buf: Uint8Array, start: number, limit: number): number => {
  if (start >= limit || buf[start] !== 0x28) return start
  for (let at = start + 1; at < limit; at++) {
    const byte = buf[at] as number
    if (byte === 0x29) return at + 1
    const letter = byte | 0x20
    if (!isDigit(byte) && byte !== 0x5f && (letter < 0x61 || letter > 0x7a)) return start
  }
  return start
}

/** Tells whether the C locale counts a byte as a space. */
export const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39

const isHexDigit = (byte: number): boolean => isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)

// `word` has lower case letters (and `0`, which has no upper case to confuse it with).
const matches = (buf: Uint8Array, at: number, limit: number, word: string): boolean => {
  if (at + word.length > limit) return false
  for (let i = 0; i < word.length; i++) {
    const code = word.charCodeAt(i)
    const byte = buf[at + i] as number
    if ((code > 0x60 ? byte | 0x20 : byte) !== code) return false
  }
  return true
}

// The digits in `[start, end)` without the point at `point`. Below some 30 a loop beats what decoding costs to call.
const digitsOf = (buf: Uint8Array, start: number, end: number, point: number): string => {
  if (end - start <= 32) {
    let digits = ""
    for (let at = start; at < end; at++) if (at !== point) digits += String.fromCharCode(buf[at] as number)
    return digits
  }
  const text = Buffer.from(buf.buffer, buf.byteOffset + start, end - start).toString("latin1")
  return point === end ? text : text.slice(0, point - start) + text.slice(point + 1 - start)
}

/** Rounds the number of a decimal or hexadecimal text that is not zero; undefined when nothing is left of it. */
export const round = (text: FloatText, format: Format): Rounded | undefined => {
  const { digits, exponent } = text
  if (text.kind === "hexadecimal") {
    const magnitude = exponent + digits.length * 4
    if (magnitude > BINARY_REACH) return tooLarge
    return magnitude < -BINARY_REACH ? undefined : roundRatio(BigInt(`0x${digits}`), 1n, exponent, format)
  }
  const magnitude = exponent + digits.length
  if (magnitude > DECIMAL_REACH) return tooLarge
  if (magnitude < -DECIMAL_REACH) return undefined
  return exponent >= 0
    ? roundRatio(BigInt(digits) * tenTo(exponent), 1n, 0, format)
    : roundRatio(BigInt(digits), tenTo(-exponent), 0, format)
}

const tens: ReadonlyArray<bigint> = Array.from({ length: 32 }, (_, power) => 10n ** BigInt(power))
const tenTo = (power: number): bigint => tens[power] ?? 10n ** BigInt(power)

const tooLarge: Rounded = { mantissa: 1n, exponent: BINARY_REACH, exact: false }

/** Rounds `numerator / denominator * 2^exponent` (positive) to nearest, ties to even; undefined when nothing is left. */
export const roundRatio = (
  numerator: bigint,
  denominator: bigint,
  exponent: number,
  { leastExponent, precision }: Format
): Rounded | undefined => {
  // Two or three bits more than wanted, so that only ties have to be told from the rest.
  const shift = denominator === 1n ? 0 : precision + 2 - bitLength(numerator) + bitLength(denominator)
  const scaled = shift > 0 ? numerator << BigInt(shift) : numerator
  const divisor = shift < 0 ? denominator << BigInt(-shift) : denominator
  const quotient = scaled / divisor
  const whole = quotient * divisor === scaled
  const place = exponent - shift
  const dropped = Math.max(bitLength(quotient) - precision, leastExponent - place)
  if (dropped <= 0) return { mantissa: quotient, exponent: place, exact: whole }
  const unit = 1n << BigInt(dropped)
  const rest = quotient & (unit - 1n)
  const half = unit >> 1n
  const floor = quotient >> BigInt(dropped)
  const up = rest > half || (rest === half && (!whole || (floor & 1n) === 1n))
  const mantissa = up ? floor + 1n : floor
  if (mantissa === 0n) return undefined
  return { mantissa, exponent: place + dropped, exact: whole && rest === 0n }
}

/** A double's format, and long double's on x86. */
export const binary64: Format = { precision: 53, leastExponent: -1074 }
export const binary80: Format = { precision: 64, leastExponent: -16445 }

/** The double that was rounded to `binary64`; infinite when it is too large for one. */
export const toDouble = (rounded: Rounded | undefined): number => {
  if (rounded === undefined) return 0
  const mantissa = Number(rounded.mantissa)
  // In two steps where 2^exponent alone is out of reach.
  return rounded.exponent > 900
    ? mantissa * 2 ** 900 * 2 ** (rounded.exponent - 900)
    : mantissa * 2 ** rounded.exponent
}

/** Counts the bits of a positive bigint. */
export const bitLength = (value: bigint): number => {
  const number = Number(value)
  if (number <= Number.MAX_SAFE_INTEGER) return safeBitLength(number)
  if (number < 2 ** 80) return 32 + safeBitLength(Number(value >> 32n))
  const text = value.toString(16)
  return text.length * 4 - Math.clz32(Number.parseInt(text.charAt(0), 16)) + 28
}

const safeBitLength = (value: number): number =>
  value < 0x1_0000_0000 ? 32 - Math.clz32(value) : 64 - Math.clz32(value / 0x1_0000_0000)
