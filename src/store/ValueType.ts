/**
 * What the keyspace asks of a type of value, whatever the type: the commands of a family know the rest.
 */
import type { Ref } from "../memory/Arena.ts"
import type { Database } from "./Database.ts"
import type { Type } from "./Entry.ts"

export interface ValueType {
  readonly type: Type
  /** As TYPE answers. */
  readonly name: string
  /** As OBJECT ENCODING answers. */
  readonly encoding: (db: Database, entry: Ref) => string
  /** Gives back all that hangs on the entry, not the entry itself. */
  readonly release: (db: Database, entry: Ref) => void
  /** About how many steps `release` takes; UNLINK leaves large ones to the background. */
  readonly releaseEffort: (db: Database, entry: Ref) => number
  /** Makes a deep copy for another entry and returns its value word and encoding. Strings are copied with their entry. */
  readonly copy: (db: Database, entry: Ref, target: Database) => { readonly value: number; readonly encoding: number }
  /** Bytes that hang on the entry beside its own blob. */
  readonly bytes: (db: Database, entry: Ref) => number
  /** Feeds DEBUG DIGEST: the value's parts, in the order and grouping that Redis uses. */
  readonly digest: (db: Database, entry: Ref, sink: DigestSink) => void
}

/** See `computeDatasetDigest` of Redis: unordered parts are xored, ordered ones mixed. */
export interface DigestSink {
  /** Mixes bytes into the value's digest: order counts. */
  readonly mix: (bytes: Uint8Array) => void
  /** Xors the digest of several byte strings, mixed with one another, into the value's: order does not count. */
  readonly xor: (...parts: ReadonlyArray<Uint8Array>) => void
}
