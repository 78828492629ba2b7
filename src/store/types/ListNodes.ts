/**
 * The nodes of a list as blobs of the arena: how their elements lie there, how much room they have, and how they are
 * split and merged as Redis's quicklist does it. Who changes a node `own`s it first.
 */
import { type Arena, byteOf, copyBytes, type Ref, roundedSize, segmentOf } from "../../memory/Arena.ts"
import * as CompressedListpack from "../../memory/CompressedListpack.ts"
import * as Listpack from "../../memory/Listpack.ts"
import * as PackedListpack from "../../memory/PackedListpack.ts"
import { ELEMENT_OVERHEAD, fits, fullSize, MOST_BYTES, type NodeLimits } from "./NodeLimits.ts"
import { PLAIN_HEADER, plainLength, writePlainLength } from "./PlainElement.ts"
import { Form, QuicklistNodes } from "./QuicklistNodes.ts"

/** Nodes at each end that are not packed where none is to be compressed. */
const OPEN_NODES = 2

/** A node's blob. */
export interface NodeBlob {
  readonly ref: Ref
  readonly form: Form
  /** Number of elements. */
  readonly count: number
}

export class ListNodes {
  arena: Arena
  protected nodes = new QuicklistNodes()
  /**
   * Free bytes in front of the first node's listpack, so that the head of a long list grows and shrinks without moving
   * what is behind it. `level` does away with them.
   */
  protected gap = 0
  protected readonly element = new Listpack.Element()

  constructor(arena: Arena) {
    this.arena = arena
  }

  get nodeCount(): number {
    return this.nodes.size
  }

  /** Bytes of the directory of nodes. */
  get directoryBytes(): number {
    return this.nodes.bytes
  }

  node(index: number): NodeBlob {
    if (index === 0) this.level()
    return { ref: this.nodes.ref(index), form: this.nodes.form(index), count: this.nodes.count(index) }
  }

  /** A node's listpack, or the bytes of its plain element: good until the next call. */
  static bytesOf(arena: Arena, { count, form, ref }: NodeBlob): Uint8Array {
    const buf = arena.u8[segmentOf(ref)] as Uint8Array
    const off = byteOf(ref)
    switch (form) {
      case Form.plain:
        return buf.subarray(off + PLAIN_HEADER, off + PLAIN_HEADER + plainLength(buf, off))
      case Form.packed: {
        const bytes = PackedListpack.listpackLength(buf, off)
        const room = arena.scratch(bytes)
        PackedListpack.unpack(buf, off, count, room, 0)
        return room.subarray(0, bytes)
      }
      case Form.compressed: {
        const bytes = PackedListpack.listpackLength(buf, off)
        const room = arena.scratch(bytes)
        CompressedListpack.unpack(buf, off, room)
        return room.subarray(0, bytes)
      }
      default:
        return buf.subarray(off, off + Listpack.byteLength(buf, off))
    }
  }

  // ---- being saved

  /** Readers of `freeze`d nodes. */
  private frozen = 0

  get isFrozen(): boolean {
    return this.frozen > 0
  }

  /** The nodes as they are now; nothing happens to their blobs before `thaw`. */
  freeze(): ReadonlyArray<NodeBlob> {
    this.level()
    this.frozen++
    return Array.from({ length: this.nodes.size }, (_, index) => {
      this.nodes.hold(index)
      return this.node(index)
    })
  }

  /** Gives back the blobs that are no longer nodes of this list, and lets go of the others. */
  thaw(blobs: ReadonlyArray<NodeBlob>): void {
    this.frozen--
    const indexes = new Map<Ref, number>()
    for (let index = 0; index < this.nodes.size; index++) {
      if (this.nodes.isHeld(index)) indexes.set(this.nodes.ref(index), index)
    }
    for (const { ref } of blobs) {
      const index = indexes.get(ref)
      if (index === undefined) this.arena.free(ref)
      else this.nodes.letGo(index)
    }
  }

  // ---- closed nodes, which were packed or compressed

