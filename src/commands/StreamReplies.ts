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

/** The id that is being written. */
const idText = new Uint8Array(MAX_ID)

export const writeId = (out: Output, ms: Integer, seq: Integer): void =>
  out.bulk(idText, 0, StreamId.write(idText, 0, ms, seq))

export const id = (value: StreamId.StreamId): Reply.Reply => Reply.encoded((out) => writeId(out, value.ms, value.seq))

/** Writes entries of one reply; keeps what that takes. */
export class EntryWriter {
  private readonly out: Output
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
    const { out } = this
    out.arrayHeader(2)
    writeId(out, cursor.ms, cursor.seq)
    out.arrayHeader(cursor.fieldCount * 2)
    cursor.forEachElement(this.element)
  }

  /** The first entry, or the last one; nil when there is none. */
  edge(stream: Stream, isLast: boolean): void {
    const cursor = stream.range(StreamId.min, StreamId.max, isLast)
    if (stream.length > 0 && cursor.next()) this.entry(cursor)
    else this.out.nil()
  }

  /** An entry that was looked for: where it has been deleted, its id without fields. */
  found(id: StreamId.StreamId, cursor: StreamCursor | undefined): void {
    if (cursor !== undefined) return this.entry(cursor)
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
