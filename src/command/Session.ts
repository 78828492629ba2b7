/// <reference types="node" preserve="true" />
/**
 * What commands know of the client that sent them: selected database, protocol, name, transaction. A connection has
 * one, and so has an embedded client.
 */
import type * as Effect from "effect/Effect"
import type { Output } from "../resp/Output.ts"
import type { Entry } from "./CommandTable.ts"
import type { Request } from "./Request.ts"

/** The connection under a session, as far as commands may see it. */
export interface Link {
  /** `127.0.0.1:51234`, or the path of a unix socket and `:0`. */
  readonly peer: string
  readonly local: string
  /** The socket's descriptor, as CLIENT LIST shows it; -1 for none. */
  readonly fd: number
  readonly unix: boolean
  /** Bytes of requests that are not run yet. */
  readonly inputBytes: () => number
  /** Bytes of replies that the peer has not taken yet: in the last buffer, and in those before. */
  readonly outputBytes: () => number
  /** Ends the connection now; replies that have not gone out are lost. */
  readonly kill: () => void
  /** Writes bytes that are no replies (the replication stream), behind the replies; they must not change any more. */
  readonly send: (chunks: ReadonlyArray<Uint8Array>) => void
  /** Waits until the peer has taken all that was written, or is gone. */
  readonly untilDrained: Effect.Effect<void>
  /** Ends the connection when the peer leaves more unread than its class may. */
  readonly checkOutputLimit: () => void
  /** Lets small writes wait for more: fewer packets, later. */
  readonly batch: () => void
  /** Sees to it that what was written to `out` from outside goes out when this turn is over. */
  readonly flushLater: () => void
  /** Takes the limits of clients that have not authenticated away, or sets them again. */
  readonly trust: (authenticated: boolean) => void
}

/** Why a client waits, and how to end that. */
export interface Blocked {
  /** CLIENT UNBLOCK: as if the time were over, or with an error. Absent for what cannot be unblocked. */
  readonly unblock: ((withError: boolean) => void) | undefined
}

/** Requests between MULTI and EXEC. */
export interface Transaction {
  /** A command was refused while it was queued: EXEC will answer EXECABORT. */
  aborted: boolean
  /** Number of queued commands and their bytes, for CLIENT LIST. */
  readonly length: number
  readonly bytes: number
  /** Whether a queued command writes, and whether one may replicate something else: a pause of writes holds EXEC back. */
  readonly writes: boolean
  readonly mayReplicate: boolean
  /** Keeps a command for EXEC. The request is reused: what must stay is copied. */
  readonly queue: (request: Request, entry: Entry) => void
  /** Ends the transaction without running it. */
  readonly discard: () => void
}

/** The class of a client, which decides its output limits: CLIENT LIST TYPE. */
export type ClientKind = "normal" | "master" | "replica" | "pubsub"

/** Former commands that a session remembers: a power of two. */
const MOST_FORMER = 8

export class Session {
  /** Unique and growing, as CLIENT ID shows it. */
  readonly id: number
  readonly out: Output
  /** Undefined for an embedded client. */
  link: Link | undefined = undefined
  /** Index of the selected database. */
  db = 0
  /** As CLIENT SETNAME gave it. */
  name = ""
  user = "default"
  authenticated = true
  /** Comes from this machine: what `local` means in `enable-debug-command` and its like. */
  isLocal = true
  /** Reasons to look closer before a command runs: see `Gate`. Zero on the common path. */
  gate = 0
  /** Nothing may wait: inside EXEC or a script. */
  denyBlocking = false
  /** The connection ends once its replies are written. */
  closing = false

