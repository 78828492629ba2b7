/**
 * Tracing: the app's tracer is the server's tracer, so that commands are spans in the app's traces. Here a collector in
 * the same process takes them, as Jaeger, Tempo or any other would on port 4318.
 */
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Otlp from "effect/observability/Otlp"
import { Client, Embedded } from "go-redis"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

interface Span {
  readonly name: string
  readonly attributes: ReadonlyArray<{ readonly key: string; readonly value: unknown }>
}

interface Traces {
  readonly resourceSpans: ReadonlyArray<{ readonly scopeSpans: ReadonlyArray<{ readonly spans: ReadonlyArray<Span> }> }>
}

/** Listens on a free port and keeps the spans that it gets. */
const collector = Effect.acquireRelease(
  Effect.callback<{ readonly url: string; readonly spans: Array<Span>; readonly close: () => void }>((resume) => {
    const spans: Array<Span> = []
    const server = createServer((request, response) => {
      let body = ""
      request.setEncoding("utf8").on("data", (chunk: string) => body += chunk).on("end", () => {
        response.end("{}")
        if (request.url !== "/v1/traces") return
        const traces = JSON.parse(body) as Traces // OTLP in JSON
        for (const { scopeSpans } of traces.resourceSpans) spans.push(...scopeSpans.flatMap((scope) => scope.spans))
      })
    })
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo // It listens on TCP
      resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, spans, close: () => server.close() }))
    })
  }),
  ({ close }) => Effect.sync(close)
)

/** Runs two commands and yields what the collector got to know of them. */
export const program = Effect.gen(function*() {
  const { spans, url } = yield* collector
  const telemetry = Otlp.layerJson({ baseUrl: url, resource: { serviceName: "shop" } }).pipe(
    Layer.provide(FetchHttpClient.layer)
  )
  // The tracer stands below the server: it takes the server's spans as well as the app's
  yield* Effect.gen(function*() {
    const redis = yield* Client
    yield* redis.command("SET", "greeting", "hello")
    yield* redis.command("GET", "greeting")
  }).pipe(Effect.withSpan("checkout"), Effect.provide(Layer.provideMerge(Embedded.layer(), telemetry)))
  return spans.map(({ name }) => name)
}).pipe(Effect.scoped)

if (import.meta.main) process.stdout.write(`${(await Effect.runPromise(program)).join(", ")}\n`)
