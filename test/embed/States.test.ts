/** `snapshot` and `restore` of `RedisTest`: copies of the memory in which the data lies. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { Client } from "../../src/embed/Client.ts"
import { RedisTest } from "../../src/embed/RedisTest.ts"
import { SnapshotWalk } from "../../src/persistence/SnapshotWalk.ts"
import * as Digest from "../../src/store/Digest.ts"
import type { Keyspace } from "../../src/store/Keyspace.ts"
import { Store } from "../../src/store/Store.ts"
import { bigWrites, fillBig, next, writes } from "../persistence/Writes.ts"
import * as InProcess from "../support/InProcess.ts"

/** What there is and what it takes, as far as anybody can tell. */
const lookAt = (space: Keyspace) => ({
  digest: Digest.ofKeyspace(space),
  bytes: space.bytes,
  arena: space.arena.used,
  sizes: space.databases.map((db) => [db.size, db.expires.size])
})

const look = Store.useSync((store) => lookAt(store.database(0).space))

const write = Effect.fnUntraced(function*(client: InProcess.InProcess, keys: number, count: number) {
  for (let i = count; i > 0; i--) yield* client.command(...(next.below(2) === 0 ? writes(keys) : bigWrites()))
})

describe("a state that RedisTest comes back to", () => {
  it.effect("is what it was to the byte, whatever was done since", () =>
    Effect.gen(function*() {
      const { restore, snapshot } = yield* RedisTest
      const client = yield* InProcess.make()
      const store = yield* Store
      for (let round = 0; round < 3; round++) {
        const keys = next.pick([5, 50, 500])
        if (round % 2 === 0) yield* fillBig(client)
        yield* write(client, keys, 300)
        const states = []
        for (let i = 0; i < 3; i++) {
          yield* write(client, keys, 100)
          const saved = yield* snapshot
          states.push({ saved, seen: yield* look })
        }
        for (let i = 0; i < 8; i++) {
          const { saved, seen } = next.pick(states)
          yield* write(client, keys, next.below(200))
          if (next.below(4) === 0) yield* client.command("FLUSHALL")
          yield* restore(saved)
          assert.deepStrictEqual(yield* look, seen, `round ${round}`)
        }
        // And what happens to the data does not touch the copies
        for (const { saved, seen } of states) assert.deepStrictEqual(lookAt(saved.space), seen)
        // Everything that was restored can be given back
        const { space } = store.database(0)
        for (const db of space.databases) {
          db.dict.forEach((ref) => db.releaseValue(ref, false))
          db.dict.forEach((ref) => space.arena.free(ref))
        }
        assert.strictEqual(space.arena.used, 0)
        store.flush(-1, false)
      }
    }).pipe(Effect.provide(RedisTest.layer())))

  it.effect("may be taken and restored amid a snapshot, which is not disturbed", () =>
    Effect.gen(function*() {
      const { restore, snapshot } = yield* RedisTest
      const client = yield* InProcess.make()
      const store = yield* Store
      for (let round = 0; round < 2; round++) {
        yield* fillBig(client)
        yield* write(client, 50, 200)
        const { digest } = yield* look
        const { space } = store.database(0)
        const walk = new SnapshotWalk(space, { compress: true, checksum: true, fields: [], libraries: [] })
        const chunks: Array<Uint8Array> = []
        for (let i = 0; i < 4; i++) {
          yield* write(client, 50, 50)
          walk.next()
        }
        const saved = yield* snapshot
        const seen = yield* look
        for (let more = true; more;) {
          yield* write(client, 50, 20)
          more = walk.next()
          chunks.push(...walk.take())
          if (next.below(10) > 0) continue
          yield* restore(saved)
          assert.strictEqual((yield* look).digest, seen.digest)
        }
        yield* (yield* RedisTest).load(Buffer.concat(chunks))
        assert.strictEqual((yield* look).digest, digest)
      }
    }).pipe(Effect.provide(RedisTest.layer())))

  it.effect("may be another server's", () =>
    Effect.gen(function*() {
      const saved = yield* Effect.gen(function*() {
        const { seed, snapshot } = yield* RedisTest
        yield* seed({
          a: 1,
          b: RedisTest.sortedSet({ x: 1 }),
          c: new Set(Array.from({ length: 500 }, (_, i) => `${i}`))
        })
        return yield* snapshot
      }).pipe(Effect.provide(RedisTest.layer()))
      yield* Effect.gen(function*() {
        const { client, restore, seed } = yield* RedisTest
        yield* seed({ b: "text", d: 4 })
        yield* restore(saved)
        assert.deepStrictEqual(yield* client.command("ZRANGE", "b", 0, -1), ["x"])
        assert.deepStrictEqual(yield* client.command("MGET", "a", "d"), ["1", null])
        assert.strictEqual(yield* client.command("SISMEMBER", "c", "499"), 1)
        yield* seed({ d: 5 })
        assert.strictEqual(yield* client.command("DBSIZE"), 4)
      }).pipe(Effect.provide(RedisTest.layer({ databases: 20 })))
    }))

  it.effect("comes without the keys that have expired since then", () =>
    Effect.gen(function*() {
      const { client, restore, seed, snapshot } = yield* RedisTest
      yield* seed({
        session: RedisTest.expiring("ada", "1 minute"),
        token: RedisTest.expiring("x", "1 hour"),
        name: "ada"
      })
      const saved = yield* snapshot
      yield* client.command("FLUSHALL")
      yield* TestClock.adjust("2 minutes")
      yield* restore(saved)
      assert.strictEqual(yield* client.command("DBSIZE"), 2)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* client.command("EXISTS", "token"), 0)
    }).pipe(Effect.provide(RedisTest.layer())))

  it.effect("serves who waits for a key of it, and is seen by who watches one that goes", () =>
    Effect.gen(function*() {
      const { client, restore, seed, snapshot } = yield* RedisTest
      yield* seed({ jobs: ["first"] })
      const saved = yield* snapshot
      yield* client.command("FLUSHALL")
      yield* client.command("SET", "other", 1)
      const waiter = yield* Client.make
      const popped = yield* Effect.forkChild(waiter.command("BLPOP", "jobs", 0), { startImmediately: true })
      const watcher = yield* Client.make
      yield* watcher.command("WATCH", "other")
      yield* watcher.command("MULTI")
      yield* restore(saved)
      yield* client.command("PING")
      assert.deepStrictEqual(yield* Fiber.join(popped), ["jobs", "first"])
      assert.isNull(yield* watcher.command("EXEC"))
    }).pipe(Effect.scoped, Effect.provide(RedisTest.layer())))
})
