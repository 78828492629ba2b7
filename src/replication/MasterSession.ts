/** The session as which a master's commands run here: CLIENT LIST shows it and CLIENT KILL ends it, but nobody answers it. */
import * as Effect from "effect/Effect"
import { Session } from "../command/Session.ts"
import { BufferPool, Output } from "../resp/Output.ts"
import type { MasterWire } from "./MasterWire.ts"

const nothing = (): void => {}

export const make = (id: number, wire: MasterWire, now: number): Session => {
  const session = new Session(id, new Output(new BufferPool()))
  session.kind = "master"
  session.out.muted = true
  session.isLocal = false
  session.createdAt = session.lastInteraction = now
  session.link = {
    peer: wire.peer,
    local: wire.local,
    fd: -1,
    unix: false,
    inputBytes: () => 0,
    outputBytes: () => wire.unsent,
    kill: () => {
      session.closing = true
      wire.fail("The link was closed by a client")
    },
    send: nothing,
    untilDrained: Effect.void,
    checkOutputLimit: nothing,
    batch: nothing,
    flushLater: nothing,
    trust: nothing
  }
  return session
}
