/**
 * Brings replicas up that have nothing to go on from: each gets a snapshot, and behind it what was written since. Those
 * who come before a snapshot begins share it; it is streamed to all of them at the pace of the slowest, or saved to the
 * RDB file first for those who must know its length.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberHandle from "effect/FiberHandle"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import { Stats } from "../command/Stats.ts"
import { Config } from "../config/Config.ts"
import * as Fibers from "../Fibers.ts"
import { Snapshot, type Source } from "../persistence/Snapshot.ts"
import { SnapshotStorage, type Storage, StorageError } from "../persistence/SnapshotStorage.ts"
import * as Spans from "../Spans.ts"
import type { Filter, Replica } from "./Replica.ts"
import { Replicas } from "./Replicas.ts"
import { randomId, ReplicationId } from "./ReplicationId.ts"

/** How long to wait for the end of a snapshot that is taken for somebody else, before the next look. */
const BUSY_MILLIS = 50

/** A snapshot under way. */
interface Job {
  readonly toFile: boolean
  readonly filter: Filter
  readonly offset: number
  readonly replicas: Set<Replica>
}

export class FullSync extends Context.Service<FullSync, {
  /** Gives an attached replica a snapshot, soon. */
  readonly request: (replica: Replica) => Effect.Effect<void>
}>()("go-redis/replication/FullSync") {
  static readonly layer: Layer.Layer<
    FullSync,
    never,
    Snapshot | SnapshotStorage | Config | Replicas | ReplicationId | Stats
  > = Layer
    .effect(
      this,
      Effect.gen(function*() {
        const snapshot = yield* Snapshot
        const { storage } = yield* SnapshotStorage
        const { values } = yield* Config
        const replicas = yield* Replicas
        const identity = yield* ReplicationId
        const stats = yield* Stats
        const clock = yield* Clock.Clock
        const handle = yield* FiberHandle.make<void>()
        const { feed } = replicas
        let job: Job | undefined

        const waiting = (): Array<Replica> => [...feed.replicas].filter(({ phase }) => phase === "waiting")

        // ---- one snapshot

        /** From here on the replica is kept what is written; it is told at which point that begins. */
        const enter = (replica: Replica, offset: number): void => {
          replica.phase = "transfer"
          replica.ackTime = Math.floor(clock.currentTimeMillisUnsafe() / 1000)
          if (!replica.silent) replica.session.link?.send([Buffer.from(`+FULLRESYNC ${identity.replid} ${offset}\r\n`)])
        }

        /** Chooses who shares the next snapshot, in the very turn in which it begins. */
        const open = (toFile: boolean, group: ReadonlyArray<Replica>, filter: Filter): Job => {
          feed.flush()
          // Who gets the stream from here on has to be told its database
          feed.forgetDatabase()
          const opened: Job = { toFile, filter, offset: identity.offset, replicas: new Set(group) }
          for (const replica of group) enter(replica, opened.offset)
          job = opened
          return opened
        }

        const isThere = (replica: Replica): boolean => replica.phase === "transfer" && feed.replicas.has(replica)

        const finish = (replica: Replica): Effect.Effect<void> =>
          Effect.suspend(() => {
            if (!isThere(replica)) return Effect.void
            if (replica.snapshotOnly) {
              replica.phase = "done"
              return Effect.logInfo(
                `RDB transfer completed, rdb only replica (${replica.name}) should be disconnected asap`
              )
            }
            replicas.putOnline(replica)
            return Effect.logInfo(`Synchronization with replica ${replica.name} succeeded`)
          })

        /** Sends to all who are still there, and waits for them. */
        const sendAll = (to: Iterable<Replica>, chunks: ReadonlyArray<Uint8Array>): Effect.Effect<void> =>
          Effect.suspend(() => {
            const present = [...to].filter(isThere)
            for (const { session } of present) session.link?.send(chunks)
            return Effect.forEach(
              present,
              (replica) =>
                Effect.map(replica.session.link?.untilDrained ?? Effect.void, () => {
                  replica.ackTime = Math.floor(clock.currentTimeMillisUnsafe() / 1000)
                }),
              { discard: true, concurrency: "unbounded" }
            )
          })

        const bytesOf = (chunks: ReadonlyArray<Uint8Array>): number =>
          chunks.reduce((sum, { length }) => sum + length, 0)

        const streamTo = Effect.fnUntraced(function*(source: Source, { replicas: group }: Job) {
          let bytes = 0
          const mark = Buffer.from(randomId())
          for (const replica of group) replica.awaitsAck = !replica.snapshotOnly
          yield* sendAll(group, [Buffer.from("$EOF:"), mark, Buffer.from("\r\n")])
          while ([...group].some(isThere)) {
            const chunks = yield* source.next
            if (chunks === undefined) break
            bytes += bytesOf(chunks)
            yield* sendAll(group, chunks)
            source.reuse(chunks)
          }
          yield* sendAll(group, [mark])
          yield* Spans.annotate({ "redis.bytes": bytes, "redis.keys": source.keys() })
          for (const replica of group) yield* finish(replica)
        }, Spans.span("full sync stream"))

        const send = Effect.fnUntraced(function*(
          replica: Replica,
          size: number,
          next: Effect.Effect<Uint8Array | undefined, StorageError>
        ) {
          replica.getsWhole = true
          yield* sendAll([replica], [Buffer.from(`$${size}\r\n`)])
          while (isThere(replica)) {
            const chunk = yield* next
            if (chunk === undefined) break
            // The storage reads into the same bytes again
            yield* sendAll([replica], [Buffer.from(chunk)])
          }
          yield* Spans.annotate({ ...Spans.peer(replica.host, replica.port), "redis.bytes": size })
          yield* finish(replica)
          if (replica.phase === "online") replica.release()
        }, Spans.span("full sync send"))

        const sendStored = (kept: Storage) => (replica: Replica) =>
          Effect.scoped(Effect.gen(function*() {
            const stored = yield* kept.open
            if (stored?.size === undefined) return yield* new StorageError({ message: "the snapshot has no length" })
            yield* send(replica, stored.size, stored.next)
          }))

        /** Where nothing is stored, and for a part of the data, the snapshot is collected to know its length. */
        const collect = Effect.fnUntraced(function*(source: Source) {
          const chunks: Array<Uint8Array> = []
          for (let next = yield* source.next; next !== undefined; next = yield* source.next) chunks.push(...next)
          const size = bytesOf(chunks)
          return (replica: Replica) => {
            const left = chunks.values()
            return send(replica, size, Effect.sync(() => left.next().value))
          }
        })

        const saveAndSend = Effect.fnUntraced(function*(source: Source, opened: Job) {
          const kept = opened.filter.data && opened.filter.functions ? storage : undefined
          const sendTo = yield* Spans.span("full sync snapshot")(
            kept === undefined ? collect(source) : Effect.as(kept.save(source.next, source.reuse), sendStored(kept))
          )
          // Who comes from now on needs a later one, which need not wait for the sending
          job = undefined
          source.end()
          yield* Effect.forEach(opened.replicas, sendTo, { concurrency: "unbounded", discard: true })
          if (kept !== undefined && values["rdb-del-sync-files"] && values.save.length === 0) yield* kept.remove
        })

        /** The point of our history at which a snapshot is, for a restart. */
        const fieldsOf = (): Iterable<readonly [string, string | number]> => {
          if (!identity.hasHistory) return []
          feed.flush()
          return [
            ["repl-stream-db", Math.max(0, feed.database)],
            ["repl-id", identity.replid],
            ["repl-offset", identity.offset]
          ]
        }
        snapshot.describe(fieldsOf)

        /** One snapshot for all who wait for the same. */
        const runOne = Effect.fnUntraced(function*() {
          const [first] = waiting()
          if (first === undefined) return
          const { filter } = first
          const source = yield* snapshot.begin(filter)
          // No turn has passed since the snapshot's moment
          const group = waiting().filter((each) =>
            each.filter.data === filter.data && each.filter.functions === filter.functions
          )
          const wanted = values["repl-diskless-sync"] || !filter.data || !filter.functions
          const toFile = !(wanted && group.every(({ canEof }) => canEof))
          yield* Effect.logInfo(`Starting BGSAVE for SYNC with target: ${toFile ? "disk" : "replicas sockets"}`)
          const opened = open(toFile, group, filter)
          yield* Spans.annotate({
            "redis.replication.id": identity.replid,
            "redis.replication.offset": opened.offset,
            "redis.replication.replicas": group.map(({ name }) => name),
            "redis.snapshot.target": toFile ? "disk" : "sockets"
          })
          yield* (toFile ? saveAndSend(source, opened) : streamTo(source, opened)).pipe(
            Effect.catch((error) =>
              Effect.andThen(
                Effect.logWarning(`The snapshot for replicas failed: ${error.message}`),
                Effect.sync(() => {
                  for (const replica of opened.replicas) if (isThere(replica)) replica.session.link?.kill()
                })
              )
            ),
            Effect.ensuring(Effect.sync(() => {
              job = undefined
            }))
          )
        }, Effect.scoped)

        const isEnough = (): boolean => {
          const most = values["repl-diskless-sync-max-replicas"]
          return most > 0 && waiting().length >= most
        }

        const mayDelay = (): boolean =>
          values["repl-diskless-sync"] && waiting().every(({ canEof }) => canEof) && !isEnough()

        /** A span only where a snapshot has begun: who waits for the end of another one looks again and again. */
        const synchronize = Effect.suspend(() =>
          snapshot.current() === undefined ? Spans.span("full sync", { kind: "server" })(runOne()) : runOne()
        )

        const run = Effect.gen(function*() {
          // More may come and share it
          for (let waited = 0; waited < values["repl-diskless-sync-delay"] && mayDelay(); waited++) {
            yield* Effect.sleep(1000)
          }
          while (waiting().length > 0) {
            yield* Effect.catchTag(synchronize, "SnapshotBusy", () => Effect.sleep(BUSY_MILLIS))
          }
        }).pipe(
          Fibers.named({ name: "full sync", part: "replication" }),
          Effect.provideService(References.PreventSchedulerYield, true)
        )

        /** One who may have the snapshot under way: what is kept for another since its beginning is kept for it too. */
        const share = (replica: Replica): boolean => {
          if (job === undefined || !job.toFile) return false
          if (job.filter.data !== replica.filter.data || job.filter.functions !== replica.filter.functions) return false
          const other = [...job.replicas].find((each) => isThere(each) && !each.snapshotOnly)
          if (other === undefined) return false
          feed.flush()
          enter(replica, job.offset)
          replica.shareHeld(other)
          job.replicas.add(replica)
          return true
        }

        return FullSync.of({
          request: (replica) =>
            Effect.gen(function*() {
              stats.fullSyncs++
              replica.phase = "waiting"
              if (share(replica)) return
              yield* FiberHandle.run(handle, run, { onlyIfMissing: true })
            })
        })
      })
    )
}
