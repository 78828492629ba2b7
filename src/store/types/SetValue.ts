/**
 * Sets (https://redis.io/docs/data-types/sets): integers as an intset while they are few, else a dictionary whose
 * entries are the members, or a listpack while that is small (to clients a hash table, since Redis 7.0 has no other
 * encoding for it).
 */
import { byteOf, type Ref, segmentOf, wordOf } from "../../memory/Arena.ts"
import { KEY_LENGTH_WORD } from "../../memory/ByteDict.ts"
import * as Bytes from "../../memory/Bytes.ts"
import * as Integers from "../../memory/Integers.ts"
import * as Intset from "../../memory/Intset.ts"
import * as Listpack from "../../memory/Listpack.ts"
import type { Database } from "../Database.ts"
import { Encoding, metaOf, Type, VALUE_WORD } from "../Entry.ts"
import type { Keyspace } from "../Keyspace.ts"
import { emptyListpack, staysPacked, ValueAt } from "./ValueAt.ts"

/** Where a member begins in its entry of the dictionary. */
export const MEMBER_OFFSET = 4
/** Redis's limit, whatever `set-max-intset-entries` says. */
const MOST_INTSET_ENTRIES = 2 ** 30

const emptyIntset = (space: Keyspace): Ref => {
  const blob = space.arena.alloc(Intset.headerSize)
  Intset.writeEmpty(space.arena.u8[segmentOf(blob)] as Uint8Array, byteOf(blob))
  return blob
}

/**
 * Adds an empty set under a key that is not there, in the encoding that suits its first member. `db.find` was last
 * called for this key.
 */
export const add = (db: Database, key: Uint8Array, start: number, end: number, ofIntegers: boolean): Ref => {
  const encoding = ofIntegers ? Encoding.intset : Encoding.packed
  const ref = db.add(key, start, end, metaOf(Type.set, encoding), 0, db.code)
  db.setWord(ref, VALUE_WORD, ofIntegers ? emptyIntset(db.space) : emptyListpack(db.space))
  return ref
}

export class SetValue extends ValueAt {
  /** What is looked for or written. */
  private readonly needle = new Listpack.Element()

  constructor(space: Keyspace) {
    super(space, Encoding.intset)
  }

  /** Begins an empty set that has no key yet. */
  begin(space: Keyspace): this {
    return this.load(space, Encoding.intset, emptyIntset(space))
  }

  get isDict(): boolean {
    return this.encoding === Encoding.hashtable
  }

  private get isIntset(): boolean {
    return this.encoding === Encoding.intset
  }

  /** Number of members. */
  get length(): number {
    if (this.isDict) return this.dict.size
    return this.isIntset ? Intset.count(this.bytes, this.offset) : Listpack.count(this.bytes, this.offset)
  }

  // ---- reading

  has(member: Uint8Array, start: number, end: number): boolean {
    if (this.isDict) return this.findInDict(member, start, end) !== 0
    if (this.isIntset) {
      const integer = Integers.parse(member, start, end)
      return integer !== undefined && Intset.has(this.bytes, this.offset, integer)
    }
    return this.findPacked(member, start, end) !== -1
  }

  /** As `has`, of a member of another set. */
  hasElement(element: Listpack.Element): boolean {
    if (this.isIntset && element.isInteger) return this.hasInteger(element.integer)
    element.text()
    return this.has(element.bytes, element.start, element.end)
  }

  // Members of another intset come in ascending order.
  private hasInteger(value: Integers.Integer): boolean {
    const at = Intset.searchFrom(this.bytes, this.offset, value, this.reached)
    this.reached = at < 0 ? ~at : at
    return at >= 0
  }
  /** Where the integer that was last looked for is in the intset, or belongs. */
  private reached = 0

  private findPacked(member: Uint8Array, start: number, end: number): number {
    this.needle.setBytes(member, start, end)
    return Listpack.find(this.bytes, Listpack.first(this.offset), this.needle, 0)
  }

  /**
   * Places of members, for `read`: an entry of the dictionary, a position of the listpack, an index of the intset. Good
   * until the set changes.
   */
  places(): Array<number> {
    const places: Array<number> = []
    this.somePlace((place) => {
      places.push(place)
      return false
    })
    return places
  }

  /** Reads the member at a place. */
  read(place: number, into: Listpack.Element): Listpack.Element {
    if (this.isDict) {
      const segment = segmentOf(place)
      const length = (this.space.arena.u32[segment] as Uint32Array)[wordOf(place) + KEY_LENGTH_WORD] as number
      const from = byteOf(place) + MEMBER_OFFSET
      into.view(this.space.arena.u8[segment] as Uint8Array, from, from + length)
    } else if (this.isIntset) into.setInteger(Intset.get(this.bytes, this.offset, place))
    else into.read(this.bytes, place)
    return into
  }

  /** Visits places until the visitor says true. */
  somePlace(visit: (place: number) => boolean): boolean {
    if (this.isDict) return this.dict.some(visit)
    if (this.isIntset) {
      const { length } = this
      for (let index = 0; index < length; index++) if (visit(index)) return true
      return false
    }
    const { bytes } = this
    for (let p = Listpack.first(this.offset); !Listpack.isEnd(bytes, p); p = Listpack.next(bytes, p)) {
      if (visit(p)) return true
    }
    return false
  }

  /** Visits all members; the element is the same each time. The set must not change meanwhile. */
  forEach(visit: (member: Listpack.Element) => void): void {
    const member = new Listpack.Element()
    this.somePlace((place) => {
      visit(this.read(place, member))
      return false
    })
  }

