/** SORT and SORT_RO: the elements of a list, a set or a sorted set in order, or what keys made of them hold. */
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import { sortKeys, sortReadOnlyKeys } from "../command/Keys.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { block, integer, key, keysAt, keysSomewhere, oneOf, optional, pattern, token } from "../command/Spec.ts"
import type { Ref } from "../memory/Arena.ts"
import * as Bytes from "../memory/Bytes.ts"
import * as Doubles from "../memory/Doubles.ts"
import * as Integers from "../memory/Integers.ts"
import type { Integer } from "../memory/Integers.ts"
import * as PartialSort from "../memory/PartialSort.ts"
import * as Reply from "../resp/Reply.ts"
import type { Database } from "../store/Database.ts"
import { Encoding, Type } from "../store/Entry.ts"
import { KeyEventClass } from "../store/KeyEvents.ts"
import * as Settings from "../store/Settings.ts"
import { Store } from "../store/Store.ts"
import * as ListType from "../store/types/ListType.ts"
import { PackedSortedSet } from "../store/types/PackedSortedSet.ts"
import { Quicklist } from "../store/types/Quicklist.ts"
import { SetValue } from "../store/types/SetValue.ts"
import * as SortedSetType from "../store/types/SortedSetType.ts"
import * as SortPatterns from "./SortPatterns.ts"

// ---- specs

const source = keysAt(1, ["RO", "access"])
const named = keysSomewhere(["RO", "access"], "BY and GET name keys by the elements that are sorted.")
const stored = keysSomewhere(["OW", "update"], "STORE may stand anywhere behind the key.")

const sortArguments = [
  key(),
  pattern("pattern", { keySpec: 1, token: "BY", ...optional }),
  block("offset_count", [integer("offset"), integer("count")], { token: "LIMIT", ...optional }),
  pattern("pattern", { keySpec: 1, token: "GET", multiple: true, multipleToken: true, ...optional }),
  oneOf("order", [token("ASC"), token("DESC")], optional),
  token("ALPHA", { name: "sorting", ...optional })
]

const spec = {
  group: "generic",
  complexity: "O(N+M*log(M)) for N elements, M of which are returned; O(N) when nothing is sorted.",
  arity: -2,
  categories: ["set", "sortedset", "list", "dangerous"]
} as const

const Sort = Command.make("SORT", {
  ...spec,
  summary: "Returns or stores the elements of a list, a set or a sorted set in order.",
  returns: Returns.given("store", Returns.integer, Returns.values),
  since: "1.0.0",
  flags: ["write", "denyoom"],
  keys: [source, named, stored],
  getKeys: sortKeys,
  arguments: [...sortArguments, key("destination", 2, { token: "STORE", ...optional })]
})

const SortReadOnly = Command.make("SORT_RO", {
  ...spec,
  summary: "Returns the elements of a list, a set or a sorted set in order.",
  returns: Returns.values,
  since: "7.0.0",
  flags: ["readonly"],
  keys: [source, named],
  getKeys: sortReadOnlyKeys,
  arguments: sortArguments
})

export const group = Command.group(Sort, SortReadOnly)

// ---- options

interface Options {
  readonly descending: boolean
  readonly alpha: boolean
  readonly offset: Integer
  /** Negative: all. */
  readonly count: Integer
  readonly by: SortPatterns.Pattern | undefined
  /** A BY names no keys, be it followed by one that does: nothing is sorted. */
  readonly unsorted: boolean
  readonly get: ReadonlyArray<SortPatterns.Pattern>
  /** The argument with the key for the result, 0 for none. */
  readonly storeAt: number
}

const readOptions = (request: Request, readOnly: boolean): Options => {
  let descending = false
  let alpha = false
  let offset: Integer = 0
  let count: Integer = -1
  let by: SortPatterns.Pattern | undefined
  let unsorted = false
  let storeAt = 0
  const get: Array<SortPatterns.Pattern> = []
  for (let i = 2; i < request.count; i++) {
    const left = request.count - i - 1
    if (request.is(i, "ASC")) descending = false
    else if (request.is(i, "DESC")) descending = true
    else if (request.is(i, "ALPHA")) alpha = true
    else if (request.is(i, "LIMIT") && left >= 2) {
      offset = request.integer(i + 1)
      count = request.integer(i + 2)
      i += 2
    } else if (request.is(i, "STORE") && left >= 1 && !readOnly) storeAt = ++i
    else if (request.is(i, "BY") && left >= 1) {
      by = SortPatterns.of(request.bytes(++i))
      unsorted ||= by.around === undefined
    } else if (request.is(i, "GET") && left >= 1) get.push(SortPatterns.of(request.bytes(++i)))
    else throw CommandError.syntax
  }
  return { descending, alpha, offset, count, by, unsorted, get, storeAt }
}

