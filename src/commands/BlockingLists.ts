/**
 * Taking elements out of lists and waiting for some if need be: BLPOP and its kin
 * (https://redis.io/docs/data-types/lists). What they take is propagated as the command that does not wait.
 */
import * as Effect from "effect/Effect"
import * as BlockTimeout from "../command/BlockTimeout.ts"
import * as Command from "../command/Command.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { double, key, keysAt, keysCounted } from "../command/Spec.ts"
import { type Wait, Waiters } from "../command/Waiters.ts"
import type { Ref } from "../memory/Arena.ts"
import * as Reply from "../resp/Reply.ts"
import type { Database } from "../store/Database.ts"
import { Type } from "../store/Entry.ts"
import { Store } from "../store/Store.ts"
import type { Quicklist } from "../store/types/Quicklist.ts"
import { type End, endAt, head, ListAccess, tail, takenReply } from "./ListAccess.ts"
import { moveBetween, moveElement, popManyOptions } from "./ListMoves.ts"
import { move, moveByPopping, popMany, popped, spec } from "./ListSpecs.ts"

// ---- specs

const timeout = double("timeout")
const timeoutHistory = [["6.0.0", "The `timeout` may have a fraction."]] as const

const poppedOne = Returns.tuple("PoppedElement", { key: Returns.bulk, element: Returns.bulk })

const popSpec = {
  ...spec,
  since: "2.0.0",
  complexity: "O(N) for N keys.",
  arity: -3,
  flags: ["write", "noscript", "blocking"],
  keys: [keysAt(1, ["RW", "access", "delete"], { lastKey: -2 })],
  arguments: [key("key", 0, { multiple: true }), timeout],
  history: timeoutHistory
} as const

const Blpop = Command.make("BLPOP", {
  ...popSpec,
  returns: Returns.optional(poppedOne),
  summary: "Removes and returns the first element of the first list that has one, and waits for it if need be."
})
const Brpop = Command.make("BRPOP", {
  ...popSpec,
  returns: Returns.optional(poppedOne),
  summary: "Removes and returns the last element of the first list that has one, and waits for it if need be."
})

const moveSpec = {
  ...spec,
  complexity: "O(1)",
  flags: ["write", "denyoom", "noscript", "blocking"],
  keys: [keysAt(1, ["RW", "access", "delete"]), keysAt(2, ["RW", "insert"])]
} as const

const Blmove = Command.make("BLMOVE", {
  ...moveSpec,
  since: "6.2.0",
  summary: "Takes an element from an end of a list, adds it at an end of another one and returns it; waits if need be.",
  returns: Returns.value,
  arity: 6,
  arguments: [...move, timeout]
})

const Brpoplpush = Command.make("BRPOPLPUSH", {
  ...moveSpec,
  since: "2.2.0",
  summary: "Takes the last element of a list, adds it at the head of another one and returns it; waits if need be.",
  returns: Returns.value,
  arity: 4,
  arguments: [...moveByPopping, timeout],
  history: timeoutHistory,
  deprecatedSince: "6.2.0",
  replacedBy: "`BLMOVE` with the `RIGHT` and `LEFT` arguments"
})

const Blmpop = Command.make("BLMPOP", {
  ...spec,
  since: "7.0.0",
  summary: "Removes and returns elements of the first of several lists that has some, and waits if need be.",
  returns: Returns.optional(popped),
  complexity: "O(N+M) for N keys and M elements that are returned.",
  arity: -5,
  flags: ["write", "blocking"],
  keys: [keysCounted(2, ["RW", "access", "delete"])],
  arguments: [timeout, ...popMany]
})

export const group = Command.group(Blmove, Blmpop, Blpop, Brpop, Brpoplpush)

// ---- programs

/**
 * Takes something out of a list and yields the reply and the command that does the same elsewhere. `receiver` is the
 * client that waited for it.
 */
type Take = (db: Database, key: Uint8Array, ref: Ref, list: Quicklist, receiver?: number) => {
  readonly reply: Reply.Reply
  readonly effect: ReadonlyArray<Uint8Array | string | number>
}

const bytesOf = (word: Uint8Array | string | number): Uint8Array =>
  word instanceof Uint8Array ? word : Buffer.from(String(word))

