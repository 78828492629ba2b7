/**
 * Snapshots as streams of bytes, both ways. `begin` fixes the moment, and whoever began pulls the bytes of an RDB file at
 * their own speed while writes go on: a file, the sockets of replicas, an app's own sink. `load` builds a keyspace of
 * such bytes aside, and `adopt` puts it in the place of the current one.
 *
 * There is one snapshot at a time, for the store as for Redis's child process. It waits for its consumer, and ends when
 * that is done with the bytes, not with the last of them: with its scope.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { Config } from "../config/Config.ts"
import { REDIS_VERSION } from "../config/ConfigError.ts"
import type { Integer } from "../memory/Integers.ts"
import * as Background from "../store/Background.ts"
import type { Keyspace } from "../store/Keyspace.ts"
import { Store } from "../store/Store.ts"
import { Corruption } from "./Rdb.ts"
import { RdbError } from "./RdbError.ts"
import { RdbInput } from "./RdbInput.ts"
import { RdbReader } from "./RdbReader.ts"
import { SnapshotWalk } from "./SnapshotWalk.ts"

/** Another snapshot is under way. */
export class SnapshotBusy extends Data.TaggedError("SnapshotBusy")<{}> {}

export interface SnapshotOptions {
  /** Further fields of the file, such as `repl-id` and `repl-offset`. */
  readonly fields?: Iterable<readonly [name: string, value: string | Integer]>
  /** Whether the keys are in it, and the libraries of functions: unless told otherwise both are. */
  readonly data?: boolean
  readonly functions?: boolean
}

/** A snapshot that is being taken. */
export interface Source {
  /** Goes on, for about 256 KB or to the end, and gives the bytes; undefined behind the last. */
  readonly next: Effect.Effect<ReadonlyArray<Uint8Array> | undefined>
  /** Goes on to the end in this turn: for who cannot wait. */
  readonly takeNow: () => ReadonlyArray<Uint8Array>
  /** Takes back bytes that it gave and that nobody reads any more, to write into that memory again. */
  readonly reuse: (chunks: ReadonlyArray<Uint8Array>) => void
  /** When it began, in Unix milliseconds, and what `State.dirty` was then. */
  readonly startedAt: number
  readonly dirty: number
  /** Keys that were written, and that there were at the beginning. */
  readonly keys: () => number
  readonly total: number
  /** Bytes that wait for the consumer: what writes have handed over and what was written lately. */
  readonly held: () => number
  /** Ends it before its scope does, so that another may begin. */
  readonly end: () => void
}

export interface LoadOptions {
  /** How many bytes will come, if that is known. */
  readonly size?: number | undefined
  /** Whether keys whose time is over are left out: unless told otherwise yes; a replica keeps them. */
  readonly dropExpired?: boolean
  /**
   * Where the keys go: unless told otherwise into a keyspace of their own, else to those that are there, where a key that
   * is taken is an error or gives way.
   */
  readonly into?: "adding" | "overwriting"
  /** Told of the bytes so far, and of what the writer told of itself. */
  readonly onProgress?: (bytes: number, aux: ReadonlyMap<string, string>) => void
}

/** What was loaded, and is not in use yet. */
export interface Loaded {
  readonly space: Keyspace
  /** What the writer told of itself: `redis-ver`, `repl-id` and the like. */
  readonly aux: ReadonlyMap<string, string>
  readonly libraries: ReadonlyArray<Uint8Array>
  readonly keys: number
  /** Keys that were left out: their time was over, or they held nothing. */
  readonly expired: number
  readonly empty: number
}

/** The data of one moment as it lay in memory. */
export interface Kept {
  readonly space: Keyspace
  readonly libraries: ReadonlyArray<Uint8Array>
}

const SLICE_MICROSECONDS = 1000
const WORTH_SENDING = 256 * 1024
/** Bytes after which the delay that tests ask for after each key is made up for. */
const DELAYED_BYTES = 1024

