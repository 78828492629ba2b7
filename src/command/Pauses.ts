/**
 * Commands that are held back: by CLIENT PAUSE, and by what lets no writes in while it has to do with the data of now. Each
 * reason is ended by itself, so that CLIENT UNPAUSE lets no write into a failover.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberHandle from "effect/FiberHandle"
import * as Latch from "effect/Latch"
import type { State } from "../store/State.ts"
import type { ServerAdmission } from "./Admission.ts"
import { Gate } from "./Session.ts"

export type Reason = "client" | "failover" | "shutdown" | "migrate"

interface Pause {
  readonly until: number
  readonly writesOnly: boolean
}

export interface Pauses {
  /**
   * Postpones commands until that Unix time in milliseconds: all, or only writes. A pause is only ever made longer, and to
   * hold back more.
   */
  readonly pause: (reason: Reason, until: number, writesOnly: boolean) => Effect.Effect<void>
  readonly unpause: (reason: Reason) => Effect.Effect<void>
  /** Waits until there is no pause, or one that holds back less: look again. */
  readonly untilUnpaused: Effect.Effect<void>
}

export const make = (admission: ServerAdmission, state: State) =>
  Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const timer = yield* FiberHandle.make<void>()
    // Opened through the dispatcher: the clients go on after the command that ends the pause, not inside it
    const latch = Latch.makeUnsafe(true)
    const pauses = new Map<Reason, Pause>()

    const holdsBackAll = (): boolean => (admission.gate & Gate.paused) !== 0 && !admission.pausesWritesOnly

    /** Holds back what the pauses that are left ask for. */
    const apply = Effect.suspend(() => {
      const now = clock.currentTimeMillisUnsafe()
      for (const [reason, { until }] of pauses) if (until <= now) pauses.delete(reason)
      const left = [...pauses.values()]
      const held = holdsBackAll()
      admission.pausesWritesOnly = left.every(({ writesOnly }) => writesOnly)
      admission.set(Gate.paused, left.length > 0)
      state.pausedUntil = Math.max(0, ...left.map(({ until }) => until))
      if (left.length === 0) return latch.open
      latch.closeUnsafe()
      return held && !holdsBackAll() ? latch.release : Effect.void
    })

    const follow: Effect.Effect<void> = Effect.suspend(() => {
      if (pauses.size === 0) return Effect.void
      const next = Math.min(...[...pauses.values()].map(({ until }) => until))
      return Effect.sleep(Math.max(0, next - clock.currentTimeMillisUnsafe())).pipe(
        Effect.andThen(apply),
        Effect.andThen(follow)
      )
    })

    const change = Effect.andThen(apply, FiberHandle.run(timer, follow))

    return {
      pause: (reason, until, writesOnly) =>
        Effect.suspend(() => {
          const before = pauses.get(reason)
          pauses.set(reason, {
            until: Math.max(until, before?.until ?? until),
            writesOnly: writesOnly && (before?.writesOnly ?? true)
          })
          return Effect.asVoid(change)
        }),
      unpause: (reason) => Effect.suspend(() => pauses.delete(reason) ? Effect.asVoid(change) : Effect.void),
      untilUnpaused: latch.await
    } satisfies Pauses
  })
