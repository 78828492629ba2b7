// The latest slow commands.
import { card, empty, h, table } from "./dom.js"
import { brief, clock } from "./format.js"

export const slowlog = {
  poll: () => ({ path: "slowlog", every: 2000 }),
  show: ({ fetched }) => {
    if (fetched.slowlog === undefined) return undefined
    const { entries, threshold } = fetched.slowlog
    const most = Math.max(1, ...entries.map(({ microseconds }) => microseconds))
    return [
      card(
        "Slow log",
        h("span", { class: "muted" }, threshold < 0 ? "switched off" : `commands of ${brief(threshold)} and more`),
        entries.length === 0 ? empty("No command was that slow.") : table(
          [["#"], ["At"], ["Took", "number"], [""], ["Command"], ["Client"]],
          entries.map(({ clientName, command, id, microseconds, peer, time }) =>
            h(
              "tr",
              {},
              h("td", { class: "muted" }, id),
              h("td", {}, clock(time * 1000)),
              h("td", { class: "number" }, brief(microseconds)),
              h(
                "td",
                {},
                h(
                  "div",
                  { class: "track" },
                  h("span", {
                    class: "bar",
                    style: { width: `${(microseconds / most) * 100}%` }
                  })
                )
              ),
              h("td", { class: "clip", title: command }, h("code", {}, command)),
              h("td", { class: "muted" }, clientName || peer)
            )
          )
        )
      )
    ]
  }
}
