/** Every type whose values do not lie in their entries. */
import { HashType } from "./types/HashType.ts"
import { ListType } from "./types/ListType.ts"
import { SetType } from "./types/SetType.ts"
import { SortedSetType } from "./types/SortedSetType.ts"
import { StreamType } from "./types/StreamType.ts"
import type { ValueType } from "./ValueType.ts"

const types: ReadonlyArray<ValueType> = [HashType, ListType, SetType, SortedSetType, StreamType]

/** By type code. */
export const all: ReadonlyArray<ValueType | undefined> = Array.from(
  { length: 16 },
  (_, code) => types.find(({ type }) => type === code)
)
