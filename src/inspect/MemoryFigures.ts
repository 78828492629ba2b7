/**
 * The memory of the server in figures, for INFO, MEMORY STATS and MEMORY DOCTOR. "Used" is what counts for `maxmemory`:
 * the data and the buffers of clients; what Node itself takes is seen in the resident set only.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import { Store } from "../store/Store.ts"

export interface DatabaseFigures {
  readonly index: number
  readonly keys: number
  readonly mainTable: number
  readonly expiresTable: number
}

export interface Figures {
  readonly used: number
  readonly peak: number
  readonly startup: number
  /** What is not data: tables and buffers. */
  readonly overhead: number
  readonly dataset: number
  readonly keys: number
  /** Buffers of clients and the like. */
  readonly clients: number
  readonly databases: ReadonlyArray<DatabaseFigures>
  /** Bytes handed out by the arena, and taken by it from the system. */
  readonly allocated: number
  readonly committed: number
  /** Resident set of the process. */
  readonly rss: number
}

/** Asking the system for the resident set takes longer than all the rest: as in Redis it may be so old. */
const RSS_MILLISECONDS = 100

export class MemoryFigures extends Context.Service<MemoryFigures, {
  readonly take: () => Figures
  /** Looks whether more memory is used than ever before. */
  readonly sample: () => void
}>()("go-redis/inspect/MemoryFigures") {
  static readonly layer: Layer.Layer<MemoryFigures, never, Store> = Layer.effect(
    this,
    Effect.gen(function*() {
      const store = yield* Store
      const clock = yield* Clock.Clock
      const startup = store.usedMemory()
      let peak = startup
      const sample = (): void => {
        peak = Math.max(peak, store.usedMemory())
      }
      let rss = 0
      let rssAt = -Infinity
      const residentSet = (): number => {
        const now = clock.currentTimeMillisUnsafe()
        if (Math.abs(now - rssAt) >= RSS_MILLISECONDS) {
          rss = process.memoryUsage.rss()
          rssAt = now
        }
        return rss
      }
      return MemoryFigures.of({
        sample,
        take: () => {
          sample()
          const used = store.usedMemory()
          const space = Ref.getUnsafe(store.keyspace)
          const databases = space.databases.filter((db) => db.size > 0).map((db) => ({
            index: db.index,
            keys: db.size,
            mainTable: db.dict.tableBytes,
            expiresTable: db.expires.bytes
          }))
          const tables = databases.reduce((sum, db) => sum + db.mainTable + db.expiresTable, 0)
          const clients = store.state.overheadBytes
          const overhead = Math.min(used, startup + tables + clients)
          return {
            used,
            peak,
            startup,
            overhead,
            dataset: used - overhead,
            keys: space.size,
            clients,
            databases,
            allocated: space.bytes,
            committed: space.arena.committed + tables,
            rss: residentSet()
          }
        }
      })
    })
  )
}
