// The latest spans as a waterfall: a group for each trace, newest first, children below their parents.
import { card, empty, facts, h } from "./dom.js"
import { clock } from "./format.js"

const MOST_TRACES = 40
let picked

/** Spans that are close in time make one picture: a connection's span may be hours long. */
const GROUP_MILLIS = 50

const took = (milliseconds) => {
  if (milliseconds === undefined) return "…"
  return milliseconds < 1 ? `${Math.round(milliseconds * 1000)} µs` : milliseconds < 1000
    ? `${milliseconds.toFixed(1)} ms`
    : `${(milliseconds / 1000).toFixed(2)} s`
}

const endOf = ({ duration = 0, start }) => start + duration

/** Groups by what they have in common at the top, as far as it is known. */
const groups = (spans) => {
  const byId = new Map(spans.map((span) => [span.spanId, span]))
  const rootOf = (span) => {
    let root = span
    while (byId.has(root.parentId) && byId.get(root.parentId).name !== "connection") root = byId.get(root.parentId)
    return root
  }
  const found = new Map()
  for (const span of spans) {
    const root = rootOf(span)
    // What a connection did at about the same time stands together
    const near = `${root.parentId ?? root.spanId}:${Math.floor(root.start / GROUP_MILLIS)}`
    found.set(near, [...found.get(near) ?? [], span])
  }
  return [...found.values()].sort((a, b) => b[0].start - a[0].start).slice(0, MOST_TRACES)
}

const depthOf = (span, byId) => {
  let depth = 0
  for (let at = byId.get(span.parentId); at !== undefined; at = byId.get(at.parentId)) depth++
  return depth
}

const kindOf = ({ failure, name }) => failure !== undefined ? "failed" : name === "wait" ? "wait" : ""

const rows = (spans, state) => {
  const byId = new Map(spans.map((span) => [span.spanId, span]))
  const ordered = spans.toSorted((a, b) => a.start - b.start || depthOf(a, byId) - depthOf(b, byId))
  const from = Math.min(...spans.map(({ start }) => start))
  const length = Math.max(0.001, Math.max(...spans.map(endOf)) - from)
  return ordered.map((span) =>
    h(
      "tr",
      {
        class: "pick",
        tabindex: 0,
        "aria-selected": span.spanId === picked,
        onclick: () => {
          picked = span.spanId === picked ? undefined : span.spanId
          state.redraw()
        }
      },
      h(
        "td",
        { class: "clip" },
        h("span", { style: { paddingLeft: `${depthOf(span, byId) * 1.1}rem` } }),
        h("code", { class: kindOf(span) === "failed" ? "failed" : false }, span.name),
        h(
          "span",
          { class: "muted" },
          ` ${span.attributes["db.query.text"] ?? span.attributes["keys"] ?? span.failure ?? ""}`
        )
      ),
      h("td", { class: "number" }, took(span.duration)),
      h(
        "td",
        { class: "lane" },
        h("span", {
          class: `span ${kindOf(span)}`,
          style: {
            left: `${((span.start - from) / length) * 96}%`,
            width: `${((span.duration ?? 0) / length) * 96}%`
          }
        })
      )
    )
  )
}

const details = (span) =>
  card(
    span.name,
    h("span", { class: "muted" }, took(span.duration)),
    facts([
      ["Began", clock(span.start)],
      ["Failure", span.failure],
      ["Trace", h("code", {}, span.traceId)],
      ["Span", h("code", {}, span.spanId)],
      ["Parent", span.parentId === undefined ? undefined : h("code", {}, span.parentId)],
      ...Object.entries(span.attributes).map(([name, value]) => [name, h("code", {}, value)])
    ])
  )

const toggle = (state, active) =>
  !state.picture.readOnly
  && h("button", {
    type: "button",
    onclick: () => state.act("trace", active ? "no" : "yes")
  }, active ? "Stop tracing" : "Trace")

export const spans = {
  poll: () => ({ path: "spans", every: 1000 }),
  show: (state) => {
    const fetched = state.fetched.spans
    if (fetched === undefined) return undefined
    const active = state.picture.tracing.active
    const found = groups(fetched.spans)
    const one = fetched.spans.find(({ spanId }) => spanId === picked)
    const list = h(
      "div",
      {},
      card(
        "Spans",
        [
          h("span", { class: "muted" }, active ? `the latest ${fetched.spans.length}` : "tracing is off"),
          h("span", { class: "space" }),
          toggle(state, active)
        ],
        found.length > 0
          ? h(
            "div",
            { class: "scroll" },
            h(
              "table",
              { class: "waterfall tree" },
              found.map((group) =>
                h(
                  "tbody",
                  {},
                  h(
                    "tr",
                    { class: "part" },
                    h(
                      "th",
                      { colspan: 3, scope: "rowgroup" },
                      clock(group[0].start),
                      h("span", { class: "muted" }, ` ${group[0].attributes["network.peer.address"] ?? ""} `),
                      h("code", { class: "muted" }, group[0].traceId.slice(0, 8))
                    )
                  ),
                  rows(group, state)
                )
              )
            )
          )
          : active
          ? empty("Nothing has ended yet.")
          : empty("Every command becomes a span with ", h("code", {}, "CONFIG SET trace yes"), ".")
      )
    )
    return one === undefined ? [list] : [h("div", { class: "split" }, list, h("div", { class: "side" }, details(one)))]
  }
}
