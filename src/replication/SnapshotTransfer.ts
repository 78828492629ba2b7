/**
 * The snapshot that a master sends, as chunks: `$<length>` and as many bytes, or `$EOF:<mark>` and bytes up to the mark,
 * which is 40 characters long and ends them.
 */
import * as Effect from "effect/Effect"
import { LinkError } from "./LinkError.ts"
import type { MasterWire } from "./MasterWire.ts"

const MARK_BYTES = 40
const PULL_BYTES = 64 * 1024

export interface Transfer {
  /** Bytes; undefined when the master does not know. */
  readonly size: number | undefined
  /** The next chunk, or undefined behind the last. */
  readonly pull: Effect.Effect<Uint8Array | undefined, LinkError>
}

/** Reads the line that announces the snapshot. */
export const begin = (wire: MasterWire): Effect.Effect<Transfer, LinkError> =>
  Effect.flatMap(wire.line, (line) => {
    if (line.startsWith("-")) {
      return Effect.fail(new LinkError({ message: `MASTER aborted replication with an error: ${line.slice(1)}` }))
    }
    const mark = /^\$EOF:(.{40})$/.exec(line)?.[1]
    if (mark !== undefined) return Effect.succeed(untilMark(wire, Buffer.from(mark, "latin1")))
    const size = /^\$(\d{1,15})$/.exec(line)?.[1]
    if (size !== undefined) return Effect.succeed(ofSize(wire, Number(size)))
    const shown = JSON.stringify(line.slice(0, 80))
    return Effect.fail(
      new LinkError({ message: `Bad protocol from MASTER, the first byte is not '$' (we received ${shown})` })
    )
  })

const ofSize = (wire: MasterWire, size: number): Transfer => {
  let left = size
  return {
    size,
    pull: Effect.suspend(() => {
      if (left === 0) return Effect.succeed(undefined)
      return Effect.map(wire.pull(Math.min(left, PULL_BYTES)), (chunk) => {
        left -= chunk.length
        return chunk
      })
    })
  }
}

const untilMark = (wire: MasterWire, mark: Buffer): Transfer => {
  /** The last bytes that have come: they may be the mark, or its beginning. */
  let tail = Buffer.alloc(0)
  let done = false
  const pull: Transfer["pull"] = Effect.suspend(() => {
    if (done) return Effect.succeed(undefined)
    return Effect.flatMap(wire.pull(PULL_BYTES), (chunk) => {
      const bytes = Buffer.concat([tail, chunk])
      const split = Math.max(0, bytes.length - MARK_BYTES)
      tail = bytes.subarray(split)
      // Nothing follows the mark until the replica has acknowledged it
      done = tail.equals(mark)
      return split === 0 ? pull : Effect.succeed(bytes.subarray(0, split))
    })
  })
  return { size: undefined, pull }
}
