/**
 * Cuts a client's bytes into requests: arrays of bulk strings, or inline commands. Incremental and without copying: a
 * request that arrives whole is a set of ranges in the chunk it came in. What is left of an unfinished one is kept when
 * the chunk has to be given back (`release`).
 *
 * A big bulk is collected in one buffer that grows towards the announced size as the bytes come, so that announcing
 * costs nothing and collecting is linear. Who can may read its bytes into that buffer at once (`room`).
 */
import * as Integers from "../memory/Integers.ts"
import { type BulkBuffers, fresh } from "./BulkBuffers.ts"
import { splitLine } from "./InlineSplitter.ts"
import { findKeys, type Ranges } from "./Lookahead.ts"
import type { Scratch } from "./Scratch.ts"

/** Receives the arguments of a request. */
export interface RequestSink {
  count: number
  readonly buffers: Array<Uint8Array>
  readonly starts: Array<number>
  readonly ends: Array<number>
}

/** More bytes are needed. */
export const incomplete = 0
/** The sink holds a request. */
export const complete = 1

export interface Limits {
  /** `proto-max-bulk-len`, in bytes. */
  readonly maxBulk: number
  /** Most arguments of a request. */
  readonly maxArguments: number
  /** Names the stricter limits of clients that have not authenticated in the error texts. */
  readonly unauthenticated: boolean
  /** Refuses inline commands: a master never sends any, unless the two have lost each other. */
  readonly arraysOnly?: boolean
}

const MAX_LINE = 64 * 1024
/** Bulks from this size on are collected in a buffer of their own when they do not arrive whole. */
const BIG = 16 * 1024

export class RequestParser {
  /** Where the next bytes should be read to, which are then not copied: the rest of a big bulk under way. */
  room: Uint8Array | undefined = undefined
  limits: Limits = { maxBulk: 512 * 1024 * 1024, maxArguments: 0x7fffffff, unauthenticated: false }
  /** Redis's text for a request that cannot be understood; the connection ends with it. */
  error = ""

  private readonly sink: RequestSink
  private readonly buffers: BulkBuffers
  private window: Uint8Array = nothing
  private at = 0
  private end = 0
  private borrowed = false
  /** Whose the window is, until `release`. */
  private lender: Scratch | undefined = undefined
  /** Arguments of the request under way: announced, and read so far; none announced: -1. */
  private announced = -1
  private read = 0
  /** First argument of the request that lies in the window. */
  private firstInWindow = 0
  /** Length of the bulk under way, or -1. */
  private bulk = -1
  private big: Uint8Array | undefined = undefined
  private filled = 0
  private stashed = 0
  /** Which arguments of the request are big bulks. */
  private bigs: Array<number> | undefined = undefined

  constructor(sink: RequestSink, buffers: BulkBuffers = fresh) {
    this.sink = sink
    this.buffers = buffers
  }

  /** Bytes that are kept for a request that is not finished. */
  get held(): number {
    return this.end - this.at + (this.big?.length ?? 0) + this.stashed
  }

  /**
   * Goes on with these bytes, which may be used again by others after `release`. What is left of those before is put in front
   * of them: in the scratch buffer, if there is one, until `release`.
   */
  feed(chunk: Uint8Array, start: number, end: number, scratch?: Scratch): void {
    this.firstInWindow = this.read
    if (chunk === this.room) {
      this.filled += end - start
      return
    }
    const left = this.end - this.at
    if (left === 0) {
      this.window = chunk
      this.at = start
      this.end = end
      this.borrowed = true
    } else {
      const length = left + end - start
      const lent = scratch?.lend(length)
      const joined = lent ?? Buffer.allocUnsafeSlow(length)
      joined.set(this.window.subarray(this.at, this.end))
      joined.set(chunk.subarray(start, end), left)
      this.window = joined
      this.at = 0
      this.end = length
      this.borrowed = lent !== undefined
      if (this.borrowed) this.lender = scratch
    }
  }

  /** Copies what is still needed out of the chunk that was fed. */
  release(): void {
    if (!this.borrowed) return
    this.borrowed = false
    this.lender?.giveBack()
    this.lender = undefined
    const sink = this.sink
    if (this.announced >= 0 && this.read > this.firstInWindow) {
      const from = sink.starts[this.firstInWindow] as number
      const stash = Buffer.from(this.window.subarray(from, sink.ends[this.read - 1]))
      this.stashed += stash.length
      for (let i = this.firstInWindow; i < this.read; i++) {
        if (sink.buffers[i] !== this.window) continue
        sink.buffers[i] = stash
        sink.starts[i] = (sink.starts[i] as number) - from
        sink.ends[i] = (sink.ends[i] as number) - from
      }
      this.firstInWindow = this.read
    }
    const left = this.end - this.at
    this.window = left === 0 ? nothing : Buffer.from(this.window.subarray(this.at, this.end))
    this.at = 0
    this.end = left
  }

