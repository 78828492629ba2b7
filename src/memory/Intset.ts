/**
 * Redis's intset, byte for byte: a set of 64-bit integers as one sorted array of 2, 4 or 8 bytes each, in memory as in
 * RDB files.
 *
 *     u32 width | u32 count | integer ...        all little-endian
 *
 * As with listpacks an intset is named by `(buf, off)`, nothing here allocates, and who adds makes room first:
 *
 *     const at = Intset.search(buf, off, value)
 *     if (at < 0) { ...room for Intset.sizeWith(buf, off, value)...; Intset.insert(buf, off, ~at, value) }
 *
 * Sets only ever widen: removing the one large integer keeps the width, as in Redis. Reading trusts the bytes:
 * `validate` those that come from outside first.
 */
import * as Integers from "./Integers.ts"
import type { Integer } from "./Integers.ts"

export const headerSize = 8

type Width = 2 | 4 | 8

/** Writes a set without members. */
export const writeEmpty = (buf: Uint8Array, off: number): void => {
  writeUint32(buf, off, 2)
  writeUint32(buf, off + 4, 0)
}

export const count = (buf: Uint8Array, off: number): number => readUint32(buf, off + 4)

/** How many bytes the set takes, header included. */
export const byteLength = (buf: Uint8Array, off: number): number => headerSize + count(buf, off) * widthOf(buf, off)

/** The member with that index, from 0 to `count - 1`, in ascending order. */
export const get = (buf: Uint8Array, off: number, index: number): Integer => {
  const width = widthOf(buf, off)
  const at = off + headerSize + index * width
  return width === 2
    ? readInt16(buf, at)
    : width === 4
    ? readUint32(buf, at) | 0
    : Integers.fromHalves(readUint32(buf, at + 4) | 0, readUint32(buf, at))
}

/** The index of a member; for what is none, `~index` of the place where it belongs (a negative number). */
export const search = (buf: Uint8Array, off: number, value: Integer): number => {
  const width = widthOf(buf, off)
  const size = count(buf, off)
  if (widthFor(value) > width) return value < 0 ? ~0 : ~size
  const base = off + headerSize
  if (width === 8) return searchWide(buf, base, size, Integers.highHalf(value), Integers.lowHalf(value))
  const last = size - 1
  // Members tend to come in ascending order.
  if (last >= 0 && readNarrow(buf, base + last * width, width) < value) return ~size
  return searchNarrow(buf, base, width, 0, last, value)
}

/**
 * As `search`, for values that come in ascending order: looks from `from` on, where the one before it is or belongs, in steps
 * that grow. Finds any value, whatever `from` is.
 */
export const searchFrom = (buf: Uint8Array, off: number, value: Integer, from: number): number => {
  const width = widthOf(buf, off)
  const size = count(buf, off)
  const base = off + headerSize
  if (width === 8 || widthFor(value) > width || from > size) return search(buf, off, value)
  if (from > 0 && readNarrow(buf, base + (from - 1) * width, width) >= value) return search(buf, off, value)
  let low = from
  let high = from
  for (let step = 1; high < size && readNarrow(buf, base + high * width, width) < value; step *= 2) {
    low = high + 1
    high += step
  }
  return searchNarrow(buf, base, width, low, Math.min(high, size - 1), value)
}

const searchNarrow = (
  buf: Uint8Array,
  base: number,
  width: Width,
  from: number,
  to: number,
  value: Integer
): number => {
  let low = from
  let high = to
  while (low <= high) {
    const middle = (low + high) >>> 1
    const found = readNarrow(buf, base + middle * width, width)
    if (found < value) low = middle + 1
    else if (found > value) high = middle - 1
    else return middle
  }
  return ~low
}

// Compares by halves: reading members of 64 bits may take a bigint each.
const searchWide = (buf: Uint8Array, base: number, size: number, upper: number, lower: number): number => {
  let low = 0
  let high = size - 1
  while (low <= high) {
    const middle = (low + high) >>> 1
    const at = base + middle * 8
    const foundUpper = readUint32(buf, at + 4) | 0
    const foundLower = readUint32(buf, at)
    if (foundUpper < upper || (foundUpper === upper && foundLower < lower)) low = middle + 1
    else if (foundUpper > upper || foundLower > lower) high = middle - 1
    else return middle
  }
  return ~low
}

