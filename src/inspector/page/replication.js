// Who follows whom, and how far behind.
import { card, empty, facts, h, table } from "./dom.js"
import { bytes, count, duration, pairs } from "./format.js"

const replicasOf = (info) =>
  Object.entries(info).filter(([name]) => /^slave\d+$/.test(name)).map(([, line]) => pairs(line))

const master = (info) =>
  info.role === "slave" && card(
    "Its master",
    h("code", {}, `${info.master_host}:${info.master_port}`),
    facts([
      ["Link", h("span", { class: info.master_link_status === "up" ? "" : "failed" }, info.master_link_status)],
      [
        "Down for",
        info.master_link_down_since_seconds === undefined
          ? undefined
          : duration(info.master_link_down_since_seconds * 1000)
      ],
      [
        "Last heard of",
        info.master_last_io_seconds_ago === "-1" ? "never" : `${info.master_last_io_seconds_ago} s ago`
      ],
      ["Offset applied", count(info.slave_repl_offset)],
      [
        "Copying",
        info.master_sync_in_progress === "1"
          ? `${info.master_sync_perc ?? 0} %, ${bytes(info.master_sync_read_bytes)}`
          : undefined
      ]
    ])
  )

export const replication = {
  show: ({ picture: { info } }) => {
    const replicas = replicasOf(info)
    const offset = Number(info.master_repl_offset)
    return [
      h(
        "div",
        { class: "columns" },
        card(
          "This server",
          h("span", { class: "muted" }, info.role === "slave" ? "replica" : "master"),
          facts([
            ["History", h("code", {}, info.master_replid)],
            ["Offset", count(offset)],
            [
              "Backlog",
              info.repl_backlog_active === "1"
                ? `${bytes(info.repl_backlog_histlen)} of ${bytes(info.repl_backlog_size)}`
                : "none"
            ],
            ["Failover", info.master_failover_state],
            ["Full copies", `${count(info.sync_full)} given`],
            ["Partial resyncs", `${count(info.sync_partial_ok)} given, ${count(info.sync_partial_err)} refused`]
          ])
        ),
        master(info)
      ),
      card(
        "Its replicas",
        h("span", { class: "muted" }, String(replicas.length)),
        replicas.length === 0 ? empty("Nobody follows this server.") : table(
          [["Replica"], ["State"], ["Offset", "number"], ["Behind", "number"], ["Last heard of", "number"]],
          replicas.map(({ ip, lag, offset: acknowledged, port, state }) =>
            h(
              "tr",
              { class: "replica-row" },
              h("td", {}, h("code", {}, `${ip}:${port}`)),
              h("td", {}, state),
              h("td", { class: "number" }, count(acknowledged)),
              h(
                "td",
                { class: offset - acknowledged > 1e6 ? "number behind" : "number" },
                bytes(Math.max(0, offset - acknowledged))
              ),
              h("td", { class: "number" }, `${lag} s ago`)
            )
          )
        )
      )
    ]
  }
}
