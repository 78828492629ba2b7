/**
 * What the server counts about itself, in one place: INFO, SLOWLOG and LATENCY read it, CONFIG RESETSTAT empties it.
 * Plain fields, since every batch of commands adds to them. Counters of a command are on its `Entry` in the table
 * (`calls`, `microseconds`, `rejected`, `failed`, `histogram`), those of keys in the store's `State.stats`.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { CommandError } from "./CommandError.ts"
import type { Entry } from "./CommandTable.ts"
import type { Request } from "./Request.ts"

/** Who wants to know how long single commands took: the slow log and the latency monitor. */
export interface TimeObserver {
  /** Whether even the cheapest commands are timed one by one. */
  readonly eachAlone: () => boolean
  /** A command has run that was timed alone; the request still holds its arguments. */
  readonly ran: (request: Request, entry: Entry, microseconds: number) => void
}

/** Who wants to follow every command from its admission to its end: tracing. Asked only while `Gate.traced` is set. */
export interface CommandObserver {
  /** A command was admitted, or is called within another one. */
  readonly began: (request: Request, entry: Entry) => void
  /** It is over, with the error that it answered. */
  readonly ended: (request: Request, error: CommandError | undefined) => void
  /** A command was not admitted. */
  readonly refused: (request: Request, error: CommandError) => void
}

export class ServerStats {
  /** Unix time in milliseconds. */
  readonly startedAt: number

  // Since the start, or CONFIG RESETSTAT
  connections = 0
  rejectedConnections = 0
  inputBytes = 0
  outputBytes = 0
  /** Bytes of replication links: from the master, and to replicas. */
  replicationInputBytes = 0
  replicationOutputBytes = 0
  /** Replicas that got all the data, that went on where they were, and that could not. */
  fullSyncs = 0
  partialSyncs = 0
  refusedPartialSyncs = 0
  /** Commands of a master that failed here. */
  unexpectedErrors = 0
  reads = 0
  writes = 0
  errorReplies = 0
  /** Error replies by their first word. */
  readonly errors = new Map<string, number>()
  /** Clients closed because all together took more than `maxmemory-clients`. */
  evictedClients = 0
  queryBufferLimitDisconnections = 0
  outputBufferLimitDisconnections = 0

  /** Longest input and output buffer among the clients, as the last rounds of background work saw them. */
  recentMaxInput = 0
  recentMaxOutput = 0
  /** Bytes of all clients' buffers, as of the same rounds. */
  clientBytes = 0

  commandObserver: CommandObserver | undefined = undefined
  timeObserver: TimeObserver = { eachAlone: () => false, ran: () => {} }

  constructor(startedAt: number) {
    this.startedAt = startedAt
  }

  /** Counts an error reply by its code word. */
  error(code: string): void {
    this.errorReplies++
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1)
  }

  /** CONFIG RESETSTAT, as far as these counters go. */
  reset(): void {
    this.connections = this.rejectedConnections = 0
    this.inputBytes = this.outputBytes = 0
    this.replicationInputBytes = this.replicationOutputBytes = 0
    this.unexpectedErrors = 0
    this.fullSyncs = this.partialSyncs = this.refusedPartialSyncs = 0
    this.reads = this.writes = 0
    this.errorReplies = 0
    this.errors.clear()
    this.evictedClients = 0
    this.queryBufferLimitDisconnections = this.outputBufferLimitDisconnections = 0
  }
}

export class Stats extends Context.Service<Stats, ServerStats>()("go-redis/command/Stats") {
  static readonly layer: Layer.Layer<Stats> = Layer.effect(
    this,
    Effect.map(Clock.currentTimeMillis, (now) => new ServerStats(now))
  )
}
