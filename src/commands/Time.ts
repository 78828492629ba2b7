/** TIME: the server's clock. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as Returns from "../command/Returns.ts"
import * as Reply from "../resp/Reply.ts"

const Time = Command.make("TIME", {
  summary: "Returns the server's time: seconds since 1970, and the microseconds of the current one.",
  returns: Returns.tuple("ServerTime", { seconds: Returns.integer, microseconds: Returns.integer }),
  since: "2.6.0",
  group: "server",
  complexity: "O(1)",
  arity: 1,
  flags: ["loading", "stale", "fast"],
  tips: ["nondeterministic_output"]
})

export const group = Command.group(Time)

export const layer = group.toLayer(Effect.gen(function*() {
  const clock = yield* Clock.Clock
  return group.of({
    TIME: Command.program(() => {
      const microseconds = clock.currentTimeNanosUnsafe() / 1000n
      return Reply.array([
        Reply.text(String(microseconds / 1_000_000n)),
        Reply.text(String(microseconds % 1_000_000n))
      ])
    })
  })
}))
