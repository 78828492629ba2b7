/** SHUTDOWN: the end of the server. */
import * as Effect from "effect/Effect"
import { blocking } from "../command/ClientRegistry.ts"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { type Mode, Shutdown } from "../command/Shutdown.ts"
import { oneOf, optional, token } from "../command/Spec.ts"
import * as Reply from "../resp/Reply.ts"

const since7 = { ...optional, since: "7.0.0" } as const

const ShutdownCommand = Command.make("SHUTDOWN", {
  summary: "Saves the data, as it is configured, and ends the server.",
  returns: Returns.done,
  since: "1.0.0",
  group: "server",
  complexity: "O(N) when saving, N being the number of keys, otherwise O(1)",
  arity: -1,
  flags: ["admin", "noscript", "loading", "stale", "no_multi", "allow_busy"],
  history: [["7.0.0", "NOW, FORCE and ABORT."]],
  arguments: [
    oneOf("nosave_save", [token("NOSAVE"), token("SAVE")], optional),
    token("NOW", since7),
    token("FORCE", since7),
    token("ABORT", since7)
  ]
})

export const group = Command.group(ShutdownCommand)

const nothingToAbort = CommandError.make("ERR No shutdown in progress.")
const failed = CommandError.make("ERR Errors trying to SHUTDOWN. Check logs.")

/** The words of a request; undefined for ABORT. */
const modeOf = (request: Request): Mode | undefined => {
  const words = new Set<string>()
  for (let index = 1; index < request.count; index++) {
    const word = request.word(index)
    if (!["NOSAVE", "SAVE", "NOW", "FORCE", "ABORT"].includes(word)) throw CommandError.syntax
    words.add(word)
  }
  if (words.has("ABORT")) {
    if (words.size > 1) throw CommandError.syntax
    return undefined
  }
  if (words.has("NOSAVE") && words.has("SAVE")) throw CommandError.syntax
  const save = words.has("NOSAVE") ? "nosave" : words.has("SAVE") ? "save" : "default"
  return { save, now: words.has("NOW"), force: words.has("FORCE") }
}

export const layer = group.toLayer(Effect.gen(function*() {
  const { abort, begin } = yield* Shutdown
  return group.of({
    SHUTDOWN: (request) =>
      Command.attempt(() => {
        const mode = modeOf(request)
        if (mode === undefined) {
          return Effect.flatMap(abort, (aborted) => aborted ? Effect.succeed(Reply.ok) : Effect.fail(nothingToAbort))
        }
        // Nobody is answered by a server that has ended
        return Effect.flatMap(
          blocking(request.session, { unblock: undefined }, begin(mode)),
          (ended) => ended ? Effect.never : Effect.fail(failed)
        )
      })
  })
}))