  kind: ClientKind = "normal"
  /** The command at hand, or the last one. */
  entry: Entry | undefined = undefined
  /** Other ones before it, as a ring: see `turnTo`. */
  private former: Array<Entry> | undefined = undefined
  private turns = 0
  /** Unix time in milliseconds. */
  createdAt = 0
  lastInteraction = 0
  transaction: Transaction | undefined = undefined
  blocked: Blocked | undefined = undefined
  /** What tracing knows of it; undefined as long as nothing of it was traced. */
  trace: object | undefined = undefined
  /** Keys watched. */
  watching = 0
  /** A watched key has changed: EXEC will not run. */
  dirty = false
  /** Forgets the watched keys: WATCH sets it; RESET and the end of the connection call it. */
  unwatch: () => void = () => {}
  /** It gets MONITOR's feed. */
  monitoring = false
  /** Letters of CLIENT LIST for client-side caching, and the client that gets the invalidations (-1: itself). */
  trackingFlags = ""
  redirect = -1
  readonly subscriptions = { channels: 0, patterns: 0, shards: 0 }
  /** How far the replication stream was when its last command was over: what WAIT waits for. */
  streamOffset = 0
  /** Bytes of the replication stream that a replica gets later, when it has its snapshot. */
  heldBytes = 0
  /** CLIENT NO-EVICT. */
  noEvict = false
  /** CLIENT REPLY SKIP: 2 until the command itself is over, then 1 for the next one. */
  skipReplies = 0

  constructor(id: number, out: Output) {
    this.id = id
    this.out = out
  }

  /** The command at hand, in lower case, as error texts name it; `config|get` for a subcommand. */
  get commandName(): string {
    return this.entry?.name ?? ""
  }

  /**
   * Another command than the last one is at hand. Only such a change is remembered, and so a client that sends the same
   * command over and over pays nothing.
   */
  turnTo(entry: Entry): void {
    if (this.entry !== undefined) (this.former ??= [])[this.turns++ & (MOST_FORMER - 1)] = this.entry
    this.entry = entry
  }

  /** Names of its latest commands, oldest first: `CONFIG GET`. Equal ones that follow each other are one. */
  get latestCommands(): ReadonlyArray<string> {
    const { entry, former = [], turns } = this
    const oldest = turns & (MOST_FORMER - 1)
    const before = turns <= MOST_FORMER ? former : [...former.slice(oldest), ...former.slice(0, oldest)]
    return (entry === undefined ? before : [...before, entry]).map(({ name }) => name.toUpperCase().replace("|", " "))
  }

  /** What lets go of what others keep for this session (subscriptions, tracking): run by RESET and at its end. */
  readonly releases = new Set<() => void>()

  get subscribed(): boolean {
    const { channels, patterns, shards } = this.subscriptions
    return channels + patterns + shards > 0
  }

  /** Lets go of what others keep for this session. */
  release(): void {
    for (const release of [...this.releases]) release()
    this.transaction?.discard()
    this.unwatch()
  }

  /** Writes what the client did not ask for (a message, an invalidation): even to one whose replies are switched off. */
  push(write: (out: Output) => void): void {
    const muted = this.out.muted
    this.out.muted = false
    write(this.out)
    this.out.muted = muted
    this.link?.flushLater()
  }

  /** The same for bytes that others get as well, and that nobody changes any more. */
  pushShared(bytes: Buffer): void {
    const { closing, out } = this
    if (closing) return
    const muted = out.muted
    out.muted = false
    out.share(bytes)
    out.muted = muted
    this.link?.flushLater()
  }
}

/** Bits of a session's or the server's gate. */
export const Gate = {
  /** Not authenticated yet. */
  auth: 1 << 0,
  /** Between MULTI and EXEC. */
  multi: 1 << 1,
  /** Subscribed, in RESP2: few commands are allowed. */
  subscribed: 1 << 2,
  /** CLIENT PAUSE is on. */
  paused: 1 << 3,
  /** `maxmemory` is set. */
  memory: 1 << 4,
  /** The data is being loaded. */
  loading: 1 << 5,
  /** Writes are refused: what was written before could not be saved. */
  writes: 1 << 6,
  /** Somebody MONITORs. */
  watched: 1 << 7,
  /** Replies are muted for one command or all. */
  reply: 1 << 8,
  /** Some client has keys tracked for its cache. */
  tracking: 1 << 9,
  /** The session belongs to a replica. */
  replica: 1 << 10,
  /** This server is a replica, or its writes lack replicas. */
  replication: 1 << 11,
  /** Commands are traced. */
  traced: 1 << 12,
  /** A test makes commands fail or come late. */
  faults: 1 << 13
} as const
