/**
 * Taking the members with the lowest or highest scores out of sorted sets, and waiting for some
 * (https://redis.io/commands/zmpop).
 */
import * as Effect from "effect/Effect"
import * as BlockTimeout from "../command/BlockTimeout.ts"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { double, integer, key, keysAt, keysCounted, oneOf, optional, token } from "../command/Spec.ts"
import { Waiters } from "../command/Waiters.ts"
import type { Ref } from "../memory/Arena.ts"
import * as Bytes from "../memory/Bytes.ts"
import type { Output } from "../resp/Output.ts"
import * as Reply from "../resp/Reply.ts"
import type { Database } from "../store/Database.ts"
import { Type } from "../store/Entry.ts"
import { KeyEventClass } from "../store/KeyEvents.ts"
import { Store } from "../store/Store.ts"
import { PackedSortedSet } from "../store/types/PackedSortedSet.ts"
import type { SortedSet } from "../store/types/SortedSet.ts"
import * as SortedSetType from "../store/types/SortedSetType.ts"
import { refToWrite } from "./SortedSetAccess.ts"
import { countAt } from "./SortedSetArguments.ts"
import * as SortedSetReplies from "./SortedSetReplies.ts"

// ---- specs

const spec = { group: "sorted-set", categories: ["sortedset"] } as const

const poppedMembers = Returns.tuple("PoppedMembers", { key: Returns.bulk, members: Returns.scores })
const poppedMember = Returns.tuple("PoppedMember", {
  key: Returns.bulk,
  member: Returns.bulk,
  score: Returns.double
})

const Bzmpop = Command.make("BZMPOP", {
  ...spec,
  summary: "Takes members out of the first sorted set that has any, and waits for one if need be.",
  returns: Returns.optional(poppedMembers),
  since: "7.0.0",
  complexity: "O(K)+O(M*log(N)) for K keys and M members that are popped, N being the size of the sorted set.",
  arity: -5,
  flags: ["write", "blocking"],
  keys: [keysCounted(2, ["RW", "access", "delete"])],
  arguments: [
    double("timeout"),
    integer("numkeys"),
    key("key", 0, { multiple: true }),
    oneOf("where", [token("MIN"), token("MAX")]),
    integer("count", { token: "COUNT", ...optional })
  ]
})

const Bzpopmax = Command.make("BZPOPMAX", {
  ...spec,
  summary:
    "Takes the member with the highest score out of the first sorted set that has any, and waits for one if need be.",
  returns: Returns.optional(poppedMember),
  since: "5.0.0",
  complexity: "O(log(N)), N being the size of the sorted set.",
  arity: -3,
  flags: ["write", "noscript", "blocking", "fast"],
  keys: [keysAt(1, ["RW", "access", "delete"], { lastKey: -2 })],
  arguments: [key("key", 0, { multiple: true }), double("timeout")],
  history: [["6.0.0", "Takes fractions of a second for `timeout`."]]
})

const Bzpopmin = Command.make("BZPOPMIN", {
  ...spec,
  summary:
    "Takes the member with the lowest score out of the first sorted set that has any, and waits for one if need be.",
  returns: Returns.optional(poppedMember),
  since: "5.0.0",
  complexity: "O(log(N)), N being the size of the sorted set.",
  arity: -3,
  flags: ["write", "noscript", "blocking", "fast"],
  keys: [keysAt(1, ["RW", "access", "delete"], { lastKey: -2 })],
  arguments: [key("key", 0, { multiple: true }), double("timeout")],
  history: [["6.0.0", "Takes fractions of a second for `timeout`."]]
})

const Zmpop = Command.make("ZMPOP", {
  ...spec,
  summary: "Takes members out of the first sorted set that has any.",
  returns: Returns.optional(poppedMembers),
  since: "7.0.0",
  complexity: "O(K)+O(M*log(N)) for K keys and M members that are popped, N being the size of the sorted set.",
  arity: -4,
  flags: ["write"],
  keys: [keysCounted(1, ["RW", "access", "delete"])],
  arguments: [
    integer("numkeys"),
    key("key", 0, { multiple: true }),
    oneOf("where", [token("MIN"), token("MAX")]),
    integer("count", { token: "COUNT", ...optional })
  ]
})

const Zpopmax = Command.make("ZPOPMAX", {
  ...spec,
  summary: "Takes the members with the highest scores out of a sorted set.",
  returns: Returns.given("count", Returns.scores, Returns.first(Returns.scores)),
  since: "5.0.0",
  complexity: "O(M*log(N)) for M members, N being the size of the sorted set.",
  arity: -2,
  flags: ["write", "fast"],
  keys: [keysAt(1, ["RW", "access", "delete"])],
  arguments: [key(), integer("count", optional)]
})

