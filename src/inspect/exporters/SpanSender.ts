/**
 * Sends spans to a collector. A span is written into a buffer as soon as it has ended, so that nothing of it stays on the
 * heap, and full buffers go out one after the other. There are so many of them and no more: where the collector is slower
 * than the commands, or away, spans are dropped, and that is counted and told. Commands never wait for it.
 *
 * Why not Effect's own exporter: docs/decisions.md.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import type { Resource } from "effect/observability/OtlpResource"
import * as Schedule from "effect/Schedule"
import * as Tracer from "effect/Tracer"
import { envelope, SpanWriter } from "./OtlpText.ts"

/** Bytes of a request: some 4,000 spans. Collectors take 20 MB by default. */
const BATCH_BYTES = 2 * 1024 * 1024
/** Requests that wait: 60,000 spans. */
const MOST_WAITING = 16
/** How long a span waits for others to go with it. */
const LINGER = "1 second"
const ANSWER_WITHIN = "10 seconds"
const TRIES = 3
const TELL_EVERY_MILLIS = 60_000

export class SpanSender extends Context.Service<SpanSender, {
  /** Spans that the collector has taken. */
  readonly sent: () => number
  /** Spans that were not sent, or that the collector refused. */
  readonly dropped: () => number
  readonly waiting: () => number
  /** Sends them; until somebody runs it they wait. */
  readonly run: Effect.Effect<never>
}>()("go-redis/inspect/SpanSender") {}

/** A span that is handed on when it has ended. */
class SentSpan extends Tracer.NativeSpan {
  private readonly sink: (span: Tracer.Span) => void

  constructor(options: ConstructorParameters<typeof Tracer.NativeSpan>[0], sink: (span: Tracer.Span) => void) {
    super(options)
    this.sink = sink
  }

  override end(time: bigint, exit: Exit.Exit<unknown, unknown>): void {
    if (this.status._tag === "Ended") return
    super.end(time, exit)
    if (this.sampled) this.sink(this)
  }
}

/** Spans of one request, as bytes. */
class Batch {
  spans = 0
  length: number
  private readonly buffer = Buffer.allocUnsafeSlow(BATCH_BYTES)
  private readonly behind: string

  constructor([before, behind]: ReturnType<typeof envelope>) {
    this.length = this.buffer.write(before)
    this.behind = behind
  }

  /** Adds a span, unless there is no room for it. */
  add(text: string): boolean {
    // A character takes at most three bytes of UTF-8
    if (this.length + 1 + text.length * 3 + this.behind.length > BATCH_BYTES) return false
    if (this.spans > 0) this.buffer[this.length++] = 0x2c
    this.length += this.buffer.write(text, this.length)
    this.spans++
    return true
  }

  body(): Uint8Array {
    const end = this.length + this.buffer.write(this.behind, this.length)
    return this.buffer.subarray(0, end)
  }
}

/** Spans that a collector refuses although it takes the request: `{"partialSuccess":{"rejectedSpans":"3"}}`. */
const rejectedIn = (answer: string): number => Number(/"rejectedSpans"\s*:\s*"?(\d+)/.exec(answer)?.[1] ?? 0)

export const layer = (options: {
  readonly url: string
  readonly resource: Resource
  readonly version: string
}): Layer.Layer<SpanSender, never, HttpClient.HttpClient> =>
  Layer.effectContext(Effect.gen(function*() {
    const client = HttpClient.filterStatusOk(yield* HttpClient.HttpClient)
    const clock = yield* Clock.Clock
    const writer = new SpanWriter()
    const around = envelope(options.resource, { name: "go-redis", version: options.version })
    const full = Latch.makeUnsafe(false)
    const waiting: Array<Batch> = []
    let open: Batch | undefined
    let sent = 0
    let dropped = 0
    let told = { dropped: 0, at: -TELL_EVERY_MILLIS }

    const close = (): void => {
      if (open !== undefined) waiting.push(open)
      open = undefined
    }

    const sink = (span: Tracer.Span): void => {
      if (waiting.length >= MOST_WAITING) {
        dropped++
        return
      }
      const text = writer.text(span)
      open ??= new Batch(around)
      if (open.add(text)) return
      close()
      open = new Batch(around)
      // One that no request has room for
      if (!open.add(text)) dropped++
      full.openUnsafe()
    }

    const post = (batch: Batch) =>
      client.execute(
        HttpClientRequest.bodyUint8Array(HttpClientRequest.post(options.url), batch.body(), "application/json")
      ).pipe(
        Effect.flatMap((response) => response.text),
        Effect.timeout(ANSWER_WITHIN),
        Effect.retry({ times: TRIES - 1, schedule: Schedule.exponential("500 millis") }),
        Effect.matchCause({
          onFailure: () => batch.spans,
          onSuccess: rejectedIn
        }),
        Effect.map((lost) => {
          sent += batch.spans - lost
          dropped += lost
        }),
        Effect.withTracerEnabled(false)
      )

    const tell = Effect.suspend(() => {
      const now = clock.currentTimeMillisUnsafe()
      if (dropped === told.dropped || now - told.at < TELL_EVERY_MILLIS) return Effect.void
      const more = dropped - told.dropped
      told = { dropped, at: now }
      return Effect.logWarning(`${more} spans were dropped: the collector at ${options.url} is slow or does not answer`)
    })

    const sendAll = Effect.suspend(() => {
      close()
      return Effect.whileLoop({
        while: () => waiting.length > 0,
        body: () => {
          const [batch] = waiting
          if (batch === undefined) return Effect.void
          // It counts as waiting until it has gone
          return Effect.andThen(Effect.ensuring(post(batch), Effect.sync(() => void waiting.shift())), tell)
        },
        step: () => {}
      })
    })

    const run = Effect.raceFirst(full.await, Effect.sleep(LINGER)).pipe(
      Effect.andThen(Effect.sync(() => void full.closeUnsafe())),
      // The latch may have opened amid a command
      Effect.andThen(Effect.yieldNow),
      Effect.andThen(sendAll),
      Effect.forever
    )
    // What is left when the server stops
    yield* Effect.addFinalizer(() => Effect.timeoutOption(sendAll, "3 seconds"))

    const service = SpanSender.of({
      sent: () => sent,
      dropped: () => dropped,
      waiting: () => waiting.reduce((sum, { spans }) => sum + spans, open?.spans ?? 0),
      run
    })
    return Context.make(SpanSender, service).pipe(
      Context.add(Tracer.Tracer, Tracer.make({ span: (span) => new SentSpan(span, sink) }))
    )
  }))
