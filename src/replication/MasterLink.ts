/**
 * The replica's side: a fiber that keeps this server a copy of its master. It connects, asks to go on where it was,
 * takes a snapshot where that cannot be, and then applies the master's stream; whatever ends the link is logged, and it
 * begins again.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberHandle from "effect/FiberHandle"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import { Admission } from "../command/Admission.ts"
import { ClientRegistry } from "../command/ClientRegistry.ts"
import * as CommandError from "../command/CommandError.ts"
import { Executor } from "../command/Executor.ts"
import { Gate } from "../command/Session.ts"
import { Stats } from "../command/Stats.ts"
import { Waiters } from "../command/Waiters.ts"
import { Config } from "../config/Config.ts"
import * as Tls from "../config/Tls.ts"
import * as Fibers from "../Fibers.ts"
import { Snapshot } from "../persistence/Snapshot.ts"
import { SnapshotStorage } from "../persistence/SnapshotStorage.ts"
import * as BulkBuffers from "../resp/BulkBuffers.ts"
import { BufferPool } from "../resp/Output.ts"
import * as Spans from "../Spans.ts"
import { Store } from "../store/Store.ts"
import * as Handshake from "./Handshake.ts"
import { LinkError } from "./LinkError.ts"
import * as MasterSession from "./MasterSession.ts"
import { MasterStream } from "./MasterStream.ts"
import { connect, type MasterWire } from "./MasterWire.ts"
import { Replicas } from "./Replicas.ts"
import { randomId, ReplicationId } from "./ReplicationId.ts"
import { type Address, type LinkPhase, Role } from "./Role.ts"
import * as SnapshotTransfer from "./SnapshotTransfer.ts"
import * as Spool from "./Spool.ts"

/** Milliseconds before a link is tried again: longer each time, until a master's stream has been applied. */
const FIRST_PAUSE = 100
const LONGEST_PAUSE = 5000
const COMPLAINT_SECONDS = 10

export interface FollowOptions {
  /** The other is our replica, and is asked to become the master (FAILOVER); told whether it does. */
  readonly takesOver?: (accepted: boolean) => void
  /** The server has just started: its data has a history only if the snapshot told one. */
  readonly atStart?: boolean
}

/** What is kept from one attempt to the next. */
interface Attempts {
  /** Milliseconds before the next one. */
  pause: number
  takesOver: FollowOptions["takesOver"]
}

