import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Ref } from "../../../src/memory/Arena.ts"
import type { Database } from "../../../src/store/Database.ts"
import { Encoding } from "../../../src/store/Entry.ts"
import { Store } from "../../../src/store/Store.ts"
import * as Strings from "../../../src/store/types/Strings.ts"
import { random } from "../../memory/Random.ts"

const KIB = 1024

const withDatabase = (run: (db: Database) => void) =>
  Store.useSync((store) => run(store.database(0))).pipe(Effect.provide(Store.layer()))

const add = (db: Database, key: Uint8Array, value: Uint8Array): Ref =>
  Strings.add(db, key, 0, key.length, value, 0, value.length)

/** Writes as a command does: makes room, then overwrites from an offset on. */
const writeAt = (db: Database, ref: Ref, offset: number, value: Uint8Array): Ref => {
  const length = Math.max(Strings.length(db, ref), offset + value.length)
  const moved = Strings.reserve(db, ref, length, offset)
  Strings.bytes(db, moved).set(value, Strings.start(db, moved) + offset)
  return moved
}

it.effect("strings of any size under keys of any size can be replaced and changed in place", () =>
  withDatabase((db) => {
    const draw = random(11)
    const sizes = [0, 1, 7, 8, 44, 100, 32 * KIB, 500 * KIB, 511 * KIB, 512 * KIB, 513 * KIB, 1500 * KIB]
    const noise = (length: number) =>
      Buffer.alloc(length, Buffer.from([...Array(251).keys()].map(() => draw.below(256))))
    const keys = [3, 100, 300 * KIB, 512 * KIB - 40, 600 * KIB].map(noise)
    const model = new Map<number, Uint8Array>()
    const lent: Array<readonly [lent: Uint8Array, asItWas: Buffer]> = []
    for (let step = 0; step < 500; step++) {
      const index = draw.below(keys.length)
      const key = keys[index] as Uint8Array
      const old = model.get(index)
      const value = noise(draw.pick(sizes))
      let ref = db.find(key, 0, key.length)
      assert.strictEqual(ref !== 0, old !== undefined)
      if (old === undefined) {
        ref = add(db, key, value)
        model.set(index, value)
      } else {
        switch (draw.below(5)) {
          case 0: {
            db.delete(ref, false)
            model.delete(index)
            continue
          }
          case 1: {
            ref = Strings.replace(db, ref, value, 0, value.length)
            model.set(index, value)
            break
          }
          case 2: {
            const bytes = Strings.lend(db, ref)
            if (bytes !== undefined) lent.push([bytes, Buffer.from(bytes)])
            break
          }
          default: {
            const offset = draw.below(2) === 0 ? old.length : draw.below(old.length + 10)
            const piece = value.subarray(0, draw.below(100))
            ref = writeAt(db, ref, offset, piece)
            const grown = Buffer.alloc(Math.max(old.length, offset + piece.length))
            grown.set(old)
            grown.set(piece, offset)
            model.set(index, grown)
            assert.strictEqual(db.encoding(ref), Encoding.raw)
          }
        }
      }
      assert.strictEqual(ref, db.find(key, 0, key.length))
      assert.isTrue(Buffer.from(Strings.copyOf(db, ref)).equals(model.get(index) as Uint8Array))
    }
    for (const [bytes, asItWas] of lent) assert.isTrue(asItWas.equals(bytes), "what was lent stays as it was")
    assert.isAbove(lent.length, 5)
    for (const key of keys) {
      const ref = db.find(key, 0, key.length)
      if (ref !== 0) db.delete(ref, false)
    }
    assert.strictEqual(db.space.arena.used, 0)
  }))

it.effect("growing in place keeps the time to live", () =>
  withDatabase((db) => {
    const key = Buffer.from("k")
    let ref = add(db, key, Buffer.from("v"))
    db.setExpire(ref, db.state.now + 1000)
    for (const size of [100, 10 * KIB, 600 * KIB, 2000 * KIB]) {
      ref = Strings.reserve(db, ref, size)
      assert.strictEqual(db.expireTime(ref), db.state.now + 1000)
    }
    assert.strictEqual(db.find(key, 0, 1), ref)
  }))

it.effect("a string of zeros is zero, whatever lay there before", () =>
  withDatabase((db) => {
    for (const size of [1, 100, 100 * KIB, 700 * KIB]) {
      const key = Buffer.from("k")
      const dirty = Strings.add(db, key, 0, 1, Buffer.alloc(size, 255), 0, size)
      db.delete(dirty, false)
      const ref = Strings.addZeros(db, key, 0, 1, size)
      assert.isTrue(Buffer.alloc(size).equals(Strings.copyOf(db, ref)))
      db.delete(ref, false)
    }
  }))
