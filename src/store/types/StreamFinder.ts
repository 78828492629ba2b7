/**
 * Finds entries of a stream by their ids, one after the other. Those in the order of their ids, as groups have them, are
 * found on the way from one to the next instead of from the beginning of their node.
 */
import type { Stream } from "./Stream.ts"
import type { StreamCursor } from "./StreamCursor.ts"
import * as StreamId from "./StreamId.ts"

/** Whatever changes the stream ends its use. */
export class StreamFinder {
  private readonly stream: Stream
  /** Stands at the last entry that was found, or at the one behind where it would be. */
  private cursor: StreamCursor | undefined = undefined

  constructor(stream: Stream) {
    this.stream = stream
  }

  /** A cursor at the entry with that id, good until the next call; undefined when it is not there. */
  find(id: StreamId.StreamId): StreamCursor | undefined {
    let cursor = this.isOnTheWay(id) ? this.cursor : this.goTo(id)
    while (cursor !== undefined && StreamId.compareHalves(cursor.ms, cursor.seq, id.ms, id.seq) < 0) {
      if (!cursor.next()) cursor = undefined
    }
    this.cursor = cursor
    return cursor !== undefined && cursor.ms === id.ms && cursor.seq === id.seq ? cursor : undefined
  }

  private isOnTheWay(id: StreamId.StreamId): boolean {
    const { cursor, stream } = this
    return cursor !== undefined && stream.isOrdered
      && StreamId.compareHalves(cursor.ms, cursor.seq, id.ms, id.seq) <= 0
      && cursor.nodeIndex === stream.nodeBefore(id.ms, id.seq)
  }

  /** A cursor at the first entry from `id` on. */
  private goTo(id: StreamId.StreamId): StreamCursor | undefined {
    const cursor = this.stream.range(id, StreamId.max)
    return cursor.next() ? cursor : undefined
  }
}
