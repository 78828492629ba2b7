/** Sets (https://redis.io/commands/?group=set). What combines several of them is in `SetOperations.ts`. */
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import * as ScanOptions from "../command/ScanOptions.ts"
import type { Session } from "../command/Session.ts"
import { integer, key, keysAt, optional, pattern, string } from "../command/Spec.ts"
import type { Ref } from "../memory/Arena.ts"
import * as Integers from "../memory/Integers.ts"
import * as Listpack from "../memory/Listpack.ts"
import type { Output } from "../resp/Output.ts"
import * as Reply from "../resp/Reply.ts"
import type { Database } from "../store/Database.ts"
import { Type, VALUE_WORD } from "../store/Entry.ts"
import { KeyEventClass } from "../store/KeyEvents.ts"
import { Store } from "../store/Store.ts"
import * as SetValues from "../store/types/SetValue.ts"
import { SetValue } from "../store/types/SetValue.ts"
import * as Elements from "./Elements.ts"

// ---- specs

const sets = { since: "1.0.0", group: "set", categories: ["set"] } as const
const many = { multiple: true } as const
const members = [key(), string("member", many)]

const Sadd = Command.make("SADD", {
  ...sets,
  summary: "Adds members to a set.",
  returns: Returns.integer,
  complexity: "O(1) per member, so O(N) for N members.",
  arity: -3,
  flags: ["write", "denyoom", "fast"],
  keys: [keysAt(1, ["RW", "insert"])],
  arguments: members,
  history: [["2.4.0", "Takes more than one member."]]
})

const Scard = Command.make("SCARD", {
  ...sets,
  summary: "Counts the members of a set.",
  returns: Returns.integer,
  complexity: "O(1)",
  arity: 2,
  flags: ["readonly", "fast"],
  keys: [keysAt(1, ["RO"])],
  arguments: [key()]
})

const Sismember = Command.make("SISMEMBER", {
  ...sets,
  summary: "Tells whether something is a member of a set.",
  returns: Returns.boolean,
  complexity: "O(1)",
  arity: 3,
  flags: ["readonly", "fast"],
  keys: [keysAt(1, ["RO"])],
  arguments: [key(), string("member")]
})

