/**
 * The active expiry: finds keys whose time is over before anybody asks for them, the way Redis's cycle does. A round
 * looks at some volatile keys of each database and stays with a database as long as more than a tolerated share of
 * them is dead. A slow round comes with every tick of the cron and may take a quarter of the processor; a fast one
 * comes in between, when the last round left too much behind.
 *
 * A round is a generator that yields every millisecond, so that nobody waits for it.
 */
import type { Database } from "./Database.ts"
import type { State } from "./State.ts"

/** Keys per look at one database. */
const KEYS_PER_LOOP = 20
/** Time of a fast round, in microseconds. */
const FAST_MICROSECONDS = 1000
/** Share of the time between two ticks that a slow round may take. */
const SLOW_PERCENT = 25
/** Share of dead keys below which a database is left alone. */
const ACCEPTABLE_STALE_PERCENT = 10
const DATABASES_PER_ROUND = 16
/** Volatile keys of all databases that are looked at one by one, to know when the first of them is over. */
const MOST_SURVEYED = 10_000
/** Keys of a replica's own, of each database. */
const OWN_KEYS_PER_ROUND = 64

const SLICE_MICROSECONDS = 1000
/** Looks after which a round yields even when the clock stands still. */
const SLICE_LOOPS = 64

interface Sample {
  /** Volatile keys looked at, and how many of them were dead. */
  seen: number
  expired: number
}

export class ExpiryCycle {
  private readonly state: State
  private readonly databases: () => ReadonlyArray<Database>
  /** A monotonic clock in microseconds. */
  private readonly now: () => number
  private nextDatabase = 0
  /** Whether the last round ran out of time. */
  private cutShort = false

  constructor(options: {
    readonly state: State
    readonly databases: () => ReadonlyArray<Database>
    readonly now: () => number
  }) {
    this.state = options.state
    this.databases = options.databases
    this.now = options.now
  }

  /** 0 to 9: `active-expire-effort` counted from the least. */
  private get effort(): number {
    return this.state.settings.activeExpireEffort - 1
  }

  private get acceptableStale(): number {
    return ACCEPTABLE_STALE_PERCENT - this.effort
  }

  get fastMicroseconds(): number {
    return FAST_MICROSECONDS + (FAST_MICROSECONDS / 4) * this.effort
  }

  /** Whether the last rounds left so much behind that fast ones should follow. */
  get behind(): boolean {
    return this.enabled && (this.cutShort || this.state.stats.expiredStalePercent >= this.acceptableStale)
  }

  private get enabled(): boolean {
    const { settings, ownsExpiry, paused } = this.state
    return settings.activeExpire && ownsExpiry && !paused
  }

  /**
   * When the first volatile key will be over, in Unix milliseconds: until then rounds find nothing. Undefined when that
   * is not known at little cost, or when rounds do not go by it.
   */
  firstEnd(): number | undefined {
    if (!this.enabled || this.behind) return undefined
    const databases = this.databases()
    let volatile = 0
    for (const { expires } of databases) volatile += expires.size
    if (volatile === 0 || volatile > MOST_SURVEYED) return undefined
    const { now } = this.state
    let first = Infinity
    for (const db of databases) {
      const { size } = db.expires
      if (size === 0) continue
      let ttls = 0
      for (let slot = size; slot > 0; slot--) {
        const time = db.expires.timeAt(slot)
        if (time < first) first = time
        ttls += time - now
      }
      // Rounds that do not come cannot bring the mean up to date
      db.averageTtl = Math.max(0, ttls / size)
    }
    if (first >= now) this.state.stats.expiredStalePercent = 0
    return first
  }

