/**
 * Applies a master's stream: parses it, runs its commands as a client that nobody checks or answers, and counts what has
 * been applied, byte for byte. A transaction counts when it has run: one that is cut off is asked for again as a whole.
 * What has been applied goes on to this server's own replicas as it came.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { CommandError } from "../command/CommandError.ts"
import type { Entry } from "../command/CommandTable.ts"
import type { Executor } from "../command/Executor.ts"
import { Request } from "../command/Request.ts"
import type { Session } from "../command/Session.ts"
import type { BulkBuffers } from "../resp/BulkBuffers.ts"
import type * as Reply from "../resp/Reply.ts"
import { complete, RequestParser } from "../resp/RequestParser.ts"
import { Scratch } from "../resp/Scratch.ts"
import type { State } from "../store/State.ts"
import type { Feed } from "./Feed.ts"
import { LinkError } from "./LinkError.ts"

export interface MasterStreamOptions {
  readonly session: Session
  readonly executor: Executor["Service"]
  readonly state: State
  readonly feed: Feed
  readonly bulks: BulkBuffers
  readonly now: () => number
  /** The master wants to know how far we are. */
  readonly onGetAck: () => void
  /** Throws when a write of the master may not be applied now. */
  readonly checkWrite: () => void
  /** A command of the master failed here: the two may differ. */
  readonly onError: (command: string, text: string) => void
}

/** The first bytes of a buffer. */
interface Held {
  readonly buffer: Uint8Array
  length: number
}

export class MasterStream {
  private readonly options: MasterStreamOptions
  private readonly request: Request
  private readonly parser: RequestParser
  /** Where a chunk and what was left of the one before are put together. */
  private readonly scratch = new Scratch()
  /** Bytes that have come, were read as whole requests, and have been applied. */
  private fed = 0
  private parsed = 0
  private applied = 0
  /** What came before the present chunk and has not been applied. */
  private held: Array<Held> = []

  constructor(options: MasterStreamOptions) {
    this.options = options
    this.request = new Request(options.session)
    this.parser = new RequestParser(this.request, options.bulks)
    // The master has set its own limit
    this.parser.limits = {
      maxBulk: Number.MAX_SAFE_INTEGER,
      maxArguments: 0x7fffffff,
      unauthenticated: false,
      arraysOnly: true
    }
  }

  /** Bytes that have come and are not applied yet. */
  get unapplied(): number {
    return this.fed - this.applied
  }

  /** Takes a piece of the stream; throws a `LinkError` at what is none. */
  apply(chunk: Uint8Array): void {
    const { executor, now, session, state } = this.options
    const { parser } = this
    state.setTime(now())
    session.lastInteraction = state.now
    const before = this.fed
    this.fed += chunk.length
    parser.feed(chunk, 0, chunk.length, this.scratch)
    state.applying = true
    try {
      while (!session.closing) {
        const status = parser.next()
        if (status !== complete) {
          if (status < 0) throw new LinkError({ message: `Protocol error from the master: ${parser.error}` })
          break
        }
        this.run(chunk, before)
        this.parsed = this.fed - parser.unread
        this.count(chunk, before)
      }
    } finally {
      state.applying = false
      executor.settle()
    }
    parser.release()
    this.keepRest(chunk, before)
  }

  private run(chunk: Uint8Array, before: number): void {
    const { executor, session } = this.options
    const { request } = this
    try {
      const entry = executor.admit(request)
      if (entry.name === "replconf") {
        // The answer is how far we were before it
        this.count(chunk, before)
        if (request.count > 1 && request.is(1, "GETACK")) this.options.onGetAck()
        return
      }
      if (session.entry?.traits.isWrite === true) this.options.checkWrite()
      const reply = this.replyOf(entry)
      reply.encode(session.out)
      if (reply instanceof CommandError) {
        executor.failed(reply, entry)
        this.options.onError(entry.name, reply.text)
      }
      executor.after(request, entry)
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      executor.rejected(request, error)
      this.options.onError(request.count > 0 ? request.latin1(0) : "", error.text)
    }
  }

  private replyOf(entry: Entry): Reply.Reply {
    const { request } = this
    if (entry.run === undefined) {
      // Nothing in a stream waits
      const { session } = this.options
      session.denyBlocking = true
      const exit = Effect.runSyncExit(entry.handler(request))
      session.denyBlocking = false
      if (Exit.isSuccess(exit)) return exit.value
      const [reason] = exit.cause.reasons
      if (reason?._tag === "Fail") return reason.error
      throw new LinkError({ message: `a command of the master could not be run: ${entry.name}` })
    }
    try {
      return entry.run(request)
    } catch (error) {
      if (error instanceof CommandError) return error
      throw error
    }
  }

  // ---- counting

  /** Counts what has been parsed as applied, unless it is part of a transaction, and passes it on. */
  private count(chunk: Uint8Array, before: number): void {
    const { bulks, feed, session } = this.options
    if (session.transaction !== undefined || this.parsed === this.applied) return
    for (const { buffer, length } of this.held) {
      feed.verbatim(buffer, 0, length)
      bulks.give(buffer)
    }
    if (this.held.length > 0) this.held = []
    feed.verbatim(chunk, Math.max(0, this.applied - before), this.parsed - before)
    this.applied = this.parsed
    if (session.db !== feed.database) feed.select(session.db)
  }

  private keepRest(chunk: Uint8Array, before: number): void {
    const from = Math.max(0, this.applied - before)
    const length = chunk.length - from
    if (length <= 0) return
    let held = this.held.at(-1)
    if (held === undefined || held.length + length > held.buffer.length) {
      held = { buffer: this.options.bulks.take(length, length), length: 0 }
      this.held.push(held)
    }
    held.buffer.set(chunk.subarray(from), held.length)
    held.length += length
  }
}
