/**
 * A listpack for keeping: without the lengths that serve walking backwards, and with what all its strings begin with
 * kept once. It can be read forwards, and made a listpack again; nothing else.
 *
 *     u32 bytes | u32 bytes of the listpack | u8 length of the prefix | prefix | entry ... | 0xff
 *     entry = as in a listpack, strings without the prefix, and without the length behind
 */
import * as Bytes from "./Bytes.ts"
import * as Integers from "./Integers.ts"
import * as Listpack from "./Listpack.ts"

const HEADER = 9
const MOST_PREFIX = 255

export const byteLength = (buf: Uint8Array, off: number): number => readUint32(buf, off)

/** The bytes that the same elements take as a listpack. */
export const listpackLength = (buf: Uint8Array, off: number): number => readUint32(buf, off + 4)

/** Writes both lengths, with which what is kept of a listpack begins. */
export const writeLengths = (buf: Uint8Array, off: number, bytes: number, listpackBytes: number): void => {
  writeUint32(buf, off, bytes)
  writeUint32(buf, off + 4, listpackBytes)
}

const readUint32 = (buf: Uint8Array, at: number): number =>
  ((buf[at] as number) | ((buf[at + 1] as number) << 8) | ((buf[at + 2] as number) << 16)
    | ((buf[at + 3] as number) << 24)) >>> 0

const writeUint32 = (buf: Uint8Array, at: number, value: number): void => {
  buf[at] = value
  buf[at + 1] = value >>> 8
  buf[at + 2] = value >>> 16
  buf[at + 3] = value >>> 24
}

/** What a listpack will take when it is packed, and what its strings have in common. */
export interface Plan {
  readonly bytes: number
  /** Where the prefix is, in the listpack. */
  readonly prefixAt: number
  readonly prefix: number
}

export const plan = (buf: Uint8Array, off: number): Plan => {
  // Words are compared in place of bytes: half of what packing took was this.
  const view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength)
  let prefixAt = 0
  let prefix = MOST_PREFIX
  let strings = 0
  let longest = 0
  let bytes = HEADER + 1
  for (let p = Listpack.first(off); !Listpack.isEnd(buf, p);) {
    const short = Listpack.isShortString(buf, p)
    if (!short && Listpack.isInteger(buf, p)) {
      bytes += Listpack.dataSize(buf, p)
      p = Listpack.next(buf, p)
      continue
    }
    const start = short ? p + 1 : Listpack.stringStart(buf, p)
    const length = Listpack.stringLength(buf, p)
    p = short ? start + length + 1 : Listpack.next(buf, p)
    if (strings++ === 0) prefixAt = start
    if (length > longest) longest = length
    if (length < prefix) prefix = length
    let same = 0
    while (same + 4 <= prefix && view.getUint32(prefixAt + same) === view.getUint32(start + same)) same += 4
    while (same < prefix && buf[prefixAt + same] === buf[start + same]) same++
    prefix = same
    bytes += length
  }
  if (strings === 0) return { bytes, prefixAt, prefix: 0 }
  bytes += prefix - strings * prefix
  if (Listpack.stringHeaderSize(longest - prefix) === 1) return { bytes: bytes + strings, prefixAt, prefix }
  for (let p = Listpack.first(off); !Listpack.isEnd(buf, p); p = Listpack.next(buf, p)) {
    if (!Listpack.isInteger(buf, p)) bytes += Listpack.stringHeaderSize(Listpack.stringLength(buf, p) - prefix)
  }
  return { bytes, prefixAt, prefix }
}

/** Writes a listpack's elements as planned, to another place of `plan.bytes` bytes. */
export const write = (buf: Uint8Array, off: number, { bytes, prefix, prefixAt }: Plan, dst: Uint8Array, at: number) => {
  writeLengths(dst, at, bytes, Listpack.byteLength(buf, off))
  dst[at + 8] = prefix
  let to = Bytes.copy(buf, prefixAt, prefixAt + prefix, dst, at + HEADER)
  for (let p = Listpack.first(off); !Listpack.isEnd(buf, p);) {
    if (Listpack.isShortString(buf, p)) {
      const end = p + 1 + Listpack.stringLength(buf, p)
      dst[to++] = (buf[p] as number) - prefix
      for (let i = p + 1 + prefix; i < end; i++) dst[to++] = buf[i] as number
      p = end + 1
      continue
    }
    const after = Listpack.next(buf, p)
    if (Listpack.isInteger(buf, p)) to = Bytes.copy(buf, p, p + Listpack.dataSize(buf, p), dst, to)
    else {
      const start = Listpack.stringStart(buf, p)
      const length = Listpack.stringLength(buf, p)
      to = Listpack.writeStringHeader(dst, to, length - prefix)
      to = Bytes.copy(buf, start + prefix, start + length, dst, to)
    }
    p = after
  }
  dst[to] = Listpack.EOF
}