  /** The place of a member that chance picks. Not for an empty set. */
  pick(random: () => number): number {
    if (this.isDict) return this.dict.pick(random)
    const index = random() % this.length
    return this.isIntset ? index : Listpack.seek(this.bytes, this.offset, index)
  }

  // ---- changing

  /** Adds a member; true when it was none. */
  add(member: Uint8Array, start: number, end: number): boolean {
    if (this.isDict) return this.addToDict(member, start, end)
    if (this.isIntset) {
      const integer = Integers.parse(member, start, end)
      if (integer !== undefined) return this.addInteger(integer)
      this.becomeTable()
      return this.add(member, start, end)
    }
    if (this.findPacked(member, start, end) !== -1) return false
    const { needle } = this
    if (!staysPacked(this.length + 1, Listpack.byteLength(this.bytes, this.offset) + needle.size)) {
      this.becomeDict()
      return this.addToDict(member, start, end)
    }
    this.grow(needle.size)
    Listpack.append(this.bytes, this.offset, needle)
    return true
  }

  /** As `add`, of a member of another set. */
  addElement(element: Listpack.Element): boolean {
    if (this.isIntset && element.isInteger) return this.addInteger(element.integer)
    element.text()
    return this.add(element.bytes, element.start, element.end)
  }

  /** Adds members of another set to this one, which has none of them. */
  addPlaces(source: SetValue, places: ReadonlyArray<number>): void {
    this.reserve(places.length)
    const member = new Listpack.Element()
    for (const place of places) {
      source.read(place, member)
      if (this.isDict) {
        member.text()
        this.insertInDict(member.bytes, member.start, member.end)
      } else this.addElement(member)
    }
  }

  private addInteger(value: Integers.Integer): boolean {
    const at = Intset.search(this.bytes, this.offset, value)
    if (at >= 0) return false
    this.resize(Intset.sizeWith(this.bytes, this.offset, value), Intset.byteLength(this.bytes, this.offset))
    Intset.insert(this.bytes, this.offset, ~at, value)
    const most = Math.min(this.space.state.settings.setMaxIntsetEntries, MOST_INTSET_ENTRIES)
    if (this.length > most) this.becomeTable()
    return true
  }

  private addToDict(member: Uint8Array, start: number, end: number): boolean {
    const { dict } = this
    const code = this.hash(dict, member, start, end)
    if (dict.findHashed(code, member, start, end) !== 0) return false
    this.insertInDict(member, start, end, code)
    return true
  }

  private insertInDict(
    member: Uint8Array,
    start: number,
    end: number,
    code: number = this.dict.hash(member, start, end)
  ): void {
    const { arena } = this.space
    const ref = arena.alloc(MEMBER_OFFSET + end - start)
    const segment = segmentOf(ref)
    ;(arena.u32[segment] as Uint32Array)[wordOf(ref) + KEY_LENGTH_WORD] = end - start
    Bytes.copy(member, start, end, arena.u8[segment] as Uint8Array, byteOf(ref) + MEMBER_OFFSET)
    this.dict.insert(ref, code)
  }

  /** Removes a member; true when it was one. */
  remove(member: Uint8Array, start: number, end: number): boolean {
    if (this.isDict) {
      const { dict } = this
      const code = this.hash(dict, member, start, end)
      const ref = dict.findHashed(code, member, start, end)
      if (ref !== 0) this.removeEntry(ref, code)
      return ref !== 0
    }
    if (this.isIntset) {
      const integer = Integers.parse(member, start, end)
      const index = integer === undefined ? -1 : Intset.search(this.bytes, this.offset, integer)
      if (index >= 0) this.removeAt(index)
      return index >= 0
    }
    const p = this.findPacked(member, start, end)
    if (p !== -1) this.removeAt(p)
    return p !== -1
  }

  /** Removes the member at a place. */
  removeAt(place: number): void {
    if (this.isDict) this.removeEntry(place, this.dict.codeOf(place))
    else if (this.isIntset) {
      Intset.removeAt(this.bytes, this.offset, place)
      const length = Intset.byteLength(this.bytes, this.offset)
      this.resize(length, length)
    } else {
      Listpack.remove(this.bytes, this.offset, place)
      this.fit()
    }
  }

  private removeEntry(ref: Ref, code: number): void {
    this.dict.remove(ref, code)
    this.space.arena.free(ref)
  }

  // ---- encodings

  /** From the intset to what clients see as a hash table. */
  becomeTable(): void {
    const before = this.alias()
    if (!staysPacked(before.length, 0)) return this.becomeDict()
    let size = Listpack.emptySize
    before.forEach((member) => size += member.size)
    if (!staysPacked(before.length, size)) return this.becomeDict()
    this.place(Encoding.packed, emptyListpack(this.space))
    this.grow(size - Listpack.emptySize)
    before.forEach((member) => void Listpack.append(this.bytes, this.offset, member))
    this.space.arena.free(before.word)
  }

  /** Makes room for that many members, for loading. */
  reserve(members: number): void {
    const { setMaxIntsetEntries } = this.space.state.settings
    if (this.isIntset && members > setMaxIntsetEntries && !staysPacked(members, 0)) this.becomeDict(members)
  }

  private becomeDict(expected = this.length): void {
    const before = this.alias()
    const dict = this.space.makeDict(MEMBER_OFFSET)
    dict.reserve(expected)
    this.place(Encoding.hashtable, this.space.hold(dict))
    before.forEach((member) => {
      member.text()
      this.addToDict(member.bytes, member.start, member.end)
    })
    this.space.arena.free(before.word)
  }

  /** The same value, to be read while this one becomes another. */
  private alias(): SetValue {
    return new SetValue(this.space).load(this.space, this.encoding, this.word)
  }
}
