/**
 * The last minutes in figures, a sample each second: what the page's charts show as soon as it is opened. Percentiles
 * are those of the commands of that second.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import { ClientRegistry } from "../command/ClientRegistry.ts"
import { CommandTable } from "../command/CommandTable.ts"
import { Histogram } from "../command/Histogram.ts"
import { Stats } from "../command/Stats.ts"
import { Waiters } from "../command/Waiters.ts"
import * as Fibers from "../Fibers.ts"
import { Store } from "../store/Store.ts"

const SECONDS = 300

export interface Sample {
  /** Unix milliseconds. */
  readonly time: number
  /** Commands, and bytes in and out, in a second. */
  readonly commands: number
  readonly input: number
  readonly output: number
  /** Microseconds; 0 where no command ran. */
  readonly p50: number
  readonly p99: number
  readonly p999: number
  /** Bytes. */
  readonly memory: number
  readonly keys: number
  readonly clients: number
  readonly waiting: number
  /** Share of the look-ups of that second that found their key; 1 where there were none. */
  readonly hits: number
}

export interface History {
  /** Oldest first. */
  readonly samples: ReadonlyArray<Sample>
}

/** Samples until the scope is closed. */
export const make: Effect.Effect<
  History,
  never,
  CommandTable | ClientRegistry | Stats | Store | Waiters | Scope.Scope
> = Effect.gen(function*() {
  const table = yield* CommandTable
  const stats = yield* Stats
  const store = yield* Store
  const waiters = yield* Waiters
  const { clients } = yield* ClientRegistry
  const clock = yield* Clock.Clock
  const samples: Array<Sample> = []

  const totals = () => {
    const latencies = new Histogram()
    for (const { histogram } of table.entries()) latencies.add(histogram)
    return {
      time: clock.currentTimeMillisUnsafe(),
      calls: table.calls,
      input: stats.inputBytes,
      output: stats.outputBytes,
      hits: store.state.stats.hits,
      misses: store.state.stats.misses,
      latencies
    }
  }

  let last = totals()
  const sample = Effect.sync(() => {
    const next = totals()
    const seconds = Math.max(1, next.time - last.time) / 1000
    // After CONFIG RESETSTAT they have not run backwards
    const rate = (name: "calls" | "input" | "output" | "hits" | "misses"): number =>
      Math.max(0, next[name] - last[name]) / seconds
    const latencies = new Histogram()
    latencies.add(next.latencies)
    if (last.latencies.count <= next.latencies.count) latencies.add(last.latencies, -1)
    const percentile = (percent: number): number => latencies.count === 0 ? 0 : latencies.percentile(percent) / 1000
    samples.push({
      time: next.time,
      commands: rate("calls"),
      input: rate("input"),
      output: rate("output"),
      p50: percentile(50),
      p99: percentile(99),
      p999: percentile(99.9),
      memory: store.usedMemory(),
      keys: Ref.getUnsafe(store.keyspace).size,
      clients: clients.byId.size,
      waiting: waiters.count(),
      hits: rate("misses") === 0 ? 1 : rate("hits") / (rate("hits") + rate("misses"))
    })
    if (samples.length > SECONDS) samples.shift()
    last = next
  })
  yield* Effect.sleep("1 second").pipe(
    Effect.andThen(sample),
    Effect.forever,
    Fibers.named({ name: "inspector history", part: "inspection" }),
    Effect.forkScoped
  )
  return { samples }
})
