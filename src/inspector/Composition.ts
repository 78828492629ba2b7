/**
 * What the data is made of: keys and bytes by type and encoding. A large database is not walked as a whole: SCAN's order is
 * that of a keyed hash, so the first keys of it are a fair sample, from which the rest is estimated.
 */
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import { Type } from "../store/Entry.ts"
import { encodingName, entryBytes } from "../store/Inspection.ts"
import { Store } from "../store/Store.ts"

/** Keys of a database that are looked at. */
const MOST_KEYS = 100_000
/** Elements of a big value that its size is estimated from, as MEMORY USAGE does by default. */
const ELEMENTS = 5
/** Buckets between two looks at whether others want to run. */
const BUCKETS_PER_SLICE = 50

export interface Share {
  readonly type: string
  readonly encoding: string
  readonly keys: number
  readonly bytes: number
}

export interface Composition {
  /** The largest first. */
  readonly shares: ReadonlyArray<Share>
  /** Whether all keys were looked at. */
  readonly exact: boolean
}

const typeNames: ReadonlyMap<number, string> = new Map(Object.entries(Type).map(([name, type]) => [type, name]))

/** Looks at the data, in slices between which everybody else runs. */
export const take: Effect.Effect<Composition, never, Store> = Effect.gen(function*() {
  const { keyspace } = yield* Store
  const found = new Map<string, { type: string; encoding: string; keys: number; bytes: number }>()
  let exact = true
  for (const { index } of Ref.getUnsafe(keyspace).databases) {
    const seen = new Map<string, { keys: number; bytes: number }>()
    let looked = 0
    let cursor = 0
    while (true) {
      // Looked up anew in each slice: FLUSHALL and SWAPDB put others in its place
      const db = Ref.getUnsafe(keyspace).databases[index]
      if (db === undefined) break
      for (let bucket = 0; bucket < BUCKETS_PER_SLICE; bucket++) {
        cursor = db.dict.scan(cursor, (ref) => {
          const name = `${typeNames.get(db.type(ref)) ?? "unknown"} ${encodingName(db, ref)}`
          const share = seen.get(name) ?? { keys: 0, bytes: 0 }
          if (share.keys === 0) seen.set(name, share)
          share.keys++
          share.bytes += entryBytes(db, ref, ELEMENTS)
          looked++
        })
        if (cursor === 0) break
      }
      if (cursor === 0 || looked >= MOST_KEYS) break
      yield* Effect.yieldNow
    }
    if (cursor !== 0) exact = false
    const size = Ref.getUnsafe(keyspace).databases[index]?.size ?? 0
    const scale = cursor === 0 || looked === 0 ? 1 : size / looked
    for (const [name, { bytes, keys }] of seen) {
      const [type = "", encoding = ""] = name.split(" ")
      const share = found.get(name) ?? { type, encoding, keys: 0, bytes: 0 }
      found.set(name, share)
      share.keys += Math.round(keys * scale)
      share.bytes += Math.round(bytes * scale)
    }
  }
  return { shares: [...found.values()].sort((a, b) => b.bytes - a.bytes), exact }
})
