/**
 * Keeps the data within `maxmemory` (https://redis.io/docs/reference/eviction): evicts keys that seem the least useful
 * by the policy, judged from samples, the best candidates of which stay in a pool from one time to the next.
 *
 * One command waits for eviction no longer than `maxmemory-eviction-tenacity` allows; what is then still to be freed is
 * freed in the background.
 */
import type { Ref } from "../memory/Arena.ts"
import * as Access from "./Access.ts"
import type { Database } from "./Database.ts"
import { ACCESS_WORD } from "./Entry.ts"
import { KeyEventClass } from "./KeyEvents.ts"
import type { Keyspace } from "./Keyspace.ts"
import type { State } from "./State.ts"

const POOL_SIZE = 16
/** Keys after which the time is looked at. */
const KEYS_PER_CHECK = 16
/** Slices of lazy release between two looks at the memory. */
const SLICES_PER_CHECK = 8

/** A key that was seen to be of little use; the higher its score, the less. */
interface Candidate {
  readonly db: number
  readonly key: Uint8Array
  /** The key's hash. */
  readonly code: number
  readonly score: number
}

/** `unfinished`: more is to be freed than one command may be held up for. `failed`: nothing more can be freed. */
export type Outcome = "enough" | "unfinished" | "failed"

export class Eviction {
  private readonly state: State
  private readonly keyspace: () => Keyspace
  /** A monotonic clock in microseconds. */
  private readonly now: () => number
  private readonly onUnfinished: () => void
  /** By score, the least useful key last. */
  private readonly pool: Array<Candidate> = []
  /** Where the random policies go on. */
  private nextDatabase = 0

  constructor(options: {
    readonly state: State
    readonly keyspace: () => Keyspace
    readonly now: () => number
    /** Asks for further calls of `evict` in the background. */
    readonly onUnfinished: () => void
  }) {
    this.state = options.state
    this.keyspace = options.keyspace
    this.now = options.now
    this.onUnfinished = options.onUnfinished
  }

  /** Bytes that count for the limit. */
  get usedMemory(): number {
    return this.keyspace().bytes + this.state.overheadBytes
  }

  /** Frees memory if there is too little; false: a command that may need more must be refused. */
  ensureRoom(): boolean {
    const outcome = this.evict()
    if (outcome === "unfinished") this.onUnfinished()
    return outcome !== "failed"
  }

  /** Evicts until the data is within the limit or the time for this call is over. */
  evict(): Outcome {
    const { settings, stats } = this.state
    if (settings.maxmemory === 0 || this.state.paused || this.state.applying) return "enough"
    if (!this.state.ownsExpiry && settings.replicaIgnoresMaxmemory) return "enough"
    const excess = this.usedMemory - settings.maxmemory
    if (excess <= 0) {
      this.within()
      return "enough"
    }
    if (stats.evictionExceededSince === 0) stats.evictionExceededSince = this.state.now
    const outcome = settings.maxmemoryPolicy === "noeviction" ? "failed" : this.freeTimed(excess)
    if (outcome === "enough") this.within()
    return outcome
  }

  /** Counts the time above the limit, which is over. */
  private within(): void {
    const { stats } = this.state
    if (stats.evictionExceededSince === 0) return
    stats.evictionExceededMilliseconds += this.state.now - stats.evictionExceededSince
    stats.evictionExceededSince = 0
  }

  private freeTimed(excess: number): Outcome {
    const { onLatency } = this.state
    if (onLatency === undefined) return this.free(excess)
    const start = this.now()
    const { stats } = this.state
    const { evicted } = stats
    const outcome = this.free(excess)
    onLatency("eviction-cycle", (this.now() - start) / 1000, stats.evicted - evicted)
    return outcome
  }

  private free(excess: number): Outcome {
    const { settings, stats } = this.state
    const space = this.keyspace()
    const deadline = this.now() + timeLimit(settings.evictionTenacity)
    let freed = 0
    for (let keys = 1; freed < excess; keys++) {
      const victim = this.choose()
      if (victim === undefined) return this.awaitReleases(deadline)
      const before = space.arena.used
      stats.evicted++
      victim.db.vanish(victim.ref, settings.lazyEviction, KeyEventClass.evicted, "evicted")
      this.state.propagation.flush()
      freed += before - space.arena.used
      if (keys % KEYS_PER_CHECK !== 0) continue
      if (settings.lazyEviction && this.usedMemory <= settings.maxmemory) break
      if (this.now() > deadline) return "unfinished"
    }
    return "enough"
  }

