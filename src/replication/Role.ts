/**
 * Whether this server is a master or somebody's replica, and how its link to the master is. Plain fields, that the link
 * sets and INFO, ROLE and many commands read.
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"

export interface Address {
  readonly host: string
  readonly port: number
}

/** How far the link to the master is; the words are ROLE's, but for the two that it does not have. */
export type LinkPhase = "connect" | "connecting" | "handshake" | "sync" | "connected"

/** A snapshot that is being received. */
export interface Transfer {
  /** Bytes; -1 while it is not known. */
  readonly total: number
  readonly read: number
  /** Unix seconds. */
  readonly lastIo: number
}

export type FailoverPhase = "no-failover" | "waiting-for-sync" | "failover-in-progress"

class State {
  /** The master; undefined while this server is one itself. */
  master: Address | undefined = undefined
  phase: LinkPhase = "connect"
  transfer: Transfer | undefined = undefined
  /** Unix seconds at which the master was last heard of, and since which the link is down; -1: never. */
  lastIo = -1
  downSince = 0
  /** Offset up to which the master's stream has been read; it may not be applied yet. */
  readOffset = 0
  failover: FailoverPhase = "no-failover"

  get isReplica(): boolean {
    return this.master !== undefined
  }

  get isConnected(): boolean {
    return this.phase === "connected"
  }
}

export class Role extends Context.Service<Role, State>()("go-redis/replication/Role") {
  static readonly layer = Layer.sync(this, () => new State())
}
