/**
 * Entries that were delivered and not acknowledged, in the order of their ids: a group's list and each consumer's.
 * Kept in sorted chunks, so that finding, adding and taking one costs a binary search and a short move.
 */
import type { Integer } from "../../memory/Integers.ts"
import type { Consumer } from "./ConsumerGroup.ts"
import * as StreamId from "./StreamId.ts"

/** One delivery; shared by the group's list and the consumer's. Another delivery makes another one. */
export interface PendingEntry {
  readonly id: StreamId.StreamId
  readonly consumer: Consumer
  /** Unix milliseconds of the last delivery. */
  readonly deliveredAt: number
  readonly deliveries: Integer
}

/** Entries in chunks, in order. */
export type Chunks = ReadonlyArray<ReadonlyArray<PendingEntry>>

const CHUNK = 256

export class PendingEntries {
  size = 0
  private chunks: Array<Array<PendingEntry>> = []
  /** Chunks that somebody reads as they were: they are copied before they are changed. */
  private frozen: Set<ReadonlyArray<PendingEntry>> | undefined = undefined

  get first(): PendingEntry | undefined {
    return this.chunks[0]?.[0]
  }

  get last(): PendingEntry | undefined {
    return this.chunks.at(-1)?.at(-1)
  }

  get(id: StreamId.StreamId): PendingEntry | undefined {
    const chunk = this.chunks[this.chunkOf(id)]
    if (chunk === undefined) return undefined
    const entry = chunk[indexIn(chunk, id)]
    return entry !== undefined && StreamId.equals(entry.id, id) ? entry : undefined
  }

  /** What there is now, as it is; good until the next change. */
  get view(): Chunks {
    return this.chunks
  }

  /** What there is now, as it stays until `thaw`. */
  freeze(): Chunks {
    const { chunks } = this
    this.frozen = new Set(chunks)
    this.chunks = chunks.slice()
    return chunks
  }

  thaw(): void {
    this.frozen = undefined
  }

  /** The chunk with that number, to be changed. */
  private own(at: number): Array<PendingEntry> | undefined {
    const chunk = this.chunks[at]
    if (chunk === undefined || this.frozen?.has(chunk) !== true) return chunk
    return this.chunks[at] = chunk.slice()
  }

  /** Puts an entry into the place of the one with the same id, which is there. */
  replace(entry: PendingEntry): void {
    const chunk = this.own(this.chunkOf(entry.id))
    if (chunk !== undefined) chunk[indexIn(chunk, entry.id)] = entry
  }

  /** Adds an entry whose id is not there. */
  add(entry: PendingEntry): void {
    this.size++
    const at = this.chunkOf(entry.id)
    const chunk = this.own(at)
    if (chunk === undefined) {
      this.chunks.push([entry])
      return
    }
    const index = indexIn(chunk, entry.id)
    if (index === chunk.length && chunk.length >= CHUNK && at === this.chunks.length - 1) {
      this.chunks.push([entry])
      return
    }
    chunk.splice(index, 0, entry)
    if (chunk.length > CHUNK * 2) this.chunks.splice(at + 1, 0, chunk.splice(CHUNK))
  }

  /** Takes the entry with that id out; false when there is none. */
  delete(id: StreamId.StreamId): boolean {
    const at = this.chunkOf(id)
    const chunk = this.chunks[at]
    if (chunk === undefined) return false
    const index = indexIn(chunk, id)
    const entry = chunk[index]
    if (entry === undefined || !StreamId.equals(entry.id, id)) return false
    if (chunk.length > 1) this.own(at)?.splice(index, 1)
    else this.chunks.splice(at, 1)
    this.size--
    return true
  }

  /** The first entry from `id` on. */
  firstFrom(id: StreamId.StreamId): PendingEntry | undefined {
    const at = this.chunkOf(id)
    const chunk = this.chunks[at]
    return chunk === undefined ? undefined : chunk[indexIn(chunk, id)] ?? this.chunks[at + 1]?.[0]
  }

  /** The entries from `id` on, in order. None may be added or taken during the walk. */
  *from(id: StreamId.StreamId): Generator<PendingEntry> {
    for (let at = this.chunkOf(id), first = true; at < this.chunks.length; at++, first = false) {
      const chunk = this.chunks[at] as Array<PendingEntry>
      for (let index = first ? indexIn(chunk, id) : 0; index < chunk.length; index++) yield chunk[index] as PendingEntry
    }
  }

  /** The chunk in which the id is or belongs. */
  private chunkOf(id: StreamId.StreamId): number {
    let low = 0
    let high = this.chunks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      // Chunks are never empty.
      const first = (this.chunks[middle] as Array<PendingEntry>)[0] as PendingEntry
      if (StreamId.compare(first.id, id) <= 0) low = middle
      else high = middle - 1
    }
    return low
  }
}

/** The index of the first entry in the chunk that does not come before the id. */
const indexIn = (chunk: ReadonlyArray<PendingEntry>, id: StreamId.StreamId): number => {
  let low = 0
  let high = chunk.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (StreamId.compare((chunk[middle] as PendingEntry).id, id) < 0) low = middle + 1
    else high = middle
  }
  return low
}
