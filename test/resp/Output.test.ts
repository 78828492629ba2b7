import { assert, describe, it } from "@effect/vitest"
import { BufferPool, Output } from "../../src/resp/Output.ts"

const written = (resp: number, write: (out: Output) => void): string => {
  const out = new Output(new BufferPool())
  out.resp = resp
  write(out)
  return Buffer.concat(out.drain()).toString("latin1")
}

describe("Output", () => {
  it("prints doubles as %.17g, as bulks in RESP2", () => {
    const texts = ["0", "-0", "3", "1.5", "100000000", "1000000000", "0.10000000000000001", "-2.2250738585072014e-308"]
    const values = [0, -0, 3, 1.5, 1e8, 1e9, 0.1, -2.2250738585072014e-308]
    texts.push("inf", "-inf", "nan", "1e+17")
    values.push(Infinity, -Infinity, NaN, 1e17)
    const all = (out: Output) => values.forEach((value) => out.double(value))
    assert.strictEqual(written(2, all), texts.map((text) => `$${text.length}\r\n${text}\r\n`).join(""))
    assert.strictEqual(written(3, all), texts.map((text) => `,${text}\r\n`).join(""))
  })

  it("gives back the buffers of a long reply when its bytes are taken, and only then", () => {
    const pool = new BufferPool()
    const out = new Output(pool)
    const value = Buffer.alloc(40_000, "x")
    const drained = () => {
      for (let n = 0; n < 5; n++) out.bulk(value, 0, value.length)
      return out.drain().map(({ buffer }) => buffer)
    }
    const first = drained()
    assert.isAbove(first.length, 1)
    out.recycle(false)
    const second = drained()
    assert.isFalse(second.some((buffer) => first.includes(buffer)), "somebody has the first ones still")
    out.recycle(true)
    const third = drained()
    assert.isTrue(third.some((buffer) => second.includes(buffer)))
    out.recycle(false)
    out.recycle(true)
    assert.isFalse(drained().some((buffer) => third.includes(buffer)), "nor are they given back later")
  })
})
