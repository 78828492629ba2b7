/**
 * A stream: its entries in listpack nodes of the layout that RDB files use, off-heap, and its consumer groups. Nodes are
 * found by binary search on their first ids; saving copies their bytes.
 */
import { type Arena, byteOf, copyBytes, type Ref, segmentOf } from "../../memory/Arena.ts"
import type { Integer } from "../../memory/Integers.ts"
import * as Listpack from "../../memory/Listpack.ts"
import { ConsumerGroup, nameKey, sortedByName } from "./ConsumerGroup.ts"
import { StreamCursor } from "./StreamCursor.ts"
import * as StreamId from "./StreamId.ts"
import * as StreamNode from "./StreamNode.ts"

/** `stream-node-max-bytes` and `stream-node-max-entries`; 0: no limit. */
export interface NodeLimits {
  readonly bytes: number
  readonly entries: number
}

/** How much of a stream is to stay: so many entries, or those from an id on. */
export type Bound = { readonly length: number } | { readonly minId: StreamId.StreamId }

const MAX_NODE_BYTES = 1 << 30

export interface Node {
  /** Id of its first entry, the master's. */
  readonly ms: Integer
  readonly seq: Integer
  ref: Ref
  /** Somebody reads the blob as it is: it is neither changed nor given back. */
  held: boolean
  /** A held node that the stream has no more. */
  loose: boolean
}

export class Stream {
  /** Number of entries. */
  length = 0
  /** The halves of the last id, apart: XADD changes them, and an object for each would have to be collected. */
  lastMs: Integer = 0
  lastSeq: Integer = 0
  maxDeletedId = StreamId.min
  /** Entries ever added. */
  entriesAdded: Integer = 0
  /**
   * Whether each id is behind all others, those of deleted entries included: XSETID may go back behind deleted ones.
   * Then nodes still stand in the order of their first ids, but what a node holds says nothing of the others.
   */
  isOrdered = true
  readonly arena: Arena
  /** Live from `head` on; what was trimmed away before is cut off now and then. */
  private nodes: Array<Node | undefined> = []
  private head = 0
  private readonly byName = new Map<string, ConsumerGroup>()

  constructor(arena: Arena) {
    this.arena = arena
  }

  get lastId(): StreamId.StreamId {
    return StreamId.make(this.lastMs, this.lastSeq)
  }

