/** Ranges of a sorted set: by score, by text, and the places that they come to. */
import * as Bytes from "../../memory/Bytes.ts"

/** A member, valid during the call, and its score. */
export type Visit = (bytes: Uint8Array, start: number, end: number, score: number) => void

/** Places from `from` on, without `to`. */
export interface Interval {
  readonly from: number
  readonly to: number
}

export const nowhere: Interval = { from: 0, to: 0 }

export interface ScoreRange {
  readonly min: number
  readonly minExclusive: boolean
  readonly max: number
  readonly maxExclusive: boolean
}

/** An end of a range of texts. `-` and `+` are `infinite`: before and behind every text. */
export interface LexBound {
  readonly infinite: -1 | 0 | 1
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  readonly exclusive: boolean
}

export interface LexRange {
  readonly min: LexBound
  readonly max: LexBound
}

/** Compares a text with a bound. */
const compareText = (bytes: Uint8Array, start: number, end: number, bound: LexBound): number =>
  bound.infinite === 0 ? Bytes.compare(bytes, start, end, bound.bytes, bound.start, bound.end) : -bound.infinite

/** Whether a text is not before the range. */
export const isFrom = (bytes: Uint8Array, start: number, end: number, { min }: LexRange): boolean => {
  const order = compareText(bytes, start, end, min)
  return min.exclusive ? order > 0 : order >= 0
}

/** Whether a text is not behind the range. */
export const isUpTo = (bytes: Uint8Array, start: number, end: number, { max }: LexRange): boolean => {
  const order = compareText(bytes, start, end, max)
  return max.exclusive ? order < 0 : order <= 0
}

/** Whether no text can lie in the range. */
export const isEmpty = ({ max, min }: LexRange): boolean => {
  if (min.infinite !== 0 || max.infinite !== 0) return min.infinite >= max.infinite
  const order = compareText(min.bytes, min.start, min.end, max)
  return order > 0 || (order === 0 && (min.exclusive || max.exclusive))
}
