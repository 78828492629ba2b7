/** Why a link to a master ended; it is logged, and the link is tried again. */
import * as Data from "effect/Data"

export class LinkError extends Data.TaggedError("LinkError")<{ readonly message: string }> {}
