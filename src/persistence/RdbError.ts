/** RDB data that cannot be loaded: torn, corrupt, of an unknown version or with what only other servers know. */
import * as Data from "effect/Data"

export class RdbError extends Data.TaggedError("RdbError")<{
  readonly reason: string
  /** Where in the data the part begins that is wrong. */
  readonly offset: number
}> {
  override get message(): string {
    return `${this.reason} (at offset ${this.offset})`
  }
}
