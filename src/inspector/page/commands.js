// Rates and latencies over the last minutes, and every command since the start.
import { chart, legend } from "./chart.js"
import { card, empty, h, table } from "./dom.js"
import { brief, count, pairs, short } from "./format.js"

const rates = [["commands / s", ({ commands }) => commands]]
const latencies = [["p50", ({ p50 }) => p50], ["p99", ({ p99 }) => p99], ["p99.9", ({ p999 }) => p999]]

const statistics = (info) =>
  Object.entries(info).filter(([name]) => name.startsWith("cmdstat_")).map(([field, line]) => {
    const name = field.slice("cmdstat_".length)
    const { calls, failed_calls: failed, rejected_calls: rejected, usec } = pairs(line)
    const { p50, p99 } = pairs(info[`latency_percentiles_usec_${name}`])
    return { name, calls: Number(calls), refused: Number(failed) + Number(rejected), usec: Number(usec), p50, p99 }
  }).sort((a, b) => b.usec - a.usec)

const percentile = (value) => value === undefined ? "–" : brief(Number(value))

export const commands = {
  show: ({ picture: { info }, samples }) => {
    const all = statistics(info)
    const most = Math.max(1, ...all.map(({ usec }) => usec))
    const errors = Object.entries(info).filter(([name]) => name.startsWith("errorstat_"))
    return [
      h(
        "div",
        { class: "columns" },
        card("Rate", legend(rates), chart(samples, rates, short)),
        card("Latency", legend(latencies), chart(samples, latencies, brief))
      ),
      card(
        "Commands since the start",
        h("span", { class: "muted" }, "by the time they took"),
        all.length === 0 ? empty("No command has run yet.") : table(
          [["Command"], ["Calls", "number"], ["Mean", "number"], ["p50", "number"], ["p99", "number"], [
            "Errors",
            "number"
          ], ["Time", ""]],
          all.map(({ calls, name, p50, p99, refused, usec }) =>
            h(
              "tr",
              {},
              h("td", {}, h("code", {}, name.toUpperCase().replace("|", " "))),
              h("td", { class: "number" }, count(calls)),
              h("td", { class: "number" }, calls === 0 ? "–" : brief(usec / calls)),
              h("td", { class: "number" }, percentile(p50)),
              h("td", { class: "number" }, percentile(p99)),
              h("td", { class: refused > 0 ? "number failed" : "number" }, count(refused)),
              h(
                "td",
                {},
                h(
                  "div",
                  { class: "track", title: brief(usec) },
                  h("span", {
                    class: "bar",
                    style: { width: `${(usec / most) * 100}%` }
                  })
                )
              )
            )
          )
        )
      ),
      errors.length > 0 && card(
        "Errors",
        false,
        table(
          [["Code"], ["Count", "number"]],
          errors.map(([name, line]) =>
            h(
              "tr",
              {},
              h("td", {}, h("code", {}, name.slice("errorstat_".length))),
              h("td", { class: "number" }, count(pairs(line).count))
            )
          )
        )
      )
    ]
  }
}
