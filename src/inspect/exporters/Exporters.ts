/** What takes spans, metrics and logs away, as the directives say; each part is loaded only where it is asked for. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Config } from "../../config/Config.ts"
import * as Fibers from "../../Fibers.ts"
import { InfoSections } from "../InfoSections.ts"
import { SpanRecorder } from "../SpanRecorder.ts"

/** Below the server: the tracer and the logger that what is built on it uses. */
export const layer = (version: string): Layer.Layer<SpanRecorder, never, Config> =>
  Layer.unwrap(Effect.gen(function*() {
    const { values } = yield* Config
    let target: Layer.Layer<never> = Layer.empty
    if (values.otlp !== "") {
      const Otlp = yield* Effect.promise(() => import("./Otlp.ts"))
      target = Otlp.layer(values.otlp, version)
    }
    if (values.devtools !== "") {
      const DevTools = yield* Effect.promise(() => import("effect/devtools/DevTools"))
      target = Layer.provideMerge(DevTools.layer(values.devtools), target)
    }
    return Layer.provideMerge(SpanRecorder.layer, target)
  }))

/** Lets the spans go, and INFO tell what became of them. */
const sendSpans = Effect.gen(function*() {
  const { SpanSender } = yield* Effect.promise(() => import("./SpanSender.ts"))
  const sections = yield* InfoSections
  const found = yield* Effect.serviceOption(SpanSender)
  if (Option.isNone(found)) return
  const sender = found.value
  const stop = sections.provide("stats", () => [
    ["trace_spans_sent", sender.sent()],
    ["trace_spans_dropped", sender.dropped()],
    ["trace_spans_waiting", sender.waiting()]
  ])
  yield* Effect.addFinalizer(() => Effect.sync(stop))
  yield* Effect.forkScoped(Fibers.named({ name: "span export", part: "inspection" })(sender.run))
})

/** Above the server: its figures, for those who come for them and those to whom they are sent. */
export const figures = Effect.gen(function*() {
  const { values } = yield* Config
  const port = values["metrics-port"]
  if (port !== 0) {
    const MetricsPort = yield* Effect.promise(() => import("./MetricsPort.ts"))
    yield* Effect.catch(
      Layer.build(MetricsPort.layer({ host: "127.0.0.1", port })),
      ({ cause }) => Effect.logWarning(`The metrics cannot be shown on port ${port}: ${String(cause)}`)
    )
  }
  if (values.otlp === "") return
  const { mirror } = yield* Effect.promise(() => import("./Otlp.ts"))
  yield* Effect.forkScoped(Fibers.named({ name: "metrics mirror", part: "inspection" })(mirror))
  yield* sendSpans
})