export const has = (buf: Uint8Array, off: number, value: Integer): boolean => search(buf, off, value) >= 0

/** How many bytes the set takes once `value`, which is no member yet, has been inserted. */
export const sizeWith = (buf: Uint8Array, off: number, value: Integer): number =>
  headerSize + (count(buf, off) + 1) * Math.max(widthOf(buf, off), widthFor(value))

/** Inserts what `search` did not find at the index where it belongs. The blob has `sizeWith` bytes. */
export const insert = (buf: Uint8Array, off: number, index: number, value: Integer): void => {
  const size = count(buf, off)
  const width = widthOf(buf, off)
  const needed = widthFor(value)
  const base = off + headerSize
  if (needed <= width) {
    buf.copyWithin(base + (index + 1) * width, base + index * width, base + size * width)
    writeMember(buf, base + index * width, width, value)
  } else {
    // From the end, for the wider members reach into the place of those behind them.
    for (let i = size - 1; i >= 0; i--) {
      const to = base + (i < index ? i : i + 1) * needed
      writeMember(buf, to, needed, readNarrow(buf, base + i * width, width))
    }
    writeMember(buf, base + index * needed, needed, value)
    writeUint32(buf, off, needed)
  }
  writeUint32(buf, off + 4, size + 1)
}

/** Removes the member with that index. The blob may shrink to `byteLength` then. */
export const removeAt = (buf: Uint8Array, off: number, index: number): void => {
  const size = count(buf, off)
  const width = widthOf(buf, off)
  const at = off + headerSize + index * width
  buf.copyWithin(at, at + width, off + headerSize + size * width)
  writeUint32(buf, off + 4, size - 1)
}

/**
 * Tells whether `buf[off, off + length)` is a sound set with at least one member, whatever the bytes: reads nothing
 * outside of them. Only `deep` looks at the order of the members, and only then may `search` rely on it.
 */
export const validate = (buf: Uint8Array, off: number, length: number, deep: boolean): boolean => {
  if (length < headerSize || off + length > buf.length) return false
  const width = readUint32(buf, off)
  const size = count(buf, off)
  if ((width !== 2 && width !== 4 && width !== 8) || size === 0 || headerSize + size * width !== length) return false
  if (!deep) return true
  let before = get(buf, off, 0)
  for (let i = 1; i < size; i++) {
    const member = get(buf, off, i)
    if (member <= before) return false
    before = member
  }
  return true
}

// The cast holds for every sound set.
const widthOf = (buf: Uint8Array, off: number): Width => buf[off] as Width

const widthFor = (value: Integer): Width =>
  value >= -0x8000 && value <= 0x7fff ? 2 : value >= -0x8000_0000 && value <= 0x7fff_ffff ? 4 : 8

const readNarrow = (buf: Uint8Array, at: number, width: Width): number =>
  width === 2 ? readInt16(buf, at) : readUint32(buf, at) | 0

const writeMember = (buf: Uint8Array, at: number, width: Width, value: Integer): void => {
  const lower = Integers.lowHalf(value)
  buf[at] = lower
  buf[at + 1] = lower >>> 8
  if (width === 2) return
  buf[at + 2] = lower >>> 16
  buf[at + 3] = lower >>> 24
  if (width === 8) writeUint32(buf, at + 4, Integers.highHalf(value))
}

const readInt16 = (buf: Uint8Array, at: number): number =>
  (((buf[at] as number) | ((buf[at + 1] as number) << 8)) << 16) >> 16

const readUint32 = (buf: Uint8Array, at: number): number =>
  ((buf[at] as number) | ((buf[at + 1] as number) << 8) | ((buf[at + 2] as number) << 16)
    | ((buf[at + 3] as number) << 24)) >>> 0

const writeUint32 = (buf: Uint8Array, at: number, value: number): void => {
  buf[at] = value
  buf[at + 1] = value >>> 8
  buf[at + 2] = value >>> 16
  buf[at + 3] = value >>> 24
}
