import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Crc64 from "../../src/persistence/Crc64.ts"
import * as Payload from "../../src/persistence/Payload.ts"
import { RdbError } from "../../src/persistence/RdbError.ts"
import { RdbOutput } from "../../src/persistence/RdbOutput.ts"
import { type Loaded, Snapshot } from "../../src/persistence/Snapshot.ts"
import * as Digest from "../../src/store/Digest.ts"
import { Store } from "../../src/store/Store.ts"
import { random } from "../memory/Random.ts"
import * as InProcess from "../support/InProcess.ts"
import { commands } from "../support/Layers.ts"
import { values } from "./DataSets.ts"

const next = random(11)

/** The huge ones take time and add nothing. */
const small = Object.fromEntries(
  Object.entries(values).filter(([key]) => !/string:19|list:|big$/.test(key) || key === "list:small")
)

/** Bytes with something wrong: flipped, cut, inserted, removed, repeated, or a length enlarged. */
const corrupt = (bytes: Uint8Array): Uint8Array => {
  let result: Uint8Array = Uint8Array.from(bytes)
  for (let times = 1 + next.below(3); times > 0; times--) {
    const at = next.below(result.length)
    result = next.pick<() => Uint8Array>([
      () => result.with(at, (result[at] as number) ^ (1 << next.below(8))),
      () => result.with(at, next.below(256)),
      () => result.subarray(0, at + 1),
      () =>
        Buffer.concat([result.subarray(0, at), Buffer.alloc(1 + next.below(20), next.below(256)), result.subarray(at)]),
      () => Buffer.concat([result.subarray(0, at), result.subarray(Math.min(result.length, at + 1 + next.below(20)))]),
      () => Buffer.concat([result.subarray(0, at), result.subarray(Math.max(0, at - 40))]),
      () => Buffer.concat([result.subarray(0, at), next.pick(lengths), result.subarray(at + 1)])
    ])()
    if (result.length === 0) return Uint8Array.of(1)
  }
  return result
}

const lengths = [
  Buffer.from([0x7f, 0xff]),
  Buffer.from([0x80, 0x7f, 0xff, 0xff, 0xff]),
  Buffer.from([0x81, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff]),
  Buffer.from([0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])
]

const fill = Effect.gen(function*() {
  const client = yield* InProcess.make()
  for (const command of Object.values(small).flat()) yield* client.command(...command)
})

const taken = Snapshot.use((snapshot) =>
  Effect.scoped(Effect.map(snapshot.begin(), (source) => Buffer.concat(source.takeNow())))
)

/** Reads everything that was loaded. */
const walk = (loaded: Loaded) => Digest.ofKeyspace(loaded.space)

describe("a thousand corrupt files", () => {
  it.effect("are each refused or loaded whole, without a checksum to tell them", () =>
    Effect.gen(function*() {
      const snapshot = yield* Snapshot
      yield* fill
      const whole = yield* taken
      let refused = 0
      for (let round = 0; round < 1000; round++) {
        const bytes = corrupt(whole)
        try {
          walk(snapshot.loadNow([bytes]))
        } catch (error) {
          if (!(error instanceof RdbError)) throw error
          assert.isAtMost(error.offset, bytes.length)
          refused++
        }
      }
      assert.isAbove(refused, 500)
    }).pipe(Effect.provide(commands({ rdbchecksum: "no" }))))

  it.effect("are refused when their checksum is wrong", () =>
    Effect.gen(function*() {
      const snapshot = yield* Snapshot
      yield* fill
      const whole = yield* taken
      for (let round = 0; round < 100; round++) {
        const at = 9 + next.below(whole.length - 17)
        const bytes = Uint8Array.from(whole)
        bytes[at] = (bytes[at] as number) ^ (1 << next.below(8))
        assert.throws(() => snapshot.loadNow([bytes]))
      }
    }).pipe(Effect.provide(commands())))
})

describe("ten thousand corrupt payloads", () => {
  it.effect("are each refused or restored whole, and leave nothing behind", () =>
    Effect.gen(function*() {
      const { database } = yield* Store
      yield* fill
      const db = database(0)
      const out = new RdbOutput({ compress: () => true })
      const payloads = Object.keys(small).map((name) => {
        const key = Buffer.from(name)
        return Payload.dump(out, db, db.find(key, 0, key.length))
      })
      const target = database(1)
      const key = Buffer.from("key")
      const used = db.space.arena.used
      let refused = 0
      for (let round = 0; round < 10_000; round++) {
        const payload = next.pick(payloads)
        const value = corrupt(payload.subarray(0, payload.length - 10))
        const bytes = Buffer.concat([value, Buffer.from([10, 0]), Buffer.alloc(8)])
        Crc64.of(bytes, 0, bytes.length - 8).write(bytes, bytes.length - 8)
        assert.isTrue(Payload.isSound(bytes, true))
        const restored = Payload.read(target, bytes, next.below(2) === 0)
        if (restored === undefined) refused++
        else {
          const ref = Payload.add(target, key, 0, key.length, restored)
          Digest.ofValue(target, ref)
          Payload.dump(out, target, ref)
          target.delete(ref, false)
        }
        assert.strictEqual(db.space.arena.used, used, `round ${round}`)
      }
      assert.isAbove(refused, 3000)
    }).pipe(Effect.provide(commands())))
})
