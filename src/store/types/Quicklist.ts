/**
 * A list: listpacks of bounded size, one after the other, off-heap. Nodes are filled, split and merged as Redis's
 * quicklist does it, so that the same commands leave the same nodes. Elements that are too big to share a node stay as
 * they are in a node of their own.
 *
 * An index counts from 0; callers see to it that it is in bounds.
 */
import { type Arena, byteOf, type Ref, segmentOf } from "../../memory/Arena.ts"
import * as Listpack from "../../memory/Listpack.ts"
import * as PackedListpack from "../../memory/PackedListpack.ts"
import { ListNodes } from "./ListNodes.ts"
import { ELEMENT_OVERHEAD, fits, type NodeLimits } from "./NodeLimits.ts"
import { equalsPlain, PLAIN_HEADER, plainLength } from "./PlainElement.ts"
import { Form, QuicklistNodes } from "./QuicklistNodes.ts"

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

export class Quicklist extends ListNodes {
  /** Number of elements. */
  length = 0

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
}
