/**
 * A dictionary of byte strings whose entries are blobs of an arena: the keyspace, and every big hash, set and sorted
 * set. It owns the table, not the entries: callers allocate an entry, fill it in and insert it.
 *
 * An entry's first word is the length of its key; what follows is the caller's, up to the key's bytes at `keyOffset`.
 *
 * A bucket is one cache line: a tag byte of the hash for each of twelve entries, and their refs. A look-up so costs two
 * cache misses, the bucket and the entry, since entries with other tags are not visited; a third only for the one key
 * in thirty that overflows into a further bucket.
 *
 * Buckets double and halve stepwise, one or a few with every change, so that no single operation takes long whatever
 * the size. `scan` keeps Redis's guarantee (https://redis.io/commands/scan): what is there from start to end is seen.
 */
import type { Arena, Ref } from "./Arena.ts"
import { byteOf, segmentOf, wordOf } from "./Arena.ts"
import { hash, type HashSeed } from "./Hash.ts"

export const KEY_LENGTH_WORD = 0

/** Words of a bucket: three of tags, the number of its overflow bucket (0: none), twelve refs. */
const BUCKET_SHIFT = 4
const BUCKET_WORDS = 1 << BUCKET_SHIFT
const TAG_WORDS = 3
const LINK = 3
const REFS = 4
const SLOTS = TAG_WORDS * 4
/** Entries per bucket beyond which the table doubles: three in four slots are then used. */
const FULL = 9
const ONES = 0x01010101
const HIGHS = 0x80808080

/** glibc puts large blocks 16 bytes behind a page: this much further on, buckets and lines coincide. */
const ALIGNMENT_WORDS = 12

/** Most hashes that `prefetch` takes. */
export const MOST_PREFETCHED = 16
/** Words of an entry with a key of 16 bytes and a short value, less one. */
const SMALL_ENTRY = 10

/** Most tables have no overflow, and a server begins with many. */
const noWords: Uint32Array = new Uint32Array(0)

class Table {
  readonly mask: number
  readonly words: Uint32Array
  /** Overflow buckets, numbered from 1. */
  overflow = noWords
  private next = 1
  private freed = 0

  constructor(buckets: number) {
    this.mask = buckets - 1
    const bytes = (buckets << BUCKET_SHIFT) * 4
    this.words = buckets < 4096
      ? new Uint32Array(buckets << BUCKET_SHIFT)
      : new Uint32Array(new ArrayBuffer(bytes + ALIGNMENT_WORDS * 4), ALIGNMENT_WORDS * 4, bytes / 4)
  }

  get buckets(): number {
    return this.mask + 1
  }

  /** The memory of the buckets. */
  get memory(): Uint8Array {
    return Buffer.from(this.words.buffer, this.words.byteOffset, this.words.byteLength)
  }

  get bytes(): number {
    return (this.words.length + this.overflow.length) * 4
  }

  /** Buckets that may hold something, those of the overflow included. */
  get allBuckets(): number {
    return this.mask + this.next
  }

  /** An empty overflow bucket's number. */
  takeOverflow(): number {
    const link = this.freed
    if (link !== 0) {
      const base = (link - 1) << BUCKET_SHIFT
      this.freed = this.overflow[base + LINK] as number
      this.overflow[base + LINK] = 0
      return link
    }
    if (this.next << BUCKET_SHIFT > this.overflow.length) {
      const grown = new Uint32Array(Math.max(BUCKET_WORDS * 2, this.overflow.length * 2))
      grown.set(this.overflow)
      this.overflow = grown
    }
    return this.next++
  }

  /** Visits entries until the visitor says true, and tells whether it did. */
  some(visit: (ref: Ref) => boolean): boolean {
    return someRef(this.words, this.buckets, visit) || someRef(this.overflow, this.next - 1, visit)
  }

  /** Becomes a copy of a table of as many buckets. */
  assign(source: Table): void {
    this.words.set(source.words)
    this.overflow = source.overflow === noWords ? noWords : source.overflow.slice()
    this.next = source.next
    this.freed = source.freed
  }

  giveOverflow(link: number): void {
    const base = (link - 1) << BUCKET_SHIFT
    this.overflow.fill(0, base, base + BUCKET_WORDS)
    this.overflow[base + LINK] = this.freed
    this.freed = link
  }
}