const Zpopmin = Command.make("ZPOPMIN", {
  ...spec,
  summary: "Takes the members with the lowest scores out of a sorted set.",
  returns: Returns.given("count", Returns.scores, Returns.first(Returns.scores)),
  since: "5.0.0",
  complexity: "O(M*log(N)) for M members, N being the size of the sorted set.",
  arity: -2,
  flags: ["write", "fast"],
  keys: [keysAt(1, ["RW", "access", "delete"])],
  arguments: [key(), integer("count", optional)]
})

export const group = Command.group(Bzmpop, Bzpopmax, Bzpopmin, Zmpop, Zpopmax, Zpopmin)

// ---- what was taken

/** An end of a sorted set, by the name of its event and of the command that pops there. */
interface End {
  readonly isMax: boolean
  readonly event: "zpopmin" | "zpopmax"
  readonly command: "ZPOPMIN" | "ZPOPMAX"
}

const lowest: End = { isMax: false, event: "zpopmin", command: "ZPOPMIN" }
const highest: End = { isMax: true, event: "zpopmax", command: "ZPOPMAX" }

/** Members that were taken out, one behind the other, for the reply. Used again for each. */
class Taken {
  count = 0
  private bytes = new Uint8Array(0)
  private readonly ends: Array<number> = [0]
  private readonly scores: Array<number> = []

  /** Copies members from an end of a set, first come first. */
  fill(set: SortedSet, count: number, { isMax }: End): void {
    const { length } = set
    this.count = 0
    const [from, to] = isMax ? [length - count, length] : [0, count]
    set.visit(from, to, isMax, this.add)
    set.removeRange(from, to)
  }

  private readonly add = (bytes: Uint8Array, start: number, end: number, score: number): void => {
    const at = this.ends[this.count] as number
    const after = at + end - start
    if (after > this.bytes.length) {
      const grown = new Uint8Array(Math.max(after * 2, 1024))
      grown.set(this.bytes.subarray(0, at))
      this.bytes = grown
    }
    Bytes.copy(bytes, start, end, this.bytes, at)
    this.scores[this.count] = score
    this.ends[++this.count] = after
  }

  /** Writes the members and their scores in turn, or where `pairs` in pairs. */
  write(out: Output, pairs: boolean): void {
    for (let i = 0; i < this.count; i++) {
      if (pairs) out.arrayHeader(2)
      out.bulk(this.bytes, this.ends[i] as number, this.ends[i + 1] as number)
      out.double(this.scores[i] as number)
    }
  }
}

// ---- arguments of ZMPOP and BZMPOP

interface MultiPop {
  /** Number of keys, which follow their number. */
  readonly keys: number
  readonly end: End
  readonly count: number
}

const noKeys = CommandError.make("ERR numkeys should be greater than 0")
const noCount = CommandError.make("ERR count should be greater than 0")

const atLeastOne = (request: Request, index: number, failure: CommandError.CommandError): number => {
  const count = request.integer(index, failure)
  if (count < 1) throw failure
  return Number(count)
}

const multiPop = (request: Request, numkeysAt: number): MultiPop => {
  const keys = atLeastOne(request, numkeysAt, noKeys)
  const whereAt = numkeysAt + keys + 1
  if (whereAt >= request.count) throw CommandError.syntax
  const end = request.is(whereAt, "MIN") ? lowest : request.is(whereAt, "MAX") ? highest : undefined
  if (end === undefined) throw CommandError.syntax
  let count: number | undefined
  for (let i = whereAt + 1; i < request.count; i += 2) {
    if (count !== undefined || i + 1 >= request.count || !request.is(i, "COUNT")) throw CommandError.syntax
    count = atLeastOne(request, i + 1, noCount)
  }
  return { keys, end, count: count ?? 1 }
}

// ---- programs

