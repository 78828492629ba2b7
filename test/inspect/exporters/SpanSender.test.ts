import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as OtlpResource from "effect/observability/OtlpResource"
import * as Option from "effect/Option"
import * as TestClock from "effect/testing/TestClock"
import * as Tracer from "effect/Tracer"
import * as SpanSender from "../../../src/inspect/exporters/SpanSender.ts"

interface Sent {
  readonly name: string
  readonly parentSpanId?: string
  readonly spanId: string
  readonly attributes?: ReadonlyArray<unknown>
  readonly status: { readonly code?: number; readonly message?: string }
  readonly [more: string]: unknown
}

/** A collector that answers as it is told, and keeps what it gets. */
const collector = () => {
  const requests: Array<ReadonlyArray<Sent>> = []
  const state = { status: 200, answer: "{}", requests }
  const client = HttpClient.make((request) =>
    Effect.sync(() => {
      const { body } = request
      assert.strictEqual(body._tag, "Uint8Array")
      const traces = JSON.parse(body._tag === "Uint8Array" ? Buffer.from(body.body).toString("utf8") : "")
      requests.push(traces.resourceSpans[0].scopeSpans[0].spans)
      return HttpClientResponse.fromWeb(request, new Response(state.answer, { status: state.status }))
    })
  )
  const layer = SpanSender.layer({
    url: "http://collector/v1/traces",
    resource: OtlpResource.make({ serviceName: "test" }),
    version: "1"
  }).pipe(Layer.provide(Layer.succeed(HttpClient.HttpClient, client)))
  return { layer, state }
}

const span = (name: string, parent?: Tracer.Span) =>
  Effect.map(Effect.withFiber((fiber) => Effect.succeed(fiber.cache.tracer)), (tracer) => {
    assert.isDefined(tracer)
    return (tracer ?? Tracer.nativeTracer).span({
      name,
      kind: "server",
      parent: Option.fromUndefinedOr(parent),
      annotations: Context.empty(),
      links: [],
      startTime: 1_000_000n,
      root: parent === undefined,
      sampled: true
    })
  })

const end = (one: Tracer.Span, exit: Exit.Exit<unknown, unknown> = Exit.void) => one.end(3_000_000n, exit)

describe("SpanSender", () => {
  it.effect("sends spans together after a second, in OpenTelemetry's JSON", () => {
    const { layer, state } = collector()
    return Effect.gen(function*() {
      const sender = yield* SpanSender.SpanSender
      yield* Effect.forkScoped(sender.run)
      const parent = yield* span("connection")
      const child = yield* span("GET", parent)
      child.attribute("db.namespace", "0")
      child.attribute("network.peer.port", 12)
      child.attribute("keys", ["\"ä\""])
      end(child, Exit.fail("ERR \"no\""))
      end(yield* span("plain"), Exit.failCause(Cause.interrupt(1)))
      end(parent)
      assert.strictEqual(sender.waiting(), 3)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(state.requests.length, 1)
      const [first, second, third] = state.requests[0] ?? []
      assert.deepStrictEqual(first, {
        traceId: parent.traceId,
        spanId: child.spanId,
        parentSpanId: parent.spanId,
        name: "GET",
        kind: 2,
        startTimeUnixNano: "1000000",
        endTimeUnixNano: "3000000",
        status: { code: 2, message: "ERR \"no\"" },
        attributes: [
          { key: "db.namespace", value: { stringValue: "0" } },
          { key: "network.peer.port", value: { intValue: 12 } },
          { key: "keys", value: { arrayValue: { values: [{ stringValue: "\"ä\"" }] } } }
        ]
      })
      assert.deepStrictEqual(second?.status, {})
      assert.deepStrictEqual(third?.status, { code: 1 })
      assert.isUndefined(third?.parentSpanId)
      assert.deepStrictEqual([sender.sent(), sender.dropped(), sender.waiting()], [3, 0, 0])
    }).pipe(Effect.scoped, Effect.provide(layer))
  })

  it.effect("counts what the collector refuses, and what it never takes", () => {
    const { layer, state } = collector()
    return Effect.gen(function*() {
      const sender = yield* SpanSender.SpanSender
      yield* Effect.forkScoped(sender.run)
      for (const name of ["a", "b", "c"]) end(yield* span(name))
      state.answer = "{\"partialSuccess\":{\"rejectedSpans\":\"2\"}}"
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual([sender.sent(), sender.dropped()], [1, 2])
      end(yield* span("d"))
      state.status = 503
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(state.requests.length, 4)
      assert.deepStrictEqual([sender.sent(), sender.dropped(), sender.waiting()], [1, 3, 0])
    }).pipe(Effect.scoped, Effect.provide(layer))
  })

  it.effect("drops and counts spans beyond what may wait, and goes on when they are gone", () => {
    const { layer, state } = collector()
    return Effect.gen(function*() {
      const sender = yield* SpanSender.SpanSender
      const long = "x".repeat(100_000)
      for (let at = 0; at < 1000; at++) end(yield* span(long))
      const dropped = sender.dropped()
      assert.isAbove(dropped, 0)
      assert.strictEqual(sender.waiting() + dropped, 1000)
      yield* Effect.forkScoped(sender.run)
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(sender.sent() + dropped, 1000)
      assert.strictEqual(state.requests.flat().length, sender.sent())
      end(yield* span("later"))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(state.requests.at(-1)?.[0]?.name, "later")
    }).pipe(Effect.scoped, Effect.provide(layer))
  })
})
