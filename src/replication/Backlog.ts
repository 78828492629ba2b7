/**
 * The last bytes of the replication stream, in a ring, for replicas that come back and go on where they were. Offsets
 * count the bytes of the stream from 1, as Redis does: `end` is the offset of the last byte that was written.
 */

/** A ring begins with that and doubles up to its size, so that a backlog of a gigabyte costs what is in it. */
const FIRST_BYTES = 64 * 1024

export class Backlog {
  /** Bytes that are kept: `repl-backlog-size`. */
  private size: number
  private ring: Uint8Array
  /** Where the next byte goes. */
  private at = 0
  private kept = 0
  private endOffset: number

  constructor(size: number, end: number) {
    this.size = size
    this.ring = Buffer.allocUnsafeSlow(Math.min(size, FIRST_BYTES))
    this.endOffset = end
  }

  /** Number of bytes that it holds. */
  get length(): number {
    return this.kept
  }

  /** Bytes that it takes. */
  get capacity(): number {
    return this.ring.length
  }

  /** The offset of the last byte. */
  get end(): number {
    return this.endOffset
  }

  /** The offset of the first byte that is kept, or of the next one. */
  get first(): number {
    return this.endOffset - this.kept + 1
  }

  /** Whether the stream can be told from that offset on. */
  covers(offset: number): boolean {
    return offset >= this.first && offset <= this.endOffset + 1
  }

  write(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start
    this.endOffset += length
    // What would be overwritten at once is not written
    const from = Math.max(start, end - this.size)
    this.grow(end - from)
    const first = Math.min(end - from, this.ring.length - this.at)
    this.ring.set(bytes.subarray(from, from + first), this.at)
    this.ring.set(bytes.subarray(from + first, end), 0)
    this.at = (this.at + end - from) % this.ring.length
    this.kept = Math.min(this.kept + length, this.ring.length)
  }

  /** A copy of the stream from an offset on that is covered. */
  from(offset: number): Uint8Array {
    const length = this.endOffset + 1 - offset
    const copy = Buffer.allocUnsafeSlow(length)
    const start = this.at - length
    if (start >= 0) copy.set(this.ring.subarray(start, this.at))
    else {
      const tail = this.ring.subarray(this.ring.length + start)
      copy.set(tail)
      copy.set(this.ring.subarray(0, this.at), tail.length)
    }
    return copy
  }

  /** Changes the size; as many of the last bytes as fit are kept. */
  resize(size: number): void {
    this.size = size
    this.rebuild(Math.min(this.ring.length, size))
  }

  private grow(more: number): void {
    const needed = Math.min(this.kept + more, this.size)
    if (needed <= this.ring.length) return
    this.rebuild(Math.min(this.size, Math.max(needed, this.ring.length * 2)))
  }

  private rebuild(capacity: number): void {
    if (capacity === this.ring.length) return
    const kept = Math.min(this.kept, capacity)
    const bytes = this.from(this.endOffset + 1 - kept)
    this.ring = Buffer.allocUnsafeSlow(capacity)
    this.ring.set(bytes)
    this.kept = kept
    this.at = kept % capacity
  }
}
