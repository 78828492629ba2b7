/**
 * What commands know of the client that sent them: selected database, protocol, name, transaction. A connection has
 * one, and so has an embedded client.
 */
import type { Output } from "../resp/Output.ts"

export class Session {
  /** Unique and growing, as CLIENT ID shows it. */
  readonly id: number
  readonly out: Output
  /** Index of the selected database. */
  db = 0
  /** As CLIENT SETNAME gave it. */
  name = ""
  user = "default"
  authenticated = true
  /** Comes from this machine: what `local` means in `enable-debug-command` and its like. */
  isLocal = true
  /** The command at hand, in lower case, as error texts name it; `config|get` for a subcommand. */
  commandName = ""
  /** Reasons to look closer before a command runs: see `Gate`. Zero on the common path. */
  gate = 0
  /** The connection ends once its replies are written. */
  closing = false
  /** Commands run for it, for CLIENT LIST. */
  lastCommand = ""

  constructor(id: number, out: Output) {
    this.id = id
    this.out = out
  }
}

/** Bits of a session's or the server's gate. */
export const Gate = {
  /** Not authenticated yet. */
  auth: 1 << 0,
  /** Between MULTI and EXEC. */
  multi: 1 << 1,
  /** Subscribed, in RESP2: few commands are allowed. */
  subscribed: 1 << 2,
  /** CLIENT PAUSE is on. */
  paused: 1 << 3,
  /** `maxmemory` is set. */
  memory: 1 << 4,
  /** The data is being loaded. */
  loading: 1 << 5,
  /** This is a replica, or writes need replicas, or the disk is full. */
  writes: 1 << 6,
  /** Somebody MONITORs, or commands are traced. */
  watched: 1 << 7,
  /** Replies are muted for one command or all. */
  reply: 1 << 8,
  /** The session tracks keys for its client's cache. */
  tracking: 1 << 9
} as const
