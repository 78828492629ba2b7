/**
 * All clients that are connected, by id, live; and what concerns many of them at once: MONITOR's listeners and
 * pauses.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Store } from "../store/Store.ts"
import { Admission, type ServerAdmission } from "./Admission.ts"
import type { Entry } from "./CommandTable.ts"
import * as Pauses from "./Pauses.ts"
import type { Request } from "./Request.ts"
import { type Blocked, Gate, type Session } from "./Session.ts"

/** Client-side caching, as the executor has to do with it. */
export interface KeyTracking {
  /** A client's command is at hand: what changes from now on is its doing. */
  readonly enter: (session: Session) => void
  /** The command runs: its reply comes before what its client is told of it. */
  readonly runs: () => void
  /** No client's command is at hand any more. */
  readonly leave: () => void
  /** A command has run, by itself or within another one, or begins to wait: it may have read keys. */
  readonly ran: (request: Request, entry: Entry) => void
  /** The client's reply is written; undefined for a request that names no command. */
  readonly replied: (session: Session, entry: Entry | undefined) => void
}

export class Clients {
  readonly byId = new Map<number, Session>()
  readonly monitors = new Set<Session>()
  /** There while somebody has keys tracked (`Gate.tracking`). */
  tracking: KeyTracking | undefined = undefined
  private lastId = 0
  private readonly admission: ServerAdmission

  constructor(admission: ServerAdmission) {
    this.admission = admission
  }

  nextId(): number {
    return ++this.lastId
  }

  add(session: Session): void {
    this.byId.set(session.id, session)
  }

  remove(session: Session): void {
    this.byId.delete(session.id)
    this.unmonitor(session)
  }

  /** Feeds a client with all commands; it may not use the keyspace any more. */
  monitor(session: Session): void {
    session.monitoring = true
    session.gate |= Gate.replica
    this.monitors.add(session)
    this.admission.raise(Gate.watched)
  }

  unmonitor(session: Session): void {
    if (!this.monitors.delete(session)) return
    session.monitoring = false
    session.gate &= ~Gate.replica
    if (this.monitors.size === 0) this.admission.lower(Gate.watched)
  }
}

export class ClientRegistry extends Context.Service<
  ClientRegistry,
  Pauses.Pauses & {
    readonly clients: Clients
  }
>()("go-redis/command/ClientRegistry") {
  static readonly layer: Layer.Layer<ClientRegistry, never, Admission | Store> = Layer.effect(
    this,
    Effect.gen(function*() {
      const admission = yield* Admission
      const { state } = yield* Store
      return ClientRegistry.of({ clients: new Clients(admission), ...(yield* Pauses.make(admission, state)) })
    })
  )
}

/** Marks a session as waiting while the effect runs. */
export const blocking = <A, E, R>(
  session: Session,
  blocked: Blocked,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    session.blocked = blocked
    return Effect.ensuring(
      effect,
      Effect.sync(() => {
        session.blocked = undefined
      })
    )
  })
