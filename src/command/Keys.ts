/**
 * Where the keys of a request stand, by the key specs of its command (https://redis.io/docs/reference/key-specs).
 * COMMAND GETKEYS, permissions, client-side caching and the routing of a cluster go by it. Pure.
 */
import * as Integers from "../memory/Integers.ts"
import type { Request } from "./Request.ts"
import type { KeyFlag, KeyPosition, KeySpec, Spec } from "./Spec.ts"

/** Whether the command takes keys at all; `not_key` specs tell of channels and the like. */
export const hasKeys = (spec: Spec): boolean =>
  spec.getKeys !== undefined || (spec.keys ?? []).some((keys) => !keys.flags.includes("not_key"))

/**
 * The keys of a request, in Redis's order; empty when there are none or the arguments make no sense.
 * `includeNotKeys` adds what is placed on a cluster like a key without being one.
 */
export const keysOf = (
  spec: Spec,
  request: Request,
  options: { readonly includeNotKeys?: boolean } = {}
): ReadonlyArray<KeyPosition> => {
  const specs = spec.keys ?? []
  if (!specs.some((keys) => keys.flags.includes("variable_flags"))) {
    const found = bySpecs(specs, request, options.includeNotKeys ?? false)
    if (found !== undefined) return found
  }
  return spec.getKeys === undefined ? byCount(specs, request) : spec.getKeys(request)
}

/** The keys that a client has read: by the command's own function, where it has one, even if the specs tell all. */
export const keysRead = (spec: Spec, request: Request): ReadonlyArray<KeyPosition> =>
  spec.getKeys === undefined ? keysOf(spec, request) : spec.getKeys(request)

/** Undefined when a spec does not tell all, or points behind the arguments, or a count of keys is no number. */
const bySpecs = (
  specs: ReadonlyArray<KeySpec>,
  request: Request,
  includeNotKeys: boolean
): Array<KeyPosition> | undefined => {
  const found: Array<KeyPosition> = []
  for (const spec of specs) {
    if (!includeNotKeys && spec.flags.includes("not_key")) continue
    if (spec.begin === "unknown" || spec.find === "unknown") return undefined
    let first = "index" in spec.begin ? spec.begin.index : behindKeyword(spec.begin, request)
    if (first === 0) continue
    let last: number
    if ("lastKey" in spec.find) {
      const { lastKey, limit } = spec.find
      if (lastKey >= 0) last = first + lastKey
      else if (limit === 0) last = request.count + lastKey
      else last = first + Math.trunc((request.count - first) / limit) + lastKey
    } else {
      const at = first + spec.find.keyNumIndex
      const count = at < request.count
        ? Integers.parse(request.buffer(at), request.start(at), request.end(at))
        : undefined
      if (count === undefined || count < 0) return undefined
      first += spec.find.firstKey
      last = (first + (wrapped(count) - 1) * spec.find.step) | 0
    }
    if (last < first || last >= request.count) return undefined
    for (let index = first; index <= last; index += spec.find.step) found.push({ index, flags: spec.flags })
    if (spec.flags.includes("incomplete")) return undefined
  }
  return found
}

/** A count of keys as Redis has it, whose `int` keeps the lowest bits. */
const wrapped = (count: Integers.Integer): number => Integers.lowHalf(count) | 0

/** What C's `atoi` makes of a text. */
const leadingInteger = (text: string): number => {
  const digits = BigInt(/^[ \t-\r]*([+-]?\d+)/.exec(text)?.[1] ?? 0)
  return wrapped(digits > Integers.max ? Integers.max : digits < Integers.min ? Integers.min : digits)
}

/** The argument behind a keyword, or 0. A negative `startFrom` counts from the end and goes backwards. */
const behindKeyword = (begin: { readonly keyword: string; readonly startFrom: number }, request: Request): number => {
  if (begin.startFrom > 0) {
    for (let index = begin.startFrom; index < request.count - 1; index++) {
      if (request.is(index, begin.keyword)) return index + 1
    }
  } else {
    for (let index = request.count + begin.startFrom; index > 1; index--) {
      if (request.is(index, begin.keyword)) return index + 1
    }
  }
  return 0
}

/**
 * What Redis falls back to for a count of keys that is no proper number: its leading digits count, and a destination
 * comes behind the keys. Nothing is known about the use of the keys.
 */
const byCount = (specs: ReadonlyArray<KeySpec>, request: Request): ReadonlyArray<KeyPosition> => {
  const found: Array<KeyPosition> = []
  const destinations: Array<KeyPosition> = []
  for (const { begin, find } of specs) {
    if (begin === "unknown" || find === "unknown" || !("index" in begin)) return []
    if ("lastKey" in find) {
      destinations.push({ index: begin.index, flags: [] })
      continue
    }
    const at = begin.index + find.keyNumIndex
    const first = begin.index + find.firstKey
    const count = at < request.count ? leadingInteger(request.latin1(at)) : 0
    if (!(count >= 1 && count <= Math.trunc((request.count - first) / find.step))) return []
    for (let key = 0; key < count; key++) found.push({ index: first + key * find.step, flags: [] })
  }
  return found.length === 0 ? [] : [...found, ...destinations]
}

