/** The line that CLIENT LIST and CLIENT INFO show of a client (https://redis.io/commands/client-list). */
import type { ClientKind, Session } from "./Session.ts"

/** What a client costs besides its buffers, roughly: the objects of its session, its connection and its socket. */
const FIXED_BYTES = 8192

const flagsOf = (session: Session): string => {
  const flags = (session.monitoring ? "O" : session.kind === "replica" ? "S" : "")
    + (session.kind === "master" ? "M" : "")
    + (session.subscribed ? "P" : "")
    + (session.transaction === undefined ? "" : "x")
    + (session.blocked === undefined ? "" : "b")
    + session.trackingFlags
    + (session.dirty ? "d" : "")
    + (session.closing ? "c" : "")
    + (session.link?.unix === true ? "U" : "")
    + (session.noEvict ? "e" : "")
  return flags === "" ? "N" : flags
}

/** Bytes that a client's buffers and state take. */
export const memoryOf = (session: Session): number => {
  const { link, transaction } = session
  const buffers = link === undefined ? 0 : link.inputBytes() + link.outputBytes()
  return FIXED_BYTES + buffers + (transaction?.bytes ?? 0) + session.name.length
}

/** The fields of a client, in Redis's order. `now` is Unix time in milliseconds. */
export const lineOf = (session: Session, now: number): string => {
  const { link, out, subscriptions, transaction } = session
  const since = (time: number): number => Math.max(0, Math.floor(now / 1000) - Math.floor(time / 1000))
  const unsent = link === undefined ? 0 : link.outputBytes() - out.pending
  const age = since(session.createdAt)
  const idle = since(session.lastInteraction)
  const { channels, patterns, shards } = subscriptions
  // A command that EXEC runs is not what the client sent.
  const command = session.denyBlocking ? "exec" : session.entry?.name ?? "NULL"
  const fd = link?.fd ?? -1
  const flags = flagsOf(session)
  return `id=${session.id} addr=${link?.peer ?? ""} laddr=${link?.local ?? ""} fd=${fd} name=${session.name} `
    + `age=${age} idle=${idle} flags=${flags} db=${session.db} sub=${channels} psub=${patterns} ssub=${shards} `
    + `multi=${transaction?.length ?? -1} qbuf=${link?.inputBytes() ?? 0} qbuf-free=0 argv-mem=0 `
    + `multi-mem=${transaction?.bytes ?? 0} rbs=${out.capacity} rbp=${out.capacity} obl=${out.pending} `
    + `oll=${unsent > 0 ? 1 : 0} omem=${unsent} tot-mem=${memoryOf(session)} events=${unsent > 0 ? "rw" : "r"} `
    + `cmd=${command} user=${session.user} redir=${session.redirect} resp=${out.resp}\n`
}

/** The class of a client by its name in CLIENT LIST TYPE and CLIENT KILL TYPE, in whatever case. */
export const kindOf = (name: string): ClientKind | undefined => KINDS[name.toLowerCase()]

const KINDS: { readonly [name: string]: ClientKind | undefined } = {
  normal: "normal",
  slave: "replica",
  replica: "replica",
  pubsub: "pubsub",
  master: "master"
}
