/**
 * When snapshots are written and loaded: at the start, by SAVE and BGSAVE, by the save points, at the end. How that is
 * done is `Snapshot`'s, where they go is `SnapshotStorage`'s.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import { Admission } from "../command/Admission.ts"
import { ClientRegistry } from "../command/ClientRegistry.ts"
import * as CommandError from "../command/CommandError.ts"
import { Gate } from "../command/Session.ts"
import { type Mode, Shutdown } from "../command/Shutdown.ts"
import { Config } from "../config/Config.ts"
import { named } from "../Fibers.ts"
import * as Spans from "../Spans.ts"
import { Store } from "../store/Store.ts"
import type { RdbError } from "./RdbError.ts"
import { type Loaded, Snapshot, SnapshotBusy, type Source } from "./Snapshot.ts"
import { SnapshotStorage, StorageError, type Stored } from "./SnapshotStorage.ts"

/** What INFO and LASTSAVE tell. Times are in Unix seconds, durations in seconds, -1: none yet. */
export interface Status {
  /** The snapshot that is being loaded, how much of it has been read, and the memory that its writer used. */
  loading: { readonly startedAt: number; readonly size: number; bytes: number; usedMemory: number } | undefined
  /** Keys of the last one that was loaded. */
  loadedKeys: number
  expiredKeys: number
  lastSave: number
  lastSucceeded: boolean
  lastDuration: number
  /** Snapshots that were begun. */
  saves: number
  /** `State.dirty` at the last snapshot. */
  savedDirty: number
  /** What the one that was loaded told of itself: `repl-id` and the like. */
  aux: ReadonlyMap<string, string>
}

export interface ReloadOptions {
  /** Load what is stored, without saving first. */
  readonly noSave: boolean
  /** Keep the keys that there are. */
  readonly noFlush: boolean
  /** Let loaded keys take the place of others. */
  readonly merge: boolean
}

/** Seconds after which a save point tries again what has failed. */
const RETRY_SECONDS = 5
const PROGRESS_MILLISECONDS = 5000
/** After which the last snapshot is tried again when another is under way. */
const BUSY_MILLISECONDS = 50

export type SaveError = StorageError | SnapshotBusy
export type LoadError = StorageError | RdbError

