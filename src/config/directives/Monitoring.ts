/** What is recorded for those who look into the server, and what is told to clients. */
import * as Codec from "../Codec.ts"
import * as Directive from "../Directive.ts"
import * as Special from "./Special.ts"

const COUNT = Codec.integer(0n, Codec.Limits.long)

export const Monitoring = {
  title: "Monitoring, events and scripts",
  directives: {
    "slowlog-log-slower-than": Directive.make({
      codec: Codec.integer(-1n, Codec.Limits.long),
      default: 10000n,
      effect: "yes",
      doc: "Microseconds from which a command is put into the slow log; -1 puts none."
    }),
    "slowlog-max-len": Directive.make({
      codec: COUNT,
      default: 128n,
      effect: "yes",
      doc: "Entries that the slow log keeps."
    }),
    "latency-monitor-threshold": Directive.make({
      codec: COUNT,
      default: 0n,
      effect: "yes",
      doc: "Milliseconds from which an event is recorded as a latency spike; 0 records none."
    }),
    "latency-tracking": Directive.make({
      codec: Codec.yesNo,
      default: true,
      effect: "yes",
      doc: "Record how long each command takes."
    }),
    "latency-tracking-info-percentiles": Directive.make({
      codec: Special.percentiles,
      default: [50, 99, 99.9],
      effect: "yes",
      doc: "Percentiles that INFO shows of those times."
    }),
    "notify-keyspace-events": Directive.make({
      codec: Special.keyspaceEvents,
      default: 0,
      effect: "yes",
      doc: "Classes of events that are published when keys change; empty publishes none."
    }),
    "tracking-table-max-keys": Directive.make({
      codec: COUNT,
      default: 1000000n,
      effect: "yes",
      doc: "Keys that are remembered for clients with caches of their own; 0 sets no limit."
    }),
    "busy-reply-threshold": Directive.make({
      codec: COUNT,
      default: 5000n,
      aliases: ["lua-time-limit"],
      doc: "Milliseconds after which a running script lets others be told that the server is busy."
    }),
    "lua-enable-deprecated-api": Directive.make({
      codec: Codec.yesNo,
      default: false,
      change: "at start",
      hidden: true,
      doc: "Give scripts the functions that were taken out."
    })
  }
} as const
