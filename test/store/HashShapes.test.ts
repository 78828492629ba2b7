import { assert, it } from "@effect/vitest"
import * as Listpack from "../../src/memory/Listpack.ts"
import type { Database } from "../../src/store/Database.ts"
import { Encoding, Type, VALUE_WORD } from "../../src/store/Entry.ts"
import type { Keyspace } from "../../src/store/Keyspace.ts"
import * as Transfer from "../../src/store/Transfer.ts"
import * as HashValues from "../../src/store/types/HashValue.ts"
import { HashValue } from "../../src/store/types/HashValue.ts"
import { random } from "../memory/Random.ts"
import { remove, set, text, withDatabase } from "../support/HashTexts.ts"

type Model = Map<string, Map<string, string>>

const find = (db: Database, name: string) => {
  const key = Buffer.from(name)
  return db.find(key, 0, key.length)
}

const open = (db: Database, name: string): HashValue => {
  const key = Buffer.from(name)
  const ref = db.find(key, 0, key.length)
  return new HashValue(db.space).open(db, ref === 0 ? HashValues.add(db, key, 0, key.length) : ref)
}

/** The listpack that clients see, made of nothing but fields and values. */
const listpackOf = (pairs: Map<string, string>): Buffer => {
  const texts = [...pairs].flat()
  const room = Buffer.alloc(texts.reduce((sum, each) => sum + each.length + 12, 10))
  const element = new Listpack.Element()
  Listpack.writeEmpty(room, 0)
  for (const each of texts) Listpack.append(room, 0, element.setBytes(Buffer.from(each), 0, each.length))
  return room.subarray(0, Listpack.byteLength(room, 0))
}

const check = (db: Database, model: Model): void => {
  assert.strictEqual(db.size, model.size)
  for (const [name, pairs] of model) {
    const hash = open(db, name)
    assert.strictEqual(hash.length, pairs.size)
    const seen: Array<[string, string]> = []
    hash.forEach((field, value) => seen.push([text(field), text(value)]))
    if (!hash.isListpack) seen.sort()
    assert.deepStrictEqual(seen, hash.isListpack ? [...pairs] : [...pairs].sort())
    if (!hash.isListpack) continue
    hash.withListpack((bytes, start, end) => {
      assert.deepStrictEqual(Buffer.from(bytes.subarray(start, end)), listpackOf(pairs))
    })
  }
}

/** Holds what each shape counts against the hashes that there are; returns how many have one. */
const countShaped = (space: Keyspace, databases: ReadonlyArray<Database>): number => {
  const counted = new Map<number, number>()
  let sum = 0
  for (const db of databases) {
    db.dict.forEach((ref) => {
      if (db.type(ref) !== Type.hash || db.encoding(ref) !== Encoding.shaped) return
      const { bytes, start } = {
        bytes: db.bytes(db.word(ref, VALUE_WORD)),
        start: (db.word(ref, VALUE_WORD) & 0x1ffff) * 8
      }
      const number = (bytes[start] ?? 0) | ((bytes[start + 1] ?? 0) << 8)
      counted.set(number, (counted.get(number) ?? 0) + 1)
      sum++
    })
  }
  for (const shape of space.hashShapes) assert.strictEqual(shape.hashes, counted.get(shape.number) ?? 0)
  return sum
}

