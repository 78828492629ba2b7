/**
 * All commands that the server knows, by name. Looked up by the bytes of the request, without making a string of them.
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import * as Bytes from "../memory/Bytes.ts"
import type { Command, Handler } from "./Command.ts"
import { Histogram } from "./Histogram.ts"
import type { Request } from "./Request.ts"
import type { Spec } from "./Spec.ts"
import { hashOf, type Traits } from "./Traits.ts"

/** The longest name that is remembered as the last one. */
const MOST_REMEMBERED = 32

const none: ReadonlyMap<string, Entry> = new Map()

/** A command as the executor uses it: its program in this server, and its counters. */
export class Entry {
  /** In lower case; a subcommand as `config|get`. */
  readonly name: string
  readonly spec: Spec
  readonly traits: Traits
  readonly handler: Handler
  /** The program without the Effect around it; absent for commands that wait. */
  readonly run: Handler["run"]
  /** The first turn of a command that may wait, likewise. */
  readonly begin: Handler["begin"]
  private subs: Map<string, Entry> | undefined = undefined
  parent: Entry | undefined = undefined
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

  constructor({ spec, traits }: Command, handler: Handler) {
    this.name = traits.name
    this.spec = spec
    this.traits = traits
    this.handler = handler
    this.run = handler.run
    this.begin = handler.begin
    this.arity = spec.arity
    this.timedTogether = handler.timedTogether ?? traits.timedTogether
  }

  get subcommands(): ReadonlyMap<string, Entry> {
    return this.subs ?? none
  }

  /** Only its subcommands can be called. */
  get isContainer(): boolean {
    return this.subs !== undefined
  }

  /** The subcommand that a request names, in whatever case. Equal ones tend to follow each other: the last one is remembered. */
  subcommand(request: Request): Entry | undefined {
    const { lastSub, lastWord } = this
    if (lastSub !== undefined && request.length(1) === lastWord.length && request.is(1, lastWord)) return lastSub
    const name = request.latin1(1).toLowerCase()
    const entry = this.subcommands.get(name)
    if (entry !== undefined) {
      this.lastSub = entry
      this.lastWord = name.toUpperCase()
    }
    return entry
  }
  private lastSub: Entry | undefined = undefined
  private lastWord = ""

  addSubcommand(name: string, entry: Entry): void {
    this.lastSub = undefined
    entry.parent = this
    this.subs ??= new Map()
    this.subs.set(name, entry)
  }

  accepts(count: number): boolean {
    return this.arity >= 0 ? count === this.arity : count >= -this.arity
  }
}

class Table {
  readonly byName = new Map<string, Entry>()
  /** Open addressing by the name's hash; at most half of the slots are taken. */
  private slots: Array<Entry | undefined> = new Array(1024).fill(undefined)
  /** The name that was last found, letter for letter, and its command: equal ones tend to follow each other. */
  private readonly lastName = new Uint8Array(MOST_REMEMBERED)
  private lastLength = -1
  private last: Entry | undefined = undefined

  add(command: Command, handler: Handler): void {
    this.all = undefined
    this.lastLength = -1
    const entry = new Entry(command, handler)
    const { path } = entry.traits
    if (path === undefined) {
      this.byName.set(entry.name, entry)
      if (this.byName.size * 2 > this.slots.length) {
        this.slots = new Array(this.slots.length * 2).fill(undefined)
        for (const other of this.byName.values()) this.place(other)
      } else this.place(entry)
      return
    }
    const [container, name] = path
    const parent = this.byName.get(container)
    if (parent === undefined) throw new Error(`${command.name} comes before its container command`)
    parent.addSubcommand(name, entry)
  }

  private place(entry: Entry): void {
    const mask = this.slots.length - 1
    let at = entry.traits.hash & mask
    // A command that has the same name as another one takes its place
    while (this.slots[at] !== undefined && this.slots[at]?.name !== entry.name) at = (at + 1) & mask
    this.slots[at] = entry
  }

  /** The command of a request, in whatever case, without its subcommand. */
  find(request: Request): Entry | undefined {
    const bytes = request.buffer(0)
    const start = request.start(0)
    const end = request.end(0)
    const length = end - start
    if (length === this.lastLength && Bytes.equal(this.lastName, 0, bytes, start, length)) return this.last
    const entry = this.search(bytes, start, end)
    if (entry !== undefined && length <= MOST_REMEMBERED) {
      Bytes.copy(bytes, start, end, this.lastName, 0)
      this.lastLength = length
      this.last = entry
    }
    return entry
  }

  private search(bytes: Uint8Array, start: number, end: number): Entry | undefined {
    const { slots } = this
    const mask = slots.length - 1
    for (let slot = hashOf(bytes, start, end) & mask;; slot = (slot + 1) & mask) {
      const entry = slots[slot]
      if (entry === undefined) return undefined
      const name = entry.name
      if (name.length !== end - start) continue
      let at = 0
      while (at < name.length && lower(bytes[start + at] as number) === name.charCodeAt(at)) at++
      if (at === name.length) return entry
    }
  }

  /** The command of a request: the subcommand, where the command has some. */
  resolve(request: Request): Entry | undefined {
    const entry = this.find(request)
    if (entry === undefined || entry.subcommands.size === 0 || request.count === 1) return entry
    return entry.subcommand(request)
  }

  /** Every command and subcommand: a list, since what samples the figures goes through it ten times a second. */
  entries(): ReadonlyArray<Entry> {
    return this.all ??= [...this.byName.values()].flatMap((entry) => [entry, ...entry.subcommands.values()])
  }
  private all: ReadonlyArray<Entry> | undefined = undefined

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

export class CommandTable extends Context.Service<CommandTable, Table>()("go-redis/command/CommandTable") {
  static readonly layer = Layer.sync(this, () => new Table())
}