export class MasterLink extends Context.Service<MasterLink, {
  /** Makes this server a replica of that one. */
  readonly follow: (master: Address, options?: FollowOptions) => Effect.Effect<void>
  /** Takes up the history that the snapshot of a start told; `follow` comes after it. */
  readonly restore: (aux: ReadonlyMap<string, string>, isWhole: boolean) => void
  /** Makes this server a master, whose history goes on from its master's. */
  readonly promote: Effect.Effect<void>
  /** Tells the master, if there is one, how far this server is. */
  readonly acknowledge: () => void
}>()("go-redis/replication/MasterLink") {
  static readonly layer: Layer.Layer<
    MasterLink,
    never,
    | Store
    | Config
    | Executor
    | ClientRegistry
    | Admission
    | Stats
    | Waiters
    | Replicas
    | ReplicationId
    | Role
    | Snapshot
    | SnapshotStorage
  > = Layer.effect(
    this,
    Effect.gen(function*() {
      const store = yield* Store
      const { state } = store
      const { assign, onChange, values } = yield* Config
      const executor = yield* Executor
      const { clients, untilUnpaused } = yield* ClientRegistry
      const admission = yield* Admission
      const stats = yield* Stats
      const waiters = yield* Waiters
      const replicas = yield* Replicas
      const identity = yield* ReplicationId
      const role = yield* Role
      const snapshot = yield* Snapshot
      const { storage } = yield* SnapshotStorage
      const clock = yield* Clock.Clock
      const handle = yield* FiberHandle.make<void>()
      const fork = Effect.runForkWith(yield* Effect.context())
      const { feed } = replicas
      const now = (): number => clock.currentTimeMillisUnsafe()
      const seconds = (): number => Math.floor(now() / 1000)

      /** Whether this server's data is at the point of a master's history that `identity` names. */
      let canResume = false
      let acknowledge = (): void => {}

      const applyRole = (): void => {
        state.ownsExpiry = !role.isReplica
        state.takesOwnWrites = role.isReplica && !values["replica-read-only"]
        admission.readOnly = role.isReplica && values["replica-read-only"]
        admission.refusesStale = role.isReplica && !role.isConnected && !values["replica-serve-stale-data"]
        admission.updateReplication()
      }

      const setPhase = (phase: LinkPhase): void => {
        if (role.isConnected && phase !== "connected") role.downSince = seconds()
        role.phase = phase
        applyRole()
      }

      // ---- everything

      const isEmpty = (): boolean => store.database(0).space.size === 0

      /** The bytes of the snapshot as they come, or from a file when all have come. */
      const sourceOf = (pull: SnapshotTransfer.Transfer["pull"]) => {
        const direct = values["repl-diskless-load"]
        if (storage === undefined || direct === "swapdb" || (direct === "on-empty-db" && isEmpty())) {
          // No room is made for what is merely announced
          return Effect.succeed({ size: undefined, pull })
        }
        return Spool.received(pull, storage)
      }

      /** Takes a snapshot that is at this point of a history in the place of the data; true if it ended with a mark. */
      const fullSync = Effect.fnUntraced(
        function*(wire: MasterWire, replid: string, offset: number) {
          // Our own replicas will need the same
          replicas.disconnectAll()
          setPhase("sync")
          const transfer = yield* Handshake.within(values, SnapshotTransfer.begin(wire))
          const { size } = transfer
          yield* Effect.logInfo(
            size === undefined
              ? "MASTER <-> REPLICA sync: receiving streamed RDB from master with EOF to the end"
              : `MASTER <-> REPLICA sync: receiving ${size} bytes from master`
          )
          let read = 0
          const progress = (chunk?: Uint8Array): void => {
            read += chunk?.length ?? 0
            stats.replicationInputBytes += chunk?.length ?? 0
            role.lastIo = seconds()
            role.transfer = { total: size ?? -1, read, lastIo: role.lastIo }
          }
          progress()
          const pull = Effect.tap(
            Handshake.within(values, transfer.pull),
            (chunk) => Effect.sync(() => progress(chunk))
          )
          // While it is busy with what has come, the master hears nothing else
          const signs = Effect.forever(Effect.andThen(Effect.sleep(1000), Effect.sync(() => wire.write("\n"))))
          const loaded = yield* Effect.gen(function*() {
            const source = yield* Spans.span("full sync receive")(sourceOf(pull))
            yield* Effect.logInfo("MASTER <-> REPLICA sync: Loading DB in memory")
            const loaded = yield* Spans.span("load")(
              snapshot.load(source.pull, { dropExpired: false, size: source.size })
            )
            if (source.pull !== pull && values["rdb-del-sync-files"] && values.save.length === 0) {
              yield* Effect.ignore(storage?.remove ?? Effect.void)
            }
            if ((yield* source.pull) !== undefined || (yield* pull) !== undefined) {
              return yield* new LinkError({ message: "The MASTER's snapshot ends before its announced length" })
            }
            return loaded
          }).pipe(
            Effect.scoped,
            Effect.raceFirst(signs),
            Effect.catchTag("RdbError", ({ message }) =>
              Effect.fail(
                new LinkError({ message: `Failed trying to load the MASTER synchronization DB: ${message}` })
              ))
          )
          // The old keyspace goes as a whole, which takes no time; the figure says what the operator asked for
          if (values["replica-lazy-flush"]) state.stats.lazyFreed += store.database(0).space.size
          snapshot.adopt(loaded)
          identity.replid = replid
          identity.forgetSecond()
          feed.moveTo(offset)
          const db = Number(loaded.aux.get("repl-stream-db") ?? 0)
          feed.select(db >= 0 && db < values.databases ? db : 0)
          canResume = true
          state.onReady()
          yield* Spans.annotate({
            "redis.replication.id": replid,
            "redis.replication.offset": offset,
            "redis.bytes": read,
            "redis.keys": loaded.keys
          })
          yield* Effect.logInfo("MASTER <-> REPLICA sync: Finished with success")
          return size === undefined
        },
        (effect) =>
          Effect.ensuring(
            effect,
            Effect.sync(() => {
              role.transfer = undefined
            })
          ).pipe(Spans.span("full sync", { kind: "client" }))
      )

      // ---- the stream

      /** Goes on with the history at hand, which may have got another name. */
      const resume = (replid: string | undefined): void => {
        if (replid === undefined || replid === identity.replid) return
        fork(Effect.logWarning(`Master replication ID changed to ${replid}`))
        identity.fork(replid)
        // They have to hear of it
        replicas.disconnectAll()
      }

      /** When a write that could not be stored is applied all the same, the log says so at most that often. */
      let nextComplaint = 0

      const checkWrite = (): void => {
        if ((admission.gate & Gate.writes) === 0) return
        const refusal = admission.refusesWrite("")
        if (refusal === undefined) return
        if (!values["replica-ignore-disk-write-errors"]) {
          throw new LinkError({ message: "Replica was unable to write command to disk.", canResume: true })
        }
        if (seconds() < nextComplaint) return
        nextComplaint = seconds() + COMPLAINT_SECONDS
        fork(Effect.logWarning("Replica is applying a command even though it is unable to write to disk."))
      }

      /** Applies what the master sends until the link ends. */
      const stream = Effect.fnUntraced(function*(wire: MasterWire, link: Attempts, acknowledgeNow: boolean) {
        const session = MasterSession.make(clients.nextId(), wire, now())
        session.db = Math.max(0, feed.database)
        const acks = (): void => {
          const offset = String(identity.offset)
          wire.write(`*3\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$${offset.length}\r\n${offset}\r\n`)
        }
        const applier = new MasterStream({
          session,
          executor,
          state,
          feed,
          bulks: BulkBuffers.pooled(new BufferPool(), () => store.database(0).space.arena),
          now,
          onGetAck: acks,
          checkWrite,
          onError: (command, text) => {
            stats.unexpectedErrors++
            fork(Effect.logWarning(
              `== CRITICAL == This replica is sending an error to its master: '${text}' after processing the command `
                + `'${command}'`
            ))
            if (values["propagation-error-behavior"] === "ignore" || !values["replica-read-only"]) return
            throw new LinkError({ message: "a command of the master failed, which makes this copy worthless" })
          }
        })
        replicas.openBacklog()
        clients.add(session)
        acknowledge = acks
        role.lastIo = seconds()
        setPhase("connected")
        if (acknowledgeNow) acks()
        /** What has come while CLIENT PAUSE holds the stream back, as it does with clients. */
        let held: Array<Uint8Array> = []
        const isHeld = Latch.makeUnsafe(false)
        const apply = (bytes: Uint8Array): void => {
          try {
            applier.apply(bytes)
          } catch (error) {
            // Who has lost the thread of the stream cannot go on with it
            canResume = error instanceof LinkError && error.canResume === true
            throw error
          }
          link.pause = FIRST_PAUSE
        }
        const follow = wire.follow((bytes) => {
          role.lastIo = seconds()
          stats.replicationInputBytes += bytes.length
          if (held.length === 0 && (admission.gate & Gate.paused) === 0) apply(bytes)
          else {
            held.push(Buffer.from(bytes))
            isHeld.openUnsafe()
          }
          role.readOffset = identity.offset + applier.unapplied + held.reduce((sum, { length }) => sum + length, 0)
        })
        const goOn = Effect.gen(function*() {
          while (true) {
            yield* isHeld.await
            isHeld.closeUnsafe()
            while ((admission.gate & Gate.paused) !== 0) yield* untilUnpaused
            const chunks = held
            held = []
            yield* Effect.try({ try: () => chunks.forEach(apply), catch: linkErrorOf })
          }
        })
        const watch = Effect.gen(function*() {
          while (true) {
            yield* Effect.sleep(1000)
            if (seconds() - role.lastIo > values["repl-timeout"]) {
              return yield* new LinkError({ message: "MASTER timeout: no data nor PING received..." })
            }
            acks()
          }
        })
        const from = identity.offset
        return yield* Effect.raceAllFirst([follow, watch, goOn]).pipe(
          Effect.ensuring(Effect.suspend(() => {
            acknowledge = () => {}
            session.closing = true
            session.release()
            clients.remove(session)
            setPhase("connect")
            return Spans.annotate({
              "redis.replication.id": identity.replid,
              "redis.replication.offset": identity.offset,
              "redis.bytes": identity.offset - from
            })
          }))
        )
      }, Spans.span("replication stream", { kind: "client" }))

      // ---- the link

      const encryption = Effect.mapError(
        Effect.suspend(() => Tls.connecting(values)),
        ({ message }) => new LinkError({ message })
      )

      const once = Effect.fnUntraced(function*(master: Address, link: Attempts) {
        yield* Effect.logInfo(`Connecting to MASTER ${master.host}:${master.port}`)
        setPhase("connecting")
        const tls = values["tls-replication"] ? yield* encryption : undefined
        const source = values["bind-source-addr"] || undefined
        const wire = yield* Spans.span("connect", { kind: "client" })(
          Handshake.within(values, connect(master, { source, tls }))
        )
        yield* Effect.logInfo("MASTER <-> REPLICA sync started")
        setPhase("handshake")
        yield* Spans.span("handshake", { kind: "client" })(Handshake.introduce(wire, values))
        const from = canResume ? { replid: identity.replid, offset: identity.offset + 1 } : undefined
        const { takesOver } = link
        const answer = yield* Handshake.synchronize(wire, values, from, takesOver !== undefined).pipe(
          Effect.tapError(() => Effect.sync(() => takesOver?.(false)))
        )
        link.takesOver = undefined
        takesOver?.(true)
        let acknowledgeNow = false
        if (answer._tag === "Partial") {
          const attributes = { "redis.replication.id": identity.replid, "redis.replication.offset": identity.offset }
          yield* Spans.span("partial sync", { kind: "client", attributes })(Effect.sync(() => resume(answer.replid)))
        } else {
          const { offset, replid } = answer._tag === "Full" ? answer : { offset: 0, replid: randomId() }
          acknowledgeNow = yield* fullSync(wire, replid, offset)
        }
        return yield* stream(wire, link, acknowledgeNow)
      }, Effect.scoped)

      const keep = Effect.fnUntraced(function*(master: Address, link: Attempts) {
        while (true) {
          const attributes = Spans.peer(master.host, master.port)
          const error = yield* once(master, link).pipe(
            Spans.span("replication link", { kind: "client", attributes }),
            Effect.flip
          )
          yield* Effect.logWarning(`Connection with master lost: ${error.message}`)
          setPhase("connect")
          yield* Effect.sleep(link.pause)
          link.pause = Math.min(LONGEST_PAUSE, link.pause * 2)
        }
      })

      // ---- roles

      const follow = (
        master: Address,
        { atStart = false, takesOver }: FollowOptions = {}
      ): Effect.Effect<void> =>
        Effect.gen(function*() {
          const wasMaster = !role.isReplica
          yield* FiberHandle.clear(handle)
          if (wasMaster) {
            waiters.disconnectAll(CommandError.instanceChanged)
            // Its own history may be the beginning of the master's
            canResume = !atStart || identity.hasHistory
            replicas.openBacklog()
          }
          role.master = master
          role.downSince = seconds()
          replicas.setMaster(false)
          setPhase("connect")
          yield* Effect.ignore(assign("replicaof", [master.host, String(master.port)]))
          const label = { name: `link to master ${master.host}:${master.port}`, part: "replication" }
          yield* FiberHandle.run(
            handle,
            keep(master, { pause: FIRST_PAUSE, takesOver }).pipe(
              Fibers.named(label),
              Effect.provideService(References.PreventSchedulerYield, true)
            )
          )
        })

      const restore = (aux: ReadonlyMap<string, string>, isWhole: boolean): void => {
        const [replid, offset, db] = ["repl-id", "repl-offset", "repl-stream-db"].map((name) => aux.get(name))
        if (replid === undefined || !/^[0-9a-f]{40}$/.test(replid) || !/^\d{1,15}$/.test(offset ?? "")) return
        identity.replid = replid
        feed.moveTo(Number(offset))
        identity.hasHistory = true
        if (values.replicaof !== undefined) {
          feed.select(Math.min(values.databases - 1, Math.max(0, Number(db))) || 0)
          return
        }
        // Who has keys that were left out here would keep them for ever
        if (isWhole) identity.fork()
        else identity.change()
        replicas.openBacklog()
      }

      const promote = Effect.gen(function*() {
        if (!role.isReplica) return
        yield* FiberHandle.clear(handle)
        role.master = undefined
        canResume = false
        feed.flush()
        identity.fork()
        replicas.disconnectAll()
        replicas.setMaster(true)
        feed.forgetDatabase()
        setPhase("connect")
        yield* Effect.ignore(assign("replicaof", ["no", "one"]))
      })

      const stop = onChange(["replica-read-only", "replica-serve-stale-data"], applyRole)
      yield* Effect.addFinalizer(() => Effect.sync(stop))
      return MasterLink.of({ follow, restore, promote, acknowledge: () => acknowledge() })
    })
  )
}

const linkErrorOf = (error: unknown): LinkError =>
  error instanceof LinkError ? error : new LinkError({ message: String(error) })
