/** Clients that wait for lists, on the test's clock. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { Store } from "../../src/store/Store.ts"
import { connect, layer } from "../support/MemoryServer.ts"

const lines = (text: string) => text.split(" ")

describe("a client that waits for a list", () => {
  const served: ReadonlyArray<readonly [string, string, string]> = [
    ["BLPOP none l 0", "1) \"l\"\n2) \"a\"", "LPOP l"],
    ["BRPOP l none 0", "1) \"l\"\n2) \"c\"", "RPOP l"],
    ["BLMOVE l t LEFT RIGHT 0", "\"a\"", "LMOVE l t left right"],
    ["BRPOPLPUSH l t 0", "\"c\"", "RPOPLPUSH l t"],
    ["BLMPOP 0 2 none l RIGHT COUNT 2", "1) \"l\"\n2) 1) \"c\"\n   2) \"b\"", "RPOP l 2"],
    ["BLMPOP 0 1 l LEFT COUNT 10", "1) \"l\"\n2) 1) \"a\"\n   2) \"b\"\n   3) \"c\"", "LPOP l 3"]
  ]
  for (const [command, reply, effect] of served) {
    it.effect(`is served by a push and propagated without the wait: ${command}`, () =>
      Effect.gen(function*() {
        const { state } = yield* Store
        const log: Array<string> = []
        state.propagation.subscribe((effects) => {
          for (const { args } of effects) log.push(args.map((arg) => Buffer.from(arg).toString()).join(" "))
        })
        const [reader, writer] = [yield* connect, yield* connect]
        yield* reader.send(...lines(command))
        assert.deepStrictEqual(yield* reader.received, [])
        assert.strictEqual(yield* writer.show("RPUSH", "l", "a", "b", "c"), "(integer) 3")
        assert.deepStrictEqual(yield* reader.received, [reply])
        assert.deepStrictEqual(log, ["RPUSH l a b c", effect])
        assert.strictEqual(yield* reader.show("PING"), "PONG")
      }).pipe(Effect.provide(layer())))
  }

  const arrivals: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
    ["LINSERT of an EXEC", ["MULTI", "RPUSH l b", "LINSERT l BEFORE b a", "EXEC"]],
    ["LMOVE", ["RPUSH t a", "LMOVE t l LEFT LEFT"]],
    ["RENAME", ["RPUSH t a", "RENAME t l"]],
    ["COPY", ["RPUSH t a", "COPY t l"]],
    ["MOVE", ["SELECT 1", "RPUSH l a", "MOVE l 0"]],
    ["SWAPDB", ["SELECT 1", "RPUSH l a", "SWAPDB 0 1"]]
  ]
  for (const [name, script] of arrivals) {
    it.effect(`is served when the list comes by ${name}`, () =>
      Effect.gen(function*() {
        const [reader, writer] = [yield* connect, yield* connect]
        yield* reader.send("BLPOP", "l", 0)
        yield* reader.received
        for (const line of script) yield* writer.show(...lines(line))
        assert.deepStrictEqual(yield* reader.received, ["1) \"l\"\n2) \"a\""])
      }).pipe(Effect.provide(layer())))
  }

  it.effect("is served first come first served, each with an element of its own", () =>
    Effect.gen(function*() {
      const readers = [yield* connect, yield* connect, yield* connect]
      const writer = yield* connect
      for (const reader of readers) {
        yield* reader.send("BLPOP", "l", 0)
        yield* reader.received
      }
      yield* writer.show("RPUSH", "l", "a", "b")
      const replies = []
      for (const reader of readers) replies.push(...yield* reader.received)
      assert.deepStrictEqual(replies, ["1) \"l\"\n2) \"a\"", "1) \"l\"\n2) \"b\""])
      assert.strictEqual(yield* writer.show("EXISTS", "l"), "(integer) 0")
      yield* writer.show("RPUSH", "l", "c")
      assert.deepStrictEqual(yield* readers[2]?.received ?? Effect.succeed([]), ["1) \"l\"\n2) \"c\""])
    }).pipe(Effect.provide(layer())))

  it.effect("hears that its time is over, to the millisecond, rounded up", () =>
    Effect.gen(function*() {
      const [reader, mover] = [yield* connect, yield* connect]
      yield* reader.send("BLPOP", "l", "0.0501")
      yield* mover.send("BRPOPLPUSH", "l", "t", 1)
      yield* TestClock.adjust(50)
      assert.deepStrictEqual(yield* reader.received, [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* reader.received, ["(nil)"])
      yield* TestClock.adjust(1000)
      assert.deepStrictEqual(yield* mover.received, ["(nil)"])
    }).pipe(Effect.provide(layer())))

  it.effect("waits for ever with 0, and with less than nothing that rounds to it", () =>
    Effect.gen(function*() {
      const [reader, other] = [yield* connect, yield* connect]
      yield* reader.send("BLPOP", "l", 0)
      yield* other.send("BLPOP", "l", "-0.0001")
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual([...yield* reader.received, ...yield* other.received], [])
    }).pipe(Effect.provide(layer())))

  it.effect("does not wait within MULTI", () =>
    Effect.gen(function*() {
      const client = yield* connect
      for (const line of ["MULTI", "BLPOP l 0", "BLMOVE l t LEFT LEFT 0", "BLMPOP 0 1 l LEFT"]) {
        yield* client.show(...lines(line))
      }
      assert.strictEqual(yield* client.show("EXEC"), "1) (nil)\n2) (nil)\n3) (nil)")
    }).pipe(Effect.provide(layer())))

  it.effect("leaves the element where it is when its target is no list", () =>
    Effect.gen(function*() {
      const [reader, writer] = [yield* connect, yield* connect]
      yield* reader.send("BLMOVE", "l", "t", "LEFT", "LEFT", 0)
      yield* writer.show("SET", "t", "text")
      yield* writer.show("RPUSH", "l", "a")
      assert.match((yield* reader.received).join(), /WRONGTYPE/)
      assert.strictEqual(yield* writer.show("LRANGE", "l", 0, -1), "1) \"a\"")
    }).pipe(Effect.provide(layer())))

  it.effect("may stand in a chain, and in a ring of one", () =>
    Effect.gen(function*() {
      const clients = [yield* connect, yield* connect, yield* connect]
      const [ring, writer] = [yield* connect, yield* connect]
      for (const [i, client] of clients.entries()) {
        yield* client.send("BLMOVE", `l${i}`, `l${i + 1}`, "LEFT", "RIGHT", 0)
      }
      yield* ring.send("BLMOVE", "r", "r", "LEFT", "RIGHT", 0)
      yield* writer.show("RPUSH", "l0", "a")
      yield* writer.show("RPUSH", "r", "a", "b")
      const replies = []
      for (const client of [...clients, ring]) replies.push(...yield* client.received)
      assert.deepStrictEqual(replies, ["\"a\"", "\"a\"", "\"a\"", "\"a\""])
      assert.strictEqual(yield* writer.show("LRANGE", "l3", 0, -1), "1) \"a\"")
      assert.strictEqual(yield* writer.show("LRANGE", "r", 0, -1), "1) \"b\"\n2) \"a\"")
    }).pipe(Effect.provide(layer())))

  it.effect("takes nothing when its connection is gone", () =>
    Effect.gen(function*() {
      const [reader, writer] = [yield* connect, yield* connect]
      yield* reader.send("BLPOP", "l", 0)
      yield* reader.received
      yield* reader.close
      assert.strictEqual(yield* writer.show("RPUSH", "l", "a"), "(integer) 1")
      assert.strictEqual(yield* writer.show("LLEN", "l"), "(integer) 1")
    }).pipe(Effect.provide(layer())))

  it.effect("spoils a transaction that watches what it takes", () =>
    Effect.gen(function*() {
      const [reader, watcher, writer] = [yield* connect, yield* connect, yield* connect]
      yield* reader.send("BLMOVE", "l", "t", "LEFT", "LEFT", 0)
      yield* watcher.show("WATCH", "t")
      yield* watcher.show("MULTI")
      yield* watcher.show("PING")
      yield* writer.show("RPUSH", "l", "a")
      assert.strictEqual(yield* watcher.show("EXEC"), "(nil)")
    }).pipe(Effect.provide(layer())))
})

describe("ten clients in a ring of BLMOVEs", () => {
  it.effect("lose no element and double none", () =>
    Effect.gen(function*() {
      const size = 10
      const tokens = 25
      const writer = yield* connect
      const clients = []
      for (let i = 0; i < size; i++) clients.push(yield* connect)
      const rounds = 40
      for (const [i, client] of clients.entries()) {
        const target = `l${(i + 1) % size}`
        // Pipelined: each waits for its source again as soon as it was served.
        for (let n = 0; n < rounds; n++) yield* client.send("BLMOVE", `l${i}`, target, "LEFT", "RIGHT", 0)
      }
      for (let n = 0; n < tokens; n++) yield* writer.show("RPUSH", `l${n % size}`, `token:${n}`)
      let moved = 0
      for (let quiet = 0; quiet < 3;) {
        let heard = 0
        for (const client of clients) heard += (yield* client.received).length
        moved += heard
        quiet = heard === 0 ? quiet + 1 : 0
      }
      assert.strictEqual(moved, size * rounds)
      const found: Array<string> = []
      for (let i = 0; i < size; i++) {
        const shown = yield* writer.show("LRANGE", `l${i}`, 0, -1)
        found.push(...shown.match(/token:\d+/g) ?? [])
      }
      assert.deepStrictEqual(found.sort(), Array.from({ length: tokens }, (_, n) => `token:${n}`).sort())
    }).pipe(Effect.provide(layer())))
})
