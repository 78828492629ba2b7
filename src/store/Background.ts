/**
 * The fibers of a store: active expiry, release of what was left to the background, eviction that one command could not
 * finish, and rehashing in idle time. Each works in slices of about a millisecond and lets everybody else run between;
 * while there is nothing to do, it waits without a timer, so that a clock moved by hand may jump far.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as References from "effect/References"
import type * as Scope from "effect/Scope"
import * as Fibers from "../Fibers.ts"
import type { Eviction } from "./Eviction.ts"
import { ExpiryCycle } from "./ExpiryCycle.ts"
import type { Keyspace } from "./Keyspace.ts"
import type { State } from "./State.ts"

const SLICE_MICROSECONDS = 1000
/** Steps of work between two looks at the clock, which costs a tenth of a microsecond. */
const STEPS_PER_LOOK = 16
/** And at most so many steps, for a clock that stands still. */
const STEPS_PER_SLICE = 4096

/** How much of the time until a key ends may pass without a look: all that is told of times to live is as old as that. */
const REST_SHARE = 1 / 16
/** And no longer than an hour: the clock of a machine may be set forward. */
const MOST_REST_MILLIS = 3_600_000

export interface Parts {
  readonly state: State
  readonly keyspace: () => Keyspace
  readonly eviction: Eviction
  readonly evictionLatch: Latch.Latch
}

/** Starts the fibers; they end with the scope. */
export const start = (parts: Parts): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const fibers = {
      "active expiry": expiry(parts, clock),
      "lazy release": release(parts, clock),
      "eviction": evict(parts),
      "rehashing": rehash(parts, clock)
    }
    for (const [name, fiber] of Object.entries(fibers)) {
      yield* tended(fiber).pipe(
        Fibers.named({ name, part: "store" }),
        Effect.provideService(References.PreventSchedulerYield, false),
        Effect.forkScoped({ startImmediately: true })
      )
    }
  })

/** A defect is logged, and the work goes on: keys must expire, whatever became of one. */
const tended = (fiber: Effect.Effect<never>): Effect.Effect<never> =>
  Effect.catchDefect(fiber, (defect) =>
    Effect.logError("background work of the store failed", defect).pipe(
      Effect.andThen(Effect.sleep(1000)),
      Effect.andThen(Effect.suspend(() => tended(fiber)))
    ))

/** The clock's time in microseconds, for measuring. */
export const microseconds = (clock: Clock.Clock) => (): number => Number(clock.monotonicTimeNanosUnsafe() / 1000n)

const setTime = (state: State, clock: Clock.Clock) => Effect.sync(() => state.setTime(clock.currentTimeMillisUnsafe()))

/**
 * Waits until somebody opens the latch, and closes it behind. To open a latch runs who waits at once, amid the command
 * that opened it: so leave that turn first.
 */
const wait = (latch: Latch.Latch): Effect.Effect<void> =>
  Effect.andThen(latch.await, Effect.andThen(Effect.sync(() => void latch.closeUnsafe()), Effect.yieldNow))

const expiry = Effect.fnUntraced(function*({ state, keyspace }: Parts, clock: Clock.Clock) {
  const now = microseconds(clock)
  const cycle = new ExpiryCycle({ state, databases: () => keyspace().databases, now })
  const step = (round: Generator<void>): boolean => {
    if (state.onLatency === undefined) return round.next().done === true
    const start = now()
    const { expired } = state.stats
    const done = round.next().done === true
    state.onLatency("expire-cycle", (now() - start) / 1000, state.stats.expired - expired)
    return done
  }
  const run = Effect.fnUntraced(function*(kind: "slow" | "fast") {
    const round = cycle.round(kind)
    yield* setTime(state, clock)
    while (!step(round)) {
      if (state.readyKeys.length > 0) state.onReady()
      yield* Effect.yieldNow
      yield* setTime(state, clock)
    }
    if (state.readyKeys.length > 0) state.onReady()
  })
  const volatile = Latch.makeUnsafe(false)
  state.onVolatile = () => void volatile.openUnsafe()
  /** Waits for a key that ends before all those that there are; for so many milliseconds, or for as long as it takes. */
  const rest = Effect.fnUntraced(function*(awaitedEnd: number, most?: number) {
    state.awaitedEnd = awaitedEnd
    yield* most === undefined ? wait(volatile) : Effect.timeoutOption(wait(volatile), most)
    state.awaitedEnd = -Infinity
  })
  const anyVolatile = () => keyspace().databases.some((db) => db.expires.size > 0)
  while (true) {
    if (!anyVolatile()) yield* rest(Infinity)
    const tick = 1000 / state.settings.hz
    let left = tick
    yield* run("slow")
    while (cycle.behind && left > 0) {
      const pause = (cycle.fastMicroseconds * 2) / 1000
      yield* Effect.sleep(pause)
      yield* run("fast")
      left -= pause
    }
    yield* Effect.sleep(Math.max(1, left))
    yield* setTime(state, clock)
    const end = cycle.firstEnd()
    if (end === undefined) continue
    // While it is far, rounds are as well: a clock moved by hand gets there in few steps
    const pause = Math.min((end - state.now) * REST_SHARE, MOST_REST_MILLIS)
    if (pause > tick) yield* rest(end, pause)
  }
})

const release = Effect.fnUntraced(function*({ state, keyspace }: Parts, clock: Clock.Clock) {
  const pending = Latch.makeUnsafe(false)
  state.onRelease = () => void pending.openUnsafe()
  while (true) {
    yield* wait(pending)
    while (slice(clock, () => keyspace().releaseSome(STEPS_PER_LOOK))) yield* Effect.yieldNow
  }
})

const evict = Effect.fnUntraced(function*({ eviction, evictionLatch, state }: Parts) {
  while (true) {
    yield* wait(evictionLatch)
    while (eviction.evict() === "unfinished") yield* Effect.yieldNow
    if (state.readyKeys.length > 0) state.onReady()
  }
})

const rehash = Effect.fnUntraced(function*({ state, keyspace }: Parts, clock: Clock.Clock) {
  const rehashing = Latch.makeUnsafe(false)
  state.onRehash = () => void rehashing.openUnsafe()
  while (true) {
    const dict = keyspace().databases.find((db) => db.dict.rehashing)?.dict
    if (dict === undefined) {
      yield* wait(rehashing)
    }
    yield* Effect.sleep(1000 / state.settings.hz)
    if (!state.settings.activeRehashing || dict === undefined) continue
    slice(clock, () => {
      for (let step = 0; step < STEPS_PER_LOOK; step++) dict.step()
      return dict.rehashing
    })
  }
})

/** Repeats the step until it has nothing left to do or its time is over; says whether something is left. */
const slice = (clock: Clock.Clock, step: () => boolean): boolean => {
  const now = microseconds(clock)
  const deadline = now() + SLICE_MICROSECONDS
  for (let steps = 0; step(); steps += STEPS_PER_LOOK) if (now() > deadline || steps > STEPS_PER_SLICE) return true
  return false
}
