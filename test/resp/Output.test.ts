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
})
