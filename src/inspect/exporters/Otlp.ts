/** `otlp`: spans, metrics and logs to a collector that speaks OpenTelemetry's protocol over HTTP. */
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as OtlpLogger from "effect/observability/OtlpLogger"
import * as OtlpMetrics from "effect/observability/OtlpMetrics"
import * as OtlpResource from "effect/observability/OtlpResource"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"
import { InfoSections, requested } from "../InfoSections.ts"
import { metrics } from "./Metrics.ts"
import * as SpanSender from "./SpanSender.ts"

const MIRROR_EVERY = "5 seconds"

/** Sends to `url` (`http://host:4318`): the tracer and the logger of whatever is built on it. */
export const layer = (url: string, version: string) => {
  const base = url.replace(/\/+$/, "")
  const resource = { serviceName: "go-redis", serviceVersion: version, attributes: { "db.system.name": "redis" } }
  return Layer.mergeAll(
    SpanSender.layer({ url: `${base}/v1/traces`, resource: OtlpResource.make(resource), version }),
    OtlpLogger.layer({ url: `${base}/v1/logs`, resource, mergeWithExisting: true }),
    OtlpMetrics.layer({ url: `${base}/v1/metrics`, resource, exportInterval: MIRROR_EVERY })
  ).pipe(Layer.provide(OtlpSerialization.layerJson), Layer.provide(FetchHttpClient.layer))
}

/** Keeps Effect's metrics at what INFO says, so that they are exported. */
export const mirror: Effect.Effect<never, never, InfoSections> = Effect.gen(function*() {
  const sections = yield* InfoSections
  const gauges = new Map<string, Metric.Gauge<number>>()
  const gaugeOf = (name: string): Metric.Gauge<number> => {
    const known = gauges.get(name)
    if (known !== undefined) return known
    const made = Metric.gauge(`redis_${name}`)
    gauges.set(name, made)
    return made
  }
  return yield* Effect.forever(
    Effect.suspend(() =>
      Effect.forEach(
        metrics(sections.text(requested(["everything"]))),
        ({ labels, name, value }) => Metric.update(Metric.withAttributes(gaugeOf(name), labels), value),
        { discard: true }
      )
    ).pipe(Effect.andThen(Effect.sleep(MIRROR_EVERY)))
  )
})
