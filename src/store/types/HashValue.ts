/**
 * Hashes (https://redis.io/docs/data-types/hashes): field, value, field, value in a listpack while they are small, or
 * only the values where others have the same fields (`HashShapes`), else a dictionary whose entries hold a field and its
 * value in one blob.
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
import * as ListpackPairs from "../../memory/ListpackPairs.ts"
import type { Database } from "../Database.ts"
import { Encoding, metaOf, Type, VALUE_WORD } from "../Entry.ts"
import { type Shape, SHAPE_BYTES } from "../HashShapes.ts"
import type { Keyspace } from "../Keyspace.ts"
import { allocBlob, emptyListpack, staysPacked, ValueAt } from "./ValueAt.ts"

const VALUE_LENGTH_WORD = 1
export const FIELD_OFFSET = 8

/** Whether clients see the encoding as a listpack. */
export const isListpack = (encoding: Encoding): boolean =>
  encoding === Encoding.listpack || encoding === Encoding.shaped

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

  /** Begins a hash that has no key yet with the fields and values of a sound listpack, which is not empty. */
  beginWith(space: Keyspace, pairs: Uint8Array, start: number, stop: number): this {
    this.load(space, Encoding.listpack, 0)
    if (!this.takeShaped(pairs, start)) this.place(Encoding.listpack, allocBlob(space, pairs, start, stop))
    return this
  }

  get isDict(): boolean {
    return this.encoding === Encoding.hashtable
  }

  private get isShaped(): boolean {
    return this.encoding === Encoding.shaped
  }

  protected override get headBytes(): number {
    return this.isShaped ? SHAPE_BYTES : 0
  }

  get isListpack(): boolean {
    return isListpack(this.encoding)
  }

  /** Number of fields. */
  get length(): number {
    return this.isDict ? this.dict.size : Listpack.count(this.bytes, this.offset) >>> (this.isShaped ? 0 : 1)
  }

  /** The bytes that it takes, or would take, as a listpack of fields and values. */
  private get listpackLength(): number {
    const length = Listpack.byteLength(this.bytes, this.offset)
    const { shape } = this
    return shape === undefined ? length : length + shape.names.length - Listpack.emptySize
  }

  // ---- reading

  /** Whether a field is there; its value goes into `into`. */
  get(field: Uint8Array, start: number, end: number, into: Listpack.Element): boolean {
    if (this.isDict) {
      const ref = this.findInDict(field, start, end)
      if (ref !== 0) this.readValue(ref, into)
      return ref !== 0
    }
    const p = this.findValue(this.field.setBytes(field, start, end), this.shape)
    if (p !== -1) into.read(this.bytes, p)
    return p !== -1
  }

  has(field: Uint8Array, start: number, end: number): boolean {
    if (this.isDict) return this.findInDict(field, start, end) !== 0
    return this.findValue(this.field.setBytes(field, start, end), this.shape) !== -1
  }

  /** Where the value of a field is in the listpack, or -1. */
  private findValue(field: Listpack.Element, shape: Shape | undefined): number {
    const { bytes } = this
    const first = Listpack.first(this.offset)
    if (shape === undefined) {
      const p = Listpack.find(bytes, first, field, 1)
      return p === -1 ? -1 : Listpack.next(bytes, p)
    }
    const index = shape.indexOf(field)
    return index === -1 ? -1 : Listpack.skip(bytes, first, index)
  }

  private readValue(ref: Ref, into: Listpack.Element): void {
    const segment = segmentOf(ref)
    const words = this.space.arena.u32[segment] as Uint32Array
    const from = byteOf(ref) + FIELD_OFFSET + (words[wordOf(ref) + KEY_LENGTH_WORD] as number)
    const length = words[wordOf(ref) + VALUE_LENGTH_WORD] as number
    into.view(this.space.arena.u8[segment] as Uint8Array, from, from + length)
  }

  /** Reads the field of an entry of `dict` and its value. */
  readPair(ref: Ref, field: Listpack.Element, value: Listpack.Element): void {
    const segment = segmentOf(ref)
    const length = (this.space.arena.u32[segment] as Uint32Array)[wordOf(ref) + KEY_LENGTH_WORD] as number
    const from = byteOf(ref) + FIELD_OFFSET
    field.view(this.space.arena.u8[segment] as Uint8Array, from, from + length)
    this.readValue(ref, value)
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
    const first = Listpack.first(this.offset)
    const names = this.shape?.names
    if (names !== undefined) {
      let p = first
      for (let name = Listpack.first(0); !Listpack.isEnd(names, name);) {
        name = field.read(names, name)
        p = value.read(bytes, p)
        visit(field, value)
      }
      return
    }
    for (let p = first; !Listpack.isEnd(bytes, p);) {
      p = value.read(bytes, field.read(bytes, p))
      visit(field, value)
    }
  }

  /** Reads a field that chance picks, and its value. Not for an empty hash. */
  pick(random: () => number, field: Listpack.Element, value: Listpack.Element): void {
    if (this.isDict) return this.readPair(this.dict.pick(random), field, value)
    const { bytes, offset } = this
    const index = random() % this.length
    const names = this.shape?.names
    if (names !== undefined) {
      field.read(names, Listpack.seek(names, 0, index))
      value.read(bytes, Listpack.seek(bytes, offset, index))
    } else value.read(bytes, field.read(bytes, Listpack.seek(bytes, offset, index * 2)))
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
    if (fieldLength > hashMaxListpackValue || valueLength > hashMaxListpackValue) this.becomeTable()
    if (this.isDict) return this.setInDict(field, fieldStart, fieldEnd, value, valueStart, valueEnd)

    this.field.setBytes(field, fieldStart, fieldEnd)
    this.value.setBytes(value, valueStart, valueEnd)
    const { shape } = this
    const next = shape?.nextFor(this.field)
    const at = next === undefined ? this.findValue(this.field, shape) : -1
    const growth = at === -1 ? this.field.size + this.value.size : this.value.size - Listpack.sizeAt(this.bytes, at)
    if (growth > 0 && !this.hasRoom(at === -1 ? 1 : 0, growth)) {
      this.becomeDict()
      return this.setInDict(field, fieldStart, fieldEnd, value, valueStart, valueEnd)
    }
    if (at === -1) this.append(shape, next)
    else this.replaceElement(at, this.value)
    // The limit may have been lowered since
    if (this.isListpack && this.length > hashMaxListpackEntries) this.becomeTable()
    return at === -1
  }

  /** Adds `field` and `value` to the listpack. */
  private append(shape: Shape | undefined, next: Shape | undefined): void {
    const extended = next ?? this.shapeWith(shape)
    if (extended !== undefined) return this.appendShaped(shape, extended)
    if (shape !== undefined) this.leaveShape()
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
    this.field.setBytes(field, start, end)
    const { shape } = this
    if (shape !== undefined) {
      if (this.findValue(this.field, shape) === -1) return false
      this.leaveShape()
    }
    const p = Listpack.find(this.bytes, Listpack.first(this.offset), this.field, 1)
    if (p === -1) return false
    Listpack.removeRange(this.bytes, this.offset, p, 2)
    this.fit()
    if (shape !== undefined) this.takeShape()
    return true
  }

  // ---- shapes

  /** The shape of a hash that has one. */
  private get shape(): Shape | undefined {
    return this.isShaped ? this.space.hashShapes.of(this.word) : undefined
  }

  /** The shape with `field` behind the fields that the hash has, if there is one. */
  private shapeWith(shape: Shape | undefined): Shape | undefined {
    const { hashShapes } = this.space
    if (shape !== undefined) return hashShapes.extended(shape, this.field)
    const isEmpty = this.encoding === Encoding.listpack && Listpack.isEmpty(this.bytes, this.offset)
    return isEmpty ? hashShapes.extended(hashShapes.empty, this.field) : undefined
  }

  /** Adds only `value`: the shape to which the hash goes has the field. */
  private appendShaped(from: Shape | undefined, to: Shape): void {
    if (from === undefined) this.beginShaped(this.value.size)
    else this.grow(this.value.size)
    Listpack.append(this.bytes, this.offset, this.value)
    this.changeShape(from, to)
  }

  /** Makes an empty hash one that has a shape, with room for that many bytes of values. */
  private beginShaped(bytes: number): void {
    const { arena } = this.space
    arena.free(this.word)
    this.place(Encoding.shaped, arena.alloc(SHAPE_BYTES + Listpack.emptySize + bytes))
    Listpack.writeEmpty(this.bytes, this.offset)
  }

  /** Writes the number of the shape that the hash has now. */
  private changeShape(from: Shape | undefined, to: Shape): void {
    this.space.hashShapes.mark(this.word, to)
    if (from !== undefined) from.hashes--
    to.hashes++
  }

  /** Leaves the names of a listpack's fields to a shape, if there is one for them. */
  private takeShape(): void {
    if (this.encoding !== Encoding.listpack || this.length === 0) return
    const { word } = this
    if (this.takeShaped(this.bytes, this.offset)) this.space.arena.free(word)
  }

  /** Takes the values of a listpack, if there is a shape for the names. */
  private takeShaped(pairs: Uint8Array, off: number): boolean {
    const { arena, hashShapes } = this.space
    const shape = hashShapes.ofPairs(pairs, off)
    if (shape === undefined) return false
    const values = Listpack.byteLength(pairs, off) - shape.names.length + Listpack.emptySize
    this.place(Encoding.shaped, arena.alloc(SHAPE_BYTES + values))
    ListpackPairs.writeValues(pairs, off, this.bytes, this.offset)
    this.changeShape(undefined, shape)
    return true
  }

  /** Makes a listpack of fields and values of a hash that has a shape. */
  private leaveShape(): void {
    const { arena } = this.space
    const { bytes, offset, shape, word: values } = this
    if (shape === undefined) return
    this.place(Encoding.listpack, arena.alloc(this.listpackLength))
    ListpackPairs.join(shape.names, 0, bytes, offset, this.bytes, this.offset)
    shape.hashes--
    arena.free(values)
  }

  // ---- encodings

  /** Whether the listpack may grow by so many fields and bytes. */
  private hasRoom(fields: number, growth: number): boolean {
    const length = this.listpackLength + growth
    return this.encoding === Encoding.packed ? staysPacked(this.length + fields, length) : length <= Listpack.maxSize
  }

  /** Shows the listpack that clients see; it is there for the time of the call. */
  withListpack(visit: (bytes: Uint8Array, start: number, end: number) => void): void {
    const { bytes, listpackLength: length, offset, shape } = this
    if (shape === undefined) return visit(bytes, offset, offset + length)
    const room = this.space.arena.scratch(length)
    ListpackPairs.join(shape.names, 0, bytes, offset, room, 0)
    visit(room, 0, length)
  }

  /** From the listpack that clients see to what they see as a hash table. */
  becomeTable(): void {
    this.leaveShape()
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
    this.leaveShape()
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
