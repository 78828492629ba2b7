/** Intersections, unions and differences of sets, returned, counted or stored. */
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { integer, key, keysAt, keysCounted, optional } from "../command/Spec.ts"
import * as Integers from "../memory/Integers.ts"
import * as Listpack from "../memory/Listpack.ts"
import * as Reply from "../resp/Reply.ts"
import type { Database } from "../store/Database.ts"
import { Encoding, Type } from "../store/Entry.ts"
import { KeyEventClass } from "../store/KeyEvents.ts"
import { Store } from "../store/Store.ts"
import * as Transfer from "../store/Transfer.ts"
import { SetType } from "../store/types/SetType.ts"
import { SetValue } from "../store/types/SetValue.ts"
import * as Elements from "./Elements.ts"
import { orFail } from "./Sets.ts"

// ---- specs

const many = { multiple: true } as const

const returned = {
  since: "1.0.0",
  group: "set",
  categories: ["set"],
  arity: -2,
  flags: ["readonly"],
  keys: [keysAt(1, ["RO", "access"], { lastKey: -1 })],
  arguments: [key("key", 0, many)],
  tips: ["nondeterministic_output_order"]
} as const

const stored = {
  since: "1.0.0",
  group: "set",
  categories: ["set"],
  arity: -3,
  flags: ["write", "denyoom"],
  keys: [keysAt(1, ["OW", "update"]), keysAt(2, ["RO", "access"], { lastKey: -1 })],
  arguments: [key("destination"), key("key", 1, many)]
} as const

const sum = { complexity: "O(N) for N members in all sets together." } as const
const product = { complexity: "O(N*M) at most, for M sets of which the smallest has N members." } as const

const Sdiff = Command.make("SDIFF", {
  ...returned,
  ...sum,
  returns: Returns.all,
  summary: "Returns the members of the first set that are in none of the others."
})

const SdiffStore = Command.make("SDIFFSTORE", {
  ...stored,
  ...sum,
  returns: Returns.integer,
  summary: "Stores a set of the members of the first set that are in none of the others."
})

const Sinter = Command.make("SINTER", {
  ...returned,
  ...product,
  summary: "Returns the members that all sets have.",
  returns: Returns.all
})

const SinterCard = Command.make("SINTERCARD", {
  ...product,
  summary: "Counts the members that all sets have, up to a limit.",
  returns: Returns.integer,
  since: "7.0.0",
  group: "set",
  categories: ["set"],
  arity: -3,
  flags: ["readonly"],
  keys: [keysCounted(1, ["RO", "access"])],
  arguments: [integer("numkeys"), key("key", 0, many), integer("limit", { token: "LIMIT", ...optional })]
})

const SinterStore = Command.make("SINTERSTORE", {
  ...stored,
  ...product,
  summary: "Stores a set of the members that all sets have.",
  returns: Returns.integer,
  keys: [keysAt(1, ["RW", "update"]), keysAt(2, ["RO", "access"], { lastKey: -1 })]
})

const Sunion = Command.make("SUNION", {
  ...returned,
  ...sum,
  summary: "Returns the members of several sets.",
  returns: Returns.all
})

const SunionStore = Command.make("SUNIONSTORE", {
  ...stored,
  ...sum,
  returns: Returns.integer,
  summary: "Stores a set of the members of several sets."
})

export const group = Command.group(Sdiff, SdiffStore, Sinter, SinterCard, SinterStore, Sunion, SunionStore)

// ---- programs

const badNumberOfKeys = CommandError.make("ERR numkeys should be greater than 0")
const tooManyKeys = CommandError.make("ERR Number of keys can't be greater than number of args")
const negativeLimit = CommandError.make("ERR LIMIT can't be negative")

const zero = Reply.integer(0)
const emptySet = Reply.set([])

/** What makes one set of several, of which some may not be there. */
type Operation = (sets: ReadonlyArray<SetValue | undefined>, into: SetValue) => void

