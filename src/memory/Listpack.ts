/**
 * Redis's listpack, byte for byte: a run of strings and integers in one blob, which small lists, hashes, sorted sets
 * and stream nodes consist of, in memory as in RDB files.
 *
 *     u32 bytes | u16 count | entry ... | 0xff        entry = encoding, data, length of both (read from right to left)
 *
 * A listpack is named by `(buf, off)`, where its first byte is; an element by its position in `buf`, so that walking
 * needs no base. Nothing here allocates memory: who inserts makes room first (`byteLength(buf, off) + size`), who
 * removes shrinks the blob afterwards. When the blob moves, positions move along with `off`.
 *
 * Reading trusts the bytes: `validate` those that come from outside first. (Reads of typed arrays are cast to `number`
 * because positions within a sound listpack are always within the buffer.)
 */
import * as Bytes from "./Bytes.ts"
import * as Integers from "./Integers.ts"
import type { Integer } from "./Integers.ts"

export const headerSize = 6
/** What a listpack without elements takes. */
export const emptySize = headerSize + 1
/** Redis refuses to let a listpack grow beyond this. */
export const maxSize = 1 << 30

/** The end mark. */
export const EOF = 0xff
const COUNT_UNKNOWN = 0xffff
const STRING_6 = 0x80
const INT_13 = 0xc0
const STRING_12 = 0xe0
const STRING_32 = 0xf0
const INT_16 = 0xf1
const INT_24 = 0xf2
const INT_32 = 0xf3
const INT_64 = 0xf4

// ---- the whole

/** Writes a listpack without elements. */
export const writeEmpty = (buf: Uint8Array, off: number): void => {
  writeUint32(buf, off, emptySize)
  writeCount(buf, off, 0)
  buf[off + headerSize] = EOF
}

/** How many bytes the listpack takes, header and end mark included. */
export const byteLength = (buf: Uint8Array, off: number): number => readUint32(buf, off)

/** How many elements there are. From 65,535 on the header no longer says: they are walked. */
export const count = (buf: Uint8Array, off: number): number => {
  const known = headerCount(buf, off)
  if (known !== COUNT_UNKNOWN) return known
  let walked = 0
  for (let p = first(off); buf[p] !== EOF; p = next(buf, p)) walked++
  // As Redis does: a listpack that has become short enough gets its count back.
  if (walked < COUNT_UNKNOWN) writeCount(buf, off, walked)
  return walked
}

export const isEmpty = (buf: Uint8Array, off: number): boolean => buf[off + headerSize] === EOF

/** Tells whether the listpack may grow by that many bytes. */
export const isSafeToAdd = (buf: Uint8Array, off: number, bytes: number): boolean =>
  byteLength(buf, off) + bytes <= maxSize

const readUint32 = (buf: Uint8Array, at: number): number =>
  ((buf[at] as number) | ((buf[at + 1] as number) << 8) | ((buf[at + 2] as number) << 16)
    | ((buf[at + 3] as number) << 24)) >>> 0

const writeUint32 = (buf: Uint8Array, at: number, value: number): void => {
  buf[at] = value
  buf[at + 1] = value >>> 8
  buf[at + 2] = value >>> 16
  buf[at + 3] = value >>> 24
}

const headerCount = (buf: Uint8Array, off: number): number => (buf[off + 4] as number) | ((buf[off + 5] as number) << 8)

const writeCount = (buf: Uint8Array, off: number, value: number): void => {
  const shown = value < COUNT_UNKNOWN ? value : COUNT_UNKNOWN
  buf[off + 4] = shown
  buf[off + 5] = shown >>> 8
}

// ---- walking: `for (let p = first(off); !isEnd(buf, p); p = next(buf, p))`

/** The position of the first element, or of the end mark. */
export const first = (off: number): number => off + headerSize

/** The position of the end mark, where appended elements go. */
export const end = (buf: Uint8Array, off: number): number => off + readUint32(buf, off) - 1

export const isEnd = (buf: Uint8Array, p: number): boolean => buf[p] === EOF

/** The position behind the element: of the next one, or of the end mark. */
export const next = (buf: Uint8Array, p: number): number => {
  const byte = buf[p] as number
  if (byte < STRING_6) return p + 2
  if (byte < INT_13) return p + 2 + (byte & 0x3f)
  if (byte < STRING_12) return p + 3
  const size = dataSize(buf, p)
  return p + size + backlenSize(size)
}

