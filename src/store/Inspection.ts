/** What OBJECT and DEBUG OBJECT tell of an entry: figures of Redis's own layout, worked out from ours. */
import type { Ref } from "../memory/Arena.ts"
import type { Database } from "./Database.ts"
import { COPIED, HUGE, META_WORD, Type, VALUE_WORD } from "./Entry.ts"
import * as Strings from "./types/Strings.ts"

/** As OBJECT ENCODING answers. */
export const encodingName = (db: Database, ref: Ref): string => {
  const type = db.type(ref)
  if (type === Type.string) return Strings.encodingName(db, ref)
  return db.space.types[type]?.encodingName(db.space, db.encoding(ref), db.word(ref, VALUE_WORD)) ?? "unknown"
}

/** Redis keeps the small integers once, for all keys; it shows this for their number of references. */
const SHARED = 2147483647
const SHARED_INTEGERS = 10_000

/** As OBJECT REFCOUNT answers. */
export const referenceCount = (db: Database, ref: Ref): number => {
  if ((db.word(ref, META_WORD) & COPIED) !== 0) return 1
  const { maxmemory, maxmemoryPolicy } = db.state.settings
  // Under LRU and LFU each value has an access time of its own, and so none is shared.
  if (maxmemory > 0 && (maxmemoryPolicy.endsWith("-lru") || db.state.lfu)) return 1
  if (db.type(ref) !== Type.string || Strings.encodingName(db, ref) !== "int") return 1
  const value = Strings.toInteger(db, ref)
  return value !== undefined && value >= 0 && value < SHARED_INTEGERS ? SHARED : 1
}

/** Bytes that an entry and its value take. `samples`: how many elements of a big value to look at, 0 for all. */
export const entryBytes = (db: Database, ref: Ref, samples: number): number => {
  const { arena, types } = db.space
  const own = arena.capacity(ref)
  const type = db.type(ref)
  if (type === Type.string) {
    return (db.word(ref, META_WORD) & HUGE) === 0 ? own : own + arena.capacity(db.hugeBlob(ref))
  }
  return own + (types[type]?.bytes(db.space, db.encoding(ref), db.word(ref, VALUE_WORD), samples) ?? 0)
}
