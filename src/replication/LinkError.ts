/** Why a link to a master ended; it is logged, and the link is tried again. */
import * as Data from "effect/Data"

export class LinkError extends Data.TaggedError("LinkError")<{
  readonly message: string
  /** Whether the data is still at a known point of the master's stream, although it failed. */
  readonly canResume?: boolean
}> {}
