/** How one client has its keys tracked: what CLIENT TRACKING and CLIENT CACHING said. */
import type { Session } from "../command/Session.ts"

export interface Modes {
  /** Tell of every key with certain prefixes, read or not. */
  readonly bcast: boolean
  /** Track only the keys of commands behind CLIENT CACHING YES. */
  readonly optin: boolean
  /** Track the keys of all commands but those behind CLIENT CACHING NO. */
  readonly optout: boolean
  /** Do not tell of the client's own changes. */
  readonly noloop: boolean
}

export class TrackingClient {
  readonly session: Session
  modes: Modes
  /** The client that gets the invalidations; 0: itself. */
  redirect: number
  /** CLIENT CACHING was said for the next command. */
  caching = false
  /** The client that was to get the invalidations has gone. */
  isBroken = false
  readonly prefixes = new Set<string>()

  constructor(session: Session, modes: Modes, redirect: number) {
    this.session = session
    this.modes = modes
    this.redirect = redirect
    this.shown()
  }

  /** Whether the keys that the command at hand reads are to be remembered. */
  get remembers(): boolean {
    const { bcast, optin, optout } = this.modes
    return !bcast && !(optin && !this.caching) && !(optout && this.caching)
  }

  /** Lets CLIENT LIST show the state. */
  shown(): void {
    this.session.trackingFlags = `t${this.isBroken ? "R" : ""}${this.modes.bcast ? "B" : ""}`
    this.session.redirect = this.redirect
  }
}
