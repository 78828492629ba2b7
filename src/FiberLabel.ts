/**
 * What a fiber is there for, kept in its context: an inspector that lists fibers reads it with
 * `fiber.getRef(FiberLabel)`.
 */
import * as Context from "effect/Context"

export interface Label {
  /** `connection`, `expiry cycle`, ... */
  readonly name: string
  /** The client or whatever else the fiber belongs to. */
  readonly subject?: object
}

export const FiberLabel = Context.Reference<Label | undefined>("go-redis/FiberLabel", {
  defaultValue: () => undefined
})
