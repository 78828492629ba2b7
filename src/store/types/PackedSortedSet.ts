/**
 * A small sorted set: one listpack of members and scores in turn, lowest score first. An object is a view of one; it can
 * be opened on the next when its user is done with the last.
 */
import { type Arena, byteOf, type Ref, segmentOf } from "../../memory/Arena.ts"
import * as Bytes from "../../memory/Bytes.ts"
import * as Doubles from "../../memory/Doubles.ts"
import * as Listpack from "../../memory/Listpack.ts"
import type { Database } from "../Database.ts"
import { VALUE_WORD } from "../Entry.ts"
import type { SortedSet } from "./SortedSet.ts"
import { type Interval, isEmpty, isFrom, isUpTo, type LexRange, nowhere, type Visit } from "./SortedSetRange.ts"

/** The score at a position of a listpack. */
export const scoreAt = (buf: Uint8Array, p: number): number => {
  if (Listpack.isInteger(buf, p)) return Number(Listpack.integerAt(buf, p))
  const start = Listpack.stringStart(buf, p)
  return Doubles.parseBound(buf, start, start + Listpack.stringLength(buf, p)) ?? 0
}

export class PackedSortedSet implements SortedSet {
  private db: Database | undefined
  private entry: Ref = 0
  private buf: Uint8Array = noBytes
  private off = 0
  /** Where the last `seek` has come to: the position of the member. */
  private found = 0
  private readonly member = new Listpack.Element()
  private readonly number = new Listpack.Element()
  private readonly text = new Uint8Array(Doubles.maxSize)

  /** Looks at the listpack of an entry, which may move as long as the entry does not. */
  open(db: Database, entry: Ref): this {
    this.db = db
    this.entry = entry
    return this.openBlob(db.space.arena, db.word(entry, VALUE_WORD))
  }

  /** Looks at a listpack that nothing makes longer than its blob. */
  openBlob(arena: Arena, blob: Ref): this {
    this.buf = arena.u8[segmentOf(blob)] as Uint8Array
    this.off = byteOf(blob)
    return this
  }

  get length(): number {
    return Listpack.count(this.buf, this.off) >>> 1
  }

  get byteLength(): number {
    return Listpack.byteLength(this.buf, this.off)
  }

  // ---- one member

  seek(bytes: Uint8Array, start: number, end: number): number {
    const { buf } = this
    this.member.setBytes(bytes, start, end)
    this.found = Listpack.find(buf, Listpack.first(this.off), this.member, 1)
    return this.found < 0 ? NaN : scoreAt(buf, Listpack.next(buf, this.found))
  }

  rank(): number {
    let rank = 0
    for (let p = Listpack.first(this.off); p < this.found; p = this.nextMember(p)) rank++
    return rank
  }

  rescore(score: number): void {
    const { buf, found } = this
    this.setNumber(score)
    if (this.keepsPlace(score)) {
      const growth = this.number.size - Listpack.sizeAt(buf, Listpack.next(buf, found))
      if (growth > 0) this.makeRoom(growth)
      // Room may have been made elsewhere.
      Listpack.replace(this.buf, this.off, Listpack.next(this.buf, this.found), this.number)
      if (growth < 0) this.shrink()
      return
    }
    this.member.readText(buf, found)
    const member = Bytes.copyOf(this.member.bytes, this.member.start, this.member.end)
    this.remove()
    this.insert(member, 0, member.length, score)
  }

  /** Whether the member that was found stays between its neighbours with another score. */
  private keepsPlace(score: number): boolean {
    const { buf, found, off } = this
    const before = Listpack.previous(buf, off, found)
    if (before >= 0 && scoreAt(buf, before) >= score) return false
    const behind = this.nextMember(found)
    return Listpack.isEnd(buf, behind) || scoreAt(buf, Listpack.next(buf, behind)) > score
  }

  remove(): void {
    Listpack.removeRange(this.buf, this.off, this.found, 2)
    this.shrink()
  }

  /** Adds a member, which is not there. */
  insert(bytes: Uint8Array, start: number, end: number, score: number): void {
    const at = this.placeOf(bytes, start, end, score) - this.off
    this.member.setBytes(bytes, start, end)
    this.setNumber(score)
    const size = this.member.size + this.number.size
    this.makeRoom(size)
    const { buf, off } = this
    Listpack.splice(buf, off, off + at, off + at, 0, size, 2)
    this.number.write(buf, this.member.write(buf, off + at))
  }

  /** Adds a member behind all others, in a blob that has the room. */
  append(bytes: Uint8Array, start: number, end: number, score: number): void {
    this.setNumber(score)
    Listpack.append(this.buf, this.off, this.member.setBytes(bytes, start, end))
    Listpack.append(this.buf, this.off, this.number)
  }

  /** What a member takes in a listpack. */
  sizeOf(bytes: Uint8Array, start: number, end: number, score: number): number {
    this.setNumber(score)
    return Listpack.sizeOf(bytes, start, end) + this.number.size
  }

