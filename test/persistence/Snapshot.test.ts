import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Snapshot, type Source } from "../../src/persistence/Snapshot.ts"
import { SnapshotWalk } from "../../src/persistence/SnapshotWalk.ts"
import * as Digest from "../../src/store/Digest.ts"
import { Store } from "../../src/store/Store.ts"
import { random } from "../memory/Random.ts"
import * as InProcess from "../support/InProcess.ts"
import { commands } from "../support/Layers.ts"
import type { Arg } from "../support/RawClient.ts"
import { values } from "./DataSets.ts"

const layer = commands({ "enable-debug-command": "yes" })

const drain = Effect.fnUntraced(function*(source: Source) {
  const chunks: Array<Uint8Array> = []
  for (let more = yield* source.next; more !== undefined; more = yield* source.next) chunks.push(...more)
  return chunks
})

const digestOf = Store.useSync((store) => Digest.ofKeyspace(store.database(0).space))

/** What a snapshot says that was begun at some time. */
const digestIn = Effect.fnUntraced(function*(chunks: ReadonlyArray<Uint8Array>) {
  const snapshot = yield* Snapshot
  const loaded = snapshot.loadNow(chunks, { dropExpired: false })
  return Digest.ofKeyspace(loaded.space)
})

const next = random(5)

const word = () => next.pick(["a", "bb", "7", "-12345", "x".repeat(30), "y".repeat(3000)])

const pairs = () => Array.from({ length: 2 + 2 * next.below(6) }, () => next.below(1000))

/** Commands that write, on keys named k0, k1, ... */
const writes = (keys: number): ReadonlyArray<Arg> => {
  const key = () => `k${next.below(keys)}`
  const id = () => `${1 + next.below(50)}-${next.below(3)}`
  return next.pick<() => ReadonlyArray<Arg>>([
    () => ["SET", key(), word()],
    () => ["SET", key(), word(), "PX", 1 + next.below(100_000)],
    () => ["APPEND", key(), word()],
    () => ["SETRANGE", key(), next.below(40), word()],
    () => ["INCR", key()],
    () => ["SETBIT", key(), next.below(200), 1],
    () => ["DEL", key()],
    () => ["UNLINK", key()],
    () => ["RENAME", key(), key()],
    () => ["COPY", key(), key(), "REPLACE"],
    () => ["COPY", key(), key(), "DB", next.below(3)],
    () => ["MOVE", key(), next.below(3)],
    () => ["EXPIRE", key(), 1000],
    () => ["PERSIST", key()],
    () => ["GETEX", key(), "EX", 5],
    () => ["PEXPIREAT", key(), 1],
    () => ["HSET", key(), word(), word(), next.below(3000), word()],
    () => ["HDEL", key(), next.below(3000), word()],
    () => ["HINCRBY", key(), next.below(3000), 5],
    () => ["SADD", key(), next.below(3000), word()],
    () => ["SREM", key(), next.below(3000), word()],
    () => ["SPOP", key(), next.below(3)],
    () => ["SUNIONSTORE", key(), key(), key()],
    () => ["XADD", key(), "NOMKSTREAM", "*", word(), word()],
    () => ["XADD", key(), id(), word(), word()],
    () => ["XDEL", key(), id()],
    () => ["XTRIM", key(), "MAXLEN", next.below(20)],
    () => ["XGROUP", "CREATE", key(), word(), 0, "MKSTREAM"],
    () => ["XREADGROUP", "GROUP", "a", word(), "COUNT", next.below(5), "STREAMS", key(), next.pick([">", "0"])],
    () => ["XACK", key(), "a", id()],
    () => ["XCLAIM", key(), "a", word(), 0, id()],
    () => ["XAUTOCLAIM", key(), "a", word(), 0, 0],
    () => ["XGROUP", "DELCONSUMER", key(), "a", word()],
    () => ["XSETID", key(), "1000-0"],
    () => ["ZADD", key(), next.below(100), word()],
    () => ["ZADD", key(), ...pairs()],
    () => ["ZINCRBY", key(), 1, word()],
    () => ["ZREM", key(), word()],
    () => ["ZREMRANGEBYRANK", key(), 0, next.below(3)],
    () => ["ZPOPMIN", key()],
    () => ["ZUNIONSTORE", key(), 2, key(), key()],
    () => ["HSET", key(), ...pairs()],
    () => ["HINCRBY", key(), word(), 1],
    () => ["HDEL", key(), word()],
    () => ["SADD", key(), ...pairs()],
    () => ["SREM", key(), word()],
    () => ["SPOP", key()],
    () => ["SMOVE", key(), key(), word()],
    () => ["SUNIONSTORE", key(), key(), key()],
    () => ["RPUSH", key(), ...pairs()],
    () => ["LPOP", key()],
    () => ["LSET", key(), 0, word()],
    () => ["LINSERT", key(), "BEFORE", word(), word()],
    () => ["LTRIM", key(), 1, -2],
    () => ["LMOVE", key(), key(), "LEFT", "RIGHT"],
    () => ["LREM", key(), 1, word()],
    () => ["SORT", key(), "ALPHA", "STORE", key()],
    () => ["SWAPDB", next.below(3), next.below(3)],
    () => ["FLUSHDB"],
    () => ["SELECT", next.below(3)]
  ])()
}

