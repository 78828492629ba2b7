/**
 * The names of the histories that this server's data belongs to: 40 hex digits and an offset, by which a replica asks to
 * go on where it was (https://redis.io/docs/management/replication). Plain fields, read by INFO and PSYNC.
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import { randomBytes } from "node:crypto"

const none = "0".repeat(40)

export class Identity {
  replid = randomId()
  /** The history before a promotion, valid up to `secondOffset`. */
  replid2 = none
  secondOffset = -1
  /** Bytes of the replication stream so far. */
  offset = 0
  /** The database in which the stream is; -1: not told yet. */
  streamDb = -1
  /**
   * Whether this is a point of a history that somebody may go on from, so that a snapshot tells it: there are replicas,
   * or there is a master.
   */
  hasHistory = false

  /** Begins a history of its own: nobody can go on with what they had. */
  change(): void {
    this.replid = randomId()
    this.forgetSecond()
  }

  /** Begins a history of its own that goes on from the present one: who was in that one can go on in this one. */
  fork(replid = randomId()): void {
    this.replid2 = this.replid
    this.secondOffset = this.offset + 1
    this.replid = replid
  }

  forgetSecond(): void {
    this.replid2 = none
    this.secondOffset = -1
  }

  /** Whether a copy that has the stream of that history up to before `offset` can go on with ours from there. */
  continues(replid: string, offset: number): boolean {
    return replid === this.replid || (replid === this.replid2 && offset <= this.secondOffset)
  }
}

/** 40 random hex digits, as Redis names runs and histories. */
export const randomId = (): string => randomBytes(20).toString("hex")

export class ReplicationId extends Context.Service<ReplicationId, Identity>()("go-redis/replication/ReplicationId") {
  static readonly layer = Layer.sync(this, () => new Identity())
}