/** The position of the element before `p` (which may be the end mark), or -1. */
export const previous = (buf: Uint8Array, off: number, p: number): number => {
  if (p === off + headerSize) return -1
  const byte = buf[p - 1] as number
  if (byte < 0x80) return p - 1 - byte
  const size = readBacklen(buf, p - 1)
  return p - size - backlenSize(size)
}

/** The position of the last element, or -1. */
export const last = (buf: Uint8Array, off: number): number => previous(buf, off, end(buf, off))

/** The position `elements` further on, stopping at the end mark. */
export const skip = (buf: Uint8Array, p: number, elements: number): number => {
  let at = p
  for (let left = elements; left > 0 && buf[at] !== EOF; left--) at = next(buf, at)
  return at
}

/** The position of the element with that index, -1 being the last one's; -1 when there is none. */
export const seek = (buf: Uint8Array, off: number, index: number): number => {
  const known = headerCount(buf, off)
  let forward = index >= 0
  let steps = forward ? index : -1 - index
  if (known !== COUNT_UNKNOWN) {
    if (steps >= known) return -1
    if (steps > known >>> 1) {
      forward = !forward
      steps = known - 1 - steps
    }
  }
  if (forward) {
    const p = skip(buf, first(off), steps)
    return buf[p] === EOF ? -1 : p
  }
  let p = last(buf, off)
  for (; steps > 0 && p !== -1; steps--) p = previous(buf, off, p)
  return p
}

/** The bytes that the element takes in the listpack. */
export const sizeAt = (buf: Uint8Array, p: number): number => next(buf, p) - p

/** The bytes of encoding and data of the element at `p`, without the length behind them. */
export const dataSize = (buf: Uint8Array, p: number): number => {
  const byte = buf[p] as number
  if (byte < STRING_6) return 1
  if (byte < INT_13) return 1 + (byte & 0x3f)
  if (byte < STRING_12) return 2
  if (byte < STRING_32) return 2 + (((byte & 0x0f) << 8) | (buf[p + 1] as number))
  switch (byte) {
    case STRING_32:
      return 5 + readUint32(buf, p + 1)
    case INT_16:
      return 3
    case INT_24:
      return 4
    case INT_32:
      return 5
    default:
      return 9
  }
}

// Redis draws these lines one too low for what the bits could hold; the format is what Redis writes.
const backlenSize = (size: number): number =>
  size <= 127 ? 1 : size < 16383 ? 2 : size < 2097151 ? 3 : size < 268435455 ? 4 : 5

/** Writes the length behind an element, of that many bytes before it. */
export const writeBacklen = (buf: Uint8Array, at: number, size: number): number => {
  if (size <= 127) {
    buf[at] = size
    return at + 1
  }
  const after = at + backlenSize(size)
  let left = size
  for (let i = after - 1; i > at; i--) {
    buf[i] = (left & 0x7f) | 0x80
    left >>>= 7
  }
  buf[at] = left
  return after
}

// Reads the length that ends at `at`; -1 when it has more than five bytes.
const readBacklen = (buf: Uint8Array, at: number): number => {
  let size = 0
  let unit = 1
  for (let i = at; i > at - 5; i--) {
    const byte = buf[i] as number
    size += (byte & 0x7f) * unit
    if (byte < 0x80) return size
    unit *= 128
  }
  return -1
}

// ---- reading one element

/** Tells whether the element is kept as an integer. */
export const isInteger = (buf: Uint8Array, p: number): boolean => {
  const byte = buf[p] as number
  return byte < STRING_6 || (byte >= INT_13 && byte < STRING_12) || byte > STRING_32
}

/** Tells whether the element is a string of up to 63 bytes, one byte before it and one behind: most are. */
export const isShortString = (buf: Uint8Array, p: number): boolean => {
  const byte = buf[p] as number
  return byte >= STRING_6 && byte < INT_13
}

/** The value of an element that is kept as an integer. */
export const integerAt = (buf: Uint8Array, p: number): Integer => {
  const byte = buf[p] as number
  if (byte < STRING_6) return byte
  const low = buf[p + 1] as number
  if (byte < STRING_12) return ((((byte & 0x1f) << 8) | low) << 19) >> 19
  switch (byte) {
    case INT_16:
      return ((low | ((buf[p + 2] as number) << 8)) << 16) >> 16
    case INT_24:
      return ((low << 8) | ((buf[p + 2] as number) << 16) | ((buf[p + 3] as number) << 24)) >> 8
    case INT_32:
      return readUint32(buf, p + 1) | 0
    default:
      return Integers.fromHalves(readUint32(buf, p + 5) | 0, readUint32(buf, p + 1))
  }
}

