/**
 * The nodes of a list in their order: for each the blob, the number of its elements and the form in which they lie. A
 * double-ended array with room at both ends, so that finding the node of an index is a walk over packed counts.
 */
import type { Ref } from "../../memory/Arena.ts"

/** How a node's elements lie in its blob. */
export const Form = {
  /** A listpack. */
  listpack: 0,
  /** One big element: its length in four bytes, then its bytes. */
  plain: 1,
  /** A packed listpack: of a node that nobody is likely to change. */
  packed: 2,
  /** A listpack compressed with LZF: of the same kind of node, where `list-compress-depth` asks for it. */
  compressed: 3
} as const
export type Form = (typeof Form)[keyof typeof Form]

const FORM_MASK = 3
/** Somebody still reads the blob as it is: it may be neither changed nor given back. */
const HELD = 4
const COUNT_SHIFT = 3
const FIRST_CAPACITY = 4

export class QuicklistNodes {
  /** Live from `head` on. */
  private refs = new Uint32Array(FIRST_CAPACITY)
  /** Number of elements, whether held, and form. */
  private words = new Uint32Array(FIRST_CAPACITY)
  private head = 0
  size = 0

  /** A copy, of which nobody holds a node. */
  twin(): QuicklistNodes {
    const twin = new QuicklistNodes()
    twin.refs = this.refs.slice()
    twin.words = this.words.map((word) => word & ~HELD)
    twin.head = this.head
    twin.size = this.size
    return twin
  }

  get bytes(): number {
    return this.refs.byteLength + this.words.byteLength
  }

  ref(index: number): Ref {
    return this.refs[this.head + index] as number
  }

  count(index: number): number {
    return (this.words[this.head + index] as number) >>> COUNT_SHIFT
  }

  form(index: number): Form {
    // Only `set` writes the bits.
    return ((this.words[this.head + index] as number) & FORM_MASK) as Form
  }

  isHeld(index: number): boolean {
    return ((this.words[this.head + index] as number) & HELD) !== 0
  }

  /** Whether a node has to be made a listpack again before it can be changed. */
  isClosed(index: number): boolean {
    return this.form(index) >= Form.packed
  }

  /** Whether a node is a listpack that may be changed as it is. */
  isOpen(index: number): boolean {
    return ((this.words[this.head + index] as number) & (HELD | FORM_MASK)) === 0
  }

  hold(index: number): void {
    const at = this.head + index
    this.words[at] = (this.words[at] as number) | HELD
  }

  setForm(index: number, form: Form): void {
    const at = this.head + index
    this.words[at] = ((this.words[at] as number) & ~FORM_MASK) | form
  }

  letGo(index: number): void {
    const at = this.head + index
    this.words[at] = (this.words[at] as number) & ~HELD
  }

  setRef(index: number, ref: Ref): void {
    this.refs[this.head + index] = ref
  }

  addToCount(index: number, by: number): void {
    const at = this.head + index
    this.words[at] = (this.words[at] as number) + (by << COUNT_SHIFT)
  }

  set(index: number, ref: Ref, count: number, form: Form): void {
    const at = this.head + index
    this.refs[at] = ref
    this.words[at] = ((count << COUNT_SHIFT) | form) >>> 0
  }

  clear(): void {
    this.size = 0
    this.head = this.refs.length >>> 1
  }

  /** Adds a node that becomes the one with that index. */
  insert(index: number, ref: Ref, count: number, form: Form): void {
    const { head, size } = this
    const before = index < size >>> 1
    if (before ? head === 0 : head + size === this.refs.length) this.makeRoom(before)
    if (before) {
      this.head--
      this.move(this.head + 1, this.head, index)
    } else this.move(this.head + index, this.head + index + 1, size - index)
    this.size = size + 1
    this.set(index, ref, count, form)
  }

  /** Removes `count` nodes from `index` on; their blobs are the caller's. */
  remove(index: number, count: number): void {
    const behind = this.size - index - count
    if (index < behind) {
      this.move(this.head, this.head + count, index)
      this.head += count
    } else this.move(this.head + index + count, this.head + index, behind)
    this.size -= count
    if (this.size === 0) this.clear()
    else if (this.refs.length > 64 && this.size < this.refs.length >>> 3) {
      this.reallocate(this.size * 2, this.size >>> 1)
    }
  }

  /** The node in which the element with that index is; `before` then says how many elements are in front of the node. */
  find(index: number, length: number): number {
    const { head, size, words } = this
    if (index <= length >>> 1) {
      let before = 0
      for (let at = head;; at++) {
        const behind = before + ((words[at] as number) >>> COUNT_SHIFT)
        if (index < behind) {
          this.before = before
          return at - head
        }
        before = behind
      }
    }
    let before = length
    for (let at = head + size - 1;; at--) {
      before -= (words[at] as number) >>> COUNT_SHIFT
      if (index >= before) {
        this.before = before
        return at - head
      }
    }
  }
  before = 0

  private move(from: number, to: number, count: number): void {
    if (count === 0) return
    this.refs.copyWithin(to, from, from + count)
    this.words.copyWithin(to, from, from + count)
  }

  private makeRoom(before: boolean): void {
    const { length } = this.refs
    // One end may be full while the other is empty, as in a queue: then it is enough to move.
    const capacity = this.size * 2 > length ? length * 2 : length
    const spare = capacity - this.size
    this.reallocate(capacity, before ? spare - (spare >>> 2) : spare >>> 2)
  }

  private reallocate(capacity: number, head: number): void {
    const { head: from, refs, size, words } = this
    this.refs = new Uint32Array(capacity)
    this.words = new Uint32Array(capacity)
    this.refs.set(refs.subarray(from, from + size), head)
    this.words.set(words.subarray(from, from + size), head)
    this.head = head
  }
}
