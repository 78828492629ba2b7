/**
 * What small hashes of one kind have in common: the names of their fields, in the order in which they came. An app's
 * hashes tend to be of few kinds, so the names are kept once, as a shape, and each hash has a shape's number and its
 * values (`Encoding.shaped`).
 *
 * Names get a shape when they come for the second time. A hash that grows goes from shape to shape, each with one name
 * more, as objects do in JavaScript engines. There are few shapes, so that names which never come again cost little:
 * one that no hash has any more makes room for another; while all are in use, hashes keep their own names.
 */
import { type Arena, byteOf, type Ref, segmentOf } from "../memory/Arena.ts"
import * as Bytes from "../memory/Bytes.ts"
import * as Listpack from "../memory/Listpack.ts"
import * as ListpackPairs from "../memory/ListpackPairs.ts"

/** What is in front of the values of a shaped hash: the number of its shape. */
export const SHAPE_BYTES = 2

const MOST_SHAPES = 512
const MOST_NAMES = 128
const MOST_BYTES = 2048
const KEYS = 256
/** How many lists of names are remembered of which one has come, about. */
const MOST_SEEN = 1024

export class Shape {
  readonly number: number
  /** The names: a listpack that begins with the buffer. */
  readonly names: Uint8Array
  /** A sum of the names: equal names have equal sums. */
  readonly sum: number
  /** How many hashes have the shape. */
  hashes = 0
  /** The shape to which the last hash grew that had one name more. */
  next: Shape | undefined = undefined
  /** Whether the shape is there: a number may be given to another one. */
  isThere = true
  /** Where each name is. */
  private readonly places: Uint16Array
  /** For each key (`keyOf`) the index of the first name that has it, and 1 more. */
  private readonly byKey = new Uint8Array(KEYS)

  constructor(number: number, names: Uint8Array, sum: number) {
    this.number = number
    this.names = names
    this.sum = sum
    const places: Array<number> = []
    const name = new Listpack.Element()
    for (let p = Listpack.first(0); !Listpack.isEnd(names, p);) {
      places.push(p)
      p = name.readText(names, p)
      const key = keyOf(name)
      if (this.byKey[key] === 0) this.byKey[key] = places.length
    }
    this.places = Uint16Array.from(places)
  }

  /** The index of a name, or -1. */
  indexOf(name: Listpack.Element): number {
    const first = (this.byKey[keyOf(name)] as number) - 1
    if (first === -1 || this.isAt(first, name)) return first
    for (let index = first + 1; index < this.places.length; index++) if (this.isAt(index, name)) return index
    return -1
  }

  private isAt(index: number, name: Listpack.Element): boolean {
    return Listpack.equals(this.names, this.places[index] as number, name)
  }

  /** The shape that is next if the name is the one that came next the last time: then the shape itself does not have it. */
  nextFor(name: Listpack.Element): Shape | undefined {
    const { next } = this
    if (next === undefined || !next.isThere) return undefined
    const { names, places } = next
    const last = places[places.length - 1] as number
    // An integer that RESTORE brought as a string is longer than one that a command brings.
    return names.length - 1 - last === name.size && Listpack.equals(names, last, name) ? next : undefined
  }

  /** Bytes of the names that each hash answers for. */
  get share(): number {
    return Math.ceil(this.names.length / this.hashes)
  }

  twin(): Shape {
    const twin = new Shape(this.number, this.names, this.sum)
    twin.hashes = this.hashes
    return twin
  }
}

export class HashShapes {
  /** The shape of an empty hash, which none has. */
  readonly empty = new Shape(-1, emptyNames, 0)
  private readonly arena: Arena
  private shapes: Array<Shape | undefined> = []
  private readonly bySum = new Map<number, Shape>()
  /** Sums of names that have come once, each in the place that follows from it. */
  private seen: Int32Array | undefined = undefined
  /** The number that was given last. */
  private last = -1
  private lastOfPairs: Shape | undefined = undefined

  constructor(arena: Arena) {
    this.arena = arena
  }

  /** Becomes a copy of the shapes of a keyspace whose arena the own one is a copy of. */
  assign(source: HashShapes): void {
    this.shapes = source.shapes.map((shape) => shape?.twin())
    this.bySum.clear()
    for (const shape of this.shapes) if (shape !== undefined) this.bySum.set(shape.sum, shape)
    this.last = source.last
    this.empty.next = this.lastOfPairs = undefined
  }

