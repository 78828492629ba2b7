/**
 * Gives a value another key: RENAME, MOVE and COPY, whatever its type. The value word goes with it, since all databases
 * of a keyspace share the arena and the handles; only strings have bytes in the entry that must be copied.
 */
import { byteOf, copyBytes, type Ref, segmentOf } from "../memory/Arena.ts"
import type { Database } from "./Database.ts"
import { hugeWord } from "./Database.ts"
import { ACCESS_WORD, COPIED, type Encoding, EPOCH_SHIFT, HUGE, LENT, META_WORD, Type, VALUE_WORD } from "./Entry.ts"

/** Where a key's bytes are. */
export interface KeyRange {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
}

/** Bytes behind the key of an entry with a huge string: alignment and the blob's ref. */
const HUGE_TAIL = 8
/** Everything of the meta word but the snapshot epoch, which is the entry's own. */
const VALUE_META = (1 << EPOCH_SHIFT) - 1

/** Moves an entry's value under a key that is not there, with its access word and time to live. */
export const move = (source: Database, ref: Ref, target: Database, key: KeyRange): Ref => {
  const moved = addLike(source, ref, target, key)
  target.setWord(moved, ACCESS_WORD, source.word(ref, ACCESS_WORD))
  copyTail(source, ref, target, moved)
  const time = source.exactExpireTime(ref)
  source.forget(ref)
  if (time !== -1) target.setExpire(moved, time)
  return moved
}

/**
 * Copies an entry's value under a key that is not there, with its time to live; the access word begins anew. `code` is the
 * key's hash.
 */
export const copy = (source: Database, ref: Ref, target: Database, key: KeyRange, code?: number): Ref => {
  const copied = addLike(source, ref, target, key, code)
  const type = source.type(ref)
  if (type === Type.string) {
    copyTail(source, ref, target, copied)
    if (source.word(ref, META_WORD) & HUGE) {
      target.setWord(copied, hugeWord(target.keyLength(copied)), cloneBlob(source, ref))
    }
    target.setWord(copied, META_WORD, (target.word(copied, META_WORD) & ~LENT) | COPIED)
  } else {
    const value = source.space.types[type]?.copy(source.space, source.encoding(ref), source.word(ref, VALUE_WORD))
    target.setWord(copied, VALUE_WORD, value ?? 0)
  }
  const time = source.exactExpireTime(ref)
  if (time !== -1) target.setExpire(copied, time)
  return copied
}

/**
 * Gives a key a value that was built aside (no string), in place of any that it has, without a time to live. Whoever
 * does this announces it with `changed`.
 */
export const put = (db: Database, key: KeyRange, type: Type, encoding: Encoding, value: number): Ref => {
  const old = db.write(key.bytes, key.start, key.end)
  if (old === 0) {
    const added = db.add(key.bytes, key.start, key.end, db.space.metaOf(type, encoding), 0, db.code)
    db.setWord(added, VALUE_WORD, value)
    return added
  }
  db.releaseValue(old, db.state.settings.lazyServerDel)
  db.persist(old)
  const ref = db.resize(old, 0, 0)
  db.setType(ref, type, encoding)
  db.setWord(ref, VALUE_WORD, value)
  return ref
}

const addLike = (source: Database, ref: Ref, target: Database, key: KeyRange, code?: number): Ref => {
  const meta = source.word(ref, META_WORD)
  const tail = source.type(ref) !== Type.string ? 0 : meta & HUGE ? HUGE_TAIL : source.word(ref, VALUE_WORD)
  return target.add(key.bytes, key.start, key.end, meta & VALUE_META, tail, code)
}

const copyTail = (source: Database, ref: Ref, target: Database, to: Ref): void => {
  const value = source.word(ref, VALUE_WORD)
  target.setWord(to, VALUE_WORD, value)
  if (source.type(ref) !== Type.string) return
  if (source.word(ref, META_WORD) & HUGE) {
    target.setWord(to, hugeWord(target.keyLength(to)), source.hugeBlob(ref))
  } else {
    const from = source.keyEnd(ref)
    copyBytes(source.bytes(ref), from, from + value, target.bytes(to), target.keyEnd(to))
  }
}

const cloneBlob = (db: Database, ref: Ref): Ref => {
  const arena = db.space.arena
  const blob = db.hugeBlob(ref)
  const length = db.word(ref, VALUE_WORD)
  const clone = arena.alloc(length)
  const from = byteOf(blob)
  const source = arena.u8[segmentOf(blob)] as Uint8Array
  copyBytes(source, from, from + length, arena.u8[segmentOf(clone)] as Uint8Array, byteOf(clone))
  return clone
}
