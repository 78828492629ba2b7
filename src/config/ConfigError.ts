/** What can be wrong with the configuration: errors of the start, and plain refusals of CONFIG's subcommands. */
import * as Data from "effect/Data"

/** The version of Redis whose configuration this is, as the error blocks name it. */
export const REDIS_VERSION = "7.0.15"

/**
 * A configuration that the server does not start with. `message` is the block that redis-server prints on its standard
 * error, or the line that it logs when `logged` is set.
 */
export class ConfigFileError extends Data.TaggedError("ConfigFileError")<{
  readonly reason: string
  readonly line?: { readonly number: number; readonly text: string } | undefined
  readonly logged?: boolean | undefined
}> {
  override get message(): string {
    if (this.logged === true) return this.reason
    const at = this.line === undefined
      ? ""
      : `Reading the configuration file, at line ${this.line.number}\n>>> '${this.line.text}'\n`
    return `\n*** FATAL CONFIG FILE ERROR (Redis ${REDIS_VERSION}) ***\n${at}${this.reason}\n`
  }
}

/** Why CONFIG SET or CONFIG REWRITE was refused: an everyday reply, so a plain value. */
export class ConfigRefusal {
  readonly _tag = "ConfigRefusal"
  /** The error reply, beginning with its code. */
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}