// ---- sorting

/** An element with what it is sorted by. */
interface Item {
  readonly element: Uint8Array
  readonly score: number
  readonly weight: Uint8Array | undefined
}

const notANumber = CommandError.make("ERR One or more scores can't be converted into double")

/** NaN when it is none. */
const scoreOf = (text: Uint8Array): number => {
  const integer = Integers.parse(text, 0, text.length)
  if (typeof integer === "number") return integer
  const { end, outOfRange, value } = Doubles.strtod(text, 0, text.length)
  const all = end === text.length || text[end] === 0
  return all && !outOfRange ? value : NaN
}

/** What is stored as an integer is no text that Redis has to read. */
const isInteger = (text: Uint8Array): boolean => Integers.parse(text, 0, text.length) !== undefined

const compareBytes = (a: Uint8Array, b: Uint8Array): number => Bytes.compare(a, 0, a.length, b, 0, b.length)

/** C's `strcoll` in the C locale, which a NUL ends. */
const compareText = (a: Uint8Array, b: Uint8Array): number => Bytes.compare(a, 0, textEnd(a), b, 0, textEnd(b))

const textEnd = (bytes: Uint8Array): number => {
  const nul = bytes.indexOf(0)
  return nul < 0 ? bytes.length : nul
}

/** Elements without a weight come first. */
const compareWeights = (compare: (a: Uint8Array, b: Uint8Array) => number) => (a: Item, b: Item): number =>
  a.weight === undefined || b.weight === undefined
    ? (a.weight === undefined ? 0 : 1) - (b.weight === undefined ? 0 : 1)
    : compare(a.weight, b.weight)

const compareScores = (a: Item, b: Item): number =>
  a.score < b.score ? -1 : a.score > b.score ? 1 : compareBytes(a.element, b.element)

/** The elements at the places from `from` to before `to`, when all are in order. */
const sorted = (
  elements: ReadonlyArray<Uint8Array>,
  { alpha, by, descending, storeAt }: Options,
  lookup: SortPatterns.PatternLookup,
  { from, to }: Window,
  refusesTexts: boolean
): Array<Uint8Array> => {
  const isRefused = (weight: Uint8Array) => refusesTexts && (by === undefined || !isInteger(weight))
  const items = elements.map((element): Item => {
    const weight = by === undefined ? element : lookup.get(by, element)
    const score = alpha || weight === undefined ? 0 : isRefused(weight) ? NaN : scoreOf(weight)
    return { element, weight, score }
  })
  // Not before all keys have been looked up, which can be seen by who listens to key events
  if (items.some(({ score }) => Number.isNaN(score))) throw notANumber
  // What is stored must not depend on the locale.
  const ascending = alpha ? compareWeights(storeAt > 0 ? compareBytes : compareText) : compareScores
  const compare = descending ? (a: Item, b: Item) => ascending(b, a) : ascending
  if (by === undefined || to - from === items.length) return items.sort(compare).slice(from, to).map(elementOf)
  // Equal weights come in the order in which Redis's method leaves them
  const order = Array.from(items.keys())
  PartialSort.sort(order, from, to - 1, (a, b) => compare(items[a] as Item, items[b] as Item))
  return order.slice(from, to).map((place) => elementOf(items[place] as Item))
}

const elementOf = ({ element }: Item): Uint8Array => element

// ---- the source

/** Places from `from` to before `to`. */
interface Window {
  readonly from: number
  readonly to: number
}

/** The places of a range of `length` elements, LIMIT's bounds being whatever they are. */
const windowOf = ({ count, offset }: Options, length: number): Window => {
  const from = Math.min(Math.max(Number(offset), 0), length)
  const most = Math.min(Math.max(Number(count), -1), length)
  return { from, to: most < 0 ? length : Math.min(from + most, length) }
}

