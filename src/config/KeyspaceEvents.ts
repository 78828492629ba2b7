/** The classes of keyspace events as bits, and their letters in `notify-keyspace-events`. */

/** One bit for each class of events. */
export const Class = {
  keyspace: 1 << 0,
  keyevent: 1 << 1,
  generic: 1 << 2,
  string: 1 << 3,
  list: 1 << 4,
  set: 1 << 5,
  hash: 1 << 6,
  zset: 1 << 7,
  expired: 1 << 8,
  evicted: 1 << 9,
  stream: 1 << 10,
  keyMiss: 1 << 11,
  module: 1 << 13,
  new: 1 << 14
} as const

// In the order in which Redis prints them
const COMMON: ReadonlyArray<readonly [letter: string, bit: number]> = [
  ["g", Class.generic],
  ["$", Class.string],
  ["l", Class.list],
  ["s", Class.set],
  ["h", Class.hash],
  ["z", Class.zset],
  ["x", Class.expired],
  ["e", Class.evicted],
  ["t", Class.stream],
  ["d", Class.module]
]
const KEYSPACE = ["K", Class.keyspace] as const
const KEYEVENT = ["E", Class.keyevent] as const
const KEY_MISS = ["m", Class.keyMiss] as const
const NEW = ["n", Class.new] as const
const EVERY = [...COMMON, KEYSPACE, KEYEVENT, KEY_MISS, NEW]

/** The classes of the letter `A`. */
export const ALL = COMMON.reduce((mask, [, bit]) => mask | bit, 0)

/** Reads the letters up to a NUL; nothing when one of them is unknown. */
export const parse = (letters: string): number | undefined => {
  let mask = 0
  for (const letter of letters) {
    if (letter === "\0") break
    const bit = letter === "A" ? ALL : EVERY.find(([known]) => known === letter)?.[1]
    if (bit === undefined) return undefined
    mask |= bit
  }
  return mask
}

/** Writes the letters in Redis's order; `n` is lost beside `A`, as there. */
export const print = (mask: number): string => {
  const letters = (list: ReadonlyArray<readonly [string, number]>) =>
    list.filter(([, bit]) => (mask & bit) !== 0).map(([letter]) => letter).join("")
  const common = (mask & ALL) === ALL ? "A" : letters([...COMMON, NEW])
  return common + letters([KEYSPACE, KEYEVENT, KEY_MISS])
}