it.effect("hashes of a few kinds do what Maps do, keep their order, and are counted by their shapes", () =>
  withDatabase((db) => {
    let shaped = 0
    for (let seed = 1; seed <= 30; seed++) {
      const { below, pick } = random(seed)
      const { settings } = db.state
      settings.hashMaxListpackEntries = pick([5, 512, 512])
      const model: Model = new Map()
      const kinds = Array.from(
        { length: 1 + below(4) },
        (_, kind) =>
          Array.from(
            { length: 1 + below(pick([4, 12, 140])) },
            (_, i) => i % 5 === 4 ? String(i * 77) : `${kind % 2}:${i}`
          )
      )
      const value = () =>
        pick([String(below(100_000)), "v".repeat(below(20)), below(30) === 0 ? "w".repeat(80) : "short"])
      for (let step = 0; step < 400; step++) {
        const name = `key:${below(40)}`
        const known = model.get(name)
        const hash = known === undefined && below(4) === 0 ? undefined : open(db, name)
        const pairs = known ?? new Map<string, string>()
        const put = (field: string) => {
          const text = value()
          if (hash !== undefined) assert.strictEqual(set(hash, field, text), !pairs.has(field))
          pairs.set(field, text)
        }
        if (hash === undefined) continue
        model.set(name, pairs)
        switch (pick(["kind", "kind", "kind", "one", "one", "remove", "delete", "copy", "move"] as const)) {
          case "kind":
            for (const field of pick(kinds)) put(field)
            break
          case "one":
            put(below(3) === 0 ? `other:${below(1000)}` : pick(pick(kinds)))
            break
          case "remove":
            put("none")
            for (const field of [pick(pick(kinds)), "none"]) {
              assert.strictEqual(remove(hash, field), pairs.delete(field))
            }
            break
          case "delete":
            db.delete(find(db, name), below(2) === 0)
            model.delete(name)
            break
          case "copy":
          case "move": {
            put("last")
            const other = `key:${40 + below(10)}`
            if (model.has(other)) break
            const bytes = Buffer.from(other)
            const transfer = pick([Transfer.copy, Transfer.move])
            transfer(db, find(db, name), db, { bytes, start: 0, end: bytes.length })
            model.set(other, new Map(pairs))
            if (transfer === Transfer.move) model.delete(name)
          }
        }
        // As commands do it: no hash is without fields.
        if (model.get(name)?.size === 0) {
          db.delete(find(db, name), false)
          model.delete(name)
        }
      }
      check(db, model)
      shaped += countShaped(db.space, [db])

      const twin = db.space.twin()
      const twinDb = twin.databases[0] ?? db
      for (const name of model.keys()) {
        set(open(db, name), "only:here", "value")
        db.delete(find(db, name), false)
      }
      check(twinDb, model)
      countShaped(twin, [twinDb])
      assert.strictEqual(countShaped(db.space, [db]), 0)
      assert.strictEqual(db.space.arena.used, 0)
    }
    assert.isAbove(shaped, 100)
  }))

it.effect("of many hashes with the same fields, each takes little more than its values", () =>
  withDatabase((db) => {
    const names = Array.from({ length: 40 }, (_, i) => `field:${i}`)
    const add = (key: number) => {
      const hash = open(db, `hash:${key}`)
      for (const name of names) set(hash, name, "12345678")
      return hash
    }
    for (let key = 0; key < 100; key++) add(key)
    const before = db.space.arena.used
    for (let key = 100; key < 200; key++) add(key)
    assert.isBelow((db.space.arena.used - before) / 100, 40 * 5 + 100)
    assert.strictEqual(add(200).encoding, Encoding.shaped)
  }))

it.effect("names that never come again get no shape, and shapes that no hash has make room for others", () =>
  withDatabase((db) => {
    for (let key = 0; key < 1000; key++) {
      const hash = open(db, `lonely:${key}`)
      for (let i = 0; i < 5; i++) set(hash, `${key}:${i}`, "value")
      assert.strictEqual(hash.encoding, Encoding.listpack)
    }
    for (let kind = 0; kind < 2000; kind++) {
      const encodings = [1, 2, 3].map((time) => {
        const hash = open(db, `kind:${kind}:${time}`)
        set(hash, `name:${kind}`, "value")
        return hash.encoding
      })
      assert.deepStrictEqual(encodings, [Encoding.listpack, Encoding.shaped, Encoding.shaped])
      for (const time of [1, 2, 3]) db.delete(find(db, `kind:${kind}:${time}`), false)
    }
    assert.isAtMost([...db.space.hashShapes].length, 512)
    countShaped(db.space, [db])
  }))
