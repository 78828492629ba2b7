/** Draws from a seeded generator, in the ways that the sequences need. */
import type { Random } from "../memory/Random.ts"

/** Something that makes a value when its turn comes. */
export type Source<Context> = (context: Context) => string

export const chance = (next: Random, probability: number): boolean => next.below(1_000_000) < probability * 1_000_000

/** An integer in [from, to]. */
export const between = (next: Random, from: number, to: number): number => from + next.below(to - from + 1)

/** 1 mostly, more ever less often. */
export const few = (next: Random, most: number): number => {
  let count = 1
  while (count < most && chance(next, 0.4)) count++
  return count
}

export const shuffle = <A>(next: Random, items: Array<A>): Array<A> => {
  for (let i = items.length - 1; i > 0; i--) {
    const j = next.below(i + 1)
    const held = items[i] as A // both indices are within the array
    items[i] = items[j] as A
    items[j] = held
  }
  return items
}

/** Picks by weight in O(log n), for tables that are drawn from hundreds of thousands of times. */
export const weighted = <A>(items: ReadonlyArray<A>, weight: (item: A) => number): (next: Random) => A => {
  const sums: Array<number> = []
  let total = 0
  for (const item of items) sums.push(total += weight(item))
  return (next) => {
    const at = next.below(1_000_000_000) / 1_000_000_000 * total
    let low = 0
    let high = items.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sums[middle] ?? 0) > at) high = middle
      else low = middle + 1
    }
    return items[low] as A // low stays within the array
  }
}
