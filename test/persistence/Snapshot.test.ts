import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Snapshot, type Source } from "../../src/persistence/Snapshot.ts"
import { SnapshotWalk } from "../../src/persistence/SnapshotWalk.ts"
import * as Digest from "../../src/store/Digest.ts"
import { Store } from "../../src/store/Store.ts"
import * as InProcess from "../support/InProcess.ts"
import { commands } from "../support/Layers.ts"
import type { Arg } from "../support/RawClient.ts"
import { values } from "./DataSets.ts"
import { bigWrites, fillBig, next, writes } from "./Writes.ts"

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
        const unread: Array<ReadonlyArray<Uint8Array>> = []
        const rate = next.pick([3, 30])
        for (let more = true; more || unread.length > 0;) {
          for (let i = next.below(rate); i > 0; i--) yield* client.command(...bigWrites())
          if (more) {
            more = walk.next()
            unread.push(walk.take())
          }
          // The reader is late, and gives back what it has read
          const read = more && unread.length < 3 ? [] : unread.shift() ?? []
          for (const chunk of read) chunks.push(Buffer.from(chunk))
          walk.reuse(read)
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