/** Writes `count` elements as a listpack of `listpackLength` bytes. */
export const unpack = (buf: Uint8Array, off: number, count: number, dst: Uint8Array, at: number): void => {
  const prefix = buf[off + 8] as number
  const prefixAt = off + HEADER
  Listpack.writeEmpty(dst, at)
  const from = Listpack.first(at)
  Listpack.splice(dst, at, from, from, 0, listpackLength(buf, off) - Listpack.emptySize, count)
  let to = from
  for (let p = prefixAt + prefix; buf[p] !== Listpack.EOF;) {
    const length = Listpack.isShortString(buf, p) ? prefix + Listpack.stringLength(buf, p) : 64
    if (length < 64) {
      const end = p + 1 + length - prefix
      dst[to++] = (buf[p++] as number) + prefix
      for (let i = prefixAt; i < prefixAt + prefix; i++) dst[to++] = buf[i] as number
      for (; p < end; p++) dst[to++] = buf[p] as number
      dst[to++] = length + 1
      continue
    }
    const size = Listpack.dataSize(buf, p)
    const entry = to
    if (Listpack.isInteger(buf, p)) to = Bytes.copy(buf, p, p + size, dst, to)
    else {
      to = Listpack.writeStringHeader(dst, to, prefix + Listpack.stringLength(buf, p))
      to = Bytes.copy(buf, prefixAt, prefixAt + prefix, dst, to)
      to = Bytes.copy(buf, Listpack.stringStart(buf, p), p + size, dst, to)
    }
    to = Listpack.writeBacklen(dst, to, to - entry)
    p += size
  }
}

/** Tells whether an element has the same text as `needle`. */
export const contains = (buf: Uint8Array, off: number, needle: Listpack.Element): boolean => {
  const { bytes, end, start } = needle.text()
  const prefix = buf[off + 8] as number
  const rest = end - start - prefix
  const startsAlike = rest >= 0 && Bytes.equal(buf, off + HEADER, bytes, start, prefix)
  if (!startsAlike && !needle.isInteger) return false
  for (let p = off + HEADER + prefix; buf[p] !== Listpack.EOF; p += Listpack.dataSize(buf, p)) {
    if (Listpack.isInteger(buf, p)) {
      if (needle.isInteger && Listpack.integerAt(buf, p) === needle.integer) return true
    } else if (
      startsAlike && Listpack.stringLength(buf, p) === rest
      && Bytes.equal(buf, Listpack.stringStart(buf, p), bytes, start + prefix, rest)
    ) return true
  }
  return false
}

/**
 * Calls `visit` with the texts of up to `count` elements behind the first `skipped`; returns how many they were. `room`
 * is for texts and as long as the listpack.
 */
export const forEach = (
  buf: Uint8Array,
  off: number,
  skipped: number,
  count: number,
  room: Uint8Array,
  visit: (bytes: Uint8Array, start: number, end: number) => void
): number => {
  const prefix = buf[off + 8] as number
  let p = Bytes.copy(buf, off + HEADER, off + HEADER + prefix, room, 0) + off + HEADER
  for (let left = skipped; left > 0; left--) p += Listpack.dataSize(buf, p)
  let visited = 0
  for (; visited < count && buf[p] !== Listpack.EOF; visited++) {
    const size = Listpack.dataSize(buf, p)
    if (Listpack.isInteger(buf, p)) {
      // Behind the prefix, which stays for the others.
      visit(room, prefix, Integers.write(room, prefix, Listpack.integerAt(buf, p)))
    } else visit(room, 0, Bytes.copy(buf, Listpack.stringStart(buf, p), p + size, room, prefix))
    p += size
  }
  return visited
}
