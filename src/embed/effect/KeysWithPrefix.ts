/** The keys that belong to one store among others: those that begin with its prefix. */
import * as Effect from "effect/Effect"
import type { ClientError, ClientService } from "../Client.ts"

/** A glob that matches what begins with a text. */
const beginningWith = (prefix: string): string => `${prefix.replace(/[\\*?[\]^]/g, "\\$&")}*`

/** Found in steps, so that nobody has to wait for a walk through all keys of the server. */
export const keysWithPrefix = (
  client: ClientService,
  prefix: string
): Effect.Effect<ReadonlyArray<string>, ClientError> =>
  Effect.gen(function*() {
    const keys = new Set<string>()
    let cursor = "0"
    do {
      const reply = yield* client.command("SCAN", cursor, "MATCH", beginningWith(prefix), "COUNT", 1000)
      const [next, found] = reply as readonly [string, ReadonlyArray<string>] // SCAN's reply
      for (const key of found) keys.add(key)
      cursor = next
    } while (cursor !== "0")
    return [...keys]
  })

/** Deletes them all. */
export const clearPrefix = (client: ClientService, prefix: string): Effect.Effect<void, ClientError> =>
  Effect.flatMap(
    keysWithPrefix(client, prefix),
    (keys) => keys.length === 0 ? Effect.void : Effect.asVoid(client.command("UNLINK", ...keys))
  )