  /** The position before which a member belongs. */
  private placeOf(bytes: Uint8Array, start: number, end: number, score: number): number {
    const { buf, off } = this
    let p = Listpack.first(off)
    while (!Listpack.isEnd(buf, p)) {
      const behind = Listpack.next(buf, p)
      const other = scoreAt(buf, behind)
      if (other > score || (other === score && this.compare(p, bytes, start, end) > 0)) return p
      p = Listpack.next(buf, behind)
    }
    return p
  }

  private compare(p: number, bytes: Uint8Array, start: number, end: number): number {
    const { member } = this
    member.readText(this.buf, p)
    return Bytes.compare(member.bytes, member.start, member.end, bytes, start, end)
  }

  private setNumber(score: number): void {
    const integer = Doubles.toInteger(score)
    if (integer !== undefined) this.number.setInteger(integer)
    else this.number.setBytes(this.text, 0, Doubles.write(this.text, 0, score))
  }

  /** Gives the blob room for so many bytes more. */
  private makeRoom(bytes: number): void {
    const used = this.byteLength
    this.resize(used + bytes, used)
  }

  private shrink(): void {
    this.resize(this.byteLength, this.byteLength)
  }

  private resize(bytes: number, keep: number): void {
    const { db } = this
    if (db === undefined) return
    const { arena } = db.space
    const blob = db.word(this.entry, VALUE_WORD)
    const moved = arena.resize(blob, bytes, keep)
    if (moved === blob) return
    db.setWord(this.entry, VALUE_WORD, moved)
    this.found -= this.off
    this.openBlob(arena, moved)
    this.found += this.off
  }

  private nextMember(p: number): number {
    return Listpack.next(this.buf, Listpack.next(this.buf, p))
  }

  // ---- ranges

  countBelow(score: number, inclusive: boolean): number {
    const { buf, off } = this
    let count = 0
    for (let p = Listpack.first(off); !Listpack.isEnd(buf, p); count++) {
      const behind = Listpack.next(buf, p)
      const other = scoreAt(buf, behind)
      if (inclusive ? other > score : other >= score) break
      p = Listpack.next(buf, behind)
    }
    return count
  }

  between(range: LexRange, backwards: boolean, offset: number): Interval {
    const { buf, off } = this
    const count = this.length
    if (count === 0 || isEmpty(range)) return nowhere
    const last = Listpack.seek(buf, off, -2)
    if (!this.isIn(last, range, isFrom) || !this.isIn(Listpack.first(off), range, isUpTo)) return nowhere
    if (!backwards) {
      let from = 0
      let p = Listpack.first(off)
      for (; !Listpack.isEnd(buf, p) && !this.isIn(p, range, isFrom); p = this.nextMember(p)) from++
      if (from + offset >= count || !this.isIn(p, range, isUpTo)) return nowhere
      p = Listpack.skip(buf, p, offset * 2)
      from += offset
      let to = from
      for (; !Listpack.isEnd(buf, p) && this.isIn(p, range, isUpTo); p = this.nextMember(p)) to++
      return { from, to }
    }
    let to = count
    let p = last
    for (; p >= 0 && !this.isIn(p, range, isUpTo); p = this.previousMember(p)) to--
    if (to <= offset || !this.isIn(p, range, isFrom)) return nowhere
    p = Listpack.seek(buf, off, (to - offset - 1) * 2)
    to -= offset
    let from = to
    for (; p >= 0 && this.isIn(p, range, isFrom); p = this.previousMember(p)) from--
    return { from, to }
  }

  private previousMember(p: number): number {
    const score = Listpack.previous(this.buf, this.off, p)
    return score < 0 ? -1 : Listpack.previous(this.buf, this.off, score)
  }

  private isIn(p: number, range: LexRange, test: typeof isFrom): boolean {
    const { member } = this
    member.readText(this.buf, p)
    return test(member.bytes, member.start, member.end, range)
  }

  visit(from: number, to: number, backwards: boolean, visit: Visit): void {
    const { buf, member, off } = this
    let p = Listpack.seek(buf, off, (backwards ? to - 1 : from) * 2)
    for (let left = to - from; left > 0 && p >= 0; left--) {
      const behind = member.readText(buf, p)
      visit(member.bytes, member.start, member.end, scoreAt(buf, behind))
      p = backwards ? this.previousMember(p) : Listpack.next(buf, behind)
    }
  }

  removeRange(from: number, to: number): void {
    if (from >= to) return
    const p = Listpack.seek(this.buf, this.off, from * 2)
    Listpack.removeRange(this.buf, this.off, p, (to - from) * 2)
    this.shrink()
  }

  scan(_cursor: number, _count: number, visit: Visit): number {
    this.visit(0, this.length, false, visit)
    return 0
  }
}

const noBytes = new Uint8Array(0)