export class Persistence extends Context.Service<Persistence, {
  readonly status: Readonly<Status>
  /** Waits until what is stored has been loaded; until then commands are refused. */
  readonly loaded: Effect.Effect<void, LoadError>
  /** Stores a snapshot of now. Others are served meanwhile. */
  readonly save: Effect.Effect<void, SaveError>
  /** Begins to, and does not wait. */
  readonly saveInBackground: Effect.Effect<void, SaveError>
  /** Lets a snapshot follow when none is under way any more. */
  readonly schedule: Effect.Effect<void>
  /** FLUSHALL has taken everything: what is being stored is given up, and where there are save points, what is stored goes. */
  readonly flushed: () => void
  /** Saves everything and loads it again, and nobody gets in between. */
  readonly reload: (options: ReloadOptions) => Effect.Effect<void, SaveError | LoadError>
}>()("go-redis/persistence/Persistence") {
  static readonly layer: Layer.Layer<
    Persistence,
    never,
    Snapshot | SnapshotStorage | Store | Config | Admission | ClientRegistry | Shutdown
  > = Layer.effect(
    this,
    Effect.gen(function*() {
      const snapshot = yield* Snapshot
      const { storage } = yield* SnapshotStorage
      const { state } = yield* Store
      const { onChange, values } = yield* Config
      const admission = yield* Admission
      const clients = yield* ClientRegistry
      const shutdown = yield* Shutdown
      const clock = yield* Clock.Clock
      const scope = yield* Scope.Scope
      const seconds = () => Math.floor(clock.currentTimeMillisUnsafe() / 1000)
      const status: Status = {
        loading: undefined,
        loadedKeys: 0,
        expiredKeys: 0,
        lastSave: seconds(),
        lastSucceeded: true,
        lastDuration: -1,
        saves: 0,
        savedDirty: state.dirty,
        aux: new Map()
      }

      /** Runs beside the commands, as long as the server does. */
      const fork = (name: string) => <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<Fiber.Fiber<A, E>> =>
        effect.pipe(
          named({ name, part: "persistence" }),
          Effect.provideService(References.PreventSchedulerYield, false),
          Effect.forkIn(scope, { startImmediately: true })
        )

      // ---- storing

      let saving: Fiber.Fiber<void, SaveError> | undefined
      let scheduled = false
      /** A snapshot of the time before a FLUSHALL. */
      let outdated: Source | undefined
      let lastTry = 0

      const guardWrites = (): void =>
        admission.set(
          Gate.writes,
          !status.lastSucceeded && values["stop-writes-on-bgsave-error"] && values.save.length > 0
        )

      const succeeded = (dirty: number): void => {
        status.savedDirty = dirty
        status.lastSave = seconds()
        status.lastSucceeded = true
        guardWrites()
      }

      const failed = (): void => {
        status.lastSucceeded = false
        guardWrites()
      }

      const keep = ({ next, reuse }: Pick<Source, "next" | "reuse">): Effect.Effect<void, StorageError> => {
        if (storage === undefined) return Effect.fail(nowhere)
        let bytes = 0
        const counted = Effect.map(next, (chunks) => {
          for (const { length } of chunks ?? []) bytes += length
          return chunks
        })
        return Effect.andThen(
          storage.save(counted, reuse),
          Effect.suspend(() => Spans.annotate({ "redis.snapshot.target": storage.describe(), "redis.bytes": bytes }))
        )
      }

      /** Under way until it is kept and `status` says so: else a save point would begin another one beside it. */
      const store = Effect.gen(function*() {
        const startedAt = seconds()
        const source = yield* snapshot.begin()
        status.saves++
        lastTry = startedAt
        const exit = yield* Effect.exit(Effect.ensuring(
          keep(source),
          Effect.suspend(() => Spans.annotate({ "redis.keys": source.keys() }))
        ))
        // One that was given up leaves no trace.
        if (Exit.hasInterrupts(exit)) return yield* Effect.interrupt
        status.lastDuration = seconds() - startedAt
        if (Exit.isSuccess(exit)) {
          succeeded(source.dirty)
          yield* Effect.logInfo("DB saved on disk")
          return
        }
        failed()
        yield* Effect.logWarning(`Failed saving the DB: ${reasonOf(exit.cause)}`)
        return yield* Effect.failCause(exit.cause)
      }).pipe(Effect.scoped, Spans.span("snapshot"))

      /** Begins a snapshot of this very moment. */
      const begin = Effect.gen(function*() {
        if (snapshot.current() !== undefined) return yield* new SnapshotBusy()
        if (storage === undefined) return yield* nowhere
        scheduled = false
        return saving = yield* fork("snapshot")(store)
      })

      const save = Effect.gen(function*() {
        const exit = yield* Fiber.await(yield* begin)
        return yield* Exit.hasInterrupts(exit) ? givenUp : exit
      })

      const saveInBackground = Effect.andThen(begin, Effect.logInfo("Background saving started"))

      const scheduleNow = (): void => {
        scheduled = storage !== undefined
      }

      const cancel = Effect.suspend(() => saving === undefined ? Effect.void : Fiber.interrupt(saving))

      /** Stores a snapshot of now, and nobody's wish for another one keeps it from that; one for a replica goes first. */
      const saveAtLast = Effect.andThen(cancel, save).pipe(
        Effect.retry({ while: (error) => error._tag === "SnapshotBusy", schedule: Schedule.spaced(BUSY_MILLISECONDS) })
      )

      const isDue = (): boolean => {
        const now = seconds()
        if (!status.lastSucceeded && now - lastTry <= RETRY_SECONDS) return false
        const changes = state.dirty - status.savedDirty
        return scheduled
          || values.save.some((point) => changes >= point.changes && now - status.lastSave > point.seconds)
      }

      const followSavePoints = Effect.gen(function*() {
        while (true) {
          yield* Effect.sleep(1000 / values.hz)
          if (outdated !== undefined && outdated === snapshot.current()) yield* cancel
          outdated = undefined
          if (snapshot.current() !== undefined || status.loading !== undefined || !isDue()) continue
          yield* Effect.logInfo(`${state.dirty - status.savedDirty} changes since the last save. Saving...`)
          yield* Effect.ignore(saveInBackground)
        }
      })

      // ---- loading

      const loading = yield* Deferred.make<void, LoadError>()

      const adopt = (loaded: Loaded): void => {
        snapshot.adopt(loaded)
        status.loadedKeys = loaded.keys
        status.expiredKeys = loaded.expired
        status.aux = loaded.aux
      }

      const load = Effect.fnUntraced(function*(stored: Stored) {
        const startedAt = clock.currentTimeMillisUnsafe()
        const progress = status.loading = {
          startedAt: Math.floor(startedAt / 1000),
          size: stored.size ?? 0,
          bytes: 0,
          usedMemory: 0
        }
        yield* Effect.suspend(() => Effect.logInfo(progressLine(progress))).pipe(
          Effect.delay(PROGRESS_MILLISECONDS),
          Effect.forever,
          named({ name: "loading progress", part: "persistence" }),
          Effect.forkScoped
        )
        const loaded = yield* Spans.span("load read")(
          snapshot.load(stored.next, {
            ...(stored.size === undefined ? {} : { size: stored.size }),
            // A replica is told what has expired
            dropExpired: values.replicaof === undefined,
            onProgress: (bytes, aux) => {
              progress.bytes = bytes
              progress.usedMemory = Number(aux.get("used-mem") ?? 0)
            }
          })
        )
        yield* Spans.span("load adopt")(Effect.sync(() => adopt(loaded)))
        yield* Spans.annotate({
          "redis.snapshot.source": storage?.describe(),
          "redis.bytes": stored.size,
          "redis.keys": loaded.keys,
          "redis.keys.expired": loaded.expired
        })
        status.savedDirty = state.dirty
        const took = ((clock.currentTimeMillisUnsafe() - startedAt) / 1000).toFixed(3)
        yield* Effect.logInfo(`Done loading RDB, keys loaded: ${loaded.keys}, keys expired: ${loaded.expired}.`)
        if (loaded.empty > 0) yield* Effect.logWarning(`Skipped ${loaded.empty} empty keys`)
        yield* Effect.logInfo(`DB loaded from disk: ${took} seconds`)
      })

      const loadStored: Effect.Effect<void, LoadError> = Effect.scoped(Effect.suspend(() =>
        storage === undefined
          ? Effect.void
          : Effect.flatMap(storage.open, (stored) =>
            stored === undefined ? Effect.void : Spans.span("load")(load(stored)))
      )).pipe(Effect.ensuring(Effect.sync(() => {
        status.loading = undefined
      })))

      const reload = Effect.fnUntraced(
        function*({ merge, noFlush, noSave }: ReloadOptions) {
          yield* cancel
          if (snapshot.current() !== undefined) return yield* new SnapshotBusy()
          if (noSave && !noFlush) return yield* loadStored
          const chunks = noSave ? yield* storedChunks : (yield* snapshot.begin()).takeNow()
          const loaded = yield* Effect.try({
            try: () => snapshot.loadNow(chunks, noFlush ? { into: merge ? "overwriting" : "adding" } : {}),
            // It throws nothing else.
            catch: (error) => error as RdbError
          })
          if (!noFlush) adopt(loaded)
          if (noSave) return
          const { dirty } = state
          let left: ReadonlyArray<Uint8Array> | undefined = chunks
          status.saves++
          yield* keep({
            next: Effect.sync(() => {
              const next = left
              left = undefined
              return next
            }),
            reuse: () => {}
          })
          succeeded(dirty)
        },
        Effect.scoped,
        Spans.span("reload")
      )

      const storedChunks = Effect.scoped(Effect.gen(function*() {
        const chunks: Array<Uint8Array> = []
        const stored = storage === undefined ? undefined : yield* storage.open
        if (stored === undefined) return chunks
        for (let next = yield* stored.next; next !== undefined; next = yield* stored.next) chunks.push(next.slice())
        return chunks
      }))

      // ---- the beginning and the end

      const finish = (mode: Mode): Effect.Effect<void, string, Scope.Scope> =>
        Effect.gen(function*() {
          yield* cancel
          const wanted = mode.save === "save" || (mode.save === "default" && values.save.length > 0)
          if (!wanted || storage === undefined || status.loading !== undefined) return
          yield* Effect.logInfo("Saving the final RDB snapshot before exiting.")
          // What is written after the snapshot would be lost although it was answered.
          yield* Effect.acquireRelease(
            clients.pause("shutdown", Number.MAX_SAFE_INTEGER, true),
            () => clients.unpause("shutdown")
          )
          const exit = yield* Effect.exit(saveAtLast)
          if (Exit.isFailure(exit)) return yield* Effect.fail("Error trying to save the DB, can't exit.")
        })

      admission.refusesWrite = () => misconfigured
      const unsubscribe = [
        onChange(["save", "stop-writes-on-bgsave-error"], guardWrites),
        shutdown.addStep(finish)
      ]
      yield* Effect.addFinalizer(() => Effect.sync(() => unsubscribe.forEach((stop) => stop())))
      if (storage === undefined) yield* Deferred.succeed(loading, undefined)
      else {
        admission.raise(Gate.loading)
        yield* fork("loading")(Effect.gen(function*() {
          const exit = yield* Effect.exit(loadStored)
          // A server that could not load must not look as if it were empty.
          if (Exit.isSuccess(exit)) admission.lower(Gate.loading)
          yield* Deferred.done(loading, exit)
        }))
        yield* fork("save points")(followSavePoints)
      }

      return Persistence.of({
        status,
        loaded: Deferred.await(loading),
        save,
        saveInBackground,
        schedule: Effect.sync(scheduleNow),
        flushed: () => {
          outdated = snapshot.current()
          if (values.save.length > 0) scheduleNow()
        },
        reload
      })
    })
  )
}

const misconfigured = CommandError.make(
  "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may "
    + "modify the data set are disabled, because this instance is configured to report errors during writes if RDB "
    + "snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB "
    + "error."
)

const nowhere = new StorageError({ message: "no place to keep snapshots is configured" })

const givenUp = new StorageError({ message: "the snapshot was given up" })

const reasonOf = (cause: Cause.Cause<SaveError>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error && error.message !== "" ? error.message : Cause.pretty(cause)
}

const progressLine = ({ bytes, size }: { readonly bytes: number; readonly size: number }): string =>
  `Loading DB in memory: ${bytes} of ${size} bytes, ${(size === 0 ? 0 : (bytes / size) * 100).toFixed(2)}%`
