/**
 * Where the big arguments of requests are put together. What the store copies goes back to the pool that the replies have theirs
 * from. What is too big for the store to share memory with others is taken over as it came (`Arena.adopt`), and comes from there.
 */
import { type Arena, MAX_SHARED } from "../memory/Arena.ts"
import type { BufferPool } from "../resp/Output.ts"
import type { BulkBuffers } from "../resp/RequestParser.ts"

export const make = (pool: BufferPool, arena: () => Arena): BulkBuffers => ({
  take: (bytes, bulk) => {
    if (bulk <= MAX_SHARED) return pool.take(bytes)
    const spare = arena().takeSpare(bulk)
    if (spare !== undefined) return spare
    return Buffer.allocUnsafeSlow(bytes)
  },
  give: (buffer) => {
    if (buffer.length <= MAX_SHARED && Buffer.isBuffer(buffer)) pool.give(buffer)
  }
})
