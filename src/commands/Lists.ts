/** Lists (https://redis.io/docs/data-types/lists): all but what waits for elements. */
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import { fromStart } from "../command/Indexes.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { integer, key, keysAt, keysCounted, oneOf, optional, string, token } from "../command/Spec.ts"
import * as Integers from "../memory/Integers.ts"
import * as Listpack from "../memory/Listpack.ts"
import * as Reply from "../resp/Reply.ts"
import type { Database } from "../store/Database.ts"
import { KeyEventClass } from "../store/KeyEvents.ts"
import { Store } from "../store/Store.ts"
import * as ListType from "../store/types/ListType.ts"
import { type End, endAt, head, ListAccess, rangeReply, tail, takenReply } from "./ListAccess.ts"
import { moveElement, popManyOptions } from "./ListMoves.ts"
import { elements, move, moveByPopping, popMany, popped, spec } from "./ListSpecs.ts"

// ---- specs

const pushSpec = {
  ...spec,
  complexity: "O(1) for each element.",
  arity: -3,
  flags: ["write", "denyoom", "fast"],
  keys: [keysAt(1, ["RW", "insert"])],
  arguments: [key(), elements],
  history: [["2.4.0", "Takes several elements."]]
} as const

const Lpush = Command.make("LPUSH", {
  ...pushSpec,
  returns: Returns.integer,
  summary: "Adds elements at the head of a list, which is created when it is not there."
})
const Rpush = Command.make("RPUSH", {
  ...pushSpec,
  returns: Returns.integer,
  summary: "Adds elements at the tail of a list, which is created when it is not there."
})

const pushExistingSpec = { ...pushSpec, since: "2.2.0", history: [["4.0.0", "Takes several elements."]] } as const

const Lpushx = Command.make("LPUSHX", {
  ...pushExistingSpec,
  returns: Returns.integer,
  summary: "Adds elements at the head of a list that is there already."
})
const Rpushx = Command.make("RPUSHX", {
  ...pushExistingSpec,
  returns: Returns.integer,
  summary: "Adds elements at the tail of a list that is there already."
})

const popSpec = {
  ...spec,
  complexity: "O(N) for N elements that are returned.",
  arity: -2,
  flags: ["write", "fast"],
  keys: [keysAt(1, ["RW", "access", "delete"])],
  arguments: [key(), integer("count", { since: "6.2.0", ...optional })],
  history: [["6.2.0", "Takes a `count`."]]
} as const

const Lpop = Command.make("LPOP", {
  ...popSpec,
  summary: "Removes and returns the first elements of a list.",
  returns: Returns.valueOrSome
})
const Rpop = Command.make("RPOP", {
  ...popSpec,
  summary: "Removes and returns the last elements of a list.",
  returns: Returns.valueOrSome
})

const readSpec = { ...spec, flags: ["readonly"], keys: [keysAt(1, ["RO", "access"])] } as const

const Llen = Command.make("LLEN", {
  ...spec,
  summary: "Counts the elements of a list.",
  returns: Returns.integer,
  complexity: "O(1)",
  arity: 2,
  flags: ["readonly", "fast"],
  keys: [keysAt(1, ["RO"])],
  arguments: [key()]
})

const Lrange = Command.make("LRANGE", {
  ...readSpec,
  summary: "Returns the elements of a list between two positions.",
  returns: Returns.all,
  complexity: "O(S+N) for N elements that are returned, which are S elements away from the nearer end.",
  arity: 4,
  arguments: [key(), integer("start"), integer("stop")]
})

const Lindex = Command.make("LINDEX", {
  ...readSpec,
  summary: "Returns the element of a list at a position.",
  returns: Returns.value,
  complexity: "O(N) for N elements to the nearer end, most of which are passed over a node at a time.",
  arity: 3,
  arguments: [key(), integer("index")]
})

const Lpos = Command.make("LPOS", {
  ...readSpec,
  since: "6.0.6",
  summary: "Finds the positions of an element in a list.",
  returns: Returns.given("count", Returns.list(Returns.integer), Returns.optional(Returns.integer)),
  complexity: "O(N) for N elements that are looked at.",
  arity: -3,
  arguments: [
    key(),
    string("element"),
    integer("rank", { token: "RANK", ...optional }),
    integer("num-matches", { token: "COUNT", ...optional }),
    integer("len", { token: "MAXLEN", ...optional })
  ]
})

