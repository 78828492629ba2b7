/**
 * A stream: its entries in listpack nodes of the layout that RDB files use, off-heap, and its consumer groups. Nodes are
 * found by binary search on their first ids; saving copies their bytes.
 *
 * A node begins with a master entry: count of live entries, count of deleted ones, the number of fields, the fields and
 * a 0. Each entry follows as: flags, distance to the node's first id in milliseconds and in sequence, and its fields and
 * values (values only, where the fields are the master's), then how many listpack elements it has, for walking back.
 */
import { type Arena, byteOf, type Ref, segmentOf } from "../../memory/Arena.ts"
import type { Integer } from "../../memory/Integers.ts"
import * as Listpack from "../../memory/Listpack.ts"
import { ConsumerGroup, nameKey, sortedByName } from "./ConsumerGroup.ts"
import * as StreamId from "./StreamId.ts"

const DELETED = 1
const SAME_FIELDS = 2

/** `stream-node-max-bytes` and `stream-node-max-entries`; 0: no limit. */
export interface NodeLimits {
  readonly bytes: number
  readonly entries: number
}

const MAX_NODE_BYTES = 1 << 30

/** Fields and values of a new entry: ranges of a request, field, value, field, value. */
export interface Fields {
  readonly buffers: ReadonlyArray<Uint8Array>
  readonly starts: ReadonlyArray<number>
  readonly ends: ReadonlyArray<number>
  /** Index of the first field, and of what follows the last value. */
  readonly from: number
  readonly to: number
}

interface Node {
  /** Id of its first entry, the master's. */
  readonly ms: Integer
  readonly seq: Integer
  ref: Ref
}

export class Stream {
  /** Number of entries. */
  length = 0
  lastId = StreamId.min
  maxDeletedId = StreamId.min
  /** Entries ever added. */
  entriesAdded = 0
  readonly arena: Arena
  /** Live from `head` on; what was trimmed away before is cut off now and then. */
  private nodes: Array<Node | undefined> = []
  private head = 0
  private readonly byName = new Map<string, ConsumerGroup>()

  constructor(arena: Arena) {
    this.arena = arena
  }

  // ---- consumer groups

  get groupCount(): number {
    return this.byName.size
  }

  group(name: Uint8Array): ConsumerGroup | undefined {
    return this.byName.get(nameKey(name))
  }

  groups(): Array<ConsumerGroup> {
    return sortedByName(this.byName)
  }

  /** Adds a group of that name, which is not there. */
  addGroup(name: Uint8Array, lastId: StreamId.StreamId, entriesRead: number): ConsumerGroup {
    const group = new ConsumerGroup(name, lastId, entriesRead)
    this.byName.set(nameKey(name), group)
    return group
  }

  removeGroup(group: ConsumerGroup): void {
    this.byName.delete(nameKey(group.name))
  }

  // ---- nodes

  get nodeCount(): number {
    return this.nodes.length - this.head
  }

  /** The node with that number, counted from 0. */
  node(index: number): Node {
    // Every slot from `head` on is filled.
    return this.nodes[this.head + index] as Node
  }

  bytesOf(node: Node): Uint8Array {
    return this.arena.u8[segmentOf(node.ref)] as Uint8Array
  }

