/** Strings in RDB data. Huge ones are lent to the writer, as they are to replies, and so need not be copied. */
import type { Ref } from "../../memory/Arena.ts"
import type { Database } from "../../store/Database.ts"
import * as Strings from "../../store/types/Strings.ts"
import type { Frozen } from "../Codec.ts"
import type { RdbOutput } from "../RdbOutput.ts"

/** Writes the string of an entry. */
export const save = (out: RdbOutput, db: Database, ref: Ref): void => {
  const start = Strings.start(db, ref)
  out.string(Strings.bytes(db, ref), start, start + Strings.length(db, ref))
}

/** Holds a huge string; undefined for one that is written at once. */
export const freeze = (db: Database, ref: Ref): Frozen | undefined => {
  const bytes = Strings.lend(db, ref)
  return bytes === undefined ? undefined : lent(bytes)
}

// Apart, because a function that is made in another costs each call of that one the memory for what it may see
const lent = (bytes: Uint8Array): Frozen => ({ write: (out) => out.longString(bytes), thaw: () => {} })