  /** Notes where the arguments of the next requests lie in `chunk`, and returns how many it found (`Lookahead`). */
  lookAhead(ranges: Ranges, most: number): number {
    return this.announced >= 0 ? 0 : findKeys(this.window, this.at, this.end, ranges, most)
  }

  /** The bytes in which requests are looked for. */
  get chunk(): Uint8Array {
    return this.window
  }

  /** Bytes that were fed and are not looked at yet: after a whole request, what follows it. */
  get unread(): number {
    return this.end - this.at
  }

  /** Nobody reads the request's big bulks any more; without it that is so when the next request is asked for. */
  letGo(): void {
    // Those of an unfinished request are still to be read
    if (this.bigs === undefined || this.announced >= 0) return
    const { bigs, buffers, sink } = this
    this.bigs = undefined
    for (const index of bigs) {
      buffers.give(sink.buffers[index] as Uint8Array)
      sink.buffers[index] = nothing
    }
  }

  /** Reads the next request into the sink: `complete`, `incomplete`, or -1 with `error` set. */
  next(): number {
    this.letGo()
    while (this.announced < 0) {
      if (this.at >= this.end) return incomplete
      const status = this.window[this.at] === 42 ? this.readCount() : this.readInline()
      if (status !== complete) return status
      if (this.announced < 0 && this.sink.count > 0) return complete
    }
    const sink = this.sink
    if (this.bulk < 0) this.readShort()
    while (this.read < this.announced) {
      if (this.bulk < 0) {
        const status = this.readBulkLength()
        if (status !== complete) return status
      }
      if (this.big !== undefined) {
        if (!this.fillBig()) return incomplete
        sink.buffers[this.read] = this.big
        this.bigs ??= []
        this.bigs.push(this.read)
        sink.starts[this.read] = 0
        sink.ends[this.read] = this.bulk
        this.big = undefined
      } else {
        const start = this.at
        const end = start + this.bulk
        if (end + 2 > this.end) {
          if (this.bulk >= BIG) this.startBig()
          return incomplete
        }
        sink.buffers[this.read] = this.window
        sink.starts[this.read] = start
        sink.ends[this.read] = end
        this.at = end + 2
      }
      this.read++
      this.bulk = -1
    }
    sink.count = this.announced
    this.announced = -1
    this.stashed = 0
    return complete
  }

  /**
   * Reads bulks as long as they are of less than a hundred bytes and here as a whole, as most are: without a write to the
   * parser for each, an argument costs half.
   */
  private readShort(): void {
    const { announced, end, sink, window } = this
    let { at, read } = this
    for (; read < announced && at + 4 <= end && window[at] === 36; read++) {
      let length = (window[at + 1] as number) - 48
      if (length < 0 || length > 9) break
      let start = at + 4
      const second = window[at + 2] as number
      if (second !== 13) {
        if (second < 48 || second > 57 || length === 0 || window[at + 3] !== 13) break
        length = length * 10 + second - 48
        start++
      }
      const to = start + length
      if (to + 2 > end) break
      // It mostly is that already, and a look costs less than telling the garbage collector
      if (sink.buffers[read] !== window) sink.buffers[read] = window
      sink.starts[read] = start
      sink.ends[read] = to
      at = to + 2
    }
    this.at = at
    this.read = read
  }

  private fail(text: string): number {
    this.error = `Protocol error: ${text}`
    return -1
  }

  /** The position of the CR that ends the line at hand, or -1 while its LF is not there. */
  private lineEnd(): number {
    const cr = this.window.indexOf(13, this.at)
    if (cr < 0 || cr + 2 > this.end) return -1
    // A NUL hides what follows it from Redis, which looks for the line end as in a C string
    return this.window.subarray(this.at, cr).includes(0) ? -1 : cr
  }

