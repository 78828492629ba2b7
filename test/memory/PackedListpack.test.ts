import { assert, describe, it } from "@effect/vitest"
import * as Listpack from "../../src/memory/Listpack.ts"
import * as PackedListpack from "../../src/memory/PackedListpack.ts"
import { random } from "./Random.ts"

const listpackOf = (texts: ReadonlyArray<string>): Buffer => {
  const element = new Listpack.Element()
  const room = Buffer.alloc(texts.reduce((sum, text) => sum + text.length + 12, 16))
  Listpack.writeEmpty(room, 3)
  for (const text of texts) Listpack.append(room, 3, element.setBytes(Buffer.from(text), 0, text.length))
  return room
}

const check = (texts: ReadonlyArray<string>): number => {
  const source = listpackOf(texts)
  const plan = PackedListpack.plan(source, 3)
  const packed = Buffer.alloc(plan.bytes + 10, 0xaa)
  PackedListpack.write(source, 3, plan, packed, 5)
  assert.strictEqual(PackedListpack.byteLength(packed, 5), plan.bytes)
  assert.strictEqual(packed[5 + plan.bytes - 1], 0xff)
  assert.strictEqual(packed[5 + plan.bytes], 0xaa)
  const length = Listpack.byteLength(source, 3)
  assert.strictEqual(PackedListpack.listpackLength(packed, 5), length)
  const back = Buffer.alloc(length + 4)
  PackedListpack.unpack(packed, 5, texts.length, back, 2)
  assert.deepStrictEqual(back.subarray(2, 2 + length), source.subarray(3, 3 + length))
  assert.isTrue(Listpack.validate(back, 2, length, true))
  for (const text of [texts[texts.length >> 1] ?? "", "none", `${texts[0]}0`, ""]) {
    const needle = new Listpack.Element().setBytes(Buffer.from(text), 0, text.length)
    assert.strictEqual(PackedListpack.contains(packed, 5, needle), texts.includes(text), text)
  }
  for (const [skipped, count] of [[0, texts.length], [1, 2], [texts.length >> 1, texts.length]] as const) {
    const seen: Array<string> = []
    const room = new Uint8Array(length)
    PackedListpack.forEach(packed, 5, skipped, count, room, (bytes, start, end) => {
      seen.push(Buffer.from(bytes).toString("latin1", start, end))
    })
    assert.deepStrictEqual(seen, texts.slice(skipped, skipped + count))
  }
  return plan.bytes
}

describe("PackedListpack", () => {
  it("gives back what was packed, and a range of it", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const { below, pick } = random(seed)
      const prefix = "key:with:a:long:beginning".slice(0, below(25)).repeat(1 + below(3))
      const text = () =>
        pick([
          String(below(100_000) - 500),
          "9223372036854775807",
          prefix + below(1000),
          prefix,
          prefix + "x".repeat(below(100)),
          below(20) === 0 ? prefix + "y".repeat(5000) : prefix
        ])
      check(Array.from({ length: 2 + below(60) }, text))
    }
  })

  it("keeps what strings have in common once", () => {
    const texts = Array.from({ length: 100 }, (_, i) => `element:${100_000 + i}`)
    assert.isBelow(check(texts), 100 * 4)
    assert.isBelow(check(texts.map((_, i) => String(100_000 + i))), 100 * 4 + 20)
  })
})
