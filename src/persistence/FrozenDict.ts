/**
 * A big hash, set or sorted set as it was at one moment. Its dictionary is walked in slices; an element that is added or
 * changed ahead of the walk is noted and passed over, what it was before is written at once, to be put in between.
 *
 * It needs no marks in the elements: `ByteDict.scan` comes by in the order of their places, so that the walk's own place
 * tells what is behind it, however the table has grown or shrunk.
 */
import { byteOf, type Ref, segmentOf, wordOf } from "../memory/Arena.ts"
import { type ByteDict, KEY_LENGTH_WORD, placeOf, type Witness } from "../memory/ByteDict.ts"
import type { Keyspace } from "../store/Keyspace.ts"
import type { Frozen } from "./Codec.ts"
import { RdbOutput } from "./RdbOutput.ts"

/** Fewer elements are written at once. */
const LEAST = 2000
const BUCKETS_PER_STEP = 32
/** Behind every place. */
const END = 2 ** 32

/** How the elements of a dictionary are written; `keyOffset` is where their keys begin. */
export interface Elements {
  readonly keyOffset: number
  readonly write: (out: RdbOutput, space: Keyspace, ref: Ref) => void
}

/** Holds the elements of a dictionary; undefined when they are few. */
export const freeze = (space: Keyspace, dict: ByteDict, elements: Elements): Frozen | undefined =>
  dict.size < LEAST || dict.witness !== undefined ? undefined : new FrozenDict(space, dict, elements)

class FrozenDict implements Frozen, Witness {
  private readonly space: Keyspace
  private readonly dict: ByteDict
  private readonly elements: Elements
  private readonly size: number
  /** What the walk has come by: every place below. */
  private place = 0
  /** Keys ahead of the walk that were added or changed, a character per byte; and their hashes, which are looked at first. */
  private readonly noted = new Set<string>()
  private readonly hashes = new Set<number>()
  private readonly before: RdbOutput

  constructor(space: Keyspace, dict: ByteDict, elements: Elements) {
    this.space = space
    this.dict = dict
    this.elements = elements
    this.size = dict.size
    this.before = new RdbOutput({ compress: () => false })
    dict.witness = this
  }

  added(ref: Ref, code: number): void {
    if (this.isAhead(code)) this.note(ref, code)
  }

  changing(ref: Ref, code: number): void {
    if (!this.isAhead(code) || this.isNoted(ref, code)) return
    this.note(ref, code)
    this.elements.write(this.before, this.space, ref)
  }

  private note(ref: Ref, code: number): void {
    this.noted.add(this.keyOf(ref))
    this.hashes.add(code | 0)
  }

  private isNoted(ref: Ref, code: number): boolean {
    return this.hashes.has(code | 0) && this.noted.has(this.keyOf(ref))
  }

  private isAhead(code: number): boolean {
    return placeOf(code) >= this.place
  }

  private keyOf(ref: Ref): string {
    const { arena } = this.space
    const segment = segmentOf(ref)
    const bytes = arena.u8[segment] as Uint8Array
    const start = bytes.byteOffset + byteOf(ref) + this.elements.keyOffset
    const length = (arena.u32[segment] as Uint32Array)[wordOf(ref) + KEY_LENGTH_WORD] as number
    return Buffer.from(bytes.buffer, start, length).toString("latin1")
  }

  *write(out: RdbOutput): Generator<void> {
    const { dict, elements, space } = this
    out.length(this.size)
    let cursor = 0
    do {
      for (let buckets = 0; buckets < BUCKETS_PER_STEP; buckets++) {
        const { place } = this
        cursor = dict.scan(cursor, (ref) => {
          // After the table has shrunk, a bucket also has what was in others that are done.
          const code = dict.codeOf(ref)
          if (placeOf(code) >= place && !this.isNoted(ref, code)) elements.write(out, space, ref)
        })
        this.place = cursor === 0 ? END : placeOf(cursor)
        if (cursor === 0) break
      }
      out.append(this.before)
      yield
    } while (cursor !== 0)
    out.append(this.before)
  }

  thaw(): void {
    if (this.dict.witness === this) this.dict.witness = undefined
  }
}
