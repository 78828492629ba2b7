/**
 * What commands want of a sorted set, whatever its encoding. Places count from the member with the lowest score; an
 * interval of them includes `from` and not `to`.
 */

import type { Interval, LexRange, Visit } from "./SortedSetRange.ts"

export interface SortedSet {
  readonly length: number

  // ---- one member: `seek` goes to it, the others do something with what was found there

  /** Goes to a member and returns its score, NaN when it is none. */
  seek(bytes: Uint8Array, start: number, end: number): number
  /** The place of the member that was found. */
  rank(): number
  /** Gives the member that was found another score. */
  rescore(score: number): void
  /** Removes the member that was found. */
  remove(): void

  // ---- ranges

  /** How many members have a lower score, or with `inclusive` not a higher one. */
  countBelow(score: number, inclusive: boolean): number
  /**
   * The members between two texts, without the first `offset` (backwards: the last), provided that all have the same
   * score. Where they have not, what comes out depends on whence one looks; a small set then does what Redis does.
   */
  between(range: LexRange, backwards: boolean, offset: number): Interval
  /** Visits the members of an interval. The set must not be changed meanwhile. */
  visit(from: number, to: number, backwards: boolean, visit: Visit): void
  /** Removes the members of an interval. */
  removeRange(from: number, to: number): void

  /** As SCAN: visits members from a cursor on, about `count`, and returns the next cursor, 0 at the end. */
  scan(cursor: number, count: number, visit: Visit): number
}
