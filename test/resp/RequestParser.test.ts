import { assert, describe, it } from "@effect/vitest"
import { complete, incomplete, RequestParser, type RequestSink } from "../../src/resp/RequestParser.ts"
import { random } from "../memory/Random.ts"
import { encode } from "../support/RawClient.ts"

describe("requests that come in pieces", () => {
  it("are the same wherever their bytes are read to", () => {
    const rng = random(20)
    for (let round = 0; round < 60; round++) {
      const requests = Array.from(
        { length: 1 + rng.below(6) },
        () =>
          Array.from({ length: 1 + rng.below(4) }, (_, i) => {
            const length = rng.below(3) === 0 ? 10_000 + rng.below(400_000) : rng.below(200)
            return Buffer.alloc(length, `${i}${rng.below(1_000_000)}\r\n`)
          })
      )
      const bytes = Buffer.concat(requests.map((request) => encode(request)))
      const sink: RequestSink = { count: 0, buffers: [], starts: [], ends: [] }
      const spares = rng.below(2) === 0
      const given = new Set<Uint8Array>()
      const parser = new RequestParser(sink, {
        take: (bytes, bulk) => {
          const [used] = given
          const length = spares ? bulk + rng.below(2) * 1000 : bytes
          if (used === undefined || used.length < length) return Buffer.alloc(length, "spare")
          given.delete(used)
          return used
        },
        give: (buffer) => {
          assert.isFalse(given.has(buffer))
          new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length).fill(7)
          given.add(buffer)
        }
      })
      const shared = Buffer.alloc(64 * 1024)
      const got: Array<Array<Buffer>> = []
      let inPlace = 0
      for (let at = 0; at < bytes.length;) {
        const { room } = parser
        const target = room !== undefined && rng.below(4) > 0 ? room : shared
        if (target === room) inPlace++
        const end = Math.min(bytes.length, at + Math.min(target.length, 1 + rng.below(100_000)))
        target.set(bytes.subarray(at, end))
        parser.feed(target, 0, end - at)
        at = end
        while (parser.next() === complete) {
          got.push(Array.from({ length: sink.count }, (_, i) => {
            const [buffer, from, to] = [sink.buffers[i], sink.starts[i], sink.ends[i]]
            return Buffer.from((buffer as Uint8Array).subarray(from, to))
          }))
        }
        parser.release()
        if (rng.below(2) === 0) parser.letGo()
        shared.fill("used by others")
      }
      assert.strictEqual(parser.next(), incomplete)
      assert.isUndefined(parser.room)
      assert.strictEqual(parser.held, 0)
      assert.strictEqual(got.length, requests.length)
      for (const [i, request] of requests.entries()) {
        assert.isTrue(request.every((argument, n) => argument.equals(got[i]?.[n] ?? Buffer.alloc(0))), `request ${i}`)
      }
      if (bytes.length > 500_000) assert.isAbove(inPlace, 0)
    }
  })
})