/** Somebody who follows what happens to the entries: a snapshot of a big hash, set or sorted set. */
export interface Witness {
  /** An entry was added. */
  readonly added: (ref: Ref, code: number) => void
  /** An entry is about to be removed, or changed in place. */
  readonly changing: (ref: Ref, code: number) => void
}

export class ByteDict {
  /** Number of entries. */
  size = 0
  /** Told of every change of the entries; undefined as long as nobody wants to know. */
  witness: Witness | undefined = undefined
  /** Called when it begins to grow or shrink, which idle time may help along with `step`. */
  onResize: () => void = ignore
  /** Told by how many bytes the tables have grown (or shrunk, when negative). */
  onBytes: (difference: number) => void = ignore
  /** The table that is filled, and while it grows or shrinks the one that is emptied. */
  private table = new Table(1)
  private old: Table | undefined = undefined
  /** Next bucket of `old` to move: every lower one is empty. */
  private moving = 0
  /** Counts iterations under way that must see each entry once: entries stay where they are meanwhile. */
  private pauses = 0

  private refs: Uint32Array | undefined = undefined
  /** What `prefetch` has read: without a use of it, the compiler would drop the reads. */
  prefetched = 0

  private readonly arena: Arena
  private seed: HashSeed
  private readonly keyOffset: number

  constructor(arena: Arena, seed: HashSeed, keyOffset: number) {
    this.arena = arena
    this.seed = seed
    this.keyOffset = keyOffset
  }

  /** A copy for somebody else, whose arena has the same entries under the same names. */
  twin(owner: { readonly makeDict: (keyOffset: number) => ByteDict }): ByteDict {
    const twin = owner.makeDict(this.keyOffset)
    twin.assign(this)
    return twin
  }

  /** Becomes a copy of another dictionary: the same refs in the same places. */
  assign(source: ByteDict): void {
    this.seed = source.seed
    this.size = source.size
    this.table = tableLike(source.table, this.table)
    this.old = source.old === undefined ? undefined : tableLike(source.old, this.old)
    this.moving = source.moving
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
    const ref = this.findIn(this.table, code, bytes, start, end)
    return ref !== 0 || this.old === undefined ? ref : this.findIn(this.old, code, bytes, start, end)
  }

  private findIn(table: Table, code: number, bytes: Uint8Array, start: number, end: number): Ref {
    const pattern = Math.imul(tagOf(code), ONES)
    let words = table.words
    let base = (code & table.mask) << BUCKET_SHIFT
    for (;;) {
      for (let word = 0; word < TAG_WORDS; word++) {
        // The high bit of each byte that equals the tag; a byte above such a one may be marked wrongly.
        const difference = (words[base + word] as number) ^ pattern
        let hits = (difference - ONES) & ~difference & HIGHS
        while (hits !== 0) {
          const lane = (31 - Math.clz32(hits & -hits)) >>> 3
          const ref = words[base + REFS + word * 4 + lane] as number
          if (ref !== 0 && this.hasKey(ref, bytes, start, end)) return ref
          hits &= hits - 1
        }
      }
      const link = words[base + LINK] as number
      if (link === 0) return 0
      words = table.overflow
      base = (link - 1) << BUCKET_SHIFT
    }
  }

  /**
   * Brings the entries of so many hashes into the processor's cache. Looked up one by one, each of a million entries
   * costs two misses that nothing overlaps, because what runs in between is longer than the processor looks ahead; read
   * in these short loops they are fetched side by side, which makes a look-up more than twice as fast.
   */
  prefetch(codes: Int32Array, count: number): void {
    const { mask, words } = this.table
    const refs = this.refs ??= new Uint32Array(MOST_PREFETCHED)
    const { u32 } = this.arena
    let read = 0
    for (let i = 0; i < count; i++) read |= words[((codes[i] as number) & mask) << BUCKET_SHIFT] as number
    for (let i = 0; i < count; i++) refs[i] = this.candidate(words, mask, codes[i] as number)
    for (let i = 0; i < count; i++) {
      const ref = refs[i] as number
      if (ref === 0) continue
      const segment = u32[segmentOf(ref)] as Uint32Array
      const at = wordOf(ref)
      // Where a small entry begins and where it ends, which may be another line
      read |= (segment[at] as number) | (segment[at + SMALL_ENTRY < segment.length ? at + SMALL_ENTRY : at] as number)
    }
    this.prefetched = read
  }

