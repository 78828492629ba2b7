/**
 * The names of the histories that this server's data belongs to: 40 hex digits and an offset, by which a replica asks to
 * go on where it was (https://redis.io/docs/management/replication). Plain fields, read by INFO and PSYNC.
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import { randomBytes } from "node:crypto"

const none = "0".repeat(40)

class Identity {
  replid = randomId()
  /** The history before a promotion, valid up to `secondOffset`. */
  replid2 = none
  secondOffset = -1
  /** Bytes of the replication stream so far. */
  offset = 0

  /** Begins a history of its own: nobody can go on with what they had. */
  change(): void {
    this.replid = randomId()
    this.forgetSecond()
  }

  forgetSecond(): void {
    this.replid2 = none
    this.secondOffset = -1
  }
}

/** 40 random hex digits, as Redis names runs and histories. */
export const randomId = (): string => randomBytes(20).toString("hex")

export class ReplicationId extends Context.Service<ReplicationId, Identity>()("go-redis/replication/ReplicationId") {
  static readonly layer = Layer.sync(this, () => new Identity())
}
