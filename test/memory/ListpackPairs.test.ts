import { assert, it } from "@effect/vitest"
import * as Listpack from "../../src/memory/Listpack.ts"
import * as ListpackPairs from "../../src/memory/ListpackPairs.ts"
import { random } from "./Random.ts"

const write = (texts: ReadonlyArray<string>, at: number): Buffer => {
  const room = Buffer.alloc(texts.reduce((sum, text) => sum + text.length + 12, at + 10))
  const element = new Listpack.Element()
  Listpack.writeEmpty(room, at)
  for (const text of texts) Listpack.append(room, at, element.setBytes(Buffer.from(text), 0, text.length))
  return room
}

const bytesOf = (buf: Buffer, at: number): Buffer => buf.subarray(at, at + Listpack.byteLength(buf, at))

it("pairs are taken apart into names and values, and put together again", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const { below, pick } = random(seed)
    const text = () => pick([String(below(100_000) - 500), "x".repeat(below(80)), "y".repeat(below(20) * 300)])
    const texts = Array.from({ length: 2 * below(40) }, text)
    const names = write(texts.filter((_, i) => i % 2 === 0), 5)
    const values = write(texts.filter((_, i) => i % 2 === 1), 4)
    const pairs = write(texts, 3)
    const length = Listpack.byteLength(pairs, 3)
    const room = Buffer.alloc(length + 10)

    ListpackPairs.writeNames(pairs, 3, room, 2)
    assert.deepStrictEqual(bytesOf(room, 2), bytesOf(names, 5))
    ListpackPairs.writeValues(pairs, 3, room, 2)
    assert.deepStrictEqual(bytesOf(room, 2), bytesOf(values, 4))

    const alone = Buffer.from(bytesOf(names, 5))
    assert.isTrue(ListpackPairs.hasNames(pairs, 3, alone))
    for (const other of [["x"], texts.slice(2), [...texts, "x", "y"], ["z", ...texts.slice(1)]]) {
      const same = other.filter((_, i) => i % 2 === 0).join() === texts.filter((_, i) => i % 2 === 0).join()
      assert.strictEqual(
        ListpackPairs.hasNames(write(other.length % 2 === 0 ? other : [...other, ""], 3), 3, alone),
        same
      )
    }

    assert.strictEqual(Listpack.mergedSize(names, 5, values, 4), length)
    ListpackPairs.join(names, 5, values, 4, room, 1)
    assert.deepStrictEqual(bytesOf(room, 1), bytesOf(pairs, 3))
    assert.isTrue(Listpack.validate(room, 1, length, true))
  }
})
