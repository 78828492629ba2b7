// Keeps the picture of the server that comes each second, and shows one view of it.
import { sparkline } from "./chart.js"
import { commands } from "./commands.js"
import { empty, h, show } from "./dom.js"
import { fibers } from "./fibers.js"
import { bytes, duration, short } from "./format.js"
import { keys } from "./keys.js"
import { memory } from "./memory.js"
import { replication } from "./replication.js"
import { slowlog } from "./slowlog.js"
import { spans } from "./spans.js"

/** A view shows itself from the state; `poll` is what it fetches itself, every so many milliseconds (0: once). */
const views = { fibers, commands, spans, memory, keys, replication, slowlog }

const SAMPLES = 300

const state = { picture: undefined, samples: [], fetched: {}, paused: false, redraw: () => draw(), act }

const element = (id) => document.getElementById(id)

const current = () => {
  const name = location.hash.slice(1)
  return Object.hasOwn(views, name) ? name : "fibers"
}

const figure = (label, value, note, line, attention = false) =>
  h(
    "div",
    { class: attention ? "figure attention" : "figure" },
    h("div", { class: "label" }, label),
    h("div", { class: "value" }, value),
    h("div", { class: "note" }, note),
    line
  )

const figures = ({ fibers, info }) => {
  const waiting = Number(info.blocked_clients)
  const hits = Number(info.keyspace_hits)
  const lookups = hits + Number(info.keyspace_misses)
  const keysHeld = Object.entries(info).filter(([name]) => /^db\d+$/.test(name))
    .reduce((sum, [, line]) => sum + Number(/keys=(\d+)/.exec(line)?.[1] ?? 0), 0)
  const last = state.samples.at(-1)
  const limit = Number(info.maxmemory)
  return [
    figure(
      "Commands / s",
      short(last?.commands ?? 0),
      `p99 ${last === undefined || last.p99 === 0 ? "–" : `${short(last.p99)} µs`}`,
      sparkline(state.samples, ({ commands }) => commands)
    ),
    figure(
      "Clients",
      info.connected_clients,
      `${fibers.total} fibers`,
      sparkline(state.samples, ({ clients }) => clients)
    ),
    figure(
      "Waiting",
      waiting,
      waiting === 1 ? "blocked client" : "blocked clients",
      sparkline(state.samples, ({ waiting }) => waiting),
      waiting > 0
    ),
    figure(
      "Data",
      bytes(info.used_memory),
      limit === 0 ? `${bytes(info.used_memory_rss)} resident` : `of ${bytes(limit)}`,
      sparkline(state.samples, ({ memory }) => memory)
    ),
    figure(
      "Keys",
      short(keysHeld),
      `${short(Number(info.expired_keys))} expired, ${short(Number(info.evicted_keys))} evicted`,
      sparkline(state.samples, ({ keys }) => keys)
    ),
    figure(
      "Hits",
      lookups === 0 ? "–" : `${((hits / lookups) * 100).toFixed(1)} %`,
      `of ${short(lookups)} look-ups`,
      sparkline(state.samples, ({ hits }) => hits)
    ),
    figure(
      "Traffic",
      `${bytes(last?.output ?? 0)}/s`,
      `out, ${bytes(last?.input ?? 0)}/s in`,
      sparkline(state.samples, ({ input, output }) => input + output)
    )
  ]
}

const draw = () => {
  const { picture } = state
  const name = current()
  for (const link of document.querySelectorAll("nav a")) {
    const isCurrent = link.hash === `#${name}`
    if (isCurrent === link.hasAttribute("aria-current")) continue
    if (isCurrent) {
      link.setAttribute("aria-current", "page")
      link.scrollIntoView({ block: "nearest", inline: "center" })
    } else link.removeAttribute("aria-current")
  }
  if (picture === undefined) return
  const { info } = picture
  const up = duration(Number(info.uptime_in_seconds) * 1000)
  const role = info.role === "slave" ? "replica" : "master"
  show(element("identity"), [
    `${info.go_redis_version} · ${role} on port ${info.tcp_port} · up ${up} · pid ${info.process_id} · Node ${info.node_version}`
  ])
  show(element("figures"), figures(picture))
  show(element("view"), views[name].show(state) ?? [empty("…")])
}

// ---- what a view asks for by itself

let polling
const poll = async () => {
  clearTimeout(polling)
  const name = current()
  const { every, path } = views[name].poll?.(state) ?? {}
  if (path === undefined) return
  try {
    const answer = await fetch(path)
    state.fetched[name] = answer.ok ? await answer.json() : { failure: await answer.text() }
  } catch {
    // The live stream tells that the server is gone
  }
  if (current() !== name) return
  if (!state.paused) draw()
  polling = setTimeout(poll, every)
}

// ---- what the page does

async function act(what, id) {
  const answer = await fetch(`act?do=${what}&id=${encodeURIComponent(id)}`, {
    method: "POST",
    headers: { "x-go-redis-inspector": "1" }
  })
  if (!answer.ok) alert(await answer.text())
}

// ---- the stream

const status = (kind, text) => {
  element("connection").className = `badge ${kind}`
  element("connection").textContent = text
}

const source = new EventSource("live")
source.addEventListener("open", () => {
  // A new stream begins with all samples
  state.samples = []
  status("live", "live")
})
source.addEventListener("error", () => status("lost", "connection lost, trying again"))
source.addEventListener("message", ({ data }) => {
  const picture = JSON.parse(data)
  state.samples = [...state.samples, ...picture.samples].slice(-SAMPLES)
  if (state.paused) return
  state.picture = picture
  draw()
})

element("pause").addEventListener("click", ({ target }) => {
  state.paused = !state.paused
  target.setAttribute("aria-pressed", String(state.paused))
  target.textContent = state.paused ? "Go on" : "Pause"
  status(state.paused ? "" : "live", state.paused ? "paused" : "live")
})

addEventListener("hashchange", () => {
  draw()
  void poll()
})
draw()
void poll()
