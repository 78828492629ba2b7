/// <reference types="node" preserve="true" />
/**
 * The log of what writes did: each as the deterministic command that has the same effect anywhere. Whoever keeps a copy
 * of the data (replicas, an append-only file) subscribes; without subscribers nothing is recorded.
 *
 * What one command, EXEC or script does is collected and handed over as one block when it is done, so that subscribers
 * see it whole. It is collected as the bytes of requests, which is what all of them want, in one buffer that is used
 * again and again: a write that is propagated as it came costs a copy and no object but its `Effect`.
 */
import * as Integers from "../memory/Integers.ts"

/** A command with its arguments, and the database in which it runs. Valid until the subscriber returns. */
export class Effect {
  readonly db: number
  private readonly log: Propagation
  readonly start: number
  end: number

  constructor(log: Propagation, db: number, start: number) {
    this.log = log
    this.db = db
    this.start = start
    this.end = start
  }

  /** Its bytes as a request are in `buffer`, from `start` to `end`. */
  get buffer(): Uint8Array {
    return this.log.buffer
  }

  /** Its arguments, copied. */
  get args(): ReadonlyArray<Uint8Array> {
    const args: Array<Uint8Array> = []
    const { buffer } = this
    let at = buffer.indexOf(LF, this.start) + 1
    while (at < this.end) {
      const lf = buffer.indexOf(LF, at)
      const from = lf + 1
      const to = from + Number(Integers.parse(buffer, at + 1, lf - 1))
      args.push(Buffer.from(buffer.subarray(from, to)))
      at = to + 2
    }
    return args
  }
}

/** Called once per unit of work; more than one effect means they belong together (MULTI .. EXEC). */
export type Subscriber = (effects: ReadonlyArray<Effect>) => void

/** The arguments of a request, as the parser leaves them. */
export interface Arguments {
  readonly count: number
  readonly buffers: ReadonlyArray<Uint8Array>
  readonly starts: ReadonlyArray<number>
  readonly ends: ReadonlyArray<number>
}

const LF = 10
/** What surrounds the bytes of an argument: `$`, its length and two line ends. */
const AROUND = Integers.maxSize + 5
const FIRST_BYTES = 16 * 1024
/** A buffer that one big write has blown up beyond this is not kept. */
const KEPT_BYTES = 1024 * 1024

const nothing = Buffer.alloc(0)

export class Propagation {
  /** The bytes of what is pending. */
  buffer: Buffer = nothing
  private at = 0
  private pending: Array<Effect> = []
  private readonly subscribers = new Set<Subscriber>()

  /** Whether anybody listens: what is not needed is not built. */
  active = false
  /** Bytes that the replication stream has so far: what a client's WAIT waits for is noted after each command. */
  position = 0

  subscribe(subscriber: Subscriber): () => void {
    this.subscribers.add(subscriber)
    this.active = true
    return () => {
      this.subscribers.delete(subscriber)
      this.active = this.subscribers.size > 0
    }
  }

  add(db: number, args: ReadonlyArray<Uint8Array>): void {
    const effect = this.begin(db, args.length)
    for (const bytes of args) this.argument(bytes, 0, bytes.length)
    effect.end = this.at
  }

  /** Adds a request as it came. */
  addRequest(db: number, request: Arguments): void {
    const effect = this.begin(db, request.count)
    for (let index = 0; index < request.count; index++) {
      // The parser has set them up to `count`
      this.argument(
        request.buffers[index] as Uint8Array,
        request.starts[index] as number,
        request.ends[index] as number
      )
    }
    effect.end = this.at
  }

  get hasPending(): boolean {
    return this.pending.length > 0
  }

  /** Ends the unit of work. */
  flush(): void {
    if (this.pending.length === 0) return
    const effects = this.pending
    this.pending = []
    for (const subscriber of this.subscribers) subscriber(effects)
    this.at = 0
    if (this.buffer.length > KEPT_BYTES) this.buffer = nothing
  }

  // ---- bytes

  private begin(db: number, count: number): Effect {
    const effect = new Effect(this, db, this.at)
    this.pending.push(effect)
    this.room(AROUND)
    this.header(42, count)
    return effect
  }

  private argument(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start
    this.room(length + AROUND)
    this.header(36, length)
    const { buffer } = this
    let { at } = this
    if (length <= 64) { for (let i = start; i < end; i++) buffer[at++] = bytes[i] as number }
    else {
      buffer.set(bytes.subarray(start, end), at)
      at += length
    }
    buffer[at++] = 13
    buffer[at++] = LF
    this.at = at
  }

  private header(type: number, length: number): void {
    const { buffer } = this
    let { at } = this
    buffer[at++] = type
    if (length < 10) buffer[at++] = 48 + length
    else at = Integers.write(buffer, at, length)
    buffer[at++] = 13
    buffer[at++] = LF
    this.at = at
  }

  private room(bytes: number): void {
    if (this.buffer.length - this.at >= bytes) return
    const grown = Buffer.allocUnsafeSlow(Math.max(this.at + bytes, this.buffer.length * 2, FIRST_BYTES))
    grown.set(this.buffer.subarray(0, this.at))
    this.buffer = grown
  }
}