  /** The first entry of a bucket that has the tag of this hash, or 0. */
  private candidate(words: Uint32Array, mask: number, code: number): Ref {
    const pattern = Math.imul(tagOf(code), ONES)
    const base = (code & mask) << BUCKET_SHIFT
    for (let word = 0; word < TAG_WORDS; word++) {
      const difference = (words[base + word] as number) ^ pattern
      const hits = (difference - ONES) & ~difference & HIGHS
      if (hits !== 0) return words[base + REFS + word * 4 + ((31 - Math.clz32(hits & -hits)) >>> 3)] as number
    }
    return 0
  }

  /** Whether an entry has that key. Compares from the end: keys tend to share their beginnings. */
  hasKey(ref: Ref, bytes: Uint8Array, start: number, end: number): boolean {
    const segment = segmentOf(ref)
    if ((this.arena.u32[segment] as Uint32Array)[wordOf(ref) + KEY_LENGTH_WORD] !== end - start) return false
    const u8 = this.arena.u8[segment] as Uint8Array
    const offset = byteOf(ref) + this.keyOffset - start
    for (let at = end - 1; at >= start; at--) if (u8[offset + at] !== bytes[at]) return false
    return true
  }

  /** Adds an entry, whose key must not be there yet. */
  insert(ref: Ref, code: number): void {
    if (this.old !== undefined) this.step()
    else if (this.size >= this.table.buckets * FULL && this.pauses === 0) this.resize(this.table.buckets * 2)
    this.insertIn(this.table, ref, code)
    this.size++
    this.witness?.added(ref, code)
  }

  /** To be called by who is about to change an entry in place, or to `replace` it. */
  changing(ref: Ref, code: number): void {
    this.witness?.changing(ref, code)
  }

  private insertIn(table: Table, ref: Ref, code: number): void {
    const tag = tagOf(code)
    let words = table.words
    let base = (code & table.mask) << BUCKET_SHIFT
    for (;;) {
      for (let word = 0; word < TAG_WORDS; word++) {
        const tags = words[base + word] as number
        const empty = (tags - ONES) & ~tags & HIGHS
        if (empty === 0) continue
        const lane = (31 - Math.clz32(empty & -empty)) >>> 3
        words[base + word] = tags | (tag << (lane * 8))
        words[base + REFS + word * 4 + lane] = ref
        return
      }
      let link = words[base + LINK] as number
      if (link === 0) {
        const bytes = table.bytes
        link = table.takeOverflow()
        if (table.bytes !== bytes) this.onBytes(table.bytes - bytes)
        // Growing the overflow replaces its array; the bucket at hand may lie in it.
        if (words !== table.words) words = table.overflow
        words[base + LINK] = link
      }
      words = table.overflow
      base = (link - 1) << BUCKET_SHIFT
    }
  }

  /** Takes the entry out; the caller frees it. */
  remove(ref: Ref, code: number): void {
    this.witness?.changing(ref, code)
    this.put(ref, code, 0)
    this.size--
    if (this.old !== undefined) this.step()
    else if (this.size < this.table.buckets && this.table.buckets > 1 && this.pauses === 0) {
      this.resize(bucketsFor(this.size * 2))
    }
  }

  /** Puts `moved`, a copy of `ref` at another place, into its stead. */
  replace(ref: Ref, moved: Ref, code: number): void {
    this.put(ref, code, moved)
  }

  private put(ref: Ref, code: number, to: Ref): void {
    if (!this.putIn(this.table, ref, code, to) && this.old !== undefined) this.putIn(this.old, ref, code, to)
  }

  /** Replaces the ref in its slot, or clears the slot. */
  private putIn(table: Table, ref: Ref, code: number, to: Ref): boolean {
    let words = table.words
    let base = (code & table.mask) << BUCKET_SHIFT
    let previous = -1
    for (;;) {
      for (let slot = 0; slot < SLOTS; slot++) {
        if (words[base + REFS + slot] !== ref) continue
        words[base + REFS + slot] = to
        if (to === 0) {
          const word = base + (slot >>> 2)
          words[word] = (words[word] as number) & ~(0xff << ((slot & 3) * 8))
          if (previous >= 0 && this.pauses === 0) {
            this.dropIfEmpty(table, base, previous, previous === firstOf(code, table))
          }
        }
        return true
      }
      const link = words[base + LINK] as number
      if (link === 0) return false
      previous = base
      words = table.overflow
      base = (link - 1) << BUCKET_SHIFT
    }
  }

