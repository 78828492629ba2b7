/**
 * Blobs of an arena in the order of a score and, where scores are equal, of their bytes: what a big sorted set ranges
 * over. A counted B+-tree: every inner node knows how many elements lie under each child, so that ranks are found and
 * resolved in O(log n). Scores are compared within the nodes; only equal ones take a look at the blobs.
 *
 * A blob begins with the length of its key, which stands at `keyOffset` (ByteDict's layout). The tree refers to blobs
 * and does not own them; they stay where they are.
 *
 *     node = u32 length | u32 next, u32 previous (leaves) | u32 - | f64 score[62] | u32 ref[62]
 *     an inner one goes on with u32 child[62] | u32 count[62]
 *
 * The scores and refs of an inner node are those of the first element under each child.
 */
import type { Arena, Ref } from "./Arena.ts"
import { byteOf, doubleOf, segmentOf, wordOf } from "./Arena.ts"
import { KEY_LENGTH_WORD } from "./ByteDict.ts"
import * as Bytes from "./Bytes.ts"

/** Entries of a node: with them a leaf fills a size class of the arena (768 bytes), and an inner node too (1,280). */
const CAPACITY = 62
const HALF = CAPACITY >>> 1
/** A node with fewer entries is merged with a neighbour if the two have no more than `MERGED`. */
const SPARSE = 22
const MERGED = 52

const NEXT = 1
const PREVIOUS = 2
/** Where the scores begin, in doubles, and the others, in words. */
const SCORES = 2
const REFS = 4 + CAPACITY * 2
const CHILDREN = REFS + CAPACITY
const COUNTS = CHILDREN + CAPACITY
const LEAF_BYTES = CHILDREN * 4
const INNER_BYTES = (COUNTS + CAPACITY) * 4

export class RankTree {
  /** Number of elements. */
  size = 0
  /** What the nodes take. */
  bytes = 0
  /** Score of the element that `seek`, `next` or `previous` came to. */
  score = 0
  private readonly arena: Arena
  private readonly keyOffset: number
  private root: Ref = 0
  /** Levels of inner nodes. */
  private height = 0
  /** Where the last `seek` has come to. */
  private leaf: Ref = 0
  private slot = 0

  constructor(arena: Arena, keyOffset: number) {
    this.arena = arena
    this.keyOffset = keyOffset
  }

  /** Becomes a copy of the tree of another arena, which has the same blobs under the same names. */
  assign(source: RankTree): void {
    this.size = source.size
    this.bytes = source.bytes
    this.root = source.root
    this.height = source.height
  }

  // ---- nodes

  private words(node: Ref): Uint32Array {
    return this.arena.u32[segmentOf(node)] as Uint32Array
  }

  private doubles(node: Ref): Float64Array {
    return this.arena.f64[segmentOf(node)] as Float64Array
  }

  private word(node: Ref, word: number): number {
    return this.words(node)[wordOf(node) + word] as number
  }

  private setWord(node: Ref, word: number, value: number): void {
    this.words(node)[wordOf(node) + word] = value
  }

  private newNode(level: number): Ref {
    const bytes = level === 0 ? LEAF_BYTES : INNER_BYTES
    const node = this.arena.alloc(bytes)
    this.words(node).fill(0, wordOf(node), wordOf(node) + 4)
    this.bytes += this.arena.capacity(node)
    return node
  }

  private freeNode(node: Ref): void {
    this.bytes -= this.arena.capacity(node)
    this.arena.free(node)
  }

  private unlink(leaf: Ref): void {
    const next = this.word(leaf, NEXT)
    const previous = this.word(leaf, PREVIOUS)
    if (next !== 0) this.setWord(next, PREVIOUS, previous)
    if (previous !== 0) this.setWord(previous, NEXT, next)
  }

  private linkBehind(leaf: Ref, sibling: Ref): void {
    const next = this.word(leaf, NEXT)
    this.setWord(sibling, NEXT, next)
    this.setWord(sibling, PREVIOUS, leaf)
    this.setWord(leaf, NEXT, sibling)
    if (next !== 0) this.setWord(next, PREVIOUS, sibling)
  }

  /** How many elements lie under a node. */
  private countUnder(node: Ref, level: number): number {
    const words = this.words(node)
    const at = wordOf(node)
    const length = words[at] as number
    if (level === 0) return length
    let count = 0
    for (let i = at + COUNTS; i < at + COUNTS + length; i++) count += words[i] as number
    return count
  }

