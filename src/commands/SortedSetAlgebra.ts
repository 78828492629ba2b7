/**
 * Unions, intersections and differences of sorted sets, and of sets among them, returned or stored
 * (https://redis.io/commands/zunion).
 */
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { integer, key, keysAt, keysCounted, oneOf, optional, token } from "../command/Spec.ts"
import * as Doubles from "../memory/Doubles.ts"
import * as Reply from "../resp/Reply.ts"
import type { Keyspace } from "../store/Keyspace.ts"
import { Store } from "../store/Store.ts"
import * as SortedSetType from "../store/types/SortedSetType.ts"
import { TreeSortedSet } from "../store/types/TreeSortedSet.ts"
import { storeResult } from "./SortedSetAccess.ts"
import * as SortedSetReplies from "./SortedSetReplies.ts"
import * as SortedSetSources from "./SortedSetSources.ts"
import type { Source } from "./SortedSetSources.ts"

// ---- specs

const spec = { group: "sorted-set", categories: ["sortedset"] } as const

const Zdiff = Command.make("ZDIFF", {
  ...spec,
  summary: "Returns what the first sorted set has and the others have not.",
  returns: Returns.membersWithScores,
  since: "6.2.0",
  complexity:
    "O(L+(N-K)*log(N)), L being the sum of all sizes, N the size of the first sorted set and K that of the result.",
  arity: -3,
  flags: ["readonly"],
  keys: [keysCounted(1, ["RO", "access"])],
  arguments: [integer("numkeys"), key("key", 0, { multiple: true }), token("WITHSCORES", optional)]
})

const Zdiffstore = Command.make("ZDIFFSTORE", {
  ...spec,
  summary: "Stores what the first sorted set has and the others have not under a key.",
  returns: Returns.integer,
  since: "6.2.0",
  complexity:
    "O(L+(N-K)*log(N)), L being the sum of all sizes, N the size of the first sorted set and K that of the result.",
  arity: -4,
  flags: ["write", "denyoom"],
  keys: [keysAt(1, ["OW", "update"]), keysCounted(2, ["RO", "access"])],
  arguments: [key("destination", 0), integer("numkeys"), key("key", 1, { multiple: true })]
})

const Zinter = Command.make("ZINTER", {
  ...spec,
  summary: "Returns the intersection of sorted sets.",
  returns: Returns.membersWithScores,
  since: "6.2.0",
  complexity: "O(N*K)+O(M*log(M)), N being the size of the smallest of K sorted sets and M that of the result.",
  arity: -3,
  flags: ["readonly"],
  keys: [keysCounted(1, ["RO", "access"])],
  arguments: [
    integer("numkeys"),
    key("key", 0, { multiple: true }),
    integer("weight", { token: "WEIGHTS", multiple: true, ...optional }),
    oneOf("aggregate", [token("SUM"), token("MIN"), token("MAX")], { token: "AGGREGATE", ...optional }),
    token("WITHSCORES", optional)
  ]
})

const Zintercard = Command.make("ZINTERCARD", {
  ...spec,
  summary: "Counts the members that sorted sets have in common.",
  returns: Returns.integer,
  since: "7.0.0",
  complexity: "O(N*K), N being the size of the smallest of K sorted sets.",
  arity: -3,
  flags: ["readonly"],
  keys: [keysCounted(1, ["RO", "access"])],
  arguments: [
    integer("numkeys"),
    key("key", 0, { multiple: true }),
    integer("limit", { token: "LIMIT", ...optional })
  ]
})

const Zinterstore = Command.make("ZINTERSTORE", {
  ...spec,
  summary: "Stores the intersection of sorted sets under a key.",
  returns: Returns.integer,
  since: "2.0.0",
  complexity: "O(N*K)+O(M*log(M)), N being the size of the smallest of K sorted sets and M that of the result.",
  arity: -4,
  flags: ["write", "denyoom"],
  keys: [keysAt(1, ["OW", "update"]), keysCounted(2, ["RO", "access"])],
  arguments: [
    key("destination", 0),
    integer("numkeys"),
    key("key", 1, { multiple: true }),
    integer("weight", { token: "WEIGHTS", multiple: true, ...optional }),
    oneOf("aggregate", [token("SUM"), token("MIN"), token("MAX")], { token: "AGGREGATE", ...optional })
  ]
})

