// Where the memory is: the server's own figures, the data by type and encoding, and the databases.
import { chart } from "./chart.js"
import { card, empty, facts, h, table } from "./dom.js"
import { bytes, count, duration, pairs } from "./format.js"

const used = [["data", ({ memory }) => memory]]

const shares = (fetched) => {
  if (fetched === undefined) return empty("Looking…")
  if (fetched.shares.length === 0) return empty("There are no keys.")
  const most = Math.max(...fetched.shares.map((share) => share.bytes))
  return table(
    [["Type"], ["Encoding"], ["Keys", "number"], ["Bytes", "number"], ["Each", "number"], [""]],
    fetched.shares.map((share) =>
      h(
        "tr",
        {},
        h("td", {}, share.type),
        h("td", {}, h("code", {}, share.encoding)),
        h("td", { class: "number" }, count(share.keys)),
        h("td", { class: "number" }, bytes(share.bytes)),
        h("td", { class: "number" }, bytes(Math.round(share.bytes / share.keys))),
        h(
          "td",
          {},
          h(
            "div",
            { class: "track" },
            h("span", {
              class: "bar",
              style: { width: `${(share.bytes / most) * 100}%` }
            })
          )
        )
      )
    )
  )
}

const databases = (info) =>
  Object.entries(info).filter(([name]) => /^db\d+$/.test(name)).map(([name, line]) => {
    const { avg_ttl: ttl, expires, keys } = pairs(line)
    return h(
      "tr",
      {},
      h("td", {}, name),
      h("td", { class: "number" }, count(keys)),
      h("td", { class: "number" }, count(expires)),
      h("td", { class: "number" }, Number(ttl) === 0 ? "–" : duration(Number(ttl)))
    )
  })

export const memory = {
  poll: () => ({ path: "composition", every: 5000 }),
  show: ({ fetched, picture: { info }, samples }) => {
    const rows = databases(info)
    const note = fetched.memory !== undefined && !fetched.memory.exact ? "estimated from 100,000 keys a database" : ""
    return [
      h(
        "div",
        { class: "columns" },
        card("Data over time", false, chart(samples, used, bytes, 1024)),
        card(
          "Server",
          false,
          facts([
            ["Data and buffers", bytes(info.used_memory)],
            ["Peak", bytes(info.used_memory_peak)],
            ["Limit", info.maxmemory === "0" ? "none" : `${bytes(info.maxmemory)}, ${info.maxmemory_policy}`],
            ["Resident", bytes(info.used_memory_rss)],
            ["Overhead: tables and buffers", bytes(info.used_memory_overhead)],
            ["Clients' buffers", bytes(info.mem_clients_normal)],
            ["Replication backlog", bytes(info.mem_replication_backlog)],
            ["Evicted, expired", `${count(info.evicted_keys)}, ${count(info.expired_keys)}`]
          ])
        )
      ),
      card("By type and encoding", h("span", { class: "muted" }, note), shares(fetched.memory)),
      card(
        "Databases",
        false,
        rows.length === 0 ? empty("All are empty.") : table(
          [["Database"], ["Keys", "number"], ["With a time to live", "number"], ["Mean time to live", "number"]],
          rows
        )
      )
    ]
  }
}
