/**
 * A walk over the entries of a stream. It reads a node's master once and each entry's header as it comes; fields and
 * values are passed over only when nobody has read them.
 */
import { byteOf } from "../../memory/Arena.ts"
import type { Integer } from "../../memory/Integers.ts"
import * as Listpack from "../../memory/Listpack.ts"
import type { Stream } from "./Stream.ts"
import * as StreamId from "./StreamId.ts"
import { DELETED, entryBefore, SAME_FIELDS, smallAt } from "./StreamNode.ts"

/** Before the first `next` it stands nowhere. Whatever changes the stream ends the walk, but for `Stream.trim`'s. */
export class StreamCursor {
  /** The id of the entry at hand. */
  ms: Integer = 0
  seq: Integer = 0
  /** Its number of fields. */
  fieldCount = 0
  /** Its node, counted from 0. */
  nodeIndex: number
  /** Where its flags stand, from the beginning of the node's blob. */
  entryOffset = 0

  private readonly stream: Stream
  private readonly start: StreamId.StreamId
  private readonly end: StreamId.StreamId
  private readonly backwards: boolean

  // The node at hand, once `entered`
  private entered = false
  private buf: Uint8Array = nothing
  private off = 0
  private nodeMs: Integer = 0
  private nodeSeq: Integer = 0
  private masterCount = 0
  private masterFieldsAt = 0
  private masterEnd = 0
  /** Whether entries of this node may lie before `start`, or behind `end`. */
  private checksStart = false
  private checksEnd = false

  /** Where the next entry stands (backwards: where it ends), from the node's beginning; -1: behind the fields at hand. */
  private nextOffset = -1
  /** Where the values of the entry at hand begin (with the fields, unless they are the master's). */
  private valuesAt = 0
  private sameFields = false

  /** `from`: the node to begin with, where it is known. */
  constructor(
    stream: Stream,
    start: StreamId.StreamId,
    end: StreamId.StreamId,
    backwards: boolean,
    from: number = stream.nodeBefore(backwards ? end.ms : start.ms, backwards ? end.seq : start.seq)
  ) {
    this.stream = stream
    this.start = start
    this.end = end
    this.backwards = backwards
    this.nodeIndex = from >= 0 ? from : !backwards ? 0 : stream.isOrdered ? -1 : stream.nodeCount - 1
  }

  get id(): StreamId.StreamId {
    return StreamId.make(this.ms, this.seq)
  }

  /** Goes to the next live entry in the range; false when there is none. */
  next(): boolean {
    while (this.nodeIndex >= 0 && this.nodeIndex < this.stream.nodeCount) {
      if (this.nextInNode()) return true
      this.nodeIndex += this.backwards ? -1 : 1
      this.entered = false
    }
    return false
  }

  /** As `next`, within the node at hand. */
  nextInNode(): boolean {
    if (!this.entered) this.enter()
    return this.backwards ? this.backwardsInNode() : this.forwardsInNode()
  }

  private forwardsInNode(): boolean {
    const { buf, off } = this
    for (;;) {
      const at = this.nextOffset >= 0 ? off + this.nextOffset : this.behindValues()
      if (Listpack.isEnd(buf, at)) {
        this.nextOffset = at - off
        return false
      }
      if ((this.readEntry(at) & DELETED) !== 0) continue
      if (this.checksStart) {
        if (StreamId.compareHalves(this.ms, this.seq, this.start.ms, this.start.seq) < 0) continue
        this.checksStart = false
      }
      if (!this.checksEnd || StreamId.compareHalves(this.ms, this.seq, this.end.ms, this.end.seq) <= 0) return true
      this.nodeIndex = this.stream.nodeCount
      return false
    }
  }

