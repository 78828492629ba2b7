/** The stream against a model: an array of entries. */
import { assert, describe, it } from "@effect/vitest"
import { Arena } from "../../../src/memory/Arena.ts"
import * as Listpack from "../../../src/memory/Listpack.ts"
import { Stream } from "../../../src/store/types/Stream.ts"
import * as StreamCounters from "../../../src/store/types/StreamCounters.ts"
import type { StreamCursor } from "../../../src/store/types/StreamCursor.ts"
import { StreamFinder } from "../../../src/store/types/StreamFinder.ts"
import * as StreamId from "../../../src/store/types/StreamId.ts"
import * as StreamType from "../../../src/store/types/StreamType.ts"
import { type Random, random } from "../../memory/Random.ts"

const last = 2n ** 64n - 1n

interface Entry {
  readonly id: StreamId.StreamId
  readonly texts: ReadonlyArray<string>
}

const fieldsOf = (texts: ReadonlyArray<string>) => {
  const buffers = texts.map((text) => Buffer.from(text))
  return {
    buffers,
    starts: buffers.map(() => 0),
    ends: buffers.map((bytes) => bytes.length),
    from: 0,
    to: texts.length,
    bytes: buffers.reduce((sum, { length }) => sum + length, 0)
  }
}

const textsAt = (cursor: StreamCursor): Array<string> => {
  const texts: Array<string> = []
  const element = new Listpack.Element()
  cursor.forEachElement((buf, at) => {
    element.readText(buf, at)
    texts.push(Buffer.from(element.bytes.slice(element.start, element.end)).toString())
  })
  return texts
}

const read = (stream: Stream, start: StreamId.StreamId, end: StreamId.StreamId, backwards = false): Array<Entry> => {
  const found: Array<Entry> = []
  const cursor = stream.range(start, end, backwards)
  // Every other entry is passed over unread, which the walk must bear.
  for (let i = 0; cursor.next(); i++) found.push({ id: cursor.id, texts: i % 2 === 0 ? textsAt(cursor) : [] })
  return found
}

const shownBy = (entries: ReadonlyArray<Entry>): Array<Entry> =>
  entries.map(({ id, texts }, i) => ({ id, texts: i % 2 === 0 ? texts : [] }))

/** A step from an id to one behind it: small ones mostly, and some that only just fit in 64 bits. */
const later = ({ below }: Random, { ms, seq }: StreamId.StreamId): StreamId.StreamId => {
  const draw = below(20)
  if (draw < 8) return StreamId.make(ms, StreamId.plus(seq, 1 + below(3)))
  if (draw < 18) return StreamId.make(StreamId.plus(ms, 1 + below(1000)), below(5))
  return StreamId.make(StreamId.plus(ms, 1), StreamId.plus(0, 2 ** below(53)))
}

const texts = ({ below, pick }: Random): Array<string> => {
  const names = below(4) > 0 ? ["name", "7", "colour"] : ["name", "other"].slice(0, 1 + below(2))
  const values = ["", "1", "-5", "4095", "9223372036854775807", "007", "red", "x".repeat(70), "y".repeat(5000)]
  return names.flatMap((name) => [name, pick(values)])
}

/** The ids around which ranges are drawn. */
const someId = ({ below, pick }: Random, model: ReadonlyArray<Entry>): StreamId.StreamId => {
  const draw = below(10)
  if (draw === 0 || model.length === 0) return StreamId.min
  if (draw === 1) return StreamId.max
  const { id } = pick(model)
  const near = draw < 5 ? id : draw < 7 ? StreamId.increment(id) : StreamId.decrement(id)
  return near ?? id
}

const check = (stream: Stream, model: ReadonlyArray<Entry>, chance: Random): void => {
  assert.strictEqual(stream.length, model.length)
  assert.deepStrictEqual(stream.firstId, model[0]?.id ?? StreamId.min)
  assert.deepStrictEqual(stream.lastEntryId, model.at(-1)?.id ?? StreamId.min)
  const [start, end] = [someId(chance, model), someId(chance, model)]
  const inside = model.filter(({ id }) => StreamId.compare(id, start) >= 0 && StreamId.compare(id, end) <= 0)
  assert.deepStrictEqual(read(stream, start, end), shownBy(inside))
  assert.deepStrictEqual(read(stream, start, end, true), shownBy(inside.toReversed()))
  const limit = chance.below(300)
  assert.strictEqual(stream.count(start, end, limit), Math.min(limit, inside.length))
  assert.strictEqual(stream.count(start, end, Infinity), inside.length)
  for (let index = 0; index < stream.nodeCount; index++) {
    const bytes = StreamType.nodeBytes(stream, index)
    assert.isTrue(Listpack.validate(bytes, 0, bytes.length, true))
  }
}

const beginnings: ReadonlyArray<StreamId.StreamId> = [
  StreamId.min,
  StreamId.make(1795470253761, 0),
  StreamId.make(2 ** 53 - 10, 2 ** 53 - 10),
  StreamId.make(2n ** 63n - 5n, 2n ** 63n - 5n),
  StreamId.make(last - 5000n, last - 500n)
]