  private readCount(): number {
    const window = this.window
    let at = this.at + 1
    // The common case, a small count in one piece, without leaving for the general reader.
    let count = 0
    while (at < this.end && at - this.at < 7) {
      const digit = (window[at] as number) - 48
      if (digit < 0 || digit > 9) break
      count = count * 10 + digit
      at++
    }
    if (at === this.at + 1 || window[at] !== 13 || at + 2 > this.end || window[this.at + 1] === 48) {
      const cr = this.lineEnd()
      if (cr < 0) return this.end - this.at > MAX_LINE ? this.fail("too big mbulk count string") : incomplete
      const parsed = Integers.parse(window, this.at + 1, cr)
      if (parsed === undefined || parsed > 0x7fffffff) return this.fail("invalid multibulk length")
      count = Number(parsed)
      at = cr
    }
    if (this.limits.unauthenticated && count > 10) return this.fail("unauthenticated multibulk length")
    this.at = at + 2
    this.sink.count = 0
    if (count <= 0) return complete
    this.announced = count
    this.read = 0
    this.firstInWindow = 0
    this.bulk = -1
    return complete
  }

  private readBulkLength(): number {
    const window = this.window
    let at = this.at + 1
    if (this.at >= this.end) return incomplete
    let length = 0
    while (at < this.end && at - this.at < 9) {
      const digit = (window[at] as number) - 48
      if (digit < 0 || digit > 9) break
      length = length * 10 + digit
      at++
    }
    if (
      window[this.at] !== 36 || at === this.at + 1 || window[at] !== 13 || at + 2 > this.end
      || (window[this.at + 1] === 48 && length > 0)
    ) {
      const cr = this.lineEnd()
      if (cr < 0) return this.end - this.at > MAX_LINE ? this.fail("too big bulk count string") : incomplete
      if (window[this.at] !== 36) {
        return this.fail(`expected '$', got '${String.fromCharCode(window[this.at] as number)}'`)
      }
      const parsed = Integers.parse(window, this.at + 1, cr)
      if (parsed === undefined || parsed < 0 || parsed > this.limits.maxBulk) return this.fail("invalid bulk length")
      length = Number(parsed)
      at = cr
    } else if (length > this.limits.maxBulk) return this.fail("invalid bulk length")
    if (this.limits.unauthenticated && length > 16384) return this.fail("unauthenticated bulk length")
    this.at = at + 2
    this.bulk = length
    return complete
  }

  // ---- big bulks

  private startBig(): void {
    this.big = this.buffers.take(this.bigSize(this.end - this.at), this.bulk)
    this.filled = 0
    this.fillBig()
  }

  /** Room for eight times what has come, so that a promise alone takes nothing. */
  private bigSize(come: number): number {
    return Math.min(this.bulk, Math.max(BIG * 4, come * 8))
  }

  /** The big bulk's buffer, with room for that many bytes more. */
  private bigWith(more: number): Uint8Array {
    const big = this.big as Uint8Array
    const needed = this.filled + more
    if (needed <= big.length) return big
    const grown = this.buffers.take(this.bigSize(needed), this.bulk)
    grown.set(big.subarray(0, this.filled))
    this.buffers.give(big)
    return this.big = grown
  }

  /** Takes the window's bytes; true once the bulk and its line end are there. */
  private fillBig(): boolean {
    const more = Math.min(this.bulk - this.filled, this.end - this.at)
    if (more > 0) {
      this.bigWith(more).set(this.window.subarray(this.at, this.at + more), this.filled)
      this.filled += more
      this.at += more
    }
    this.room = this.filled < this.bulk ? this.bigWith(1).subarray(this.filled, this.bulk) : undefined
    if (this.room !== undefined || this.end - this.at < 2) return false
    this.at += 2
    return true
  }

  // ---- inline commands

  private readInline(): number {
    const lf = this.window.indexOf(10, this.at)
    // A NUL here, too
    if (lf < 0 || lf >= this.end || this.window.subarray(this.at, lf).includes(0)) {
      return this.end - this.at > MAX_LINE ? this.fail("too big inline request") : incomplete
    }
    const cr = lf > this.at && this.window[lf - 1] === 13 ? lf - 1 : lf
    if (this.limits.arraysOnly === true && cr > this.at) return this.fail("Master using the inline protocol. Desync?")
    const args = splitLine(this.window.subarray(this.at, cr))
    if (args === undefined) return this.fail("unbalanced quotes in request")
    this.at = lf + 1
    const sink = this.sink
    sink.count = args.length
    for (const [i, arg] of args.entries()) {
      sink.buffers[i] = arg
      sink.starts[i] = 0
      sink.ends[i] = arg.length
    }
    return complete
  }
}

const nothing: Uint8Array = Buffer.alloc(0)
