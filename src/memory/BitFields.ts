/**
 * Integers of 1 to 64 bits at any bit offset of a byte string, big-endian, as BITFIELD reads and writes them
 * (https://redis.io/commands/bitfield).
 *
 * The arithmetic is that of bigints throughout: a field of 64 bits needs it, and one code path is easier to trust.
 */

/** A field's form: `i8` has a sign, `u8` has none and at most 63 bits. */
export interface Format {
  readonly signed: boolean
  readonly bits: number
}

/** What happens to a value that does not fit: it keeps its low bits, stops at the limit, or is not written. */
export type Overflow = "wrap" | "sat" | "fail"

/** A field of 64 bits touches up to nine bytes. */
const SPAN = 9
const SPAN_BITS = SPAN * 8
const ALL = (1n << BigInt(SPAN_BITS)) - 1n

/** Reads the 72 bits from byte `at` on; zeros follow the end of the string. */
const readSpan = (bytes: Uint8Array, at: number, end: number): bigint => {
  let high = 0
  let middle = 0
  let low = 0
  for (let i = 0; i < 3; i++) {
    high = (high << 8) | (at + i < end ? bytes[at + i] as number : 0)
    middle = (middle << 8) | (at + 3 + i < end ? bytes[at + 3 + i] as number : 0)
    low = (low << 8) | (at + 6 + i < end ? bytes[at + 6 + i] as number : 0)
  }
  return (BigInt(high * 0x1000000 + middle) << 24n) | BigInt(low)
}

const writeSpan = (bytes: Uint8Array, at: number, end: number, span: bigint): void => {
  const low = Number(span & 0xffffffn)
  const rest = Number(span >> 24n)
  const high = Math.floor(rest / 0x1000000)
  const middle = rest % 0x1000000
  for (let i = 0; i < 3; i++) {
    const shift = 16 - 8 * i
    if (at + i < end) bytes[at + i] = high >>> shift
    if (at + 3 + i < end) bytes[at + 3 + i] = middle >>> shift
    if (at + 6 + i < end) bytes[at + 6 + i] = low >>> shift
  }
}

/** How far the field's last bit stands from the end of its span. */
const shiftOf = (format: Format, offset: number): bigint => BigInt(SPAN_BITS - (offset & 7) - format.bits)

const fit = (format: Format, value: bigint): bigint =>
  format.signed ? BigInt.asIntN(format.bits, value) : BigInt.asUintN(format.bits, value)

/** Reads the field at a bit offset of the string `bytes[start, end)`; beyond the string's end there are zeros. */
export const read = (bytes: Uint8Array, start: number, end: number, offset: number, format: Format): bigint =>
  fit(format, readSpan(bytes, start + Math.floor(offset / 8), end) >> shiftOf(format, offset))

/** Writes a field that lies within the string. */
export const write = (
  bytes: Uint8Array,
  start: number,
  end: number,
  offset: number,
  format: Format,
  value: bigint
): void => {
  const at = start + Math.floor(offset / 8)
  const shift = shiftOf(format, offset)
  const field = BigInt.asUintN(format.bits, value) << shift
  const mask = ((1n << BigInt(format.bits)) - 1n) << shift
  writeSpan(bytes, at, end, (readSpan(bytes, at, end) & (ALL ^ mask)) | field)
}

/** The value as it can be stored, or undefined when it does not fit and must not be written. */
export const resolve = (format: Format, value: bigint, overflow: Overflow): bigint | undefined => {
  const fitting = fit(format, value)
  if (fitting === value || overflow === "wrap") return fitting
  if (overflow === "fail") return undefined
  const most = (1n << BigInt(format.signed ? format.bits - 1 : format.bits)) - 1n
  if (value > most) return most
  return format.signed ? -most - 1n : 0n
}
