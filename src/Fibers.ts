/**
 * What long-lived fibers are there for. A fiber that is `named` has its label in its context, where
 * `fiber.getRef(FiberLabel)` finds it, and stands in the registry of its server as long as it runs: FIBER LIST shows it.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

export interface Label {
  /** `connection`, `active expiry`, ... */
  readonly name: string
  /** The part of the server it belongs to: `store`, `server`, `replication`, ... */
  readonly part: string
  /** The client or whatever else the fiber belongs to. */
  readonly subject?: object
  /** What it waits for now, if it knows. */
  readonly waitsFor?: () => string | undefined
  /** Whether it may be interrupted without harm to the server. */
  readonly interruptible?: boolean
}

export const FiberLabel = Context.Reference<Label | undefined>("go-redis/FiberLabel", {
  defaultValue: () => undefined
})

/** A named fiber that runs. */
export interface Named {
  readonly fiber: Fiber.Fiber<unknown, unknown>
  readonly label: Label
  /** Unix milliseconds. */
  readonly since: number
}

/** The named fibers of one server, by fiber id, oldest first. */
export class Registry {
  readonly byId = new Map<number, Named>()
}

/** Provided by `Services.layer`; without it fibers are labelled, but listed nowhere. */
export const FiberRegistry = Context.Reference<Registry | undefined>("go-redis/FiberRegistry", {
  defaultValue: () => undefined
})

/** Names the fiber that runs the effect, for as long as it does. */
export const named = (label: Label) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withFiber<A, E, R>((fiber) => {
    const registry = fiber.getRef(FiberRegistry)
    const labelled = Effect.provideService(effect, FiberLabel, label)
    if (registry === undefined) return labelled
    return Effect.clockWith((clock) => {
      registry.byId.set(fiber.id, { fiber, label, since: clock.currentTimeMillisUnsafe() })
      return Effect.onExit(labelled, () => Effect.sync(() => registry.byId.delete(fiber.id)))
    })
  })
