/**
 * A dictionary of byte strings whose entries are blobs of an arena: the keyspace, and every big hash, set and sorted
 * set. It owns the chains, not the entries: callers allocate an entry, fill it in and link it.
 *
 * An entry begins with two words that belong to the dictionary: the next entry of its bucket, and its key's length.
 * What follows is the caller's, up to the key's bytes at `keyOffset`.
 *
 * Buckets double and halve stepwise, a few with every change, so that no single operation takes long whatever the
 * size. `scan` keeps Redis's guarantee (https://redis.io/commands/scan): what is there from start to end is seen.
 */
import type { Arena, Ref } from "./Arena.ts"
import { byteOf, segmentOf, wordOf } from "./Arena.ts"
import { hash, type HashSeed } from "./Hash.ts"

export const NEXT_WORD = 0
export const KEY_LENGTH_WORD = 1

const LEAST_BUCKETS = 4

export class ByteDict {
  /** Number of entries. */
  size = 0
  /** The table that is filled, and while it grows or shrinks the one that is emptied. */
  private table: Uint32Array = new Uint32Array(LEAST_BUCKETS)
  private old: Uint32Array | undefined = undefined
  /** Next bucket of `old` to move; `scan` counts on every lower one being empty. */
  private moving = 0
  /** Counts iterations under way that must see each entry once: buckets stay where they are meanwhile. */
  private pauses = 0

  private readonly arena: Arena
  private readonly seed: HashSeed
  private readonly keyOffset: number

  constructor(arena: Arena, seed: HashSeed, keyOffset: number) {
    this.arena = arena
    this.seed = seed
    this.keyOffset = keyOffset
  }

  hash(bytes: Uint8Array, start: number, end: number): number {
    return hash(this.seed, bytes, start, end)
  }

  /** The entry with that key, or 0. */
  find(bytes: Uint8Array, start: number, end: number): Ref {
    return this.findHashed(hash(this.seed, bytes, start, end), bytes, start, end)
  }

  /** `find` for a caller that needs the hash again. */
  findHashed(code: number, bytes: Uint8Array, start: number, end: number): Ref {
    const table = this.table
    const ref = this.findIn(table[code & (table.length - 1)] as number, bytes, start, end)
    if (ref !== 0 || this.old === undefined) return ref
    return this.findIn(this.old[code & (this.old.length - 1)] as number, bytes, start, end)
  }

  private findIn(head: Ref, bytes: Uint8Array, start: number, end: number): Ref {
    const arena = this.arena
    const length = end - start
    let ref = head
    while (ref !== 0) {
      const segment = segmentOf(ref)
      const words = arena.u32[segment] as Uint32Array
      const word = wordOf(ref)
      if (words[word + KEY_LENGTH_WORD] === length) {
        const u8 = arena.u8[segment] as Uint8Array
        const offset = byteOf(ref) + this.keyOffset - start
        // From the end: keys of one kind begin alike and end differently.
        let at = end - 1
        while (at >= start && u8[offset + at] === bytes[at]) at--
        if (at < start) return ref
      }
      ref = words[word + NEXT_WORD] as number
    }
    return 0
  }

  /** Links a new entry, whose key must not be there yet. */
  insert(ref: Ref, code: number): void {
    if (this.old !== undefined) this.step()
    else if (this.size >= this.table.length && this.pauses === 0) this.resize(this.table.length * 2)
    const table = this.table
    const bucket = code & (table.length - 1)
    ;(this.arena.u32[segmentOf(ref)] as Uint32Array)[wordOf(ref) + NEXT_WORD] = table[bucket] as number
    table[bucket] = ref
    this.size++
  }

  /** Takes the entry out; the caller frees it. */
  remove(ref: Ref, code: number): void {
    this.relink(ref, code, this.next(ref))
    this.size--
    if (this.old !== undefined) this.step()
    else if (this.size * 8 < this.table.length && this.table.length > LEAST_BUCKETS && this.pauses === 0) {
      this.resize(Math.max(LEAST_BUCKETS, roundUpToPowerOfTwo(this.size * 2)))
    }
  }

  /** Puts `moved`, a copy of `ref` at another place, into its stead. */
  replace(ref: Ref, moved: Ref, code: number): void {
    ;(this.arena.u32[segmentOf(moved)] as Uint32Array)[wordOf(moved) + NEXT_WORD] = this.next(ref)
    this.relink(ref, code, moved)
  }

  private next(ref: Ref): Ref {
    return (this.arena.u32[segmentOf(ref)] as Uint32Array)[wordOf(ref) + NEXT_WORD] as number
  }

  private relink(ref: Ref, code: number, to: Ref): void {
    if (!this.relinkIn(this.table, ref, code, to) && this.old !== undefined) this.relinkIn(this.old, ref, code, to)
  }

  private relinkIn(table: Uint32Array, ref: Ref, code: number, to: Ref): boolean {
    const bucket = code & (table.length - 1)
    let at = table[bucket] as number
    if (at === ref) {
      table[bucket] = to
      return true
    }
    while (at !== 0) {
      const words = this.arena.u32[segmentOf(at)] as Uint32Array
      const next = words[wordOf(at) + NEXT_WORD] as number
      if (next === ref) {
        words[wordOf(at) + NEXT_WORD] = to
        return true
      }
      at = next
    }
    return false
  }

