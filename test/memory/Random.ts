/** A seeded generator for the property tests of `memory/`: the same seed gives the same cases, fast and without Effect. */
export interface Random {
  readonly uint32: () => number
  /** An integer in [0, limit). */
  readonly below: (limit: number) => number
  readonly pick: <A>(values: ReadonlyArray<A>) => A
}

/** Mulberry32: 32 bits of state, good enough to scatter test cases. */
export const random = (seed: number): Random => {
  let state = seed | 0
  const uint32 = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (limit: number) => Math.floor((uint32() / 4294967296) * limit)
  return { uint32, below, pick: (values) => values[below(values.length)] as (typeof values)[number] }
}