  /** The last node whose first id is not behind the given one, or -1. */
  nodeBefore(ms: Integer, seq: Integer): number {
    let low = -1
    let high = this.nodeCount - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      const node = this.node(middle)
      if (StreamId.compareHalves(node.ms, node.seq, ms, seq) <= 0) low = middle
      else high = middle - 1
    }
    return low
  }

  /** Adds a node that is whole already (a listpack of the layout above): for loading. Its id is behind all others. */
  appendNode(ms: Integer, seq: Integer, ref: Ref): void {
    this.nodes.push({ ms, seq, ref })
  }

  private dropNode(index: number): void {
    this.arena.free(this.node(index).ref)
    if (index > 0) {
      this.nodes.splice(this.head + index, 1)
      return
    }
    this.nodes[this.head++] = undefined
    if (this.head > 64 && this.head * 2 > this.nodes.length) {
      this.nodes = this.nodes.slice(this.head)
      this.head = 0
    }
  }

  /** Gives a node's blob room for that many bytes. */
  private grow(node: Node, bytes: number, spacious: boolean): void {
    if (bytes <= this.arena.capacity(node.ref)) return
    const used = Listpack.byteLength(this.bytesOf(node), byteOf(node.ref))
    node.ref = this.arena.resize(node.ref, spacious ? bytes + (bytes >>> 1) : bytes, used)
  }

  /** Gives back what a node that is full has too much. */
  private shrink(node: Node): void {
    const used = Listpack.byteLength(this.bytesOf(node), byteOf(node.ref))
    node.ref = this.arena.resize(node.ref, used, used)
  }

  /** Gives all nodes back, some at a time. */
  *release(): Generator<void> {
    for (let index = this.head; index < this.nodes.length; index++) {
      // Filled, as above.
      this.arena.free((this.nodes[index] as Node).ref)
      if ((index & 63) === 63) yield
    }
  }

  // ---- adding

  /** Appends an entry, whose id is behind all others. O(1), amortized. */
  append(id: StreamId.StreamId, fields: Fields, limits: NodeLimits): void {
    const count = (fields.to - fields.from) >>> 1
    const tail = this.nodeCount === 0 ? undefined : this.node(this.nodeCount - 1)
    if (tail === undefined || this.isFull(tail, fields, limits)) {
      if (tail !== undefined) this.shrink(tail)
      this.startNode(id, fields, count)
    } else this.appendTo(tail, id, fields, count)
    this.length++
    this.entriesAdded++
    this.lastId = id
  }

  private isFull(node: Node, fields: Fields, limits: NodeLimits): boolean {
    const buf = this.bytesOf(node)
    const off = byteOf(node.ref)
    let bytes = Listpack.byteLength(buf, off)
    for (let i = fields.from; i < fields.to; i++) bytes += (fields.ends[i] as number) - (fields.starts[i] as number)
    const most = limits.bytes === 0 || limits.bytes > MAX_NODE_BYTES ? MAX_NODE_BYTES : limits.bytes
    if (bytes >= most) return true
    if (limits.entries === 0) return false
    const first = Listpack.first(off)
    const entries = smallAt(buf, first) + smallAt(buf, Listpack.next(buf, first))
    return entries >= limits.entries
  }

  private startNode(id: StreamId.StreamId, fields: Fields, count: number): void {
    let bytes = Listpack.emptySize + 4 + Listpack.sizeOfInteger(count) + 2
    for (let i = fields.from; i < fields.to; i += 2) bytes += sizeOfField(fields, i)
    bytes += entrySize(0, 0, count, fields, true)
    const ref = this.arena.alloc(bytes)
    const buf = this.arena.u8[segmentOf(ref)] as Uint8Array
    const off = byteOf(ref)
    Listpack.writeEmpty(buf, off)
    Listpack.splice(buf, off, Listpack.first(off), Listpack.first(off), 0, bytes - Listpack.emptySize, count * 2 + 8)
    let at = Listpack.writeInteger(buf, Listpack.first(off), 1)
    at = Listpack.writeInteger(buf, at, 0)
    at = Listpack.writeInteger(buf, at, count)
    for (let i = fields.from; i < fields.to; i += 2) at = writeField(buf, at, fields, i)
    at = Listpack.writeInteger(buf, at, 0)
    writeEntry(buf, at, 0, 0, count, fields, true)
    this.appendNode(id.ms, id.seq, ref)
  }

  private appendTo(node: Node, id: StreamId.StreamId, fields: Fields, count: number): void {
    const msDelta = StreamId.minus(id.ms, node.ms)
    const seqDelta = StreamId.minus(id.seq, node.seq)
    const same = this.hasMasterFields(node, fields, count)
    const size = entrySize(msDelta, seqDelta, count, fields, same)
    const used = Listpack.byteLength(this.bytesOf(node), byteOf(node.ref))
    // One byte more for the master's count, which outgrows its first byte at 128.
    this.grow(node, used + size + 1, true)
    const buf = this.bytesOf(node)
    const off = byteOf(node.ref)
    this.addToCount(node, Listpack.first(off), 1)
    const at = Listpack.end(buf, off)
    Listpack.splice(buf, off, at, at, 0, size, same ? count + 4 : count * 2 + 5)
    writeEntry(buf, at, msDelta, seqDelta, count, fields, same)
  }

  private hasMasterFields(node: Node, fields: Fields, count: number): boolean {
    const buf = this.bytesOf(node)
    let at = Listpack.skip(buf, Listpack.first(byteOf(node.ref)), 2)
    if (smallAt(buf, at) !== count) return false
    at = Listpack.next(buf, at)
    for (let i = fields.from; i < fields.to; i += 2) {
      if (
        !this.sameText(buf, at, fields.buffers[i] as Uint8Array, fields.starts[i] as number, fields.ends[i] as number)
      ) {
        return false
      }
      at = Listpack.next(buf, at)
    }
    return true
  }

  private readonly needle = new Listpack.Element()

  private sameText(buf: Uint8Array, at: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (!Listpack.isInteger(buf, at)) {
      const from = Listpack.stringStart(buf, at)
      if (Listpack.stringLength(buf, at) !== end - start) return false
      for (let i = start; i < end; i++) if (buf[from + i - start] !== bytes[i]) return false
      return true
    }
    this.needle.setBytes(bytes, start, end)
    return Listpack.equals(buf, at, this.needle)
  }

  /** Adds to one of the master's two counts; the node has a byte to spare. */
  private addToCount(node: Node, at: number, by: number): void {
    const buf = this.bytesOf(node)
    const value = smallAt(buf, at) + by
    const old = Listpack.next(buf, at)
    const size = Listpack.sizeOfInteger(value)
    Listpack.splice(buf, byteOf(node.ref), at, old, 1, size, 1)
    Listpack.writeInteger(buf, at, value)
  }

  // ---- reading

  /** Walks the entries with ids from `start` to `end`, both included, backwards if so told. */
  range(start: StreamId.StreamId, end: StreamId.StreamId, backwards = false): StreamCursor {
    return new StreamCursor(this, start, end, backwards)
  }

  /** The id of the first entry; 0-0 of an empty stream. */
  get firstId(): StreamId.StreamId {
    return this.edge(false)
  }

  /** The id of the last entry that is there; 0-0 of an empty stream. */
  get lastEntryId(): StreamId.StreamId {
    return this.edge(true)
  }

  private edge(backwards: boolean): StreamId.StreamId {
    if (this.length === 0) return StreamId.min
    const cursor = this.range(StreamId.min, StreamId.max, backwards)
    return cursor.next() ? cursor.id : StreamId.min
  }

  // ---- deleting

  /** Deletes the entry with that id; false when there is none. */
  delete(id: StreamId.StreamId): boolean {
    const cursor = this.range(id, id)
    if (!cursor.next()) return false
    this.deleteAt(cursor)
    return true
  }

  /** Deletes the entry on which a cursor stands; the cursor can go on. */
  deleteAt(cursor: StreamCursor): void {
    const index = cursor.nodeIndex
    const node = this.node(index)
    const first = Listpack.first(byteOf(node.ref))
    this.length--
    if (smallAt(this.bytesOf(node), first) === 1) {
      this.dropNode(index)
      cursor.nodeDropped()
      return
    }
    const before = Listpack.byteLength(this.bytesOf(node), byteOf(node.ref))
    this.grow(node, before + 1, false)
    const buf = this.bytesOf(node)
    const off = byteOf(node.ref)
    const flagsAt = off + cursor.entryOffset
    Listpack.writeInteger(buf, flagsAt, smallAt(buf, flagsAt) | DELETED)
    this.addToCount(node, Listpack.first(off), -1)
    this.addToCount(node, Listpack.next(buf, Listpack.first(off)), 1)
    cursor.moved(Listpack.byteLength(buf, off) - before)
  }

  /**
   * Removes the oldest entries until `length` are left, or none is before `minId`. Approximately: whole nodes only. At
   * most `limit` entries, 0: no limit. Returns how many went.
   */
  trim(
    bound: { readonly length: number } | { readonly minId: StreamId.StreamId },
    approximately: boolean,
    limit: number
  ): number {
    let removed = 0
    while (this.nodeCount > 0) {
      if ("length" in bound && this.length <= bound.length) break
      const node = this.node(0)
      const buf = this.bytesOf(node)
      const entries = smallAt(buf, Listpack.first(byteOf(node.ref)))
      if (limit > 0 && removed + entries > limit) break
      if ("minId" in bound && StreamId.compareHalves(node.ms, node.seq, bound.minId.ms, bound.minId.seq) >= 0) break
      const wholly = "length" in bound
        ? this.length - entries >= bound.length
        : this.isBefore(bound.minId)
      if (wholly) {
        this.dropNode(0)
        this.length -= entries
        removed += entries
        continue
      }
      if (approximately) break
      const most = "length" in bound ? this.length - bound.length : entries
      const cursor = this.range(StreamId.min, StreamId.max)
      for (let i = 0; i < most && cursor.next(); i++) {
        if ("minId" in bound && StreamId.compare(cursor.id, bound.minId) >= 0) break
        this.deleteAt(cursor)
        removed++
      }
      break
    }
    return removed
  }

  /** Whether every entry of the first node comes before the id. */
  private isBefore(id: StreamId.StreamId): boolean {
    const next = this.nodeCount > 1 ? this.node(1) : undefined
    if (next !== undefined && StreamId.compareHalves(next.ms, next.seq, id.ms, id.seq) <= 0) return true
    const cursor = this.range(StreamId.min, next === undefined ? StreamId.max : decremented(next), true)
    return !cursor.next() || StreamId.compare(cursor.id, id) < 0
  }
}

