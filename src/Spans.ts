/**
 * Spans of the work that is nobody's command: snapshots, loads, synchronizations. A piece of work is a span when it begins
 * while the server is traced; otherwise it costs a look-up. `inspect/Tracing` makes the spans: who works asks for them here, and knows
 * of no tracer.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Tracer from "effect/Tracer"

export interface Attributes {
  readonly [name: string]: string | number | boolean | ReadonlyArray<string> | undefined
}

export interface Options {
  readonly kind?: Tracer.SpanKind
  readonly attributes?: Attributes
  readonly parent?: Tracer.Span | undefined
}

/** Makes spans. */
export interface Source {
  readonly begin: (name: string, options?: Options) => Tracer.Span
  readonly end: (span: Tracer.Span, exit: Exit.Exit<unknown, unknown>) => void
}

/** A server's: there is a source while it is traced. */
export class Switch {
  source: Source | undefined = undefined
}

/** Provided by `Services.layer`; without it nothing is traced. */
export const ServerSpans = Context.Reference<Switch>("go-redis/Spans", { defaultValue: () => new Switch() })

/** The span of the work at hand. */
const Current = Context.Reference<Tracer.Span | undefined>("go-redis/Spans/Current", { defaultValue: () => undefined })

/** Makes a span of the work, below that of the work around it. What is logged meanwhile is in it. */
export const span =
  (name: string, options: Omit<Options, "parent"> = {}) =>
  <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.withFiber<A, E, R>((fiber) => {
      const { source } = fiber.getRef(ServerSpans)
      if (source === undefined) return work
      const begun = source.begin(name, { ...options, parent: fiber.getRef(Current) })
      return work.pipe(
        Effect.provideService(Current, begun),
        Effect.provideService(Tracer.ParentSpan, begun),
        Effect.onExit((exit) => Effect.sync(() => source.end(begun, exit)))
      )
    })

/** Adds to the span of the work at hand, if it has one. */
export const annotate = (attributes: Attributes): Effect.Effect<void> =>
  Effect.withFiber((fiber) => {
    const current = fiber.getRef(Current)
    if (current !== undefined) attach(current, attributes)
    return Effect.void
  })

export const attach = (span: Tracer.Span, attributes: Attributes): void => {
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) span.attribute(name, value)
}

/** A peer in the names of OpenTelemetry. */
export const peer = (host: string, port: number): Attributes => ({
  "network.peer.address": host,
  "network.peer.port": port
})
