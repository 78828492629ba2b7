/**
 * Compares what is in the two databases, not only what was said: the digest of everything every so often, and key by key what a digest
 * does not cover (type, encoding, expiry). The questions are commands like any other, so a difference can be replayed.
 */
import * as Effect from "effect/Effect"
import type { ConnectionError } from "../support/RawClient.ts"
import { elements, text } from "./Grammar.ts"
import type { Lane } from "./Lane.ts"
import { command, control } from "./Step.ts"
import type { Step } from "./Step.ts"

/** Questions about everything at once. */
export const digest: ReadonlyArray<Step> = [command(control, "DEBUG", "DIGEST")]

/** Questions about one key, its database being selected. */
const keyQuestions = (key: string): ReadonlyArray<ReadonlyArray<string>> => [
  ["TYPE", key],
  ["OBJECT", "ENCODING", key],
  ["DEBUG", "DIGEST-VALUE", key],
  ["PTTL", key]
]

/**
 * The questions about every key that the reference has now, in the order in which they are asked.
 * `knows` leaves out what the candidate cannot answer yet.
 */
export const questions = (
  reference: Lane,
  databases: number,
  knows: (name: string) => boolean
): Effect.Effect<ReadonlyArray<Step>, ConnectionError> =>
  Effect.gen(function*() {
    const listings = yield* reference.ask(
      Array.from({ length: databases }, (_, db) => [["SELECT", String(db)], ["KEYS", "*"]]).flat()
    )
    const steps: Array<Step> = []
    const ask = (...args: ReadonlyArray<string>) => {
      if (knows(args[0] === "OBJECT" ? `${args[0]} ${args[1]}` : args[0] ?? "")) steps.push(command(control, ...args))
    }
    for (let db = 0; db < databases; db++) {
      const keys = elements(listings[2 * db + 1]).map(text).sort()
      ask("SELECT", String(db))
      ask("DBSIZE")
      ask("KEYS", "*")
      for (const key of keys) for (const question of keyQuestions(key)) ask(...question)
    }
    ask("SELECT", "0")
    return steps
  })