export const layer = group.toLayer(Effect.gen(function*() {
  const store = yield* Store
  const { state } = store
  const databaseOf = (request: Request): Database => store.database(request.session.db)

  /** The sets at the request's keys, undefined for those that are not there. */
  const open = (request: Request, from: number, to = request.count): Array<SetValue | undefined> => {
    const db = databaseOf(request)
    const sets: Array<SetValue | undefined> = []
    for (let at = from; at < to; at++) {
      const ref = orFail(db, db.read(request.buffer(at), request.start(at), request.end(at)))
      sets.push(ref === 0 ? undefined : new SetValue(db.space).open(db, ref))
    }
    return sets
  }

  const release = (result: SetValue): void => {
    for (const _ of SetType.release(result.space, result.encoding, result.word)) continue
  }

  /** The reply with the members of a set that is there for it alone. */
  const built = (request: Request, build: (into: SetValue) => void): Reply.Reply => {
    const { space } = databaseOf(request)
    return Reply.encoded((out) => {
      const result = new SetValue(space).begin(space)
      build(result)
      out.setHeader(result.length)
      result.forEach((member) => Elements.write(out, member))
      release(result)
    })
  }

  const stores = (operation: Operation, event: string) =>
    Command.program((request) => {
      const sets = open(request, 2)
      const db = databaseOf(request)
      const result = new SetValue(db.space).begin(db.space)
      operation(sets, result)
      return put(request, db, result, event)
    })

  /** Stores a result under the key of argument 1: an empty one by deleting what is there. */
  const put = (request: Request, db: Database, result: SetValue, event: string): Reply.Reply => {
    const name = { bytes: request.buffer(1), start: request.start(1), end: request.end(1) }
    const { length } = result
    if (length > 0) {
      Transfer.put(db, name, Type.set, result.encoding, result.word)
      db.changed(name.bytes, name.start, name.end, KeyEventClass.set, event)
      return Reply.integer(length)
    }
    release(result)
    const ref = db.findAny(name.bytes, name.start, name.end)
    if (ref !== 0) {
      db.delete(ref, state.settings.lazyServerDel)
      db.changed(name.bytes, name.start, name.end, KeyEventClass.generic, "del")
    }
    return zero
  }

  const intersects = Command.program((request) => {
    const sets = inOrder(open(request, 1))
    const [smallest, ...others] = sets ?? []
    if (smallest === undefined) return emptySet
    return members(smallest, placesWhere(smallest, (member) => inAll(others, member)))
  })

  const differs = Command.program((request) => {
    const sets = open(request, 1)
    const [first, ...rest] = sets
    if (first === undefined) return emptySet
    const others = presentOf(rest)
    if (!isLookingCheaper(first, others)) return built(request, (into) => difference(sets, into))
    const places = placesOutside(first, others)
    return isSorted(first, places) ? members(first, places) : built(request, (into) => into.addPlaces(first, places))
  })

  const countsIntersection = Command.program((request) => {
    const keys = request.integerIn(1, 1, Number.MAX_SAFE_INTEGER, numberOfKeysError(request))
    if (keys > request.count - 2) throw tooManyKeys
    const limit = limitOf(request, 2 + keys)
    const sets = inOrder(open(request, 2, 2 + keys))
    const [smallest, ...others] = sets ?? []
    if (smallest === undefined) return zero
    const member = new Listpack.Element()
    let count = 0
    smallest.somePlace((place) => inAll(others, smallest.read(place, member)) && ++count === limit)
    return Reply.integer(count)
  })

  return group.of({
    SDIFF: differs,
    SDIFFSTORE: stores(difference, "sdiffstore"),
    SINTER: intersects,
    SINTERCARD: countsIntersection,
    SINTERSTORE: stores(intersection, "sinterstore"),
    SUNION: Command.program((request) => {
      const sets = open(request, 1)
      return built(request, (into) => union(sets, into))
    }),
    SUNIONSTORE: stores(union, "sunionstore")
  })
}))

/** What is said of a `numkeys` that will not do; one beyond what is exact is only too big. */
const numberOfKeysError = (request: Request): CommandError.CommandError => {
  const keys = Integers.parse(request.buffer(1), request.start(1), request.end(1))
  return keys !== undefined && keys > 0 ? tooManyKeys : badNumberOfKeys
}

