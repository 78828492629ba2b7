/** What the session does for commands whose outcome is chance, or is only a part. */
import * as Effect from "effect/Effect"
import type { ReplyValue } from "../../src/resp/ReplyParser.ts"
import type { ConnectionError } from "../support/RawClient.ts"
import { canonical, scanned, unordered } from "./Canonical.ts"
import { sortsShuffled } from "./Exceptions.ts"
import type { Exchange, Handling } from "./Exceptions.ts"
import { elements, text } from "./Grammar.ts"
import type { Lane } from "./Lane.ts"
import type { Lanes } from "./Session.ts"
import { optionWord } from "./Step.ts"

export const same = (a: ReplyValue, b: ReplyValue): boolean => canonical(a) === canonical(b)

/** What the candidate is told instead of `*`: the id that the reference took from its clock. Ids ahead of the clock are not chance. */
export const follow = (args: ReadonlyArray<string>, answer: ReplyValue): ReadonlyArray<string> => {
  const id = text(answer)
  const taken = Number(id.split("-")[0])
  // The test's own ids are far below or far above the time of any day it may run.
  if (answer._tag !== "Bulk" || !(taken > 1e12 && taken < 1e13)) return args
  const place = args.findIndex((arg, at) => at > 1 && (arg === "*" || /^\d+-\*$/.test(arg)))
  return args.with(place, id)
}

/** Makes sure that both servers are in the same state again; returns what is wrong with what the candidate did. */
export const settle = (
  handling: Handling,
  lanes: Lanes,
  connection: number,
  exchange: Exchange
): Effect.Effect<string | undefined, ConnectionError> => {
  switch (handling) {
    case "scan":
      return settleScan(lanes, connection, exchange.args)
    case "pick":
      return settlePick(lanes, connection, exchange)
    case "removal":
      return settleRemoval(lanes, connection, exchange)
    case "order":
      return settleList(lanes, connection, exchange.args, sortsShuffled(exchange))
    case "distances":
      return settleDistances(lanes, connection, exchange.args)
    case "expired":
      // A scan removes the expired keys that it meets.
      return settleScan(lanes, connection, ["SCAN", "0", "COUNT", "100000"])
    case "over":
      return Effect.as(Effect.sleep(5), undefined)
    case "lead":
    case "lex":
      return Effect.undefined
  }
}

/** Whether a command's outcome is defined: ranges by name are, where all scores are equal, or where every element is looked at. */
export const isDefined = (
  handling: Handling,
  lanes: Lanes,
  connection: number,
  args: ReadonlyArray<string>
): Effect.Effect<boolean, ConnectionError> =>
  Effect.gen(function*() {
    if (handling !== "lex") return true
    const key = args[(args[0] ?? "").toUpperCase() === "ZRANGESTORE" ? 2 : 1] ?? ""
    if (text(yield* ask(lanes, connection, ["OBJECT", "ENCODING", key])) !== "skiplist") return true
    const scoreAt = (place: string) =>
      Effect.map(ask(lanes, connection, ["ZRANGE", key, place, place, "WITHSCORES"]), (reply) => {
        const pair = elements(reply).flatMap((item) => item._tag === "Array" ? item.items : [item])
        return pair[1] === undefined ? "" : canonical(pair[1])
      })
    return (yield* scoreAt("0")) === (yield* scoreAt("-1"))
  })

/** Asks on a connection of the sequence, which has the right database selected. */
const askOne = (
  lane: Lane,
  connection: number,
  args: ReadonlyArray<string>
): Effect.Effect<ReplyValue, ConnectionError> =>
  Effect.gen(function*() {
    const client = yield* lane.connection(connection)
    return (yield* client.command(...args.map((arg) => Buffer.from(arg, "latin1")))).value
  })

const askBoth = (lanes: Lanes, connection: number, args: ReadonlyArray<string>) =>
  Effect.all([askOne(lanes.reference, connection, args), askOne(lanes.candidate, connection, args)], { concurrency: 2 })

/** What the reference says; the other is asked as well, so that both have looked up as often. */
const ask = (lanes: Lanes, connection: number, args: ReadonlyArray<string>) =>
  Effect.map(askBoth(lanes, connection, args), ([answer]) => answer)

const cursorPlace = (args: ReadonlyArray<string>) => (args[0] ?? "").toUpperCase() === "SCAN" ? 1 : 2

/** Scans from the start to the end on both servers. */
const settleScan = (lanes: Lanes, connection: number, args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const width = ["HSCAN", "ZSCAN"].includes((args[0] ?? "").toUpperCase()) ? 2 : 1
    const all = (lane: Lane) =>
      Effect.gen(function*() {
        const seen: Array<ReplyValue> = []
        let cursor = "0"
        for (let calls = 0; calls < mostScanCalls; calls++) {
          const [next, items] = elements(yield* askOne(lane, connection, args.with(cursorPlace(args), cursor)))
          seen.push(...elements(items))
          cursor = text(next)
          if (cursor === "0") return scanned(seen, width)
        }
        return `the scan did not end after ${mostScanCalls} calls`
      })
    const [left, right] = yield* Effect.all([all(lanes.reference), all(lanes.candidate)], { concurrency: 2 })
    return left === right ? undefined : `the scan from start to end saw\n${right}\ninstead of\n${left}`
  })

