/**
 * What SHUTDOWN owes the replicas: writes pause until all have acknowledged everything, for `shutdown-timeout` seconds
 * at most.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { ClientRegistry } from "../command/ClientRegistry.ts"
import { type Mode, Shutdown } from "../command/Shutdown.ts"
import { Config } from "../config/Config.ts"
import type { Replica } from "./Replica.ts"
import { Replicas } from "./Replicas.ts"
import { ReplicationId } from "./ReplicationId.ts"
import { Role } from "./Role.ts"

const LOOK_MILLIS = 100

/** Takes part in the server's end. */
export const layer: Layer.Layer<
  never,
  never,
  Shutdown | Replicas | ReplicationId | Role | ClientRegistry | Config
> = Layer.effectDiscard(Effect.gen(function*() {
  const shutdown = yield* Shutdown
  const replicas = yield* Replicas
  const identity = yield* ReplicationId
  const role = yield* Role
  const { pause, unpause } = yield* ClientRegistry
  const { values } = yield* Config
  const clock = yield* Clock.Clock

  const isLagging = ({ ackOffset, snapshotOnly }: Replica): boolean => !snapshotOnly && ackOffset < identity.offset

  const isAwaited = (): boolean => {
    replicas.feed.flush()
    return [...replicas.all].some(isLagging)
  }

  /** Tells who does not have everything. */
  const report = Effect.gen(function*() {
    const all = [...replicas.all]
    if (all.length === 0) return
    const lagging = all.filter(isLagging)
    const now = Math.floor(clock.currentTimeMillisUnsafe() / 1000)
    for (const { ackOffset, ackTime, name, phase, state } of lagging) {
      const behind = identity.offset - ackOffset
      const lag = phase === "online" ? now - ackTime : 0
      yield* Effect.logWarning(
        `Lagging replica ${name} reported offset ${behind} behind master, lag=${lag}, state=${state ?? "none"}.`
      )
    }
    yield* Effect.logInfo(
      `${all.length - lagging.length} of ${all.length} replicas are in sync when shutting down.`
    )
  })

  /** No more goes into the stream. */
  const hold = Effect.suspend(() => {
    shutdown.wait.until = clock.currentTimeMillisUnsafe() + values["shutdown-timeout"] * 1000
    replicas.setQuiet(true)
    return pause("shutdown", Number.MAX_SAFE_INTEGER, true)
  })
  const goOn = Effect.suspend(() => {
    shutdown.wait.until = undefined
    replicas.setQuiet(false)
    return unpause("shutdown")
  })

  const wait = (mode: Mode): Effect.Effect<void, never, Scope.Scope> =>
    Effect.gen(function*() {
      const isAwaitable = !mode.now && values["shutdown-timeout"] > 0 && !role.isReplica
      if (isAwaitable && isAwaited()) {
        yield* Effect.logInfo("Waiting for replicas before shutting down.")
        yield* Effect.acquireRelease(hold, () => goOn)
        while (isAwaited() && clock.currentTimeMillisUnsafe() < (shutdown.wait.until ?? 0)) {
          yield* Effect.sleep(LOOK_MILLIS)
        }
      }
      yield* report
    })

  yield* Effect.acquireRelease(Effect.sync(() => shutdown.addStep(wait)), (remove) => Effect.sync(remove))
}))
