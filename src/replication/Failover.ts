/**
 * FAILOVER: the master pauses writes, waits until a replica has everything, and then makes itself a replica of it; the
 * other becomes the master by the PSYNC that says so.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberHandle from "effect/FiberHandle"
import * as Layer from "effect/Layer"
import { ClientRegistry } from "../command/ClientRegistry.ts"
import * as Fibers from "../Fibers.ts"
import * as Spans from "../Spans.ts"
import { MasterLink } from "./MasterLink.ts"
import type { Replica } from "./Replica.ts"
import { Replicas } from "./Replicas.ts"
import { ReplicationId } from "./ReplicationId.ts"
import { type Address, Role } from "./Role.ts"

const LOOK_MILLIS = 100

export interface FailoverOptions {
  /** The replica that is to be the master; any that catches up otherwise. */
  readonly target: Address | undefined
  /** Fail over to the target even though it has not caught up in time. */
  readonly force: boolean
  /** Milliseconds; 0: no limit. */
  readonly timeout: number
}

export class Failover extends Context.Service<Failover, {
  readonly begin: (options: FailoverOptions) => Effect.Effect<void>
  /** Gives a failover up; there must be one. */
  readonly abort: (reason: string) => Effect.Effect<void>
  readonly find: (address: Address) => Replica | undefined
}>()("go-redis/replication/Failover") {
  static readonly layer: Layer.Layer<Failover, never, MasterLink | Replicas | ReplicationId | Role | ClientRegistry> =
    Layer.effect(
      this,
      Effect.gen(function*() {
        const link = yield* MasterLink
        const replicas = yield* Replicas
        const identity = yield* ReplicationId
        const role = yield* Role
        const { pause, unpause } = yield* ClientRegistry
        const clock = yield* Clock.Clock
        const handle = yield* FiberHandle.make<void>()
        const fork = Effect.runForkWith(yield* Effect.context())

        const find = ({ host, port }: Address): Replica | undefined =>
          [...replicas.all].find((replica) => replica.host === host && replica.port === port)

        const end = Effect.suspend(() => {
          role.failover = "no-failover"
          replicas.setQuiet(false)
          return unpause("failover")
        })

        /** The replica that was asked for by TO, or chosen. */
        let chosen: Address | undefined

        const abort = Effect.fnUntraced(function*(reason: string) {
          yield* Effect.logInfo(
            chosen === undefined ? `FAILOVER aborted: ${reason}` : `FAILOVER to ${nameOf(chosen)} aborted: ${reason}`
          )
          yield* FiberHandle.clear(handle)
          if (role.failover === "failover-in-progress") yield* link.promote
          yield* end
        })

        const handOver = Effect.fnUntraced(function*(target: Address) {
          role.failover = "failover-in-progress"
          chosen = target
          yield* link.follow(target, {
            // Called by the link, which both of them end
            takesOver: (accepted) => void fork(accepted ? end : abort("Failover target rejected psync request"))
          })
        })

        const isSynced = (replica: Replica): boolean =>
          replica.phase === "online" && replica.ackOffset === identity.offset

        const wait = Effect.fnUntraced(function*({ force, target, timeout }: FailoverOptions) {
          const deadline = timeout === 0 ? Infinity : clock.currentTimeMillisUnsafe() + timeout
          while (true) {
            replicas.feed.flush()
            const candidates = target === undefined ? [...replicas.all] : [find(target)]
            const synced = candidates.find((replica) => replica !== undefined && isSynced(replica))
            if (synced !== undefined) {
              const address = { host: synced.host, port: synced.port }
              yield* Effect.logInfo(`Failover target ${nameOf(address)} is synced, failing over.`)
              return yield* handOver(address)
            }
            if (clock.currentTimeMillisUnsafe() >= deadline) {
              if (!force || target === undefined) {
                // Which ends this fiber
                return void fork(abort("Replica never caught up before timeout"))
              }
              yield* Effect.logInfo(`FAILOVER to ${nameOf(target)} time out exceeded, failing over.`)
              return yield* handOver(target)
            }
            yield* Effect.sleep(LOOK_MILLIS)
          }
        })

        const begin = Effect.fnUntraced(function*(options: FailoverOptions) {
          chosen = options.target
          yield* Effect.logInfo(`FAILOVER requested to ${chosen === undefined ? "any replica" : nameOf(chosen)}.`)
          role.failover = "waiting-for-sync"
          // Whatever else goes into the stream would have to be acknowledged as well
          replicas.setQuiet(true)
          yield* pause("failover", Number.MAX_SAFE_INTEGER, true)
          yield* FiberHandle.run(
            handle,
            Fibers.named({ name: "failover", part: "replication", waitsFor: () => "a replica to catch up" })(
              Spans.span("failover")(wait(options))
            )
          )
        })

        return Failover.of({ begin, abort, find })
      })
    )
}

const nameOf = ({ host, port }: Address): string => `${host}:${port}`
