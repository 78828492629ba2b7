/**
 * The latency monitor: what kept the server from answering, by kind of event, with the latest 160 seconds in which it
 * happened (https://redis.io/docs/management/optimization/latency-monitor).
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"

/** What the server measures. */
export type LatencyEvent =
  | "command"
  | "fast-command"
  | "fork"
  | "rdb-unlink-temp-file"
  | "aof-write"
  | "aof-write-pending-fsync"
  | "aof-write-active-child"
  | "aof-write-alone"
  | "aof-fstat"
  | "aof-rename"
  | "aof-fsync-always"
  | "aof-rewrite-diff-write"
  | "active-defrag-cycle"
  | "expire-cycle"
  | "expire-del"
  | "eviction-cycle"
  | "eviction-del"
  | "eviction-lazyfree"
  | "while-blocked-cron"

/** The worst of one second. */
export interface Sample {
  /** Unix time in seconds. */
  readonly time: number
  readonly milliseconds: number
}

export interface Series {
  /** The oldest comes first. */
  readonly samples: Array<Sample>
  /** The longest since the start or the last reset. */
  max: number
}

const MOST_SAMPLES = 160

class Monitor {
  /** `latency-monitor-threshold` in milliseconds; 0 switches it off. */
  threshold = 0
  readonly events = new Map<string, Series>()

  /** Notes that an event took that long, if it was long enough. `now` is Unix time in milliseconds. */
  offer(event: LatencyEvent, milliseconds: number, now: number): void {
    if (this.threshold === 0 || milliseconds < this.threshold) return
    const time = Math.floor(now / 1000)
    let series = this.events.get(event)
    if (series === undefined) this.events.set(event, series = { samples: [], max: 0 })
    if (milliseconds > series.max) series.max = milliseconds
    const { samples } = series
    const last = samples.at(-1)
    if (last?.time === time) {
      if (milliseconds > last.milliseconds) samples[samples.length - 1] = { time, milliseconds }
      return
    }
    samples.push({ time, milliseconds })
    if (samples.length > MOST_SAMPLES) samples.shift()
  }

  /** Forgets the named events, or all; returns how many there were. */
  reset(names?: ReadonlyArray<string>): number {
    const forgotten = (names ?? [...this.events.keys()]).filter((name) => this.events.delete(name))
    return forgotten.length
  }
}

export class LatencyMonitor extends Context.Service<LatencyMonitor, Monitor>()("go-redis/inspect/LatencyMonitor") {
  static readonly layer = Layer.sync(this, () => new Monitor())
}