  /** Unlinks an overflow bucket that has become empty. */
  private dropIfEmpty(table: Table, base: number, previous: number, previousIsMain: boolean): void {
    const overflow = table.overflow
    if (((overflow[base] as number) | (overflow[base + 1] as number) | (overflow[base + 2] as number)) !== 0) return
    const before = previousIsMain ? table.words : overflow
    const link = (base >>> BUCKET_SHIFT) + 1
    if (before[previous + LINK] !== link) return
    before[previous + LINK] = overflow[base + LINK] as number
    table.giveOverflow(link)
  }

  /** The hash of an entry's key. */
  codeOf(ref: Ref): number {
    const segment = segmentOf(ref)
    const start = byteOf(ref) + this.keyOffset
    const length = (this.arena.u32[segment] as Uint32Array)[wordOf(ref) + KEY_LENGTH_WORD] as number
    return hash(this.seed, this.arena.u8[segment] as Uint8Array, start, start + length)
  }

  // ---- growing and shrinking

  private resize(buckets: number): void {
    if (buckets === this.table.buckets) return
    this.old = this.table
    this.table = new Table(buckets)
    this.onBytes(this.table.bytes)
    this.moving = 0
    this.step()
    this.onResize()
  }

  /** Makes room for that many entries at once: for loading, when nobody waits. */
  reserve(entries: number): void {
    const buckets = bucketsFor(entries)
    if (this.size > 0 || buckets <= this.table.buckets) return
    const bytes = this.tableBytes
    this.old = undefined
    this.table = new Table(buckets)
    this.onBytes(this.tableBytes - bytes)
  }

  get rehashing(): boolean {
    return this.old !== undefined
  }

  /** Moves a bucket, or passes over up to 16 empty ones; called with every change and by idle time. */
  step(): void {
    const old = this.old
    if (this.pauses > 0 || old === undefined) return
    for (let empty = 0; empty < 16 && this.moving < old.buckets; empty++) {
      const moved = this.moveBucket(old, this.moving << BUCKET_SHIFT)
      this.moving++
      if (moved) break
    }
    if (this.moving < old.buckets) return
    this.old = undefined
    this.onBytes(-old.bytes)
    // What has grown this far goes on growing, and so do its entries
    if (old.mask < this.table.mask) this.arena.donate(old.memory)
  }

  private moveBucket(old: Table, main: number): boolean {
    let words = old.words
    let base = main
    let moved = false
    for (;;) {
      for (let slot = 0; slot < SLOTS; slot++) {
        const ref = words[base + REFS + slot] as number
        if (ref === 0) continue
        this.insertIn(this.table, ref, this.codeOf(ref))
        moved = true
      }
      const link = words[base + LINK] as number
      words.fill(0, base, base + BUCKET_WORDS)
      if (link === 0) return moved
      words = old.overflow
      base = (link - 1) << BUCKET_SHIFT
    }
  }

  // ---- visiting

  /**
   * Visits the entries of the bucket(s) that the cursor names and returns the next cursor, 0 at the end. Cursors count
   * with their bits reversed, so that what was visited stays visited when the table doubles or halves in between. The
   * visitor may `remove` the entry that it is given, and must not change the dictionary otherwise.
   */
  scan(cursor: number, visit: (ref: Ref) => void): number {
    if (this.size === 0) return 0
    this.pauses++
    let at = cursor >>> 0
    const old = this.old
    if (old === undefined) {
      this.visitBucket(this.table, at & this.table.mask, visit)
      at = nextCursor(at, this.table.mask)
    } else {
      const [small, large] = old.mask < this.table.mask ? [old, this.table] : [this.table, old]
      this.visitBucket(small, at & small.mask, visit)
      do {
        this.visitBucket(large, at & large.mask, visit)
        at = nextCursor(at, large.mask)
      } while ((at & (small.mask ^ large.mask)) !== 0)
    }
    this.pauses--
    return at
  }

