/**
 * Commands as spans, in the names that OpenTelemetry has for Redis, below the span of their connection; and the spans of
 * the server's own work, which others ask for by `Spans`. It works while
 * the directive `trace` says so: by default when there is a tracer in the context, that of the embedding app or of an exporter. Without it, commands are
 * not touched.
 *
 * Names: https://opentelemetry.io/docs/specs/semconv/database/redis/
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import { Admission } from "../command/Admission.ts"
import type { CommandError } from "../command/CommandError.ts"
import type { Entry } from "../command/CommandTable.ts"
import type { Request } from "../command/Request.ts"
import { Gate, type Session } from "../command/Session.ts"
import { Stats } from "../command/Stats.ts"
import { type Waiter, Waiters } from "../command/Waiters.ts"
import { Config } from "../config/Config.ts"
import * as Spans from "../Spans.ts"
import { shownKey } from "./FiberReport.ts"

/** Characters of arguments in a span, with `trace-values`. */
const MOST_TEXT = 1024

/** What is kept of a client while commands are traced. */
export class SessionTrace {
  readonly connection: Tracer.Span
  /** The commands that run, the innermost last: EXEC and what it runs. */
  readonly open: Array<Tracer.Span> = []
  /** The span of the wait that it is in. */
  wait: Tracer.Span | undefined = undefined
  /** Its peer as attributes, worked out once. */
  readonly peer: ReadonlyArray<readonly [name: string, value: string | number]>

  constructor(connection: Tracer.Span, peer: SessionTrace["peer"]) {
    this.connection = connection
    this.peer = peer
  }
}

/** What is known of a session, if anything of it was traced. */
export const traceOf = (session: Session): SessionTrace | undefined =>
  session.trace instanceof SessionTrace ? session.trace : undefined

