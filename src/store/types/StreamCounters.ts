/**
 * How far a consumer group has come in its stream, counted in entries. The counters are exact as long as nothing was
 * deleted in between; where that cannot be known, neither is the count. The rules are Redis's, so that XINFO shows the
 * same.
 */
import type { Integer } from "../../memory/Integers.ts"
import { type ConsumerGroup, UNKNOWN_READ } from "./ConsumerGroup.ts"
import type { Stream } from "./Stream.ts"
import * as StreamId from "./StreamId.ts"

/** How many entries were ever added up to that id, or `UNKNOWN_READ`. */
export const distanceFromFirst = (stream: Stream, id: StreamId.StreamId): Integer => {
  const added = stream.entriesAdded
  if (added === 0) return 0
  const toLast = StreamId.compare(id, stream.lastId)
  if (toLast === 0 || (stream.length === 0 && toLast < 0)) return added
  if (toLast > 0) return UNKNOWN_READ
  const first = stream.firstId
  const wholeFromFirst = StreamId.equals(stream.maxDeletedId, StreamId.min)
    || StreamId.compare(stream.maxDeletedId, first) < 0
  const toFirst = StreamId.compare(id, first)
  if (!wholeFromFirst || toFirst > 0) return UNKNOWN_READ
  return StreamId.minus(added, stream.length - (toFirst === 0 ? 1 : 0))
}

/** Whether an entry from `id` on may have been deleted, between those that are there. */
export const hasTombstonesFrom = (stream: Stream, id: StreamId.StreamId): boolean => {
  const { maxDeletedId } = stream
  if (stream.length === 0 || StreamId.equals(maxDeletedId, StreamId.min)) return false
  return StreamId.compare(id, maxDeletedId) <= 0 && StreamId.compare(stream.firstId, maxDeletedId) <= 0
}

/** How many entries a group has yet to read, or undefined when that is not known. */
export const lag = (stream: Stream, group: ConsumerGroup): Integer | undefined => {
  if (stream.entriesAdded === 0) return 0
  if (group.entriesRead !== UNKNOWN_READ && !hasTombstonesFrom(stream, group.lastId)) {
    return StreamId.minus(stream.entriesAdded, group.entriesRead)
  }
  const read = distanceFromFirst(stream, group.lastId)
  return read === UNKNOWN_READ ? undefined : StreamId.minus(stream.entriesAdded, read)
}

/** Moves a group on to an entry that it reads now. */
export const advance = (stream: Stream, group: ConsumerGroup, id: StreamId.StreamId): void => {
  if (group.entriesRead !== UNKNOWN_READ && !hasTombstonesFrom(stream, id)) {
    group.entriesRead = StreamId.minus(group.entriesRead, -1)
  } else if (stream.entriesAdded !== 0) group.entriesRead = distanceFromFirst(stream, id)
  group.lastId = id
}

/**
 * How many nodes Redis's radix tree of 16-byte ids has for this stream, as XINFO STREAM shows it: one for the root or
 * each parting of ways, one for each run of bytes without one, one for each id's end.
 */
export const radixTreeNodes = (stream: Stream): number => {
  const count = stream.nodeCount
  if (count === 0) return 1
  if (count === 1) return 2
  let nodes = 0
  // The partings on the path to the id at hand, by depth: those of the ids before it that it shares.
  const path: Array<number> = []
  const shared = (index: number): number => {
    const [a, b] = [stream.node(index), stream.node(index + 1)]
    return commonBytes(a.ms, b.ms) < 8 ? commonBytes(a.ms, b.ms) : 8 + commonBytes(a.seq, b.seq)
  }
  /** A parting or an end at `depth`, below the parting at `above` (-1: below nothing): itself, and the run before it. */
  const add = (depth: number, above: number): void => {
    nodes += depth - above > 1 ? 2 : 1
  }
  for (let index = 0; index < count; index++) {
    const before = index === 0 ? -1 : shared(index - 1)
    const after = index === count - 1 ? -1 : shared(index)
    add(16, Math.max(before, after))
    while (path.length > 0 && (path.at(-1) ?? -1) > after) {
      const depth = path.pop() ?? -1
      add(depth, Math.max(path.at(-1) ?? -1, after))
    }
    if (after >= 0 && path.at(-1) !== after) path.push(after)
  }
  return nodes
}

/** How many of their eight bytes, from the highest on, two halves share. */
const commonBytes = (a: Integer, b: Integer): number => {
  if (a === b) return 8
  let [x, y] = [BigInt(a), BigInt(b)]
  let common = 8
  for (; x !== y; common--) {
    x >>= 8n
    y >>= 8n
  }
  return common
}
