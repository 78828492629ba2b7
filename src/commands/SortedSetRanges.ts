/**
 * Ranges of sorted sets by place, by score and by text: counting, returning, storing, removing
 * (https://redis.io/commands/zrange). Each range comes down to an interval of places first.
 */
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { block, double, integer, key, keysAt, oneOf, optional, string, token } from "../command/Spec.ts"
import * as Reply from "../resp/Reply.ts"
import type { Database } from "../store/Database.ts"
import { Store } from "../store/Store.ts"
import { PackedSortedSet } from "../store/types/PackedSortedSet.ts"
import type { SortedSet } from "../store/types/SortedSet.ts"
import { type Interval, nowhere } from "../store/types/SortedSetRange.ts"
import * as SortedSetType from "../store/types/SortedSetType.ts"
import { TreeSortedSet } from "../store/types/TreeSortedSet.ts"
import { afterRemoval, refToWrite, setToRead, storeResult } from "./SortedSetAccess.ts"
import { first, lexRange, type Range, rankRange, scoreRange } from "./SortedSetArguments.ts"
import * as SortedSetReplies from "./SortedSetReplies.ts"

// ---- specs

const spec = { group: "sorted-set", categories: ["sortedset"] } as const

const Zcount = Command.make("ZCOUNT", {
  ...spec,
  summary: "Counts the members with scores in a range.",
  returns: Returns.integer,
  since: "2.0.0",
  complexity: "O(log(N)), N being the size of the sorted set.",
  arity: 4,
  flags: ["readonly", "fast"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [key(), double("min"), double("max")]
})

const Zlexcount = Command.make("ZLEXCOUNT", {
  ...spec,
  summary: "Counts the members in a range of texts, among members of the same score.",
  returns: Returns.integer,
  since: "2.8.9",
  complexity: "O(log(N)), N being the size of the sorted set.",
  arity: 4,
  flags: ["readonly", "fast"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [key(), string("min"), string("max")]
})

const Zrange = Command.make("ZRANGE", {
  ...spec,
  summary: "Returns the members in a range of places, of scores or of texts.",
  returns: Returns.membersWithScores,
  since: "1.2.0",
  complexity: "O(log(N)+M) for M members that are returned, N being the size of the sorted set.",
  arity: -4,
  flags: ["readonly"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [
    key(),
    string("start"),
    string("stop"),
    oneOf("sortby", [token("BYSCORE"), token("BYLEX")], { since: "6.2.0", ...optional }),
    token("REV", { since: "6.2.0", ...optional }),
    block("offset_count", [integer("offset"), integer("count")], { token: "LIMIT", since: "6.2.0", ...optional }),
    token("WITHSCORES", optional)
  ],
  history: [["6.2.0", "Takes `REV`, `BYSCORE`, `BYLEX` and `LIMIT`."]]
})

const Zrangebylex = Command.make("ZRANGEBYLEX", {
  ...spec,
  summary: "Returns the members in a range of texts, among members of the same score.",
  returns: Returns.all,
  since: "2.8.9",
  complexity: "O(log(N)+M) for M members that are returned, N being the size of the sorted set.",
  arity: -4,
  flags: ["readonly"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [
    key(),
    string("min"),
    string("max"),
    block("offset_count", [integer("offset"), integer("count")], { token: "LIMIT", ...optional })
  ],
  deprecatedSince: "6.2.0",
  replacedBy: "`ZRANGE` with the `BYLEX` argument"
})

const Zrangebyscore = Command.make("ZRANGEBYSCORE", {
  ...spec,
  summary: "Returns the members in a range of scores.",
  returns: Returns.membersWithScores,
  since: "1.0.5",
  complexity: "O(log(N)+M) for M members that are returned, N being the size of the sorted set.",
  arity: -4,
  flags: ["readonly"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [
    key(),
    double("min"),
    double("max"),
    token("WITHSCORES", { since: "2.0.0", ...optional }),
    block("offset_count", [integer("offset"), integer("count")], { token: "LIMIT", ...optional })
  ],
  history: [["2.0.0", "Takes `WITHSCORES`."]],
  deprecatedSince: "6.2.0",
  replacedBy: "`ZRANGE` with the `BYSCORE` argument"
})

const Zrangestore = Command.make("ZRANGESTORE", {
  ...spec,
  summary: "Stores a range of a sorted set under another key.",
  returns: Returns.integer,
  since: "6.2.0",
  complexity: "O(log(N)+M) for M members that are stored, N being the size of the sorted set.",
  arity: -5,
  flags: ["write", "denyoom"],
  keys: [keysAt(1, ["OW", "update"]), keysAt(2, ["RO", "access"])],
  arguments: [
    key("dst", 0),
    key("src", 1),
    string("min"),
    string("max"),
    oneOf("sortby", [token("BYSCORE"), token("BYLEX")], optional),
    token("REV", optional),
    block("offset_count", [integer("offset"), integer("count")], { token: "LIMIT", ...optional })
  ]
})

const Zremrangebylex = Command.make("ZREMRANGEBYLEX", {
  ...spec,
  summary: "Removes the members in a range of texts.",
  returns: Returns.integer,
  since: "2.8.9",
  complexity: "O(log(N)+M) for M members that are removed, N being the size of the sorted set.",
  arity: 4,
  flags: ["write"],
  keys: [keysAt(1, ["RW", "delete"])],
  arguments: [key(), string("min"), string("max")]
})

const Zremrangebyrank = Command.make("ZREMRANGEBYRANK", {
  ...spec,
  summary: "Removes the members in a range of places.",
  returns: Returns.integer,
  since: "2.0.0",
  complexity: "O(log(N)+M) for M members that are removed, N being the size of the sorted set.",
  arity: 4,
  flags: ["write"],
  keys: [keysAt(1, ["RW", "delete"])],
  arguments: [key(), integer("start"), integer("stop")]
})

const Zremrangebyscore = Command.make("ZREMRANGEBYSCORE", {
  ...spec,
  summary: "Removes the members in a range of scores.",
  returns: Returns.integer,
  since: "1.2.0",
  complexity: "O(log(N)+M) for M members that are removed, N being the size of the sorted set.",
  arity: 4,
  flags: ["write"],
  keys: [keysAt(1, ["RW", "delete"])],
  arguments: [key(), double("min"), double("max")]
})

const Zrevrange = Command.make("ZREVRANGE", {
  ...spec,
  summary: "Returns the members in a range of places, from the highest score down.",
  returns: Returns.membersWithScores,
  since: "1.2.0",
  complexity: "O(log(N)+M) for M members that are returned, N being the size of the sorted set.",
  arity: -4,
  flags: ["readonly"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [key(), integer("start"), integer("stop"), token("WITHSCORES", optional)],
  deprecatedSince: "6.2.0",
  replacedBy: "`ZRANGE` with the `REV` argument"
})

const Zrevrangebylex = Command.make("ZREVRANGEBYLEX", {
  ...spec,
  summary: "Returns the members in a range of texts, the last one first.",
  returns: Returns.all,
  since: "2.8.9",
  complexity: "O(log(N)+M) for M members that are returned, N being the size of the sorted set.",
  arity: -4,
  flags: ["readonly"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [
    key(),
    string("max"),
    string("min"),
    block("offset_count", [integer("offset"), integer("count")], { token: "LIMIT", ...optional })
  ],
  deprecatedSince: "6.2.0",
  replacedBy: "`ZRANGE` with the `REV` and `BYLEX` arguments"
})

const Zrevrangebyscore = Command.make("ZREVRANGEBYSCORE", {
  ...spec,
  summary: "Returns the members in a range of scores, from the highest one down.",
  returns: Returns.membersWithScores,
  since: "2.2.0",
  complexity: "O(log(N)+M) for M members that are returned, N being the size of the sorted set.",
  arity: -4,
  flags: ["readonly"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [
    key(),
    double("max"),
    double("min"),
    token("WITHSCORES", optional),
    block("offset_count", [integer("offset"), integer("count")], { token: "LIMIT", ...optional })
  ],
  history: [["2.1.6", "Takes bounds that are left out."]],
  deprecatedSince: "6.2.0",
  replacedBy: "`ZRANGE` with the `REV` and `BYSCORE` arguments"
})

export const group = Command.group(
  Zcount,
  Zlexcount,
  Zrange,
  Zrangebylex,
  Zrangebyscore,
  Zrangestore,
  Zremrangebylex,
  Zremrangebyrank,
  Zremrangebyscore,
  Zrevrange,
  Zrevrangebylex,
  Zrevrangebyscore
)

// ---- options

type Kind = "rank" | "score" | "lex"

/** What a command's name leaves open and what it takes for given. */
interface Form {
  /** Where the range begins. */
  readonly at: number
  readonly kind?: Kind
  readonly backwards?: boolean
  readonly stores?: boolean
}

interface Options {
  readonly range: Range
  readonly backwards: boolean
  readonly withScores: boolean
  readonly offset: number
  readonly count: number
}

const limitByRank = CommandError.make(
  "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"
)
const scoresByLex = CommandError.make("ERR syntax error, WITHSCORES not supported in combination with BYLEX")

const readOptions = (request: Request, form: Form): Options => {
  let { backwards, kind } = form
  let withScores = false
  let offset = 0
  let count = -1
  for (let i = form.at + 2; i < request.count; i++) {
    if (form.stores !== true && request.is(i, "WITHSCORES")) withScores = true
    else if (request.is(i, "LIMIT") && i + 2 < request.count) {
      offset = Number(request.integer(i + 1))
      count = Number(request.integer(i + 2))
      i += 2
    } else if (backwards === undefined && request.is(i, "REV")) backwards = true
    else if (kind === undefined && request.is(i, "BYLEX")) kind = "lex"
    else if (kind === undefined && request.is(i, "BYSCORE")) kind = "score"
    else throw CommandError.syntax
  }
  kind ??= "rank"
  backwards ??= false
  if (count !== -1 && kind === "rank") throw limitByRank
  if (withScores && kind === "lex") throw scoresByLex
  if (kind === "rank") offset = 0
  return { range: readRange(request, form.at, kind, backwards), backwards, withScores, offset, count }
}

/** Backwards, scores and texts are given with the upper bound first. */
const readRange = (request: Request, at: number, kind: Kind, backwards: boolean): Range => {
  if (kind === "rank") return rankRange(request, at)
  const [minAt, maxAt] = backwards ? [at + 1, at] : [at, at + 1]
  return kind === "score" ? scoreRange(request, minAt, maxAt) : lexRange(request, minAt, maxAt)
}

const intervalOf = (set: SortedSet, { backwards, count, offset, range }: Options): Interval => {
  if (offset < 0) return nowhere
  const interval = range(set, backwards, offset)
  return count < 0 ? interval : first(interval, count, backwards)
}

// ---- programs

export const layer = group.toLayer(Effect.gen(function*() {
  const store = yield* Store
  const packed = new PackedSortedSet()

  const range = (form: Form) =>
    Command.program((request) => {
      const options = readOptions(request, form)
      const set = setToRead(store.database(request.session.db), request, 1, packed)
      if (set === undefined) return Reply.emptyArray
      const interval = intervalOf(set, options)
      return Reply.encoded((out) => SortedSetReplies.members(out, set, interval, options.backwards, options.withScores))
    })

  const count = (rangeOf: (request: Request, minAt: number, maxAt: number) => Range) =>
    Command.program((request) => {
      const wanted = rangeOf(request, 2, 3)
      const set = setToRead(store.database(request.session.db), request, 1, packed)
      const { from, to } = set === undefined ? nowhere : wanted(set, false, 0)
      return Reply.integer(to - from)
    })

  const remove = (event: string, rangeOf: (request: Request, minAt: number, maxAt: number) => Range) =>
    Command.program((request) => {
      const wanted = rangeOf(request, 2, 3)
      const db = store.database(request.session.db)
      const ref = refToWrite(db, request, 1)
      if (ref === 0) return Reply.integer(0)
      const set = SortedSetType.open(db, ref, packed)
      const { from, to } = wanted(set, false, 0)
      if (from === to) return Reply.integer(0)
      set.removeRange(from, to)
      afterRemoval(db, ref, set, request.buffer(1), request.start(1), request.end(1), event, to - from)
      return Reply.integer(to - from)
    })

  /** A copy of the members of an interval. */
  const copied = (db: Database, set: SortedSet | undefined, { from, to }: Interval): TreeSortedSet => {
    const copy = new TreeSortedSet(db.space)
    set?.visit(from, to, false, (bytes, start, end, score) => copy.insert(bytes, start, end, score))
    return copy
  }

  return group.of({
    ZCOUNT: count(scoreRange),
    ZLEXCOUNT: count(lexRange),

    ZRANGE: range({ at: 2 }),
    ZREVRANGE: range({ at: 2, kind: "rank", backwards: true }),
    ZRANGEBYSCORE: range({ at: 2, kind: "score", backwards: false }),
    ZREVRANGEBYSCORE: range({ at: 2, kind: "score", backwards: true }),
    ZRANGEBYLEX: range({ at: 2, kind: "lex", backwards: false }),
    ZREVRANGEBYLEX: range({ at: 2, kind: "lex", backwards: true }),

    ZRANGESTORE: Command.program((request) => {
      const options = readOptions(request, { at: 3, stores: true })
      const db = store.database(request.session.db)
      const set = setToRead(db, request, 2, packed)
      const interval = set === undefined ? nowhere : intervalOf(set, options)
      return storeResult(db, request, 1, copied(db, set, interval), "zrangestore")
    }),

    ZREMRANGEBYRANK: remove("zremrangebyrank", rankRange),
    ZREMRANGEBYSCORE: remove("zremrangebyscore", scoreRange),
    ZREMRANGEBYLEX: remove("zremrangebylex", lexRange)
  })
}))