  private visitBucket(table: Table, bucket: number, visit: (ref: Ref) => void): void {
    let words = table.words
    let base = bucket << BUCKET_SHIFT
    for (;;) {
      for (let slot = 0; slot < SLOTS; slot++) {
        const ref = words[base + REFS + slot] as number
        if (ref !== 0) visit(ref)
      }
      const link = words[base + LINK] as number
      if (link === 0) return
      words = table.overflow
      base = (link - 1) << BUCKET_SHIFT
    }
  }

  /** Visits every entry, each once, under the rules of `scan`. */
  forEach(visit: (ref: Ref) => void): void {
    this.some((ref) => {
      visit(ref)
      return false
    })
  }

  /** As `forEach`, until the visitor says true; tells whether it did. */
  some(visit: (ref: Ref) => boolean): boolean {
    this.pauses++
    const found = this.table.some(visit) || this.old?.some(visit) === true
    this.pauses--
    return found
  }

  /**
   * Number of places of entries, used or not. Where nothing is changed meanwhile, `slotAt` from 0 to here gives every
   * entry once: for loops that stop early or go in slices.
   */
  get slots(): number {
    return (this.table.allBuckets + (this.old?.allBuckets ?? 0)) * SLOTS
  }

  /** The entry at a place, or 0. */
  slotAt(slot: number): Ref {
    let table = this.table
    let bucket = Math.floor(slot / SLOTS)
    const lane = slot - bucket * SLOTS
    if (bucket >= table.allBuckets && this.old !== undefined) {
      bucket -= table.allBuckets
      table = this.old
    }
    const overflow = bucket - table.buckets
    return overflow < 0
      ? table.words[(bucket << BUCKET_SHIFT) + REFS + lane] as number
      : table.overflow[(overflow << BUCKET_SHIFT) + REFS + lane] as number
  }

  /** Some entry, each being equally likely, or 0 of an empty dictionary. `random` gives 32 random bits. */
  pick(random: () => number): Ref {
    if (this.size === 0) return 0
    const slots = this.slots
    for (;;) {
      const ref = this.slotAt((random() >>> 0) % slots)
      if (ref !== 0) return ref
    }
  }

  /**
   * Visits `count` entries, or at least one if there are less at hand, beginning somewhere: cheaper than as many
   * `pick`s, and less random, since they are neighbours.
   */
  sample(count: number, random: () => number, visit: (ref: Ref) => void): void {
    if (this.size === 0) return
    const old = this.old
    const buckets = Math.max(this.table.buckets, old?.buckets ?? 0)
    const most = Math.min(buckets, count * 10)
    const first = random() >>> 0
    let left = count
    const take = (ref: Ref) => {
      if (left-- > 0) visit(ref)
    }
    for (let tries = 0;; tries++) {
      if (tries >= most && left < count) return
      const at = (first + tries) & (buckets - 1)
      this.visitBucket(this.table, at & this.table.mask, take)
      if (old !== undefined) this.visitBucket(old, at & old.mask, take)
      if (left <= 0) return
    }
  }

  /** Bytes of the tables themselves. */
  get tableBytes(): number {
    return this.table.bytes + (this.old?.bytes ?? 0)
  }
}

const ignore = (): void => {}

/** Visits the entries of so many buckets until the visitor says true, and tells whether it did. */
const someRef = (words: Uint32Array, buckets: number, visit: (ref: Ref) => boolean): boolean => {
  const end = buckets << BUCKET_SHIFT
  for (let base = 0; base < end; base += BUCKET_WORDS) {
    for (let at = base + REFS; at < base + BUCKET_WORDS; at++) {
      const ref = words[at] as number
      if (ref !== 0 && visit(ref)) return true
    }
  }
  return false
}

/** A copy of a table, in the memory of another one if that has its size. */
const tableLike = (source: Table, other: Table | undefined): Table => {
  const table = other?.mask === source.mask ? other : new Table(source.buckets)
  table.assign(source)
  return table
}

/** A byte of the hash that the bucket's number does not use; never 0, which marks an empty slot. */
const tagOf = (code: number): number => (code >>> 24) | ((code >>> 24) === 0 ? 1 : 0)

const firstOf = (code: number, table: Table): number => (code & table.mask) << BUCKET_SHIFT

const bucketsFor = (entries: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, entries / FULL)))

/** Where `scan` comes by an entry with that hash: the next cursor's place is behind it exactly if it has been there. */
export const placeOf = (codeOrCursor: number): number => reverseBits(codeOrCursor)

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