  /** Compresses nodes around which something was changed, and which may have been opened for that. */
  protected closeAgain(first: number, last: number, { listCompressDepth: depth }: NodeLimits): void {
    if (depth === 0) return
    const to = Math.min(last, this.nodes.size - 1 - depth)
    for (let index = Math.max(first, depth); index <= to; index++) this.compress(index)
  }

  /** Compresses a node, where that saves something. */
  private compress(index: number): void {
    const { arena } = this
    if (!this.mayClose(index)) return
    const bytes = this.nodeBytes(index)
    const off = this.offset(index)
    const { compressor } = arena
    const size = compressor.compress(this.buffer(index), off, off + bytes)
    if (size < 0 || roundedSize(CompressedListpack.sizeWith(size)) >= roundedSize(bytes)) return
    const ref = arena.alloc(CompressedListpack.sizeWith(size))
    CompressedListpack.write(compressor, size, bytes, arena.u8[segmentOf(ref)] as Uint8Array, byteOf(ref))
    this.putClosed(index, ref, Form.compressed)
  }

  private mayClose(index: number): boolean {
    return this.nodes.isOpen(index) && this.nodes.count(index) > 1 && this.nodeBytes(index) <= MOST_BYTES
  }

  private putClosed(index: number, ref: Ref, form: Form): void {
    this.arena.free(this.nodes.ref(index))
    this.nodes.setRef(index, ref)
    this.nodes.setForm(index, form)
  }

  /** Packs a node that is no longer near an end, where that saves something. */
  private pack(index: number): void {
    if (!this.mayClose(index)) return
    const bytes = this.nodeBytes(index)
    const plan = PackedListpack.plan(this.buffer(index), this.offset(index))
    if (roundedSize(plan.bytes) >= roundedSize(bytes)) return
    const ref = this.arena.alloc(plan.bytes)
    const target = this.arena.u8[segmentOf(ref)] as Uint8Array
    PackedListpack.write(this.buffer(index), this.offset(index), plan, target, byteOf(ref))
    this.putClosed(index, ref, Form.packed)
  }

  /** A node was added at an end: packs or compresses the one that this has made an inner one. */
  protected closeInner(tail: boolean, { listCompressDepth: depth }: NodeLimits): void {
    const { size } = this.nodes
    const open = depth === 0 ? OPEN_NODES : depth
    if (size <= 2 * open) return
    const index = tail ? size - 1 - open : open
    if (depth === 0) this.pack(index)
    else this.compress(index)
  }

  // ---- memory

  /** Makes sure that a node may be changed: one that is held gets another blob, and a closed one a listpack. */
  protected own(index: number): void {
    const { nodes } = this
    const closed = nodes.isClosed(index)
    const held = nodes.isHeld(index)
    if (!closed && !held) return
    const old = nodes.ref(index)
    nodes.setRef(index, closed ? this.unpacked(index) : this.copyBlob(old, this.blobBytes(index)))
    if (closed) nodes.setForm(index, Form.listpack)
    if (held) nodes.letGo(index)
    else this.arena.free(old)
  }

  private unpacked(index: number): Ref {
    const { arena } = this
    const bytes = this.nodeBytes(index)
    const ref = arena.alloc(bytes)
    const target = arena.u8[segmentOf(ref)] as Uint8Array
    if (this.nodes.form(index) === Form.packed) {
      PackedListpack.unpack(this.buffer(index), this.offset(index), this.nodes.count(index), target, byteOf(ref))
    } else copyBytes(this.readable(index), 0, bytes, target, byteOf(ref))
    return ref
  }

  protected copyBlob(ref: Ref, bytes: number): Ref {
    const copied = this.arena.alloc(bytes)
    const from = byteOf(ref)
    // Found now: the allocation may have grown the arena.
    const source = this.arena.u8[segmentOf(ref)] as Uint8Array
    copyBytes(source, from, from + bytes, this.arena.u8[segmentOf(copied)] as Uint8Array, byteOf(copied))
    return copied
  }

  /** Bytes of a node's listpack, or of its plain element. */
  nodeBytes(index: number): number {
    const buf = this.buffer(index)
    const off = this.offset(index)
    switch (this.nodes.form(index)) {
      case Form.plain:
        return plainLength(buf, off)
      case Form.packed:
      case Form.compressed:
        return PackedListpack.listpackLength(buf, off)
      default:
        return Listpack.byteLength(buf, off)
    }
  }

