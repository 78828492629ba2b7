/**
 * What the keyspace asks of a type of value, whatever the type; the commands of its family know the rest. A value is
 * named by its encoding and its value word: a blob of the arena for packed encodings, else a handle of `Keyspace`.
 * Strings live in their entries and need none of this.
 */
import type { ByteDict } from "../memory/ByteDict.ts"
import type { Encoding, Type } from "./Entry.ts"
import type { Keyspace } from "./Keyspace.ts"

export interface ValueType {
  readonly type: Type
  /** As OBJECT ENCODING answers. */
  readonly encodingName: (space: Keyspace, encoding: Encoding, value: number) => string
  /** Gives the value back; yields after at most some hundred steps, so that huge ones can be released in slices. */
  readonly release: (space: Keyspace, encoding: Encoding, value: number) => Iterable<void>
  /** About how many steps `release` takes; UNLINK leaves more than 64 to the background. */
  readonly releaseEffort: (space: Keyspace, encoding: Encoding, value: number) => number
  /** Makes a deep copy and returns its value word; the encoding stays. */
  readonly copy: (space: Keyspace, encoding: Encoding, value: number) => number
  /** Bytes of the value, beside the entry's own blob. `samples`: how many elements to look at, 0 for all. */
  readonly bytes: (space: Keyspace, encoding: Encoding, value: number, samples: number) => number
  /** The dictionary of a value's members or fields, for types that have one once they are big. */
  readonly dict?: (space: Keyspace, encoding: Encoding, value: number) => ByteDict | undefined
  /** Feeds DEBUG DIGEST as Redis's `xorObjectDigest` does. */
  readonly digest: (space: Keyspace, encoding: Encoding, value: number, sink: DigestSink) => void
}

/**
 * Where a value goes to be digested, as DEBUG DIGEST does it: elements whose order counts (lists, streams) are mixed in,
 * those of unordered types xored.
 */
export interface DigestSink {
  /** Mixes bytes into the value's digest: order counts. */
  readonly mix: (bytes: Uint8Array) => void
  /** Xors the hash of bytes into the value's digest: a set's member. */
  readonly xor: (bytes: Uint8Array) => void
  /** Xors in the digest that `parts` give when they are mixed in order: a hash's field and value, a member and its score. */
  readonly xorMixed: (...parts: ReadonlyArray<Uint8Array>) => void
}
