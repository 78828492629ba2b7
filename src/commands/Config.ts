/** CONFIG: the configuration as clients see and change it. `config/Config.ts` does the work. */
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import { help } from "../command/Help.ts"
import * as Returns from "../command/Returns.ts"
import { block, string } from "../command/Spec.ts"
import { Config } from "../config/Config.ts"
import type { Pair } from "../config/Config.ts"
import type { ConfigRefusal } from "../config/ConfigError.ts"
import * as Registry from "../config/Registry.ts"
import * as Reply from "../resp/Reply.ts"

const base = { group: "server", flags: ["admin", "noscript", "loading", "stale"] } as const

const Container = Command.make("CONFIG", {
  ...base,
  summary: "Holds the commands on the configuration.",
  since: "2.0.0",
  complexity: "See the subcommands.",
  arity: -2,
  flags: []
})

const Get = Command.make("CONFIG|GET", {
  ...base,
  summary: "Returns the directives whose names match the patterns, with their values.",
  returns: Returns.dictionary(Returns.text, Returns.text),
  since: "2.0.0",
  complexity: "O(N), N being the number of directives that are asked for",
  arity: -3,
  history: [["7.0.0", "Takes several patterns."]],
  arguments: [block("parameter", [string("parameter")], { multiple: true })]
})

const Help = Command.make("CONFIG|HELP", {
  ...base,
  summary: "Lists the subcommands.",
  returns: Returns.names,
  since: "5.0.0",
  complexity: "O(1)",
  arity: 2,
  flags: ["loading", "stale"]
})

const ResetStat = Command.make("CONFIG|RESETSTAT", {
  ...base,
  summary: "Sets the counters that INFO shows to zero.",
  returns: Returns.done,
  since: "2.0.0",
  complexity: "O(1)",
  arity: 2
})

const Rewrite = Command.make("CONFIG|REWRITE", {
  ...base,
  summary: "Writes the configuration in force into the configuration file.",
  returns: Returns.done,
  since: "2.8.0",
  complexity: "O(1)",
  arity: 2
})

const Set = Command.make("CONFIG|SET", {
  ...base,
  summary: "Changes directives while the server runs: all of those given, or none.",
  returns: Returns.done,
  since: "2.0.0",
  complexity: "O(N), N being the number of directives that are given",
  arity: -4,
  tips: ["request_policy:all_nodes", "response_policy:all_succeeded"],
  history: [["7.0.0", "Takes several directives."]],
  arguments: [block("parameter_value", [string("parameter"), string("value")], { multiple: true })]
})

export const group = Command.group(Container, Get, Help, ResetStat, Rewrite, Set)

export const layer = group.toLayer(Effect.gen(function*() {
  const config = yield* Config
  return group.of({
    CONFIG: Command.container,

    "CONFIG|GET": Command.program((request) => {
      const pairs = config.get(request.copy(2))
      return Reply.encoded((out) => {
        out.mapHeader(pairs.length)
        // Names and values are byte strings.
        for (const [name, value] of pairs) {
          out.latin1(name)
          out.latin1(value)
        }
      })
    }),

    "CONFIG|HELP": Command.program(() => helpReply),

    "CONFIG|RESETSTAT": () => Effect.as(config.resetStat, Reply.ok),

    "CONFIG|REWRITE": () => answer(config.rewrite),

    "CONFIG|SET": (request) => {
      if (request.count % 2 !== 0) return Effect.fail(CommandError.syntax)
      const pairs: Array<Pair> = []
      for (let index = 2; index < request.count; index += 2) {
        const name = request.latin1(index)
        if (Registry.find(name)?.directive.secret === true) request.redacted = [...request.redacted, index + 1]
        pairs.push([name, request.latin1(index + 1)])
      }
      return answer(config.set(pairs, { local: request.session.isLocal }))
    }
  })
}))

const answer = (effect: Effect.Effect<void, ConfigRefusal>): Effect.Effect<Reply.Reply, CommandError.CommandError> =>
  Effect.mapBoth(effect, { onSuccess: () => Reply.ok, onFailure: ({ text }) => CommandError.make(text) })

const helpReply = help("CONFIG", [
  "GET <pattern>",
  "    Return parameters matching the glob-like <pattern> and their values.",
  "SET <directive> <value>",
  "    Set the configuration <directive> to <value>.",
  "RESETSTAT",
  "    Reset statistics reported by the INFO command.",
  "REWRITE",
  "    Rewrite the configuration file."
])
