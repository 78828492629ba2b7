/**
 * A list: listpacks of bounded size, one after the other, off-heap. Nodes are filled, split and merged as Redis's
 * quicklist does it, so that the same commands leave the same nodes. Elements that are too big to share a node stay as
 * they are in a node of their own.
 *
 * An index counts from 0; callers see to it that it is in bounds.
 */
import { type Arena, byteOf, copyBytes, type Ref, roundedSize, segmentOf } from "../../memory/Arena.ts"
import * as CompressedListpack from "../../memory/CompressedListpack.ts"
import * as Listpack from "../../memory/Listpack.ts"
import * as PackedListpack from "../../memory/PackedListpack.ts"
import { Form, QuicklistNodes } from "./QuicklistNodes.ts"

/** How big nodes may get. */
export interface NodeLimits {
  /** `list-max-listpack-size`: a number of elements, or -1 to -5 for a number of bytes. */
  readonly listMaxListpackSize: number
  /** Elements from this size on have a node of their own, as they are. */
  readonly listPackedThreshold: number
  /** `list-compress-depth`: nodes at each end that are not compressed; 0: none is, and inner ones are packed. */
  readonly listCompressDepth: number
}

/** A node's blob. */
export interface NodeBlob {
  readonly ref: Ref
  readonly form: Form
  /** Number of elements. */
  readonly count: number
}

/** Gets an element's text, which is good until the next one comes. */
export type Visit = (bytes: Uint8Array, start: number, end: number) => void

/** Which occurrences of an element `positions` finds. */
export interface Search {
  readonly backwards: boolean
  /** The first match that counts, from 1 on. */
  readonly rank: number
  /** How many matches; 0: all. */
  readonly count: number
  /** How many elements to look at; 0: all. */
  readonly maxLength: number
}

/** Bytes of a node for -1 to -5. */
const MOST_BYTES = 65536
const NODE_BYTES: ReadonlyArray<number> = [4096, 8192, 16384, 32768, MOST_BYTES]
/** No node with several elements gets bigger when their number is the limit. */
const SAFETY_BYTES = 8192
/** More elements than this are never allowed. */
const MOST_ELEMENTS = 32767
/** Redis's estimate of what an element takes beside its text. */
const ELEMENT_OVERHEAD = 8
/** Nodes at each end that are not packed where none is to be compressed. */
const OPEN_NODES = 2
/** The length in front of a plain element. */
const PLAIN_HEADER = 4

/** Bytes that a node under such a limit is likely to take when it is full. Numbers below -5 mean -5. */
const fullSize = (limit: number): number => limit < 0 ? NODE_BYTES[-limit - 1] ?? MOST_BYTES : SAFETY_BYTES

/** Whether a node of that many elements may have so many bytes. */
const fits = (bytes: number, count: number, limit: number): boolean => {
  if (limit < 0) return bytes <= fullSize(limit)
  return bytes <= SAFETY_BYTES && count <= Math.min(limit, MOST_ELEMENTS)
}

export class Quicklist {
  /** Number of elements. */
  length = 0
  arena: Arena
  private nodes = new QuicklistNodes()
  /**
   * Free bytes in front of the first node's listpack, so that the head of a long list grows and shrinks without moving
   * what is behind it. `level` does away with them.
   */
  private gap = 0
  private readonly element = new Listpack.Element()

  constructor(arena: Arena) {
    this.arena = arena
  }

  // ---- as a value

  /** Becomes the list of that one listpack; whatever it was before is another's. */
  load(arena: Arena, ref: Ref): void {
    this.arena = arena
    this.gap = 0
    this.nodes.clear()
    this.length = Listpack.count(arena.u8[segmentOf(ref)] as Uint8Array, byteOf(ref))
    this.nodes.insert(0, ref, this.length, Form.listpack)
  }

  /** Becomes an empty list. */
  clear(arena: Arena): void {
    this.arena = arena
    this.gap = 0
    this.nodes.clear()
    this.length = 0
  }

  /** Hands everything over to a list of its own. */
  detach(): Quicklist {
    this.level()
    const list = new Quicklist(this.arena)
    list.nodes = this.nodes
    list.length = this.length
    this.nodes = new QuicklistNodes()
    this.length = 0
    return list
  }

  /** The same list in an arena that has the same blobs under the same names. */
  twin({ arena }: { readonly arena: Arena }): Quicklist {
    const list = new Quicklist(arena)
    list.nodes = this.nodes.twin()
    list.length = this.length
    list.gap = this.gap
    return list
  }