/** One finder finds what the model has, in whatever order it is asked. */
const assertFinds = (stream: Stream, model: ReadonlyArray<Entry>, ids: ReadonlyArray<StreamId.StreamId>): void => {
  const finder = new StreamFinder(stream)
  for (const id of ids) {
    const cursor = finder.find(id)
    const entry = model.find((entry) => StreamId.equals(entry.id, id))
    assert.deepStrictEqual(cursor?.id, entry?.id)
    // As in a reply, or only looked for
    if (cursor !== undefined && cursor.fieldCount < 3) cursor.forEachElement(() => {})
  }
}

describe("Stream", () => {
  for (const [number, beginning] of beginnings.entries()) {
    it(`behaves as an array of entries from ${StreamId.toString(beginning)} on`, () => {
      const chance = random(number + 1)
      const arena = new Arena()
      const stream = new Stream(arena)
      const limits = { bytes: 4096, entries: 20 }
      stream.lastId = beginning
      let model: Array<Entry> = []
      for (let step = 0; step < 1500; step++) {
        const draw = chance.below(40)
        if (step % 50 === 0) {
          const ids = Array.from({ length: 60 }, () => someId(chance, model))
          assertFinds(stream, model, ids)
          assertFinds(stream, model, ids.toSorted(StreamId.compare))
        }
        if (draw < 30) {
          const id = later(chance, stream.lastId)
          if (StreamId.compare(id, stream.lastId) <= 0) continue // wrapped around at the end of all ids
          const entry = { id, texts: texts(chance) }
          stream.append(id, fieldsOf(entry.texts), limits)
          model.push(entry)
        } else if (draw < 37) {
          const id = someId(chance, model)
          const at = model.findIndex((entry) => StreamId.equals(entry.id, id))
          assertFinds(stream, model, [id])
          assert.strictEqual(stream.delete(id), at >= 0)
          if (at >= 0) model.splice(at, 1)
        } else {
          const minId = someId(chance, model.slice(0, 30))
          const bound = draw === 37 ? { length: Math.max(0, model.length - chance.below(60)) } : { minId }
          const keep = "length" in bound
            ? model.slice(Math.max(0, model.length - bound.length))
            : model.filter(({ id }) => StreamId.compare(id, bound.minId) >= 0)
          const isApproximate = chance.below(2) === 0
          const limit = isApproximate ? chance.below(50) : 0
          const removed = stream.trim(bound, isApproximate, limit)
          if (isApproximate) {
            assert.isAtMost(removed, limit === 0 ? Infinity : limit)
            assert.isAtLeast(stream.length, keep.length)
            model = model.slice(removed)
          } else model = keep
        }
        check(stream, model, chance)
      }
      for (const _ of stream.release()) continue
      assert.strictEqual(arena.used, 0)
    })
  }

  it("keeps nodes within their limits, and takes new ones when they are full", () => {
    const stream = new Stream(new Arena())
    const add = (seq: number, text: string) =>
      stream.append(StreamId.make(1, seq), fieldsOf(["f", text]), { bytes: 100, entries: 3 })
    for (let seq = 1; seq <= 4; seq++) add(seq, "v")
    assert.strictEqual(stream.nodeCount, 2)
    add(5, "v".repeat(200))
    assert.strictEqual(stream.nodeCount, 3)
    stream.append(StreamId.make(1, 6), fieldsOf(["f", "v"]), { bytes: 0, entries: 0 })
    assert.strictEqual(stream.nodeCount, 3)
  })

  it("counts nodes as a radix tree of the ids has them", () => {
    const stream = new Stream(new Arena())
    const expected = [1, 2, 4, 5, 8]
    const ids = [[0, 1], [0, 2], [0, 3], [0, 259]] as const
    for (const [index, nodes] of expected.entries()) {
      if (index > 0) {
        const [ms, seq] = ids[index - 1] ?? [0, 0]
        stream.append(StreamId.make(ms, seq), fieldsOf(["f", "v"]), { bytes: 1, entries: 0 })
      }
      assert.strictEqual(StreamCounters.radixTreeNodes(stream), nodes, `${index} ids`)
    }
  })
})

describe("StreamId", () => {
  it("steps over the edges of both halves", () => {
    assert.deepStrictEqual(StreamId.increment(StreamId.make(1, last)), StreamId.make(2, 0))
    assert.deepStrictEqual(StreamId.decrement(StreamId.make(2, 0)), StreamId.make(1, last))
    assert.deepStrictEqual(StreamId.increment(StreamId.make(0, 2 ** 53 - 1)), StreamId.make(0, 2n ** 53n))
    assert.deepStrictEqual(StreamId.decrement(StreamId.make(0, 2n ** 53n)), StreamId.make(0, 2 ** 53 - 1))
    assert.isUndefined(StreamId.increment(StreamId.max))
    assert.isUndefined(StreamId.decrement(StreamId.min))
  })

  it("measures distances within 64 bits, whatever their sign", () => {
    assert.strictEqual(StreamId.minus(0, last), 1)
    assert.strictEqual(StreamId.minus(last, 0), -1)
    assert.strictEqual(StreamId.plus(last, StreamId.minus(0, last)), 0)
    assert.strictEqual(StreamId.plus(0, StreamId.minus(last, 0)), last)
  })
})
