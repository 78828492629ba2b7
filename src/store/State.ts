/**
 * What the databases need to hand and what outlives a keyspace: the time, the access clock, statistics, the listeners
 * and the propagation log. Plain fields, since every command reads them.
 */
import type { Ref } from "../memory/Arena.ts"
import type { Database } from "./Database.ts"
import { Type } from "./Entry.ts"
import type { KeyListener } from "./KeyEvents.ts"
import { KeysAhead } from "./KeysAhead.ts"
import { Propagation } from "./Propagation.ts"
import type { Recorder } from "./Recorder.ts"
import * as Settings from "./Settings.ts"

/** Bits of `State.interest`: who wants to hear of changes. Zero costs the path of a write one comparison. */
export const Interest = { modified: 1, event: 2, all: 3 } as const

export class State {
  /** Unix time in milliseconds, taken from Effect's `Clock` once per batch of input. */
  now = 0
  /** The same in whole seconds. */
  seconds = 0
  /** Changes to the dataset since the start; `rdb_changes_since_last_save` counts from a mark in it. */
  dirty = 0

  /** Whether `maxmemory-policy` is an LFU one. */
  lfu = false
  lfuLogFactor = 10
  lfuDecayTime = 1
  /** Snapshot epoch of entries written now, in place in the meta word. */
  epochBits = 0
  /** The snapshot under way, which sees entries of other epochs before they change. */
  recorder: Recorder | undefined = undefined

  /**
   * Whether keys expire and are evicted by this server's own decision: not on a replica, unless it takes writes of its
   * own.
   */
  ownsExpiry = true
  /** On a replica that takes writes of its own, a key that is over makes room for what a client writes. */
  takesOwnWrites = false
  /** Whether the master's stream or a file is being applied, to which expired keys are still there. */
  applying = false
  /** CLIENT PAUSE: until then nothing expires or is evicted. */
  pausedUntil = 0

  readonly settings: Settings.Settings

  /** INFO's figures; CONFIG RESETSTAT sets them to zero with `resetStats`. */
  readonly stats = {
    hits: 0,
    misses: 0,
    expired: 0,
    evicted: 0,
    expiredStalePercent: 0,
    expiredTimeCapReached: 0,
    /** Time that the active expiry cycle took. */
    expireCycleMicroseconds: 0,
    lazyFreed: 0,
    /** Time for which memory has been above the limit, and since when (Unix milliseconds) it is; 0: it is not. */
    evictionExceededMilliseconds: 0,
    evictionExceededSince: 0
  }

  readonly propagation = new Propagation()
  /** What is known of the keys that the next requests will look up. */
  readonly ahead = new KeysAhead()
  /** 32 random bits; xorshift, seeded by the layer. */
  readonly random: () => number

  interest = 0
  private readonly listeners = new Set<KeyListener>()
  /** Keys that appeared with a value somebody may block on; served by `Waiters` after the command. */
  readyKeys: Array<{ readonly db: Database; readonly key: Uint8Array }> = []
  /** Types (as bits) on which clients block now. */
  awaitedTypes = 0

  /** Called when keys may have become ready outside of any command: by expiry, say. */
  onReady: () => void = () => {}

  /** The client whose command runs, or ran last. */
  client = 0
  /** Told when the first client begins to wait for keys, and when none does any more. */
  onWaiting: (waiting: boolean) => void = () => {}

  /** Called when something was left to be released in the background. */
  onRelease: () => void = () => {}
  /** Called when a key gets a time to live that ends before `awaitedEnd`. */
  onVolatile: () => void = () => {}
  /** The active expiry rests in the belief that nothing ends earlier than this; -Infinity: it does not rest. */
  awaitedEnd = -Infinity
  /** Called when a dictionary begins to grow or shrink. */
  onRehash: () => void = () => {}
  /** Told how long background work held the server up; undefined while nobody wants to know. */
  onLatency: ((event: "expire-cycle" | "eviction-cycle", milliseconds: number, keys: number) => void) | undefined =
    undefined
  private readonly overheads = new Set<() => number>()

  constructor(random: () => number, settings: Settings.Settings = Settings.defaults()) {
    this.random = random
    this.settings = settings
    this.settingsChanged()
  }

  /** To be called when `settings` have been changed. */
  settingsChanged(): void {
    this.lfu = this.settings.maxmemoryPolicy.endsWith("-lfu")
  }

  resetStats(): void {
    const { evictionExceededSince } = this.stats
    for (const name of Object.keys(this.stats) as Array<keyof State["stats"]>) this.stats[name] = 0
    if (evictionExceededSince !== 0) this.stats.evictionExceededSince = this.now
  }

  get paused(): boolean {
    return this.now < this.pausedUntil
  }

  /** Lets memory beside the data count for `maxmemory`: the buffers of clients, say. Returns the way to stop. */
  countOverhead(measure: () => number): () => void {
    this.overheads.add(measure)
    return () => void this.overheads.delete(measure)
  }

  get overheadBytes(): number {
    let bytes = 0
    for (const measure of this.overheads) bytes += measure()
    return bytes
  }

  setTime(now: number): void {
    this.now = now
    this.seconds = Math.floor(now / 1000)
  }

  listen(listener: KeyListener): () => void {
    this.listeners.add(listener)
    this.updateInterest()
    return () => {
      this.listeners.delete(listener)
      this.updateInterest()
    }
  }

  private updateInterest(): void {
    this.interest = 0
    for (const listener of this.listeners) {
      if (listener.modified !== undefined) this.interest |= Interest.modified
      if (listener.event !== undefined) this.interest |= Interest.event
    }
  }

  /** Runs what is another client's doing than the one's whose command runs; 0: the server's own. */
  actingFor<A>(client: number, run: () => A): A {
    const before = this.client
    this.client = client
    const result = run()
    this.client = before
    return result
  }

  /** Tells the listeners that a key has changed. */
  modified(db: number, key: Uint8Array, start: number, end: number): void {
    if ((this.interest & Interest.modified) === 0) return
    for (const listener of this.listeners) listener.modified?.(db, key, start, end)
  }

  /** Tells the listeners of an event on a key. */
  event(db: number, eventClass: number, event: string, key: Uint8Array, start: number, end: number): void {
    if ((this.interest & Interest.event) === 0) return
    for (const listener of this.listeners) listener.event?.(db, eventClass, event, key, start, end)
  }

  flushed(db: number): void {
    for (const listener of this.listeners) listener.flushed?.(db)
  }

  swapped(first: number, second: number): void {
    for (const listener of this.listeners) listener.swapped?.(first, second)
  }

  /** An entry of that type came to be under a key: a blocked client may want it. */
  appeared(db: Database, ref: Ref, type: number): void {
    if ((this.awaitedTypes & (1 << type)) !== 0) this.readyKeys.push({ db, key: db.key(ref) })
  }

  /** An entry of that type goes, or gets another type. Only readers of a stream's group want to know. */
  vanished(db: Database, ref: Ref, type: number): void {
    if (type === Type.stream) this.appeared(db, ref, type)
  }
}
