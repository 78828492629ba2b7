/** LATENCY DOCTOR's report: the recorded events in figures, and what may help against them. Pure. */
import type { LatencyEvent, Series } from "./LatencyMonitor.ts"

export interface Situation {
  readonly events: ReadonlyMap<string, Series>
  /** `latency-monitor-threshold`, in milliseconds. */
  readonly threshold: number
  /** `slowlog-log-slower-than`, in microseconds. */
  readonly slowerThan: number
  /** Unix time in seconds. */
  readonly now: number
}

/** The spikes of one event in figures. Times in milliseconds, `period` in seconds between two spikes. */
export interface Summary {
  readonly count: number
  readonly mean: number
  readonly deviation: number
  readonly period: number
}

export const summarize = ({ samples }: Series, now: number): Summary => {
  const count = samples.length
  const mean = samples.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / Math.max(count, 1)
  const deviation = samples.reduce((sum, { milliseconds }) => sum + Math.abs(milliseconds - mean), 0)
    / Math.max(count, 1)
  const oldest = samples[0]?.time ?? now
  return { count, mean, deviation, period: (now - oldest) / Math.max(count, 1) }
}

type Advice = "slow log" | "big keys" | "expiry" | "eviction" | "disk" | "fork"

const adviceFor: Readonly<Record<LatencyEvent, ReadonlyArray<Advice>>> = {
  command: ["slow log", "big keys"],
  "fast-command": ["slow log"],
  fork: ["fork"],
  "rdb-unlink-temp-file": ["disk"],
  "aof-write": ["disk"],
  "aof-write-pending-fsync": ["disk"],
  "aof-write-active-child": ["disk"],
  "aof-write-alone": ["disk"],
  "aof-fstat": ["disk"],
  "aof-rename": ["disk"],
  "aof-fsync-always": ["disk"],
  "aof-rewrite-diff-write": ["disk"],
  "active-defrag-cycle": [],
  "expire-cycle": ["expiry", "big keys"],
  "expire-del": ["expiry", "big keys"],
  "eviction-cycle": ["eviction", "big keys"],
  "eviction-del": ["eviction", "big keys"],
  "eviction-lazyfree": ["eviction"],
  "while-blocked-cron": ["slow log"]
}

const adviceText: Readonly<Record<Advice, string>> = {
  "slow log": "SLOWLOG GET names the commands that took long. Look at their complexity in COMMAND DOCS.",
  "big keys": "Deleting a big value takes time: UNLINK and the lazyfree-* directives leave that to the background.",
  expiry: "Many keys expire at the same moment. Add some random seconds to their times to live.",
  eviction: "Memory is at its limit, so writes wait for eviction. Raise maxmemory, or store less.",
  disk: "The disk is slow or busy. Put the files on a faster one, or ask for fewer fsyncs with appendfsync.",
  fork: "Starting a snapshot takes time. Save less often, or on a replica."
}

const isKnown = (event: string): event is LatencyEvent => event in adviceFor

/** The report. */
export const report = ({ events, now, slowerThan, threshold }: Situation): string => {
  if (events.size === 0) {
    return threshold === 0
      ? "Latency is not watched. CONFIG SET latency-monitor-threshold <milliseconds> switches that on.\n"
      : `Nothing has taken ${threshold} ms or longer so far.\n`
  }
  const lines = ["These kinds of events have held the server up:", ""]
  const advice = new Set<Advice>()
  let number = 1
  for (const [event, series] of events) {
    const { count, deviation, mean, period } = summarize(series, now)
    lines.push(
      `${number++}. ${event}: ${count} spikes, ${mean.toFixed(0)} ms on average (mean deviation ${
        deviation.toFixed(0)
      } ms), `
        + `one every ${period.toFixed(2)} s, the longest ${series.max} ms.`
    )
    if (isKnown(event)) { for (const each of adviceFor[event]) advice.add(each) }
  }
  if (advice.size > 0) lines.push("", "What may help:", "")
  if (advice.has("slow log") && (slowerThan < 0 || slowerThan > threshold * 1000)) {
    lines.push(
      `- The slow log misses some of them: CONFIG SET slowlog-log-slower-than ${Math.max(threshold, 1) * 1000}.`
    )
  }
  for (const each of advice) lines.push(`- ${adviceText[each]}`)
  return `${lines.join("\n")}\n`
}