  /** All that there are. */
  [Symbol.iterator](): Iterator<Shape> {
    return this.bySum.values()
  }

  /** The shape of a shaped hash, by its blob. */
  of(blob: Ref): Shape {
    const bytes = this.arena.u8[segmentOf(blob)] as Uint8Array
    const at = byteOf(blob)
    return this.shapes[(bytes[at] as number) | ((bytes[at + 1] as number) << 8)] as Shape
  }

  /** Writes into the blob of a hash which shape it has. */
  mark(blob: Ref, { number }: Shape): void {
    const bytes = this.arena.u8[segmentOf(blob)] as Uint8Array
    const at = byteOf(blob)
    bytes[at] = number
    bytes[at + 1] = number >>> 8
  }

  /** The shape for the names in a listpack of names and values; undefined when there is none (yet). */
  ofPairs(pairs: Uint8Array, off: number): Shape | undefined {
    if (Listpack.count(pairs, off) > 2 * MOST_NAMES) return undefined
    // In a file, hashes of one kind tend to come side by side.
    const { lastOfPairs } = this
    if (lastOfPairs?.isThere === true && ListpackPairs.hasNames(pairs, off, lastOfPairs.names)) return lastOfPairs
    const names = this.arena.scratch(Listpack.byteLength(pairs, off))
    ListpackPairs.writeNames(pairs, off, names, 0)
    return this.lastOfPairs = this.ofNames(names)
  }

  /** The shape with another name behind those of this one, which has no such name; undefined when there is none (yet). */
  extended(shape: Shape, name: Listpack.Element): Shape | undefined {
    const next = shape.nextFor(name)
    if (next !== undefined) return next
    const { length } = shape.names
    const names = this.arena.scratch(length + name.size)
    Bytes.copy(shape.names, 0, length, names, 0)
    Listpack.append(names, 0, name)
    const extended = this.ofNames(names)
    if (extended !== undefined) shape.next = extended
    return extended
  }

  /** The shape of a listpack of names, which begins where its buffer does. */
  private ofNames(names: Uint8Array): Shape | undefined {
    const length = Listpack.byteLength(names, 0)
    if (length > MOST_BYTES || Listpack.count(names, 0) > MOST_NAMES) return undefined
    const sum = sumOf(names, length)
    const known = this.bySum.get(sum)
    if (known !== undefined) {
      return known.names.length === length && Bytes.equal(known.names, 0, names, 0, length) ? known : undefined
    }
    const place = sum & (MOST_SEEN - 1)
    const seen = this.seen ??= new Int32Array(MOST_SEEN)
    if (seen[place] === sum) return this.add(names, length, sum)
    seen[place] = sum
    return undefined
  }

  private add(room: Uint8Array, length: number, sum: number): Shape | undefined {
    const number = this.last = (this.last + 1) % MOST_SHAPES
    const former = this.shapes[number]
    if (former !== undefined) {
      if (former.hashes > 0) return undefined
      this.bySum.delete(former.sum)
      former.isThere = false
      former.next = undefined
    }
    const names = Buffer.allocUnsafeSlow(length)
    Bytes.copy(room, 0, length, names, 0)
    const shape = new Shape(number, names, sum)
    this.shapes[number] = shape
    this.bySum.set(sum, shape)
    return shape
  }
}

const emptyNames = Buffer.alloc(Listpack.emptySize)
Listpack.writeEmpty(emptyNames, 0)

/** What tells most names apart without comparing them: length and end. The name has its text. */
const keyOf = ({ bytes, end, start }: Listpack.Element): number => {
  const length = end - start
  const last = length > 0 ? (bytes[end - 1] as number) : 0
  const before = length > 1 ? (bytes[end - 2] as number) : 0
  return (length + last * 3 + before * 29) & (KEYS - 1)
}

/** FNV-1a. Who makes sums collide gains that some hashes keep their own names. */
const sumOf = (bytes: Uint8Array, length: number): number => {
  let sum = 0x811c9dc5 | 0
  for (let i = 0; i < length; i++) sum = Math.imul(sum ^ (bytes[i] as number), 0x01000193)
  return sum
}
