/**
 * Sorted sets: adding, scores, ranks, removing (https://redis.io/commands/?group=sorted-set). Ranges are in
 * `SortedSetRanges`, popping is in `SortedSetPops`, unions and the like in `SortedSetAlgebra`.
 */
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import * as Returns from "../command/Returns.ts"
import * as ScanOptions from "../command/ScanOptions.ts"
import { block, double, integer, key, keysAt, oneOf, optional, pattern, string, token } from "../command/Spec.ts"
import { copyOf } from "../memory/Bytes.ts"
import * as Doubles from "../memory/Doubles.ts"
import { stringMatch } from "../memory/Glob.ts"
import * as Integers from "../memory/Integers.ts"
import * as Reply from "../resp/Reply.ts"
import { Store } from "../store/Store.ts"
import { PackedSortedSet } from "../store/types/PackedSortedSet.ts"
import * as SortedSetType from "../store/types/SortedSetType.ts"
import * as Elements from "./Elements.ts"
import { afterRemoval, refToWrite, setToRead } from "./SortedSetAccess.ts"
import { SortedSetAdder } from "./SortedSetAdder.ts"
import * as SortedSetReplies from "./SortedSetReplies.ts"

// ---- specs

const spec = { group: "sorted-set", categories: ["sortedset"] } as const

const Zadd = Command.make("ZADD", {
  ...spec,
  summary: "Adds members to a sorted set, or changes the scores of those it has.",
  returns: Returns.given("incr", Returns.optional(Returns.double), Returns.integer),
  since: "1.2.0",
  complexity: "O(log(N)) for each member, N being the size of the sorted set.",
  arity: -4,
  flags: ["write", "denyoom", "fast"],
  keys: [keysAt(1, ["RW", "update"])],
  arguments: [
    key(),
    oneOf("condition", [token("NX"), token("XX")], { since: "3.0.2", ...optional }),
    oneOf("comparison", [token("GT"), token("LT")], { since: "6.2.0", ...optional }),
    token("CH", { name: "change", since: "3.0.2", ...optional }),
    token("INCR", { name: "increment", since: "3.0.2", ...optional }),
    block("score_member", [double("score"), string("member")], { multiple: true })
  ],
  history: [["2.4.0", "Takes several members."], ["3.0.2", "Takes `XX`, `NX`, `CH` and `INCR`."], [
    "6.2.0",
    "Takes `GT` and `LT`."
  ]]
})

const Zcard = Command.make("ZCARD", {
  ...spec,
  summary: "Returns how many members a sorted set has.",
  returns: Returns.integer,
  since: "1.2.0",
  complexity: "O(1)",
  arity: 2,
  flags: ["readonly", "fast"],
  keys: [keysAt(1, ["RO"])],
  arguments: [key()]
})

const Zincrby = Command.make("ZINCRBY", {
  ...spec,
  summary: "Adds to the score of a member, which counts from 0 when it is not there.",
  returns: Returns.double,
  since: "1.2.0",
  complexity: "O(log(N)), N being the size of the sorted set.",
  arity: 4,
  flags: ["write", "denyoom", "fast"],
  keys: [keysAt(1, ["RW", "access", "update"])],
  arguments: [key(), integer("increment"), string("member")]
})

