/**
 * A tracer that keeps the latest spans in memory for those who look, and hands every span on to another tracer: that of
 * an exporter, or Effect's own, which keeps nothing.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Tracer from "effect/Tracer"

/** Spans that are kept. */
const MOST = 1000

export interface Recorder extends Tracer.Tracer {
  /** Whether somebody else takes the spans, too. */
  readonly exports: boolean
  /** Spans that have ended, the latest last. */
  readonly recent: () => ReadonlyArray<Tracer.Span>
}

const recorder = (target: Tracer.Tracer, exports: boolean): Recorder => {
  const ring: Array<Tracer.Span> = []
  let next = 0
  const keep = (span: Tracer.Span): void => {
    ring[next] = span
    next = (next + 1) % MOST
  }
  return Object.assign(
    Tracer.make({
      span: (options) => {
        const span = target.span(options)
        const end = span.end.bind(span)
        span.end = (time, exit) => {
          end(time, exit)
          keep(span)
        }
        return span
      },
      ...(target.context === undefined ? {} : { context: target.context })
    }),
    {
      exports,
      recent: () => ring.length < MOST ? [...ring] : [...ring.slice(next), ...ring.slice(0, next)]
    }
  )
}

export class SpanRecorder extends Context.Service<SpanRecorder, Recorder>()("go-redis/inspect/SpanRecorder") {
  /** Records what goes to the tracer that is there, and takes its place. */
  static readonly layer: Layer.Layer<SpanRecorder> = Layer.effectContext(
    Effect.withFiber((fiber) => {
      const given = fiber.cache.tracer
      const made = recorder(given ?? Tracer.nativeTracer, given !== undefined)
      return Effect.succeed(Context.make(SpanRecorder, made).pipe(Context.add(Tracer.Tracer, made)))
    })
  )
}
