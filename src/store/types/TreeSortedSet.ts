/**
 * A big sorted set: a dictionary finds members, a tree of the same members has them in order and knows their ranks.
 * Encoded as "skiplist", as Redis calls it, where a skip list does what the tree does here.
 *
 *     member = u32 length | u32 hash | f64 score | bytes
 */
import { type Arena, byteOf, copyBytes, doubleOf, type Ref, segmentOf, wordOf } from "../../memory/Arena.ts"
import { type ByteDict, KEY_LENGTH_WORD } from "../../memory/ByteDict.ts"
import { RankTree } from "../../memory/RankTree.ts"
import { WORTHWHILE } from "../KeysAhead.ts"
import type { Keyspace } from "../Keyspace.ts"
import type { SortedSet } from "./SortedSet.ts"
import { type Interval, isEmpty, type LexRange, nowhere, type Visit } from "./SortedSetRange.ts"

const HASH_WORD = 1
/** In doubles. */
const SCORE = 1
/** Where a member's bytes begin. */
export const KEY_OFFSET = 16
/** What the objects on the heap take, about. */
const OBJECT_BYTES = 800

export class TreeSortedSet implements SortedSet {
  private readonly space: Keyspace
  private readonly arena: Arena
  /** The members. */
  readonly dict: ByteDict
  private readonly tree: RankTree
  /** What the last `seek` found, and the hash of what it looked for. */
  private found: Ref = 0
  private code = 0
  /** How many more of the members that `fetchNext` has fetched there are to be popped. */
  private fetched = 0

  constructor(space: Keyspace) {
    this.space = space
    this.arena = space.arena
    this.dict = space.makeDict(KEY_OFFSET)
    this.tree = new RankTree(space.arena, KEY_OFFSET)
  }

  twin(space: Keyspace): TreeSortedSet {
    const twin = new TreeSortedSet(space)
    twin.dict.assign(this.dict)
    twin.tree.assign(this.tree)
    return twin
  }

  get length(): number {
    return this.tree.size
  }

  // ---- one member

  seek(bytes: Uint8Array, start: number, end: number): number {
    this.code = this.space.state.ahead.hash(this.dict, bytes, start, end)
    this.found = this.dict.findHashed(this.code, bytes, start, end)
    return this.found === 0 ? NaN : this.scoreOf(this.found)
  }

  /** The score of a member of `dict`. */
  scoreOf(member: Ref): number {
    return (this.arena.f64[segmentOf(member)] as Float64Array)[doubleOf(member) + SCORE] as number
  }

  private setScore(member: Ref, score: number): void {
    ;(this.arena.f64[segmentOf(member)] as Float64Array)[doubleOf(member) + SCORE] = score
  }

  rank(): number {
    return this.tree.rankOf(this.scoreOf(this.found), this.found)
  }

  rescore(score: number): void {
    const member = this.found
    const old = this.scoreOf(member)
    this.dict.changing(member, this.hashOf(member))
    if (!this.tree.rescore(old, member, score)) {
      this.tree.remove(old, member)
      this.tree.insert(score, member)
    }
    this.setScore(member, score)
  }

  remove(): void {
    this.tree.remove(this.scoreOf(this.found), this.found)
    this.drop(this.found)
  }

  /** Takes a member that is not in the tree any more out of the dictionary. */
  private drop(member: Ref): void {
    this.dict.remove(member, this.hashOf(member))
    this.arena.free(member)
    this.found = 0
  }

  private hashOf(member: Ref): number {
    return ((this.arena.u32[segmentOf(member)] as Uint32Array)[wordOf(member) + HASH_WORD] as number) | 0
  }

  /** Adds the member that was last looked for and not found. */
  insertSought(bytes: Uint8Array, start: number, end: number, score: number): void {
    this.tree.insert(score, this.gather(bytes, start, end, score))
  }

  /** Adds a member, which is not there. */
  insert(bytes: Uint8Array, start: number, end: number, score: number): void {
    this.code = this.dict.hash(bytes, start, end)
    this.insertSought(bytes, start, end, score)
  }

  // ---- building: members are gathered without an order and `arrange`d when all are there

