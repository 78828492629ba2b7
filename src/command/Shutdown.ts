/**
 * The end of the server, as SHUTDOWN and signals ask for it. Whoever has something to finish first (a snapshot, the
 * replicas) registers a step; when one of them fails the server goes on, unless it is told to force the end. It goes on its
 * own way, whoever asked for it, and who asks again waits for the same end.
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberHandle from "effect/FiberHandle"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"

export interface Mode {
  /** Save whether or not there are save points, never, or as configured. */
  readonly save: "save" | "nosave" | "default"
  /** Do not wait for lagging replicas. */
  readonly now: boolean
  /** End even though a step fails. */
  readonly force: boolean
}

export const defaultMode: Mode = { save: "default", now: false, force: false }

/**
 * One thing to do before the end; its failure is logged and keeps the server running. The scope closes if the server goes on
 * after all.
 */
export type Step = (mode: Mode) => Effect.Effect<void, string, Scope.Scope>

export class Shutdown extends Context.Service<Shutdown, {
  /** Runs the steps and ends the server; false when one of them failed, or it was given up. */
  readonly begin: (mode: Mode) => Effect.Effect<boolean>
  /** Gives up a shutdown that waits; false when there is none. */
  readonly abort: Effect.Effect<boolean>
  readonly addStep: (step: Step) => () => void
  /** Unix milliseconds until which the shutdown under way waits at most, if it waits: set by the step that does. */
  readonly wait: { until: number | undefined }
  /** Waits until the server is to end. */
  readonly requested: Effect.Effect<void>
}>()("go-redis/command/Shutdown") {
  static readonly layer: Layer.Layer<Shutdown> = Layer.effect(
    this,
    Effect.gen(function*() {
      const done = yield* Deferred.make<void>()
      const steps = new Set<Step>()
      const handle = yield* FiberHandle.make<void>()
      /** What comes of the shutdown under way. */
      let outcome: Deferred.Deferred<boolean> | undefined

      const runSteps = (mode: Mode): Effect.Effect<boolean, never, Scope.Scope> =>
        Effect.gen(function*() {
          for (const step of steps) {
            const failure = yield* Effect.match(step(mode), { onSuccess: () => undefined, onFailure: (text) => text })
            if (failure === undefined) continue
            yield* Effect.logWarning(failure)
            if (!mode.force) return false
          }
          return true
        })

      const run = (mode: Mode, told: Deferred.Deferred<boolean>): Effect.Effect<void> =>
        Effect.uninterruptibleMask((restore) =>
          Effect.gen(function*() {
            const scope = yield* Scope.make()
            const exit = yield* Effect.exit(restore(Scope.provide(runSteps(mode), scope)))
            const ends = Exit.isSuccess(exit) && exit.value
            if (!ends) yield* Scope.close(scope, exit)
            outcome = undefined
            yield* Deferred.succeed(told, ends)
            if (ends) yield* Deferred.succeed(done, undefined)
          })
        )

      return Shutdown.of({
        requested: Deferred.await(done),
        wait: { until: undefined },
        addStep: (step) => {
          steps.add(step)
          return () => void steps.delete(step)
        },
        begin: (mode) =>
          Effect.gen(function*() {
            if (outcome !== undefined) return yield* Deferred.await(outcome)
            const told = outcome = yield* Deferred.make<boolean>()
            yield* Effect.logWarning("User requested shutdown...")
            yield* FiberHandle.run(handle, run(mode, told))
            return yield* Deferred.await(told)
          }),
        abort: Effect.gen(function*() {
          if (outcome === undefined) return false
          yield* FiberHandle.clear(handle)
          yield* Effect.logInfo("Shutdown manually aborted.")
          return true
        })
      })
    })
  )
}