  /** The code of an entry that is linked. */
  codeOf(ref: Ref): number {
    const segment = segmentOf(ref)
    const start = byteOf(ref) + this.keyOffset
    const length = (this.arena.u32[segment] as Uint32Array)[wordOf(ref) + KEY_LENGTH_WORD] as number
    return hash(this.seed, this.arena.u8[segment] as Uint8Array, start, start + length)
  }

  // ---- growing and shrinking

  private resize(buckets: number): void {
    if (buckets === this.table.length) return
    this.old = this.table
    this.table = new Uint32Array(buckets)
    this.moving = 0
    this.step()
  }

  /** Makes room for that many entries at once: for loading, when nobody waits. */
  reserve(entries: number): void {
    const buckets = roundUpToPowerOfTwo(entries)
    if (this.size === 0 && buckets > this.table.length) this.table = new Uint32Array(buckets)
  }

  get rehashing(): boolean {
    return this.old !== undefined
  }

  /** Moves a bucket, or passes over up to 64 empty ones; called with every change and by idle time. */
  step(): void {
    if (this.pauses > 0 || this.old === undefined) return
    const old = this.old
    let empty = 64
    while (old[this.moving] === 0) {
      this.moving++
      if (this.moving === old.length) {
        this.old = undefined
        return
      }
      if (--empty === 0) return
    }
    let ref = old[this.moving] as number
    old[this.moving] = 0
    const table = this.table
    const mask = table.length - 1
    while (ref !== 0) {
      const words = this.arena.u32[segmentOf(ref)] as Uint32Array
      const word = wordOf(ref) + NEXT_WORD
      const next = words[word] as number
      const bucket = this.codeOf(ref) & mask
      words[word] = table[bucket] as number
      table[bucket] = ref
      ref = next
    }
    if (++this.moving === old.length) this.old = undefined
  }

  // ---- visiting

  /**
   * Visits the entries of the bucket(s) that the cursor names and returns the next cursor, 0 at the end. Cursors count
   * with their bits reversed, so that what was visited stays visited when the table doubles or halves in between. The
   * visitor must not add or take entries other than the one it was given, and that only by `remove`.
   */
  scan(cursor: number, visit: (ref: Ref) => void): number {
    if (this.size === 0) return 0
    this.pauses++
    let at = cursor >>> 0
    const old = this.old
    if (old === undefined) {
      const mask = this.table.length - 1
      this.visitBucket(this.table[at & mask] as number, visit)
      at = nextCursor(at, mask)
    } else {
      const small = old.length < this.table.length ? old : this.table
      const large = old.length < this.table.length ? this.table : old
      const smallMask = small.length - 1
      const largeMask = large.length - 1
      this.visitBucket(small[at & smallMask] as number, visit)
      do {
        this.visitBucket(large[at & largeMask] as number, visit)
        at = nextCursor(at, largeMask)
      } while ((at & (smallMask ^ largeMask)) !== 0)
    }
    this.pauses--
    return at
  }

  private visitBucket(head: Ref, visit: (ref: Ref) => void): void {
    let ref = head
    while (ref !== 0) {
      const next = this.next(ref)
      visit(ref)
      ref = next
    }
  }

  /** Visits every entry, each once; the visitor may `remove` the one it is given. */
  forEach(visit: (ref: Ref) => void): void {
    this.pauses++
    for (const table of this.old === undefined ? [this.table] : [this.old, this.table]) {
      for (let bucket = 0; bucket < table.length; bucket++) {
        const head = table[bucket] as number
        if (head !== 0) this.visitBucket(head, visit)
      }
    }
    this.pauses--
  }

  /** The entry after `position` in table order, for walks in slices; undefined bucket heads are passed over. */
  get buckets(): number {
    return this.table.length + (this.old === undefined ? 0 : this.old.length)
  }

  /**
   * Some entry, every bucket that is not empty being equally likely, or 0 of an empty dictionary. `random` gives
   * 32 random bits.
   */
  pick(random: () => number): Ref {
    if (this.size === 0) return 0
    let head = 0
    do {
      const bits = random() >>> 0
      const old = this.old
      if (old === undefined) head = this.table[bits & (this.table.length - 1)] as number
      else {
        const bucket = this.moving + (bits % (old.length + this.table.length - this.moving))
        head = bucket < old.length ? old[bucket] as number : this.table[bucket - old.length] as number
      }
    } while (head === 0)
    let length = 0
    for (let ref = head; ref !== 0; ref = this.next(ref)) length++
    let skip = (random() >>> 0) % length
    let ref = head
    while (skip-- > 0) ref = this.next(ref)
    return ref
  }

  /** Bytes of the tables themselves. */
  get tableBytes(): number {
    return this.buckets * 4
  }
}

/** Adds one to the cursor's masked bits, counted from the top down. */
const nextCursor = (cursor: number, mask: number): number => reverseBits((reverseBits(cursor | ~mask) + 1) | 0)

const reverseBits = (bits: number): number => {
  let v = bits
  v = ((v >>> 1) & 0x55555555) | ((v & 0x55555555) << 1)
  v = ((v >>> 2) & 0x33333333) | ((v & 0x33333333) << 2)
  v = ((v >>> 4) & 0x0f0f0f0f) | ((v & 0x0f0f0f0f) << 4)
  v = ((v >>> 8) & 0x00ff00ff) | ((v & 0x00ff00ff) << 8)
  return ((v >>> 16) | (v << 16)) >>> 0
}

const roundUpToPowerOfTwo = (n: number): number => n <= LEAST_BUCKETS ? LEAST_BUCKETS : 2 ** Math.ceil(Math.log2(n))
