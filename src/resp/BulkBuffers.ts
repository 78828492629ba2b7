import { type Arena, MAX_SHARED } from "../memory/Arena.ts"
import type { BufferPool } from "./Output.ts"

/** Where the big bulks of requests are put together. */
export interface BulkBuffers {
  /** A buffer of `bytes` bytes or more, for a bulk that will have `bulk` of them in all. */
  readonly take: (bytes: number, bulk: number) => Uint8Array
  /** Takes one back, whose request is done with or which is too small. */
  readonly give: (buffer: Uint8Array) => void
}

/** Each is dropped when it has been used. */
export const fresh: BulkBuffers = { take: (bytes) => Buffer.allocUnsafeSlow(bytes), give: () => {} }

/**
 * What the store copies goes back to the pool. What is too big for the store to share memory with others is taken over as it came
 * (`Arena.adopt`), and comes from there.
 */
export const pooled = (pool: BufferPool, arena: () => Arena): BulkBuffers => ({
  take: (bytes, bulk) => {
    if (bulk <= MAX_SHARED) return pool.take(bytes)
    return arena().takeSpare(bulk) ?? Buffer.allocUnsafeSlow(bytes)
  },
  give: (buffer) => {
    if (buffer.length <= MAX_SHARED && Buffer.isBuffer(buffer)) pool.give(buffer)
  }
})
