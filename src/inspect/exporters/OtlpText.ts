/**
 * Spans in the JSON of OpenTelemetry's protocol (https://opentelemetry.io/docs/specs/otlp/), written as text: building
 * the objects for `JSON.stringify` takes three times as long.
 */
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import { entriesToAttributes, type Resource } from "effect/observability/OtlpResource"
import * as Option from "effect/Option"
import type * as Tracer from "effect/Tracer"

const kinds: Readonly<Record<Tracer.SpanKind, number>> = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 }
const OK = 1
const FAILED = 2

/** Attributes of a name that come again and again are kept as text: so many, if they are so short. */
const MOST_KNOWN = 1000
const LONGEST_KNOWN = 64

/** What comes before the spans of a request, and behind them. */
export const envelope = (
  resource: Resource,
  scope: { readonly name: string; readonly version: string }
): readonly [before: string, behind: string] => [
  `{"resourceSpans":[{"resource":${JSON.stringify(resource)},"scopeSpans":[{"scope":${JSON.stringify(scope)},"spans":[`,
  "]}]}]}"
]

/** Writes spans that have ended. */
export class SpanWriter {
  private readonly known = new Map<string, Map<unknown, string>>()

  text(span: Tracer.Span): string {
    const { attributes, kind, links, parent, spanId, status, traceId } = span
    const parentText = Option.isSome(parent) ? `","parentSpanId":"${parent.value.spanId}` : ""
    let text = `{"traceId":"${traceId.padStart(32, "0")}","spanId":"${spanId}${parentText}","name":${
      JSON.stringify(span.name)
    },"kind":${kinds[kind]},"startTimeUnixNano":"${status.startTime}"`
    if (status._tag === "Ended") text += `,"endTimeUnixNano":"${status.endTime}"${statusText(status.exit)}`
    if (attributes.size > 0) {
      let list = ""
      for (const [key, value] of attributes) list += (list === "" ? "" : ",") + this.attribute(key, value)
      text += `,"attributes":[${list}]`
    }
    if (links.length > 0) text += `,"links":${JSON.stringify(links.map(linkOf))}`
    if ("_events" in span && Array.isArray(span._events)) {
      text += `,"events":${JSON.stringify(span._events.map(eventOf))}`
    }
    return `${text}}`
  }

  private attribute(key: string, value: unknown): string {
    const recurs = typeof value === "string" ? value.length <= LONGEST_KNOWN : typeof value === "number"
    if (!recurs) return attributeOf(key, value)
    let texts = this.known.get(key)
    if (texts === undefined) this.known.set(key, texts = new Map())
    let text = texts.get(value)
    if (text === undefined) {
      if (texts.size >= MOST_KNOWN) texts.clear()
      texts.set(value, text = attributeOf(key, value))
    }
    return text
  }
}

const attributeOf = (key: string, value: unknown): string => JSON.stringify(entriesToAttributes([[key, value]])[0])

const statusText = (exit: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isSuccess(exit)) return `,"status":{"code":${OK}}`
  if (Cause.hasInterruptsOnly(exit.cause)) return ",\"status\":{}"
  const failure = Cause.squash(exit.cause)
  const message = failure instanceof Error ? failure.message : String(failure)
  return `,"status":{"code":${FAILED},"message":${JSON.stringify(message)}}`
}

const linkOf = ({ attributes, span }: Tracer.SpanLink) => ({
  traceId: span.traceId.padStart(32, "0"),
  spanId: span.spanId,
  attributes: entriesToAttributes(Object.entries(attributes))
})

const eventOf = ([name, time, attributes]: [string, bigint, Record<string, unknown>]) => ({
  name,
  timeUnixNano: String(time),
  attributes: entriesToAttributes(Object.entries(attributes))
})
