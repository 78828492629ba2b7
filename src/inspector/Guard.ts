/**
 * Who may see the inspector page. It listens on the loopback only; this keeps out what reaches it all the same: pages of
 * other sites in a browser on this machine (by DNS rebinding, or with requests of their own), and people who do not know
 * the server's password. Pure.
 */
import { createHash, timingSafeEqual } from "node:crypto"

export interface Asked {
  readonly method: string
  readonly headers: Readonly<Record<string, string | undefined>>
}

export interface Policy {
  /** `requirepass`; empty asks for none. */
  readonly password: Uint8Array
  readonly readOnly: boolean
}

/** Why a request is turned away, and what with. */
export interface Refusal {
  readonly status: 401 | 403 | 405
  readonly text: string
}

/** The header that a page of ours sends with what it does. Another site's page cannot send it without being asked for CORS. */
export const ACTION_HEADER = "x-go-redis-inspector"

/** Names of this machine for itself; the port may be another one, that of a tunnel. */
const LOCAL = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i

const refused = (status: Refusal["status"], text: string): Refusal => ({ status, text })

/** Undefined: it may go on. */
export const check = ({ headers, method }: Asked, { password, readOnly }: Policy): Refusal | undefined => {
  if (!LOCAL.test(headers["host"] ?? "")) return refused(403, "This page is served to localhost and 127.0.0.1 only.\n")
  const site = headers["sec-fetch-site"] ?? "none"
  // Following a link from elsewhere shows the page, and nothing of it to whoever linked
  const visits = headers["sec-fetch-mode"] === "navigate" && method === "GET"
  if (site !== "same-origin" && site !== "none" && !visits) {
    return refused(403, "Requests of other sites are refused.\n")
  }
  if (password.length > 0 && !knows(headers["authorization"] ?? "", password)) {
    return refused(401, "The password of the server's default user is asked for.\n")
  }
  if (method === "GET" || method === "HEAD") return undefined
  if (method !== "POST") return refused(405, "GET shows, POST acts.\n")
  if (readOnly) return refused(403, "The inspector is read-only: 'CONFIG SET inspector-read-only no' allows more.\n")
  if (headers[ACTION_HEADER] === undefined) return refused(403, `The header ${ACTION_HEADER} is missing.\n`)
  return undefined
}

/** Whether an Authorization header names the default user, or nobody, with the password (RFC 7617). */
const knows = (authorization: string, password: Uint8Array): boolean => {
  const [scheme, encoded = ""] = authorization.split(" ")
  if (scheme?.toLowerCase() !== "basic") return false
  const pair = Buffer.from(encoded, "base64")
  const colon = pair.indexOf(":")
  const user = pair.toString("latin1", 0, Math.max(0, colon))
  // Digests, because only what is equally long can be compared in equal time
  const same = timingSafeEqual(digest(pair.subarray(colon + 1)), digest(password))
  return colon >= 0 && (user === "" || user === "default") && same
}

const digest = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest()