/** Where the bytes of an element that is kept as a string begin. */
export const stringStart = (buf: Uint8Array, p: number): number => {
  const byte = buf[p] as number
  return p + (byte < INT_13 ? 1 : byte < STRING_32 ? 2 : 5)
}

/** How many bytes an element that is kept as a string has. */
export const stringLength = (buf: Uint8Array, p: number): number => {
  const byte = buf[p] as number
  if (byte < INT_13) return byte & 0x3f
  if (byte < STRING_32) return ((byte & 0x0f) << 8) | (buf[p + 1] as number)
  return readUint32(buf, p + 1)
}

/** How many bytes the element has as text. */
export const textSize = (buf: Uint8Array, p: number): number =>
  isInteger(buf, p) ? Integers.size(integerAt(buf, p)) : stringLength(buf, p)

/** Writes the element as text to `dst` at `at` and returns the position behind it. */
export const copyText = (buf: Uint8Array, p: number, dst: Uint8Array, at: number): number => {
  if (isInteger(buf, p)) return Integers.write(dst, at, integerAt(buf, p))
  const start = stringStart(buf, p)
  return Bytes.copy(buf, start, start + stringLength(buf, p), dst, at)
}

const noBytes: Uint8Array = new Uint8Array(0)

/**
 * One element on its way out of or into a listpack, and the needle of a search. Made once and filled again and again:
 * it views the bytes that it was filled from, so it is good until those change.
 */
export class Element {
  /** Whether a listpack keeps it as an integer. */
  isInteger = true
  /** Its value in that case. */
  integer: Integer = 0
  /** Its text: `bytes[start, end)`. An integer has one only after `readText`, `setBytes` or `text`. */
  bytes = noBytes
  start = 0
  end = 0
  /** The bytes that it takes in a listpack. */
  size = 2
  /** Room for the text of an integer, made when it is needed: most elements are made for one command. */
  private digits = noBytes
  private hasText = false
  private kept = noBytes

  /** Takes the element at `p` and returns the position behind it. */
  read(buf: Uint8Array, p: number): number {
    const after = next(buf, p)
    this.size = after - p
    this.isInteger = isInteger(buf, p)
    this.hasText = !this.isInteger
    if (this.isInteger) this.integer = integerAt(buf, p)
    else {
      this.bytes = buf
      this.start = stringStart(buf, p)
      this.end = this.start + stringLength(buf, p)
    }
    return after
  }

  /** As `read`, with the text of an integer too. */
  readText(buf: Uint8Array, p: number): number {
    const after = this.read(buf, p)
    this.text()
    return after
  }

  /** Takes a string; one that looks like an integer becomes one. */
  setBytes(bytes: Uint8Array, start: number, end: number): this {
    this.bytes = bytes
    this.start = start
    this.end = end
    this.hasText = true
    const integer = Integers.parse(bytes, start, end)
    this.isInteger = integer !== undefined
    if (integer !== undefined) this.integer = integer
    this.size = integer !== undefined ? sizeOfInteger(integer) : sizeOfString(end - start)
    return this
  }

  /** Takes bytes that no listpack holds, as they are: for `text`, not to be written. */
  view(bytes: Uint8Array, start: number, end: number): this {
    this.bytes = bytes
    this.start = start
    this.end = end
    this.isInteger = false
    this.hasText = true
    return this
  }

  setInteger(integer: Integer): this {
    this.isInteger = true
    this.integer = integer
    this.hasText = false
    this.size = sizeOfInteger(integer)
    return this
  }

  /** Makes sure that `bytes[start, end)` is the text. */
  text(): this {
    if (!this.hasText) {
      if (this.digits === noBytes) this.digits = new Uint8Array(Integers.maxSize)
      this.bytes = this.digits
      this.start = 0
      this.end = Integers.write(this.digits, 0, this.integer)
      this.hasText = true
    }
    return this
  }

  /** How many bytes its text has. */
  get length(): number {
    return this.hasText ? this.end - this.start : Integers.size(this.integer)
  }

