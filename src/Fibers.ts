/**
 * What long-lived fibers are there for, and who began them. A fiber that is `named` has that in its context, where
 * `fiber.getRef(NamedFiber)` finds it, and stands in the registry of its server as long as it runs: FIBER LIST shows it.
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

/** A named fiber that runs. */
export interface Named {
  readonly fiber: Fiber.Fiber<unknown, unknown>
  readonly label: Label
  /** Unix milliseconds. */
  readonly since: number
  /** The id of the named fiber that began it, itself or by fibers without a name. */
  readonly parent: number | undefined
}

/**
 * The fiber itself, or the nearest one with a name among those that began it: what is forked has the context of who forks
 * it. (Effect knows the parent of a fiber only where the one ends with the other, and tells nobody.)
 */
export const NamedFiber = Context.Reference<Named | undefined>("go-redis/NamedFiber", {
  defaultValue: () => undefined
})

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
    const around = fiber.getRef(NamedFiber)
    // A fiber may be given another name for a while
    const renamed = around?.fiber === fiber
    const parent = renamed ? around.parent : around?.fiber.id
    return Effect.clockWith((clock) => {
      const named = { fiber, label, parent, since: clock.currentTimeMillisUnsafe() }
      const labelled = Effect.provideService(effect, NamedFiber, named)
      if (registry === undefined) return labelled
      registry.byId.set(fiber.id, named)
      return Effect.onExit(
        labelled,
        () => Effect.sync(() => renamed ? registry.byId.set(fiber.id, around) : registry.byId.delete(fiber.id))
      )
    })
  })