// ---- commands whose specs do not tell all: `Spec.getKeys`

/** SET reads its key only with GET. */
export const setKeys = (request: Request): ReadonlyArray<KeyPosition> => {
  for (let index = 3; index < request.count; index++) {
    if (request.is(index, "GET")) return [{ index: 1, flags: ["RW", "access", "update"] }]
  }
  return [{ index: 1, flags: ["OW", "update"] }]
}

/** BITFIELD writes its key unless there are only GETs. */
export const bitfieldKeys = (request: Request): ReadonlyArray<KeyPosition> => {
  let index = 2
  while (index < request.count) {
    const left = request.count - index - 1
    if (request.is(index, "GET") && left >= 2) index += 3
    else if (request.is(index, "OVERFLOW") && left >= 1) index += 2
    else return [{ index: 1, flags: ["RW", "access", "update"] }]
  }
  return [{ index: 1, flags: ["RO", "access"] }]
}

/** SORT's last STORE counts. */
export const sortKeys = (request: Request): ReadonlyArray<KeyPosition> => {
  let store = 0
  for (let index = 2; index < request.count; index++) {
    if (request.is(index, "LIMIT")) index += 2
    else if (request.is(index, "GET") || request.is(index, "BY")) index++
    else if (request.is(index, "STORE") && index + 1 < request.count) store = index + 1
  }
  const source: KeyPosition = { index: 1, flags: ["RO", "access"] }
  return store === 0 ? [source] : [source, { index: store, flags: ["OW", "update"] }]
}

/** SORT_RO stores nothing. */
export const sortReadOnlyKeys = (): ReadonlyArray<KeyPosition> => [{ index: 1, flags: ["RO", "access"] }]

/** XREAD's keys are the first half of what follows STREAMS, unless something else stands before it than its options. */
export const xreadKeys = (request: Request): ReadonlyArray<KeyPosition> => {
  let index = 1
  for (; index < request.count && !request.is(index, "STREAMS"); index++) {
    if (request.is(index, "BLOCK") || request.is(index, "COUNT")) index++
    else if (request.is(index, "GROUP")) index += 2
    else if (!request.is(index, "NOACK")) return []
  }
  const given = request.count - index - 1
  if (given < 2 || given % 2 !== 0) return []
  return Array.from({ length: given / 2 }, (_, key) => ({ index: index + 1 + key, flags: ["RO", "access"] }))
}

/** MIGRATE has one key, or an empty one and KEYS with the rest of the arguments. */
export const migrateKeys = (request: Request): ReadonlyArray<KeyPosition> => {
  const flags: ReadonlyArray<KeyFlag> = ["RW", "access", "delete"]
  for (let index = 6; index < request.count; index++) {
    if (request.is(index, "KEYS")) {
      if (request.length(3) > 0) return []
      return Array.from({ length: request.count - index - 1 }, (_, key) => ({ index: index + 1 + key, flags }))
    }
    if (request.is(index, "AUTH")) index++
    else if (request.is(index, "AUTH2")) index += 2
  }
  return [{ index: 3, flags }]
}

// ---- the old triple

/** First key, last key and step as COMMAND INFO shows them, and whether they do not tell all (`movablekeys`). */
export interface LegacyRange {
  readonly firstKey: number
  readonly lastKey: number
  readonly step: number
  readonly movable: boolean
}

/**
 * Sums the key specs up as clients from before key specs expect it: neighbouring ranges of step 1 make one range, and
 * whatever does not fit makes the keys movable.
 */
export const legacyRange = (spec: Spec): LegacyRange => {
  const specs = spec.keys ?? []
  const [only] = specs
  if (only === undefined) return { firstKey: 0, lastKey: 0, step: 0, movable: false }
  const single = specs.length === 1 ? plainRange(only) : undefined
  if (single !== undefined) {
    return { firstKey: single.first, lastKey: single.last, step: single.step, movable: isIncomplete(only) }
  }
  let firstKey = 0
  let lastKey = 0
  let movable = false
  for (const each of specs) {
    const range = plainRange(each)
    if (range === undefined || range.step !== 1 || (lastKey !== 0 && lastKey !== range.first - 1)) {
      movable = true
      continue
    }
    movable ||= isIncomplete(each)
    if (firstKey === 0 || range.first < firstKey) firstKey = range.first
    // A last key that counts from the end is negative: as an unsigned number it is behind any other
    if (range.last >>> 0 > lastKey >>> 0) lastKey = range.last
  }
  if (firstKey === 0) return { firstKey: 0, lastKey: 0, step: 0, movable: true }
  return { firstKey, lastKey, step: 1, movable }
}

const isIncomplete = (spec: KeySpec): boolean => spec.flags.includes("incomplete")

const plainRange = ({ begin, find }: KeySpec) => {
  if (begin === "unknown" || find === "unknown" || !("index" in begin) || !("lastKey" in find)) return undefined
  const last = find.lastKey < 0 ? find.lastKey : begin.index + find.lastKey
  return { first: begin.index, last, step: find.step }
}
