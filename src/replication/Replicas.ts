/**
 * The master's side: the replicas that are attached, the stream they get (`Feed`), and what they acknowledged. A fiber
 * looks after them once a second while there is anything to look after: pings, silent replicas, a backlog that nobody
 * asked for in a long time.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import { Admission } from "../command/Admission.ts"
import { Gate, type Session } from "../command/Session.ts"
import { Config } from "../config/Config.ts"
import * as Fibers from "../Fibers.ts"
import * as Spans from "../Spans.ts"
import { Store } from "../store/Store.ts"
import { Feed } from "./Feed.ts"
import { Replica } from "./Replica.ts"
import { ReplicationId } from "./ReplicationId.ts"

const ROUND_MILLIS = 1000

/** Somebody who waits until so many replicas have acknowledged the stream up to an offset. */
interface AckWait {
  readonly offset: number
  readonly count: number
  readonly answer: (acknowledged: number) => void
}

export class Replicas extends Context.Service<Replicas, {
  readonly feed: Feed
  /** What a session told about itself as a replica; made when it is first asked for. */
  readonly of: (session: Session) => Replica
  /** All that are attached, oldest first. */
  readonly all: ReadonlySet<Replica>
  /** Makes a session a replica's. The first one opens the backlog. */
  readonly attach: (replica: Replica) => void
  /** Lets a replica have the stream up to now and from now on. */
  readonly resume: (replica: Replica, offset: number) => void
  readonly putOnline: (replica: Replica) => void
  /** Ends the connections to all replicas: they come back, and learn what has changed. */
  readonly disconnectAll: () => void
  readonly acknowledge: (replica: Replica, offset: number) => void
  /** How many replicas have acknowledged the stream up to an offset. */
  readonly countAcks: (offset: number) => number
  /** Calls `answer` once so many have; returns the way to give it up. */
  readonly awaitAcks: (wait: AckWait) => () => void
  /** Replicas that, when it was last judged, were heard of within `min-replicas-max-lag`. */
  readonly good: () => number
  /** Whether this server is a master; a replica generates no stream of its own. */
  readonly setMaster: (master: boolean) => void
  /** Keeps the stream from now on, as a new part of the present history. */
  readonly openBacklog: () => void
  /** While replicas are to catch up, nothing goes into the stream that is not a write: no pings, no questions. */
  readonly setQuiet: (quiet: boolean) => void
  /** Runs once a second while replicas are attached. */
  readonly onRound: (round: (seconds: number) => void) => () => void
}>()("go-redis/replication/Replicas") {
  static readonly layer: Layer.Layer<Replicas, never, Store | Config | Admission | ReplicationId> = Layer.effect(
    this,
    Effect.gen(function*() {
      const { state } = yield* Store
      const { onChange, values } = yield* Config
      const admission = yield* Admission
      const identity = yield* ReplicationId
      const clock = yield* Clock.Clock
      const spans = yield* Spans.ServerSpans
      const fork = Effect.runForkWith(yield* Effect.context())
      const log = (message: string): void => void fork(Effect.logInfo(message))
      const feed = new Feed(identity, state.propagation)
      const known = new WeakMap<Session, Replica>()
      const waits = new Set<AckWait>()
      const rounds = new Set<(seconds: number) => void>()
      const needed = Latch.makeUnsafe(false)
      let isMaster = true
      let good = 0
      let quiet = false
      /** Unix seconds since which there is no replica. */
      let lonelySince = 0
      let nextPing = 0

      const seconds = (): number => Math.floor(clock.currentTimeMillisUnsafe() / 1000)

      // ---- how good they are

      const countGood = (): number => {
        let count = 0
        for (const { ackTime, phase } of feed.replicas) {
          if (phase === "online" && seconds() - ackTime <= values["min-replicas-max-lag"]) count++
        }
        return count
      }
      /** Sets whether writes lack replicas; by hand for all events that count, since no command should count them. */
      const judge = (): void => {
        const least = values["min-replicas-to-write"]
        const asks = isMaster && least > 0 && values["min-replicas-max-lag"] > 0
        good = countGood()
        admission.lacksReplicas = asks && good < least
        admission.updateReplication()
      }

      const countAcks = (offset: number): number => {
        let count = 0
        for (const { ackOffset, phase } of feed.replicas) if (phase === "online" && ackOffset >= offset) count++
        return count
      }

      const acknowledge = (replica: Replica, offset: number): void => {
        const { session } = replica
        if (offset > identity.offset) {
          log(
            `Replica ${replica.name} acknowledges offset ${offset}, beyond ours of ${identity.offset}: disconnecting it`
          )
          return session.link?.kill()
        }
        replica.ackOffset = Math.max(replica.ackOffset, offset)
        replica.ackTime = seconds()
        if (replica.phase === "online" && replica.awaitsAck) {
          feed.flush()
          replica.release()
        }
        for (const wait of waits) {
          const count = countAcks(wait.offset)
          if (count >= wait.count) wait.answer(count)
        }
        judge()
      }

      // ---- coming and going

      const openBacklog = (): void => {
        feed.open(values["repl-backlog-size"])
        identity.hasHistory = true
        feed.generate(isMaster)
        needed.openUnsafe()
      }

      const attach = (replica: Replica): void => {
        const { session } = replica
        if (feed.replicas.size === 0 && feed.backlog === undefined) {
          // Nobody can have bytes that were never kept
          identity.change()
          openBacklog()
        }
        feed.flush()
        session.kind = "replica"
        session.gate |= Gate.replica
        if (values["repl-disable-tcp-nodelay"]) session.link?.batch()
        replica.ackTime = seconds()
        if (feed.replicas.size === 0) nextPing = seconds() + values["repl-ping-replica-period"]
        feed.replicas.add(replica)
        needed.openUnsafe()
        const { source } = spans
        const span = source?.begin("replication link", {
          kind: "server",
          attributes: { ...Spans.peer(replica.host, replica.port), "redis.replication.id": identity.replid }
        })
        const detach = (): void => {
          session.releases.delete(detach)
          if (span !== undefined) {
            Spans.attach(span, { "redis.replication.offset": replica.ackOffset })
            source?.end(span, Exit.void)
          }
          session.heldBytes = 0
          replica.phase = "done"
          if (!feed.remove(replica)) return
          log(`Connection with replica ${replica.name} lost.`)
          if (feed.replicas.size === 0) lonelySince = seconds()
          judge()
        }
        session.releases.add(detach)
      }

      const putOnline = (replica: Replica): void => {
        replica.phase = "online"
        replica.ackTime = seconds()
        judge()
      }

      const resume = (replica: Replica, offset: number): void => {
        attach(replica)
        const answer = replica.canPsync2 ? `+CONTINUE ${identity.replid}\r\n` : "+CONTINUE\r\n"
        const missed = feed.backlog?.from(offset) ?? new Uint8Array(0)
        replica.session.link?.send([Buffer.from(answer), missed])
        log(
          `Partial resynchronization request from ${replica.name} accepted. Sending ${missed.length} bytes of backlog starting from offset ${offset}.`
        )
        putOnline(replica)
      }

      const disconnectAll = (): void => {
        for (const { session } of [...feed.replicas]) session.link?.kill()
      }

      // ---- once a second

      const lookAfter = (now: number): void => {
        for (const replica of [...feed.replicas]) {
          // Also a sign of life to one that waits for a snapshot to begin
          if (replica.phase === "waiting") replica.session.link?.send([LF])
          const mayBeSilent = replica.phase === "waiting" || replica.phase === "done" || replica.silent
          if (mayBeSilent || now - lastHeard(replica) <= values["repl-timeout"]) continue
          log(
            `Disconnecting timedout replica (${
              replica.phase === "online" ? "streaming" : "full"
            } sync): ${replica.name}`
          )
          replica.session.link?.kill()
        }
      }

      const forgetBacklog = (now: number): void => {
        const limit = values["repl-backlog-ttl"]
        if (feed.replicas.size > 0 || feed.backlog === undefined || !isMaster || limit === 0) return
        if (now - lonelySince <= limit) return
        identity.change()
        identity.hasHistory = false
        feed.close()
        log(`Replication backlog freed after ${limit} seconds without connected replicas.`)
      }

      const round = (): void => {
        const now = seconds()
        if (isMaster && feed.replicas.size > 0 && now >= nextPing && !quiet) {
          nextPing = now + values["repl-ping-replica-period"]
          feed.ping()
        }
        lookAfter(now)
        forgetBacklog(now)
        for (const each of rounds) each(now)
        judge()
      }

      const pauseUntilNext = (): number => {
        if (feed.replicas.size > 0) return ROUND_MILLIS
        if (feed.backlog === undefined || !isMaster || values["repl-backlog-ttl"] === 0) return Infinity
        return Math.max(ROUND_MILLIS, (lonelySince + values["repl-backlog-ttl"] + 1 - seconds()) * 1000)
      }

      yield* Effect.gen(function*() {
        while (true) {
          needed.closeUnsafe()
          const pause = pauseUntilNext()
          if (pause === ROUND_MILLIS) yield* Effect.sleep(ROUND_MILLIS)
          else {
            yield* pause === Infinity ? needed.await : Effect.raceFirst(Effect.sleep(pause), needed.await)
            // Leaves the turn that has opened the latch
            yield* Effect.yieldNow
          }
          if (pause !== Infinity) yield* Effect.sync(round)
        }
      }).pipe(Fibers.named({ name: "replication rounds", part: "replication" }), Effect.forkScoped)

      const stopFollowing = [
        onChange(["repl-backlog-size"], () => {
          feed.flush()
          feed.backlog?.resize(values["repl-backlog-size"])
        }),
        onChange(["min-replicas-to-write", "min-replicas-max-lag"], judge),
        onChange(["repl-backlog-ttl"], () => void needed.openUnsafe())
      ]
      const stopCounting = state.countOverhead(() => feed.backlog?.capacity ?? 0)
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          for (const stop of stopFollowing) stop()
          stopCounting()
          feed.close()
        })
      )
      judge()

      return Replicas.of({
        feed,
        all: feed.replicas,
        of: (session) => {
          const replica = known.get(session) ?? new Replica(session)
          known.set(session, replica)
          return replica
        },
        attach,
        resume,
        putOnline,
        disconnectAll,
        acknowledge,
        countAcks,
        awaitAcks: (wait) => {
          waits.add(wait)
          if (!quiet) feed.requestAcks()
          return () => void waits.delete(wait)
        },
        good: () => good,
        setMaster: (master) => {
          feed.flush()
          isMaster = master
          if (feed.backlog !== undefined) feed.generate(master)
          lonelySince = seconds()
          judge()
        },
        openBacklog,
        setQuiet: (on) => {
          quiet = on
        },
        onRound: (each) => {
          rounds.add(each)
          return () => void rounds.delete(each)
        }
      })
    })
  )
}

const LF = Buffer.from("\n")

/** Unix seconds: anything that it sends is a sign of life, line feeds while it loads among them. */
const lastHeard = ({ ackTime, session }: Replica): number =>
  Math.max(ackTime, Math.floor(session.lastInteraction / 1000))