const Zunion = Command.make("ZUNION", {
  ...spec,
  summary: "Returns the union of sorted sets.",
  returns: Returns.membersWithScores,
  since: "6.2.0",
  complexity: "O(N)+O(M*log(M)), N being the sum of all sizes and M that of the result.",
  arity: -3,
  flags: ["readonly"],
  keys: [keysCounted(1, ["RO", "access"])],
  arguments: [
    integer("numkeys"),
    key("key", 0, { multiple: true }),
    integer("weight", { token: "WEIGHTS", multiple: true, ...optional }),
    oneOf("aggregate", [token("SUM"), token("MIN"), token("MAX")], { token: "AGGREGATE", ...optional }),
    token("WITHSCORES", optional)
  ]
})

const Zunionstore = Command.make("ZUNIONSTORE", {
  ...spec,
  summary: "Stores the union of sorted sets under a key.",
  returns: Returns.integer,
  since: "2.0.0",
  complexity: "O(N)+O(M*log(M)), N being the sum of all sizes and M that of the result.",
  arity: -4,
  flags: ["write", "denyoom"],
  keys: [keysAt(1, ["OW", "update"]), keysCounted(2, ["RO", "access"])],
  arguments: [
    key("destination", 0),
    integer("numkeys"),
    key("key", 1, { multiple: true }),
    integer("weight", { token: "WEIGHTS", multiple: true, ...optional }),
    oneOf("aggregate", [token("SUM"), token("MIN"), token("MAX")], { token: "AGGREGATE", ...optional })
  ]
})

export const group = Command.group(Zdiff, Zdiffstore, Zinter, Zintercard, Zinterstore, Zunion, Zunionstore)

// ---- arguments

type Operation = "union" | "inter" | "diff"

/** What a command's name says. */
interface Form {
  readonly operation: Operation
  /** Where the number of keys stands. */
  readonly at: number
  readonly stores?: boolean
  readonly counts?: boolean
}

/** A source and what its scores are multiplied by. */
interface Weighted {
  readonly source: Source
  weight: number
}

type Aggregate = (a: number, b: number) => number

interface Options {
  readonly sources: ReadonlyArray<Weighted>
  readonly aggregate: Aggregate
  readonly withScores: boolean
  /** At most so many are counted; 0: all. */
  readonly limit: number
}

/** Infinity and minus infinity make zero. */
const sum: Aggregate = (a, b) => orZero(a + b)
const min: Aggregate = (a, b) => b < a ? b : a
const max: Aggregate = (a, b) => b > a ? b : a

const orZero = (score: number): number => Number.isNaN(score) ? 0 : score

const badWeight = CommandError.make("ERR weight value is not a float")
const negativeLimit = CommandError.make("ERR LIMIT can't be negative")

const weightAt = (request: Request, index: number): number => {
  const weight = Doubles.parse(request.buffer(index), request.start(index), request.end(index))
  if (weight === undefined) throw badWeight
  return weight
}

const aggregateAt = (request: Request, index: number): Aggregate => {
  if (request.is(index, "SUM")) return sum
  if (request.is(index, "MIN")) return min
  if (request.is(index, "MAX")) return max
  throw CommandError.syntax
}

const limitAt = (request: Request, index: number): number => {
  const limit = request.integer(index, negativeLimit)
  if (limit < 0) throw negativeLimit
  return Number(limit)
}

/** Reads what stands behind the keys, `from` on. */
const readOptions = (request: Request, form: Form, sources: ReadonlyArray<Weighted>, from: number): Options => {
  const combines = form.operation !== "diff" && form.counts !== true
  let aggregate = sum
  let withScores = false
  let limit = 0
  for (let i = from; i < request.count; i++) {
    const left = request.count - i
    if (combines && left > sources.length && request.is(i, "WEIGHTS")) {
      for (const source of sources) source.weight = weightAt(request, ++i)
    } else if (combines && left >= 2 && request.is(i, "AGGREGATE")) aggregate = aggregateAt(request, ++i)
    else if (form.stores !== true && form.counts !== true && request.is(i, "WITHSCORES")) withScores = true
    else if (form.counts === true && left >= 2 && request.is(i, "LIMIT")) limit = limitAt(request, ++i)
    else throw CommandError.syntax
  }
  return { sources, aggregate, withScores, limit }
}

