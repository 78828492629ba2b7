/** What the sorted set commands read from their arguments: ranges, their bounds, counts. */
import * as CommandError from "../command/CommandError.ts"
import type { Request } from "../command/Request.ts"
import * as Doubles from "../memory/Doubles.ts"
import type { SortedSet } from "../store/types/SortedSet.ts"
import { type Interval, type LexBound, type LexRange, nowhere, type ScoreRange } from "../store/types/SortedSetRange.ts"

const PAREN = 0x28
const BRACKET = 0x5b

/** Tells which members of a set a range means, the first `offset` left out. */
export type Range = (set: SortedSet, backwards: boolean, offset: number) => Interval

// ---- by place

/** From place to place, negative ones counting from the end; `backwards`, places count from the highest score. */
export const rankRange = (request: Request, index: number): Range => {
  const first = Number(request.integer(index))
  const last = Number(request.integer(index + 1))
  return ({ length }, backwards) => {
    const from = Math.max(0, first < 0 ? length + first : first)
    const to = Math.min(length, (last < 0 ? length + last : last) + 1)
    if (from >= to) return nowhere
    return backwards ? { from: length - to, to: length - from } : { from, to }
  }
}

// ---- by score

const notAFloat = CommandError.make("ERR min or max is not a float")

const scoreBound = (request: Request, index: number, isExclusive: boolean): number => {
  const start = request.start(index) + (isExclusive ? 1 : 0)
  const bound = Doubles.parseBound(request.buffer(index), start, request.end(index))
  if (bound === undefined) throw notAFloat
  return bound
}

const startsWith = (request: Request, index: number, byte: number): boolean =>
  request.length(index) > 0 && request.buffer(index)[request.start(index)] === byte

/** From the score at `minAt` to the one at `maxAt`. */
export const scoreRange = (request: Request, minAt: number, maxAt: number): Range => {
  const minExclusive = startsWith(request, minAt, PAREN)
  const maxExclusive = startsWith(request, maxAt, PAREN)
  const min = scoreBound(request, minAt, minExclusive)
  const max = scoreBound(request, maxAt, maxExclusive)
  const range: ScoreRange = { min, minExclusive, max, maxExclusive }
  return (set, backwards, offset) => without(scoreInterval(set, range), offset, backwards)
}

export const scoreInterval = (set: SortedSet, range: ScoreRange): Interval => {
  const from = set.countBelow(range.min, range.minExclusive)
  const to = set.countBelow(range.max, !range.maxExclusive)
  return from < to ? { from, to } : nowhere
}

// ---- by text

const notAText = CommandError.make("ERR min or max not valid string range item")

const lexBound = (request: Request, index: number): LexBound => {
  const bytes = request.buffer(index)
  const start = request.start(index)
  const end = request.end(index)
  const kind = start < end ? bytes[start] : 0
  if (kind === BRACKET || kind === PAREN) {
    return { infinite: 0, bytes, start: start + 1, end, exclusive: kind === PAREN }
  }
  // What stands behind a NUL does not count.
  const isAlone = end === start + 1 || bytes[start + 1] === 0
  if (!isAlone || (kind !== 0x2b && kind !== 0x2d)) throw notAText
  return { infinite: kind === 0x2b ? 1 : -1, bytes, start, end, exclusive: true }
}

/** From the text at `minAt` to the one at `maxAt`. */
export const lexRange = (request: Request, minAt: number, maxAt: number): Range => {
  const range: LexRange = { min: lexBound(request, minAt), max: lexBound(request, maxAt) }
  return (set, backwards, offset) => set.between(range, backwards, offset)
}

// ---- parts of ranges

/** An interval without its first members, or backwards without its last ones. */
const without = ({ from, to }: Interval, count: number, backwards: boolean): Interval => {
  if (count >= to - from) return nowhere
  return backwards ? { from, to: to - count } : { from: from + count, to }
}

/** The first members of an interval, or backwards the last ones. */
export const first = ({ from, to }: Interval, count: number, backwards: boolean): Interval => {
  if (count >= to - from) return { from, to }
  return backwards ? { from: to - count, to } : { from, to: from + count }
}

/** An argument that counts members. */
export const countAt = (request: Request, index: number): number => {
  const count = request.integer(index, CommandError.positiveOutOfRange)
  if (count < 0) throw CommandError.positiveOutOfRange
  return Number(count)
}
