/**
 * Bentley's and McIlroy's quicksort ("Engineering a Sort Function", 1993), of which Redis uses a variant that puts only
 * some places in order. It is not stable, and where what is equal ends up can be seen in replies: so this takes the same
 * steps.
 */

export type Compare = (a: number, b: number) => number

/** Shorter runs are sorted by insertion. */
const SHORT = 7
/** Longer ones get a median of nine for their pivot. */
const LONG = 40

/** Sorts `items` so far that the places from `first` to `last` hold what belongs there. */
export const sort = (items: Array<number>, first: number, last: number, compare: Compare): void => {
  if (first <= last) sortRun(items, 0, items.length, first, last, compare)
}

const sortRun = (
  items: Array<number>,
  start: number,
  length: number,
  first: number,
  last: number,
  compare: Compare
): void => {
  const at = (index: number): number => items[index] as number
  let from = start
  let size = length
  for (;;) {
    const end = from + size
    if (size < SHORT) {
      for (let i = from + 1; i < end; i++) {
        for (let j = i; j > from && compare(at(j - 1), at(j)) > 0; j--) swap(items, j, j - 1)
      }
      return
    }
    swap(items, from, pivotOf(items, from, size, compare))
    // What equals the pivot gathers at both ends, the smaller and the greater grow towards each other.
    let equalLeft = from + 1
    let left = from + 1
    let right = end - 1
    let equalRight = end - 1
    for (;;) {
      for (let order; left <= right && (order = compare(at(left), at(from))) <= 0; left++) {
        if (order === 0) swap(items, equalLeft++, left)
      }
      for (let order; left <= right && (order = compare(at(right), at(from))) >= 0; right--) {
        if (order === 0) swap(items, right, equalRight--)
      }
      if (left > right) break
      swap(items, left++, right--)
    }
    const smaller = left - equalLeft
    const greater = equalRight - right
    swapRuns(items, from, left - Math.min(equalLeft - from, smaller), Math.min(equalLeft - from, smaller))
    const equals = Math.min(greater, end - 1 - equalRight)
    swapRuns(items, left, end - equals, equals)
    if (smaller > 1 && first < from + smaller && last >= from) sortRun(items, from, smaller, first, last, compare)
    if (greater <= 1 || last < end - greater || first >= end) return
    from = end - greater
    size = greater
  }
}

const pivotOf = (items: ReadonlyArray<number>, from: number, size: number, compare: Compare): number => {
  let middle = from + (size >> 1)
  if (size === SHORT) return middle
  let low = from
  let high = from + size - 1
  if (size > LONG) {
    const eighth = size >> 3
    low = median(items, low, low + eighth, low + 2 * eighth, compare)
    middle = median(items, middle - eighth, middle, middle + eighth, compare)
    high = median(items, high - 2 * eighth, high - eighth, high, compare)
  }
  return median(items, low, middle, high, compare)
}

/** Which of three places has the median. */
const median = (items: ReadonlyArray<number>, a: number, b: number, c: number, compare: Compare): number => {
  const order = (i: number, j: number): number => compare(items[i] as number, items[j] as number)
  if (order(a, b) < 0) return order(b, c) < 0 ? b : order(a, c) < 0 ? c : a
  return order(b, c) > 0 ? b : order(a, c) < 0 ? a : c
}

const swap = (items: Array<number>, i: number, j: number): void => {
  const item = items[i] as number
  items[i] = items[j] as number
  items[j] = item
}

const swapRuns = (items: Array<number>, i: number, j: number, count: number): void => {
  for (let k = 0; k < count; k++) swap(items, i + k, j + k)
}
