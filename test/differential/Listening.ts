/** Connections that get what they did not ask for: messages, key events, invalidations. */
import type { Random } from "../memory/Random.ts"
import { chance } from "./Draw.ts"
import type { Handling } from "./Exceptions.ts"
import type { Grammar } from "./Grammar.ts"
import { clientId, command } from "./Step.ts"
import type { Step } from "./Step.ts"

// Not `n` beside `A`: redis-server loses it when a later CONFIG SET fails and is taken back
const eventClasses = ["KEA", "KEAm", "Kg$lshzxetdm", "KE$lshtmn", "E$h", "KEm", "KExg", "Kn", "El$t", ""]

/** redis-server tells of them in the middle of their replies: who listens to its own events cannot read those. */
const interrupted: ReadonlySet<string> = new Set(
  [
    ...["BZMPOP", "BZPOPMAX", "BZPOPMIN", "MGET", "SORT", "SORT_RO", "XAUTOCLAIM", "XCLAIM", "XREADGROUP"],
    ...["ZMPOP", "ZPOPMAX", "ZPOPMIN"]
  ]
)

/** Connections that speak RESP3, and so may listen and send commands as well; no other does while some listen. */
const bothWays: ReadonlySet<number> = new Set([1, 3])

/** Whether a command makes no sense while connections listen: what comes on its own is no answer to the session's questions. */
export const excludes = (connection: number, name: string, handling: Handling | undefined): boolean => {
  if (name === "HELLO" || handling !== undefined && handling !== "over") return true
  return bothWays.has(connection) && (handling !== undefined || interrupted.has(name))
}

const subscriptions: ReadonlyArray<ReadonlyArray<string>> = [
  ["PSUBSCRIBE", "__key*"],
  ["PSUBSCRIBE", "__keyspace@0__:*", "__keyevent@?__:*"],
  ["SUBSCRIBE", "__keyevent@0__:set", "__keyevent@0__:del", "c1"],
  ["SUBSCRIBE", "__redis__:invalidate"],
  ["PSUBSCRIBE", "*"]
]
const tracking: ReadonlyArray<ReadonlyArray<string>> = [
  [],
  ["NOLOOP"],
  ["OPTIN"],
  ["OPTOUT"],
  ["BCAST"],
  ["BCAST", "NOLOOP"],
  ["BCAST", "PREFIX", "s", "PREFIX", "h1"]
]

/** Lets some of the connections listen; 1 and 3 speak RESP3. */
export const steps = (next: Random, grammars: ReadonlyMap<string, Grammar>): ReadonlyArray<Step> => {
  const prelude: Array<Step> = []
  if (grammars.has("CONFIG SET")) {
    prelude.push(command(0, "CONFIG", "SET", "notify-keyspace-events", next.pick(eventClasses)))
  }
  for (const connection of [2, 3]) if (chance(next, 0.7)) prelude.push(command(connection, ...next.pick(subscriptions)))
  if (!grammars.has("CLIENT TRACKING")) return prelude
  const track = (connection: number, ...more: ReadonlyArray<string>) =>
    prelude.push(command(connection, "CLIENT", "TRACKING", "ON", ...next.pick(tracking), ...more))
  for (const connection of [1, 3]) if (chance(next, 0.6)) track(connection)
  if (chance(next, 0.4)) track(0, "REDIRECT", clientId(next.pick([1, 2, 3])))
  return prelude
}
