/**
 * The end of the server, as SHUTDOWN and signals ask for it. Whoever has something to finish first (a snapshot, the
 * replicas) registers a step; when one of them fails the server goes on, unless it is told to force the end.
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

export interface Mode {
  /** Save whether or not there are save points, never, or as configured. */
  readonly save: "save" | "nosave" | "default"
  /** Do not wait for lagging replicas. */
  readonly now: boolean
  /** End even though a step fails. */
  readonly force: boolean
}

export const defaultMode: Mode = { save: "default", now: false, force: false }

/** One thing to do before the end; its failure is logged and keeps the server running. */
export type Step = (mode: Mode) => Effect.Effect<void, string>

export class Shutdown extends Context.Service<Shutdown, {
  /** Runs the steps and ends the server; false when one of them failed. */
  readonly begin: (mode: Mode) => Effect.Effect<boolean>
  /** Gives up a shutdown that waits; false when there is none. */
  readonly abort: Effect.Effect<boolean>
  readonly addStep: (step: Step) => () => void
  /** Waits until the server is to end. */
  readonly requested: Effect.Effect<void>
}>()("go-redis/command/Shutdown") {
  static readonly layer: Layer.Layer<Shutdown> = Layer.effect(
    this,
    Effect.gen(function*() {
      const done = yield* Deferred.make<void>()
      const steps = new Set<Step>()
      let aborted: Deferred.Deferred<void> | undefined
      const runSteps = (mode: Mode): Effect.Effect<boolean> =>
        Effect.gen(function*() {
          for (const step of steps) {
            const failure = yield* Effect.match(step(mode), { onSuccess: () => undefined, onFailure: (text) => text })
            if (failure === undefined) continue
            yield* Effect.logWarning(failure)
            if (!mode.force) return false
          }
          return true
        })
      return Shutdown.of({
        requested: Deferred.await(done),
        addStep: (step) => {
          steps.add(step)
          return () => void steps.delete(step)
        },
        begin: (mode) =>
          Effect.gen(function*() {
            yield* Effect.logWarning("User requested shutdown...")
            const abort = aborted = yield* Deferred.make<void>()
            const ready = yield* Effect.raceFirst(runSteps(mode), Effect.as(Deferred.await(abort), false))
            aborted = undefined
            if (ready) yield* Deferred.succeed(done, undefined)
            return ready
          }),
        abort: Effect.suspend(() =>
          aborted === undefined ? Effect.succeed(false) : Effect.as(Deferred.succeed(aborted, undefined), true)
        )
      })
    })
  )
}
