/** The quicklist against a model: an array of texts. */
import { assert, describe, it } from "@effect/vitest"
import { Arena } from "../../../src/memory/Arena.ts"
import * as Listpack from "../../../src/memory/Listpack.ts"
import type { NodeLimits } from "../../../src/store/types/NodeLimits.ts"
import { Quicklist } from "../../../src/store/types/Quicklist.ts"
import { type Random, random } from "../../memory/Random.ts"

const textOf = ({ below, pick }: Random): string => {
  const draw = below(40)
  if (draw < 12) return pick(["a", "b", "", "7", "-3", "4000", "123456789012"])
  if (draw < 30) return `element:${below(50)}`
  if (draw < 39) return "x".repeat(below(300))
  return "y".repeat(below(12_000))
}

const read = (list: Quicklist, from = 0, count = list.length): Array<string> => {
  const texts: Array<string> = []
  list.forEach(from, count, (bytes, start, end) => texts.push(Buffer.from(bytes).toString("latin1", start, end)))
  return texts
}

const listpackTexts = (bytes: Uint8Array): Array<string> => {
  const texts: Array<string> = []
  const element = new Listpack.Element()
  for (let p = Listpack.first(0); !Listpack.isEnd(bytes, p);) {
    p = element.readText(bytes, p)
    texts.push(Buffer.from(element.bytes).toString("latin1", element.start, element.end))
  }
  return texts
}

const needleOf = (text: string) => new Listpack.Element().setBytes(Buffer.from(text), 0, text.length)

/** What Redis's LPOS finds. */
const positions = (model: ReadonlyArray<string>, text: string, backwards: boolean, rank: number, count: number) => {
  const all = [...model.entries()].filter(([, element]) => element === text).map(([at]) => at)
  const ordered = backwards ? all.reverse() : all
  return ordered.slice(rank - 1, count === 0 ? undefined : rank - 1 + count)
}

/** Removes as LREM does. */
const remove = (model: Array<string>, text: string, count: number, backwards: boolean): number => {
  const gone = new Set(positions(model, text, backwards, 1, count))
  const kept = model.filter((_, at) => !gone.has(at))
  model.splice(0, model.length, ...kept)
  return gone.size
}

const play = (rng: Random, limits: NodeLimits, steps: number): void => {
  const { below } = rng
  const arena = new Arena()
  const before = arena.used
  let list = new Quicklist(arena)
  let model: Array<string> = []
  const bytes = (text: string): [Uint8Array, number, number] => [Buffer.from(`..${text}.`), 2, 2 + text.length]
  for (let step = 0; step < steps; step++) {
    const draw = below(100)
    const text = textOf(rng)
    if (draw < 25 || model.length === 0) {
      list.push(true, ...bytes(text), limits)
      model.push(text)
    } else if (draw < 45) {
      list.push(false, ...bytes(text), limits)
      model.unshift(text)
    } else if (draw < 50) {
      list.pop(true)
      model.pop()
    } else if (draw < 55) {
      list.pop(false)
      model.shift()
    } else if (draw < 70) {
      const at = below(model.length)
      const behind = below(2) === 0
      list.insert(at, behind, ...bytes(text), limits)
      model.splice(behind ? at + 1 : at, 0, text)
    } else if (draw < 80) {
      const at = below(model.length)
      list.replace(at, ...bytes(text), limits)
      model[at] = text
    } else if (draw < 84) {
      const [count, backwards] = [below(3), below(2) === 0]
      assert.strictEqual(
        list.remove(needleOf(text), count, backwards, limits),
        remove(model, text, count, backwards)
      )
    } else if (draw < 87) {
      const from = below(model.length)
      const count = below(Math.min(8, model.length - from) + 1)
      list.removeRange(from, count)
      model.splice(from, count)
    } else if (draw < 88) {
      const from = below(model.length)
      list.removeRange(from, model.length - from)
      model = model.slice(0, from)
    } else if (draw < 92) {
      const [backwards, rank, count] = [below(2) === 0, 1 + below(3), below(3)]
      assert.deepStrictEqual(
        list.positions(needleOf(text), { backwards, rank, count, maxLength: 0 }),
        positions(model, text, backwards, rank, count)
      )
    } else if (draw < 95) {
      const from = below(model.length)
      const count = below(model.length - from) + 1
      assert.deepStrictEqual(read(list, from, count), model.slice(from, from + count))
      assert.deepStrictEqual(listpackTexts(list.copyRange(from, count)), model.slice(from, from + count))
    } else if (draw < 96) {
      const copy = list.copy()
      for (const _ of list.release()) continue
      list = copy
    } else if (draw < 97 && list.nodeCount === 1 && list.node(0).form === 0) {
      list.load(arena, list.node(0).ref)
    } else if (draw < 98) list = list.detach()
    assert.strictEqual(list.length, model.length)
    if (step % 100 === 0) assert.deepStrictEqual(read(list), model)
  }
  assert.deepStrictEqual(read(list), model)
  for (const _ of list.release()) continue
  assert.strictEqual(arena.used, before)
}

