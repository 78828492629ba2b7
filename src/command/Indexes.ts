/** Positions in a value as clients give them: from 0 on, or from the end when negative. */
import type { Integer } from "../memory/Integers.ts"

/** A position as one from the start, of a value that has `length`; not below 0, but possibly beyond the end. */
export const fromStart = (index: Integer, length: number): number =>
  index < 0 ? Math.max(0, length + Number(index)) : Number(index)
