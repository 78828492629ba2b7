/** MONITOR: a line per command for every client that listens (https://redis.io/commands/monitor). */
import type { Clients } from "./ClientRegistry.ts"
import type { Request } from "./Request.ts"
import type { Session } from "./Session.ts"

const ESCAPES: { readonly [byte: number]: string } = {
  0x5c: "\\\\",
  0x22: "\\\"",
  0x0a: "\\n",
  0x0d: "\\r",
  0x09: "\\t",
  0x07: "\\a",
  0x08: "\\b"
}

const escapeByte = (byte: number): string =>
  ESCAPES[byte]
    ?? (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`)

/** The line of a request: time, database, client, arguments. `now` is Unix time in milliseconds. */
const lineOf = (request: Request, session: Session, now: number): string => {
  const seconds = Math.floor(now / 1000)
  const micros = String(Math.floor((now % 1000) * 1000)).padStart(6, "0")
  const peer = session.link === undefined ? "lua" : session.link.unix ? `unix:${session.link.local}` : session.link.peer
  let line = `${seconds}.${micros} [${session.db} ${peer}]`
  for (let index = 0; index < request.count; index++) {
    line += " \""
    if (request.redacted.includes(index)) line += "(redacted)"
    else for (const byte of request.bytes(index)) line += escapeByte(byte)
    line += "\""
  }
  return line
}

/** Shows a request that has run to all who listen. */
export const feed = (clients: Clients, request: Request, session: Session, now: number): void => {
  const line = lineOf(request, session, now)
  for (const monitor of clients.monitors) monitor.push((out) => out.simple(line))
}
