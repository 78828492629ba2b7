/** How sorted sets look in replies. Nothing is made per member. */
import type { Output } from "../resp/Output.ts"
import type { SortedSet } from "../store/types/SortedSet.ts"
import type { Interval } from "../store/types/SortedSetRange.ts"

/** Writes the head of an array of members, which RESP3 has as pairs where they come with their scores. */
export const head = (out: Output, count: number, withScores: boolean): void =>
  out.arrayHeader(withScores && out.resp === 2 ? count * 2 : count)

/** Writes a member of such an array. */
export const member = (
  out: Output,
  bytes: Uint8Array,
  start: number,
  end: number,
  score: number,
  withScores: boolean
): void => {
  if (withScores && out.resp === 3) out.arrayHeader(2)
  out.bulk(bytes, start, end)
  if (withScores) out.double(score)
}

/** Writes the members of an interval. */
export const members = (
  out: Output,
  set: SortedSet,
  { from, to }: Interval,
  backwards: boolean,
  withScores: boolean
): void => {
  head(out, to - from, withScores)
  set.visit(from, to, backwards, (bytes, start, end, score) => member(out, bytes, start, end, score, withScores))
}