export class Snapshot extends Context.Service<Snapshot, {
  /** Begins a snapshot of this very moment. */
  readonly begin: (options?: SnapshotOptions) => Effect.Effect<Source, SnapshotBusy, Scope.Scope>
  /** The snapshot under way. */
  readonly current: () => Source | undefined
  /** Builds a keyspace aside of what `pull` gives, until that is undefined. */
  readonly load: <E, R>(
    pull: Effect.Effect<Uint8Array | undefined, E, R>,
    options?: LoadOptions
  ) => Effect.Effect<Loaded, E | RdbError, R>
  /** As `load`, all in this turn; throws the `RdbError`. */
  readonly loadNow: (chunks: ReadonlyArray<Uint8Array>, options?: LoadOptions) => Loaded
  /** Lets every snapshot tell these further fields. */
  readonly describe: (fields: () => NonNullable<SnapshotOptions["fields"]>) => void
  /** Puts what was loaded in the place of the current keyspace. */
  readonly adopt: (loaded: Loaded) => void
  /** Keeps the data as it is now. It costs no more than copying the memory that it takes. */
  readonly keep: () => Kept
  /** Makes the data again what was kept, but for keys that have expired since then; as often as one likes. */
  readonly restore: (kept: Kept) => void
}>()("go-redis/persistence/Snapshot") {
  static readonly layer: Layer.Layer<Snapshot, never, Store | Config> = Layer.effect(
    this,
    Effect.gen(function*() {
      const store = yield* Store
      const { values } = yield* Config
      const clock = yield* Clock.Clock
      const now = Background.microseconds(clock)
      const { state } = store
      let walk: SnapshotWalk | undefined
      let source: Source | undefined
      /** Functions that came with a file, kept for the files to come. */
      let libraries: ReadonlyArray<Uint8Array> = []
      let ownFields: () => NonNullable<SnapshotOptions["fields"]> = () => []

      /** What is written and read goes by the time that it is now, though no command may have run for long. */
      const setTime = (): void => state.setTime(clock.currentTimeMillisUnsafe())

      const makeWalk = ({ data = true, fields = [], functions = true }: SnapshotOptions): SnapshotWalk => {
        setTime()
        return new SnapshotWalk(data ? store.database(0).space : store.database(0).space.empty(), {
          compress: values.rdbcompression,
          checksum: values.rdbchecksum,
          libraries: functions ? libraries : [],
          fields: [
            ["redis-ver", REDIS_VERSION],
            ["redis-bits", 64],
            ["ctime", Math.floor(clock.currentTimeMillisUnsafe() / 1000)],
            ["used-mem", store.usedMemory()],
            ...ownFields(),
            ...fields,
            ["aof-base", 0]
          ]
        })
      }

      const end = (ended: SnapshotWalk): void => {
        ended.close()
        if (walk === ended) walk = source = undefined
      }

      /** Works for a millisecond; false when the walk is through. */
      const slice = (running: SnapshotWalk): boolean => {
        const deadline = now() + SLICE_MICROSECONDS
        while (running.pending < WORTH_SENDING) {
          if (!running.next()) return false
          if (values["rdb-key-save-delay"] !== 0 || now() > deadline) return true
        }
        return true
      }

      const next = (running: SnapshotWalk): Source["next"] => {
        let paused = 0
        let isThrough = false
        return Effect.gen(function*() {
          if (isThrough) return undefined
          do {
            isThrough = !slice(running)
            const microseconds = delayOf(running.keys - paused, values["rdb-key-save-delay"], state.random)
            paused = running.keys
            yield* microseconds > 0 ? Effect.sleep(microseconds / 1000) : Effect.yieldNow
          } while (!isThrough && running.pending < WORTH_SENDING)
          return running.take()
        })
      }

      // ---- loading

      const makeReader = (input: RdbInput, options: LoadOptions): RdbReader => {
        setTime()
        return new RdbReader(
          options.into === undefined ? store.database(0).space.empty() : store.database(0).space,
          input,
          {
            overwrites: options.into === "overwriting",
            dropExpired: options.dropExpired ?? true,
            thorough: values["sanitize-dump-payload"] === "yes",
            checksum: values.rdbchecksum
          }
        )
      }

      /** Reads what there is; nobody hears of the keys that appear. True when all was read. */
      const read = (reading: Iterator<void>): boolean => {
        const { awaitedTypes, interest } = state
        state.awaitedTypes = state.interest = 0
        try {
          return reading.next().done === true
        } finally {
          state.awaitedTypes = awaitedTypes
          state.interest = interest
        }
      }

      const loadedOf = (reader: RdbReader): Loaded => ({
        space: reader.space,
        aux: reader.aux,
        libraries: reader.libraries,
        keys: reader.loaded,
        expired: reader.expired,
        empty: reader.empty
      })

      return Snapshot.of({
        begin: (options = {}) =>
          Effect.acquireRelease(
            Effect.suspend(() => {
              if (walk !== undefined) return Effect.fail(new SnapshotBusy())
              const begun = walk = makeWalk(options)
              source = {
                next: next(begun),
                takeNow: () => {
                  while (begun.next()) continue
                  return begun.take()
                },
                reuse: (chunks) => begun.reuse(chunks),
                startedAt: clock.currentTimeMillisUnsafe(),
                dirty: state.dirty,
                keys: () => begun.keys,
                total: begun.total,
                held: () => begun.pending,
                end: () => end(begun)
              }
              return Effect.succeed({ begun, source })
            }),
            ({ begun }) => Effect.sync(() => end(begun))
          ).pipe(Effect.map(({ source }) => source)),

        current: () => source,

        load: (pull, options = {}) =>
          Effect.gen(function*() {
            const input = RdbInput.streaming(options.size)
            const reader = makeReader(input, options)
            const reading = reader.run()
            let paused = 0
            for (let done = false; !done;) {
              const chunk = yield* pull
              if (chunk === undefined) input.finish()
              const length = chunk?.length ?? 0
              let at = 0
              do {
                const delay = values["key-load-delay"]
                const size = delay === 0 ? values["loading-process-events-interval-bytes"] : DELAYED_BYTES
                if (chunk !== undefined) input.push(chunk.subarray(at, at + size))
                at += size
                done = yield* Effect.try({ try: () => read(reading), catch: (error) => errorOf(error, reader) })
                options.onProgress?.(input.offset, reader.aux)
                const microseconds = delayOf(reader.loaded - paused, delay, state.random)
                paused = reader.loaded
                if (microseconds > 0) yield* Effect.sleep(microseconds / 1000)
                else if (!done) yield* Effect.yieldNow
              } while (!done && at < length)
            }
            return loadedOf(reader)
          }),

        loadNow: (chunks, options = {}) => {
          const input = RdbInput.whole(Buffer.concat(chunks))
          const reader = makeReader(input, options)
          try {
            read(reader.run())
          } catch (error) {
            throw errorOf(error, reader)
          }
          return loadedOf(reader)
        },

        describe: (fields) => {
          ownFields = fields
        },

        adopt: (loaded) => {
          store.replace(loaded.space)
          libraries = loaded.libraries
        },

        keep: () => ({ space: store.database(0).space.twin(), libraries }),

        restore: (kept) => {
          store.restore(kept.space)
          libraries = kept.libraries
        }
      })
    })
  )
}

/** A bug is none of the data's errors. */
const errorOf = (error: unknown, reader: RdbReader): RdbError => {
  if (error instanceof Corruption) return new RdbError({ reason: error.reason, offset: reader.position })
  throw error
}

/** The microseconds of pause that so many keys make up to; below 0: one in so many keys waits for one. */
const delayOf = (keys: number, delay: number, random: () => number): number => {
  if (delay >= 0) return keys * delay
  let microseconds = 0
  for (let left = keys; left > 0; left--) if ((random() >>> 0) % -delay === 0) microseconds++
  return microseconds
}
