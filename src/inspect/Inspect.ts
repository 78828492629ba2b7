/** What looks into the server, as one layer, and its ties to the configuration. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Config } from "../config/Config.ts"
import type * as Registry from "../config/Registry.ts"
import { Store } from "../store/Store.ts"
import { InfoSections } from "./InfoSections.ts"
import { LatencyMonitor } from "./LatencyMonitor.ts"
import { MemoryFigures } from "./MemoryFigures.ts"
import * as ServerInfo from "./ServerInfo.ts"
import { SlowLog } from "./SlowLog.ts"

const followed = ["slowlog-log-slower-than", "slowlog-max-len", "latency-monitor-threshold"] as const

/** Lets the slow log and the latency monitor follow their directives, and the monitor watch the store's own work. */
const following = Layer.effectDiscard(Effect.gen(function*() {
  const config = yield* Config
  const slowLog = yield* SlowLog
  const monitor = yield* LatencyMonitor
  const { state } = yield* Store
  const onLatency: typeof state.onLatency = (event, milliseconds) =>
    monitor.offer(event, Math.floor(milliseconds), state.now)
  const apply = (values: Registry.Values): void => {
    slowLog.threshold = values["slowlog-log-slower-than"]
    slowLog.maxLength = values["slowlog-max-len"]
    monitor.threshold = values["latency-monitor-threshold"]
    state.onLatency = monitor.threshold === 0 ? undefined : onLatency
  }
  apply(config.values)
  const unsubscribe = config.onChange(followed, apply)
  yield* Effect.addFinalizer(() => Effect.sync(unsubscribe))
}))

export const layer = Layer.mergeAll(following, ServerInfo.layer).pipe(
  Layer.provideMerge(Layer.mergeAll(SlowLog.layer, LatencyMonitor.layer, InfoSections.layer, MemoryFigures.layer))
)
