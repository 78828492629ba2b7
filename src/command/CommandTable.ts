/**
 * All commands that the server knows, by name. Looked up by the bytes of the request, without making a string of them.
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import type { Command, Handler } from "./Command.ts"
import { Histogram } from "./Histogram.ts"
import type { Request } from "./Request.ts"
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

/** A command as the executor uses it: its spec worked out, and its counters. */
export class Entry {
  /** In lower case; a subcommand as `config|get`. */
  readonly name: string
  readonly spec: Spec
  readonly handler: Handler
  /** The program without the Effect around it; absent for commands that wait. */
  readonly run: Handler["run"]
  readonly subcommands = new Map<string, Entry>()
  parent: Entry | undefined = undefined

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
  /** Only its subcommands can be called. */
  isContainer = false
  /**
   * Up to so many arguments all calls take about the same time, and those that follow each other are timed together: any
   * number for what is O(1), and the shortest form of what is fast, such as LPUSH of one element. A handler may know
   * better.
   */
  readonly timedTogether: number
  readonly arity: number

  calls = 0
  microseconds = 0
  rejected = 0
  failed = 0
  /** How long its calls took, while `latency-tracking` is on. */
  readonly histogram = new Histogram()

  constructor(command: Command, handler: Handler) {
    this.name = command.name.toLowerCase()
    this.spec = command.spec
    this.handler = handler
    this.run = handler.run
    this.arity = command.spec.arity
    const has = (flag: Flag): boolean => command.spec.flags.includes(flag)
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
    this.timedTogether = handler.timedTogether
      ?? (command.spec.complexity === "O(1)" ? Infinity : this.isFast ? Math.abs(this.arity) : 0)
  }

  accepts(count: number): boolean {
    return this.arity >= 0 ? count === this.arity : count >= -this.arity
  }
}

class Table {
  readonly byName = new Map<string, Entry>()
  private buckets: Array<Array<Entry>> = Array.from({ length: 1024 }, () => [])

  add(command: Command, handler: Handler): void {
    const entry = new Entry(command, handler)
    const [parentName, subName] = entry.name.split("|")
    if (subName !== undefined && parentName !== undefined) {
      const parent = this.byName.get(parentName)
      if (parent === undefined) throw new Error(`${command.name} comes before its container command`)
      entry.parent = parent
      parent.subcommands.set(subName, entry)
      parent.isContainer = true
      return
    }
    this.byName.set(entry.name, entry)
    const name = Buffer.from(entry.name)
    this.buckets[bucketOf(name, 0, name.length)]?.push(entry)
  }

  /** The command of a request, in whatever case, without its subcommand. */
  find(request: Request): Entry | undefined {
    const bytes = request.buffer(0)
    const start = request.start(0)
    const end = request.end(0)
    for (const entry of this.buckets[bucketOf(bytes, start, end)] as Array<Entry>) {
      const name = entry.name
      if (name.length !== end - start) continue
      let at = 0
      while (at < name.length && lower(bytes[start + at] as number) === name.charCodeAt(at)) at++
      if (at === name.length) return entry
    }
    return undefined
  }

  /** The command of a request: the subcommand, where the command has some. */
  resolve(request: Request): Entry | undefined {
    const entry = this.find(request)
    if (entry === undefined || entry.subcommands.size === 0 || request.count === 1) return entry
    return entry.subcommands.get(request.latin1(1).toLowerCase())
  }

  /** Every command and subcommand. */
  *entries(): Iterable<Entry> {
    for (const entry of this.byName.values()) {
      yield entry
      yield* entry.subcommands.values()
    }
  }

  /** Calls of all commands together: INFO's `total_commands_processed`. */
  get calls(): number {
    let calls = 0
    for (const entry of this.entries()) calls += entry.calls
    return calls
  }

  /** CONFIG RESETSTAT. */
  resetCounters(): void {
    for (const entry of this.entries()) {
      entry.calls =
        entry.microseconds =
        entry.rejected =
        entry.failed =
          0
      entry.histogram.reset()
    }
  }

  /** The command of that name, in whatever case; a subcommand is named `config|get`. */
  readonly get = (name: string): Entry | undefined => {
    const [parent, sub, more] = name.toLowerCase().split("|")
    const entry = this.byName.get(parent ?? "")
    return sub === undefined ? entry : more === undefined ? entry?.subcommands.get(sub) : undefined
  }
}

const lower = (byte: number): number => byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte

const bucketOf = (bytes: Uint8Array, start: number, end: number): number => {
  let code = end - start
  for (let at = start; at < end; at++) code = (Math.imul(code, 31) + ((bytes[at] as number) | 0x20)) | 0
  return (code ^ (code >>> 10)) & 1023
}

export class CommandTable extends Context.Service<CommandTable, Table>()("go-redis/command/CommandTable") {
  static readonly layer = Layer.sync(this, () => new Table())
}