  /** One round; the state's clock must be set before each step. */
  *round(kind: "slow" | "fast"): Generator<void> {
    if (!this.enabled) return this.expireOwn()
    const { settings, stats } = this.state
    const limit = kind === "fast"
      ? this.fastMicroseconds
      : ((SLOW_PERCENT + 2 * this.effort) * 10_000) / settings.hz
    const count = this.databases().length
    const databases = this.cutShort ? count : Math.min(DATABASES_PER_ROUND, count)
    const total: Sample = { seen: 0, expired: 0 }
    let before = 0
    let start = this.now()
    let loops = 0
    this.cutShort = false
    for (let i = 0; i < databases && !this.cutShort; i++) {
      const index = this.nextDatabase++ % count
      for (;;) {
        // Looked up each time: a flush may have replaced it while the round had yielded.
        const sample = this.look(this.databases()[index] as Database)
        total.seen += sample.seen
        total.expired += sample.expired
        if (sample.expired * 100 <= this.acceptableStale * sample.seen) break
        const elapsed = this.now() - start
        if (before + elapsed > limit) {
          this.cutShort = true
          stats.expiredTimeCapReached++
          break
        }
        if (elapsed < SLICE_MICROSECONDS && ++loops < SLICE_LOOPS) continue
        before += elapsed
        yield
        if (!this.enabled) return
        loops = 0
        start = this.now()
      }
    }
    stats.expireCycleMicroseconds += before + (this.now() - start)
    const percent = total.seen === 0 ? 0 : (total.expired * 100) / total.seen
    stats.expiredStalePercent = percent * 0.05 + stats.expiredStalePercent * 0.95
  }

  /** On a replica that takes writes of its own: the keys that its master knows nothing of. */
  private expireOwn(): void {
    const { ownsExpiry, paused, settings } = this.state
    if (!settings.activeExpire || ownsExpiry || paused) return
    for (const db of this.databases()) {
      const own = db.ownVolatile
      let left = Math.min(own.size, OWN_KEYS_PER_ROUND)
      for (const name of own) {
        if (left-- === 0) break
        // Those that stay go behind the others
        own.delete(name)
        const key = Buffer.from(name, "latin1")
        const ref = db.dict.find(key, 0, key.length)
        if (ref === 0 || db.expireTime(ref) === -1) continue
        if (db.isDue(ref)) db.expireNow(ref)
        else own.add(name)
      }
    }
  }

  /**
   * Looks at some volatile keys and deletes the dead ones. The cursor visits every slot in its turn, but in an order
   * that scatters them: neighbours were often set at the same time, and would tell little about the others.
   */
  private look(db: Database): Sample {
    const { expires, state } = db
    const sample: Sample = { seen: 0, expired: 0 }
    // A replica no more: all keys are its own
    if (db.ownVolatile.size > 0) db.ownVolatile.clear()
    if (expires.size === 0) {
      db.averageTtl = 0
      return sample
    }
    let left = Math.min(expires.size, KEYS_PER_LOOP + (KEYS_PER_LOOP / 4) * this.effort)
    let ttls = 0
    let alive = 0
    for (; left > 0 && expires.size > 0; left--) {
      const slot = nextSlot(db)
      const time = expires.timeAt(slot)
      sample.seen++
      if (time < state.now) {
        db.expireNow(expires.refAt(slot))
        state.propagation.flush()
        sample.expired++
      } else {
        alive++
        ttls += time - state.now
      }
    }
    if (alive > 0) {
      const average = ttls / alive
      // Redis's running average: one part in fifty is new.
      db.averageTtl = db.averageTtl === 0 ? average : (db.averageTtl / 50) * 49 + average / 50
    }
    return sample
  }
}

/** An odd number without a pattern: its multiples, cut to some low bits, take each value once before any comes again. */
const SCATTER = 0x9e3779b1

const nextSlot = (db: Database): number => {
  const { size } = db.expires
  const mask = 2 ** (32 - Math.clz32(size - 1)) - 1
  for (;;) {
    const slot = Math.imul(db.expireCursor++, SCATTER) & mask
    if (slot < size) return slot + 1
  }
}
