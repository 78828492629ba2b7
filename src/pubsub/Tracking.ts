/**
 * Client-side caching (https://redis.io/docs/manual/client-side-caching): remembers what clients have read, or which
 * prefixes they want to know of, and tells them what has changed. Who changes a key itself is told behind the reply of
 * the command that does it.
 *
 * While nobody tracks keys, neither the store nor the executor tells of anything.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Admission } from "../command/Admission.ts"
import { ClientRegistry, type Clients, type KeyTracking } from "../command/ClientRegistry.ts"
import type { Entry } from "../command/CommandTable.ts"
import { keysRead } from "../command/Keys.ts"
import type { Request } from "../command/Request.ts"
import { Gate, type Session } from "../command/Session.ts"
import { Waiters } from "../command/Waiters.ts"
import { Config } from "../config/Config.ts"
import type { KeyListener } from "../store/KeyEvents.ts"
import { Store } from "../store/Store.ts"
import { Broadcasts } from "./Broadcasts.ts"
import * as Invalidation from "./Invalidation.ts"
import { type Modes, TrackingClient } from "./TrackingClient.ts"
import { TrackingTable } from "./TrackingTable.ts"

/** Keys forgotten in one go when there are more than allowed. */
const FORGET_AT_ONCE = 100

interface Host {
  readonly clients: Clients
  /** Begins or ends to follow the store and the commands. */
  readonly follow: (listener: KeyListener, tracking: Tracker) => () => void
  /** Whose doing the change at hand is; undefined for the server's own, such as an expiry. */
  readonly changer: () => Session | undefined
  /** `tracking-table-max-keys`. */
  readonly mostKeys: () => number
}

export class Tracker implements KeyTracking {
  readonly table = new TrackingTable()
  readonly broadcasts = new Broadcasts()
  private readonly tracked = new Map<Session, TrackingClient>()
  private readonly host: Host
  private stopFollowing: (() => void) | undefined = undefined
  /** The client whose command runs, and whether it runs already: then its reply is not there yet. */
  private current: Session | undefined = undefined
  private executing = false
  /** What the client at hand is to be told behind its reply. */
  private pending: Array<Invalidation.Invalidation> = []

  constructor(host: Host) {
    this.host = host
  }

  /** Clients that track keys. */
  get size(): number {
    return this.tracked.size
  }

  of(session: Session): TrackingClient | undefined {
    return this.tracked.get(session)
  }

  // ---- switching on and off

  /** Begins to track for a client, or changes how. Without prefixes, broadcasting tells of every key. */
  enable(session: Session, modes: Modes, redirect: number, prefixes: ReadonlyArray<string>): void {
    let client = this.tracked.get(session)
    if (client === undefined) {
      this.tracked.set(session, client = new TrackingClient(session, modes, redirect))
      session.releases.add(this.releaseOf(session))
    } else {
      client.modes = modes
      client.redirect = redirect
      client.isBroken = false
      client.shown()
    }
    for (const prefix of modes.bcast && prefixes.length === 0 ? [""] : prefixes) this.broadcasts.add(prefix, client)
    this.begin(session)
  }

  private releaseOf(session: Session): () => void {
    const release = (): void => {
      session.releases.delete(release)
      this.disable(session)
    }
    return release
  }

  disable(session: Session): void {
    const client = this.tracked.get(session)
    if (client === undefined) return
    this.broadcasts.remove(client)
    this.tracked.delete(session)
    session.trackingFlags = ""
    session.redirect = -1
    this.endWhenIdle()
  }

  private begin(session: Session): void {
    if (this.stopFollowing !== undefined) return
    this.stopFollowing = this.host.follow(this.listener, this)
    this.current = session
  }

  private endWhenIdle(): void {
    if (this.tracked.size > 0 || this.table.size > 0) return
    this.stopFollowing?.()
    this.stopFollowing = undefined
    this.current = undefined
    this.pending = []
  }

  // ---- around commands

  enter(session: Session): void {
    this.current = session
    this.executing = false
  }

  runs(): void {
    this.executing = true
  }

  leave(): void {
    this.current = undefined
    this.executing = false
  }

  ran(request: Request, entry: Entry): void {
    const client = this.tracked.get(request.session)
    if (client === undefined || !entry.traits.isReadOnly || entry.spec.group === "pubsub" || !client.remembers) return
    for (const { index } of keysRead(entry.spec, request)) this.table.remember(request.latin1(index), client.session.id)
    this.forgetSome()
  }

  replied(session: Session, entry: Entry | undefined): void {
    this.executing = false
    const client = this.tracked.get(session)
    if (client === undefined) return
    if (client.caching && session.transaction === undefined && entry?.parent?.name !== "client") client.caching = false
    if (this.pending.length === 0 || session !== this.current) return
    const invalidations = this.pending
    this.pending = []
    for (const invalidation of invalidations) this.send(client, invalidation)
  }

