/**
 * What the executor and others go by of a command, worked out of its spec: once for all servers of a process, so that a
 * server for each test costs little.
 */
import type { Flag, Spec } from "./Spec.ts"

const NOT_QUEUED: ReadonlySet<string> = new Set(["exec", "discard", "multi", "watch", "quit", "reset"])
const FOR_SUBSCRIBERS: ReadonlySet<string> = new Set([
  "ping",
  "subscribe",
  "unsubscribe",
  "psubscribe",
  "punsubscribe",
  "ssubscribe",
  "sunsubscribe",
  "quit",
  "reset"
])

export class Traits {
  /** In lower case; a subcommand as `config|get`. */
  readonly name: string
  /** The container's name, and the name within it, of a subcommand. */
  readonly path: readonly [container: string, name: string] | undefined
  /** The name's hash, without regard to case. */
  readonly hash: number

  readonly isWrite: boolean
  readonly isReadOnly: boolean
  readonly isFast: boolean
  readonly denyOom: boolean
  readonly mayReplicate: boolean
  readonly allowsNoAuth: boolean
  readonly allowsLoading: boolean
  readonly allowsStale: boolean
  readonly refusesAsyncLoading: boolean
  readonly refusesMulti: boolean
  readonly skipsMonitor: boolean
  readonly skipsSlowLog: boolean
  /** Runs at once between MULTI and EXEC. */
  readonly endsQueueing: boolean
  /** Runs for a RESP2 client that has subscriptions. */
  readonly allowedSubscribed: boolean
  /** Takes the place of a command that must not run now; it has no name. */
  readonly isStandIn: boolean
  /** Up to so many arguments all calls take about the same time; a handler may know better. */
  readonly timedTogether: number

  constructor(name: string, spec: Spec) {
    this.name = name.toLowerCase()
    const [container = "", sub] = this.name.split("|")
    this.path = sub === undefined ? undefined : [container, sub]
    const bytes = Buffer.from(this.name)
    this.hash = hashOf(bytes, 0, bytes.length)
    const has = (flag: Flag): boolean => spec.flags.includes(flag)
    this.isWrite = has("write")
    this.isReadOnly = has("readonly")
    this.isFast = has("fast")
    this.denyOom = has("denyoom")
    this.mayReplicate = has("may_replicate")
    this.allowsNoAuth = has("no_auth")
    this.allowsLoading = has("loading")
    this.allowsStale = has("stale")
    this.refusesAsyncLoading = has("no_async_loading")
    this.refusesMulti = has("no_multi")
    this.skipsMonitor = has("skip_monitor") || has("admin")
    this.skipsSlowLog = has("skip_slowlog")
    this.endsQueueing = NOT_QUEUED.has(this.name)
    this.allowedSubscribed = FOR_SUBSCRIBERS.has(this.name)
    this.isStandIn = this.name === ""
    this.timedTogether = spec.complexity === "O(1)" ? Infinity : this.isFast ? Math.abs(spec.arity) : 0
  }
}

/** The hash of a command's name, in whatever case. */
export const hashOf = (bytes: Uint8Array, start: number, end: number): number => {
  let code = end - start
  for (let at = start; at < end; at++) code = (Math.imul(code, 31) + ((bytes[at] as number) | 0x20)) | 0
  return code ^ (code >>> 10)
}
