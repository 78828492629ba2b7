/**
 * Who wants to see entries as they were at one moment while writes go on: a snapshot (`persistence/SnapshotWalk.ts`).
 *
 * Entries that are written while it is there carry `State.epochBits`; any other may be older than the moment, and is
 * shown to it before it changes.
 */
import type { Ref } from "../memory/Arena.ts"
import type { Database } from "./Database.ts"

export interface Recorder {
  /** An entry without the current epoch is about to change, or to go, itself or its value. */
  readonly before: (db: Database, ref: Ref) => void
  /**
   * A database is out of use and about to be released. True: it is needed yet, and `release` will be called when it is
   * not.
   */
  readonly keeps: (database: Database, release: () => void) => boolean
  /**
   * The value of an entry is about to be released. True: it is needed yet, and will be released by whom this is said to.
   */
  readonly keepsValue: (db: Database, ref: Ref) => boolean
}
