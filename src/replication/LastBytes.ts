/**
 * What SHUTDOWN owes the replicas: writes pause until all have acknowledged everything, for `shutdown-timeout` seconds
 * at most.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ClientRegistry } from "../command/ClientRegistry.ts"
import { type Mode, Shutdown } from "../command/Shutdown.ts"
import { Config } from "../config/Config.ts"
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
  const { addStep } = yield* Shutdown
  const replicas = yield* Replicas
  const identity = yield* ReplicationId
  const role = yield* Role
  const { pause, unpause } = yield* ClientRegistry
  const { values } = yield* Config
  const clock = yield* Clock.Clock

  const lagging = (): number => {
    replicas.feed.flush()
    const online = [...replicas.all].filter(({ phase, silent }) => phase === "online" && !silent)
    return online.filter(({ ackOffset }) => ackOffset < identity.offset).length
  }

  const wait = (mode: Mode): Effect.Effect<void, string> =>
    Effect.gen(function*() {
      if (mode.now || values["shutdown-timeout"] === 0 || role.isReplica || lagging() === 0) return
      yield* Effect.logInfo(`Waiting for replicas before shutting down.`)
      replicas.setQuiet(true)
      yield* pause(Number.MAX_SAFE_INTEGER, true)
      const deadline = clock.currentTimeMillisUnsafe() + values["shutdown-timeout"] * 1000
      while (lagging() > 0 && clock.currentTimeMillisUnsafe() < deadline) yield* Effect.sleep(LOOK_MILLIS)
      const behind = lagging()
      if (behind > 0) {
        yield* Effect.logWarning(`${behind} of ${replicas.all.size} replicas are behind when shutting down.`)
      }
    }).pipe(
      // Given up with SHUTDOWN ABORT
      Effect.onInterrupt(() =>
        Effect.suspend(() => {
          replicas.setQuiet(false)
          return unpause
        })
      )
    )

  yield* Effect.acquireRelease(Effect.sync(() => addStep(wait)), (remove) => Effect.sync(remove))
}))