  /** Adds the member that was last looked for and not found. */
  gather(bytes: Uint8Array, start: number, end: number, score: number): Ref {
    const length = end - start
    const member = this.arena.alloc(KEY_OFFSET + length)
    const words = this.arena.u32[segmentOf(member)] as Uint32Array
    words[wordOf(member) + KEY_LENGTH_WORD] = length
    words[wordOf(member) + HASH_WORD] = this.code
    this.setScore(member, score)
    copyBytes(bytes, start, end, this.arena.u8[segmentOf(member)] as Uint8Array, byteOf(member) + KEY_OFFSET)
    this.dict.insert(member, this.code)
    this.found = member
    return member
  }

  /** Gives the gathered member that was found another score. */
  regather(score: number): void {
    this.setScore(this.found, score)
  }

  /** Puts what was gathered in order. */
  arrange(): void {
    this.dict.forEach((member) => this.tree.insert(this.scoreOf(member), member))
  }

  // ---- ranges

  countBelow(score: number, inclusive: boolean): number {
    return this.tree.countBelow(score, inclusive)
  }

  between(range: LexRange, backwards: boolean, offset: number): Interval {
    if (isEmpty(range)) return nowhere
    const { max, min } = range
    const from = min.infinite !== 0
      ? 0
      : this.tree.countBelowKey(min.bytes, min.start, min.end, min.exclusive)
    const to = max.infinite !== 0
      ? this.length
      : this.tree.countBelowKey(max.bytes, max.start, max.end, !max.exclusive)
    if (offset >= to - from) return nowhere
    return backwards ? { from, to: to - offset } : { from: from + offset, to }
  }

  visit(from: number, to: number, backwards: boolean, visit: Visit): void {
    const { arena, tree } = this
    let member = tree.seek(backwards ? to - 1 : from)
    for (let left = to - from; left > 0 && member !== 0; left--) {
      visitMember(arena, member, tree.score, visit)
      if (left > 1) member = backwards ? tree.previous() : tree.next()
    }
  }

  removeRange(from: number, to: number): void {
    for (let left = to - from; left > 0; left--) this.drop(this.tree.removeAt(from))
    if (to - from === 1 && this.length >= WORTHWHILE && --this.fetched < 0) this.fetchNext(from)
  }

  /**
   * One pop is mostly followed by others, each of which waits for a member and its bucket. The next ones are fetched side by
   * side, in the order in which they will be popped.
   */
  private fetchNext(rank: number): void {
    const { dict, space, tree } = this
    const codes = space.state.ahead.popCodes
    const backwards = rank === this.length
    let member = tree.seek(backwards ? rank - 1 : rank)
    let count = 0
    for (; count < codes.length && member !== 0; count++) {
      codes[count] = this.hashOf(member)
      member = backwards ? tree.previous() : tree.next()
    }
    dict.prefetch(codes, count)
    this.fetched = count
  }

  scan(cursor: number, count: number, visit: Visit): number {
    let next = cursor
    let seen = 0
    for (;;) {
      next = this.dict.scan(next, (member) => {
        seen++
        visitMember(this.arena, member, this.scoreOf(member), visit)
      })
      if (next === 0 || seen >= count) return next
    }
  }

  // ---- as a whole

  /** Bytes of everything, or an estimate from the first `samples` members (0: all). */
  bytes(samples: number): number {
    let members = 0
    const looked = samples === 0 ? this.length : Math.min(samples, this.length)
    let member = this.tree.seek(0)
    for (let left = looked; left > 0; left--) {
      members += this.arena.capacity(member)
      if (left > 1) member = this.tree.next()
    }
    if (looked > 0) members = Math.floor((members / looked) * this.length)
    return members + this.tree.bytes + this.dict.tableBytes + OBJECT_BYTES
  }

  /** How many slices `release` has, about. */
  get releaseEffort(): number {
    return this.tree.nodeCount
  }

  /** Makes room for that many members at once: for loading. */
  reserve(members: number): void {
    this.dict.reserve(members)
  }

  /** Gives everything back, a leaf's members at a time. */
  *release(): Generator<void> {
    this.space.dropDict(this.dict)
    yield* this.tree.release()
  }
}

const visitMember = (arena: Arena, member: Ref, score: number, visit: Visit): void => {
  const segment = segmentOf(member)
  const start = byteOf(member) + KEY_OFFSET
  const length = (arena.u32[segment] as Uint32Array)[wordOf(member) + KEY_LENGTH_WORD] as number
  visit(arena.u8[segment] as Uint8Array, start, start + length, score)
}