const Zmscore = Command.make("ZMSCORE", {
  ...spec,
  summary: "Returns the scores of members.",
  returns: Returns.list(Returns.optional(Returns.double)),
  since: "6.2.0",
  complexity: "O(N) for N members that are asked for.",
  arity: -3,
  flags: ["readonly", "fast"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [key(), string("member", { multiple: true })]
})

const Zrandmember = Command.make("ZRANDMEMBER", {
  ...spec,
  summary: "Returns members of a sorted set that chance picks.",
  returns: Returns.given("count", Returns.membersWithScores, Returns.value),
  since: "6.2.0",
  complexity: "O(N) for N members that are returned.",
  arity: -2,
  flags: ["readonly"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [key(), block("options", [integer("count"), token("WITHSCORES", optional)], optional)],
  tips: ["nondeterministic_output"]
})

const Zrank = Command.make("ZRANK", {
  ...spec,
  summary: "Returns the place of a member, counted from the lowest score.",
  returns: Returns.optional(Returns.integer),
  since: "2.0.0",
  complexity: "O(log(N))",
  arity: 3,
  flags: ["readonly", "fast"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [key(), string("member")]
})

const Zrem = Command.make("ZREM", {
  ...spec,
  summary: "Removes members from a sorted set and counts those that were there.",
  returns: Returns.integer,
  since: "1.2.0",
  complexity: "O(M*log(N)) for M members, N being the size of the sorted set.",
  arity: -3,
  flags: ["write", "fast"],
  keys: [keysAt(1, ["RW", "delete"])],
  arguments: [key(), string("member", { multiple: true })],
  history: [["2.4.0", "Takes several members."]]
})

const Zrevrank = Command.make("ZREVRANK", {
  ...spec,
  summary: "Returns the place of a member, counted from the highest score.",
  returns: Returns.optional(Returns.integer),
  since: "2.0.0",
  complexity: "O(log(N))",
  arity: 3,
  flags: ["readonly", "fast"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [key(), string("member")]
})

const Zscan = Command.make("ZSCAN", {
  ...spec,
  summary: "Goes through a sorted set step by step.",
  returns: Returns.tuple("ScorePage", { cursor: Returns.integer64, scores: Returns.scores }),
  since: "2.8.0",
  complexity: "O(1) for each call, O(N) for all calls of a whole iteration over N members.",
  arity: -3,
  flags: ["readonly"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [
    key(),
    integer("cursor"),
    pattern("pattern", { token: "MATCH", ...optional }),
    integer("count", { token: "COUNT", ...optional })
  ],
  tips: ["nondeterministic_output"]
})

const Zscore = Command.make("ZSCORE", {
  ...spec,
  summary: "Returns the score of a member.",
  returns: Returns.optional(Returns.double),
  since: "1.2.0",
  complexity: "O(1)",
  arity: 3,
  flags: ["readonly", "fast"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [key(), string("member")]
})

export const group = Command.group(
  Zadd,
  Zcard,
  Zincrby,
  Zmscore,
  Zrandmember,
  Zrank,
  Zrem,
  Zrevrank,
  Zscan,
  Zscore
)

const outOfRange = CommandError.make("ERR value is out of range")

// ---- programs

export const layer = group.toLayer(Effect.gen(function*() {
  const store = yield* Store
  const { state } = store
  const packed = new PackedSortedSet()

  const adder = new SortedSetAdder(store)

  const rank = (reverse: boolean) =>
    Command.program((request) => {
      const set = setToRead(store.database(request.session.db), request, 1, packed)
      if (set === undefined) return Reply.nil
      const score = set.seek(request.buffer(2), request.start(2), request.end(2))
      if (Number.isNaN(score)) return Reply.nil
      return Reply.integer(reverse ? set.length - 1 - set.rank() : set.rank())
    })

  /** The places of a random pick: different ones, or any when the count is negative. */
  const places = (count: Integers.Integer, length: number): Iterable<number> => {
    if (count < 0) return repeatedPlaces(Number(-count), length)
    if (count >= length) return reversedPlaces(length)
    return Elements.distinct(Number(count), length, state.random)
  }

  function* repeatedPlaces(count: number, length: number): Generator<number> {
    for (let left = count; left > 0; left--) yield state.random() % length
  }

  return group.of({
    ZADD: Command.program((request) => adder.add(request, false)),
    ZINCRBY: Command.program((request) => adder.add(request, true)),

    ZREM: Command.program((request) => {
      const db = store.database(request.session.db)
      const ref = refToWrite(db, request, 1)
      if (ref === 0) return Reply.integer(0)
      const set = SortedSetType.open(db, ref, packed)
      let removed = 0
      for (let i = 2; i < request.count && set.length > 0; i++) {
        if (Number.isNaN(set.seek(request.buffer(i), request.start(i), request.end(i)))) continue
        set.remove()
        removed++
      }
      if (removed > 0) {
        afterRemoval(db, ref, set, request.buffer(1), request.start(1), request.end(1), "zrem", removed)
      }
      return Reply.integer(removed)
    }),

    ZCARD: Command.program((request) =>
      Reply.integer(setToRead(store.database(request.session.db), request, 1, packed)?.length ?? 0)
    ),

    ZSCORE: Command.program((request) => {
      const set = setToRead(store.database(request.session.db), request, 1, packed)
      const score = set?.seek(request.buffer(2), request.start(2), request.end(2)) ?? NaN
      return Number.isNaN(score) ? Reply.nil : Reply.double(score)
    }),

    ZMSCORE: Command.program((request) => {
      const set = setToRead(store.database(request.session.db), request, 1, packed)
      return Reply.encoded((out) => {
        out.arrayHeader(request.count - 2)
        for (let i = 2; i < request.count; i++) {
          const score = set?.seek(request.buffer(i), request.start(i), request.end(i)) ?? NaN
          if (Number.isNaN(score)) out.nil()
          else out.double(score)
        }
      })
    }),

    ZRANK: rank(false),
    ZREVRANK: rank(true),

    ZRANDMEMBER: Command.program((request) => {
      const count = request.count > 2 ? Elements.pickCount(request, 2) : undefined
      if (request.count > 4 || (request.count === 4 && !request.is(3, "WITHSCORES"))) throw CommandError.syntax
      const withScores = request.count === 4
      if (withScores && count !== undefined && (count < -MOST_PAIRS || count > MOST_PAIRS)) throw outOfRange
      const set = setToRead(store.database(request.session.db), request, 1, packed)
      if (count === undefined) {
        if (set === undefined) return Reply.nil
        const place = state.random() % set.length
        return Reply.encoded((out) =>
          set.visit(place, place + 1, false, (bytes, start, end) => out.bulk(bytes, start, end))
        )
      }
      if (set === undefined || count === 0) return Reply.emptyArray
      const { length } = set
      const picked = count < 0 ? Number(-count) : Math.min(Number(count), length)
      return Reply.encoded((out) => {
        SortedSetReplies.head(out, picked, withScores)
        for (const place of places(count, length)) {
          if (Elements.asksTooMuch(request.session)) return
          set.visit(place, place + 1, false, (bytes, start, end, score) => {
            SortedSetReplies.member(out, bytes, start, end, score, withScores)
          })
        }
      })
    }),

    ZSCAN: Command.program((request) => {
      const from = ScanOptions.cursor(request, 2)
      const db = store.database(request.session.db)
      const set = setToRead(db, request, 1, packed)
      if (set === undefined) return emptyScan
      const { count, match } = ScanOptions.parse(request, 3)
      const found: Array<Uint8Array> = []
      const scored: Array<number> = []
      const cursor = set.scan(from, count, (bytes, start, end, score) => {
        if (match !== undefined && !stringMatch(match, bytes, false, start, end)) return
        found.push(copyOf(bytes, start, end))
        scored.push(score)
      })
      return Reply.encoded((out) => {
        out.arrayHeader(2)
        out.bulkInteger(cursor)
        out.arrayHeader(found.length * 2)
        for (const [i, member] of found.entries()) {
          out.bulk(member, 0, member.length)
          const score = scored[i] as number
          // As a listpack holds it: integers with all their digits.
          const integer = set === packed ? Doubles.toInteger(score) : undefined
          if (integer === undefined) out.text(Doubles.toText(score))
          else out.bulkInteger(integer)
        }
      })
    })
  })
}))

const MOST_PAIRS = Integers.max / 2n

const emptyScan = Reply.array([Reply.text("0"), Reply.emptyArray])

function* reversedPlaces(length: number): Generator<number> {
  for (let place = length - 1; place >= 0; place--) yield place
}
