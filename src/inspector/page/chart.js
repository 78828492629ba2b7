// Lines over time, as SVG.
import { h } from "./dom.js"

/** The drawing is stretched to the room that it gets; what is written stands beside it, and is not. */
const WIDTH = 600
const HEIGHT = 146
/** So long a time is shown: what there is, within these. */
const FEWEST_SECONDS = 60
const MOST_SECONDS = 300
/** Samples of the little lines. */
const LATEST = 120

/** The next number above that is round: 1, 2 or 5 times a power of ten, of whatever unit it is in. */
const ceiling = (value, base) => {
  if (value <= 0) return 1
  const unit = base ** Math.max(0, Math.floor(Math.log(value) / Math.log(base)))
  const power = unit * 10 ** Math.floor(Math.log10(value / unit))
  return power * ([1, 2, 5].find((step) => step * power >= value) ?? 10)
}

const line = (points) => points.map(([x, y], at) => `${at === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`).join("")

/**
 * `series`: names and what they take from a sample. The newest sample stands at the right edge; `base` is that of the
 * units: 1024 for bytes.
 */
export const chart = (samples, series, format, base = 1000) => {
  const end = samples.at(-1)?.time ?? 0
  const known = Math.ceil((end - (samples[0]?.time ?? 0)) / 1000 / FEWEST_SECONDS) * FEWEST_SECONDS
  const seconds = Math.min(MOST_SECONDS, Math.max(FEWEST_SECONDS, known))
  const most = ceiling(Math.max(0, ...samples.flatMap((sample) => series.map(([, take]) => take(sample)))), base)
  const x = (time) => WIDTH - ((end - time) / 1000 / seconds) * WIDTH
  const y = (value) => HEIGHT - (value / most) * HEIGHT
  const marks = [0, 0.5, 1].map((share) => share * most)
  const times = [0, seconds / 3, (seconds * 2) / 3]
  return h(
    "div",
    { class: "plot" },
    h(
      "svg",
      { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" },
      marks.map((mark) => h("line", { class: "grid", x1: 0, x2: WIDTH, y1: y(mark), y2: y(mark) })),
      series.map(([, take], at) => {
        const path = line(samples.map((sample) => [x(sample.time), y(take(sample))]))
        const first = samples[0]?.time ?? 0
        return h(
          "g",
          { class: `series-${at}` },
          series.length === 1 && path !== ""
            && h("path", { class: "area", d: `${path}L${x(end)} ${y(0)}L${x(first)} ${y(0)}Z` }),
          h("path", { class: "line", d: path })
        )
      })
    ),
    marks.map((mark) => h("span", { class: "mark", style: { top: `${(y(mark) / HEIGHT) * 100}%` } }, format(mark))),
    times.map((ago) =>
      h(
        "span",
        { class: ago === 0 ? "time now" : "time", style: { left: `${(1 - ago / seconds) * 100}%` } },
        ago === 0 ? "now" : `−${Math.round(ago)} s`
      )
    )
  )
}

export const legend = (series) =>
  h("div", { class: "legend" }, series.map(([name], at) => h("span", { class: `series-${at}` }, name)))

/** A little line without axes. */
export const sparkline = (samples, take) => {
  const latest = samples.slice(-LATEST)
  if (latest.length < 2) return false
  const from = latest[0].time
  const length = latest.at(-1).time - from
  const most = Math.max(1e-9, ...latest.map(take))
  const points = latest.map((sample) => [((sample.time - from) / length) * 100, 23 - (take(sample) / most) * 21])
  const path = line(points)
  return h(
    "svg",
    { class: "series-0", viewBox: "0 0 100 24", preserveAspectRatio: "none", "aria-hidden": "true" },
    h("path", { class: "area", d: `${path}L100 24L${points[0][0].toFixed(1)} 24Z` }),
    h("path", { class: "line", d: path })
  )
}
