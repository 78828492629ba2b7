/**
 * Hashes (https://redis.io/docs/data-types/hashes): field, value, field, value in a listpack while they are small, else
 * a dictionary whose entries hold a field and its value in one blob.
 *
 * | word | content |
 * | --- | --- |
 * | 0 | length of the field (ByteDict) |
 * | 1 | length of the value |
 * | from byte 8 on | the field, the value |
 */
import { byteOf, type Ref, segmentOf, wordOf } from "../../memory/Arena.ts"
import { KEY_LENGTH_WORD } from "../../memory/ByteDict.ts"
import * as Bytes from "../../memory/Bytes.ts"
import * as Listpack from "../../memory/Listpack.ts"
import type { Database } from "../Database.ts"
import { Encoding, metaOf, Type, VALUE_WORD } from "../Entry.ts"
import type { Keyspace } from "../Keyspace.ts"
import { emptyListpack, staysPacked, ValueAt } from "./ValueAt.ts"

const VALUE_LENGTH_WORD = 1
export const FIELD_OFFSET = 8

/** Adds an empty hash under a key that is not there; `db.find` was last called for this key. */
export const add = (db: Database, key: Uint8Array, start: number, end: number): Ref => {
  const ref = db.add(key, start, end, metaOf(Type.hash, Encoding.listpack), 0, db.code)
  db.setWord(ref, VALUE_WORD, emptyListpack(db.space))
  return ref
}

export class HashValue extends ValueAt {
  /** What is looked for or written. */
  private readonly field = new Listpack.Element()
  private readonly value = new Listpack.Element()

  constructor(space: Keyspace) {
    super(space, Encoding.listpack)
  }

  /** Begins an empty hash that has no key yet. */
  begin(space: Keyspace): this {
    return this.load(space, Encoding.listpack, emptyListpack(space))
  }

  get isDict(): boolean {
    return this.encoding === Encoding.hashtable
  }

  /** Number of fields. */
  get length(): number {
    return this.isDict ? this.dict.size : Listpack.count(this.bytes, this.offset) >>> 1
  }

  // ---- reading

  /** Whether a field is there; its value goes into `into`. */
  get(field: Uint8Array, start: number, end: number, into: Listpack.Element): boolean {
    if (this.isDict) {
      const ref = this.findInDict(field, start, end)
      if (ref !== 0) this.readValue(ref, into)
      return ref !== 0
    }
    const bytes = this.bytes
    const p = Listpack.find(bytes, Listpack.first(this.offset), this.field.setBytes(field, start, end), 1)
    if (p !== -1) into.read(bytes, Listpack.next(bytes, p))
    return p !== -1
  }

  has(field: Uint8Array, start: number, end: number): boolean {
    if (this.isDict) return this.findInDict(field, start, end) !== 0
    return Listpack.find(this.bytes, Listpack.first(this.offset), this.field.setBytes(field, start, end), 1) !== -1
  }

  private readValue(ref: Ref, into: Listpack.Element): void {
    const segment = segmentOf(ref)
    const words = this.space.arena.u32[segment] as Uint32Array
    const from = byteOf(ref) + FIELD_OFFSET + (words[wordOf(ref) + KEY_LENGTH_WORD] as number)
    const length = words[wordOf(ref) + VALUE_LENGTH_WORD] as number
    into.view(this.space.arena.u8[segment] as Uint8Array, from, from + length)
  }

  /** Reads the field at a place, which is an entry of `dict` or one of `places`, and its value. */
  readPair(place: number, field: Listpack.Element, value: Listpack.Element): void {
    if (this.isDict) {
      const segment = segmentOf(place)
      const length = (this.space.arena.u32[segment] as Uint32Array)[wordOf(place) + KEY_LENGTH_WORD] as number
      const from = byteOf(place) + FIELD_OFFSET
      field.view(this.space.arena.u8[segment] as Uint8Array, from, from + length)
      this.readValue(place, value)
    } else value.read(this.bytes, field.read(this.bytes, place))
  }

  /** Where the fields of a packed hash are. */
  places(): Array<number> {
    const bytes = this.bytes
    const places: Array<number> = []
    for (let p = Listpack.first(this.offset); !Listpack.isEnd(bytes, p); p = Listpack.skip(bytes, p, 2)) places.push(p)
    return places
  }

  /** Visits all fields with their values; the elements are the same each time. */
  forEach(visit: (field: Listpack.Element, value: Listpack.Element) => void): void {
    const field = new Listpack.Element()
    const value = new Listpack.Element()
    if (this.isDict) {
      this.dict.forEach((ref) => {
        this.readPair(ref, field, value)
        visit(field, value)
      })
      return
    }
    const bytes = this.bytes
    for (let p = Listpack.first(this.offset); !Listpack.isEnd(bytes, p);) {
      p = value.read(bytes, field.read(bytes, p))
      visit(field, value)
    }
  }

  /** Reads a field that chance picks, and its value. Not for an empty hash. */
  pick(random: () => number, field: Listpack.Element, value: Listpack.Element): void {
    const place = this.isDict
      ? this.dict.pick(random)
      : Listpack.seek(this.bytes, this.offset, (random() % this.length) * 2)
    this.readPair(place, field, value)
  }

  // ---- changing