// ---- operations

/** Smallest first, as Redis has them: the order in which scores are added decides about the last digits. */
const bySize = (sources: ReadonlyArray<Weighted>): Array<Weighted> =>
  sources.toSorted((a, b) => a.source.length - b.source.length)

const union = (result: TreeSortedSet, { aggregate, sources }: Options): void => {
  for (const { source, weight } of bySize(sources)) {
    source.forEach((bytes, start, end, score) => {
      const weighted = orZero(score * weight)
      const other = result.seek(bytes, start, end)
      if (Number.isNaN(other)) result.gather(bytes, start, end, weighted)
      else result.regather(aggregate(other, weighted))
    })
  }
}

/** Visits the members that all sources have, until the visitor says true. */
const someCommon = (
  { aggregate, sources }: Options,
  visit: (bytes: Uint8Array, start: number, end: number, score: number) => boolean
): void => {
  const [first, ...others] = bySize(sources)
  first?.source.some((bytes, start, end, score) => {
    let total = orZero(score * first.weight)
    for (const { source, weight } of others) {
      const other = source.score(bytes, start, end)
      if (Number.isNaN(other)) return false
      total = aggregate(total, other * weight)
    }
    return visit(bytes, start, end, total)
  })
}

const difference = (result: TreeSortedSet, { sources }: Options): void => {
  const [first, ...others] = sources
  first?.source.forEach((bytes, start, end, score) => {
    if (others.some(({ source }) => !Number.isNaN(source.score(bytes, start, end)))) return
    result.seek(bytes, start, end)
    result.gather(bytes, start, end, score)
  })
}

/** The set that comes out, built aside. */
const resultOf = (space: Keyspace, operation: Operation, options: Options): TreeSortedSet => {
  const result = new TreeSortedSet(space)
  if (operation === "union") union(result, options)
  else if (operation === "diff") difference(result, options)
  else {
    someCommon(options, (bytes, start, end, score) => {
      result.seek(bytes, start, end)
      result.gather(bytes, start, end, score)
      return false
    })
  }
  result.arrange()
  return result
}

// ---- programs

export const layer = group.toLayer(Effect.gen(function*() {
  const store = yield* Store

  const read = (request: Request, form: Form): Options => {
    const keys = request.integer(form.at)
    if (keys < 1) {
      throw CommandError.make(`ERR at least 1 input key is needed for '${request.session.commandName}' command`)
    }
    const from = form.at + 1 + Number(keys)
    if (from > request.count) throw CommandError.syntax
    const db = store.database(request.session.db)
    const sources: Array<Weighted> = []
    for (let i = form.at + 1; i < from; i++) {
      const ref = db.read(request.buffer(i), request.start(i), request.end(i))
      sources.push({ source: SortedSetSources.of(db, ref), weight: 1 })
    }
    return readOptions(request, form, sources, from)
  }

  const combine = (form: Form) =>
    Command.program((request) => {
      const options = read(request, form)
      const db = store.database(request.session.db)
      const result = resultOf(db.space, form.operation, options)
      if (form.stores === true) return storeResult(db, request, 1, result, `z${form.operation}store`)
      return Reply.encoded((out) => {
        SortedSetReplies.members(out, result, { from: 0, to: result.length }, false, options.withScores)
        SortedSetType.discard(result)
      })
    })

  return group.of({
    ZUNION: combine({ operation: "union", at: 1 }),
    ZINTER: combine({ operation: "inter", at: 1 }),
    ZDIFF: combine({ operation: "diff", at: 1 }),
    ZUNIONSTORE: combine({ operation: "union", at: 2, stores: true }),
    ZINTERSTORE: combine({ operation: "inter", at: 2, stores: true }),
    ZDIFFSTORE: combine({ operation: "diff", at: 2, stores: true }),

    ZINTERCARD: Command.program((request) => {
      const options = read(request, { operation: "inter", at: 1, counts: true })
      let count = 0
      someCommon(options, () => ++count === options.limit)
      return Reply.integer(count)
    })
  })
}))