  /** The bytes that a node needs of its blob. */
  protected blobBytes(index: number): number {
    if (this.nodes.isClosed(index)) return PackedListpack.byteLength(this.buffer(index), this.offset(index))
    return this.nodeBytes(index) + (this.nodes.form(index) === Form.plain ? PLAIN_HEADER : 0)
  }

  protected buffer(index: number): Uint8Array {
    return this.arena.u8[segmentOf(this.nodes.ref(index))] as Uint8Array
  }

  protected offset(index: number): number {
    return byteOf(this.nodes.ref(index)) + (index === 0 ? this.gap : 0)
  }

  /** Where a node's listpack may be read, at `readableAt`: a closed one is unpacked to a place that the next call takes. */
  protected readable(index: number): Uint8Array {
    return this.nodes.isClosed(index) ? ListNodes.bytesOf(this.arena, this.node(index)) : this.buffer(index)
  }

  protected readableAt(index: number): number {
    return this.nodes.isClosed(index) ? 0 : this.offset(index)
  }

  /** Lets the first node begin where its blob does. */
  protected level(): void {
    if (this.gap === 0) return
    const buf = this.buffer(0)
    const off = this.offset(0)
    const bytes = Listpack.byteLength(buf, off)
    copyBytes(buf, off, off + bytes, buf, off - this.gap)
    this.gap = 0
  }

  /** Moves the first listpack to the end of its blob, which gets room for `size` more bytes. */
  protected makeGap(size: number, limits: NodeLimits): void {
    this.level()
    this.reserve(0, size, limits)
    const buf = this.buffer(0)
    const off = this.offset(0)
    const bytes = Listpack.byteLength(buf, off)
    this.gap = this.arena.capacity(this.nodes.ref(0)) - bytes
    copyBytes(buf, off, off + bytes, buf, off + this.gap)
  }

  /** Whether an element of that many bytes may be added to a node; there need not be one with that index. */
  protected allows(index: number, size: number, limits: NodeLimits): boolean {
    if (index < 0 || index >= this.nodes.size || this.nodes.form(index) === Form.plain) return false
    if (size >= limits.listPackedThreshold) return false
    const bytes = this.nodeBytes(index) + size + ELEMENT_OVERHEAD
    return fits(bytes, this.nodes.count(index) + 1, limits.listMaxListpackSize)
  }

  /** Gives a listpack room for `size` more bytes. */
  protected reserve(index: number, size: number, limits: NodeLimits): void {
    const ref = this.nodes.ref(index)
    const used = Listpack.byteLength(this.buffer(index), byteOf(ref))
    const needed = used + size
    if (needed <= this.arena.capacity(ref)) return
    const full = fullSize(limits.listMaxListpackSize)
    // A list of several nodes will fill this one too; a short list pays for what it has.
    const wanted = needed >= full ? needed : this.nodes.size > 1 && limits.listMaxListpackSize < 0
      ? full
      : Math.min(full, needed + (needed >>> 3))
    this.nodes.setRef(index, this.arena.resize(ref, wanted, used))
  }

  /** Gives back what a node has too much. */
  protected shrink(index: number): void {
    if (this.nodes.isHeld(index)) return
    const used = this.blobBytes(index)
    this.nodes.setRef(index, this.arena.resize(this.nodes.ref(index), used, used))
  }

  protected insertPlain(index: number, bytes: Uint8Array, start: number, end: number): void {
    const ref = this.arena.alloc(PLAIN_HEADER + end - start)
    const buf = this.arena.u8[segmentOf(ref)] as Uint8Array
    const off = byteOf(ref)
    writePlainLength(buf, off, end - start)
    copyBytes(bytes, start, end, buf, off + PLAIN_HEADER)
    this.nodes.insert(index, ref, 1, Form.plain)
  }