/** Commands that write to one of the big values. */
const bigWrites = (): ReadonlyArray<Arg> => {
  const n = () => next.below(7000)
  return next.pick<() => ReadonlyArray<Arg>>([
    () => ["HSET", "hash", n(), word()],
    () => ["HDEL", "hash", n()],
    () => ["HINCRBY", "hash", n(), 1],
    () => ["SADD", "set", `m${n()}`],
    () => ["SREM", "set", `m${n()}`],
    () => ["SPOP", "set"],
    () => ["ZADD", "zset", n(), `m${n()}`],
    () => ["ZINCRBY", "zset", -5, `m${n()}`],
    () => ["ZREM", "zset", `m${n()}`],
    () => ["ZREMRANGEBYRANK", "zset", n(), n()],
    () => ["ZPOPMAX", "zset", 3],
    () => ["RPUSH", "list", word()],
    () => ["LPOP", "list", 2],
    () => ["LSET", "list", next.below(4000), word()],
    () => ["LINSERT", "list", "AFTER", n(), word()],
    () => ["LREM", "list", 1, n()],
    () => ["LTRIM", "list", 1, -2],
    () => ["XADD", "stream", "*", n(), word()],
    () => ["XDEL", "stream", `${n() + 1}-0`],
    () => ["XTRIM", "stream", "MAXLEN", "~", 6900],
    () => ["XREADGROUP", "GROUP", "g", next.pick(["a", "b"]), "COUNT", 20, "STREAMS", "stream", ">"],
    () => ["XREADGROUP", "GROUP", "g", "a", "COUNT", 3, "STREAMS", "stream", n()],
    () => ["XACK", "stream", "g", `${n() + 1}-0`],
    () => ["XCLAIM", "stream", "g", "b", 0, `${n() + 1}-0`],
    () => ["XAUTOCLAIM", "stream", "g", "c", 0, `${n()}-0`, "COUNT", 10],
    () => ["APPEND", "string", word()],
    () => ["SETRANGE", "string", n() * 100, word()],
    () => ["EXPIRE", next.pick(["hash", "zset", "list", "stream", "set"]), 1000],
    () => ["RENAME", "hash", "other"],
    () => ["RENAME", "other", "hash"],
    () => ["RENAME", "zset", "zother"],
    () => ["RENAME", "zother", "zset"],
    () => next.below(100) > 0 ? ["PING"] : ["DEL", next.pick(["hash", "zset", "list", "stream", "set", "string"])],
    () => next.below(500) > 0 ? ["PING"] : [next.pick(["FLUSHALL", "FLUSHDB"])]
  ])()
}

const fillBig = Effect.fnUntraced(function*(client: InProcess.InProcess) {
  const many = Array.from({ length: 7000 }, (_, i) => i)
  yield* client.command("DEL", "hash", "other", "set", "zset", "zother", "list", "stream", "string")
  yield* client.command("HSET", "hash", ...many.flatMap((i) => [i, i * 3]))
  yield* client.command("SADD", "set", ...many.map((i) => `m${i}`))
  yield* client.command("ZADD", "zset", ...many.flatMap((i) => [(i * 7919) % 997, `m${i}`]))
  yield* client.command("RPUSH", "list", ...many.map((i) => `${i} ${"x".repeat(100)}`))
  yield* client.command("SET", "string", "z".repeat(700_000))
  for (const i of many) yield* client.command("XADD", "stream", `${i + 1}-0`, "f", i)
  yield* client.command("XGROUP", "CREATE", "stream", "g", 0)
  yield* client.command("XREADGROUP", "GROUP", "g", "a", "COUNT", 3000, "STREAMS", "stream", ">")
})