/** The options of SINTERCARD; 0: no limit. */
const limitOf = (request: Request, from: number): number => {
  let limit = 0
  for (let at = from; at < request.count; at += 2) {
    if (!request.is(at, "LIMIT") || at + 1 === request.count) throw CommandError.syntax
    const value = request.integer(at + 1, negativeLimit)
    if (value < 0) throw negativeLimit
    limit = Number(value)
  }
  return limit
}

const presentOf = (sets: ReadonlyArray<SetValue | undefined>): Array<SetValue> =>
  sets.filter((set) => set !== undefined)

/** The reply with the members at some places of a set. */
const members = (set: SetValue, places: ReadonlyArray<number>): Reply.Reply =>
  Reply.encoded((out) => {
    const member = new Listpack.Element()
    out.setHeader(places.length)
    for (const place of places) Elements.write(out, set.read(place, member))
  })

/** The places of the members that are wanted. */
const placesWhere = (set: SetValue, isWanted: (member: Listpack.Element) => boolean): Array<number> => {
  const member = new Listpack.Element()
  const places: Array<number> = []
  set.somePlace((place) => {
    if (isWanted(set.read(place, member))) places.push(place)
    return false
  })
  return places
}

/** Sets by size, the smallest first, or undefined when one is not there: then nothing is in all of them. */
const inOrder = (sets: ReadonlyArray<SetValue | undefined>): ReadonlyArray<SetValue> | undefined => {
  const present = presentOf(sets)
  return present.length < sets.length ? undefined : present.sort((a, b) => a.length - b.length)
}

const inAll = (sets: ReadonlyArray<SetValue>, member: Listpack.Element): boolean => {
  for (const set of sets) if (!set.hasElement(member)) return false
  return true
}

const intersection: Operation = (sets, into) => {
  const [smallest, ...others] = inOrder(sets) ?? []
  if (smallest !== undefined) into.addPlaces(smallest, placesWhere(smallest, (member) => inAll(others, member)))
}

const union: Operation = (sets, into) => {
  const present = presentOf(sets)
  into.reserve(present.reduce((most, set) => Math.max(most, set.length), 0))
  for (const set of present) set.forEach((member) => into.addElement(member))
}

/**
 * Either every member of the first set is looked for in the others, or those of all others in the first, of which Redis
 * also thinks that half of the looking will do.
 */
const isLookingCheaper = (first: SetValue, others: ReadonlyArray<SetValue>): boolean =>
  (first.length * (others.length + 1)) / 2 <= others.reduce((sum, set) => sum + set.length, first.length)

/** The places of the first set's members that are in none of the others. */
const placesOutside = (first: SetValue, others: ReadonlyArray<SetValue>): Array<number> => {
  if (others.some((set) => set.isSame(first))) return []
  // A member goes with the first set that has it: the biggest are the likeliest.
  const biggestFirst = others.toSorted((a, b) => b.length - a.length)
  return placesWhere(first, (member) => !inAny(biggestFirst, member))
}

const inAny = (sets: ReadonlyArray<SetValue>, member: Listpack.Element): boolean => {
  for (const set of sets) if (set.hasElement(member)) return true
  return false
}

/** Whether members come as they would from a set of their own, where integers would be sorted. */
const isSorted = (set: SetValue, places: ReadonlyArray<number>): boolean => {
  const member = new Listpack.Element()
  return set.encoding === Encoding.intset || !places.every((place) => {
    const { bytes, end, start } = set.read(place, member).text()
    return Integers.parse(bytes, start, end) !== undefined
  })
}

const difference: Operation = ([first, ...rest], into) => {
  if (first === undefined) return
  const others = presentOf(rest)
  if (isLookingCheaper(first, others)) return into.addPlaces(first, placesOutside(first, others))
  if (others.some((set) => set.isSame(first))) return
  first.forEach((member) => into.addElement(member))
  for (const set of others) {
    if (into.length === 0) return
    set.forEach((member) => {
      member.text()
      into.remove(member.bytes, member.start, member.end)
    })
  }
}
