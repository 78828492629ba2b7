/** Why the server cannot listen where it was told to. */
import * as Data from "effect/Data"

/** `message` is the line with which redis-server gives up. */
export class ListenError extends Data.TaggedError("ListenError")<{
  readonly message: string
  /** What the operating system said, for each address that failed. */
  readonly details: ReadonlyArray<string>
}> {}
