import { assert, describe, it } from "@effect/vitest"
import { RdbOutput } from "../../src/persistence/RdbOutput.ts"
import { random } from "../memory/Random.ts"

const KB = 1024

describe("RdbOutput", () => {
  it("writes into what was given back, and into nothing that is still to be read", () => {
    const next = random(5)
    const noise = Uint8Array.from({ length: 100 * KB }, () => next.below(256))
    for (let round = 0; round < 12; round++) {
      const out = new RdbOutput({ compress: () => false })
      const other = new RdbOutput({ compress: () => false })
      const written: Array<Uint8Array> = []
      const read: Array<Uint8Array> = []
      const unread: Array<ReadonlyArray<Uint8Array>> = []
      const memory = new Set<ArrayBufferLike>()
      const readOne = (): void => {
        const chunks = unread.shift() ?? []
        for (const chunk of chunks) read.push(Buffer.from(chunk))
        out.reuse(chunks)
      }
      const most = 1 + next.below(3)
      const longest = next.pick([100, 2 * KB, 20 * KB])
      for (let bytes = 0; bytes < 4 * KB * KB;) {
        const start = next.below(80 * KB)
        const end = start + 1 + next.below(longest)
        bytes += end - start
        written.push(noise.subarray(start, end))
        // What comes from another output ends the chunk at hand
        if (next.below(500) > 0) out.raw(noise, start, end)
        else {
          other.raw(noise, start, end)
          out.append(other)
        }
        if (out.pending < 256 * KB) continue
        const taken = out.take()
        for (const { buffer } of taken) memory.add(buffer)
        unread.push(taken)
        while (unread.length > most) readOne()
      }
      unread.push(out.take())
      while (unread.length > 0) readOne()
      assert.isTrue(Buffer.concat(read).equals(Buffer.concat(written)), `round ${round}`)
      // Of 64 KB each
      assert.isBelow(memory.size, 25, `round ${round}`)
    }
  })
})