const mostScanCalls = 20_000

const membersCommand: Readonly<Record<string, ReadonlyArray<string>>> = {
  HRANDFIELD: ["HKEYS"],
  SRANDMEMBER: ["SMEMBERS"],
  ZRANDMEMBER: ["ZRANGE", "0", "-1"]
}

const picked = (reply: ReplyValue): ReadonlyArray<string> =>
  reply._tag === "Bulk"
    ? [text(reply)]
    : elements(reply).flatMap((item) => item._tag === "Array" ? picked(item) : [text(item)])

/** Everything that was picked must be there. */
const settlePick = (lanes: Lanes, connection: number, { args, candidate }: Exchange) =>
  Effect.gen(function*() {
    const [command, ...rest] = membersCommand[(args[0] ?? "").toUpperCase()] ?? []
    const withValues = args.some((arg) => /^WITH/i.test(arg))
    if (command === undefined || withValues) return undefined
    const members = new Set(
      elements(yield* ask(lanes, connection, [command, args[1] ?? "", ...rest])).map(text)
    )
    const strangers = picked(candidate).filter((member) => !members.has(member))
    return strangers.length === 0 ? undefined : `picked what is not there: ${strangers.join(", ")}`
  })

/** What the candidate removed comes back, and what the reference removed goes. */
const settleRemoval = (lanes: Lanes, connection: number, { args, candidate, reference }: Exchange) =>
  Effect.gen(function*() {
    const key = args[1] ?? ""
    const [right, wrong] = [new Set(picked(reference)), new Set(picked(candidate))]
    const restored = [...wrong].filter((member) => !right.has(member))
    const removed = [...right].filter((member) => !wrong.has(member))
    if (restored.length === 0) return undefined
    const there = yield* ask(lanes, connection, ["SMISMEMBER", key, ...restored])
    if (elements(there).some((item) => item._tag !== "Integer" || item.value !== 1)) return "removed what was not there"
    yield* askOne(lanes.candidate, connection, ["SADD", key, ...restored])
    yield* askOne(lanes.candidate, connection, ["SREM", key, ...removed])
    // The encoding follows from what was left when elements went; a member that is no integer makes it the same.
    yield* askBoth(lanes, connection, ["SADD", key, "no integer"])
    yield* askBoth(lanes, connection, ["SREM", key, "no integer"])
    return undefined
  })

/** Both get the reference's distances, when they are almost the same. */
const settleDistances = (lanes: Lanes, connection: number, args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const isSearch = (args[0] ?? "").toUpperCase() === "GEOSEARCHSTORE"
    const key = args[isSearch ? 1 : args.findLastIndex((arg) => optionWord(arg) === "STOREDIST") + 1] ?? ""
    const stored = yield* askBoth(lanes, connection, ["ZRANGE", key, "0", "-1", "WITHSCORES"])
    if (same(...stored)) return undefined
    const [left, right] = [scoresOf(stored[0]), scoresOf(stored[1])]
    const near = (a: number, b: number) => Math.abs(a - b) <= a * 2 ** -50
    const alike = left.size === right.size
      && [...left].every(([member, score]) => near(score, right.get(member) ?? NaN))
    if (!alike) return `stored ${canonical(stored[1])} instead of ${canonical(stored[0])}`
    yield* askBoth(lanes, connection, ["DEL", key])
    yield* askBoth(lanes, connection, ["ZADD", key, ...[...left].flatMap(([member, score]) => [String(score), member])])
    return undefined
  })

const scoresOf = (reply: ReplyValue): ReadonlyMap<string, number> => {
  const flat = elements(reply).flatMap((item) => item._tag === "Array" ? item.items : [item])
  const scoreAt = (at: number) => {
    const item = flat[at]
    return item?._tag === "Double" ? item.value : Number(text(item))
  }
  return new Map(flat.flatMap((item, at) => at % 2 === 0 ? [[text(item), scoreAt(at + 1)] as const] : []))
}

/** Both get the reference's list, in nodes that RPUSH makes, when they are the same, perhaps but for the order. */
const settleList = (lanes: Lanes, connection: number, args: ReadonlyArray<string>, anyOrder: boolean) =>
  Effect.gen(function*() {
    const key = args[args.findLastIndex((arg) => optionWord(arg) === "STORE") + 1] ?? ""
    const limited = args.some((arg) => optionWord(arg) === "LIMIT")
    const [left, right] = yield* askBoth(lanes, connection, ["LRANGE", key, "0", "-1"])
    if (elements(left).length === 0 && same(left, right)) return undefined
    const alike = !anyOrder
      ? same(left, right)
      : limited
      ? elements(left).length === elements(right).length
      : unordered(left) === unordered(right)
    if (!alike) return `stored ${canonical(right)} instead of ${canonical(left)}`
    yield* askBoth(lanes, connection, ["DEL", key])
    yield* askBoth(lanes, connection, ["RPUSH", key, ...elements(left).map(text)])
    return undefined
  })
