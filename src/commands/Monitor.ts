/** MONITOR: all commands, as they run. */
import * as Effect from "effect/Effect"
import { ClientRegistry } from "../command/ClientRegistry.ts"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import * as Reply from "../resp/Reply.ts"

const Monitor = Command.make("MONITOR", {
  summary: "Shows every command that the server runs, as it runs.",
  since: "1.0.0",
  group: "server",
  complexity: "",
  arity: 1,
  flags: ["admin", "noscript", "loading", "stale"]
})

export const group = Command.group(Monitor)

const insideTransaction = CommandError.make("ERR MONITOR isn't allowed for DENY BLOCKING client")

export const layer = group.toLayer(Effect.gen(function*() {
  const { clients } = yield* ClientRegistry
  return group.of({
    MONITOR: Command.program(({ session }) => {
      if (session.denyBlocking) throw insideTransaction
      if (session.monitoring || session.kind === "replica") return Reply.none
      clients.monitor(session)
      return Reply.ok
    })
  })
}))
