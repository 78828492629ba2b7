/**
 * What RDB data asks of a type of value: to be written, now or as it was at a certain moment, and to be read, whatever
 * the version that wrote it. One file for each type in `codecs/`, listed in `Codecs.ts`. Strings live in their entries
 * and have their own way (`codecs/Strings.ts`).
 */
import type { Encoding, Type } from "../store/Entry.ts"
import type { Keyspace } from "../store/Keyspace.ts"
import type { RdbInput } from "./RdbInput.ts"
import type { RdbOutput } from "./RdbOutput.ts"

export interface Codec {
  readonly type: Type
  /** The `RdbType` under which a value is written: by its encoding. */
  readonly rdbType: (encoding: Encoding) => number
  /** Writes a value wholly; type and key are written already. */
  readonly save: (out: RdbOutput, space: Keyspace, encoding: Encoding, value: number) => void
  /**
   * Holds a big value as it is now, to be written in slices while it is changed. Undefined for one that takes no longer
   * than a millisecond to `save`: for types of which all are so, leave it out.
   */
  readonly freeze?: (space: Keyspace, encoding: Encoding, value: number) => Frozen | undefined
  /** How to read each `RdbType` that holds this type. */
  readonly loaders: Readonly<Record<number, Loader>>
}

/** A big value as it was when `Codec.freeze` was called, whatever is done to it until `thaw`. */
export interface Frozen {
  /** Writes the value; yields after about 64 KB or a millisecond. Consumed once, or not at all. */
  readonly write: (out: RdbOutput) => Iterator<void>
  /** The value need not be held any longer. It may be deleted by then: then it is released after this. */
  readonly thaw: () => void
}

/**
 * Reads a value into `target`. A generator: it yields whenever an element is not there wholly
 * (`while (!input.tryString()) yield`), and goes on when more has arrived. Bytes that make no sense throw a `Corruption`,
 * a value without elements throws `emptyValue`. Nothing is trusted: `Listpack.validate(..., true)` before walking.
 */
export type Loader = (input: RdbInput, target: Target) => Generator<void, void>

/**
 * Where a value that is being read goes. As soon as it holds memory `encoding` and `value` say so, that it can be
 * released in case the rest is corrupt.
 */
export class Target {
  readonly space: Keyspace
  encoding: Encoding = 0
  /** The value word: a blob or a handle; 0: nothing yet. */
  value = 0
  /** Whether to look for what only makes no sense, such as fields that come twice: `sanitize-dump-payload`. */
  readonly thorough: boolean
  /** Unix milliseconds, for what a file of an older version does not say. */
  readonly now: number

  constructor(space: Keyspace, thorough: boolean) {
    this.space = space
    this.thorough = thorough
    this.now = space.state.now
  }
}