  set lastId({ ms, seq }: StreamId.StreamId) {
    this.lastMs = ms
    this.lastSeq = seq
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
  addGroup(name: Uint8Array, lastId: StreamId.StreamId, entriesRead: Integer): ConsumerGroup {
    const group = new ConsumerGroup(name, lastId, entriesRead)
    this.byName.set(nameKey(name), group)
    return group
  }

  removeGroup(group: ConsumerGroup): void {
    this.byName.delete(nameKey(group.name))
  }

  // ---- copies

  /** A stream with the same counters and groups, and without nodes. */
  private withoutNodes(arena: Arena): Stream {
    const stream = new Stream(arena)
    stream.length = this.length
    stream.lastId = this.lastId
    stream.maxDeletedId = this.maxDeletedId
    stream.entriesAdded = this.entriesAdded
    stream.isOrdered = this.isOrdered
    for (const [key, group] of this.byName) stream.byName.set(key, group.copy())
    return stream
  }

  /** A copy with nodes of its own. */
  copy(): Stream {
    const stream = this.withoutNodes(this.arena)
    for (const node of this.view) stream.appendNode(node.ms, node.seq, this.copyBlob(node))
    return stream
  }

  /** The same stream in an arena that has the same blobs under the same names. */
  twin({ arena }: { readonly arena: Arena }): Stream {
    const stream = this.withoutNodes(arena)
    for (const node of this.view) stream.appendNode(node.ms, node.seq, node.ref)
    return stream
  }

  private copyBlob(node: Node): Ref {
    const from = byteOf(node.ref)
    const bytes = Listpack.byteLength(this.bytesOf(node), from)
    const ref = this.arena.alloc(bytes)
    // Found again: the allocation may have grown the arena.
    copyBytes(this.bytesOf(node), from, from + bytes, this.arena.u8[segmentOf(ref)] as Uint8Array, byteOf(ref))
    return ref
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
    this.nodes.push({ ms, seq, ref, held: false, loose: false })
  }

  /** As `appendNode`, of a node whose id may be anywhere; false when there is one with that id. */
  insertNode(ms: Integer, seq: Integer, ref: Ref): boolean {
    const before = this.nodeBefore(ms, seq)
    if (before >= 0 && StreamId.compareHalves(this.node(before).ms, this.node(before).seq, ms, seq) === 0) return false
    this.nodes.splice(this.head + before + 1, 0, { ms, seq, ref, held: false, loose: false })
    return true
  }

  /** The nodes as they are now; good until the next change. */
  get view(): ReadonlyArray<Node> {
    // Every slot from `head` on is filled.
    return this.nodes.slice(this.head) as Array<Node>
  }

  /** The nodes as they are now, and stay until `thaw`. */
  freeze(): ReadonlyArray<Node> {
    const nodes = this.view
    for (const node of nodes) node.held = true
    return nodes
  }

  thaw(nodes: ReadonlyArray<Node>): void {
    for (const node of nodes) {
      node.held = false
      if (node.loose) this.arena.free(node.ref)
    }
  }

  /** The node with that number, to be changed: a copy of one that is held takes its place. */
  private own(index: number): Node {
    const node = this.node(index)
    if (!node.held) return node
    const ref = this.copyBlob(node)
    node.loose = true
    return this.nodes[this.head + index] = { ms: node.ms, seq: node.seq, ref, held: false, loose: false }
  }

  private dropNode(index: number): void {
    const node = this.node(index)
    if (node.held) node.loose = true
    else this.arena.free(node.ref)
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
  private grow(node: Node, bytes: number): void {
    if (bytes <= this.arena.capacity(node.ref)) return
    const used = Listpack.byteLength(this.bytesOf(node), byteOf(node.ref))
    node.ref = this.arena.resize(node.ref, bytes, used)
  }

  /** Gives back what a node that is full has too much. */
  private shrink(node: Node): void {
    if (node.held) return
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

  /** Appends an entry, whose id is behind all others, and may be changed afterwards. O(1), amortized. */
  append(id: StreamId.StreamId, fields: StreamNode.Fields, limits: NodeLimits): void {
    const count = (fields.to - fields.from) >>> 1
    const last = this.nodeCount - 1
    if (last < 0) this.startNode(id, fields, count, 0)
    else {
      const tail = this.node(last)
      const used = Listpack.byteLength(this.bytesOf(tail), byteOf(tail.ref))
      if (this.isFull(tail, used, fields, limits)) {
        this.shrink(tail)
        // It is likely to become as big
        this.startNode(id, fields, count, this.arena.capacity(tail.ref))
      } else this.appendTo(tail.held ? this.own(last) : tail, used, id, fields, count)
    }
    this.length++
    this.entriesAdded = StreamId.plus(this.entriesAdded, 1)
    this.lastId = id
  }

  private isFull(node: Node, used: number, fields: StreamNode.Fields, limits: NodeLimits): boolean {
    const most = limits.bytes === 0 || limits.bytes > MAX_NODE_BYTES ? MAX_NODE_BYTES : limits.bytes
    if (used + fields.bytes >= most) return true
    if (limits.entries === 0) return false
    const buf = this.bytesOf(node)
    const first = Listpack.first(byteOf(node.ref))
    const entries = StreamNode.smallAt(buf, first) + StreamNode.smallAt(buf, Listpack.next(buf, first))
    return entries >= limits.entries
  }

  private startNode(id: StreamId.StreamId, fields: StreamNode.Fields, count: number, room: number): void {
    let bytes = Listpack.emptySize + 4 + Listpack.sizeOfInteger(count) + 2
    for (let i = fields.from; i < fields.to; i += 2) bytes += StreamNode.sizeOfField(fields, i)
    bytes += StreamNode.entrySize(0, 0, count, fields, true)
    const ref = this.arena.alloc(Math.max(bytes, room))
    const buf = this.arena.u8[segmentOf(ref)] as Uint8Array
    const off = byteOf(ref)
    Listpack.writeEmpty(buf, off)
    Listpack.splice(buf, off, Listpack.first(off), Listpack.first(off), 0, bytes - Listpack.emptySize, count * 2 + 8)
    let at = Listpack.writeInteger(buf, Listpack.first(off), 1)
    at = Listpack.writeInteger(buf, at, 0)
    at = Listpack.writeInteger(buf, at, count)
    for (let i = fields.from; i < fields.to; i += 2) at = StreamNode.writeField(buf, at, fields, i)
    at = Listpack.writeInteger(buf, at, 0)
    StreamNode.writeEntry(buf, at, 0, 0, count, fields, true)
    const last = this.nodeCount - 1
    const isBehind = last < 0 || StreamId.compareHalves(id.ms, id.seq, this.node(last).ms, this.node(last).seq) > 0
    if (isBehind || !this.insertNode(id.ms, id.seq, ref)) this.appendNode(id.ms, id.seq, ref)
  }

  /** Appends to a node that takes `used` bytes, and is not held. */
  private appendTo(
    node: Node,
    used: number,
    id: StreamId.StreamId,
    fields: StreamNode.Fields,
    count: number
  ): void {
    const msDelta = StreamId.minus(id.ms, node.ms)
    const seqDelta = StreamId.minus(id.seq, node.seq)
    // One byte more for the master's count, which outgrows its first byte at 128.
    const most = used + StreamNode.mostBytes(fields) + 1
    if (most > this.arena.capacity(node.ref)) node.ref = this.arena.resize(node.ref, most + (most >>> 1), used)
    const buf = this.bytesOf(node)
    const off = byteOf(node.ref)
    this.addToCount(node, Listpack.first(off), 1)
    const same = this.hasMasterFields(buf, off, fields, count)
    const end = StreamNode.writeEntry(buf, Listpack.end(buf, off), msDelta, seqDelta, count, fields, same)
    Listpack.endAt(buf, off, end, same ? count + 4 : count * 2 + 5)
  }

  private hasMasterFields(buf: Uint8Array, off: number, fields: StreamNode.Fields, count: number): boolean {
    let at = Listpack.skip(buf, Listpack.first(off), 2)
    if (StreamNode.smallAt(buf, at) !== count) return false
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
    const value = StreamNode.smallAt(buf, at) + by
    // As long as before: in its first byte
    if (value < 128 && (buf[at] as number) < 128) {
      buf[at] = value
      return
    }
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

  /**
   * How many entries a walk from `start` to `end` meets, but at most `limit`. Looks only into the nodes at the edges.
   */
  count(start: StreamId.StreamId, end: StreamId.StreamId, limit: number, backwards = false): number {
    if (this.length === 0 || StreamId.compare(start, end) > 0) return 0
    if (!this.isOrdered) return this.walk(start, end, limit, backwards)
    const last = this.nodeBefore(end.ms, end.seq)
    let counted = 0
    for (let index = Math.max(0, this.nodeBefore(start.ms, start.seq)); index <= last && counted < limit; index++) {
      const node = this.node(index)
      const next = index + 1 < this.nodeCount ? this.node(index + 1) : undefined
      const wholly = StreamId.compareHalves(node.ms, node.seq, start.ms, start.seq) >= 0
        && (next === undefined
          ? StreamId.compare(this.lastId, end) <= 0
          : StreamId.compareHalves(next.ms, next.seq, end.ms, end.seq) <= 0)
      if (wholly) counted += this.liveIn(node)
      else {
        const cursor = new StreamCursor(this, start, end, false, index)
        while (counted < limit && cursor.nextInNode()) counted++
      }
    }
    return Math.min(counted, limit)
  }

  private walk(start: StreamId.StreamId, end: StreamId.StreamId, limit: number, backwards: boolean): number {
    const cursor = this.range(start, end, backwards)
    let counted = 0
    while (counted < limit && cursor.next()) counted++
    return counted
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

  private liveIn(node: Node): number {
    return StreamNode.smallAt(this.bytesOf(node), Listpack.first(byteOf(node.ref)))
  }

  // ---- deleting

  /** Deletes the entry with that id; false when there is none. */
  delete(id: StreamId.StreamId): boolean {
    if (this.length === 0) return false
    const cursor = this.range(id, id)
    if (!cursor.next()) return false
    this.deleteAt(cursor, true)
    return true
  }

  /** Deletes the entry on which a cursor stands; a cursor that goes forwards can go on, unless the node went. */
  private deleteAt(cursor: StreamCursor, dropEmpty: boolean): void {
    const index = cursor.nodeIndex
    this.length--
    if (dropEmpty && this.liveIn(this.node(index)) === 1) {
      this.dropNode(index)
      return
    }
    const node = this.own(index)
    const before = Listpack.byteLength(this.bytesOf(node), byteOf(node.ref))
    // Each of the counts may outgrow its place by a byte.
    this.grow(node, before + 2)
    const buf = this.bytesOf(node)
    const off = byteOf(node.ref)
    const flagsAt = off + cursor.entryOffset
    Listpack.writeInteger(buf, flagsAt, StreamNode.smallAt(buf, flagsAt) | StreamNode.DELETED)
    this.addToCount(node, Listpack.first(off), -1)
    this.addToCount(node, Listpack.next(buf, Listpack.first(off)), 1)
    cursor.moved(Listpack.byteLength(buf, off) - before)
  }

  /**
   * Removes the oldest entries until `length` are left, or none is before `minId`. Approximately: whole nodes only. At
   * most `limit` entries, 0: no limit. Returns how many went.
   */
  trim(
    bound: Bound,
    approximately: boolean,
    limit: number
  ): number {
    let removed = 0
    while (this.nodeCount > 0) {
      if ("length" in bound && this.length <= bound.length) break
      const node = this.node(0)
      const live = this.liveIn(node)
      if (limit > 0 && removed + live > limit) break
      const wholly = "length" in bound
        ? this.length - live >= bound.length
        : StreamId.compare(this.lastIdIn(node), bound.minId) < 0
      if (wholly) {
        this.dropNode(0)
        this.length -= live
        removed += live
        continue
      }
      if (approximately) break
      removed += this.trimNode(bound)
      break
    }
    return removed
  }

  /** Removes the oldest entries of the first node. It stays, even without a live entry, where deleted ones end it. */
  private trimNode(bound: Bound): number {
    const cursor = new StreamCursor(this, StreamId.min, StreamId.max, false, 0)
    let removed = 0
    while (cursor.nextInNode()) {
      const stays = "length" in bound ? this.length <= bound.length : StreamId.compare(cursor.id, bound.minId) >= 0
      if (stays) break
      this.deleteAt(cursor, false)
      removed++
    }
    return removed
  }

  /** The id of a node's last entry, deleted ones included. */
  private lastIdIn(node: Node): StreamId.StreamId {
    const buf = this.bytesOf(node)
    const off = byteOf(node.ref)
    const at = Listpack.next(buf, StreamNode.entryBefore(buf, off, Listpack.end(buf, off)))
    const ms = StreamId.plus(node.ms, Listpack.integerAt(buf, at))
    return StreamId.make(ms, StreamId.plus(node.seq, Listpack.integerAt(buf, Listpack.next(buf, at))))
  }
}
