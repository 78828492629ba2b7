import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { Config } from "../../src/config/Config.ts"
import type * as Registry from "../../src/config/Registry.ts"
import * as Services from "../../src/embed/Services.ts"
import { Persistence } from "../../src/persistence/Persistence.ts"
import { SnapshotStorage, type Storage, StorageError } from "../../src/persistence/SnapshotStorage.ts"
import { connect, settle } from "../support/MemoryServer.ts"

/** A storage in memory, which may be full, or slow to keep what it has been given. */
class Shelf implements Storage {
  bytes: Uint8Array | undefined
  full = false
  begun = 0
  saves = 0
  readonly keeping = Latch.makeUnsafe(true)
  readonly describe = () => "the shelf"
  readonly save: Storage["save"] = (next) =>
    Effect.gen({ self: this }, function*() {
      this.begun++
      const chunks: Array<Uint8Array> = []
      for (let more = yield* next; more !== undefined; more = yield* next) chunks.push(...more)
      yield* this.keeping.await
      if (this.full) return yield* new StorageError({ message: "the shelf is full" })
      this.bytes = Buffer.concat(chunks)
      this.saves++
    })
  readonly remove = Effect.sync(() => {
    this.bytes = undefined
  })
  readonly open: Storage["open"] = Effect.sync(() => {
    let left = this.bytes
    if (left === undefined) return undefined
    return {
      size: left.length,
      next: Effect.sync(() => {
        const next = left
        left = undefined
        return next
      })
    }
  })
}

const serverWith = (shelf: Shelf, options: Registry.Options = {}) =>
  Services.layerWith(SnapshotStorage.layerOf(shelf)).pipe(Layer.provideMerge(Config.layer({ hz: 10, ...options })))

const loaded = Persistence.use(({ loaded }) => loaded)

describe("a storage of one's own", () => {
  it.effect("gets the snapshots, and gives the next server its data", () =>
    Effect.gen(function*() {
      const shelf = new Shelf()
      yield* Effect.gen(function*() {
        yield* loaded
        const client = yield* connect
        yield* client.show("SET", "k", "v")
        yield* client.send("SAVE")
        for (let turn = 0; turn < 20; turn++) yield* settle
        assert.strictEqual(shelf.saves, 1)
      }).pipe(Effect.provide(serverWith(shelf, { save: "" })))
      yield* Effect.gen(function*() {
        yield* loaded
        const client = yield* connect
        assert.strictEqual(yield* client.show("GET", "k"), "\"v\"")
      }).pipe(Effect.provide(serverWith(shelf, { save: "" })))
    }))

  it.effect("gets one when a save point is due, and tries again what failed", () =>
    Effect.gen(function*() {
      const shelf = new Shelf()
      yield* Effect.gen(function*() {
        yield* loaded
        const client = yield* connect
        const pass = (seconds: number) => Effect.andThen(TestClock.adjust(`${seconds} seconds`), settle)
        yield* client.show("SET", "k", 1)
        yield* pass(30)
        assert.strictEqual(shelf.saves, 0, "one change is too few")
        yield* client.show("SET", "k", 2)
        yield* pass(1)
        assert.strictEqual(shelf.saves, 1)
        yield* client.show("MSET", "a", 1)
        yield* client.show("MSET", "b", 1)
        yield* pass(5)
        assert.strictEqual(shelf.saves, 1, "ten seconds have not passed")
        shelf.full = true
        yield* pass(10)
        assert.match(yield* client.show("SET", "k", 3), /MISCONF/)
        shelf.full = false
        yield* pass(7)
        assert.strictEqual(shelf.saves, 2)
        assert.strictEqual(yield* client.show("SET", "k", 3), "OK")
      }).pipe(Effect.provide(serverWith(shelf, { save: "10 2" })))
    }))

  it.effect("gets one at a time, and each is under way until it is kept", () =>
    Effect.gen(function*() {
      const shelf = new Shelf()
      yield* Effect.gen(function*() {
        yield* loaded
        const client = yield* connect
        const turns = Effect.repeat(settle, { times: 20 })
        const pass = (seconds: number) => Effect.andThen(TestClock.adjust(`${seconds} seconds`), turns)
        yield* client.show("SET", "k", 1)
        shelf.keeping.closeUnsafe()
        yield* pass(2)
        assert.strictEqual(shelf.begun, 1, "a save point is due")
        yield* client.show("SET", "k", 2)
        yield* pass(10)
        assert.strictEqual(shelf.begun, 1, "it is due still, and its snapshot under way")
        assert.match(yield* client.show("INFO", "persistence"), /rdb_bgsave_in_progress:1/)
        assert.strictEqual(yield* client.show("BGSAVE"), "(error) ERR Background save already in progress")
        shelf.keeping.openUnsafe()
        yield* turns
        assert.match(yield* client.show("INFO", "persistence"), /rdb_bgsave_in_progress:0/)
        yield* pass(2)
        assert.strictEqual(shelf.saves, 2, "the second change is due")
        assert.strictEqual(shelf.begun, 2)
      }).pipe(Effect.provide(serverWith(shelf, { save: "1 1" })))
    }))

  it.effect("gets no other one while DEBUG RELOAD waits for it", () =>
    Effect.gen(function*() {
      const shelf = new Shelf()
      yield* Effect.gen(function*() {
        yield* loaded
        const [client, other] = [yield* connect, yield* connect]
        yield* client.show("SET", "k", 1)
        shelf.keeping.closeUnsafe()
        yield* client.send("DEBUG", "RELOAD")
        yield* settle
        assert.strictEqual(yield* other.show("BGSAVE"), "(error) ERR Background save already in progress")
        shelf.keeping.openUnsafe()
        yield* settle
        assert.deepStrictEqual(yield* client.received, ["OK"])
        assert.strictEqual(shelf.begun, 1)
        assert.strictEqual(yield* client.show("GET", "k"), "\"1\"")
      }).pipe(Effect.provide(serverWith(shelf, { save: "", "enable-debug-command": "yes" })))
    }))
})
