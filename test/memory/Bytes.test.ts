import { assert, describe, it } from "@effect/vitest"
import * as Bytes from "../../src/memory/Bytes.ts"
import { random } from "./Random.ts"

describe("Bytes", () => {
  it("copies runs of any length, overlapping or not", () => {
    const next = random(50)
    for (let run = 0; run < 3000; run++) {
      const src = Uint8Array.from({ length: 400 }, () => next.below(256))
      const dst = next.below(2) === 0 ? src : Uint8Array.from(src)
      const [start, at] = [next.below(200), next.below(200)]
      const end = start + next.below(next.pick([4, 30, 70, 200]))
      const expected = Uint8Array.from(dst)
      expected.set(src.slice(start, end), at)
      assert.strictEqual(Bytes.copy(src, start, end, dst, at), at + end - start)
      assert.deepStrictEqual(dst, expected)
    }
  })

  it("compares runs of any length", () => {
    const next = random(51)
    const text = () => "a".repeat(next.pick([0, 1, 5, 255, 256, 257, 400])) + next.pick(["", "a", "b", "\xff"])
    for (let run = 0; run < 3000; run++) {
      const [one, other] = [Buffer.from(text(), "latin1"), Buffer.from(text(), "latin1")]
      const [a, b] = [Buffer.concat([Buffer.from("xx"), one]), Buffer.concat([Buffer.from("y"), other])]
      const order = Bytes.compare(a, 2, a.length, b, 1, b.length)
      assert.strictEqual(Math.sign(order), Buffer.compare(one, other))
      if (one.length !== other.length) continue
      assert.strictEqual(Bytes.equal(a, 2, b, 1, one.length), one.equals(other))
    }
  })
})