export const layer = group.toLayer(Effect.gen(function*() {
  const store = yield* Store
  const { state } = store
  const { space } = store.database(0)
  const shortList = new Quicklist(space.arena)
  const smallSortedSet = new PackedSortedSet()
  const set = new SetValue(space)

  /** All elements, in the order in which they lie. */
  const allOf = (db: Database, ref: Ref): Array<Uint8Array> => {
    const elements: Array<Uint8Array> = []
    const add = (bytes: Uint8Array, start: number, end: number) => void elements.push(Bytes.copyOf(bytes, start, end))
    switch (db.type(ref)) {
      case Type.list: {
        const list = ListType.open(db, ref, shortList)
        list.forEach(0, list.length, add)
        break
      }
      case Type.set:
        set.open(db, ref).forEach((member) => void elements.push(member.copy()))
        break
      default: {
        const members = SortedSetType.open(db, ref, smallSortedSet)
        members.visit(0, members.length, false, add)
      }
    }
    return elements
  }

  /**
   * Unpacks a sorted set: Redis cannot sort packed ones and leaves them so. True when it had a score too small to be read
   * precisely: Redis then takes the error that reading it left, C's `errno`, for one of the first text that it sorts by.
   */
  const unpack = (db: Database, ref: Ref): boolean => {
    if (db.encoding(ref) !== Encoding.listpack) return false
    let isImprecise = false
    const members = smallSortedSet.open(db, ref)
    members.visit(0, members.length, false, (_bytes, _start, _end, score) => {
      isImprecise ||= score !== 0 && Math.abs(score) < Doubles.SMALLEST_NORMAL
    })
    SortedSetType.unpackEntry(db, ref, smallSortedSet)
    return isImprecise
  }

  /** The elements that are asked for, in their order. */
  const chosen = (
    db: Database,
    ref: Ref,
    options: Options,
    lookup: SortPatterns.PatternLookup,
    refusesTexts: boolean
  ): ReadonlyArray<Uint8Array> => {
    const type = db.type(ref)
    const elements = allOf(db, ref)
    const window = windowOf(options, elements.length)
    if (!options.unsorted) return sorted(elements, options, lookup, window, refusesTexts)
    // A set has no order of its own, and what is stored must not depend on chance.
    if (type === Type.set && options.storeAt > 0) {
      return sorted(elements, { ...options, alpha: true, by: undefined }, lookup, window, false)
    }
    if (options.descending && type !== Type.set) elements.reverse()
    return elements.slice(window.from, window.to)
  }

  const storeResult = (request: Request, db: Database, at: number, values: ReadonlyArray<Uint8Array | undefined>) => {
    const [bytes, start, end] = [request.buffer(at), request.start(at), request.end(at)]
    if (values.length > 0) {
      const list = new Quicklist(db.space.arena)
      const { listLimits } = db.space
      // Whatever the configuration says: Redis gives this list its own defaults.
      const { listCompressDepth, listMaxListpackSize } = Settings.defaults()
      const number = listLimits.numberOf(listMaxListpackSize, listCompressDepth)
      const limits = listLimits.at(number)
      for (const value of values) list.push(true, value ?? nothing, 0, value?.length ?? 0, limits)
      ListType.put(db, { bytes, start, end }, list, number)
      db.changed(bytes, start, end, KeyEventClass.list, "sortstore")
      state.dirty += values.length - 1
      return
    }
    const old = db.findAny(bytes, start, end)
    if (old === 0) return
    db.delete(old, state.settings.lazyServerDel)
    db.changed(bytes, start, end, KeyEventClass.generic, "del")
  }

  const sort = (readOnly: boolean): Command.Handler =>
    Command.program((request) => {
      const options = readOptions(request, readOnly)
      const db = store.database(request.session.db)
      const ref = db.read(request.buffer(1), request.start(1), request.end(1))
      const type = ref === 0 ? Type.list : db.type(ref)
      if (type !== Type.list && type !== Type.set && type !== Type.zset) throw CommandError.wrongType
      const refusesTexts = type === Type.zset && unpack(db, ref)
      const lookup = new SortPatterns.PatternLookup(db)
      const elements = ref === 0 ? [] : chosen(db, ref, options, lookup, refusesTexts)
      const { get, storeAt } = options
      const values = get.length === 0
        ? elements
        : elements.flatMap((element) => get.map((pattern) => lookup.get(pattern, element)))
      if (storeAt > 0) {
        storeResult(request, db, storeAt, values)
        return Reply.integer(values.length)
      }
      return Reply.encoded((out) => {
        out.arrayHeader(values.length)
        for (const value of values) {
          if (value === undefined) out.nil()
          else out.bulk(value, 0, value.length)
        }
      })
    })

  return group.of({ SORT: sort(false), SORT_RO: sort(true) })
}))

const nothing = new Uint8Array(0)
