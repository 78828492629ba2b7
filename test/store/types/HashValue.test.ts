import { assert, it } from "@effect/vitest"
import * as Listpack from "../../../src/memory/Listpack.ts"
import type { Database } from "../../../src/store/Database.ts"
import { Encoding, VALUE_WORD } from "../../../src/store/Entry.ts"
import { HashType } from "../../../src/store/types/HashType.ts"
import * as HashValues from "../../../src/store/types/HashValue.ts"
import { HashValue } from "../../../src/store/types/HashValue.ts"
import { type Random, random } from "../../memory/Random.ts"
import { remove, set, text, withDatabase } from "../../support/HashTexts.ts"

const key = Buffer.from("key")

const addHash = (db: Database): HashValue => {
  db.find(key, 0, key.length)
  return new HashValue(db.space).open(db, HashValues.add(db, key, 0, key.length))
}

const get = (hash: HashValue, field: string): string | undefined => {
  const f = Buffer.from(field)
  const into = new Listpack.Element()
  return hash.get(f, 0, f.length, into) ? text(into) : undefined
}

const content = (hash: HashValue): Map<string, string> => {
  const pairs = new Map<string, string>()
  hash.forEach((field, value) => {
    assert.isFalse(pairs.has(text(field)))
    pairs.set(text(field), text(value))
  })
  return pairs
}

const sorted = (pairs: Map<string, string>) => [...pairs].sort()

const anyText = (draw: Random): string => {
  const length = draw.pick([0, 1, 5, 12, 12, 30, 64, 65, 200])
  return draw.below(3) === 0 ? String(draw.below(10 ** Math.min(9, length))) : "x".repeat(length) + draw.below(10)
}

/** Whether everything was given back. */
const assertNothingLeft = (db: Database) => {
  for (const _ of db.release()) continue
  while (db.space.releaseSome(100)) continue
  assert.strictEqual(db.space.arena.used, 0)
}

it.effect("a hash does what a Map does, packed and as a dictionary", () =>
  withDatabase((db) => {
    const draw = random(3)
    const seen = new Set<number>()
    const empty = db.space.bytes
    for (let round = 0; round < 60; round++) {
      db.state.settings.hashMaxListpackEntries = draw.pick([0, 4, 30, 512])
      db.state.settings.hashMaxListpackValue = draw.pick([0, 16, 64])
      const hash = addHash(db)
      const model = new Map<string, string>()
      const names = draw.pick([3, 20, 60, 500])
      for (let step = 0; step < 600; step++) {
        const field = draw.below(10) === 0 ? anyText(draw) : `f${draw.below(names)}`
        if (draw.below(draw.pick([3, 3, 6])) > 0) {
          const value = anyText(draw)
          assert.strictEqual(set(hash, field, value), !model.has(field))
          model.set(field, value)
        } else assert.strictEqual(remove(hash, field), model.delete(field))
        assert.strictEqual(get(hash, field), model.get(field))
        assert.strictEqual(hash.length, model.size)
        seen.add(hash.encoding)
        assert.strictEqual(db.encoding(db.find(key, 0, key.length)), hash.encoding)
      }
      assert.deepStrictEqual(sorted(content(hash)), sorted(model))
      const name = HashType.encodingName(db.space, hash.encoding, hash.word)
      if (name === "listpack") assert.isAtMost(model.size, db.state.settings.hashMaxListpackEntries)

      const copy = new HashValue(db.space)
        .load(db.space, hash.encoding, HashType.copy(db.space, hash.encoding, hash.word))
      remove(hash, [...model.keys()][0] ?? "")
      assert.deepStrictEqual(sorted(content(copy)), sorted(model))
      for (const _ of HashType.release(db.space, copy.encoding, copy.word)) continue
      db.delete(db.find(key, 0, key.length), draw.below(2) === 0)
    }
    assert.deepStrictEqual(
      [...seen].sort(),
      [Encoding.listpack, Encoding.hashtable, Encoding.packed, Encoding.shaped].sort()
    )
    assertNothingLeft(db)
    assert.strictEqual(db.space.bytes, empty)
  }))

it.effect("a big hash is counted, and released in slices", () =>
  withDatabase((db) => {
    const hash = addHash(db)
    const before = db.space.bytes
    for (let i = 0; i < 20_000; i++) set(hash, `field:${i}`, `value:${i}`)
    const ref = db.find(key, 0, key.length)
    const bytes = HashType.bytes(db.space, hash.encoding, hash.word, 0)
    assert.isAtLeast(bytes, 20_000 * 28)
    assert.approximately(db.space.bytes - before, bytes, 1000)
    assert.approximately(HashType.bytes(db.space, hash.encoding, hash.word, 100), bytes, bytes / 10)
    assert.strictEqual(HashType.encodingName(db.space, db.encoding(ref), db.word(ref, VALUE_WORD)), "hashtable")
    let slices = 0
    for (const _ of HashType.release(db.space, hash.encoding, hash.word)) slices++
    assert.isAbove(slices, 20)
    db.forget(ref)
    assert.strictEqual(db.space.arena.used, 0)
  }))

it.effect("every field of a hash is picked about as often", () =>
  withDatabase((db) => {
    for (const size of [20, 60, 300]) {
      db.state.settings.hashMaxListpackEntries = 30
      const hash = addHash(db)
      for (let i = 0; i < size; i++) set(hash, `field:${i}`, String(i))
      const draw = random(8)
      const picked = new Map<string, number>()
      const [field, value] = [new Listpack.Element(), new Listpack.Element()]
      for (let i = 0; i < size * 400; i++) {
        hash.pick(draw.uint32, field, value)
        assert.strictEqual(text(field), `field:${text(value)}`)
        picked.set(text(field), (picked.get(text(field)) ?? 0) + 1)
      }
      assert.strictEqual(picked.size, size)
      for (const times of picked.values()) assert.isTrue(times > 290 && times < 510, String(times))
      db.delete(db.find(key, 0, key.length), false)
    }
  }))