  // ---- searching within a node: how many of its entries come before ...

  /** ... an element. */
  private before(node: Ref, score: number, bytes: Uint8Array, start: number, end: number): number {
    const words = this.words(node)
    const doubles = this.doubles(node)
    const scores = doubleOf(node) + SCORES
    const refs = wordOf(node) + REFS
    let low = 0
    let high = words[wordOf(node)] as number
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = doubles[scores + middle] as number
      if (other < score || (other === score && this.compare(words[refs + middle] as number, bytes, start, end) < 0)) {
        low = middle + 1
      } else high = middle
    }
    return low
  }

  /** ... all elements of a score, or with `inclusive` the ones of higher scores. */
  private belowScore(node: Ref, score: number, inclusive: boolean): number {
    const doubles = this.doubles(node)
    const scores = doubleOf(node) + SCORES
    let low = 0
    let high = this.word(node, 0)
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = doubles[scores + middle] as number
      if (other < score || (inclusive && other === score)) low = middle + 1
      else high = middle
    }
    return low
  }

  /** ... a key, or with `inclusive` the ones behind it, were all scores the same. */
  private belowKey(node: Ref, bytes: Uint8Array, start: number, end: number, inclusive: boolean): number {
    const words = this.words(node)
    const refs = wordOf(node) + REFS
    let low = 0
    let high = words[wordOf(node)] as number
    while (low < high) {
      const middle = (low + high) >>> 1
      const order = this.compare(words[refs + middle] as number, bytes, start, end)
      if (order < 0 || (inclusive && order === 0)) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Compares an element's key with another one. */
  private compare(ref: Ref, bytes: Uint8Array, start: number, end: number): number {
    const segment = segmentOf(ref)
    const from = byteOf(ref) + this.keyOffset
    const length = (this.arena.u32[segment] as Uint32Array)[wordOf(ref) + KEY_LENGTH_WORD] as number
    return Bytes.compare(this.arena.u8[segment] as Uint8Array, from, from + length, bytes, start, end)
  }

  // ---- changing a node

  /** Puts an entry at a place of a node that has room for it. */
  private putEntry(node: Ref, level: number, at: number, score: number, ref: Ref, child: Ref, count: number): void {
    const words = this.words(node)
    const base = wordOf(node)
    const length = words[base] as number
    const doubles = this.doubles(node)
    const scores = doubleOf(node) + SCORES
    for (let i = scores + length; i > scores + at; i--) doubles[i] = doubles[i - 1] as number
    doubles[scores + at] = score
    openGap(words, base + REFS, at, length)
    words[base + REFS + at] = ref
    if (level > 0) {
      openGap(words, base + CHILDREN, at, length)
      words[base + CHILDREN + at] = child
      openGap(words, base + COUNTS, at, length)
      words[base + COUNTS + at] = count
    }
    words[base] = length + 1
  }

  private dropEntry(node: Ref, level: number, at: number): void {
    const words = this.words(node)
    const base = wordOf(node)
    const length = (words[base] as number) - 1
    words[base] = length
    const doubles = this.doubles(node)
    const scores = doubleOf(node) + SCORES
    for (let i = scores + at; i < scores + length; i++) doubles[i] = doubles[i + 1] as number
    closeGap(words, base + REFS, at, length)
    if (level > 0) {
      closeGap(words, base + CHILDREN, at, length)
      closeGap(words, base + COUNTS, at, length)
    }
  }

  /** Moves the entries from `from` on to the end of another node. */
  private moveEntries(node: Ref, level: number, from: number, target: Ref): void {
    const words = this.words(node)
    const targetWords = this.words(target)
    const base = wordOf(node)
    const targetBase = wordOf(target)
    const length = words[base] as number
    const to = targetWords[targetBase] as number
    const doubles = this.doubles(node)
    const scores = doubleOf(node) + SCORES
    this.doubles(target).set(doubles.subarray(scores + from, scores + length), doubleOf(target) + SCORES + to)
    const last = level > 0 ? COUNTS : REFS
    for (let part = REFS; part <= last; part += CAPACITY) {
      targetWords.set(words.subarray(base + part + from, base + part + length), targetBase + part + to)
    }
    words[base] = from
    targetWords[targetBase] = to + length - from
  }

  /** Lets an inner node's entry say what its child begins with. */
  private describe(node: Ref, slot: number, child: Ref): void {
    this.doubles(node)[doubleOf(node) + SCORES + slot] = this.doubles(child)[doubleOf(child) + SCORES] as number
    this.setWord(node, REFS + slot, this.word(child, REFS))
  }

  // ---- adding

  /** Adds an element. O(log n). */
  insert(score: number, ref: Ref): void {
    if (this.root === 0) this.root = this.newNode(0)
    const start = byteOf(ref) + this.keyOffset
    const end = start + this.word(ref, KEY_LENGTH_WORD)
    const bytes = this.arena.u8[segmentOf(ref)] as Uint8Array
    const sibling = this.insertUnder(this.root, this.height, FIRST | LAST, score, ref, bytes, start, end)
    this.size++
    if (sibling === 0) return
    const level = this.height + 1
    const root = this.newNode(level)
    for (const [slot, child] of [this.root, sibling].entries()) {
      this.putEntry(root, level, slot, 0, 0, child, this.countUnder(child, this.height))
      this.describe(root, slot, child)
    }
    this.root = root
    this.height = level
  }

  /**
   * Adds an element under a node. Returns the node that stands behind it from now on, when it had to be split, or 0.
   * `edges` tells whether the node is at the tree's left or right edge.
   */
  private insertUnder(
    node: Ref,
    level: number,
    edges: number,
    score: number,
    ref: Ref,
    bytes: Uint8Array,
    start: number,
    end: number
  ): Ref {
    const before = this.before(node, score, bytes, start, end)
    if (level === 0) return this.place(node, 0, before, edges, score, ref, 0, 0)
    const slot = before === 0 ? 0 : before - 1
    const child = this.word(node, CHILDREN + slot)
    const isLast = slot === this.word(node, 0) - 1
    const childEdges = edges & ((slot === 0 ? FIRST : 0) | (isLast ? LAST : 0))
    const sibling = this.insertUnder(child, level - 1, childEdges, score, ref, bytes, start, end)
    if (before === 0) this.describe(node, 0, child)
    if (sibling === 0) {
      this.setWord(node, COUNTS + slot, this.word(node, COUNTS + slot) + 1)
      return 0
    }
    this.setWord(node, COUNTS + slot, this.countUnder(child, level - 1))
    const first = this.doubles(sibling)[doubleOf(sibling) + SCORES] as number
    const count = this.countUnder(sibling, level - 1)
    return this.place(node, level, slot + 1, edges, first, this.word(sibling, REFS), sibling, count)
  }

  /** Puts an entry into a node, which is split when it is full; returns the node behind it then, else 0. */
  private place(
    node: Ref,
    level: number,
    at: number,
    edges: number,
    score: number,
    ref: Ref,
    child: Ref,
    count: number
  ): Ref {
    if (this.word(node, 0) < CAPACITY) {
      this.putEntry(node, level, at, score, ref, child, count)
      return 0
    }
    // What comes in order, from either side, leaves full nodes behind.
    const keep = at === CAPACITY && edges & LAST ? CAPACITY : at <= 1 && edges & FIRST ? at : HALF
    const sibling = this.newNode(level)
    if (level === 0) this.linkBehind(node, sibling)
    this.moveEntries(node, level, keep, sibling)
    if (at < keep || keep === 0) this.putEntry(node, level, at, score, ref, child, count)
    else this.putEntry(sibling, level, at - keep, score, ref, child, count)
    return sibling
  }

  /**
   * Gives an element another score, if that leaves it between its neighbours; false when it does not, or this is not
   * easily told: then it is to be removed and inserted.
   */
  rescore(score: number, ref: Ref, next: number): boolean {
    const at = this.find(score, ref)
    const leaf = this.leaf
    if (at === 0 || at === this.word(leaf, 0) - 1) return false
    const doubles = this.doubles(leaf)
    const scores = doubleOf(leaf) + SCORES + at
    if (!((doubles[scores - 1] as number) < next && next < (doubles[scores + 1] as number))) return false
    doubles[scores] = next
    return true
  }

  /** Goes to the leaf of an element and returns its place there. */
  private find(score: number, ref: Ref): number {
    const start = byteOf(ref) + this.keyOffset
    const end = start + this.word(ref, KEY_LENGTH_WORD)
    const bytes = this.arena.u8[segmentOf(ref)] as Uint8Array
    let node = this.root
    for (let level = this.height; level > 0; level--) {
      node = this.word(node, CHILDREN + this.slotOf(node, score, ref, bytes, start, end))
    }
    this.leaf = node
    return this.before(node, score, bytes, start, end)
  }

  /** Which child of an inner node an element that is there is under. */
  private slotOf(node: Ref, score: number, ref: Ref, bytes: Uint8Array, start: number, end: number): number {
    const before = this.before(node, score, bytes, start, end)
    return before < this.word(node, 0) && this.word(node, REFS + before) === ref ? before : before - 1
  }

  // ---- removing

  /** Removes an element, by the score that it has. O(log n). */
  remove(score: number, ref: Ref): void {
    const start = byteOf(ref) + this.keyOffset
    const end = start + this.word(ref, KEY_LENGTH_WORD)
    this.removeUnder(this.root, this.height, -1, score, ref, this.arena.u8[segmentOf(ref)] as Uint8Array, start, end)
    this.afterRemoval()
  }

  /** Removes the element of that rank and returns it. O(log n). */
  removeAt(rank: number): Ref {
    const ref = this.removeUnder(this.root, this.height, rank, 0, 0, noBytes, 0, 0)
    this.afterRemoval()
    return ref
  }

  /** Removes what has the rank under a node, or where that is negative the element. */
  private removeUnder(
    node: Ref,
    level: number,
    rank: number,
    score: number,
    ref: Ref,
    bytes: Uint8Array,
    start: number,
    end: number
  ): Ref {
    if (level === 0) {
      const at = rank < 0 ? this.before(node, score, bytes, start, end) : rank
      const removed = this.word(node, REFS + at)
      this.dropEntry(node, 0, at)
      return removed
    }
    let slot = 0
    let left = rank
    if (rank < 0) slot = this.slotOf(node, score, ref, bytes, start, end)
    else {
      const words = this.words(node)
      const counts = wordOf(node) + COUNTS
      for (; left >= (words[counts + slot] as number); slot++) left -= words[counts + slot] as number
    }
    const child = this.word(node, CHILDREN + slot)
    const removed = this.removeUnder(child, level - 1, left, score, ref, bytes, start, end)
    const length = this.word(child, 0)
    if (length === 0) {
      if (level === 1) this.unlink(child)
      this.freeNode(child)
      this.dropEntry(node, level, slot)
      return removed
    }
    this.setWord(node, COUNTS + slot, this.word(node, COUNTS + slot) - 1)
    this.describe(node, slot, child)
    if (length < SPARSE && !this.merge(node, level, slot) && slot > 0) this.merge(node, level, slot - 1)
    return removed
  }

  /** Makes one child of two neighbours, if it has room for what both have. */
  private merge(node: Ref, level: number, slot: number): boolean {
    if (slot + 1 >= this.word(node, 0)) return false
    const child = this.word(node, CHILDREN + slot)
    const next = this.word(node, CHILDREN + slot + 1)
    if (this.word(child, 0) + this.word(next, 0) > MERGED) return false
    this.moveEntries(next, level - 1, 0, child)
    this.setWord(node, COUNTS + slot, this.word(node, COUNTS + slot) + this.word(node, COUNTS + slot + 1))
    if (level === 1) this.unlink(next)
    this.freeNode(next)
    this.dropEntry(node, level, slot + 1)
    return true
  }

  private afterRemoval(): void {
    this.size--
    if (this.size === 0) {
      this.freeNode(this.root)
      this.root = 0
      this.height = 0
    }
    while (this.height > 0 && this.word(this.root, 0) === 1) {
      const root = this.root
      this.root = this.word(root, CHILDREN)
      this.freeNode(root)
      this.height--
    }
  }

  // ---- ranks

  /** The rank of an element, by its score. O(log n). */
  rankOf(score: number, ref: Ref): number {
    const start = byteOf(ref) + this.keyOffset
    const end = start + this.word(ref, KEY_LENGTH_WORD)
    const bytes = this.arena.u8[segmentOf(ref)] as Uint8Array
    let node = this.root
    let rank = 0
    for (let level = this.height; level > 0; level--) {
      const slot = this.slotOf(node, score, ref, bytes, start, end)
      rank += this.countBefore(node, slot)
      node = this.word(node, CHILDREN + slot)
    }
    return rank + this.before(node, score, bytes, start, end)
  }

  /** How many elements have a lower score, or with `inclusive` not a higher one. O(log n). */
  countBelow(score: number, inclusive: boolean): number {
    let node = this.root
    let count = 0
    for (let level = this.height; level > 0; level--) {
      const below = this.belowScore(node, score, inclusive)
      // What begins behind the bound lies behind it as a whole.
      if (below === 0) return count
      count += this.countBefore(node, below - 1)
      node = this.word(node, CHILDREN + below - 1)
    }
    return node === 0 ? 0 : count + this.belowScore(node, score, inclusive)
  }

  /** As `countBelow`, of keys: for elements that all have the same score. */
  countBelowKey(bytes: Uint8Array, start: number, end: number, inclusive: boolean): number {
    let node = this.root
    let count = 0
    for (let level = this.height; level > 0; level--) {
      const below = this.belowKey(node, bytes, start, end, inclusive)
      if (below === 0) return count
      count += this.countBefore(node, below - 1)
      node = this.word(node, CHILDREN + below - 1)
    }
    return node === 0 ? 0 : count + this.belowKey(node, bytes, start, end, inclusive)
  }

  private countBefore(node: Ref, slot: number): number {
    const words = this.words(node)
    const counts = wordOf(node) + COUNTS
    let count = 0
    for (let i = counts; i < counts + slot; i++) count += words[i] as number
    return count
  }

  // ---- visiting: `seek`, then `next` or `previous`, each of which yields an element, 0 at the end, and its `score`

  /** Goes to the element of that rank. O(log n). */
  seek(rank: number): Ref {
    if (rank < 0 || rank >= this.size) return 0
    let node = this.root
    let left = rank
    for (let level = this.height; level > 0; level--) {
      const words = this.words(node)
      const counts = wordOf(node) + COUNTS
      let slot = 0
      for (; left >= (words[counts + slot] as number); slot++) left -= words[counts + slot] as number
      node = words[wordOf(node) + CHILDREN + slot] as number
    }
    this.leaf = node
    this.slot = left
    return this.here()
  }

  next(): Ref {
    if (++this.slot >= this.word(this.leaf, 0)) {
      this.leaf = this.word(this.leaf, NEXT)
      this.slot = 0
      if (this.leaf === 0) return 0
    }
    return this.here()
  }

  previous(): Ref {
    if (--this.slot < 0) {
      this.leaf = this.word(this.leaf, PREVIOUS)
      if (this.leaf === 0) return 0
      this.slot = this.word(this.leaf, 0) - 1
    }
    return this.here()
  }

  private here(): Ref {
    this.score = this.doubles(this.leaf)[doubleOf(this.leaf) + SCORES + this.slot] as number
    return this.word(this.leaf, REFS + this.slot)
  }

  // ---- releasing

  /** How many nodes there may be, about. */
  get nodeCount(): number {
    return Math.ceil(this.bytes / LEAF_BYTES)
  }

  /** Gives all nodes back, and the blobs. Yields after each leaf. */
  *release(): Generator<void> {
    if (this.root === 0) return
    let leaf = this.root
    for (let level = this.height; level > 0; level--) leaf = this.word(leaf, CHILDREN)
    if (this.height > 0) yield* this.releaseInner(this.root, this.height)
    while (leaf !== 0) {
      const refs = wordOf(leaf) + REFS
      const words = this.words(leaf)
      const length = this.word(leaf, 0)
      for (let i = 0; i < length; i++) this.arena.free(words[refs + i] as number)
      const next = this.word(leaf, NEXT)
      this.freeNode(leaf)
      leaf = next
      yield
    }
    this.root = 0
    this.height = 0
    this.size = 0
  }

  private *releaseInner(node: Ref, level: number): Generator<void> {
    const length = level > 1 ? this.word(node, 0) : 0
    for (let slot = 0; slot < length; slot++) yield* this.releaseInner(this.word(node, CHILDREN + slot), level - 1)
    this.freeNode(node)
    yield
  }
}

const FIRST = 1
const LAST = 2
const noBytes = new Uint8Array(0)

// Most gaps are short: a loop beats `copyWithin`.
const openGap = (words: Uint32Array, base: number, at: number, length: number): void => {
  for (let i = base + length; i > base + at; i--) words[i] = words[i - 1] as number
}

const closeGap = (words: Uint32Array, base: number, at: number, length: number): void => {
  for (let i = base + at; i < base + length; i++) words[i] = words[i + 1] as number
}
