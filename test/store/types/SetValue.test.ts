import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Listpack from "../../../src/memory/Listpack.ts"
import type { Database } from "../../../src/store/Database.ts"
import { Encoding } from "../../../src/store/Entry.ts"
import { Store } from "../../../src/store/Store.ts"
import { SetType } from "../../../src/store/types/SetType.ts"
import * as SetValues from "../../../src/store/types/SetValue.ts"
import { SetValue } from "../../../src/store/types/SetValue.ts"
import { type Random, random } from "../../memory/Random.ts"

const withDatabase = (run: (db: Database) => void) =>
  Store.useSync((store) => run(store.database(0))).pipe(Effect.provide(Store.layer()))

const key = Buffer.from("key")

const addSet = (db: Database, ofIntegers = true): SetValue => {
  db.find(key, 0, key.length)
  return new SetValue(db.space).open(db, SetValues.add(db, key, 0, key.length, ofIntegers))
}

const bytes = (text: string): [Uint8Array, number, number] => [Buffer.from(text), 0, text.length]

const text = (element: Listpack.Element): string => Buffer.from(element.copy()).toString()

const content = (set: SetValue): Array<string> => {
  const members: Array<string> = []
  set.forEach((member) => members.push(text(member)))
  return members.sort()
}

const anyMember = (draw: Random, integers: boolean, range: number): string => {
  if (!integers && draw.below(4) === 0) return "x".repeat(draw.pick([0, 3, 20, 100])) + draw.below(range)
  const integer = draw.below(range) - (range >> 1)
  return draw.below(50) === 0 ? String(BigInt(integer) * 0x1_0000_0000n) : String(integer)
}

it.effect("a set does what a Set does, whatever its encoding", () =>
  withDatabase((db) => {
    const draw = random(4)
    const seen = new Set<number>()
    const empty = db.space.bytes
    for (let round = 0; round < 80; round++) {
      db.state.settings.setMaxIntsetEntries = draw.pick([0, 8, 40, 512])
      const integers = draw.below(2) === 0
      const range = draw.pick([6, 60, 600])
      const set = addSet(db, draw.below(2) === 0)
      const model = new Set<string>()
      for (let step = 0; step < 500; step++) {
        const member = anyMember(draw, integers, range)
        const kind = draw.below(10)
        if (kind < 6) {
          assert.strictEqual(set.add(...bytes(member)), !model.has(member))
          model.add(member)
        } else if (kind < 9 || model.size === 0) assert.strictEqual(set.remove(...bytes(member)), model.delete(member))
        else {
          const place = set.pick(draw.uint32)
          const picked = text(set.read(place, new Listpack.Element()))
          assert.isTrue(model.delete(picked), picked)
          set.removeAt(place)
        }
        assert.strictEqual(set.has(...bytes(member)), model.has(member))
        assert.strictEqual(set.length, model.size)
        seen.add(set.encoding)
        assert.strictEqual(db.encoding(db.find(key, 0, key.length)), set.encoding)
      }
      assert.deepStrictEqual(content(set), [...model].sort())
      assert.strictEqual(set.places().length, model.size)
      if (set.encoding === Encoding.intset) assert.isAtMost(model.size, db.state.settings.setMaxIntsetEntries)

      const copy = new SetValue(db.space)
        .load(db.space, set.encoding, SetType.copy(db.space, set.encoding, set.word))
      set.add(...bytes("one more"))
      assert.deepStrictEqual(content(copy), [...model].sort())
      copy.forEach((member) => assert.isTrue(set.hasElement(member)))
      for (const _ of SetType.release(db.space, copy.encoding, copy.word)) continue
      db.delete(db.find(key, 0, key.length), draw.below(2) === 0)
    }
    assert.deepStrictEqual([...seen].sort(), [Encoding.intset, Encoding.hashtable, Encoding.packed].sort())
    for (const _ of db.release()) continue
    while (db.space.releaseSome(100)) continue
    assert.strictEqual(db.space.arena.used, 0)
    assert.strictEqual(db.space.bytes, empty)
  }))

it.effect("a big set is counted while it grows and shrinks", () =>
  withDatabase((db) => {
    const set = addSet(db)
    const before = db.space.bytes
    const assertCounted = () =>
      assert.approximately(db.space.bytes - before, SetType.bytes(db.space, set.encoding, set.word, 0), 2000)
    for (let i = 0; i < 30_000; i++) set.add(...bytes(`member:${i}`))
    assertCounted()
    const full = db.space.bytes
    for (let i = 0; i < 29_000; i++) set.remove(...bytes(`member:${i}`))
    assertCounted()
    assert.isBelow(db.space.bytes, full / 5)
    assert.strictEqual(SetType.releaseEffort(db.space, set.encoding, set.word), 1000)
  }))

it.effect("every member of a set is picked about as often", () =>
  withDatabase((db) => {
    for (const [size, prefix] of [[20, ""], [20, "m"], [300, "m"]] as const) {
      const set = addSet(db)
      for (let i = 0; i < size; i++) set.add(...bytes(`${prefix}${i}`))
      const draw = random(9)
      const picked = new Map<number, number>()
      for (let i = 0; i < size * 400; i++) {
        const place = set.pick(draw.uint32)
        picked.set(place, (picked.get(place) ?? 0) + 1)
      }
      assert.strictEqual(picked.size, size)
      for (const times of picked.values()) assert.isTrue(times > 290 && times < 510, String(times))
      db.delete(db.find(key, 0, key.length), false)
    }
  }))
