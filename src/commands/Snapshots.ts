/** SAVE, BGSAVE and LASTSAVE: snapshots on demand. */
import * as Effect from "effect/Effect"
import { blocking } from "../command/ClientRegistry.ts"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { optional, token } from "../command/Spec.ts"
import { Persistence, type SaveError } from "../persistence/Persistence.ts"
import { Snapshot } from "../persistence/Snapshot.ts"
import * as Reply from "../resp/Reply.ts"

const Save = Command.make("SAVE", {
  summary: "Writes a snapshot of all data and answers when it is there.",
  returns: Returns.done,
  since: "1.0.0",
  group: "server",
  complexity: "O(N) for N keys in all databases.",
  arity: 1,
  flags: ["admin", "noscript", "no_async_loading", "no_multi"]
})

const BgSave = Command.make("BGSAVE", {
  summary: "Begins to write a snapshot of all data.",
  returns: Returns.text,
  since: "1.0.0",
  group: "server",
  complexity: "O(1)",
  arity: -1,
  flags: ["admin", "noscript", "no_async_loading"],
  arguments: [token("SCHEDULE", { since: "3.2.2", ...optional })],
  history: [["3.2.2", "Takes `SCHEDULE`."]]
})

const LastSave = Command.make("LASTSAVE", {
  summary: "Returns the Unix time in seconds of the last snapshot that was written wholly.",
  returns: Returns.integer,
  since: "1.0.0",
  group: "server",
  complexity: "O(1)",
  arity: 1,
  flags: ["loading", "stale", "fast"],
  categories: ["admin", "dangerous"],
  tips: ["nondeterministic_output"]
})

export const group = Command.group(Save, BgSave, LastSave)

const busy = CommandError.make("ERR Background save already in progress")
/** Redis says no more than this of what goes wrong with a file; the log says what it is. */
const failed = CommandError.make("ERR")
const started = Reply.simple("Background saving started")
const scheduled = Reply.simple("Background saving scheduled")

const failure = (error: SaveError): CommandError.CommandError => error._tag === "SnapshotBusy" ? busy : failed

const checkArguments = (request: Request): void => {
  if (request.count > 2 || (request.count === 2 && !request.is(1, "SCHEDULE"))) throw CommandError.syntax
}

export const layer = group.toLayer(Effect.gen(function*() {
  const { save, saveInBackground, schedule, status } = yield* Persistence
  const { current } = yield* Snapshot
  return group.of({
    SAVE: (request) =>
      blocking(request.session, { unblock: undefined }, Effect.as(save, Reply.ok)).pipe(Effect.mapError(failure)),

    BGSAVE: (request) =>
      Command.attempt(() => {
        checkArguments(request)
        // EXEC answers at once; what it has yet to do belongs to the snapshot.
        if (request.session.denyBlocking && current() === undefined) return Effect.as(schedule, scheduled)
        return Effect.as(saveInBackground, started).pipe(Effect.mapError(failure))
      }),

    LASTSAVE: Command.program(() => Reply.integer(status.lastSave))
  })
}))
