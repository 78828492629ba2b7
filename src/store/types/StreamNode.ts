/**
 * How entries lie in a node of a stream, a listpack of the layout that RDB files use.
 *
 * A node begins with a master entry: count of live entries, count of deleted ones, the number of fields, the fields and
 * a 0. Each entry follows as: flags, distance to the node's first id in milliseconds and in sequence, and its fields and
 * values (values only, where the fields are the master's), then how many listpack elements it has, for walking back.
 */
import type { Integer } from "../../memory/Integers.ts"
import * as Listpack from "../../memory/Listpack.ts"

/** Flags of an entry. */
export const DELETED = 1
export const SAME_FIELDS = 2

/** Fields and values of a new entry: ranges of a request, field, value, field, value. */
export interface Fields {
  readonly buffers: ReadonlyArray<Uint8Array>
  readonly starts: ReadonlyArray<number>
  readonly ends: ReadonlyArray<number>
  /** Index of the first field, and of what follows the last value. */
  readonly from: number
  readonly to: number
  /** Bytes of all of them together. */
  readonly bytes: number
}

/** A count or a flag: always small. */
export const smallAt = (buf: Uint8Array, at: number): number => {
  const byte = buf[at] as number
  return byte < 0x80 ? byte : Number(Listpack.integerAt(buf, at))
}

/** The beginning of the entry that ends at `to`, by its last element, the number of those before it. */
export const entryBefore = (buf: Uint8Array, off: number, to: number): number => {
  let at = Listpack.previous(buf, off, to)
  for (let left = smallAt(buf, at); left > 0; left--) at = Listpack.previous(buf, off, at)
  return at
}

export const sizeOfField = (fields: Fields, i: number): number =>
  Listpack.sizeOf(fields.buffers[i] as Uint8Array, fields.starts[i] as number, fields.ends[i] as number)

export const writeField = (buf: Uint8Array, at: number, fields: Fields, i: number): number =>
  Listpack.write(buf, at, fields.buffers[i] as Uint8Array, fields.starts[i] as number, fields.ends[i] as number)

export const entrySize = (
  msDelta: Integer,
  seqDelta: Integer,
  count: number,
  fields: Fields,
  same: boolean
): number => {
  let size = 2 + Listpack.sizeOfInteger(msDelta) + Listpack.sizeOfInteger(seqDelta)
    + Listpack.sizeOfInteger(same ? count + 3 : count * 2 + 4)
  if (!same) size += Listpack.sizeOfInteger(count)
  for (let i = fields.from + (same ? 1 : 0); i < fields.to; i += same ? 2 : 1) size += sizeOfField(fields, i)
  return size
}

/** No entry of these fields takes more, whatever its id is and however its elements are kept. */
export const mostBytes = (fields: Fields): number =>
  MOST_BESIDE_FIELDS + fields.bytes + (fields.to - fields.from) * MOST_AROUND_TEXT

/** Flags, both distances, two counts. */
const MOST_BESIDE_FIELDS = 2 + 2 * 10 + 2 * 6
const MOST_AROUND_TEXT = 10

/** Writes an entry and returns the position behind it. */
export const writeEntry = (
  buf: Uint8Array,
  start: number,
  msDelta: Integer,
  seqDelta: Integer,
  count: number,
  fields: Fields,
  same: boolean
): number => {
  let at = Listpack.writeInteger(buf, start, same ? SAME_FIELDS : 0)
  at = Listpack.writeInteger(buf, at, msDelta)
  at = Listpack.writeInteger(buf, at, seqDelta)
  if (!same) at = Listpack.writeInteger(buf, at, count)
  for (let i = fields.from + (same ? 1 : 0); i < fields.to; i += same ? 2 : 1) at = writeField(buf, at, fields, i)
  return Listpack.writeInteger(buf, at, same ? count + 3 : count * 2 + 4)
}

/** The most fields that a listpack could hold: a count beyond it is no count. */
const MAX_FIELDS = Listpack.maxSize

/**
 * How many live entries there are in `buf[off, off + length)`, whatever the bytes, or -1 when they are not a sound node.
 */
export const validate = (buf: Uint8Array, off: number, length: number): number => {
  if (!Listpack.validate(buf, off, length, true)) return -1
  let at = Listpack.first(off)
  /** The small integer at hand, going on behind it; -1 when there is none. */
  const take = (): number => {
    if (Listpack.isEnd(buf, at) || !Listpack.isInteger(buf, at)) return -1
    const value = Listpack.integerAt(buf, at)
    at = Listpack.next(buf, at)
    return typeof value === "number" && value <= MAX_FIELDS ? value : -1
  }
  const skip = (elements: number): void => {
    at = Listpack.skip(buf, at, elements)
  }
  const live = take()
  const deleted = take()
  const masterFields = take()
  if (live < 0 || deleted < 0 || masterFields < 0) return -1
  skip(masterFields)
  if (take() !== 0) return -1
  let seenLive = 0
  let seenDeleted = 0
  while (!Listpack.isEnd(buf, at)) {
    const flags = take()
    if (flags < 0 || flags > (DELETED | SAME_FIELDS)) return -1
    if ((flags & DELETED) !== 0) seenDeleted++
    else seenLive++
    for (let half = 0; half < 2; half++) {
      if (Listpack.isEnd(buf, at) || !Listpack.isInteger(buf, at)) return -1
      skip(1)
    }
    const same = (flags & SAME_FIELDS) !== 0
    const fields = same ? masterFields : take()
    if (fields < 0) return -1
    skip(same ? fields : fields * 2)
    if (take() !== (same ? fields + 3 : fields * 2 + 4)) return -1
  }
  return seenLive === live && seenDeleted === deleted ? live : -1
}