export class Tracing extends Context.Service<Tracing, {
  readonly active: () => boolean
  /** Makes a span of something that has just ended: a cycle of expiry or of eviction. */
  readonly past: (name: string, milliseconds: number, attributes: Spans.Attributes) => void
}>()("go-redis/inspect/Tracing") {
  static readonly layer: Layer.Layer<Tracing, never, Config | Stats | Admission | Waiters> = Layer.effect(
    this,
    Effect.gen(function*() {
      const { onChange, values } = yield* Config
      const stats = yield* Stats
      const admission = yield* Admission
      const waiters = yield* Waiters
      const clock = yield* Clock.Clock
      const spans = yield* Spans.ServerSpans
      const given = yield* Effect.withFiber((fiber) => Effect.succeed(fiber.cache.tracer))
      const tracer = given ?? Tracer.nativeTracer
      const taken = given !== undefined && (!("exports" in given) || given.exports === true)
      let active = false

      const spanOf = (
        name: string,
        kind: Tracer.SpanKind,
        parent: Tracer.AnySpan | undefined,
        startTime = clock.currentTimeNanosUnsafe()
      ): Tracer.Span =>
        tracer.span({
          name,
          kind,
          parent: Option.fromUndefinedOr(parent),
          annotations: Context.empty(),
          links: [],
          startTime,
          root: parent === undefined,
          sampled: true
        })

      const end = (span: Tracer.Span): void => span.end(clock.currentTimeNanosUnsafe(), Exit.void)

      /** The trace of a session; its connection's span begins when the connection did. */
      const begin = (session: Session): SessionTrace => {
        const known = traceOf(session)
        if (known !== undefined) return known
        const span = spanOf("connection", "server", undefined, BigInt(Math.round(session.createdAt * 1e6)))
        span.attribute("db.system.name", "redis")
        span.attribute("client.id", session.id)
        const trace = new SessionTrace(span, peerOf(session))
        for (const [name, value] of trace.peer) span.attribute(name, value)
        session.trace = trace
        session.releases.add(() => {
          for (const open of trace.open.splice(0).reverse()) end(open)
          end(span)
          session.trace = undefined
        })
        return trace
      }

      const commandSpan = (request: Request, name: string): Tracer.Span => {
        const { session } = request
        const trace = begin(session)
        const span = spanOf(name, "server", trace.open.at(-1) ?? trace.connection)
        span.attribute("db.system.name", "redis")
        span.attribute("db.operation.name", name)
        span.attribute("db.namespace", String(session.db))
        for (const [name, value] of trace.peer) span.attribute(name, value)
        if (values["trace-values"]) span.attribute("db.query.text", textOf(request))
        return span
      }

      const failed = (span: Tracer.Span, error: CommandError): void => {
        span.attribute("error.type", error.code)
        span.attribute("db.response.status_code", error.code)
        span.end(clock.currentTimeNanosUnsafe(), Exit.fail(error.text))
      }

      const observer = {
        began: (request: Request, ran: Entry): void => {
          const entry = ran.traits.isStandIn ? request.session.entry ?? ran : ran
          // Left over from when tracing was switched off, amid the command that did it
          if (!request.session.denyBlocking) { for (const open of begin(request.session).open.splice(0)) end(open) }
          const span = commandSpan(request, nameOf(entry))
          const { transaction } = request.session
          if (entry.name === "exec" && transaction !== undefined) {
            span.attribute("db.operation.batch.size", transaction.length)
          }
          traceOf(request.session)?.open.push(span)
        },
        ended: (request: Request, error: CommandError | undefined): void => {
          const span = traceOf(request.session)?.open.pop()
          if (span === undefined) return
          if (error === undefined) end(span)
          else failed(span, error)
        },
        refused: (request: Request, error: CommandError): void => {
          const { entry } = request.session
          failed(commandSpan(request, entry === undefined ? "unknown" : nameOf(entry)), error)
        }
      }

      const waits = {
        began: ({ db, session, wait }: Waiter): void => {
          const trace = begin(session)
          const span = spanOf("wait", "internal", trace.open.at(-1) ?? trace.connection)
          span.attribute("db.system.name", "redis")
          span.attribute("db.namespace", String(db))
          if (wait !== undefined) span.attribute("keys", wait.keys.map(shownKey))
          trace.wait = span
        },
        ended: ({ session }: Waiter): void => {
          const trace = traceOf(session)
          if (trace?.wait === undefined) return
          end(trace.wait)
          trace.wait = undefined
        }
      }

      const source: Spans.Source = {
        begin: (name, { attributes = {}, kind = "internal", parent } = {}) => {
          const span = spanOf(name, kind, parent)
          Spans.attach(span, { "db.system.name": "redis", ...attributes })
          return span
        },
        end: (span, exit) => {
          if (Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)) {
            span.attribute("error.type", typeOf(Cause.squash(exit.cause)))
          }
          span.end(clock.currentTimeNanosUnsafe(), exit)
        }
      }

      const follow = (): void => {
        active = values.trace === "yes" || (values.trace === "auto" && taken)
        admission.set(Gate.traced, active)
        spans.source = active ? source : undefined
        stats.commandObserver = active ? observer : undefined
        waiters.observe(active ? waits : undefined)
      }
      follow()
      const stop = onChange(["trace"], follow)
      yield* Effect.addFinalizer(() => Effect.sync(stop))

      return Tracing.of({
        active: () => active,
        past: (name, milliseconds, attributes) => {
          if (!active) return
          const now = clock.currentTimeNanosUnsafe()
          const span = spanOf(name, "internal", undefined, now - BigInt(Math.round(milliseconds * 1e6)))
          Spans.attach(span, { "db.system.name": "redis", ...attributes })
          span.end(now, Exit.void)
        }
      })
    })
  )
}

/** As OpenTelemetry writes operations: `CONFIG GET`. */
const nameOf = ({ name }: Entry): string => name.toUpperCase().replace("|", " ")

/** What an error is called. */
const typeOf = (error: unknown): string => {
  if (typeof error === "object" && error !== null && "_tag" in error) return String(error._tag)
  return error instanceof Error ? error.name : "_OTHER"
}

const peerOf = ({ link }: Session): SessionTrace["peer"] => {
  if (link === undefined) return []
  const colon = link.peer.lastIndexOf(":")
  const address = link.peer.slice(0, colon)
  if (link.unix) return [["network.transport", "unix"], ["network.peer.address", address]]
  const port = Number(link.peer.slice(colon + 1))
  // Within the process there is no network
  if (port === 0) return []
  return [["network.transport", "tcp"], ["network.peer.address", address], ["network.peer.port", port]]
}

/** The request as it would be typed, secrets aside. */
const textOf = (request: Request): string => {
  let text = ""
  for (let index = 0; index < request.count && text.length < MOST_TEXT; index++) {
    const argument = request.redacted.includes(index) ? "(redacted)" : request.latin1(index)
    text += (index === 0 ? "" : " ") + argument.slice(0, MOST_TEXT - text.length)
  }
  return text
}
