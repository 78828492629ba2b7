/** A key that is looked for again and again, whatever becomes of its entry in between. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import type { Database } from "../../src/store/Database.ts"
import { Store } from "../../src/store/Store.ts"
import { set } from "./Fill.ts"

const find = (db: Database, key: string): number => {
  const name = Buffer.from(key)
  return db.find(name, 0, name.length)
}

describe("find", () => {
  it.effect("knows when the entry it found last is gone or elsewhere", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const db = store.database(0)
      set(db, "key")
      const first = find(db, "key")
      assert.notStrictEqual(first, 0)
      assert.strictEqual(find(db, "key"), first)
      assert.strictEqual(find(db, "kez"), 0)
      assert.strictEqual(find(db, "keys"), 0)
      assert.strictEqual(find(db, ""), 0)

      const moved = db.resize(first, 1000, 5)
      assert.notStrictEqual(moved, first)
      assert.strictEqual(find(db, "key"), moved)
      db.delete(moved, false)
      assert.strictEqual(find(db, "key"), 0)
      // Another key where the old one lay
      set(db, "other")
      assert.strictEqual(find(db, "key"), 0)
      set(db, "key", "value", 10)
      assert.notStrictEqual(find(db, "key"), 0)
      db.state.setTime(db.state.now + 11)
      assert.strictEqual(find(db, "key"), 0)

      set(db, "key")
      assert.notStrictEqual(find(db, "key"), 0)
      store.swap(0, 1)
      assert.strictEqual(find(store.database(0), "key"), 0)
      assert.notStrictEqual(find(store.database(1), "key"), 0)
      store.flush(1, true)
      assert.strictEqual(find(store.database(1), "key"), 0)

      const space = Ref.getUnsafe(store.keyspace)
      const before = space.twin()
      set(store.database(0), "key")
      assert.notStrictEqual(find(store.database(0), "key"), 0)
      space.assign(before)
      assert.strictEqual(find(store.database(0), "key"), 0)
    }).pipe(Effect.provide(Store.layer())))

  it.effect("follows its entry while the dictionary grows and shrinks", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const db = store.database(0)
      set(db, "key")
      const ref = find(db, "key")
      for (let i = 0; i < 5000; i++) {
        set(db, `key:${i}`)
        assert.strictEqual(find(db, "key"), ref)
      }
      for (let i = 0; i < 5000; i++) {
        db.delete(find(db, `key:${i}`), false)
        assert.strictEqual(find(db, `key:${i}`), 0)
        assert.strictEqual(find(db, "key"), ref)
      }
    }).pipe(Effect.provide(Store.layer())))
})
