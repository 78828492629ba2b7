/** What looks into the server, as one layer, and its ties to the configuration. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Stats } from "../command/Stats.ts"
import { Config } from "../config/Config.ts"
import type * as Registry from "../config/Registry.ts"
import { Store } from "../store/Store.ts"
import { FiberReport } from "./FiberReport.ts"
import { InfoSections } from "./InfoSections.ts"
import { LastWrites } from "./LastWrites.ts"
import { LatencyMonitor } from "./LatencyMonitor.ts"
import { MemoryFigures } from "./MemoryFigures.ts"
import * as PersistenceInfo from "./PersistenceInfo.ts"
import * as ReplicationInfo from "./ReplicationInfo.ts"
import * as ServerInfo from "./ServerInfo.ts"
import { SlowLog } from "./SlowLog.ts"
import * as SubscriptionInfo from "./SubscriptionInfo.ts"
import { Tracing } from "./Tracing.ts"

const followed = ["slowlog-log-slower-than", "slowlog-max-len", "latency-monitor-threshold", "trace"] as const

/** Lets the slow log and the latency monitor follow their directives, and the monitor watch the store's own work. */
const following = Layer.effectDiscard(Effect.gen(function*() {
  const config = yield* Config
  const slowLog = yield* SlowLog
  const monitor = yield* LatencyMonitor
  const { state } = yield* Store
  const tracing = yield* Tracing
  const onLatency: typeof state.onLatency = (event, milliseconds, keys) => {
    monitor.offer(event, Math.floor(milliseconds), state.now)
    // Ten times a second a cycle finds nothing to do
    if (keys > 0 || milliseconds >= 1) tracing.past(event, milliseconds, { "redis.keys": keys })
  }
  const apply = (values: Registry.Values): void => {
    slowLog.threshold = values["slowlog-log-slower-than"]
    slowLog.maxLength = values["slowlog-max-len"]
    monitor.threshold = values["latency-monitor-threshold"]
    state.onLatency = monitor.threshold === 0 && !tracing.active() ? undefined : onLatency
  }
  apply(config.values)
  const unsubscribe = config.onChange(followed, apply)
  yield* Effect.addFinalizer(() => Effect.sync(unsubscribe))
}))

/** A threshold of the slow log below which every command is timed alone, in microseconds. */
const TINY = 1000

/** Lets the executor report how long commands took. */
const observing = Layer.effectDiscard(Effect.gen(function*() {
  const stats = yield* Stats
  const { state } = yield* Store
  const slowLog = yield* SlowLog
  const monitor = yield* LatencyMonitor
  stats.timeObserver = {
    eachAlone: () => monitor.threshold > 0 || (slowLog.threshold >= 0 && slowLog.threshold < TINY),
    ran: (request, entry, microseconds) => {
      if (!entry.traits.skipsSlowLog && slowLog.threshold >= 0 && microseconds >= slowLog.threshold) {
        const { link, name } = request.session
        slowLog.offer(request, Math.floor(microseconds), state.now, { peer: link?.peer ?? "", name })
      }
      monitor.offer(entry.traits.isFast ? "fast-command" : "command", Math.floor(microseconds / 1000), state.now)
    }
  }
}))

/** In the order of their needs. */
export const layers = [
  Tracing.layer,
  LastWrites.layer,
  FiberReport.layer,
  SlowLog.layer,
  LatencyMonitor.layer,
  InfoSections.layer,
  MemoryFigures.layer,
  following,
  observing,
  ServerInfo.layer,
  PersistenceInfo.layer,
  ReplicationInfo.layer,
  SubscriptionInfo.layer
] as const