export const layer = group.toLayer(Effect.gen(function*() {
  const store = yield* Store
  const waiters = yield* Waiters
  const { state } = store
  const lists = new ListAccess(store)

  /** Waits for one of the keys; what is done then is propagated by itself. */
  const wait = (request: Request, options: Omit<Wait, "type" | "timedOut">): Command.Begun => {
    request.propagateNothing()
    return waiters.block(request.session, { type: Type.list, timedOut: Reply.nilArray, ...options })
  }

  /** Takes from the first of the keys that has a list, or waits for one. */
  const popFirst = (request: Request, from: number, count: number, timeout: number, take: Take): Command.Begun => {
    const db = lists.database(request)
    for (let i = from; i < from + count; i++) {
      const ref = db.write(request.buffer(i), request.start(i), request.end(i))
      const list = lists.listOf(db, ref)
      if (list === undefined) continue
      const { effect, reply } = take(db, request.bytes(i), ref, list)
      if (state.propagation.active) request.propagateAs(effect)
      return reply
    }
    const keys: Array<Uint8Array> = []
    for (let i = from; i < from + count; i++) keys.push(request.bytes(i))
    return wait(request, {
      keys,
      timeout,
      serve: (db, key, ref) => {
        db.beforeChange(ref)
        const list = lists.listOf(db, ref)
        if (list === undefined) return undefined
        const { effect, reply } = take(db, key, ref, list, request.session.id)
        if (state.propagation.active) state.propagation.add(db.index, effect.map(bytesOf))
        return reply
      }
    })
  }

  const takeOne = (end: End): Take => (db, key, ref, list, receiver) => {
    const taken = lists.takeEnd(list, end)
    lists.removed(db, key, 0, key.length, ref, list, end.popEvent, 1, receiver !== undefined)
    return {
      reply: Reply.array([Reply.bulk(key), takenReply(taken)]),
      effect: [end.popEvent.toUpperCase(), key]
    }
  }

  // As in Redis, this one tells that the key is modified, even when it waited: then it is the receiver's doing.
  const takeMany = (end: End, count: number): Take => (db, key, ref, list, receiver) => {
    const popped = state.actingFor(
      receiver ?? state.client,
      () => lists.popMany(db, key, 0, key.length, ref, list, end, count)
    )
    return {
      reply: Reply.array([Reply.bulk(key), popped.reply]),
      effect: [end.popEvent.toUpperCase(), key, popped.count]
    }
  }

  const pop = (end: End): Command.Handler =>
    Command.mayWait((request) => {
      const last = request.count - 1
      return popFirst(request, 1, last - 1, BlockTimeout.at(request, last), takeOne(end))
    })

  /** `name`: the command that does the same. LMOVE's ends are told as they came, and in Redis's words if it waited. */
  const moveOrWait = (
    request: Request,
    from: End,
    to: End,
    timeout: number,
    name: "LMOVE" | "RPOPLPUSH"
  ): Command.Begun => {
    const db = lists.database(request)
    const [source, target] = [request.bytes(1), request.bytes(2)]
    if (db.find(source, 0, source.length) !== 0) {
      const reply = moveElement(lists, db, request, from, to)
      const ends = name === "LMOVE" ? [request.bytes(3), request.bytes(4)] : []
      if (state.propagation.active) request.propagateAs([name, source, target, ...ends])
      return reply
    }
    if (request.session.denyBlocking) return Reply.nil
    return wait(request, {
      keys: [source],
      timeout,
      serve: (db, key, ref) => {
        db.beforeChange(ref)
        const place = { bytes: key, start: 0, end: key.length, ref }
        const targetRef = db.write(target, 0, target.length)
        const targetPlace = { bytes: target, start: 0, end: target.length, ref: targetRef }
        const reply = moveBetween(lists, db, place, targetPlace, from, to, request.session.id)
        const ends = name === "LMOVE" ? [from.word, to.word] : []
        if (state.propagation.active) state.propagation.add(db.index, [name, source, target, ...ends].map(bytesOf))
        return reply
      }
    })
  }

  return group.of({
    BLPOP: pop(head),
    BRPOP: pop(tail),

    BLMOVE: Command.mayWait((request) => {
      const [from, to] = [endAt(request, 3), endAt(request, 4)]
      return moveOrWait(request, from, to, BlockTimeout.at(request, 5), "LMOVE")
    }),

    BRPOPLPUSH: Command.mayWait((request) => moveOrWait(request, tail, head, BlockTimeout.at(request, 3), "RPOPLPUSH")),

    BLMPOP: Command.mayWait((request) => {
      const { count, end, keys } = popManyOptions(request, 2)
      return popFirst(request, 3, keys, BlockTimeout.at(request, 1), takeMany(end, count))
    })
  })
}))