export const layer = group.toLayer(Effect.gen(function*() {
  const store = yield* Store
  const waiters = yield* Waiters
  const { state } = store
  const packed = new PackedSortedSet()
  const taken = new Taken()
  const takenFlat = Reply.encoded((out) => {
    out.arrayHeader(taken.count * 2)
    taken.write(out, false)
  })
  const takenPairs = Reply.encoded((out) => {
    SortedSetReplies.head(out, taken.count, true)
    taken.write(out, out.resp === 3)
  })

  /** Takes up to `count` members out of the set of an entry, and tells. */
  const take = (
    db: Database,
    ref: Ref,
    count: number,
    end: End,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number
  ): void => {
    const set = SortedSetType.open(db, ref, packed)
    taken.fill(set, Math.min(count, set.length), end)
    const isEmpty = set.length === 0
    if (isEmpty) db.delete(ref, false)
    state.dirty += taken.count
    if (state.interest === 0) return
    // Other than for ZREM, Redis tells of the modification last.
    state.event(db.index, KeyEventClass.zset, end.event, key, keyStart, keyEnd)
    if (isEmpty) state.event(db.index, KeyEventClass.generic, "del", key, keyStart, keyEnd)
    state.modified(db.index, key, keyStart, keyEnd)
  }

  const pop = (end: End) =>
    Command.program((request) => {
      if (request.count > 3) throw CommandError.syntax
      const count = request.count === 3 ? countAt(request, 2) : 1
      const db = store.database(request.session.db)
      const ref = refToWrite(db, request, 1)
      if (ref === 0 || count === 0) return Reply.emptyArray
      take(db, ref, count, end, request.buffer(1), request.start(1), request.end(1))
      return request.count === 3 ? takenPairs : takenFlat
    })

  /** How a command that goes through keys answers and what it comes to elsewhere. */
  interface Manner {
    readonly end: End
    readonly count: number
    /** Whether a count was possible: then members come in a list of pairs. */
    readonly lists: boolean
  }

  const replyFor = (key: Uint8Array, start: number, end: number, { lists }: Manner): Reply.Reply =>
    Reply.encoded((out) => {
      out.arrayHeader(lists ? 2 : 3)
      out.bulk(key, start, end)
      if (lists) out.arrayHeader(taken.count)
      taken.write(out, lists)
    })

  const effectFor = (key: Uint8Array, { end, lists }: Manner): Array<Uint8Array> => {
    const args: Array<Uint8Array> = [Buffer.from(end.command), key]
    if (lists) args.push(Buffer.from(String(taken.count)))
    return args
  }

  /** Takes from the first of the keys that has something, undefined when none has. */
  const takeFirst = (
    request: Request,
    from: number,
    to: number,
    manner: Manner
  ): Reply.Reply | undefined => {
    const db = store.database(request.session.db)
    for (let i = from; i < to; i++) {
      const ref = refToWrite(db, request, i)
      if (ref === 0) continue
      const [key, start, end] = [request.buffer(i), request.start(i), request.end(i)]
      take(db, ref, manner.count, manner.end, key, start, end)
      if (state.propagation.active) request.propagateAs(effectFor(request.bytes(i), manner))
      return replyFor(key, start, end, manner)
    }
    return undefined
  }

  const takeOrWait = (
    request: Request,
    from: number,
    to: number,
    manner: Manner,
    timeout: number
  ): Command.Begun => {
    const reply = takeFirst(request, from, to, manner)
    if (reply !== undefined) return reply
    request.propagateNothing()
    const keys: Array<Uint8Array> = []
    for (let i = from; i < to; i++) keys.push(request.bytes(i))
    return waiters.block(request.session, {
      keys,
      type: Type.zset,
      timeout,
      timedOut: Reply.nilArray,
      serve: (db, key, ref) => {
        state.actingFor(
          request.session.id,
          () => take(db, ref, manner.count, manner.end, key, 0, key.length)
        )
        if (state.propagation.active) state.propagation.add(db.index, effectFor(key, manner))
        return replyFor(key, 0, key.length, manner)
      }
    })
  }

  const blockingPop = (end: End): Command.Handler =>
    Command.mayWait((request) => {
      const timeout = BlockTimeout.at(request, request.count - 1)
      return takeOrWait(request, 1, request.count - 1, { end, count: 1, lists: false }, timeout)
    })

  return group.of({
    ZPOPMIN: pop(lowest),
    ZPOPMAX: pop(highest),

    ZMPOP: Command.program((request) => {
      const { count, end, keys } = multiPop(request, 1)
      return takeFirst(request, 2, 2 + keys, { end, count, lists: true }) ?? Reply.nilArray
    }),

    BZPOPMIN: blockingPop(lowest),
    BZPOPMAX: blockingPop(highest),

    BZMPOP: Command.mayWait((request) => {
      const { count, end, keys } = multiPop(request, 2)
      const timeout = BlockTimeout.at(request, 1)
      return takeOrWait(request, 3, 3 + keys, { end, count, lists: true }, timeout)
    })
  })
}))
