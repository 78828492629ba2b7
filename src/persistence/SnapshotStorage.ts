/**
 * Where snapshots are kept between two lives of the server: a file, nowhere, or what an app provides (a bucket, a
 * database). A new snapshot takes the place of the last one wholly or not at all.
 *
 * ```ts
 * const Bucket = SnapshotStorage.layerOf({
 *   describe: () => "the bucket",
 *   save: (next) => upload(next),
 *   open: download,
 *   remove: erase
 * })
 * ```
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Fs from "node:fs"
import { type FileHandle, open } from "node:fs/promises"
import { join } from "node:path"
import { Config } from "../config/Config.ts"
import * as Spans from "../Spans.ts"

/** A snapshot could not be written or read. */
export class StorageError extends Data.TaggedError("StorageError")<{ readonly message: string }> {}

/** Bytes of a snapshot, some at a time; undefined behind the last. */
export type Chunks<E = never> = Effect.Effect<ReadonlyArray<Uint8Array> | undefined, E>

/** Takes back bytes that nobody reads any more. */
export type Reuse = (chunks: ReadonlyArray<Uint8Array>) => void

/** A snapshot that is there. */
export interface Stored {
  /** How many bytes it has, where that is known. */
  readonly size: number | undefined
  /** The next bytes, good until it is asked again; undefined behind the last. */
  readonly next: Effect.Effect<Uint8Array | undefined, StorageError>
}

export interface Storage {
  /** Its name for the log. */
  readonly describe: () => string
  /**
   * Keeps a snapshot in place of the last one. Interrupted, it leaves that as it was. Bytes that it is through with it may give
   * back to `reuse`, in the order in which they came, for the next ones to be written there: then a snapshot takes less memory.
   */
  readonly save: (next: Chunks, reuse: Reuse) => Effect.Effect<void, StorageError>
  /** The last snapshot, undefined when there is none. */
  readonly open: Effect.Effect<Stored | undefined, StorageError, Scope.Scope>
  /** Forgets the last snapshot. */
  readonly remove: Effect.Effect<void, StorageError>
}

export class SnapshotStorage extends Context.Service<SnapshotStorage, {
  /** Undefined: none is kept. */
  readonly storage: Storage | undefined
}>()("go-redis/persistence/SnapshotStorage") {
  /** Data that ends with the process. */
  static readonly layerNone: Layer.Layer<SnapshotStorage> = Layer.succeed(this, { storage: undefined })

  /** A storage of one's own. */
  static readonly layerOf = (storage: Storage): Layer.Layer<SnapshotStorage> => Layer.succeed(this, { storage })

  /** The file that `dir` and `dbfilename` name. */
  static readonly layerFile: Layer.Layer<SnapshotStorage, never, Config> = Layer.effect(
    this,
    Config.useSync(({ values }) => ({
      storage: file({
        directory: () => values.dir,
        name: () => values.dbfilename,
        syncsInPieces: () => values["rdb-save-incremental-fsync"]
      })
    }))
  )
}

// ---- a file

export interface FileOptions {
  readonly directory: () => string
  readonly name: () => string
  /** Whether every few megabytes go to the disk at once, and not all at the end. */
  readonly syncsInPieces: () => boolean
}

const READ_BYTES = 1024 * 1024
const SYNC_BYTES = 4 * 1024 * 1024

/**
 * A file that is replaced by a new one: written beside it, flushed, renamed, and the folder flushed. Whatever happens,
 * there is the old one or the new one.
 */
export const file = (options: FileOptions): Storage => {
  const path = () => join(options.directory(), options.name())
  return {
    describe: path,
    save: (next, reuse) =>
      Effect.suspend(() => {
        const target = path()
        const directory = options.directory()
        const temporary = join(directory, `temp-${process.pid}-${options.name()}`)
        return Effect.gen(function*() {
          yield* Effect.acquireUseRelease(
            attempt(() => open(temporary, "w", 0o666)),
            (handle) =>
              Effect.andThen(
                Spans.span("snapshot write")(writeAll(handle, next, reuse, options.syncsInPieces())),
                Spans.span("snapshot sync")(sync(handle))
              ),
            close
          )
          yield* Spans.span("snapshot rename")(Effect.gen(function*() {
            // Given up and still under way it would take the next one's file
            yield* Effect.uninterruptible(attempt(() => Fs.promises.rename(temporary, target)))
            yield* Effect.acquireUseRelease(attempt(() => open(directory, "r")), sync, close)
          }))
        }).pipe(Effect.onError(() => Effect.sync(() => Fs.rmSync(temporary, { force: true }))))
      }),
    open: Effect.gen(function*() {
      const handle = yield* Effect.acquireRelease(
        attempt(() => openIfThere(path())),
        (handle) => handle === undefined ? Effect.void : close(handle)
      )
      return handle === undefined ? undefined : yield* stored(handle)
    }),
    remove: Effect.suspend(() => attempt(() => Fs.promises.rm(path(), { force: true })))
  }
}

const openIfThere = (path: string): Promise<FileHandle | undefined> =>
  open(path, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined
    throw error
  })

const attempt = <A>(run: () => Promise<A>): Effect.Effect<A, StorageError> =>
  Effect.tryPromise({
    try: run,
    catch: (error) => new StorageError({ message: error instanceof Error ? error.message : String(error) })
  })

/** Waits for what is still being written. */
const close = (handle: FileHandle): Effect.Effect<void> => Effect.promise(() => handle.close())

const sync = (handle: FileHandle): Effect.Effect<void, StorageError> => attempt(() => handle.sync())

/** Beside writing and flushing, which another thread does, the snapshot goes on; there is one of each at a time. */
const writeAll = Effect.fnUntraced(function*(handle: FileHandle, next: Chunks, reuse: Reuse, syncsInPieces: boolean) {
  let writing = yield* begin(Effect.void)
  let written: ReadonlyArray<Uint8Array> = []
  let syncing = writing
  let unsynced = 0
  for (let chunks = yield* next; chunks !== undefined; chunks = yield* next) {
    let bytes = 0
    for (const chunk of chunks) bytes += chunk.length
    yield* Fiber.join(writing)
    reuse(written)
    written = chunks
    writing = yield* begin(writeChunks(handle, chunks, bytes))
    unsynced += bytes
    if (!syncsInPieces || unsynced < SYNC_BYTES) continue
    yield* Fiber.join(syncing)
    syncing = yield* begin(attempt(() => handle.datasync()))
    unsynced = 0
  }
  yield* Fiber.join(writing)
  yield* Fiber.join(syncing)
})

const begin = (effect: Effect.Effect<void, StorageError>): Effect.Effect<Fiber.Fiber<void, StorageError>> =>
  Effect.forkChild(effect, { startImmediately: true })

const writeChunks = Effect.fnUntraced(function*(handle: FileHandle, chunks: ReadonlyArray<Uint8Array>, bytes: number) {
  if (bytes === 0) return
  const { bytesWritten } = yield* attempt(() => handle.writev(chunks))
  if (bytesWritten === bytes) return
  // What did not go out at once goes in one piece
  const rest = Buffer.concat(chunks).subarray(bytesWritten)
  yield* attempt(() => handle.writeFile(rest))
})

const stored = Effect.fnUntraced(function*(handle: FileHandle) {
  const { size } = yield* attempt(() => handle.stat())
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES)
  const next = Effect.map(
    attempt(() => handle.read(buffer, 0, READ_BYTES)),
    ({ bytesRead }) => bytesRead === 0 ? undefined : buffer.subarray(0, bytesRead)
  )
  return { size, next }
})