const Smembers = Command.make("SMEMBERS", {
  ...sets,
  summary: "Returns all members of a set.",
  returns: Returns.all,
  complexity: "O(N) for N members.",
  arity: 2,
  flags: ["readonly"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [key()],
  tips: ["nondeterministic_output_order"]
})

const Smismember = Command.make("SMISMEMBER", {
  ...sets,
  summary: "Tells of several whether they are members of a set.",
  returns: Returns.list(Returns.boolean),
  since: "6.2.0",
  complexity: "O(N) for N that are asked for.",
  arity: -3,
  flags: ["readonly", "fast"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: members
})

const Smove = Command.make("SMOVE", {
  ...sets,
  summary: "Moves a member from one set to another.",
  returns: Returns.boolean,
  complexity: "O(1)",
  arity: 4,
  flags: ["write", "fast"],
  keys: [keysAt(1, ["RW", "access", "delete"]), keysAt(2, ["RW", "insert"])],
  arguments: [key("source"), key("destination", 1), string("member")]
})

const Spop = Command.make("SPOP", {
  ...sets,
  summary: "Removes members that chance picks, and returns them.",
  returns: Returns.valueOrMany,
  complexity: "O(1) for one, O(N) for a count of N.",
  arity: -2,
  flags: ["write", "fast"],
  keys: [keysAt(1, ["RW", "access", "delete"])],
  arguments: [key(), integer("count", { since: "3.2.0", ...optional })],
  history: [["3.2.0", "Takes a count."]],
  tips: ["nondeterministic_output"]
})

const SrandMember = Command.make("SRANDMEMBER", {
  ...sets,
  summary: "Returns members that chance picks.",
  returns: Returns.valueOrMany,
  complexity: "O(1) for one, O(N) for a count of N.",
  arity: -2,
  flags: ["readonly"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [key(), integer("count", { since: "2.6.0", ...optional })],
  history: [["2.6.0", "Takes a count."]],
  tips: ["nondeterministic_output"]
})

const Srem = Command.make("SREM", {
  ...sets,
  summary: "Removes members from a set, and with the last one its key.",
  returns: Returns.integer,
  complexity: "O(N) for N members to remove.",
  arity: -3,
  flags: ["write", "fast"],
  keys: [keysAt(1, ["RW", "delete"])],
  arguments: members,
  history: [["2.4.0", "Takes more than one member."]]
})

const Sscan = Command.make("SSCAN", {
  ...sets,
  summary: "Goes through the members of a set, some with each call.",
  returns: Returns.tuple("MemberPage", { cursor: Returns.integer64, members: Returns.all }),
  since: "2.8.0",
  complexity: "O(1) per call, O(N) for all N members.",
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

export const group = Command.group(
  Sadd,
  Scard,
  Sismember,
  Smembers,
  Smismember,
  Smove,
  Spop,
  SrandMember,
  Srem,
  Sscan
)

// ---- programs

/** Where so many times more members go than stay, Redis moves those that stay to a set of their own, which shows. */
const MOVE_FACTOR = 5

const zero = Reply.integer(0)
const one = Reply.integer(1)
const emptySet = Reply.set([])
const emptyScan = Reply.array([Reply.text("0"), Reply.emptyArray])

/** The entry of a set, or 0; fails when it holds another type. */
export const orFail = (db: Database, ref: Ref): Ref => {
  if (ref !== 0 && db.type(ref) !== Type.set) throw CommandError.wrongType
  return ref
}

export const layer = group.toLayer(Effect.gen(function*() {
  const store = yield* Store
  const { state } = store
  const set = new SetValue(store.database(0).space)
  const member = new Listpack.Element()
  /** The member that a command found, as a reply. */
  const found = Reply.encoded((out) => Elements.write(out, member))

  const databaseOf = (request: Request): Database => store.database(request.session.db)

  /** Takes up the set at the request's key for reading; false when there is none. */
  const openToRead = (request: Request): boolean => {
    const db = databaseOf(request)
    const ref = orFail(db, db.read(request.buffer(1), request.start(1), request.end(1)))
    if (ref !== 0) set.open(db, ref)
    return ref !== 0
  }

  /** As `openToRead`, for a command that writes; returns the entry, or 0. */
  const openToWrite = (request: Request, db: Database, at = 1): Ref => {
    const ref = orFail(db, db.write(request.buffer(at), request.start(at), request.end(at)))
    if (ref !== 0) set.open(db, ref)
    return ref
  }

  /** Adds an empty set under the key in argument `at`, which was just looked for, and takes it up. */
  const create = (request: Request, db: Database, at: number, first: number): void => {
    const isInteger = Integers.parse(request.buffer(first), request.start(first), request.end(first)) !== undefined
    set.open(db, SetValues.add(db, request.buffer(at), request.start(at), request.end(at), isInteger))
  }

  const hasMember = (request: Request, at: number): boolean =>
    set.has(request.buffer(at), request.start(at), request.end(at))

  const changed = (db: Database, request: Request, at: number, changes: number, event: string): void => {
    db.changed(request.buffer(at), request.start(at), request.end(at), KeyEventClass.set, event)
    state.dirty += changes - 1
  }

  /** Tells of members that are gone, and of the key that goes with the last. */
  const removed = (db: Database, request: Request, ref: Ref, changes: number, event: string): void => {
    const isEmpty = set.length === 0
    if (isEmpty) db.delete(ref, false)
    changed(db, request, 1, changes, event)
    if (isEmpty) deleted(db, request)
  }

  const deleted = (db: Database, request: Request): void => {
    if (state.interest === 0) return
    state.event(db.index, KeyEventClass.generic, "del", request.buffer(1), request.start(1), request.end(1))
  }

  const addMembers = (request: Request): Reply.Reply => {
    const db = databaseOf(request)
    if (openToWrite(request, db) === 0) create(request, db, 1, 2)
    let added = 0
    for (let at = 2; at < request.count; at++) {
      if (set.add(request.buffer(at), request.start(at), request.end(at))) added++
    }
    if (added > 0) changed(db, request, 1, added, "sadd")
    return Reply.integer(added)
  }

  const removeMembers = (request: Request): Reply.Reply => {
    const db = databaseOf(request)
    const ref = openToWrite(request, db)
    if (ref === 0) return zero
    let count = 0
    for (let at = 2; at < request.count && set.length > 0; at++) {
      if (set.remove(request.buffer(at), request.start(at), request.end(at))) count++
    }
    if (count > 0) removed(db, request, ref, count, "srem")
    return Reply.integer(count)
  }

  const move = (request: Request): Reply.Reply => {
    const db = databaseOf(request)
    const source = db.write(request.buffer(1), request.start(1), request.end(1))
    const target = db.write(request.buffer(2), request.start(2), request.end(2))
    if (source === 0) return zero
    orFail(db, source)
    orFail(db, target)
    set.open(db, source)
    if (source === target) return hasMember(request, 3) ? one : zero
    if (!set.remove(request.buffer(3), request.start(3), request.end(3))) return zero
    removed(db, request, source, 1, "srem")
    if (target === 0) {
      // Makes the look-up the last one again, by which the key is added.
      db.find(request.buffer(2), request.start(2), request.end(2))
      create(request, db, 2, 3)
    } else set.open(db, target)
    if (set.add(request.buffer(3), request.start(3), request.end(3))) changed(db, request, 2, 1, "sadd")
    return one
  }

  const pop = (request: Request): Reply.Reply => {
    if (request.count > 2) return popMany(request)
    const db = databaseOf(request)
    const ref = openToWrite(request, db)
    if (ref === 0) return Reply.nil
    popOne()
    removed(db, request, ref, 1, "spop")
    if (state.propagation.active) request.propagateAs(["SREM", request.bytes(1), member.copy()])
    return found
  }

  const popOne = (): void => {
    const place = set.pick(state.random)
    set.read(place, member).keep()
    set.removeAt(place)
  }

  const popMany = (request: Request): Reply.Reply => {
    if (request.count > 3) throw CommandError.syntax
    const count = request.integer(2, CommandError.positiveOutOfRange)
    if (count < 0) throw CommandError.positiveOutOfRange
    const db = databaseOf(request)
    const ref = openToWrite(request, db)
    if (ref === 0 || count === 0) return emptySet
    const { out } = request.session
    const { length } = set
    const all = count >= length
    out.setHeader(all ? length : Number(count))
    if (all) {
      set.forEach((member) => Elements.write(out, member))
      db.delete(ref, state.settings.lazyServerDel)
      changed(db, request, 1, length, "spop")
      deleted(db, request)
      if (state.propagation.active) request.propagateAs(["DEL", request.bytes(1)])
    } else popSome(request, db, ref, Number(count), out)
    // Each member was written when it was popped: kept apart they would take memory of their own.
    return Reply.none
  }

  /** Makes the set anew: its encoding is then the one that its members ask for, whatever it had become by others. */
  const rebuild = (db: Database, ref: Ref): void => {
    const fresh = new SetValue(db.space).begin(db.space)
    set.forEach((member) => fresh.addElement(member))
    db.releaseValue(ref, state.settings.lazyServerDel)
    db.setEncoding(ref, fresh.encoding)
    db.setWord(ref, VALUE_WORD, fresh.word)
    set.open(db, ref)
  }

  const popSome = (request: Request, db: Database, ref: Ref, count: number, out: Output): void => {
    const effects: Array<ReadonlyArray<Uint8Array | string>> = []
    const name = state.propagation.active ? request.bytes(1) : undefined
    for (let left = count; left > 0; left--) {
      popOne()
      Elements.write(out, member)
      if (name !== undefined) effects.push(["SREM", name, member.copy()])
    }
    if (set.length * MOVE_FACTOR <= count) rebuild(db, ref)
    removed(db, request, ref, count, "spop")
    if (name !== undefined) request.propagateAs(...effects)
  }

  const pick = (request: Request): Reply.Reply => {
    if (request.count === 2) {
      if (!openToRead(request)) return Reply.nil
      set.read(set.pick(state.random), member)
      return found
    }
    if (request.count > 3) throw CommandError.syntax
    const count = Elements.pickCount(request, 2)
    if (!openToRead(request) || count === 0) return Reply.emptyArray
    return Reply.encoded((out) => writePicks(request.session, out, Number(count)))
  }

  const writePicks = (session: Session, out: Output, count: number): void => {
    const size = count < 0 ? -count : Math.min(count, set.length)
    out.arrayHeader(size)
    if (count < 0) {
      for (let left = size; left > 0 && !Elements.asksTooMuch(session); left--) {
        Elements.write(out, set.read(set.pick(state.random), member))
      }
    } else if (size === set.length) set.forEach((member) => Elements.write(out, member))
    else if (set.isDict) {
      for (const ref of Elements.pickDistinct(set.dict, size, state.random)) Elements.write(out, set.read(ref, member))
    } else {
      const places = set.places()
      for (const index of Elements.distinct(size, places.length, state.random)) {
        Elements.write(out, set.read(places[index] as number, member))
      }
    }
  }

  const scan = (request: Request): Reply.Reply => {
    const from = ScanOptions.cursor(request, 2)
    if (!openToRead(request)) return emptyScan
    const options = ScanOptions.parse(request, 3)
    const { match } = options
    const [cursor, visited] = set.isDict ? Elements.scan(set.dict, from, options) : [0, set.places()]
    const places = match === undefined
      ? visited
      : visited.filter((place) => Elements.matches(match, set.read(place, member)))
    return Reply.encoded((out) => {
      out.arrayHeader(2)
      out.bulkInteger(cursor)
      out.arrayHeader(places.length)
      for (const place of places) Elements.write(out, set.read(place, member))
    })
  }

  return group.of({
    SADD: Command.program(addMembers),
    SCARD: Command.program((request) => openToRead(request) ? Reply.integer(set.length) : zero),
    SISMEMBER: Command.program((request) => openToRead(request) && hasMember(request, 2) ? one : zero),

    SMEMBERS: Command.program((request) => {
      if (!openToRead(request)) return emptySet
      return Reply.encoded((out) => {
        out.setHeader(set.length)
        set.forEach((member) => Elements.write(out, member))
      })
    }),

    SMISMEMBER: Command.program((request) => {
      const exists = openToRead(request)
      return Reply.encoded((out) => {
        out.arrayHeader(request.count - 2)
        for (let at = 2; at < request.count; at++) out.integer(exists && hasMember(request, at) ? 1 : 0)
      })
    }),

    SMOVE: Command.program(move),
    SPOP: Command.program(pop),
    SRANDMEMBER: Command.program(pick),
    SREM: Command.program(removeMembers),
    SSCAN: Command.program(scan)
  })
}))
