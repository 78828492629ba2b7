/** What unions, intersections and differences are made of: sorted sets, and sets, whose members all have the score 1. */
import * as CommandError from "../command/CommandError.ts"
import type { Ref } from "../memory/Arena.ts"
import { Element } from "../memory/Listpack.ts"
import type { Database } from "../store/Database.ts"
import { Type } from "../store/Entry.ts"
import { PackedSortedSet } from "../store/types/PackedSortedSet.ts"
import { SetValue } from "../store/types/SetValue.ts"
import type { SortedSet } from "../store/types/SortedSet.ts"
import type { Visit } from "../store/types/SortedSetRange.ts"
import * as SortedSetType from "../store/types/SortedSetType.ts"

export interface Source {
  readonly length: number
  /** The score of a member, NaN when it is none. */
  readonly score: (bytes: Uint8Array, start: number, end: number) => number
  readonly forEach: (visit: Visit) => void
  /** As `forEach`, until the visitor says true. */
  readonly some: (visit: (bytes: Uint8Array, start: number, end: number, score: number) => boolean) => void
}

const empty: Source = { length: 0, score: () => NaN, forEach: () => {}, some: () => {} }

/** Sorted sets are visited in parts, between which one can stop. */
const PART = 64

const ofSortedSet = (set: SortedSet): Source => ({
  length: set.length,
  score: (bytes, start, end) => set.seek(bytes, start, end),
  forEach: (visit) => set.visit(0, set.length, false, visit),
  some: (visit) => {
    let found = false
    for (let from = 0; from < set.length; from += PART) {
      set.visit(from, Math.min(set.length, from + PART), false, (bytes, start, end, score) => {
        found ||= visit(bytes, start, end, score)
      })
      if (found) return
    }
  }
})

const ofSet = (set: SetValue): Source => {
  const element = new Element()
  const some: Source["some"] = (visit) => {
    set.somePlace((place) => {
      set.read(place, element).text()
      return visit(element.bytes, element.start, element.end, 1)
    })
  }
  return {
    length: set.length,
    score: (bytes, start, end) => set.has(bytes, start, end) ? 1 : NaN,
    forEach: (visit) =>
      some((bytes, start, end, score) => {
        visit(bytes, start, end, score)
        return false
      }),
    some
  }
}

/** The value of an entry, nothing for none; fails when it is neither a set nor a sorted set. */
export const of = (db: Database, ref: Ref): Source => {
  if (ref === 0) return empty
  const type = db.type(ref)
  // Each has a view of its own: they are looked at together.
  if (type === Type.zset) return ofSortedSet(SortedSetType.open(db, ref, new PackedSortedSet()))
  if (type === Type.set) return ofSet(new SetValue(db.space).open(db, ref))
  throw CommandError.wrongType
}