const decremented = (node: Node): StreamId.StreamId =>
  StreamId.decrement({ ms: node.ms, seq: node.seq }) ?? StreamId.min

/** A walk over entries. Before the first `next` it stands nowhere; the stream may change by `deleteAt` only. */
export class StreamCursor {
  /** The id of the entry at hand. */
  ms: Integer = 0
  seq: Integer = 0
  /** Its number of fields. */
  fieldCount = 0
  /** Its node, counted from 0. */
  nodeIndex = -1
  /** Where its flags stand, from the beginning of the node's blob. */
  entryOffset = 0

  private readonly stream: Stream
  private readonly start: StreamId.StreamId
  private readonly end: StreamId.StreamId
  private readonly backwards: boolean
  /** Where the next entry stands (backwards: where the last one ends); -1: at the edge of the next node. */
  private nextOffset = -1
  /** Where its values begin (the fields, unless they are the master's), and the master's fields. */
  private valuesAt = 0
  private sameFields = false
  private dropped = false

  constructor(stream: Stream, start: StreamId.StreamId, end: StreamId.StreamId, backwards: boolean) {
    this.stream = stream
    this.start = start
    this.end = end
    this.backwards = backwards
    this.nodeIndex = backwards
      ? stream.nodeBefore(end.ms, end.seq)
      : Math.max(0, stream.nodeBefore(start.ms, start.seq))
  }

