/**
 * Strings: their bytes stand behind the key in the entry itself, or when huge in a blob of their own. Integers are kept
 * as the decimal text that clients see; `Encoding.auto` tells int from embstr and raw when somebody asks.
 */
import { byteOf, copyBytes, MAX_SHARED, type Ref, roomiest, roundedSize, segmentOf } from "../../memory/Arena.ts"
import * as Bytes from "../../memory/Bytes.ts"
import * as Integers from "../../memory/Integers.ts"
import type { Database } from "../Database.ts"
import { hugeWord } from "../Database.ts"
import { Encoding, HUGE, KEY_OFFSET, LENT, META_WORD, metaOf, Type, VALUE_WORD } from "../Entry.ts"

/** Bytes behind the key that a huge string takes in its entry: alignment and the blob's ref. */
const HUGE_TAIL = 8

export const length = (db: Database, ref: Ref): number => db.word(ref, VALUE_WORD)

const isHuge = (db: Database, ref: Ref): boolean => (db.word(ref, META_WORD) & HUGE) !== 0

/** The segment in which the string's bytes lie: from `start` on, `length` of them. */
export const bytes = (db: Database, ref: Ref): Uint8Array =>
  isHuge(db, ref) ? db.space.arena.u8[segmentOf(db.hugeBlob(ref))] as Uint8Array : db.bytes(ref)

export const start = (db: Database, ref: Ref): number => isHuge(db, ref) ? byteOf(db.hugeBlob(ref)) : db.keyEnd(ref)

/** A copy of a string's bytes. */
export const copyOf = (db: Database, ref: Ref): Uint8Array => {
  const from = start(db, ref)
  return Bytes.copyOf(bytes(db, ref), from, from + length(db, ref))
}

const fitsEntry = (keyLength: number, valueLength: number): boolean =>
  KEY_OFFSET + keyLength + valueLength <= MAX_SHARED

/** Adds a string under a key that is not there. `code` is the key's hash. */
export const add = (
  db: Database,
  key: Uint8Array,
  keyStart: number,
  keyEnd: number,
  value: Uint8Array,
  from: number,
  to: number,
  encoding: Encoding = Encoding.auto,
  code: number = db.dict.hash(key, keyStart, keyEnd)
): Ref => {
  const size = to - from
  if (fitsEntry(keyEnd - keyStart, size)) {
    const ref = db.add(key, keyStart, keyEnd, metaOf(Type.string, encoding), size, code)
    db.setWord(ref, VALUE_WORD, size)
    copyBytes(value, from, to, db.bytes(ref), db.keyEnd(ref))
    return ref
  }
  const ref = db.add(key, keyStart, keyEnd, metaOf(Type.string, encoding) | HUGE, HUGE_TAIL, code)
  db.setWord(ref, VALUE_WORD, size)
  db.setWord(ref, hugeWord(keyEnd - keyStart), adoptOrCopy(db, value, from, to))
  return ref
}

/** Adds a string of `size` zeros, to be written in place, under a key that is not there. */
export const addZeros = (
  db: Database,
  key: Uint8Array,
  keyStart: number,
  keyEnd: number,
  size: number,
  code: number = db.dict.hash(key, keyStart, keyEnd)
): Ref => {
  const meta = metaOf(Type.string, Encoding.raw)
  let ref: Ref
  if (fitsEntry(keyEnd - keyStart, size)) ref = db.add(key, keyStart, keyEnd, meta, size, code)
  else {
    ref = db.add(key, keyStart, keyEnd, meta | HUGE, HUGE_TAIL, code)
    db.setWord(ref, hugeWord(keyEnd - keyStart), db.space.arena.alloc(size))
  }
  db.setWord(ref, VALUE_WORD, size)
  const from = start(db, ref)
  bytes(db, ref).fill(0, from, from + size)
  return ref
}

/** A value that has a buffer of its own, and nearly fills it, is taken over; the request it came in does not use it again. */
const adoptOrCopy = (db: Database, value: Uint8Array, from: number, to: number): Ref => {
  const arena = db.space.arena
  const { buffer, length } = value
  if (to > MAX_SHARED && from === 0 && length <= roomiest(to) && length === buffer.byteLength) return arena.adopt(value)
  const blob = arena.alloc(to - from)
  copyBytes(value, from, to, arena.u8[segmentOf(blob)] as Uint8Array, byteOf(blob))
  return blob
}

/**
 * Gives an entry, of whatever type, a string as its value; the time to live stays. Returns where the entry is now.
 */
