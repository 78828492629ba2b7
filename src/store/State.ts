/**
 * What the databases need to hand and what outlives a keyspace: the time, the access clock, statistics, the listeners
 * and the propagation log. Plain fields, since every command reads them.
 */
import type { Ref } from "../memory/Arena.ts"
import type { Database } from "./Database.ts"
import type { KeyListener } from "./KeyEvents.ts"
import { Propagation } from "./Propagation.ts"

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

  /** Whether keys expire by this server's own decision: not on a replica. */
  ownsExpiry = true
  /** Whether the master's stream is being applied, to which expired keys are still there. */
  applying = false
  /** `lazyfree-lazy-expire`. */
  lazyExpire = false

  readonly stats = {
    hits: 0,
    misses: 0,
    expired: 0,
    evicted: 0,
    expiredStalePercent: 0,
    expiredTimeCapReached: 0,
    lazyFreed: 0
  }

  readonly propagation = new Propagation()
  /** 32 random bits; xorshift, seeded by the layer. */
  readonly random: () => number

  interest = 0
  private readonly listeners = new Set<KeyListener>()
  /** Keys that appeared with a value somebody may block on; served by `Waiters` after the command. */
  readyKeys: Array<{ readonly db: Database; readonly key: Uint8Array }> = []
  /** Types (as bits) on which clients block now. */
  awaitedTypes = 0

  constructor(random: () => number) {
    this.random = random
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

  /** An entry of that type came to be under a key: a blocked client may want it. */
  appeared(db: Database, ref: Ref, type: number): void {
    if ((this.awaitedTypes & (1 << type)) !== 0) this.readyKeys.push({ db, key: db.key(ref) })
  }
}