  /** Takes the bytes that it views into a buffer of its own: it is good until it is filled again. */
  keep(): this {
    if (this.isInteger) return this
    const length = this.end - this.start
    if (this.kept.length < length) this.kept = new Uint8Array(length * 2)
    Bytes.copy(this.bytes, this.start, this.end, this.kept, 0)
    return this.view(this.kept, 0, length)
  }

  /** A copy of the text. */
  copy(): Uint8Array {
    this.text()
    return Bytes.copyOf(this.bytes, this.start, this.end)
  }

  /** Writes it in a listpack's form at `at` and returns the position behind it. */
  write(buf: Uint8Array, at: number): number {
    return this.isInteger ? writeInteger(buf, at, this.integer) : writeString(buf, at, this.bytes, this.start, this.end)
  }
}

// ---- writing one element

/** The bytes that a string takes in a listpack; one that looks like an integer is kept as one. */
export const sizeOf = (bytes: Uint8Array, start: number, end: number): number => {
  const integer = Integers.parse(bytes, start, end)
  return integer !== undefined ? sizeOfInteger(integer) : sizeOfString(end - start)
}

export const sizeOfInteger = (value: Integer): number => {
  if (value >= -4096 && value <= 4095) return value >= 0 && value <= 127 ? 2 : 3
  if (value >= -0x80_0000 && value <= 0x7f_ffff) return value >= -0x8000 && value <= 0x7fff ? 4 : 5
  return value >= -0x8000_0000 && value <= 0x7fff_ffff ? 6 : 10
}

const sizeOfString = (length: number): number => {
  const size = length + stringHeaderSize(length)
  return size + backlenSize(size)
}

/** Writes a string in a listpack's form at `at` (into room that `splice` made) and returns the position behind it. */
export const write = (buf: Uint8Array, at: number, bytes: Uint8Array, start: number, end: number): number => {
  const integer = Integers.parse(bytes, start, end)
  return integer !== undefined ? writeInteger(buf, at, integer) : writeString(buf, at, bytes, start, end)
}

/** As `write`, of an integer. */
export const writeInteger = (buf: Uint8Array, at: number, value: Integer): number => {
  if (value >= 0 && value <= 127) {
    buf[at] = Number(value)
    buf[at + 1] = 1
    return at + 2
  }
  if (value >= -0x8000_0000 && value <= 0x7fff_ffff) {
    const int = Number(value)
    if (int >= -4096 && int <= 4095) {
      buf[at] = INT_13 | ((int >>> 8) & 0x1f)
      buf[at + 1] = int
      buf[at + 2] = 2
      return at + 3
    }
    const width = int >= -0x8000 && int <= 0x7fff ? 2 : int >= -0x80_0000 && int <= 0x7f_ffff ? 3 : 4
    buf[at] = INT_16 - 2 + width
    buf[at + 1] = int
    buf[at + 2] = int >> 8
    if (width > 2) buf[at + 3] = int >> 16
    if (width > 3) buf[at + 4] = int >> 24
    buf[at + 1 + width] = 1 + width
    return at + 2 + width
  }
  buf[at] = INT_64
  writeUint32(buf, at + 1, Integers.lowHalf(value))
  writeUint32(buf, at + 5, Integers.highHalf(value))
  buf[at + 9] = 9
  return at + 10
}

const writeString = (buf: Uint8Array, at: number, bytes: Uint8Array, start: number, end: number): number => {
  const to = Bytes.copy(bytes, start, end, buf, writeStringHeader(buf, at, end - start))
  return writeBacklen(buf, to, to - at)
}

/** Writes what stands before the bytes of a string, and returns the position behind it. */
export const writeStringHeader = (buf: Uint8Array, at: number, length: number): number => {
  if (length < 64) {
    buf[at] = STRING_6 | length
    return at + 1
  }
  if (length < 4096) {
    buf[at] = STRING_12 | (length >>> 8)
    buf[at + 1] = length
    return at + 2
  }
  buf[at] = STRING_32
  writeUint32(buf, at + 1, length)
  return at + 5
}

export const stringHeaderSize = (length: number): number => length < 64 ? 1 : length < 4096 ? 2 : 5

// ---- changing

/**
 * Takes the `removed` elements in `[from, to)` away and opens a gap of `bytes` bytes there, for the `added` elements
 * that the caller then writes at `from`. When this makes the listpack longer, the blob has to have the room already.
 */
