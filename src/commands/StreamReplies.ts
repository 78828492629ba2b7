/** How streams look in replies: ids, entries, and ranges of them. Nothing is made per element. */
import type { Integer } from "../memory/Integers.ts"
import * as Listpack from "../memory/Listpack.ts"
import type { Output } from "../resp/Output.ts"
import * as Reply from "../resp/Reply.ts"
import type { Stream } from "../store/types/Stream.ts"
import type { StreamCursor } from "../store/types/StreamCursor.ts"
import * as StreamId from "../store/types/StreamId.ts"

/** The longest id: two unsigned 64-bit halves and a dash. */
const MAX_ID = 41

export const writeId = (out: Output, ms: Integer, seq: Integer): void => {
  const bytes = new Uint8Array(MAX_ID)
  out.bulk(bytes, 0, StreamId.write(bytes, 0, ms, seq))
}

export const id = (value: StreamId.StreamId): Reply.Reply => Reply.encoded((out) => writeId(out, value.ms, value.seq))

/** Writes entries of one reply; keeps what that takes. */
export class EntryWriter {
  private readonly out: Output
  private readonly id = new Uint8Array(MAX_ID)
  private readonly element: (buf: Uint8Array, at: number) => void

  constructor(out: Output) {
    this.out = out
    this.element = (buf, at) => {
      if (Listpack.isInteger(buf, at)) out.bulkInteger(Listpack.integerAt(buf, at))
      else {
        const start = Listpack.stringStart(buf, at)
        out.bulk(buf, start, start + Listpack.stringLength(buf, at))
      }
    }
  }

  /** The entry on which the cursor stands: its id, and its fields and values. */
  entry(cursor: StreamCursor): void {
    const { id, out } = this
    out.arrayHeader(2)
    out.bulk(id, 0, StreamId.write(id, 0, cursor.ms, cursor.seq))
    out.arrayHeader(cursor.fieldCount * 2)
    cursor.forEachElement(this.element)
  }

  /** The entry with that id; false when it is not there. */
  single(stream: Stream, id: StreamId.StreamId): boolean {
    const cursor = stream.range(id, id)
    if (stream.length === 0 || !cursor.next()) return false
    this.entry(cursor)
    return true
  }

  /** The first entry, or the last one; nil when there is none. */
  edge(stream: Stream, isLast: boolean): void {
    const cursor = stream.range(StreamId.min, StreamId.max, isLast)
    if (stream.length > 0 && cursor.next()) this.entry(cursor)
    else this.out.nil()
  }

  /** In the place of a pending entry that has been deleted: its id without fields. */
  deleted(id: StreamId.StreamId): void {
    const { out } = this
    out.arrayHeader(2)
    writeId(out, id.ms, id.seq)
    out.nilArray()
  }

  /** The first `count` entries of a range, which has so many. */
  entries(stream: Stream, start: StreamId.StreamId, end: StreamId.StreamId, count: number, backwards = false): void {
    this.out.arrayHeader(count)
    if (count === 0) return
    const cursor = stream.range(start, end, backwards)
    for (let left = count; left > 0 && cursor.next(); left--) this.entry(cursor)
  }
}

/** The entries of a range, at most `limit` of them. */
export const range = (
  stream: Stream,
  start: StreamId.StreamId,
  end: StreamId.StreamId,
  limit: number,
  backwards: boolean
): Reply.Reply =>
  Reply.encoded((out) =>
    new EntryWriter(out).entries(stream, start, end, stream.count(start, end, limit, backwards), backwards)
  )
