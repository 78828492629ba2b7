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
    () => ["XGROUP", "DELCONSUMER", key(), "a", word()],
    () => ["XSETID", key(), "1000-0"],
    () => ["SWAPDB", next.below(3), next.below(3)],
    () => ["FLUSHDB"],
    () => ["SELECT", next.below(3)]
  ])()
}

describe("Snapshot", () => {
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
      for (const size of [1, 2, 7, 1000, 5000]) {
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
      for (let round = 0; round < 60; round++) {
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