  /** Serves a client that waits, in another's turn: what it is told of its own doing comes behind its reply. */
  readonly serving = (session: Session, serve: () => void): void => {
    const { current, executing } = this
    this.current = session
    this.executing = true
    serve()
    this.replied(session, session.entry)
    this.current = current
    this.executing = executing
  }

  /** Keeps the table within its limit, as far as one command may be held up for it. */
  private forgetSome(): void {
    const most = this.host.mostKeys()
    if (most === 0) return
    for (let effort = FORGET_AT_ONCE; effort > 0 && this.table.size > most; effort--) {
      const key = this.table.oldest()
      if (key !== undefined) this.invalidate(key, Buffer.from(key, "latin1"))
    }
  }

  // ---- changes

  private readonly listener: KeyListener = {
    modified: (_db, key, start, end) => {
      const bytes = Buffer.from(key.buffer, key.byteOffset + start, end - start)
      const text = bytes.toString("latin1")
      if (this.broadcasts.size > 0 && this.broadcasts.note(text, this.host.changer())) {
        queueMicrotask(this.broadcastSoon)
      }
      this.invalidate(text, bytes)
    },
    flushed: () => {
      for (const session of this.host.clients.byId.values()) {
        const client = this.tracked.get(session)
        if (client !== undefined) this.tell(client, Invalidation.ofAll(session.out.resp))
      }
      this.table.clear()
    }
  }

  /** Tells those who have read a key; it is not remembered any more. */
  private invalidate(text: string, key: Uint8Array): void {
    let invalidation: Invalidation.Invalidation | undefined
    for (const id of this.table.take(text)) {
      const session = this.host.clients.byId.get(id)
      const client = session === undefined ? undefined : this.tracked.get(session)
      if (client === undefined || client.modes.bcast) continue
      if (client.modes.noloop && session === this.current) continue
      this.tell(client, invalidation ??= Invalidation.ofKeys([key]))
    }
  }

  /** Behind what the turn has set in motion: clients that it has unblocked may go on to change more. */
  private readonly broadcastSoon = (): void => void setImmediate(this.broadcast)

  private readonly broadcast = (): void => {
    this.broadcasts.takeChanges((clients, changes) => {
      const told = (keys: typeof changes) => Invalidation.ofKeys(keys.map(([key]) => Buffer.from(key, "latin1")))
      const common = told(changes)
      for (const client of clients) {
        if (!client.modes.noloop) {
          this.send(client, common)
          continue
        }
        const others = changes.filter(([, by]) => by !== client.session)
        if (others.length > 0) this.send(client, told(others))
      }
    })
  }

  // ---- telling

  /** Tells a client now, or behind the reply that it waits for. */
  private tell(client: TrackingClient, invalidation: Invalidation.Invalidation): void {
    if (client.session === this.current && this.executing) this.pending.push(invalidation)
    else this.send(client, invalidation)
  }

  private send(client: TrackingClient, invalidation: Invalidation.Invalidation): void {
    let target = client.session
    if (client.redirect !== 0) {
      const other = this.host.clients.byId.get(client.redirect)
      if (other === undefined) return this.redirectionBroke(client)
      target = other
    }
    if (target.out.resp === 3) target.pushShared(invalidation.asPush())
    // In RESP2 only a subscriber expects something that it has not asked for
    else if (client.redirect !== 0 && target.subscribed) target.pushShared(invalidation.asMessage())
  }

  private redirectionBroke(client: TrackingClient): void {
    client.isBroken = true
    client.shown()
    if (client.session.out.resp !== 3) return
    client.session.push((out) => {
      out.pushHeader(2)
      out.text("tracking-redir-broken")
      out.integer(client.redirect)
    })
  }
}

export class Tracking extends Context.Service<Tracking, Tracker>()("go-redis/pubsub/Tracking") {
  static readonly layer: Layer.Layer<Tracking, never, Admission | ClientRegistry | Config | Store | Waiters> = Layer
    .effect(
      this,
      Effect.gen(function*() {
        const admission = yield* Admission
        const { clients } = yield* ClientRegistry
        const { values } = yield* Config
        const { state } = yield* Store
        const waiters = yield* Waiters
        return new Tracker({
          clients,
          changer: () => clients.byId.get(state.client),
          mostKeys: () => values["tracking-table-max-keys"],
          follow: (listener, tracking) => {
            const stopListening = state.listen(listener)
            clients.tracking = tracking
            waiters.serveThrough(tracking.serving)
            admission.raise(Gate.tracking)
            return () => {
              stopListening()
              clients.tracking = undefined
              waiters.serveThrough(undefined)
              admission.lower(Gate.tracking)
            }
          }
        })
      })
    )
}
