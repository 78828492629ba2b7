/**
 * Compares what both servers tell their replicas: the same commands in the same order, framed by the same SELECT, MULTI
 * and EXEC. Only times that were computed from the present one may differ a little.
 */
import * as Effect from "effect/Effect"
import type { Words } from "../support/Follower.ts"
import type { ConnectionError } from "../support/RawClient.ts"
import type { Lanes } from "./Session.ts"
import { print } from "./Step.ts"

/** Directives that keep the servers from saying anything on their own. */
export const serverArgs: ReadonlyArray<string> = ["--repl-ping-replica-period", "100000", "--repl-timeout", "1000000"]

/** How exactly the streams are compared. */
export type Strictness =
  | "exact"
  /** What is removed is chance: only what kind of commands they are, and how long. */
  | "shape"
  /** What the tester itself did to make the servers equal again is left out. */
  | "ignored"

export interface StreamDifference {
  /** The command that one of them tells. */
  readonly command: string
  readonly reference: string
  readonly candidate: string
}

const MOST_SHOWN = 12
/** Milliseconds between the two servers. */
const TOLERANCE = 10_000

/** Takes what has been told since the last time, and compares it. */
export const compare = (
  { candidate, reference }: Lanes,
  strictness: Strictness
): Effect.Effect<StreamDifference | undefined, ConnectionError> =>
  Effect.gen(function*() {
    if (!reference.isFollowed || !candidate.isFollowed) return undefined
    const [left, right] = yield* Effect.all([reference.takeStream, candidate.takeStream], { concurrency: 2 })
    if (left === undefined || right === undefined) {
      // CLIENT KILL may have hit one of them
      yield* Effect.all([reference.follow, candidate.follow], { concurrency: 2 })
      return undefined
    }
    if (strictness === "ignored") return undefined
    const [mine, theirs] = [left.filter(isWrite), right.filter(isWrite)]
    for (let at = 0; at < Math.max(mine.length, theirs.length); at++) {
      const [one, other] = [mine[at], theirs[at]]
      if (one !== undefined && other !== undefined && isSame(one, other, strictness)) continue
      const from = Math.max(0, at - 2)
      return {
        command: ((one ?? other)?.[0] ?? "").toUpperCase(),
        reference: shown(mine.slice(from)),
        candidate: shown(theirs.slice(from))
      }
    }
    return undefined
  })

/** Everything but questions to the replicas. */
const isWrite = ([name]: Words): boolean => !["PING", "REPLCONF"].includes((name ?? "").toUpperCase())

const isSame = (one: Words, other: Words, strictness: Strictness): boolean =>
  one.length === other.length && one.every((word, at) => {
    if (word === other[at]) return true
    return strictness === "shape" ? at > 1 : isSoon(word, other[at] ?? "")
  })

const isSoon = (one: string, other: string): boolean =>
  [one, other].every((word) => /^-?\d{9,}$/.test(word)) && Math.abs(Number(one) - Number(other)) < TOLERANCE

const shown = (stream: ReadonlyArray<Words>): string =>
  stream.slice(0, MOST_SHOWN).map((args) => print({ _tag: "Command", connection: 0, args }).slice(3)).join("\n")