describe("Snapshot", () => {
  it.effect("shows big values as they were at its beginning, while they are written to", () =>
    Effect.gen(function*() {
      const client = yield* InProcess.make()
      const store = yield* Store
      for (let round = 0; round < 5; round++) {
        yield* fillBig(client)
        for (let i = 0; i < 100; i++) yield* client.command(...bigWrites())
        const before = yield* digestOf
        const { arena } = store.database(0).space
        const walk = new SnapshotWalk(store.database(0).space, {
          compress: true,
          checksum: true,
          fields: [],
          libraries: []
        })
        const chunks: Array<Uint8Array> = []
        const rate = next.pick([3, 30])
        for (let more = true; more;) {
          for (let i = next.below(rate); i > 0; i--) yield* client.command(...bigWrites())
          more = walk.next()
          chunks.push(...walk.take())
        }
        assert.strictEqual(yield* digestIn(chunks), before, `round ${round}`)
        // What was held is given back.
        const space = store.database(0).space
        while (space.releaseSome(1000)) continue
        yield* client.command("FLUSHDB")
        while (space.releaseSome(1000)) continue
        if (store.database(0).space === space && space.size === 0) assert.strictEqual(arena.used, 0)
      }
    }).pipe(Effect.provide(layer)))

  it.effect("loads what it wrote", () =>
    Effect.gen(function*() {
      const client = yield* InProcess.make()
      for (const commands of Object.values(values)) for (const command of commands) yield* client.show(...command)
      yield* client.show("SELECT", 3)
      yield* client.show("SET", "k", "v", "PX", 100_000)
      const before = yield* digestOf
      const snapshot = yield* Snapshot
      const chunks = yield* drain(yield* snapshot.begin())
      snapshot.adopt(snapshot.loadNow(chunks))
      assert.strictEqual(yield* digestOf, before)
      for (const size of [3, 1000]) {
        const whole = Buffer.concat(chunks)
        let at = 0
        const loaded = yield* snapshot.load(
          Effect.sync(() => at >= whole.length ? undefined : whole.subarray(at, at += size))
        )
        assert.strictEqual(Digest.ofKeyspace(loaded.space), before)
      }
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.effect("is of the moment at which it began, whatever is written meanwhile", () =>
    Effect.gen(function*() {
      const client = yield* InProcess.make()
      const store = yield* Store
      for (let round = 0; round < 40; round++) {
        const keys = next.pick([5, 50, 500])
        for (let i = 0; i < keys * 4; i++) yield* client.command(...writes(keys))
        const before = yield* digestOf
        const walk = new SnapshotWalk(store.database(0).space, {
          compress: true,
          checksum: true,
          fields: [],
          libraries: []
        })
        const chunks: Array<Uint8Array> = []
        for (let more = true; more;) {
          more = walk.next()
          chunks.push(...walk.take())
          for (let i = next.below(8); i > 0; i--) yield* client.command(...writes(keys))
        }
        assert.strictEqual(yield* digestIn(chunks), before, `round ${round}`)
      }
    }).pipe(Effect.provide(layer)))

  it.effect("holds big hashes and sets while they are written to", () =>
    Effect.gen(function*() {
      const client = yield* InProcess.make()
      const store = yield* Store
      const number = () => next.below(6000)
      const fill = Effect.fnUntraced(function*() {
        for (let i = 0; i < 300; i++) {
          yield* client.command("HSET", "hash", ...Array.from({ length: 20 }, () => [number(), number()]).flat())
          yield* client.command("SADD", "set", ...Array.from({ length: 20 }, () => `m${number()}`))
        }
      })
      const writes = () =>
        next.pick<() => ReadonlyArray<Arg>>([
          () => ["HSET", "hash", number(), number(), number(), number()],
          () => ["HSET", "hash", ...Array.from({ length: 200 }, () => [`new${next.below(20_000)}`, number()]).flat()],
          () => ["HDEL", "hash", ...Array.from({ length: 80 }, number)],
          () => ["HINCRBY", "hash", number(), 1],
          () => ["SADD", "set", ...Array.from({ length: 100 }, () => `new${next.below(20_000)}`)],
          () => ["SREM", "set", ...Array.from({ length: 80 }, () => `m${number()}`)],
          () => ["SPOP", "set", next.below(200)],
          () => ["SMOVE", "set", "other", `m${number()}`],
          () => next.below(30) === 0 ? ["UNLINK", next.pick(["hash", "set"])] : ["COPY", "set", "copy", "REPLACE"]
        ])()
      let held = 0
      for (let round = 0; round < 5; round++) {
        yield* fill()
        const before = yield* digestOf
        const { space } = store.database(0)
        const walk = new SnapshotWalk(space, { compress: true, checksum: true, fields: [], libraries: [] })
        const chunks: Array<Uint8Array> = []
        for (let more = true; more; held++) {
          for (let i = next.below(6); i > 0; i--) yield* client.command(...writes())
          more = walk.next()
          chunks.push(...walk.take())
        }
        assert.strictEqual(yield* digestIn(chunks), before, `round ${round}`)
      }
      assert.isAbove(held, 25)
    }).pipe(Effect.provide(layer)))
})
