/**
 * A big hash, set or sorted set as it was at one moment. Its dictionary is walked in slices; before an element ahead of
 * the walk is added or changed, those around it are written at once, to be put in between, and passed over by the walk.
 *
 * It needs no marks in the elements: `ByteDict.scan` comes by in the order of their places, so that the walk's own place
 * tells what is behind it, however the table has grown or shrunk. Places are divided into stretches of a few elements,
 * and a bit tells of each whether it is written: a million writes leave nothing for the garbage collector.
 */
import type { Ref } from "../memory/Arena.ts"
import { type ByteDict, placeOf, type Witness } from "../memory/ByteDict.ts"
import type { Keyspace } from "../store/Keyspace.ts"
import type { Frozen } from "./Codec.ts"
import { RdbOutput } from "./RdbOutput.ts"

/** Fewer elements are written at once. */
const LEAST = 2000
const BUCKETS_PER_STEP = 32
/** Elements of a stretch, about: those of a bucket. */
const STRETCH = 8
/** Behind every place. */
const END = 2 ** 32

/** How the elements of a dictionary are written. */
export interface Elements {
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
  /** How far a place is to be shifted to get the number of its stretch. */
  private readonly shift: number
  /** A bit for each stretch: whether it is written, or need not be. */
  private readonly written: Uint8Array
  private readonly before: RdbOutput

  constructor(space: Keyspace, dict: ByteDict, elements: Elements) {
    this.space = space
    this.dict = dict
    this.elements = elements
    this.size = dict.size
    const bits = Math.ceil(Math.log2(dict.size / STRETCH))
    this.shift = 32 - bits
    this.written = new Uint8Array(2 ** bits / 8)
    this.before = new RdbOutput({ compress: () => false })
    dict.witness = this
  }

  added(ref: Ref, code: number): void {
    if (this.isAhead(code)) this.writeStretch(placeOf(code) >>> this.shift, ref)
  }

  changing(_ref: Ref, code: number): void {
    if (this.isAhead(code)) this.writeStretch(placeOf(code) >>> this.shift, 0)
  }

  /** Whether what has this hash is neither behind the walk nor written. */
  private isAhead(code: number): boolean {
    const place = placeOf(code)
    const stretch = place >>> this.shift
    return place >= this.place && ((this.written[stretch >>> 3] as number) & (1 << (stretch & 7))) === 0
  }

  /** Writes what is ahead in a stretch as it is, except for one element, which is new. */
  private writeStretch(stretch: number, except: Ref): void {
    const { before, dict, elements, shift, space } = this
    // Cursors are places with their bits reversed.
    let cursor = placeOf(stretch << shift)
    do {
      cursor = dict.scan(cursor, (ref) => {
        if (ref === except) return
        const code = dict.codeOf(ref)
        if (placeOf(code) >>> shift === stretch && placeOf(code) >= this.place) elements.write(before, space, ref)
      })
    } while (cursor !== 0 && placeOf(cursor) >>> shift === stretch)
    this.written[stretch >>> 3] = (this.written[stretch >>> 3] as number) | (1 << (stretch & 7))
  }

  *write(out: RdbOutput): Generator<void> {
    const { dict, elements, space } = this
    out.length(this.size)
    let cursor = 0
    do {
      for (let buckets = 0; buckets < BUCKETS_PER_STEP; buckets++) {
        cursor = dict.scan(cursor, (ref) => {
          // After the table has shrunk, a bucket also has what was in others that are done.
          if (this.isAhead(dict.codeOf(ref))) elements.write(out, space, ref)
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
