/**
 * A value at hand, under a key or not (yet): its encoding and its value word. What changes them is written back to the
 * entry. One object serves many values in turn, so that a command on a small value allocates nothing.
 */
import { byteOf, copyBytes, type Ref, segmentOf } from "../../memory/Arena.ts"
import type { ByteDict } from "../../memory/ByteDict.ts"
import * as Listpack from "../../memory/Listpack.ts"
import type { Database } from "../Database.ts"
import { type Encoding, VALUE_WORD } from "../Entry.ts"
import type { Keyspace } from "../Keyspace.ts"

/** What a small value may have and take to be kept packed although it counts as a hash table (`Encoding.packed`). */
const PACKED_LENGTH = 32
const PACKED_BYTES = 1024

export class ValueAt {
  space: Keyspace
  encoding: Encoding
  /** The blob of a packed value, or the handle of an object. */
  word = 0
  private db: Database | undefined = undefined
  private ref: Ref = 0

  constructor(space: Keyspace, encoding: Encoding) {
    this.space = space
    this.encoding = encoding
  }

  /** Takes up the value of an entry. */
  open(db: Database, ref: Ref): this {
    this.space = db.space
    this.db = db
    this.ref = ref
    this.encoding = db.encoding(ref)
    this.word = db.word(ref, VALUE_WORD)
    return this
  }

  /** Takes up a value that belongs to no entry, or whose entry must not change. */
  load(space: Keyspace, encoding: Encoding, word: number): this {
    this.space = space
    this.db = undefined
    this.encoding = encoding
    this.word = word
    return this
  }

  /** Whether the other one is about the same value. */
  isSame(other: ValueAt): boolean {
    return this.encoding === other.encoding && this.word === other.word
  }

  protected place(encoding: Encoding, word: number): void {
    if (this.db !== undefined) {
      if (encoding !== this.encoding) this.db.setEncoding(this.ref, encoding)
      if (word !== this.word) this.db.setWord(this.ref, VALUE_WORD, word)
    }
    this.encoding = encoding
    this.word = word
  }

  // ---- dictionaries

  /** The dictionary of a big hash or set. */
  get dict(): ByteDict {
    return this.space.held<ByteDict>(this.word)
  }

  /** The hash of a field or member, which may be known already. */
  protected hash(dict: ByteDict, bytes: Uint8Array, start: number, end: number): number {
    return this.space.state.ahead.hash(dict, bytes, start, end)
  }

  protected findInDict(bytes: Uint8Array, start: number, end: number): Ref {
    const { dict } = this
    return dict.findHashed(this.hash(dict, bytes, start, end), bytes, start, end)
  }

  // ---- packed values: a blob

  protected get bytes(): Uint8Array {
    return this.space.arena.u8[segmentOf(this.word)] as Uint8Array
  }

  /** Where the listpack or intset begins. */
  protected get offset(): number {
    return byteOf(this.word) + this.headBytes
  }

  /** How many bytes of the blob are in front of it. */
  protected get headBytes(): number {
    return 0
  }

  /** How many bytes of the blob a listpack and what is in front of it take. */
  private get packedLength(): number {
    return this.headBytes + Listpack.byteLength(this.bytes, this.offset)
  }

  /** Makes the blob `bytes` long and keeps the first `keep`. Then it may lie elsewhere. */
  protected resize(bytes: number, keep: number): void {
    const moved = this.space.arena.resize(this.word, bytes, keep)
    if (moved !== this.word) this.place(this.encoding, moved)
  }

  /** Makes room for a listpack to grow. */
  protected grow(by: number): void {
    const length = this.packedLength
    this.resize(length + by, length)
  }

  /** Gives back what a listpack that was cut does not need any more. */
  protected fit(): void {
    const length = this.packedLength
    this.resize(length, length)
  }

  protected replaceElement(p: number, element: Listpack.Element): void {
    const growth = element.size - Listpack.sizeAt(this.bytes, p)
    if (growth === 0) return void element.write(this.bytes, p)
    const at = p - this.offset
    if (growth > 0) this.grow(growth)
    Listpack.replace(this.bytes, this.offset, this.offset + at, element)
    if (growth < 0) this.fit()
  }
}

/** Whether a listpack of so many members or fields, and so many bytes, may stand for a hash table. */
export const staysPacked = (length: number, bytes: number): boolean => length <= PACKED_LENGTH && bytes <= PACKED_BYTES

/** Makes a listpack without elements. */
export const emptyListpack = (space: Keyspace): Ref => {
  const blob = space.arena.alloc(Listpack.emptySize)
  Listpack.writeEmpty(space.arena.u8[segmentOf(blob)] as Uint8Array, byteOf(blob))
  return blob
}

/** Makes a blob of bytes. */
export const allocBlob = (space: Keyspace, bytes: Uint8Array, start: number, end: number): Ref => {
  const blob = space.arena.alloc(end - start)
  copyBytes(bytes, start, end, space.arena.u8[segmentOf(blob)] as Uint8Array, byteOf(blob))
  return blob
}

/** Copies the first `bytes` bytes of a blob. */
export const copyBlob = (space: Keyspace, blob: Ref, bytes: number): Ref => {
  const from = byteOf(blob)
  return allocBlob(space, space.arena.u8[segmentOf(blob)] as Uint8Array, from, from + bytes)
}
