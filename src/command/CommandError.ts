/**
 * The errors that commands answer, with Redis's exact texts. They are everyday replies, no exceptions: plain values
 * without a stack, the fixed ones made once. A command's code throws them (see `Command.sync`), its Effect fails with
 * them.
 */
import type { Output } from "../resp/Output.ts"
import type { Reply } from "../resp/Reply.ts"

export class CommandError implements Reply {
  readonly _tag = "CommandError"
  /** The code word and the text, such as `ERR syntax error`. */
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  /** The first word, by which INFO errorstats counts. */
  get code(): string {
    const space = this.text.indexOf(" ")
    return space < 0 ? this.text : this.text.slice(0, space)
  }

  encode(out: Output): void {
    out.error(this.text)
  }
}

/**
 * An error of one's own; CR and LF in the text become spaces, and those at its end go, as in Redis. One character is one
 * byte: an argument that is quoted in it comes from `request.quoted`.
 */
export const make = (text: string): CommandError =>
  new CommandError(text.replace(/[\r\n]+$/, "").replace(/[\r\n]/g, " "))

export const syntax = make("ERR syntax error")
export const wrongType = make("WRONGTYPE Operation against a key holding the wrong kind of value")
export const notAnInteger = make("ERR value is not an integer or out of range")
export const notAFloat = make("ERR value is not a valid float")
export const noSuchKey = make("ERR no such key")
export const outOfRange = make("ERR value is out of range")
export const positiveOutOfRange = make("ERR value is out of range, must be positive")
export const indexOutOfRange = make("ERR index out of range")
export const sameObject = make("ERR source and destination objects are the same")
export const overflow = make("ERR increment or decrement would overflow")
export const nanOrInfinity = make("ERR increment would produce NaN or Infinity")
export const stringTooLong = make("ERR string exceeds maximum allowed size (proto-max-bulk-len)")
export const dbOutOfRange = make("ERR DB index is out of range")
export const invalidDb = make("ERR invalid DB index")
export const outOfMemory = make("OOM command not allowed when used memory > 'maxmemory'.")
export const noAuth = make("NOAUTH Authentication required.")
export const noProto = make("NOPROTO unsupported protocol version")
export const execAbort = make("EXECABORT Transaction discarded because of previous errors.")
export const readOnly = make("READONLY You can't write against a read only replica.")
export const loading = make("LOADING Redis is loading the dataset in memory")
export const masterDown = make("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.")
export const noReplicas = make("NOREPLICAS Not enough good replicas to write.")
export const busyKey = make("BUSYKEY Target key name already exists.")
export const noScript = make("NOSCRIPT No matching script. Please use EVAL.")
export const instanceChanged = make(
  "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)"
)
export const unblocked = make("UNBLOCKED client unblocked via CLIENT UNBLOCK")

export const invalidExpire = (command: string): CommandError => make(`ERR invalid expire time in '${command}' command`)
export const wrongArity = (command: string): CommandError =>
  make(`ERR wrong number of arguments for '${command}' command`)
/** What a container answers that looks at its subcommands' arguments itself. */
export const unknownSubcommandOrArity = (container: string, subcommand: string): CommandError =>
  make(`ERR unknown subcommand or wrong number of arguments for '${subcommand.slice(0, 128)}'. Try ${container} HELP.`)
