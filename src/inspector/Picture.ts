/**
 * What the server is at this moment, as the page gets it: the fibers of FIBER LIST, the fields of INFO, and the latest
 * samples; and what is asked for by itself, the slow log and the recent spans.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Tracer from "effect/Tracer"
import { memoryOf } from "../command/ClientInfo.ts"
import type { Session } from "../command/Session.ts"
import { Config } from "../config/Config.ts"
import { FiberReport, type Report } from "../inspect/FiberReport.ts"
import { InfoSections, requested } from "../inspect/InfoSections.ts"
import { SlowLog } from "../inspect/SlowLog.ts"
import { SpanRecorder } from "../inspect/SpanRecorder.ts"
import { traceOf, Tracing } from "../inspect/Tracing.ts"
import type { History, Sample } from "./History.ts"

/** Fibers and spans that a page gets at once: more than anybody reads, and no load for the server. */
const MOST_FIBERS = 500
const MOST_SPANS = 200
const MOST_SLOW = 128

const clientOf = (session: Session, now: number) => ({
  id: session.id,
  peer: session.link?.peer ?? "embedded",
  name: session.name,
  kind: session.kind,
  db: session.db,
  command: session.commandName.toUpperCase().replace("|", " "),
  latest: session.latestCommands,
  idle: Math.max(0, now - session.lastInteraction),
  bytes: memoryOf(session),
  unsent: session.link?.outputBytes() ?? 0,
  subscriptions: session.subscriptions.channels + session.subscriptions.patterns + session.subscriptions.shards,
  queued: session.transaction?.length ?? -1,
  unblockable: session.blocked?.unblock !== undefined
})

const traceIds = (session: Session) => {
  const trace = traceOf(session)
  if (trace === undefined) return undefined
  const { spanId, traceId } = trace.open.at(-1) ?? trace.connection
  return { traceId, spanId }
}

const attributesOf = (span: Tracer.Span): Record<string, string> =>
  Object.fromEntries([...span.attributes].map(([name, value]) => [name, String(value)]))

const spanOf = (span: Tracer.Span) => {
  const { status } = span
  const ended = status._tag === "Ended"
  const failure = ended && Exit.isFailure(status.exit) ? String(Cause.squash(status.exit.cause)) : undefined
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentId: Option.getOrUndefined(span.parent)?.spanId,
    name: span.name,
    // Milliseconds, with what a float has of nanoseconds
    start: Number(status.startTime / 1000n) / 1000,
    duration: ended ? Number(status.endTime - status.startTime) / 1e6 : undefined,
    failure,
    attributes: attributesOf(span)
  }
}

export interface Live {
  readonly samples: ReadonlyArray<Sample>
}

export interface Picture {
  /** Everything that changes all the time; `since`: samples that the page has already. */
  readonly live: (since: number) => Live
  readonly slowLog: () => object
  readonly spans: () => object
}

export const make = (history: History) =>
  Effect.gen(function*() {
    const fibers = yield* FiberReport
    const sections = yield* InfoSections
    const slowLog = yield* SlowLog
    const recorder = yield* SpanRecorder
    const tracing = yield* Tracing
    const { values } = yield* Config
    const clock = yield* Clock.Clock

    const fiberOf = (report: Report, now: number) => {
      const { age, client, id, interruptible, name, parent, part, state, waited, waitsFor } = report
      return {
        ...{ id, name, part, parent, state, age, interruptible, waitsFor, waited },
        keys: fibers.awaited(report),
        client: client === undefined ? undefined : clientOf(client, now),
        trace: client === undefined ? undefined : traceIds(client)
      }
    }

    const fields = (): Record<string, string> => {
      const found: Record<string, string> = {}
      for (const line of sections.text(requested(["everything"])).split("\r\n")) {
        const colon = line.indexOf(":")
        if (colon > 0 && !line.startsWith("#")) found[line.slice(0, colon)] = line.slice(colon + 1)
      }
      return found
    }

    const picture: Picture = {
      live: (since) => {
        const now = clock.currentTimeMillisUnsafe()
        // Those that wait are what one looks for: they come first where not all can come
        const all = fibers.all()
        const shown = all.length <= MOST_FIBERS
          ? all
          : all.toSorted((a, b) => Number(b.state === "waiting") - Number(a.state === "waiting")).slice(0, MOST_FIBERS)
        return {
          time: now,
          readOnly: values["inspector-read-only"],
          tracing: { active: tracing.active(), values: values["trace-values"] },
          info: fields(),
          fibers: { total: all.length, shown: shown.map((report) => fiberOf(report, now)) },
          samples: history.samples.filter(({ time }) => time > since)
        }
      },
      slowLog: () => ({
        threshold: values["slowlog-log-slower-than"],
        entries: slowLog.latest(MOST_SLOW).map(({ args, clientName, id, microseconds, peer, time }) => ({
          ...{ id, time, microseconds, peer, clientName },
          command: args.map((arg) => Buffer.from(arg).toString("utf8")).join(" ")
        }))
      }),
      spans: () => ({ active: tracing.active(), spans: recorder.recent().slice(-MOST_SPANS).map(spanOf) })
    }
    return picture
  })