export const splice = (
  buf: Uint8Array,
  off: number,
  from: number,
  to: number,
  removed: number,
  bytes: number,
  added: number
): void => {
  const length = readUint32(buf, off)
  const growth = bytes - (to - from)
  if (growth !== 0) {
    Bytes.copy(buf, to, off + length, buf, from + bytes)
    writeUint32(buf, off, length + growth)
  }
  const known = headerCount(buf, off)
  if (known !== COUNT_UNKNOWN && added !== removed) writeCount(buf, off, known + added - removed)
}

/** Inserts before the element at `p`, which may be the end mark. The element must not view this listpack. */
export const insert = (buf: Uint8Array, off: number, p: number, element: Element): void => {
  splice(buf, off, p, p, 0, element.size, 1)
  element.write(buf, p)
}

/** Inserts at the end and returns the element's position. */
export const append = (buf: Uint8Array, off: number, element: Element): number => {
  const length = readUint32(buf, off)
  const p = off + length - 1
  buf[element.write(buf, p)] = EOF
  writeUint32(buf, off, length + element.size)
  const known = headerCount(buf, off)
  if (known !== COUNT_UNKNOWN) writeCount(buf, off, known + 1)
  return p
}

/** Takes up `added` elements that were written from the end mark on, up to `to`: it ends there now. */
export const endAt = (buf: Uint8Array, off: number, to: number, added: number): void => {
  buf[to] = EOF
  writeUint32(buf, off, to + 1 - off)
  const known = headerCount(buf, off)
  if (known !== COUNT_UNKNOWN) writeCount(buf, off, known + added)
}

/** Inserts at the beginning. */
export const prepend = (buf: Uint8Array, off: number, element: Element): void => insert(buf, off, first(off), element)

/**
 * Inserts at the beginning, into free bytes in front of the listpack, which then begins at the offset that is returned:
 * what is there already stays where it is.
 */
export const extendFront = (buf: Uint8Array, off: number, element: Element): number => {
  const moved = off - element.size
  const known = headerCount(buf, off)
  writeUint32(buf, moved, readUint32(buf, off) + element.size)
  writeCount(buf, moved, known === COUNT_UNKNOWN ? known : known + 1)
  element.write(buf, moved + headerSize)
  return moved
}

/** Removes the first element by letting the listpack begin further behind, at the offset that is returned. */
export const dropFront = (buf: Uint8Array, off: number): number => {
  const size = sizeAt(buf, first(off))
  const length = readUint32(buf, off)
  const known = headerCount(buf, off)
  writeUint32(buf, off + size, length - size)
  writeCount(buf, off + size, known === COUNT_UNKNOWN ? known : known - 1)
  return off + size
}

/** Puts `element` in the place of the one at `p`. The listpack grows by `element.size - sizeAt(buf, p)`. */
export const replace = (buf: Uint8Array, off: number, p: number, element: Element): void => {
  splice(buf, off, p, next(buf, p), 1, element.size, 1)
  element.write(buf, p)
}

/** Removes the element at `p`, which then is the position of the one behind it, or of the end mark. */
export const remove = (buf: Uint8Array, off: number, p: number): void => splice(buf, off, p, next(buf, p), 1, 0, 0)

/** Removes up to `elements` elements from `p` on and returns how many they were. */
export const removeRange = (buf: Uint8Array, off: number, p: number, elements: number): number => {
  let to = p
  let removed = 0
  for (; removed < elements && buf[to] !== EOF; removed++) to = next(buf, to)
  splice(buf, off, p, to, removed, 0, 0)
  return removed
}

/** Appends `src[from, to)`, which is `added` whole elements of another listpack. */
export const appendRange = (
  buf: Uint8Array,
  off: number,
  src: Uint8Array,
  from: number,
  to: number,
  added: number
): void => {
  const p = end(buf, off)
  splice(buf, off, p, p, 0, to - from, added)
  Bytes.copy(src, from, to, buf, p)
}

/** The bytes of two listpacks made into one. */
export const mergedSize = (buf: Uint8Array, off: number, other: Uint8Array, otherOff: number): number =>
  byteLength(buf, off) + byteLength(other, otherOff) - emptySize

/** Appends all elements of another listpack; the blob has `mergedSize` bytes. */
export const merge = (buf: Uint8Array, off: number, other: Uint8Array, otherOff: number): void =>
  appendRange(buf, off, other, first(otherOff), end(other, otherOff), count(other, otherOff))

// ---- searching