const Lset = Command.make("LSET", {
  ...spec,
  summary: "Replaces the element of a list at a position.",
  returns: Returns.done,
  complexity: "O(N) for N elements to the nearer end, most of which are passed over a node at a time.",
  arity: 4,
  flags: ["write", "denyoom"],
  keys: [keysAt(1, ["RW", "update"])],
  arguments: [key(), integer("index"), string("element")]
})

const Linsert = Command.make("LINSERT", {
  ...spec,
  since: "2.2.0",
  summary: "Adds an element before or behind another one of a list.",
  returns: Returns.integer,
  complexity: "O(N) for N elements in front of the other one.",
  arity: 5,
  flags: ["write", "denyoom"],
  keys: [keysAt(1, ["RW", "insert"])],
  arguments: [key(), oneOf("where", [token("BEFORE"), token("AFTER")]), string("pivot"), string("element")]
})

const removeSpec = { ...spec, flags: ["write"], keys: [keysAt(1, ["RW", "delete"])], arity: 4 } as const

const Lrem = Command.make("LREM", {
  ...removeSpec,
  summary: "Removes elements that are equal to a given one from a list.",
  returns: Returns.integer,
  complexity: "O(N+M) for N elements, M of which are removed.",
  arguments: [key(), integer("count"), string("element")]
})

const Ltrim = Command.make("LTRIM", {
  ...removeSpec,
  summary: "Removes all elements of a list but those between two positions.",
  returns: Returns.done,
  complexity: "O(N) for N elements that are removed.",
  arguments: [key(), integer("start"), integer("stop")]
})

const moveKeys = [keysAt(1, ["RW", "access", "delete"]), keysAt(2, ["RW", "insert"])]

const Lmove = Command.make("LMOVE", {
  ...spec,
  since: "6.2.0",
  summary: "Takes an element from an end of a list, adds it at an end of another one and returns it.",
  returns: Returns.value,
  complexity: "O(1)",
  arity: 5,
  flags: ["write", "denyoom"],
  keys: moveKeys,
  arguments: move
})

const Rpoplpush = Command.make("RPOPLPUSH", {
  ...spec,
  since: "1.2.0",
  summary: "Takes the last element of a list, adds it at the head of another one and returns it.",
  returns: Returns.value,
  complexity: "O(1)",
  arity: 3,
  flags: ["write", "denyoom"],
  keys: moveKeys,
  arguments: moveByPopping,
  deprecatedSince: "6.2.0",
  replacedBy: "`LMOVE` with the `RIGHT` and `LEFT` arguments"
})

const Lmpop = Command.make("LMPOP", {
  ...spec,
  since: "7.0.0",
  summary: "Removes and returns elements of the first of several lists that has some.",
  returns: Returns.optional(popped),
  complexity: "O(N+M) for N keys and M elements that are returned.",
  arity: -4,
  flags: ["write"],
  keys: [keysCounted(1, ["RW", "access", "delete"])],
  arguments: popMany
})

export const group = Command.group(
  Lindex,
  Linsert,
  Llen,
  Lmove,
  Lmpop,
  Lpop,
  Lpos,
  Lpush,
  Lpushx,
  Lrange,
  Lrem,
  Lset,
  Ltrim,
  Rpop,
  Rpoplpush,
  Rpush,
  Rpushx
)

// ---- programs

const zeroRank = CommandError.make(
  "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start "
    + "from the end of the list"
)
const negativeCount = CommandError.make("ERR COUNT can't be negative")
const negativeMaxLength = CommandError.make("ERR MAXLEN can't be negative")

const zero = Reply.integer(0)

/** An integer that is not negative. */
const naturalAt = (request: Request, index: number, failure: CommandError.CommandError): number => {
  const value = request.integer(index, failure)
  if (value < 0) throw failure
  return Number(value)
}

/** A position within a list, or -1 for one that is not. */
const positionIn = (index: Integers.Integer, length: number): number => {
  const at = index < 0 ? length + Number(index) : Number(index)
  return at >= 0 && at < length ? at : -1
}