export const replace = (
  db: Database,
  ref: Ref,
  value: Uint8Array,
  from: number,
  to: number,
  encoding: Encoding = Encoding.auto
): Ref => {
  const size = to - from
  const keyLength = db.keyLength(ref)
  const meta = db.word(ref, META_WORD)
  if ((meta & (0xf | HUGE)) !== Type.string) db.releaseValue(ref, false)
  if (fitsEntry(keyLength, size)) {
    // Of a string that stays in its size class the arena need not be asked, which would cost a cache miss
    const fixed = KEY_OFFSET + keyLength
    const same = (meta & (0xf | HUGE)) === Type.string
      && roundedSize(fixed + size) === roundedSize(fixed + db.word(ref, VALUE_WORD))
    const moved = same || roundedSize(fixed + size) === db.space.arena.capacity(ref) ? ref : db.resize(ref, size, 0)
    db.setType(moved, Type.string, encoding)
    db.setWord(moved, VALUE_WORD, size)
    copyBytes(value, from, to, db.bytes(moved), db.keyEnd(moved))
    return moved
  }
  const blob = adoptOrCopy(db, value, from, to)
  const moved = db.resize(ref, HUGE_TAIL, 0)
  db.setType(moved, Type.string, encoding)
  db.setWord(moved, META_WORD, db.word(moved, META_WORD) | HUGE)
  db.setWord(moved, VALUE_WORD, size)
  db.setWord(moved, hugeWord(keyLength), blob)
  return moved
}

/**
 * Makes a string `size` bytes long, at least as long as it is, so that it can be changed in place. What is new is zero
 * up to `zeros`, and beyond that for the caller to fill. Growth beyond the entry leaves room for as much again, up to
 * 1 MiB. Returns where the entry is now; its encoding becomes raw.
 */
export const reserve = (db: Database, ref: Ref, size: number, zeros: number = size): Ref => {
  const arena = db.space.arena
  const keyLength = db.keyLength(ref)
  const old = length(db, ref)
  let moved = ref
  if (isHuge(db, ref)) {
    const blob = db.hugeBlob(ref)
    const lent = (db.word(ref, META_WORD) & LENT) !== 0
    if (size > arena.capacity(blob) || lent) {
      const fresh = arena.alloc(size > old ? withSlack(size) : size)
      const from = byteOf(blob)
      copyBytes(
        arena.u8[segmentOf(blob)] as Uint8Array,
        from,
        from + old,
        arena.u8[segmentOf(fresh)] as Uint8Array,
        byteOf(fresh)
      )
      arena.free(blob, !lent)
      db.setWord(ref, hugeWord(keyLength), fresh)
      db.setWord(ref, META_WORD, db.word(ref, META_WORD) & ~LENT)
    }
  } else if (fitsEntry(keyLength, size)) {
    if (KEY_OFFSET + keyLength + size > arena.capacity(ref)) {
      const roomy = Math.min(withSlack(size), MAX_SHARED - KEY_OFFSET - keyLength)
      moved = db.resize(ref, Math.max(size, roomy), old)
    }
  } else {
    const blob = arena.alloc(withSlack(size))
    const from = db.keyEnd(ref)
    copyBytes(db.bytes(ref), from, from + old, arena.u8[segmentOf(blob)] as Uint8Array, byteOf(blob))
    moved = db.resize(ref, HUGE_TAIL, 0)
    db.setWord(moved, META_WORD, db.word(moved, META_WORD) | HUGE)
    db.setWord(moved, hugeWord(keyLength), blob)
  }
  db.setEncoding(moved, Encoding.raw)
  db.setWord(moved, VALUE_WORD, size)
  if (zeros > old) {
    const from = start(db, moved)
    bytes(db, moved).fill(0, from + old, from + zeros)
  }
  return moved
}

const withSlack = (size: number): number => size < 32 ? size : size < 1024 * 1024 ? size * 2 : size + 1024 * 1024

/**
 * Lets a reply refer to a huge string's bytes: from now on they are copied before they are changed. Undefined for one
 * that shares its segment with others, whose place may be used again.
 */
export const lend = (db: Database, ref: Ref): Uint8Array | undefined => {
  if (!isHuge(db, ref) || !db.space.arena.isHuge(db.hugeBlob(ref))) return undefined
  db.setWord(ref, META_WORD, db.word(ref, META_WORD) | LENT)
  const from = start(db, ref)
  return bytes(db, ref).subarray(from, from + length(db, ref))
}

/** The string as a 64-bit integer, or undefined when it is none. */
export const toInteger = (db: Database, ref: Ref): Integers.Integer | undefined => {
  const size = length(db, ref)
  if (size > Integers.maxSize) return undefined
  const from = start(db, ref)
  return Integers.parse(bytes(db, ref), from, from + size)
}

/** As OBJECT ENCODING answers: int, embstr or raw. */
export const encodingName = (db: Database, ref: Ref): string => {
  const encoding = db.encoding(ref)
  if (encoding === Encoding.raw) return "raw"
  if (encoding === Encoding.auto && toInteger(db, ref) !== undefined) return "int"
  return length(db, ref) <= 44 ? "embstr" : "raw"
}