  /** Adds a node of one element. */
  protected insertNode(index: number, bytes: Uint8Array, start: number, end: number, limits: NodeLimits): void {
    if (end - start >= limits.listPackedThreshold) {
      this.insertPlain(index, bytes, start, end)
      return
    }
    const { element } = this
    element.setBytes(bytes, start, end)
    const ref = this.arena.alloc(Listpack.emptySize + element.size)
    const buf = this.arena.u8[segmentOf(ref)] as Uint8Array
    const off = byteOf(ref)
    Listpack.writeEmpty(buf, off)
    Listpack.append(buf, off, element)
    this.nodes.insert(index, ref, 1, Form.listpack)
  }

  /** Writes an element into a listpack, before the one with that number in it; as many as there are: at the end. */
  protected insertInNode(
    index: number,
    offset: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    limits: NodeLimits
  ): void {
    const { element } = this
    element.setBytes(bytes, start, end)
    this.own(index)
    this.reserve(index, element.size, limits)
    const buf = this.buffer(index)
    const off = this.offset(index)
    const at = offset === this.nodes.count(index) ? Listpack.end(buf, off) : Listpack.seek(buf, off, offset)
    Listpack.insert(buf, off, at, element)
    this.nodes.addToCount(index, 1)
  }

  protected dropNodes(index: number, count: number): void {
    for (let i = index; i < index + count; i++) if (!this.nodes.isHeld(i)) this.arena.free(this.nodes.ref(i))
    this.nodes.remove(index, count)
  }

  /** Lets a node have a smaller blob when most of its own is unused. The ends of a long list are left room to grow. */
  protected relax(index: number): void {
    const { size } = this.nodes
    if (size > 1 && (index === 0 || index === size - 1)) return
    this.level()
    const ref = this.nodes.ref(index)
    const used = Listpack.byteLength(this.buffer(index), byteOf(ref))
    if (used > 48 && used * 3 < this.arena.capacity(ref)) this.nodes.setRef(index, this.arena.resize(ref, used, used))
  }

  // ---- splitting and merging

  /** Makes two nodes of one; the first keeps `count` elements. */
  protected split(index: number, count: number): void {
    this.own(index)
    const { nodes } = this
    const total = nodes.count(index)
    let buf = this.buffer(index)
    let off = this.offset(index)
    let from = Listpack.seek(buf, off, count)
    const bytes = Listpack.end(buf, off) - from
    const relative = from - off
    const ref = this.arena.alloc(Listpack.emptySize + bytes)
    buf = this.buffer(index)
    off = this.offset(index)
    from = off + relative
    const target = this.arena.u8[segmentOf(ref)] as Uint8Array
    Listpack.writeEmpty(target, byteOf(ref))
    Listpack.appendRange(target, byteOf(ref), buf, from, from + bytes, total - count)
    Listpack.splice(buf, off, from, from + bytes, total - count, 0, 0)
    nodes.addToCount(index, count - total)
    nodes.insert(index + 1, ref, total - count, Form.listpack)
    this.shrink(index)
  }

  /** Redis's merging after a split: the two before, the two behind, then the middle with both sides. */
  protected mergeAround(center: number, limits: NodeLimits): void {
    let index = center
    if (this.merge(index - 2, limits)) index--
    this.merge(index + 1, limits)
    if (this.merge(index - 1, limits)) index--
    this.merge(index, limits)
  }

  /** Joins a node and the one behind it, if they fit into one. */
  private merge(index: number, limits: NodeLimits): boolean {
    const { nodes } = this
    if (index < 0 || index + 1 >= nodes.size) return false
    if (nodes.form(index) === Form.plain || nodes.form(index + 1) === Form.plain) return false
    const bytes = this.nodeBytes(index) + this.nodeBytes(index + 1) - Listpack.emptySize
    if (!fits(bytes, nodes.count(index) + nodes.count(index + 1), limits.listMaxListpackSize)) return false
    this.own(index)
    this.own(index + 1)
    const used = this.nodeBytes(index)
    nodes.setRef(index, this.arena.resize(nodes.ref(index), bytes, used))
    Listpack.merge(this.buffer(index), this.offset(index), this.buffer(index + 1), this.offset(index + 1))
    nodes.addToCount(index, nodes.count(index + 1))
    this.dropNodes(index + 1, 1)
    return true
  }
}