/** Tells whether the element at `p` has the same text as `element`. */
export const equals = (buf: Uint8Array, p: number, element: Element): boolean => {
  if (isInteger(buf, p)) return element.isInteger && integerAt(buf, p) === element.integer
  // Redis never keeps an integer as a string, but a RESTOREd payload may.
  if (element.isInteger) {
    if (stringLength(buf, p) > Integers.maxSize) return false
    element.text()
  }
  const length = element.end - element.start
  return stringLength(buf, p) === length && Bytes.equal(buf, stringStart(buf, p), element.bytes, element.start, length)
}

/**
 * Searches from `p` on for the needle, comparing one element and passing over `skipped` others in turn (1 finds fields
 * among fields and values). Returns a position or -1.
 */
export const find = (buf: Uint8Array, p: number, needle: Element, skipped: number): number =>
  needle.isInteger ? findInteger(buf, p, needle, skipped) : findString(buf, p, needle, skipped)

const findString = (buf: Uint8Array, from: number, needle: Element, skipped: number): number => {
  const { bytes, start } = needle
  const length = needle.end - start
  for (let p = from;;) {
    const byte = buf[p] as number
    if (byte < STRING_6) p += 2
    else if (byte < INT_13) {
      const stored = byte & 0x3f
      if (stored === length && Bytes.equal(buf, p + 1, bytes, start, length)) return p
      p += 2 + stored
    } else if (byte === EOF) return -1
    else {
      if (!isInteger(buf, p) && equals(buf, p, needle)) return p
      p = next(buf, p)
    }
    for (let left = skipped; left > 0; left--) {
      if (buf[p] === EOF) return -1
      p = next(buf, p)
    }
  }
}

const findInteger = (buf: Uint8Array, from: number, needle: Element, skipped: number): number => {
  const integer = needle.integer
  // Compared as stored where Redis would store the needle so; wider values may take a bigint each to read.
  const in7 = integer >= 0 && integer <= 127 ? Number(integer) : -1
  const low = Integers.lowHalf(integer) | 0
  const high = Integers.highHalf(integer) | 0
  for (let p = from;;) {
    const byte = buf[p] as number
    if (byte < STRING_6) {
      if (byte === in7) return p
      p += 2
    } else if (byte < INT_13) {
      if (equals(buf, p, needle)) return p
      p += 2 + (byte & 0x3f)
    } else if (byte < STRING_12) {
      if (((((byte & 0x1f) << 8) | (buf[p + 1] as number)) << 19) >> 19 === integer) return p
      p += 3
    } else if (byte === INT_16) {
      if ((((buf[p + 1] as number) | ((buf[p + 2] as number) << 8)) << 16) >> 16 === integer) return p
      p += 4
    } else if (byte === INT_64) {
      if ((readUint32(buf, p + 1) | 0) === low && (readUint32(buf, p + 5) | 0) === high) return p
      p += 10
    } else if (byte === EOF) return -1
    else {
      if (equals(buf, p, needle)) return p
      p = next(buf, p)
    }
    for (let left = skipped; left > 0; left--) {
      if (buf[p] === EOF) return -1
      p = next(buf, p)
    }
  }
}

// ---- trusting

/**
 * Tells whether `buf[off, off + length)` is a sound listpack, whatever the bytes: reads nothing outside of them. Only
 * `deep` looks at every element, and only then may walking rely on it.
 */
export const validate = (buf: Uint8Array, off: number, length: number, deep: boolean): boolean => {
  if (length < emptySize || off + length > buf.length) return false
  const mark = off + length - 1
  if (byteLength(buf, off) !== length || buf[mark] !== EOF) return false
  if (!deep) return true
  let walked = 0
  let p = first(off)
  for (; buf[p] !== EOF; walked++) {
    p = validNext(buf, p, mark)
    if (p === -1) return false
  }
  const known = headerCount(buf, off)
  return p === mark && (known === COUNT_UNKNOWN || known === walked)
}

// The position behind an untrusted element, at most `mark`; -1 when there is none to rely on.
const validNext = (buf: Uint8Array, p: number, mark: number): number => {
  const byte = buf[p] as number
  if (byte > INT_64) return -1
  const head = byte === STRING_32 ? 5 : byte >= STRING_12 && byte < STRING_32 ? 2 : 1
  if (p + head > mark) return -1
  const size = dataSize(buf, p)
  const after = p + size + backlenSize(size)
  if (after > mark) return -1
  return readBacklen(buf, after - 1) === size ? after : -1
}