  private backwardsInNode(): boolean {
    const { buf, off } = this
    while (off + this.nextOffset > off + this.masterEnd) {
      const at = entryBefore(buf, off, off + this.nextOffset)
      const flags = this.readEntry(at)
      this.nextOffset = at - off
      if ((flags & DELETED) !== 0) continue
      if (this.checksEnd) {
        if (StreamId.compareHalves(this.ms, this.seq, this.end.ms, this.end.seq) > 0) continue
        this.checksEnd = false
      }
      if (!this.checksStart || StreamId.compareHalves(this.ms, this.seq, this.start.ms, this.start.seq) >= 0) {
        return true
      }
      this.nodeIndex = -1
      return false
    }
    return false
  }

  private enter(): void {
    const { nodeIndex, stream } = this
    const node = stream.node(nodeIndex)
    const following = nodeIndex + 1 < stream.nodeCount ? stream.node(nodeIndex + 1) : undefined
    this.nodeMs = node.ms
    this.nodeSeq = node.seq
    const { isOrdered } = stream
    this.checksStart = !isOrdered || StreamId.compareHalves(node.ms, node.seq, this.start.ms, this.start.seq) < 0
    this.checksEnd = !isOrdered || (following === undefined
      ? StreamId.compare(stream.lastId, this.end) > 0
      : StreamId.compareHalves(following.ms, following.seq, this.end.ms, this.end.seq) > 0)
    this.locate()
    this.nextOffset = this.backwards ? Listpack.end(this.buf, this.off) - this.off : this.masterEnd
    this.entered = true
  }

  private locate(): void {
    const node = this.stream.node(this.nodeIndex)
    const buf = this.buf = this.stream.bytesOf(node)
    const off = this.off = byteOf(node.ref)
    const countAt = Listpack.skip(buf, Listpack.first(off), 2)
    this.masterCount = smallAt(buf, countAt)
    const fieldsAt = Listpack.next(buf, countAt)
    this.masterFieldsAt = fieldsAt - off
    this.masterEnd = Listpack.skip(buf, fieldsAt, this.masterCount + 1) - off
  }

  /** Reads an entry up to its fields and returns its flags. */
  private readEntry(at: number): number {
    const { buf, off } = this
    const flags = smallAt(buf, at)
    const msAt = Listpack.next(buf, at)
    const seqAt = Listpack.next(buf, msAt)
    this.ms = StreamId.plus(this.nodeMs, Listpack.integerAt(buf, msAt))
    this.seq = StreamId.plus(this.nodeSeq, Listpack.integerAt(buf, seqAt))
    this.entryOffset = at - off
    this.sameFields = (flags & SAME_FIELDS) !== 0
    let from = Listpack.next(buf, seqAt)
    if (this.sameFields) this.fieldCount = this.masterCount
    else {
      this.fieldCount = smallAt(buf, from)
      from = Listpack.next(buf, from)
    }
    this.valuesAt = from - off
    this.nextOffset = -1
    return flags
  }

  private behindValues(): number {
    const elements = this.sameFields ? this.fieldCount : this.fieldCount * 2
    return Listpack.skip(this.buf, this.off + this.valuesAt, elements + 1)
  }

  /** Visits fields and values of the entry at hand, in turn, as positions of listpack elements in `buf`. */
  forEachElement(visit: (buf: Uint8Array, at: number) => void): void {
    const { buf, off } = this
    let value = off + this.valuesAt
    if (this.sameFields) {
      let field = off + this.masterFieldsAt
      for (let left = this.fieldCount; left > 0; left--) {
        visit(buf, field)
        visit(buf, value)
        field = Listpack.next(buf, field)
        value = Listpack.next(buf, value)
      }
    } else {
      for (let left = this.fieldCount * 2; left > 0; left--) {
        visit(buf, value)
        value = Listpack.next(buf, value)
      }
    }
    if (!this.backwards) this.nextOffset = Listpack.next(buf, value) - off
  }

  /** For `Stream.trim`: the node's blob may be elsewhere, and what follows the master's counts has moved. */
  moved(by: number): void {
    this.locate()
    this.entryOffset += by
    this.valuesAt += by
    if (this.nextOffset >= 0) this.nextOffset += by
  }
}

const nothing = new Uint8Array(0)
