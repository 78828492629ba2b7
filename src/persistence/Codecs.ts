/** How each type of value is written and read. A type that is left out of this list cannot be saved. */
import type { Codec } from "./Codec.ts"
import { HashCodec } from "./codecs/Hashes.ts"
import { ListCodec } from "./codecs/Lists.ts"
import { SetCodec } from "./codecs/Sets.ts"
import { SortedSetCodec } from "./codecs/SortedSets.ts"
import { StreamCodec } from "./codecs/Streams.ts"

const all: ReadonlyArray<Codec> = [HashCodec, ListCodec, SetCodec, SortedSetCodec, StreamCodec]

/** By type code. */
export const byType: ReadonlyArray<Codec | undefined> = Array.from(
  { length: 16 },
  (_, code) => all.find(({ type }) => type === code)
)

/** By the `RdbType` that it reads. */
export const byRdbType: ReadonlyMap<number, Codec> = new Map(
  all.flatMap((codec) => Object.keys(codec.loaders).map((rdbType) => [Number(rdbType), codec] as const))
)
