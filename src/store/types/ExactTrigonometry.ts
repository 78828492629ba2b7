/**
 * Sine, cosine and arc sine to the last bit. JavaScript's may be off by one unit there, glibc's hardly ever are: a
 * distance that is stored as a score shows all its digits. Numbers of twice the precision, as sums of two doubles
 * (Dekker's arithmetic), make it so; it takes some microseconds.
 */

/** `high + low`, where `low` is less than half a unit of `high`'s last place. */
interface Double2 {
  readonly high: number
  readonly low: number
}

const sumOf = (a: number, b: number): Double2 => {
  const high = a + b
  const part = high - a
  return { high, low: a - (high - part) + (b - part) }
}

const SPLITTER = 2 ** 27 + 1

const upperHalf = (value: number): number => {
  const shifted = value * SPLITTER
  return shifted - (shifted - value)
}

const productOf = (a: number, b: number): Double2 => {
  const high = a * b
  const aHigh = upperHalf(a)
  const bHigh = upperHalf(b)
  const aLow = a - aHigh
  const bLow = b - bHigh
  return { high, low: aHigh * bHigh - high + aHigh * bLow + aLow * bHigh + aLow * bLow }
}

const add = (a: Double2, b: Double2): Double2 => {
  const { high, low } = sumOf(a.high, b.high)
  return sumOf(high, low + (a.low + b.low))
}

const multiply = (a: Double2, b: Double2): Double2 => {
  const { high, low } = productOf(a.high, b.high)
  return sumOf(high, low + (a.high * b.low + a.low * b.high))
}

const divide = (a: Double2, divisor: number): Double2 => {
  const quotient = a.high / divisor
  const { high, low } = productOf(quotient, divisor)
  return sumOf(quotient, (a.high - high - low + a.low) / divisor)
}

/** Pi halves, in three parts. */
const HALF_PI = [1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33] as const

/** `value` less the nearest multiple of a quarter turn, and how many quarter turns that is. */
const reduce = (value: number): readonly [rest: Double2, quarters: number] => {
  const quarters = Math.round(value / HALF_PI[0])
  if (quarters === 0) return [{ high: value, low: 0 }, 0]
  const first = productOf(quarters, HALF_PI[0])
  const second = productOf(quarters, HALF_PI[1])
  const rest = add(sumOf(value, -first.high), sumOf(-first.low, -second.high))
  return [add(rest, { high: -second.low - quarters * HALF_PI[2], low: 0 }), quarters & 3]
}

/** The sum of the Taylor series that begins with `first`, for up to an eighth of a turn. */
const series = (rest: Double2, first: Double2, from: number): Double2 => {
  const square = multiply(rest, rest)
  let sum = first
  let term = first
  for (let n = from; Math.abs(term.high) > Math.abs(sum.high) * 1e-33 && term.high !== 0; n += 2) {
    term = divide(multiply(term, square), -n * (n + 1))
    sum = add(sum, term)
  }
  return sum
}

const sineOf = (value: number): Double2 => {
  const [rest, quarters] = reduce(value)
  const result = (quarters & 1) === 0 ? series(rest, rest, 2) : series(rest, { high: 1, low: 0 }, 1)
  return quarters >= 2 ? { high: -result.high, low: -result.low } : result
}

export const sin = (value: number): number => sineOf(value).high

export const cos = (value: number): number => {
  const [rest, quarters] = reduce(value)
  const result = (quarters & 1) === 0 ? series(rest, { high: 1, low: 0 }, 1) : series(rest, rest, 2)
  return quarters === 1 || quarters === 2 ? -result.high : result.high
}

/** Takes a step of Newton's from JavaScript's result. */
export const asin = (value: number): number => {
  const near = Math.asin(value)
  const slope = Math.cos(near)
  if (value === 0 || slope < 1e-12) return near
  const { high, low } = sineOf(near)
  return near + (value - high - low) / slope
}
