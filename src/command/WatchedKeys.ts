/**
 * The keys that clients WATCH. A write, an expiry, FLUSHALL or SWAPDB that touches one makes its watchers' next EXEC
 * fail. While nobody watches, writes are not followed.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Bytes from "../memory/Bytes.ts"
import type { Database } from "../store/Database.ts"
import { EXPIRE_WORD } from "../store/Entry.ts"
import type { KeyListener } from "../store/KeyEvents.ts"
import { Store } from "../store/Store.ts"
import type { Session } from "./Session.ts"

interface Watch {
  readonly db: number
  readonly key: Uint8Array
  /** It had expired by then already: that it goes is no change. */
  readonly expired: boolean
}

/** What a session watches. */
interface Watcher {
  readonly keys: Map<string, Watch>
  touched: boolean
}

const keyId = (db: number, key: Uint8Array, start = 0, end = key.length): string =>
  `${db}:${Buffer.from(key.buffer, key.byteOffset + start, end - start).toString("latin1")}`

export class WatchedKeys extends Context.Service<WatchedKeys, {
  readonly watch: (session: Session, key: Uint8Array) => void
  /** Forgets all that a session watches: after EXEC, DISCARD, UNWATCH, RESET and at its end. */
  readonly unwatch: (session: Session) => void
  /** Whether something that the session watches has changed. */
  readonly touched: (session: Session) => boolean
}>()("go-redis/command/WatchedKeys") {
  static readonly layer: Layer.Layer<WatchedKeys, never, Store> = Layer.effect(
    this,
    Effect.gen(function*() {
      const store = yield* Store
      const { state } = store
      const watchers = new Map<Session, Watcher>()
      const byKey = new Map<string, Set<Session>>()
      let stopListening: (() => void) | undefined

      const touch = (id: string, except?: (watch: Watch) => boolean): void => {
        for (const session of byKey.get(id) ?? []) {
          const watcher = watchers.get(session)
          const watch = watcher?.keys.get(id)
          if (watcher === undefined || watch === undefined || except?.(watch) === true) continue
          watcher.touched = session.dirty = true
        }
      }

      /** An entry that is there, whether its time has come or not. */
      const present = (db: Database, key: Uint8Array): number =>
        db.dict.findHashed(db.dict.hash(key, 0, key.length), key, 0, key.length)

      const isExpired = (db: Database, key: Uint8Array): boolean => {
        const ref = present(db, key)
        return ref !== 0 && db.word(ref, EXPIRE_WORD) !== 0 && state.now > db.expireTime(ref)
      }

      const listener: KeyListener = {
        modified: (db, key, start, end) => {
          const id = keyId(db, key, start, end)
          if (!byKey.has(id)) return
          const copy = Bytes.copyOf(key, start, end)
          touch(id, (watch) => watch.expired && present(store.database(db), copy) === 0)
        },
        flushed: (db) => {
          for (const [id, sessions] of byKey) {
            const watch = firstWatch(sessions, id)
            if (watch === undefined || (db >= 0 && watch.db !== db)) continue
            if (present(store.database(watch.db), watch.key) !== 0) touch(id, (one) => one.expired)
          }
        },
        swapped: (first, second) => {
          for (const [id, sessions] of byKey) {
            const watch = firstWatch(sessions, id)
            if (watch === undefined || (watch.db !== first && watch.db !== second)) continue
            const [before, after] = [store.database(first), store.database(second)]
            if (present(before, watch.key) !== 0 || present(after, watch.key) !== 0) touch(id)
          }
        }
      }

      const firstWatch = (sessions: ReadonlySet<Session>, id: string): Watch | undefined => {
        for (const session of sessions) return watchers.get(session)?.keys.get(id)
        return undefined
      }

      const unwatch = (session: Session): void => {
        const watcher = watchers.get(session)
        if (watcher === undefined) return
        watchers.delete(session)
        session.watching = 0
        session.dirty = false
        for (const id of watcher.keys.keys()) {
          const sessions = byKey.get(id)
          sessions?.delete(session)
          if (sessions?.size === 0) byKey.delete(id)
        }
        if (byKey.size > 0) return
        stopListening?.()
        stopListening = undefined
      }

      return WatchedKeys.of({
        watch: (session, key) => {
          const id = keyId(session.db, key)
          const watcher = watchers.get(session) ?? { keys: new Map<string, Watch>(), touched: false }
          watchers.set(session, watcher)
          if (watcher.keys.has(id)) return
          watcher.keys.set(id, { db: session.db, key, expired: isExpired(store.database(session.db), key) })
          const sessions = byKey.get(id)
          if (sessions === undefined) byKey.set(id, new Set([session]))
          else sessions.add(session)
          session.watching = watcher.keys.size
          session.unwatch = () => unwatch(session)
          stopListening ??= state.listen(listener)
        },
        unwatch,
        touched: (session) => {
          const watcher = watchers.get(session)
          if (watcher === undefined) return false
          if (watcher.touched) return true
          // A key that has expired meanwhile counts as changed, even though nobody has deleted it yet.
          for (const watch of watcher.keys.values()) {
            if (!watch.expired && isExpired(store.database(watch.db), watch.key)) return true
          }
          return false
        }
      })
    })
  )
}
