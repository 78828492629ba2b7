/** SLOWLOG: the latest commands that took long. */
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import { help } from "../command/Help.ts"
import * as Returns from "../command/Returns.ts"
import { integer, optional } from "../command/Spec.ts"
import { SlowLog } from "../inspect/SlowLog.ts"
import * as Reply from "../resp/Reply.ts"

const base = { group: "server", flags: ["admin", "loading", "stale"] } as const

const Container = Command.make("SLOWLOG", {
  ...base,
  summary: "Holds the commands on the slow log.",
  since: "2.2.12",
  complexity: "See the subcommands.",
  arity: -2,
  flags: []
})

const Get = Command.make("SLOWLOG|GET", {
  ...base,
  summary: "Returns the latest entries of the slow log.",
  returns: Returns.list(
    Returns.tuple("SlowCommand", {
      id: Returns.integer,
      time: Returns.integer,
      microseconds: Returns.integer,
      arguments: Returns.all,
      client: Returns.text,
      clientName: Returns.text
    })
  ),
  since: "2.2.12",
  complexity: "O(N), N being the number of entries returned",
  arity: -2,
  tips: ["request_policy:all_nodes", "nondeterministic_output"],
  history: [["4.0.0", "An entry tells the client's address and name."]],
  arguments: [integer("count", optional)]
})

const Help = Command.make("SLOWLOG|HELP", {
  ...base,
  summary: "Lists the subcommands.",
  returns: Returns.names,
  since: "6.2.0",
  complexity: "O(1)",
  arity: 2,
  flags: ["loading", "stale"]
})

const Len = Command.make("SLOWLOG|LEN", {
  ...base,
  summary: "Counts the entries of the slow log.",
  returns: Returns.integer,
  since: "2.2.12",
  complexity: "O(1)",
  arity: 2,
  tips: ["request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"]
})

const Reset = Command.make("SLOWLOG|RESET", {
  ...base,
  summary: "Empties the slow log.",
  returns: Returns.done,
  since: "2.2.12",
  complexity: "O(N), N being the number of entries in the slow log",
  arity: 2,
  tips: ["request_policy:all_nodes", "response_policy:all_succeeded"]
})

export const group = Command.group(Container, Get, Help, Len, Reset)

const badCount = CommandError.make("ERR count should be greater than or equal to -1")

export const layer = group.toLayer(Effect.gen(function*() {
  const log = yield* SlowLog
  return group.of({
    SLOWLOG: Command.container,

    "SLOWLOG|GET": Command.program((request) => {
      if (request.count > 3) throw CommandError.unknownSubcommandOrArity("SLOWLOG", request.quoted(1))
      const count = request.count === 2 ? 10 : request.integerIn(2, -1, Number.MAX_SAFE_INTEGER, badCount)
      const entries = log.latest(count === -1 ? log.length : count)
      return Reply.array(entries.map(({ args, clientName, id, microseconds, peer, time }) =>
        Reply.array([
          Reply.integer(id),
          Reply.integer(time),
          Reply.integer(microseconds),
          Reply.array(args.map((arg) => Reply.bulk(arg))),
          Reply.text(peer),
          Reply.bulk(Buffer.from(clientName, "latin1"))
        ])
      ))
    }),

    "SLOWLOG|HELP": Command.program(() => helpReply),

    "SLOWLOG|LEN": Command.program(() => Reply.integer(log.length)),

    "SLOWLOG|RESET": Command.program(() => {
      log.reset()
      return Reply.ok
    })
  })
}))

const helpReply = help("SLOWLOG", [
  "GET [<count>]",
  "    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
  "    Entries are made of:",
  "    id, timestamp, time in microseconds, arguments array, client IP and port,",
  "    client name",
  "LEN",
  "    Return the length of the slowlog.",
  "RESET",
  "    Reset the slowlog."
])
