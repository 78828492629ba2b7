/** What INFO tells of snapshots that are written and loaded. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Persistence } from "../persistence/Persistence.ts"
import { Snapshot } from "../persistence/Snapshot.ts"
import { Store } from "../store/Store.ts"
import { ratio } from "./Figures.ts"
import type { Value } from "./InfoFields.ts"
import { InfoSections } from "./InfoSections.ts"

/** Provides the fields while the layer lives. */
export const layer: Layer.Layer<
  never,
  never,
  InfoSections | Persistence | Snapshot | Store
> = Layer.effectDiscard(Effect.gen(function*() {
  const info = yield* InfoSections
  const { state } = yield* Store
  const { status } = yield* Persistence
  const snapshot = yield* Snapshot
  const clock = yield* Clock.Clock

  const statusFields = function*(): Generator<readonly [string, Value]> {
    yield ["rdb_changes_since_last_save", state.dirty - status.savedDirty]
    yield ["rdb_last_save_time", status.lastSave]
    yield ["rdb_last_bgsave_status", status.lastSucceeded ? "ok" : "err"]
    yield ["rdb_last_bgsave_time_sec", status.lastDuration]
    yield ["rdb_saves", status.saves]
    yield ["rdb_last_load_keys_expired", status.expiredKeys]
    yield ["rdb_last_load_keys_loaded", status.loadedKeys]
  }

  const savingFields = function*(): Generator<readonly [string, Value]> {
    const source = snapshot.current()
    if (source === undefined) return
    const keys = source.keys()
    const seconds = Math.floor((clock.currentTimeMillisUnsafe() - source.startedAt) / 1000)
    yield ["rdb_bgsave_in_progress", 1]
    yield ["rdb_current_bgsave_time_sec", seconds]
    // Beside the data it takes what writes have handed over and nobody has fetched
    yield ["current_cow_size", source.held()]
    yield ["current_fork_perc", ratio(keys * 100, source.total).toFixed(2)]
    yield ["current_save_keys_processed", keys]
    yield ["current_save_keys_total", source.total]
  }

  const loadingFields = function*(): Generator<readonly [string, Value]> {
    if (status.loading === undefined) return
    const { bytes, size, startedAt, usedMemory } = status.loading
    const elapsed = Math.floor(clock.currentTimeMillisUnsafe() / 1000) - startedAt
    yield ["loading", 1]
    yield ["loading_start_time", startedAt]
    yield ["loading_total_bytes", size]
    yield ["loading_rdb_used_mem", usedMemory]
    yield ["loading_loaded_bytes", bytes]
    yield ["loading_loaded_perc", ratio(bytes * 100, size).toFixed(2)]
    yield ["loading_eta_seconds", bytes === 0 ? 1 : Math.floor((elapsed * (size - bytes)) / bytes)]
  }

  const stops = [statusFields, savingFields, loadingFields].map((fields) => info.provide("persistence", fields))
  yield* Effect.addFinalizer(() => Effect.sync(() => stops.forEach((stop) => stop())))
}))