  /** A deep copy. */
  copy(): Quicklist {
    this.level()
    const list = new Quicklist(this.arena)
    for (let index = 0; index < this.nodes.size; index++) {
      const copied = this.copyBlob(this.nodes.ref(index), this.blobBytes(index))
      list.nodes.insert(index, copied, this.nodes.count(index), this.nodes.form(index))
    }
    list.length = this.length
    return list
  }

  /** Gives all nodes back, some at a time. */
  *release(): Generator<void> {
    for (let index = 0; index < this.nodes.size; index++) {
      this.arena.free(this.nodes.ref(index))
      if ((index & 63) === 63) yield
    }
  }

  /** Adds a listpack at the end: for loading. */
  appendNode(ref: Ref, limits: NodeLimits): void {
    const count = Listpack.count(this.arena.u8[segmentOf(ref)] as Uint8Array, byteOf(ref))
    this.nodes.insert(this.nodes.size, ref, count, Form.listpack)
    this.length += count
    this.closeInner(true, limits)
  }

  /** Adds a node of one plain element at the end: for loading. */
  appendPlain(bytes: Uint8Array, start: number, end: number): void {
    this.insertPlain(this.nodes.size, bytes, start, end)
    this.length++
  }

  // ---- nodes

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

  /** Makes sure that a node may be changed: one that is held gets another blob, and a closed one a listpack. */
  private own(index: number): void {
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

  /** Compresses nodes around which something was changed, and which may have been opened for that. */
  private closeAgain(first: number, last: number, { listCompressDepth: depth }: NodeLimits): void {
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

  private copyBlob(ref: Ref, bytes: number): Ref {
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
  private blobBytes(index: number): number {
    if (this.nodes.isClosed(index)) return PackedListpack.byteLength(this.buffer(index), this.offset(index))
    return this.nodeBytes(index) + (this.nodes.form(index) === Form.plain ? PLAIN_HEADER : 0)
  }

  private buffer(index: number): Uint8Array {
    return this.arena.u8[segmentOf(this.nodes.ref(index))] as Uint8Array
  }

  private offset(index: number): number {
    return byteOf(this.nodes.ref(index)) + (index === 0 ? this.gap : 0)
  }

  /** Where a node's listpack may be read, at `readableAt`: a closed one is unpacked to a place that the next call takes. */
  private readable(index: number): Uint8Array {
    return this.nodes.isClosed(index) ? Quicklist.bytesOf(this.arena, this.node(index)) : this.buffer(index)
  }

  private readableAt(index: number): number {
    return this.nodes.isClosed(index) ? 0 : this.offset(index)
  }

  /** Lets the first node begin where its blob does. */
  private level(): void {
    if (this.gap === 0) return
    const buf = this.buffer(0)
    const off = this.offset(0)
    const bytes = Listpack.byteLength(buf, off)
    copyBytes(buf, off, off + bytes, buf, off - this.gap)
    this.gap = 0
  }

  /** Moves the first listpack to the end of its blob, which gets room for `size` more bytes. */
  private makeGap(size: number, limits: NodeLimits): void {
    this.level()
    this.reserve(0, size, limits)
    const buf = this.buffer(0)
    const off = this.offset(0)
    const bytes = Listpack.byteLength(buf, off)
    this.gap = this.arena.capacity(this.nodes.ref(0)) - bytes
    copyBytes(buf, off, off + bytes, buf, off + this.gap)
  }

  /** Whether an element of that many bytes may be added to a node; there need not be one with that index. */
  private allows(index: number, size: number, limits: NodeLimits): boolean {
    if (index < 0 || index >= this.nodes.size || this.nodes.form(index) === Form.plain) return false
    if (size >= limits.listPackedThreshold) return false
    const bytes = this.nodeBytes(index) + size + ELEMENT_OVERHEAD
    return fits(bytes, this.nodes.count(index) + 1, limits.listMaxListpackSize)
  }

  /** Gives a listpack room for `size` more bytes. */
  private reserve(index: number, size: number, limits: NodeLimits): void {
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
  private shrink(index: number): void {
    if (this.nodes.isHeld(index)) return
    const used = this.blobBytes(index)
    this.nodes.setRef(index, this.arena.resize(this.nodes.ref(index), used, used))
  }

  private insertPlain(index: number, bytes: Uint8Array, start: number, end: number): void {
    const ref = this.arena.alloc(PLAIN_HEADER + end - start)
    const buf = this.arena.u8[segmentOf(ref)] as Uint8Array
    const off = byteOf(ref)
    writePlainLength(buf, off, end - start)
    copyBytes(bytes, start, end, buf, off + PLAIN_HEADER)
    this.nodes.insert(index, ref, 1, Form.plain)
  }

  /** Adds a node of one element. */
  private insertNode(index: number, bytes: Uint8Array, start: number, end: number, limits: NodeLimits): void {
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
  private insertInNode(
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

  private dropNodes(index: number, count: number): void {
    for (let i = index; i < index + count; i++) if (!this.nodes.isHeld(i)) this.arena.free(this.nodes.ref(i))
    this.nodes.remove(index, count)
  }

  // ---- the ends

  /** Adds an element at the tail, or at the head. */
  push(tail: boolean, bytes: Uint8Array, start: number, end: number, limits: NodeLimits): void {
    const { nodes } = this
    if (nodes.size > 1 && this.extend(tail, bytes, start, end, limits)) return
    const index = tail ? nodes.size - 1 : 0
    if (this.allows(index, end - start, limits)) {
      this.element.setBytes(bytes, start, end)
      if (tail || nodes.size === 1) this.addAtEnd(index, tail, limits)
      else this.addInFront(limits)
      nodes.addToCount(index, 1)
    } else {
      // The node will not grow any more.
      if (index === 0) this.level()
      if (nodes.size > 0) this.shrink(index)
      this.insertNode(tail ? nodes.size : 0, bytes, start, end, limits)
      this.closeInner(tail, limits)
    }
    this.length++
  }

  /** The common case of `push`: the node at that end of a long list has room. False: it is another case. */
  private extend(tail: boolean, bytes: Uint8Array, start: number, end: number, limits: NodeLimits): boolean {
    const { arena, element, gap, nodes } = this
    const index = tail ? nodes.size - 1 : 0
    const size = end - start
    if (!nodes.isOpen(index) || size >= limits.listPackedThreshold) return false
    const ref = nodes.ref(index)
    const buf = arena.u8[segmentOf(ref)] as Uint8Array
    const off = tail ? byteOf(ref) : byteOf(ref) + gap
    const used = Listpack.byteLength(buf, off)
    if (!fits(used + size + ELEMENT_OVERHEAD, nodes.count(index) + 1, limits.listMaxListpackSize)) return false
    element.setBytes(bytes, start, end)
    if (tail) {
      if (used + element.size > arena.capacity(ref)) return false
      Listpack.append(buf, off, element)
    } else {
      if (element.size > gap) return false
      Listpack.extendFront(buf, off, element)
      this.gap = gap - element.size
    }
    nodes.addToCount(index, 1)
    this.length++
    return true
  }

  /** A node was added at an end: packs or compresses the one that this has made an inner one. */
  private closeInner(tail: boolean, { listCompressDepth: depth }: NodeLimits): void {
    const { size } = this.nodes
    const open = depth === 0 ? OPEN_NODES : depth
    if (size <= 2 * open) return
    const index = tail ? size - 1 - open : open
    if (depth === 0) this.pack(index)
    else this.compress(index)
  }

  private addAtEnd(index: number, tail: boolean, limits: NodeLimits): void {
    const { element } = this
    if (index === 0) this.level()
    this.own(index)
    this.reserve(index, element.size, limits)
    const buf = this.buffer(index)
    const off = this.offset(index)
    if (tail) Listpack.append(buf, off, element)
    else Listpack.prepend(buf, off, element)
  }

  private addInFront(limits: NodeLimits): void {
    const { element } = this
    this.own(0)
    if (this.gap < element.size) this.makeGap(element.size, limits)
    Listpack.extendFront(this.buffer(0), this.offset(0), element)
    this.gap -= element.size
  }

  /** Removes the last element, or the first, of a list that has one. */
  pop(tail: boolean): void {
    const { nodes } = this
    const index = tail ? nodes.size - 1 : 0
    this.length--
    if (nodes.count(index) === 1) {
      if (index === 0) this.gap = 0
      this.dropNodes(index, 1)
      return
    }
    this.own(index)
    const buf = this.buffer(index)
    const off = this.offset(index)
    nodes.addToCount(index, -1)
    if (!tail && nodes.size > 1) {
      this.gap += Listpack.dropFront(buf, off) - off
      return
    }
    Listpack.remove(buf, off, tail ? Listpack.last(buf, off) : Listpack.first(off))
    if (nodes.size === 1) this.relax(index)
  }

  /** Lets a node have a smaller blob when most of its own is unused. The ends of a long list are left room to grow. */
  private relax(index: number): void {
    const { size } = this.nodes
    if (size > 1 && (index === 0 || index === size - 1)) return
    this.level()
    const ref = this.nodes.ref(index)
    const used = Listpack.byteLength(this.buffer(index), byteOf(ref))
    if (used > 48 && used * 3 < this.arena.capacity(ref)) this.nodes.setRef(index, this.arena.resize(ref, used, used))
  }

  // ---- reading

  /** The last element, or the first, of a list that has one, with its text: good until the list changes. */
  end(tail: boolean): Listpack.Element {
    const { element, nodes } = this
    const index = tail ? nodes.size - 1 : 0
    // It is about to be taken, most likely.
    if (nodes.isClosed(index)) this.own(index)
    const buf = this.buffer(index)
    const off = this.offset(index)
    if (nodes.form(index) === Form.plain) {
      return element.view(buf, off + PLAIN_HEADER, off + PLAIN_HEADER + plainLength(buf, off))
    }
    element.readText(buf, tail ? Listpack.last(buf, off) : Listpack.first(off))
    return element
  }

  /** Calls `visit` for `count` elements from an index on. */
  forEach(from: number, count: number, visit: Visit): void {
    if (count <= 0) return
    const { element, nodes } = this
    let index = nodes.find(from, this.length)
    let skipped = from - nodes.before
    for (let left = count; left > 0; index++) {
      const compressed = nodes.form(index) === Form.compressed
      const buf = compressed ? this.readable(index) : this.buffer(index)
      const off = compressed ? 0 : this.offset(index)
      if (nodes.form(index) === Form.plain) {
        visit(buf, off + PLAIN_HEADER, off + PLAIN_HEADER + plainLength(buf, off))
        left--
        continue
      }
      if (nodes.form(index) === Form.packed) {
        const room = this.arena.scratch(this.nodeBytes(index))
        left -= PackedListpack.forEach(buf, off, skipped, left, room, visit)
        skipped = 0
        continue
      }
      let p = skipped === 0 ? Listpack.first(off) : Listpack.seek(buf, off, skipped)
      skipped = 0
      for (; left > 0 && !Listpack.isEnd(buf, p); left--) {
        p = element.readText(buf, p)
        visit(element.bytes, element.start, element.end)
      }
    }
  }

  /** A listpack, off the arena, with copies of `count` elements from an index on. */
  copyRange(from: number, count: number): Uint8Array {
    let bytes = Listpack.emptySize
    this.forEachRun(from, count, (_buf, start, end) => {
      bytes += end - start
    }, (text, start, end) => {
      bytes += Listpack.sizeOf(text, start, end)
    })
    const copy = new Uint8Array(bytes)
    Listpack.writeEmpty(copy, 0)
    this.forEachRun(from, count, (buf, start, end, elements) => {
      Listpack.appendRange(copy, 0, buf, start, end, elements)
    }, (text, start, end) => {
      Listpack.append(copy, 0, this.element.setBytes(text, start, end))
    })
    return copy
  }

  /** Passes through whole runs of elements as they lie in listpacks, and through plain elements. */
  private forEachRun(
    from: number,
    count: number,
    run: (buf: Uint8Array, start: number, end: number, elements: number) => void,
    plain: Visit
  ): void {
    const { nodes } = this
    let index = nodes.find(from, this.length)
    let skipped = from - nodes.before
    for (let left = count; left > 0; index++) {
      const buf = this.readable(index)
      const off = this.readableAt(index)
      if (nodes.form(index) === Form.plain) {
        plain(buf, off + PLAIN_HEADER, off + PLAIN_HEADER + plainLength(buf, off))
        left--
        continue
      }
      const elements = Math.min(left, nodes.count(index) - skipped)
      const start = skipped === 0 ? Listpack.first(off) : Listpack.seek(buf, off, skipped)
      const whole = skipped + elements === nodes.count(index)
      run(buf, start, whole ? Listpack.end(buf, off) : Listpack.skip(buf, start, elements), elements)
      skipped = 0
      left -= elements
    }
  }

  /** The indexes of elements equal to the needle, in the order in which they are found. */
  positions(needle: Listpack.Element, search: Search): Array<number> {
    const { backwards, count, maxLength, rank } = search
    const found: Array<number> = []
    const { nodes } = this
    let left = maxLength === 0 ? this.length : Math.min(maxLength, this.length)
    let at = backwards ? this.length - 1 : 0
    let matches = 0
    const step = backwards ? -1 : 1
    for (let index = backwards ? nodes.size - 1 : 0; left > 0; index += step) {
      if (this.lacks(index, needle)) {
        const passed = Math.min(left, nodes.count(index))
        left -= passed
        at += step * passed
        continue
      }
      const buf = this.readable(index)
      const off = this.readableAt(index)
      const isPlain = nodes.form(index) === Form.plain
      let p = isPlain ? off : backwards ? Listpack.last(buf, off) : Listpack.first(off)
      for (let elements = nodes.count(index); elements > 0 && left > 0; elements--, left--, at += step) {
        if (isPlain ? equalsPlain(buf, off, needle) : Listpack.equals(buf, p, needle)) {
          if (++matches >= rank) {
            found.push(at)
            if (found.length === count) return found
          }
        }
        if (!isPlain) p = backwards ? Listpack.previous(buf, off, p) : Listpack.next(buf, p)
      }
    }
    return found
  }

  /** Whether a packed node has no such element, which is found out without unpacking it. */
  private lacks(index: number, needle: Listpack.Element): boolean {
    return this.nodes.form(index) === Form.packed
      && !PackedListpack.contains(this.buffer(index), this.offset(index), needle)
  }

  // ---- changing the middle

  /** Removes up to `count` (0: all) elements equal to the needle, from one end on; returns how many. */
  remove(needle: Listpack.Element, count: number, backwards: boolean, limits: NodeLimits): number {
    this.level()
    const { nodes } = this
    const limit = count === 0 ? this.length : count
    let removed = 0
    for (let index = backwards ? nodes.size - 1 : 0; index >= 0 && index < nodes.size && removed < limit;) {
      const gone = nodes.form(index) === Form.plain
        ? equalsPlain(this.buffer(index), this.offset(index), needle) ? 1 : 0
        : this.removeInNode(index, needle, limit - removed, backwards)
      removed += gone
      const emptied = nodes.count(index) === gone
      if (emptied) this.dropNodes(index, 1)
      else if (gone > 0) {
        nodes.addToCount(index, -gone)
        this.relax(index)
        this.closeAgain(index, index, limits)
      }
      if (backwards) index--
      else if (!emptied) index++
    }
    this.length -= removed
    return removed
  }

  private removeInNode(index: number, needle: Listpack.Element, limit: number, backwards: boolean): number {
    if (this.lacks(index, needle)) return 0
    // Looked for before the node is opened or copied for nothing.
    if (this.nodes.isHeld(index) || this.nodes.form(index) === Form.compressed) {
      if (Listpack.find(this.readable(index), Listpack.first(this.readableAt(index)), needle, 0) === -1) return 0
    }
    this.own(index)
    const buf = this.buffer(index)
    const off = this.offset(index)
    let removed = 0
    if (backwards) {
      for (let p = Listpack.last(buf, off); p !== -1 && removed < limit;) {
        const before = Listpack.previous(buf, off, p)
        if (Listpack.equals(buf, p, needle)) {
          Listpack.remove(buf, off, p)
          removed++
        }
        p = before
      }
      return removed
    }
    let p = Listpack.find(buf, Listpack.first(off), needle, 0)
    for (; p !== -1; p = Listpack.find(buf, p, needle, 0)) {
      Listpack.remove(buf, off, p)
      if (++removed === limit) break
    }
    return removed
  }

  /** Removes `count` elements from an index on. */
  removeRange(from: number, count: number): void {
    if (count <= 0) return
    this.level()
    const { nodes } = this
    let index = nodes.find(from, this.length)
    let skipped = from - nodes.before
    this.length -= count
    for (let left = count; left > 0;) {
      const elements = nodes.count(index)
      if (skipped === 0 && left >= elements) {
        let whole = 1
        left -= elements
        while (left > 0 && nodes.count(index + whole) <= left) left -= nodes.count(index + whole++)
        this.dropNodes(index, whole)
        continue
      }
      const gone = Math.min(left, elements - skipped)
      this.own(index)
      const buf = this.buffer(index)
      const off = this.offset(index)
      Listpack.removeRange(buf, off, Listpack.seek(buf, off, skipped), gone)
      nodes.addToCount(index, -gone)
      this.relax(index)
      left -= gone
      skipped = 0
      index++
    }
  }

  /** Puts another element in the place of one. */
  replace(at: number, bytes: Uint8Array, start: number, end: number, limits: NodeLimits): void {
    this.level()
    const { element, nodes } = this
    const index = nodes.find(at, this.length)
    const offset = at - nodes.before
    const big = end - start >= limits.listPackedThreshold
    if (nodes.form(index) !== Form.plain && !big) {
      element.setBytes(bytes, start, end)
      this.own(index)
      const old = this.sizeInNode(index, offset)
      if (element.size > old) this.reserve(index, element.size - old, limits)
      const buf = this.buffer(index)
      const off = this.offset(index)
      Listpack.replace(buf, off, Listpack.seek(buf, off, offset), element)
      this.closeAgain(index, index, limits)
      return
    }
    // As Redis does it: the new element goes in behind, and then the old one goes.
    this.insertAround(index, offset, true, bytes, start, end, limits)
    this.length++
    this.removeRange(at, 1)
  }

  private sizeInNode(index: number, offset: number): number {
    const buf = this.buffer(index)
    return Listpack.sizeAt(buf, Listpack.seek(buf, this.offset(index), offset))
  }

  /** Adds an element behind the one with that index, or before it. */
  insert(at: number, behind: boolean, bytes: Uint8Array, start: number, end: number, limits: NodeLimits): void {
    this.level()
    const index = this.nodes.find(at, this.length)
    this.insertAround(index, at - this.nodes.before, behind, bytes, start, end, limits)
    this.length++
  }

  private insertAround(
    index: number,
    offset: number,
    behind: boolean,
    bytes: Uint8Array,
    start: number,
    end: number,
    limits: NodeLimits
  ): void {
    this.placeAround(index, offset, behind, bytes, start, end, limits)
    // As far as splitting and merging reaches.
    this.closeAgain(index - 3, index + 3, limits)
  }

  private placeAround(
    index: number,
    offset: number,
    behind: boolean,
    bytes: Uint8Array,
    start: number,
    end: number,
    limits: NodeLimits
  ): void {
    const { nodes } = this
    const size = end - start
    const count = nodes.count(index)
    const atEdge = behind ? offset === count - 1 : offset === 0
    if (this.allows(index, size, limits)) {
      this.insertInNode(index, behind ? offset + 1 : offset, bytes, start, end, limits)
      return
    }
    const neighbour = behind ? index + 1 : index - 1
    if (atEdge && this.allows(neighbour, size, limits)) {
      this.insertInNode(neighbour, behind ? 0 : nodes.count(neighbour), bytes, start, end, limits)
      return
    }
    if (atEdge) {
      this.insertNode(behind ? index + 1 : index, bytes, start, end, limits)
      return
    }
    const split = behind ? offset + 1 : offset
    this.split(index, split)
    if (size >= limits.listPackedThreshold) {
      this.insertNode(index + 1, bytes, start, end, limits)
      return
    }
    // The new part takes the element, and then what is small enough grows together around the old one.
    if (behind) this.insertInNode(index + 1, 0, bytes, start, end, limits)
    else this.insertInNode(index, split, bytes, start, end, limits)
    this.mergeAround(behind ? index : index + 1, limits)
  }

  /** Makes two nodes of one; the first keeps `count` elements. */
  private split(index: number, count: number): void {
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
  private mergeAround(center: number, limits: NodeLimits): void {
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

// ---- plain elements

const plainLength = (buf: Uint8Array, off: number): number =>
  ((buf[off] as number) | ((buf[off + 1] as number) << 8) | ((buf[off + 2] as number) << 16)
    | ((buf[off + 3] as number) << 24)) >>> 0

const writePlainLength = (buf: Uint8Array, off: number, length: number): void => {
  buf[off] = length
  buf[off + 1] = length >>> 8
  buf[off + 2] = length >>> 16
  buf[off + 3] = length >>> 24
}

const equalsPlain = (buf: Uint8Array, off: number, needle: Listpack.Element): boolean => {
  const { bytes, end, start } = needle.text()
  const length = plainLength(buf, off)
  if (length !== end - start) return false
  const from = off + PLAIN_HEADER
  return Buffer.compare(buf.subarray(from, from + length), bytes.subarray(start, end)) === 0
}
