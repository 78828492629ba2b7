/** `client-output-buffer-limit`: how many bytes of replies a client may leave unread, by its class. */
import type { ClientKind } from "../command/Session.ts"
import type { Values } from "../config/Registry.ts"

export interface Limit {
  readonly hard: number
  readonly soft: number
  readonly seconds: number
}

const none: Limit = { hard: 0, soft: 0, seconds: 0 }

/** A master is never limited. */
export const limitOf = (kind: ClientKind, values: Values): Limit => {
  const limits = values["client-output-buffer-limit"]
  return kind === "normal"
    ? limits.normal
    : kind === "pubsub"
    ? limits.pubsub
    : kind === "replica"
    ? limits.slave
    : none
}

/** Remembers since when a client has been over its soft limit. */
export class SoftLimit {
  private since = 0

  get isCounting(): boolean {
    return this.since > 0
  }

  /** Whether so many unread bytes end the connection now. */
  isReached(bytes: number, limit: Limit, now: number): boolean {
    if (limit.hard > 0 && bytes >= limit.hard) return true
    if (limit.soft === 0 || bytes < limit.soft) {
      this.since = 0
      return false
    }
    if (this.since === 0) {
      this.since = now
      return false
    }
    return Math.floor((now - this.since) / 1000) > limit.seconds
  }

  clear(): void {
    this.since = 0
  }
}