describe("Quicklist", () => {
  for (const size of [-2, -1, -5, -7, 0, 1, 4, 128, 100_000]) {
    it(`holds what an array holds, with list-max-listpack-size ${size}`, () => {
      for (let seed = 1; seed <= 2; seed++) {
        play(random(seed), { listMaxListpackSize: size, listPackedThreshold: 2 ** 30, listCompressDepth: 0 }, 400)
      }
    })
  }

  it("holds big elements as they are", () => {
    for (let seed = 1; seed <= 4; seed++) {
      const listMaxListpackSize = seed % 2 === 0 ? -2 : 4
      play(random(seed), { listMaxListpackSize, listPackedThreshold: 100, listCompressDepth: seed >>> 1 }, 400)
    }
  })

  for (const depth of [1, 3]) {
    it(`compresses what is more than ${depth} nodes away from the ends, and still holds what an array holds`, () => {
      for (let seed = 1; seed <= 2; seed++) {
        for (const listMaxListpackSize of [-1, 8]) {
          play(random(seed), { listMaxListpackSize, listPackedThreshold: 2 ** 30, listCompressDepth: depth }, 400)
        }
      }
    })
  }

  it("has its inner nodes compressed, also after changes in them", () => {
    const limits = { listMaxListpackSize: -2, listPackedThreshold: 2 ** 30, listCompressDepth: 2 }
    const arena = new Arena()
    const list = new Quicklist(arena)
    const forms = () => Array.from({ length: list.nodeCount }, (_, index) => list.node(index).form)
    for (let i = 0; i < 6000; i++) {
      const text = Buffer.from(`element number ${i}`)
      list.push(i % 2 === 0, text, 0, text.length, limits)
    }
    const inner = list.nodeCount - 4
    const compressed = [0, 0, ...Array.from({ length: inner }, () => 3), 0, 0]
    assert.isAbove(inner, 4)
    assert.deepStrictEqual(forms(), compressed)
    list.replace(3000, Buffer.from("another"), 0, 7, limits)
    list.remove(needleOf("element number 1000"), 0, false, limits)
    assert.deepStrictEqual(forms(), compressed)
    list.insert(3000, true, Buffer.from("one more"), 0, 8, limits)
    assert.deepStrictEqual(read(list, 2999, 3), ["element number 1", "another", "one more"])
    assert.deepStrictEqual(new Set(forms().slice(2, -2)), new Set([3]))
  })

  it("finds elements in a long list that grew from both ends", () => {
    const list = new Quicklist(new Arena())
    const limits = { listMaxListpackSize: 8, listPackedThreshold: 2 ** 30, listCompressDepth: 0 }
    for (let i = 0; i < 50_000; i++) {
      const text = Buffer.from(String(i))
      list.push(i % 3 !== 0, text, 0, text.length, limits)
    }
    const model: Array<string> = []
    for (let i = 0; i < 50_000; i++) if (i % 3 === 0) model.unshift(String(i))
    for (let i = 0; i < 50_000; i++) if (i % 3 !== 0) model.push(String(i))
    for (let at = 0; at < model.length; at += 997) assert.deepStrictEqual(read(list, at, 1), [model[at]])
    for (let left = 50_000; left > 0; left--) {
      assert.deepStrictEqual(left % 1000 === 0 ? read(list, 0, 1) : [model[50_000 - left]], [model[50_000 - left]])
      list.pop(false)
    }
    assert.strictEqual(list.nodeCount, 0)
  })
})
