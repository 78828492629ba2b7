/**
 * Doubles with a number of decimals and no exponent, rounded as C's `printf` does: to nearest, ties to even. The fraction
 * is held in three limbs of 26 bits, each of which can be multiplied by 10^7 without losing a bit: exact, and no objects.
 */
import * as Integers from "./Integers.ts"

const LIMB = 2 ** 26
const HALF = LIMB / 2
/** How many digits one multiplication gives. */
const STEP = 7
const tens: ReadonlyArray<number> = Array.from({ length: STEP + 1 }, (_, power) => 10 ** power)

const POINT = 0x2e
const ZERO = 0x30
const NINE = 0x39

/** Tells whether a number can be written: in this range all have at most 78 bits behind the point. */
export const isPlain = (value: number): boolean => value >= 2 ** -25 && value < 2 ** 53

/** Writes a plain number at `start`, with at least one decimal, and returns the position behind it. */
export const write = (dst: Uint8Array, start: number, value: number, decimals: number): number => {
  const whole = Math.floor(value)
  const point = Integers.write(dst, start, whole)
  const end = point + 1 + decimals
  dst[point] = POINT
  const upper = (value - whole) * LIMB
  let high = Math.floor(upper)
  const lower = (upper - high) * LIMB
  let middle = Math.floor(lower)
  let low = (lower - middle) * LIMB
  let at = point + 1
  while (at < end && high + middle + low > 0) {
    const behind = Math.min(at + STEP, end)
    const power = tens[behind - at] as number
    const fromLow = low * power
    const toMiddle = Math.floor(fromLow / LIMB)
    const fromMiddle = middle * power + toMiddle
    const toHigh = Math.floor(fromMiddle / LIMB)
    const fromHigh = high * power + toHigh
    const digits = Math.floor(fromHigh / LIMB)
    low = fromLow - toMiddle * LIMB
    middle = fromMiddle - toHigh * LIMB
    high = fromHigh - digits * LIMB
    Integers.writePadded(dst, at, behind, digits)
    at = behind
  }
  while (at < end) dst[at++] = ZERO
  const isTie = high === HALF && middle + low === 0
  const up = isTie ? ((dst[end - 1] as number) & 1) === 1 : high >= HALF
  // Nothing but nines: the next integer.
  return up && !increment(dst, point + 1, end) ? write(dst, start, whole + 1, decimals) : end
}

/** As `write`, for which there must be room, but ends before zeros at the end and a point with nothing behind it. */
export const writeTrimmed = (dst: Uint8Array, start: number, value: number, decimals: number): number => {
  let end = write(dst, start, value, decimals)
  while (dst[end - 1] === ZERO) end--
  return dst[end - 1] === POINT ? end - 1 : end
}

/** Adds one to the last of some digits; false when they were all nines. */
const increment = (dst: Uint8Array, from: number, end: number): boolean => {
  for (let at = end - 1; at >= from; at--) {
    const digit = dst[at] as number
    if (digit !== NINE) {
      dst[at] = digit + 1
      return true
    }
    dst[at] = ZERO
  }
  return false
}