  /** Sets a field; true when it was not there. */
  set(
    field: Uint8Array,
    fieldStart: number,
    fieldEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number
  ): boolean {
    const { hashMaxListpackEntries, hashMaxListpackValue } = this.space.state.settings
    const fieldLength = fieldEnd - fieldStart
    const valueLength = valueEnd - valueStart
    if (
      this.encoding === Encoding.listpack && (fieldLength > hashMaxListpackValue || valueLength > hashMaxListpackValue)
    ) this.becomeTable()
    if (this.isDict) return this.setInDict(field, fieldStart, fieldEnd, value, valueStart, valueEnd)

    this.field.setBytes(field, fieldStart, fieldEnd)
    this.value.setBytes(value, valueStart, valueEnd)
    const p = Listpack.find(this.bytes, Listpack.first(this.offset), this.field, 1)
    const at = p === -1 ? -1 : Listpack.next(this.bytes, p)
    const growth = at === -1 ? this.field.size + this.value.size : this.value.size - Listpack.sizeAt(this.bytes, at)
    if (!this.hasRoom(at === -1 ? 1 : 0, growth)) {
      this.becomeDict()
      return this.setInDict(field, fieldStart, fieldEnd, value, valueStart, valueEnd)
    }
    if (at === -1) this.append()
    else this.replaceElement(at, this.value)
    // The limit may have been lowered since
    if (this.encoding === Encoding.listpack && this.length > hashMaxListpackEntries) this.becomeTable()
    return at === -1
  }

  /** Adds `field` and `value` to the listpack. */
  private append(): void {
    const size = this.field.size + this.value.size
    this.grow(size)
    const { bytes, offset } = this
    const end = Listpack.end(bytes, offset)
    Listpack.splice(bytes, offset, end, end, 0, size, 2)
    this.value.write(bytes, this.field.write(bytes, end))
  }

  private setInDict(
    field: Uint8Array,
    fieldStart: number,
    fieldEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number
  ): boolean {
    const { arena } = this.space
    const dict = this.dict
    const code = this.hash(dict, field, fieldStart, fieldEnd)
    const found = dict.findHashed(code, field, fieldStart, fieldEnd)
    const fixed = FIELD_OFFSET + fieldEnd - fieldStart
    const size = fixed + valueEnd - valueStart
    if (found !== 0) dict.changing(found, code)
    const ref = found === 0 ? arena.alloc(size) : arena.resize(found, size, fixed)
    const segment = segmentOf(ref)
    const words = arena.u32[segment] as Uint32Array
    const bytes = arena.u8[segment] as Uint8Array
    words[wordOf(ref) + VALUE_LENGTH_WORD] = valueEnd - valueStart
    Bytes.copy(value, valueStart, valueEnd, bytes, byteOf(ref) + fixed)
    if (found !== 0) {
      if (ref !== found) dict.replace(found, ref, code)
      return false
    }
    words[wordOf(ref) + KEY_LENGTH_WORD] = fieldEnd - fieldStart
    Bytes.copy(field, fieldStart, fieldEnd, bytes, byteOf(ref) + FIELD_OFFSET)
    dict.insert(ref, code)
    return true
  }

  /** Removes a field; true when it was there. */
  remove(field: Uint8Array, start: number, end: number): boolean {
    if (this.isDict) {
      const dict = this.dict
      const code = this.hash(dict, field, start, end)
      const ref = dict.findHashed(code, field, start, end)
      if (ref === 0) return false
      dict.remove(ref, code)
      this.space.arena.free(ref)
      return true
    }
    const p = Listpack.find(this.bytes, Listpack.first(this.offset), this.field.setBytes(field, start, end), 1)
    if (p === -1) return false
    Listpack.removeRange(this.bytes, this.offset, p, 2)
    this.fit()
    return true
  }

  // ---- encodings

  /** Whether the listpack may grow by so many fields and bytes. */
  private hasRoom(fields: number, growth: number): boolean {
    const { bytes, offset } = this
    return this.encoding === Encoding.packed
      ? staysPacked(this.length + fields, Listpack.byteLength(bytes, offset) + growth)
      : Listpack.isSafeToAdd(bytes, offset, growth)
  }

  /** From the listpack that clients see to what they see as a hash table. */
  becomeTable(): void {
    if (this.encoding !== Encoding.listpack) return
    const fits = staysPacked(this.length, Listpack.byteLength(this.bytes, this.offset))
    if (fits) this.place(Encoding.packed, this.word)
    else this.becomeDict()
  }

  /** Makes room for that many fields, for loading. */
  reserve(fields: number): void {
    if (fields > this.space.state.settings.hashMaxListpackEntries) this.becomeTable()
    if (this.encoding === Encoding.packed && !staysPacked(fields, 0)) this.becomeDict(fields)
  }

  private becomeDict(expected = this.length): void {
    const { arena } = this.space
    const { bytes, offset, word: blob } = this
    const dict = this.space.makeDict(FIELD_OFFSET)
    dict.reserve(expected)
    this.place(Encoding.hashtable, this.space.hold(dict))
    const field = new Listpack.Element()
    const value = new Listpack.Element()
    for (let p = Listpack.first(offset); !Listpack.isEnd(bytes, p);) {
      p = value.readText(bytes, field.readText(bytes, p))
      this.setInDict(field.bytes, field.start, field.end, value.bytes, value.start, value.end)
    }
    arena.free(blob)
  }
}
