/** LATENCY: what held the server up, and how long each command takes. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import { CommandTable, type Entry } from "../command/CommandTable.ts"
import { help } from "../command/Help.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { string } from "../command/Spec.ts"
import { report } from "../inspect/LatencyAdvice.ts"
import { LatencyMonitor, type Series } from "../inspect/LatencyMonitor.ts"
import { SlowLog } from "../inspect/SlowLog.ts"
import * as Sparkline from "../inspect/Sparkline.ts"
import * as Reply from "../resp/Reply.ts"

const base = {
  since: "2.8.13",
  group: "server",
  complexity: "O(1)",
  flags: ["admin", "noscript", "loading", "stale"],
  tips: ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"]
} as const

const histogram = Returns.properties("CommandHistogram", {
  calls: Returns.integer,
  histogram_usec: Returns.dictionary(Returns.integer, Returns.integer)
})

const Container = Command.make("LATENCY", {
  ...base,
  summary: "Holds the commands on latency.",
  complexity: "See the subcommands.",
  arity: -2,
  flags: [],
  tips: []
})

const Doctor = Command.make("LATENCY|DOCTOR", {
  ...base,
  summary: "Reports in words what held the server up, and what may help.",
  returns: Returns.text,
  arity: 2
})

const Graph = Command.make("LATENCY|GRAPH", {
  ...base,
  summary: "Draws the latest spikes of an event.",
  returns: Returns.text,
  arity: 3,
  arguments: [string("event")]
})

const Help = Command.make("LATENCY|HELP", {
  ...base,
  summary: "Lists the subcommands.",
  returns: Returns.names,
  arity: 2,
  flags: ["loading", "stale"],
  tips: []
})

const Histogram = Command.make("LATENCY|HISTOGRAM", {
  ...base,
  summary: "Returns how long the calls of some commands, or of all, took.",
  returns: Returns.dictionary(histogram, Returns.text),
  since: "7.0.0",
  complexity: "O(N), N being the number of commands with calls",
  arity: -2,
  arguments: [string("command", { optional: true, multiple: true })]
})

const History = Command.make("LATENCY|HISTORY", {
  ...base,
  summary: "Returns the latest spikes of an event with their times.",
  returns: Returns.list(Returns.tuple("Spike", { time: Returns.integer, milliseconds: Returns.integer })),
  arity: 3,
  arguments: [string("event")]
})

const Latest = Command.make("LATENCY|LATEST", {
  ...base,
  summary: "Returns the latest spike of every event.",
  returns: Returns.list(
    Returns.tuple("LatestSpike", {
      event: Returns.text,
      time: Returns.integer,
      milliseconds: Returns.integer,
      most: Returns.integer
    })
  ),
  arity: 2
})

const Reset = Command.make("LATENCY|RESET", {
  ...base,
  summary: "Forgets the spikes of some events, or of all.",
  returns: Returns.integer,
  arity: -2,
  tips: ["request_policy:all_nodes", "response_policy:all_succeeded"],
  arguments: [string("event", { optional: true, multiple: true })]
})

export const group = Command.group(Container, Doctor, Graph, Help, Histogram, History, Latest, Reset)

export const layer = group.toLayer(Effect.gen(function*() {
  const monitor = yield* LatencyMonitor
  const slowLog = yield* SlowLog
  const table = yield* CommandTable
  const clock = yield* Clock.Clock
  const now = (): number => Math.floor(clock.currentTimeMillisUnsafe() / 1000)

  return group.of({
    LATENCY: Command.container,

    "LATENCY|DOCTOR": Command.program(() =>
      Reply.verbatim(
        "txt",
        report({ events: monitor.events, threshold: monitor.threshold, slowerThan: slowLog.threshold, now: now() })
      )
    ),

    "LATENCY|GRAPH": Command.program((request) => {
      const name = request.quoted(2)
      const series = monitor.events.get(name)
      if (series === undefined) throw CommandError.make(`ERR No samples available for event '${name}'`)
      return Reply.verbatim("txt", graph(name, series, now()))
    }),

    "LATENCY|HELP": Command.program(() => helpReply),

    "LATENCY|HISTOGRAM": Command.program((request) => {
      const asked = request.count === 2 ? [...table.byName.values()] : named(request, table.get)
      const entries = asked
        .flatMap((entry) => [entry, ...entry.subcommands.values()])
        .filter(({ histogram }) => histogram.count > 0)
      return Reply.map(entries.flatMap((entry) => [Reply.text(entry.name), histogramReply(entry)]))
    }),

    "LATENCY|HISTORY": Command.program((request) => {
      const samples = monitor.events.get(request.quoted(2))?.samples ?? []
      return Reply.array(
        samples.map(({ milliseconds, time }) => Reply.array([Reply.integer(time), Reply.integer(milliseconds)]))
      )
    }),

    "LATENCY|LATEST": Command.program(() =>
      Reply.array([...monitor.events].map(([name, { max, samples }]) => {
        const last = samples.at(-1)
        return Reply.array([
          Reply.text(name),
          Reply.integer(last?.time ?? 0),
          Reply.integer(last?.milliseconds ?? 0),
          Reply.integer(max)
        ])
      }))
    ),

    "LATENCY|RESET": Command.program((request) => {
      const names = request.count === 2
        ? undefined
        : request.copy(2).map((name) => Buffer.from(name).toString("latin1"))
      return Reply.integer(monitor.reset(names))
    })
  })
}))

const named = (request: Request, get: (name: string) => Entry | undefined): Array<Entry> => {
  const entries: Array<Entry> = []
  for (let index = 2; index < request.count; index++) {
    const entry = get(request.latin1(index))
    if (entry !== undefined) entries.push(entry)
  }
  return entries
}

const histogramReply = ({ histogram }: Entry): Reply.Reply =>
  Reply.map([
    Reply.text("calls"),
    Reply.integer(histogram.count),
    Reply.text("histogram_usec"),
    Reply.map(histogram.cumulative().flatMap(([bound, count]) => [Reply.integer(bound), Reply.integer(count)]))
  ])

const graph = (name: string, { max, samples }: Series, now: number): string => {
  const values = samples.map(({ milliseconds }) => milliseconds)
  const points = samples.map(({ milliseconds, time }) => ({ value: milliseconds, label: age(now - time) }))
  return `${name} - high ${Math.max(...values)} ms, low ${Math.min(...values)} ms (all time high ${max} ms)\n`
    + `${"-".repeat(80)}\n${Sparkline.render(points)}`
}

const age = (seconds: number): string => {
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`
  if (seconds < 86400) return `${Math.floor(seconds / 3600)}h`
  return `${Math.floor(seconds / 86400)}d`
}

const helpReply = help("LATENCY", [
  "DOCTOR",
  "    Return a human readable latency analysis report.",
  "GRAPH <event>",
  "    Return an ASCII latency graph for the <event> class.",
  "HISTORY <event>",
  "    Return time-latency samples for the <event> class.",
  "LATEST",
  "    Return the latest latency samples for all events.",
  "RESET [<event> ...]",
  "    Reset latency data of one or more <event> classes.",
  "    (default: reset all data for all event classes)",
  "HISTOGRAM [COMMAND ...]",
  "    Return a cumulative distribution of latencies in the format of a histogram for the specified command names.",
  "    If no commands are specified then all histograms are replied."
])