  /** No key is left to evict, but values may still be on their way out. */
  private awaitReleases(deadline: number): Outcome {
    const space = this.keyspace()
    while (this.now() < deadline && space.releaseSome(SLICES_PER_CHECK)) {
      if (this.usedMemory <= this.state.settings.maxmemory) return "enough"
    }
    return this.usedMemory <= this.state.settings.maxmemory ? "enough" : "failed"
  }

  // ---- choosing

  private choose(): { readonly db: Database; readonly ref: Ref } | undefined {
    const policy = this.state.settings.maxmemoryPolicy
    return policy === "allkeys-random" || policy === "volatile-random" ? this.chooseAny() : this.chooseFromPool()
  }

  private get volatileOnly(): boolean {
    return this.state.settings.maxmemoryPolicy.startsWith("volatile-")
  }

  /** A random key, of each database in turn. */
  private chooseAny(): { readonly db: Database; readonly ref: Ref } | undefined {
    const { databases } = this.keyspace()
    for (let tries = 0; tries < databases.length; tries++) {
      const db = databases[this.nextDatabase++ % databases.length] as Database
      const ref = this.volatileOnly
        ? db.expires.size === 0 ? 0 : db.expires.refAt(1 + (this.state.random() % db.expires.size))
        : db.dict.pick(this.state.random)
      if (ref !== 0) return { db, ref }
    }
    return undefined
  }

  private chooseFromPool(): { readonly db: Database; readonly ref: Ref } | undefined {
    const { databases } = this.keyspace()
    for (;;) {
      let keys = 0
      for (const db of databases) {
        const size = this.volatileOnly ? db.expires.size : db.size
        if (size === 0) continue
        keys += size
        this.populate(db)
      }
      if (keys === 0) return undefined
      for (let best = this.pool.pop(); best !== undefined; best = this.pool.pop()) {
        const db = databases[best.db] as Database
        const ref = db.dict.findHashed(best.code, best.key, 0, best.key.length)
        // It may have gone or become persistent since it was seen.
        if (ref !== 0 && (!this.volatileOnly || db.expires.slotOf(ref) !== 0)) return { db, ref }
      }
    }
  }

  private populate(db: Database): void {
    const samples = this.state.settings.maxmemorySamples
    if (!this.volatileOnly) {
      db.dict.sample(samples, this.state.random, (ref) => this.consider(db, ref))
      return
    }
    const { expires } = db
    for (let i = Math.min(samples, expires.size); i > 0; i--) {
      this.consider(db, expires.refAt(1 + (this.state.random() % expires.size)))
    }
  }

  private consider(db: Database, ref: Ref): void {
    const score = this.score(db, ref)
    const pool = this.pool
    if (pool.length === POOL_SIZE && score <= (pool[0] as Candidate).score) return
    let at = pool.length
    while (at > 0 && (pool[at - 1] as Candidate).score > score) at--
    const code = db.dict.codeOf(ref)
    // The same key may be sampled again; once is enough. Two of one hash hardly ever meet, and one may wait.
    for (const other of pool) if (other.code === code && other.db === db.index) return
    pool.splice(at, 0, { db: db.index, key: db.key(ref), code, score })
    if (pool.length > POOL_SIZE) pool.shift()
  }

  /** The higher, the less useful. */
  private score(db: Database, ref: Ref): number {
    const state = this.state
    if (state.settings.maxmemoryPolicy === "volatile-ttl") return -db.expireTime(ref)
    const access = db.word(ref, ACCESS_WORD)
    return state.lfu ? 255 - Access.lfuCounter(access, state) : state.seconds - access
  }
}

/** Microseconds that one call may take: up to half a millisecond by default, then growing by 15 % a step. */
const timeLimit = (tenacity: number): number =>
  tenacity <= 10 ? 50 * tenacity : tenacity < 100 ? 500 * 1.15 ** (tenacity - 10) : Number.POSITIVE_INFINITY