  get id(): StreamId.StreamId {
    return { ms: this.ms, seq: this.seq }
  }

  /** Goes to the next live entry in the range; false when there is none. */
  next(): boolean {
    this.dropped = false
    while (this.nodeIndex >= 0 && this.nodeIndex < this.stream.nodeCount) {
      const node = this.stream.node(this.nodeIndex)
      const buf = this.stream.bytesOf(node)
      const off = byteOf(node.ref)
      const masterEnd = this.masterEnd(buf, off)
      if (this.nextOffset < 0) this.nextOffset = this.backwards ? Listpack.end(buf, off) - off : masterEnd - off
      while (this.backwards ? off + this.nextOffset > masterEnd : !Listpack.isEnd(buf, off + this.nextOffset)) {
        const at = this.backwards ? this.entryBefore(buf, off, off + this.nextOffset) : off + this.nextOffset
        const flags = smallAt(buf, at)
        const msAt = Listpack.next(buf, at)
        const seqAt = Listpack.next(buf, msAt)
        this.ms = StreamId.plus(node.ms, Listpack.integerAt(buf, msAt))
        this.seq = StreamId.plus(node.seq, Listpack.integerAt(buf, seqAt))
        this.entryOffset = at - off
        this.sameFields = (flags & SAME_FIELDS) !== 0
        let from = Listpack.next(buf, seqAt)
        if (this.sameFields) this.fieldCount = this.masterFieldCount(buf, off)
        else {
          this.fieldCount = smallAt(buf, from)
          from = Listpack.next(buf, from)
        }
        this.valuesAt = from - off
        this.nextOffset = this.backwards
          ? at - off
          : Listpack.next(buf, Listpack.skip(buf, from, this.sameFields ? this.fieldCount : this.fieldCount * 2)) - off
        const past = this.backwards
          ? StreamId.compareHalves(this.ms, this.seq, this.start.ms, this.start.seq) < 0
          : StreamId.compareHalves(this.ms, this.seq, this.end.ms, this.end.seq) > 0
        if (past) {
          this.nodeIndex = -1
          return false
        }
        const before = this.backwards
          ? StreamId.compareHalves(this.ms, this.seq, this.end.ms, this.end.seq) > 0
          : StreamId.compareHalves(this.ms, this.seq, this.start.ms, this.start.seq) < 0
        if (!before && (flags & DELETED) === 0) return true
      }
      this.nodeIndex += this.backwards ? -1 : 1
      this.nextOffset = -1
    }
    return false
  }

