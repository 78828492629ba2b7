/**
 * The slow log: the latest commands that took longer than a threshold, with their arguments cut to a bounded size
 * (https://redis.io/commands/slowlog-get).
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import * as Bytes from "../memory/Bytes.ts"

/** What the log reads of a request. */
export interface LoggedRequest {
  readonly count: number
  readonly buffer: (index: number) => Uint8Array
  readonly start: (index: number) => number
  readonly end: (index: number) => number
  /** Indexes of arguments that are secrets. */
  readonly redacted: ReadonlyArray<number>
}

export interface SlowEntry {
  /** Unique and growing, also over a reset. */
  readonly id: number
  /** Unix time in seconds. */
  readonly time: number
  readonly microseconds: number
  readonly args: ReadonlyArray<Uint8Array>
  /** Address and name of the client. */
  readonly peer: string
  readonly clientName: string
}

const MOST_ARGUMENTS = 32
const MOST_BYTES = 128

class Log {
  /** `slowlog-log-slower-than` in microseconds; 0 logs everything, a negative one nothing. */
  threshold = 10_000
  private limit = 128
  private nextId = 0
  /** The newest comes last. */
  private entries: Array<SlowEntry> = []

  get length(): number {
    return this.entries.length
  }

  /** `slowlog-max-len`. A smaller one takes effect with the next entry, as in Redis. */
  set maxLength(limit: number) {
    this.limit = limit
  }

  /** Logs a command that has run, if it was slow enough. `now` is Unix time in milliseconds. */
  offer(
    request: LoggedRequest,
    microseconds: number,
    now: number,
    client: { readonly peer: string; readonly name: string }
  ): void {
    if (this.threshold < 0 || microseconds < this.threshold) return
    this.entries.push({
      id: this.nextId++,
      time: Math.floor(now / 1000),
      microseconds,
      args: argumentsOf(request),
      peer: client.peer,
      clientName: client.name
    })
    if (this.entries.length > this.limit) this.entries.splice(0, this.entries.length - this.limit)
  }

  /** The newest `count` entries, newest first. */
  latest(count: number): Array<SlowEntry> {
    return this.entries.slice(Math.max(0, this.entries.length - count)).reverse()
  }

  reset(): void {
    this.entries = []
  }
}

const argumentsOf = (request: LoggedRequest): Array<Uint8Array> => {
  const count = Math.min(request.count, MOST_ARGUMENTS)
  return Array.from({ length: count }, (_, index) => {
    if (index === count - 1 && request.count > count) {
      return Buffer.from(`... (${request.count - count + 1} more arguments)`)
    }
    if (request.redacted.includes(index)) return Buffer.from("(redacted)")
    const start = request.start(index)
    const length = request.end(index) - start
    if (length <= MOST_BYTES) return Bytes.copyOf(request.buffer(index), start, start + length)
    return Buffer.concat([
      request.buffer(index).subarray(start, start + MOST_BYTES),
      Buffer.from(`... (${length - MOST_BYTES} more bytes)`)
    ])
  })
}

export class SlowLog extends Context.Service<SlowLog, Log>()("go-redis/inspect/SlowLog") {
  static readonly layer = Layer.sync(this, () => new Log())
}