/** The last position of a range, both ends of which may be counted from the end; it may be before the first. */
const lastOf = (stop: Integers.Integer, length: number): number =>
  stop < 0 ? length + Number(stop) : Math.min(Number(stop), length - 1)

/** What LPOS is asked for; without COUNT it answers one position. */
interface Asked {
  readonly rank: Integers.Integer
  readonly count: number | undefined
  readonly maxLength: number
}

const readAsked = (request: Request): Asked => {
  let rank: Integers.Integer = 1
  let count: number | undefined
  let maxLength = 0
  for (let i = 3; i < request.count; i += 2) {
    const hasValue = i + 1 < request.count
    if (hasValue && request.is(i, "RANK")) {
      rank = request.integer(i + 1)
      if (rank === 0) throw zeroRank
    } else if (hasValue && request.is(i, "COUNT")) count = naturalAt(request, i + 1, negativeCount)
    else if (hasValue && request.is(i, "MAXLEN")) maxLength = naturalAt(request, i + 1, negativeMaxLength)
    else throw CommandError.syntax
  }
  return { rank, count, maxLength }
}

export const layer = group.toLayer(Effect.gen(function*() {
  const store = yield* Store
  const { state } = store
  const lists = new ListAccess(store)
  const needle = new Listpack.Element()
  const needleAt = (request: Request, index: number): Listpack.Element =>
    needle.setBytes(request.buffer(index), request.start(index), request.end(index))

  const refToWrite = (db: Database, request: Request, index: number) =>
    db.write(request.buffer(index), request.start(index), request.end(index))

  const push = (end: End, create: boolean): Command.Handler =>
    Command.program((request) => {
      const db = lists.database(request)
      const ref = refToWrite(db, request, 1)
      if (ref === 0 && !create) return zero
      return Reply.integer(lists.pushAll(db, request, ref, end, 2))
    })

  const pop = (end: End): Command.Handler =>
    Command.program((request) => {
      if (request.count > 3) request.wrongArity()
      const counted = request.count === 3
      const count = counted ? naturalAt(request, 2, CommandError.positiveOutOfRange) : 1
      const db = lists.database(request)
      const ref = refToWrite(db, request, 1)
      const list = lists.listOf(db, ref)
      if (list === undefined) return counted ? Reply.nilArray : Reply.nil
      const key = request.buffer(1)
      const start = request.start(1)
      const stop = request.end(1)
      if (counted) {
        if (count === 0) return Reply.emptyArray
        return lists.popMany(db, key, start, stop, ref, list, end, count).reply
      }
      const taken = lists.takeEnd(list, end)
      lists.removed(db, key, start, stop, ref, list, end.popEvent, 1)
      return takenReply(taken)
    })

  const mover = (from: (request: Request) => End, to: (request: Request) => End): Command.Handler =>
    Command.program((request) => {
      const [wherefrom, whereto] = [from(request), to(request)]
      return moveElement(lists, lists.database(request), request, wherefrom, whereto)
    })

  return group.of({
    LPUSH: push(head, true),
    RPUSH: push(tail, true),
    LPUSHX: push(head, false),
    RPUSHX: push(tail, false),
    LPOP: pop(head),
    RPOP: pop(tail),

    LLEN: Command.program((request) => Reply.integer(lists.toRead(lists.database(request), request, 1)?.length ?? 0)),

    LRANGE: Command.program((request) => {
      const start = request.integer(2)
      const stop = request.integer(3)
      const list = lists.toRead(lists.database(request), request, 1)
      if (list === undefined) return Reply.emptyArray
      const from = fromStart(start, list.length)
      const last = lastOf(stop, list.length)
      return from > last ? Reply.emptyArray : rangeReply(list, from, last - from + 1)
    }),

    LINDEX: Command.program((request) => {
      const list = lists.toRead(lists.database(request), request, 1)
      if (list === undefined) return Reply.nil
      const at = positionIn(request.integer(2), list.length)
      if (at < 0) return Reply.nil
      return Reply.encoded((out) => list.forEach(at, 1, (bytes, start, end) => out.bulk(bytes, start, end)))
    }),

    LPOS: Command.program((request) => {
      const { count, maxLength, rank } = readAsked(request)
      const list = lists.toRead(lists.database(request), request, 1)
      const backwards = rank < 0
      const found = list?.positions(needleAt(request, 2), {
        backwards,
        // Redis cannot negate the smallest integer, and then takes the first match.
        rank: rank === Integers.min ? 1 : Math.abs(Number(rank)),
        count: count ?? 1,
        maxLength
      }) ?? []
      if (count !== undefined) return Reply.array(found.map(Reply.integer))
      const [first] = found
      return first === undefined ? Reply.nil : Reply.integer(first)
    }),

    LSET: Command.program((request) => {
      const db = lists.database(request)
      const ref = refToWrite(db, request, 1)
      const list = lists.listOf(db, ref)
      if (list === undefined) throw CommandError.noSuchKey
      const at = positionIn(request.integer(2), list.length)
      if (at < 0) throw CommandError.indexOutOfRange
      list.replace(at, request.buffer(3), request.start(3), request.end(3), ListType.limitsOf(db, ref))
      ListType.close(db, ref, list)
      db.changed(request.buffer(1), request.start(1), request.end(1), KeyEventClass.list, "lset")
      return Reply.ok
    }),

    LINSERT: Command.program((request) => {
      const behind = request.is(2, "AFTER")
      if (!behind && !request.is(2, "BEFORE")) throw CommandError.syntax
      const db = lists.database(request)
      const ref = refToWrite(db, request, 1)
      const list = lists.listOf(db, ref)
      if (list === undefined) return zero
      const pivot = { backwards: false, rank: 1, count: 1, maxLength: 0 }
      const [at] = list.positions(needleAt(request, 3), pivot)
      if (at === undefined) return Reply.integer(-1)
      list.insert(at, behind, request.buffer(4), request.start(4), request.end(4), ListType.limitsOf(db, ref))
      const { length } = list
      ListType.close(db, ref, list)
      db.changed(request.buffer(1), request.start(1), request.end(1), KeyEventClass.list, "linsert")
      return Reply.integer(length)
    }),

    LREM: Command.program((request) => {
      const count = request.integer(2)
      const db = lists.database(request)
      const ref = refToWrite(db, request, 1)
      const list = lists.listOf(db, ref)
      if (list === undefined) return zero
      const removed = list.remove(needleAt(request, 3), Math.abs(Number(count)), count < 0, ListType.limitsOf(db, ref))
      if (removed > 0) {
        lists.removed(db, request.buffer(1), request.start(1), request.end(1), ref, list, "lrem", removed)
      }
      return Reply.integer(removed)
    }),

    LTRIM: Command.program((request) => {
      const start = request.integer(2)
      const stop = request.integer(3)
      const db = lists.database(request)
      const ref = refToWrite(db, request, 1)
      const list = lists.listOf(db, ref)
      if (list === undefined) return Reply.ok
      const { length } = list
      const from = fromStart(start, length)
      const last = lastOf(stop, length)
      const kept = Math.max(0, last - from + 1)
      if (kept === 0) list.removeRange(0, length)
      else {
        list.removeRange(last + 1, length - last - 1)
        list.removeRange(0, from)
      }
      lists.removed(db, request.buffer(1), request.start(1), request.end(1), ref, list, "ltrim", length - kept)
      return Reply.ok
    }),

    LMOVE: mover((request) => endAt(request, 3), (request) => endAt(request, 4)),
    RPOPLPUSH: mover(() => tail, () => head),

    LMPOP: Command.program((request) => {
      const { count, end, keys } = popManyOptions(request, 1)
      const db = lists.database(request)
      for (let i = 2; i < 2 + keys; i++) {
        const ref = refToWrite(db, request, i)
        const list = lists.listOf(db, ref)
        if (list === undefined) continue
        const key = request.bytes(i)
        const popped = lists.popMany(db, key, 0, key.length, ref, list, end, count)
        if (state.propagation.active) request.propagateAs([end.popEvent.toUpperCase(), key, popped.count])
        return Reply.array([Reply.bulk(key), popped.reply])
      }
      return Reply.nilArray
    })
  })
}))
