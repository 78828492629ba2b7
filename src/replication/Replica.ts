/**
 * One replica of this server, or a client that is on its way to become one: what it told with REPLCONF, how far it is,
 * and what it acknowledged. Sending never waits: what the peer does not take piles up in its connection until its
 * output limit ends it.
 */
import type { Session } from "../command/Session.ts"

/**
 * - `talking`: it has not asked for the data yet;
 * - `waiting`: it waits for a snapshot to begin;
 * - `transfer`: it gets a snapshot, and what is written meanwhile is kept for it;
 * - `online`: it follows the stream;
 * - `done`: it wanted a snapshot and nothing else.
 */
export type Phase = "talking" | "waiting" | "transfer" | "online" | "done"

/** What REPLCONF rdb-filter-only leaves of a snapshot. */
export interface Filter {
  readonly data: boolean
  readonly functions: boolean
}

export class Replica {
  readonly session: Session
  phase: Phase = "talking"

  // As told with REPLCONF
  /** 0 while it is not told. */
  port = 0
  /** Empty: the connection's. */
  address = ""
  canEof = false
  canPsync2 = false
  snapshotOnly = false
  filter: Filter = { data: true, functions: true }

  /** It gets a snapshot that is whole; one that is made meanwhile counts as awaited still, as in Redis. */
  getsWhole = false
  /** It came with SYNC and acknowledges nothing. */
  silent = false
  /** The stream goes on with its next acknowledgement: until then it cannot tell the snapshot's end from more. */
  awaitsAck = false
  ackOffset = 0
  /** Unix seconds of its last acknowledgement, or of the last thing that stands for one. */
  ackTime = 0
  private held: Array<Uint8Array> = []

  constructor(session: Session) {
    this.session = session
  }

  /** The address under which others reach it. */
  get host(): string {
    if (this.address !== "") return this.address
    const { link } = this.session
    if (link === undefined) return ""
    return link.unix ? link.peer : link.peer.slice(0, link.peer.lastIndexOf(":")).replace(/^\[|\]$/g, "")
  }

  /** How the log names it. */
  get name(): string {
    return this.host === ""
      ? `client id #${this.session.id}`
      : `${this.host}:${this.port === 0 ? "<unknown-replica-port>" : this.port}`
  }

  /** What INFO and the log call its phase; undefined: it does not follow, or not yet. */
  get state(): "wait_bgsave" | "send_bulk" | "online" | undefined {
    switch (this.phase) {
      case "waiting":
        return "wait_bgsave"
      case "transfer":
        return this.getsWhole ? "send_bulk" : "wait_bgsave"
      case "online":
        return "online"
      case "done":
      case "talking":
        return undefined
    }
  }

  /** Whether it is sent the stream, or will be. */
  get follows(): boolean {
    return this.phase === "transfer" || this.phase === "online"
  }

  /** Gives it a piece of the stream. */
  feed(chunk: Uint8Array): void {
    const { session } = this
    if (this.phase === "online" && !this.awaitsAck) return session.link?.send([chunk])
    if (!this.follows || this.snapshotOnly) return
    this.held.push(chunk)
    session.heldBytes += chunk.length
    session.link?.checkOutputLimit()
  }

  /** Shares what another one has not been sent yet: both get the same snapshot. */
  shareHeld(other: Replica): void {
    this.held = [...other.held]
    this.session.heldBytes = other.session.heldBytes
  }

  /** Sends what was kept: it follows the stream from now on. */
  release(): void {
    this.awaitsAck = false
    const { held } = this
    this.held = []
    this.session.heldBytes = 0
    if (held.length > 0) this.session.link?.send(held)
  }
}
