/**
 * The keys that the next requests of a pipeline will look up, hashed ahead of them. While the first of these requests
 * run, the entries of the others are on their way into the processor's cache (`ByteDict.prefetch`): with a million
 * random keys that makes a pipeline of 16 GETs a third cheaper. When the requests all name the same key, and that is a
 * big hash, set or sorted set, it is their fields or members that are looked for ahead.
 */
import { type ByteDict, MOST_PREFETCHED } from "../memory/ByteDict.ts"
import * as Bytes from "../memory/Bytes.ts"
import type { Database } from "./Database.ts"
import { VALUE_WORD } from "./Entry.ts"

/** Fewer entries stay in the cache by themselves. */
export const WORTHWHILE = 8192
const ENDLESS = 0x3fffffff

/** Input that has come. */
export interface Input {
  /** The bytes in which the next requests lie. */
  readonly chunk: Uint8Array
  /** Notes where the first two arguments of at most `most` requests lie, and returns how many requests it found. */
  readonly lookAhead: (ranges: KeysAhead, most: number) => number
}

export class KeysAhead {
  /** Where the requests' first and second arguments lie in the chunk. */
  readonly keyStarts = new Int32Array(MOST_PREFETCHED)
  readonly keyEnds = new Int32Array(MOST_PREFETCHED)
  readonly memberStarts = new Int32Array(MOST_PREFETCHED)
  readonly memberEnds = new Int32Array(MOST_PREFETCHED)
  private readonly codes = new Int32Array(MOST_PREFETCHED)
  /** Room for the hashes of members that will be popped next. */
  readonly popCodes = new Int32Array(MOST_PREFETCHED)
  /** Where the arguments lie whose hashes are known: the keys, or the members. */
  private starts: Int32Array = this.keyStarts
  private ends: Int32Array = this.keyEnds
  /** The chunk; undefined when nothing is known. */
  private bytes: Uint8Array | undefined = undefined
  /** The request at hand, and how many there are until it is time to look ahead again. */
  private at = 0
  private count = 0

  /** Goes on to the next request; false when it is time to look ahead again. */
  next(): boolean {
    return ++this.at < this.count
  }

  /** Looks ahead, where that is worthwhile in this database. The input stays as it is until `end`. */
  look(db: Database, input: Input): void {
    this.bytes = undefined
    this.at = 0
    const hasManyKeys = db.dict.size >= WORTHWHILE
    if (!hasManyKeys && !db.space.hasBigDicts) {
      this.count = ENDLESS
      return
    }
    const { chunk } = input
    this.count = input.lookAhead(this, 2)
    if (this.count < 2) return
    if (this.isSameKey(chunk, 1)) this.lookForMembers(db, input, chunk)
    else if (hasManyKeys) {
      this.count = input.lookAhead(this, MOST_PREFETCHED)
      this.fetch(db.dict, chunk, this.keyStarts, this.keyEnds)
    } else this.count = MOST_PREFETCHED
  }

  /** Whether a request names the same key as the first one. */
  private isSameKey(bytes: Uint8Array, index: number): boolean {
    const start = this.keyStarts[0] as number
    const length = (this.keyEnds[0] as number) - start
    const other = this.keyStarts[index] as number
    return (this.keyEnds[index] as number) - other === length && Bytes.equal(bytes, start, bytes, other, length)
  }

  private lookForMembers(db: Database, input: Input, chunk: Uint8Array): void {
    const ref = db.findAny(chunk, this.keyStarts[0] as number, this.keyEnds[0] as number)
    const dict = ref === 0
      ? undefined
      : db.space.types[db.type(ref)]?.dict?.(db.space, db.encoding(ref), db.word(ref, VALUE_WORD))
    this.count = MOST_PREFETCHED
    if (dict === undefined || dict.size < WORTHWHILE || this.memberEnds[0] === 0) return
    const found = input.lookAhead(this, MOST_PREFETCHED)
    let same = 2
    while (same < found && this.isSameKey(chunk, same)) same++
    this.count = same
    this.fetch(dict, chunk, this.memberStarts, this.memberEnds)
  }

  /** Hashes the arguments of `count` requests and fetches the entries that they name in a dictionary. */
  private fetch(dict: ByteDict, bytes: Uint8Array, starts: Int32Array, ends: Int32Array): void {
    const { codes, count } = this
    for (let i = 0; i < count; i++) codes[i] = dict.hash(bytes, starts[i] as number, ends[i] as number)
    dict.prefetch(codes, count)
    this.bytes = bytes
    this.starts = starts
    this.ends = ends
  }

  /** Forgets the keys. */
  end(): void {
    this.bytes = undefined
    this.at = this.count = 0
  }

  /** The hash of a key, field or member: all dictionaries of a keyspace have the same. */
  hash(dict: ByteDict, bytes: Uint8Array, start: number, end: number): number {
    const { at } = this
    return bytes === this.bytes && this.starts[at] === start && this.ends[at] === end
      ? this.codes[at] as number
      : dict.hash(bytes, start, end)
  }
}
