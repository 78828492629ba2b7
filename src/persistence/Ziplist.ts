/**
 * Reads the packed encodings of Redis before 7.0, whole and without trust: ziplists (small lists, hashes and sorted
 * sets) and zipmaps (small hashes before 2.6). Nothing writes them any more.
 *
 *     ziplist: u32 bytes | u32 offset of the last entry | u16 count | entry ... | 0xff
 *     entry: size of the entry before, in a byte or in 0xfe and u32 | encoding | data
 *     zipmap: count | (length, field, length, free, value, free bytes) ... | 0xff
 */
import * as Integers from "../memory/Integers.ts"
import type { Integer } from "../memory/Integers.ts"
import { Corruption } from "./Rdb.ts"

const HEADER = 10
const END = 0xff
const LONG = 0xfe
const COUNT_UNKNOWN = 0xffff

/** Called with each element as text, `bytes[start, end)`, good for the time of the call. */
export type Visitor = (bytes: Uint8Array, start: number, end: number) => void

const broken = new Corruption("Ziplist integrity check failed.")
const brokenZipmap = new Corruption("Zipmap integrity check failed.")

/** Visits the elements of the ziplist that is `buf[off, stop)` and returns how many there are; throws a `Corruption`. */
export const forEach = (buf: Uint8Array, off: number, stop: number, visit: Visitor): number => {
  const length = stop - off
  if (length < HEADER + 1 || uint32(buf, off) !== length || buf[stop - 1] !== END) throw broken
  const digits = new Uint8Array(Integers.maxSize)
  const mark = stop - 1
  let at = off + HEADER
  let before = 0
  let last = at
  let count = 0
  while (at < mark) {
    const from = at
    // The size of the entry before, which must be right: a reader may go backwards by it.
    if (buf[at] === LONG) {
      if (at + 5 > mark || uint32(buf, at + 1) !== before) throw broken
      at += 5
    } else if (buf[at++] !== before) throw broken
    if (at >= mark) throw broken
    const kind = buf[at++] as number
    const size = stringSize(buf, at, mark, kind)
    if (size >= 0) {
      at += kind < 0x40 ? 0 : kind < 0x80 ? 1 : 4
      if (size > mark - at) throw broken
      visit(buf, at, at + size)
      at += size
    } else {
      const width = integerWidth(kind)
      if (width < 0 || at + width > mark) throw broken
      visit(digits, 0, Integers.write(digits, 0, width === 0 ? (kind & 0x0f) - 1 : integerAt(buf, at, width)))
      at += width
    }
    before = at - from
    last = from
    count++
  }
  const announced = (buf[off + 8] as number) | ((buf[off + 9] as number) << 8)
  if ((announced !== COUNT_UNKNOWN && announced !== count) || uint32(buf, off + 4) !== last - off) throw broken
  return count
}

/** The length of a string entry, or -1: its kind is an integer. */
const stringSize = (buf: Uint8Array, at: number, mark: number, kind: number): number => {
  if (kind < 0x40) return kind
  if (kind < 0x80) {
    if (at + 1 > mark) throw broken
    return ((kind & 0x3f) << 8) | (buf[at] as number)
  }
  if (kind !== 0x80) return -1
  if (at + 4 > mark) throw broken
  return (((buf[at] as number) << 24) | ((buf[at + 1] as number) << 16) | ((buf[at + 2] as number) << 8)
    | (buf[at + 3] as number)) >>> 0
}

/** The bytes of an integer entry, 0: it is in the encoding; -1: there is no such encoding. */
const integerWidth = (kind: number): number => {
  switch (kind) {
    case 0xc0:
      return 2
    case 0xd0:
      return 4
    case 0xe0:
      return 8
    case 0xf0:
      return 3
    case 0xfe:
      return 1
    default:
      return kind >= 0xf1 && kind <= 0xfd ? 0 : -1
  }
}

const integerAt = (buf: Uint8Array, at: number, width: number): Integer => {
  if (width === 8) return Integers.fromHalves(uint32(buf, at + 4) | 0, uint32(buf, at))
  let value = 0
  for (let i = width - 1; i >= 0; i--) value = (value << 8) | (buf[at + i] as number)
  const unused = 32 - width * 8
  return (value << unused) >> unused
}

const uint32 = (buf: Uint8Array, at: number): number =>
  ((buf[at] as number) | ((buf[at + 1] as number) << 8) | ((buf[at + 2] as number) << 16)
    | ((buf[at + 3] as number) << 24)) >>> 0

/** Visits fields and values, in turn, of the zipmap that is `buf[off, stop)`; throws a `Corruption`. */
export const forEachInZipmap = (buf: Uint8Array, off: number, stop: number, visit: Visitor): void => {
  if (stop - off < 2 || buf[stop - 1] !== END) throw brokenZipmap
  const mark = stop - 1
  let at = off + 1
  let count = 0
  const text = (): number => {
    if (at >= mark) throw brokenZipmap
    let size = buf[at++] as number
    if (size === END) throw brokenZipmap
    if (size === LONG) {
      if (at + 4 > mark) throw brokenZipmap
      size = uint32(buf, at)
      at += 4
    }
    return size
  }
  while (at < mark) {
    const field = text()
    if (field > mark - at) throw brokenZipmap
    visit(buf, at, at + field)
    at += field
    const value = text()
    if (at >= mark) throw brokenZipmap
    const free = buf[at++] as number
    if (value + free > mark - at) throw brokenZipmap
    visit(buf, at, at + value)
    at += value + free
    count++
  }
  // From 254 on the count is not kept.
  const announced = buf[off] as number
  if (announced < LONG && announced !== count) throw brokenZipmap
}
