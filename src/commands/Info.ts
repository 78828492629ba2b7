/** INFO: the state of the server in sections of `name:value` lines. */
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as Returns from "../command/Returns.ts"
import { string } from "../command/Spec.ts"
import { InfoSections, requested } from "../inspect/InfoSections.ts"
import * as Reply from "../resp/Reply.ts"

const Info = Command.make("INFO", {
  summary: "Tells the state of the server and its statistics.",
  returns: Returns.namedLines,
  since: "1.0.0",
  group: "server",
  complexity: "O(1)",
  arity: -1,
  flags: ["loading", "stale"],
  categories: ["dangerous"],
  tips: ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
  history: [["7.0.0", "Takes several sections."]],
  arguments: [string("section", { optional: true, multiple: true })]
})

export const group = Command.group(Info)

export const layer = group.toLayer(Effect.gen(function*() {
  const sections = yield* InfoSections
  return group.of({
    INFO: Command.program((request) => {
      const words = Array.from({ length: request.count - 1 }, (_, index) => request.quoted(index + 1).toLowerCase())
      return Reply.verbatim("txt", sections.text(requested(words)))
    })
  })
}))