  /**
   * Visits fields and values of the entry at hand, in turn, as positions of listpack elements in `buf`.
   */
  forEachElement(visit: (buf: Uint8Array, at: number) => void): void {
    const node = this.stream.node(this.nodeIndex)
    const buf = this.stream.bytesOf(node)
    const off = byteOf(node.ref)
    let value = off + this.valuesAt
    let field = this.sameFields ? Listpack.skip(buf, Listpack.first(off), 3) : value
    for (let i = 0; i < this.fieldCount; i++) {
      visit(buf, field)
      if (this.sameFields) field = Listpack.next(buf, field)
      else value = Listpack.next(buf, value)
      visit(buf, value)
      value = Listpack.next(buf, value)
      if (!this.sameFields) field = value
    }
  }

  /** For `Stream.deleteAt`: the node of the entry at hand is gone. */
  nodeDropped(): void {
    this.dropped = true
    this.nextOffset = -1
    if (this.backwards) this.nodeIndex--
  }

  /** For `Stream.deleteAt`: what follows the master's counts has moved. */
  moved(by: number): void {
    if (this.dropped) return
    this.entryOffset += by
    this.nextOffset += by
    this.valuesAt += by
  }

  private masterFieldCount(buf: Uint8Array, off: number): number {
    return smallAt(buf, Listpack.skip(buf, Listpack.first(off), 2))
  }

  private masterEnd(buf: Uint8Array, off: number): number {
    const count = Listpack.skip(buf, Listpack.first(off), 2)
    return Listpack.skip(buf, count, smallAt(buf, count) + 2)
  }

  /** The beginning of the entry that ends at `to`, by its last element, the number of those before it. */
  private entryBefore(buf: Uint8Array, off: number, to: number): number {
    let at = Listpack.previous(buf, off, to)
    for (let left = smallAt(buf, at); left > 0; left--) at = Listpack.previous(buf, off, at)
    return at
  }
}

/** A count or a flag: always small. */
const smallAt = (buf: Uint8Array, at: number): number => Number(Listpack.integerAt(buf, at))

const sizeOfField = (fields: Fields, i: number): number =>
  Listpack.sizeOf(fields.buffers[i] as Uint8Array, fields.starts[i] as number, fields.ends[i] as number)

const writeField = (buf: Uint8Array, at: number, fields: Fields, i: number): number =>
  Listpack.write(buf, at, fields.buffers[i] as Uint8Array, fields.starts[i] as number, fields.ends[i] as number)

const entrySize = (msDelta: Integer, seqDelta: Integer, count: number, fields: Fields, same: boolean): number => {
  let size = 2 + Listpack.sizeOfInteger(msDelta) + Listpack.sizeOfInteger(seqDelta)
    + Listpack.sizeOfInteger(same ? count + 3 : count * 2 + 4)
  if (!same) size += Listpack.sizeOfInteger(count)
  for (let i = fields.from + (same ? 1 : 0); i < fields.to; i += same ? 2 : 1) size += sizeOfField(fields, i)
  return size
}

const writeEntry = (
  buf: Uint8Array,
  start: number,
  msDelta: Integer,
  seqDelta: Integer,
  count: number,
  fields: Fields,
  same: boolean
): void => {
  let at = Listpack.writeInteger(buf, start, same ? SAME_FIELDS : 0)
  at = Listpack.writeInteger(buf, at, msDelta)
  at = Listpack.writeInteger(buf, at, seqDelta)
  if (!same) at = Listpack.writeInteger(buf, at, count)
  for (let i = fields.from + (same ? 1 : 0); i < fields.to; i += same ? 2 : 1) at = writeField(buf, at, fields, i)
  Listpack.writeInteger(buf, at, same ? count + 3 : count * 2 + 4)
}
