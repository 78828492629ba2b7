import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { Admission } from "../../src/command/Admission.ts"
import { Tracking } from "../../src/pubsub/Tracking.ts"
import { Store } from "../../src/store/Store.ts"
import * as MemoryServer from "../support/MemoryServer.ts"

const layer = MemoryServer.layer()

const connect3 = Effect.tap(MemoryServer.connect, (client) => client.show("HELLO", 3))

/** The keys of invalidations among what was received; `*` for all keys. */
const invalidated = (received: ReadonlyArray<string>): ReadonlyArray<string> =>
  received.filter((text) => text.includes("\"invalidate\"")).map((text) =>
    text.includes("(nil)") ? "*" : [...text.matchAll(/\d\) "([^"]*)"$/gm)].slice(1).map(([, key]) => key).join(" ")
  )

describe("CLIENT TRACKING", () => {
  it.effect("tells once of a key that was read, whoever changes it, behind the changer's own reply", () =>
    Effect.gen(function*() {
      const [reader, writer] = [yield* connect3, yield* connect3]
      yield* reader.show("CLIENT", "TRACKING", "ON")
      yield* reader.show("MGET", "a", "b", "c")
      yield* writer.show("MSET", "a", 1, "b", 2)
      yield* writer.show("SET", "a", 2)
      assert.deepStrictEqual(invalidated(yield* reader.received), ["a", "b"])
      yield* reader.send("SET", "c", 1)
      const [reply, push] = yield* reader.received
      assert.strictEqual(reply, "OK")
      assert.deepStrictEqual(invalidated([push ?? ""]), ["c"])
    }).pipe(Effect.provide(layer)))

  it.effect("tells a client behind its reply of what is done for it while it waits, or not at all", () =>
    Effect.gen(function*() {
      for (const [modes, told] of [["", ["l", "t"]], ["NOLOOP", ["l"]]] as const) {
        const [mover, writer] = [yield* connect3, yield* connect3]
        yield* mover.show("CLIENT", "TRACKING", "ON", ...modes.split(" ").filter((mode) => mode !== ""))
        for (const key of ["l", "t"]) yield* mover.show("LLEN", key)
        yield* mover.send("BLMOVE", "l", "t", "LEFT", "LEFT", 0)
        yield* mover.received
        yield* writer.show("RPUSH", "l", "a")
        const received = yield* mover.received
        assert.deepStrictEqual(invalidated(received), told)
        assert.strictEqual(received[1], "\"a\"")
        yield* mover.close
      }
    }).pipe(Effect.provide(layer)))

  it.effect("tells of keys that expire, are evicted or flushed", () =>
    Effect.gen(function*() {
      const [reader, writer] = [yield* connect3, yield* connect3]
      yield* reader.show("CLIENT", "TRACKING", "ON")
      yield* writer.show("SET", "k", 1, "PX", 20)
      yield* reader.show("GET", "k")
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(invalidated(yield* reader.received), ["k"])
      yield* reader.show("GET", "none")
      yield* writer.show("FLUSHDB")
      assert.deepStrictEqual(invalidated(yield* reader.received), ["*"])
      yield* writer.show("SET", "e", 1)
      yield* reader.show("GET", "e")
      yield* writer.show("CONFIG", "SET", "maxmemory-policy", "allkeys-random", "maxmemory", 1)
      yield* writer.show("GET", "other")
      assert.deepStrictEqual(invalidated(yield* reader.received), ["e"])
    }).pipe(Effect.provide(layer)))

  it.effect("broadcasts what changes under prefixes, a message for each prefix and turn", () =>
    Effect.gen(function*() {
      const [listener, silent, writer] = [yield* connect3, yield* connect3, yield* connect3]
      yield* listener.show("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "a:", "PREFIX", "b:")
      yield* silent.show("CLIENT", "TRACKING", "ON", "BCAST", "NOLOOP")
      yield* writer.show("MSET", "b:2", 1, "a:1", 1, "b:1", 1, "c", 1, "b:2", 2)
      assert.deepStrictEqual(invalidated(yield* listener.received), ["a:1", "b:1 b:2"])
      assert.deepStrictEqual(invalidated(yield* silent.received), ["a:1 b:1 b:2 c"])
      yield* silent.show("SET", "a:2", 1)
      assert.deepStrictEqual(invalidated(yield* silent.received), [])
      assert.deepStrictEqual(invalidated(yield* listener.received), ["a:2"])
    }).pipe(Effect.provide(layer)))

  it.effect("speaks to a RESP2 subscriber in the client's place, and says when that one is gone", () =>
    Effect.gen(function*() {
      const [reader, listener, writer] = [yield* connect3, yield* MemoryServer.connect, yield* connect3]
      const id = (yield* listener.show("CLIENT", "ID")).replace("(integer) ", "")
      yield* listener.show("SUBSCRIBE", "__redis__:invalidate")
      yield* reader.show("CLIENT", "TRACKING", "ON", "REDIRECT", id)
      yield* reader.show("GET", "a")
      yield* writer.show("SET", "a", 1)
      assert.deepStrictEqual(yield* listener.received, [
        "1) \"message\"\n2) \"__redis__:invalidate\"\n3) 1) \"a\""
      ])
      assert.deepStrictEqual(yield* reader.received, [])
      yield* listener.close
      yield* reader.show("GET", "a")
      yield* writer.show("SET", "a", 1)
      assert.match((yield* reader.received).join(), /"tracking-redir-broken"/)
      assert.match(yield* reader.show("CLIENT", "INFO"), / flags=tR .* redir=/)
    }).pipe(Effect.provide(layer)))

  it.effect("forgets keys beyond tracking-table-max-keys, and tells so", () =>
    Effect.gen(function*() {
      const reader = yield* connect3
      yield* reader.show("CONFIG", "SET", "tracking-table-max-keys", 2)
      yield* reader.show("CLIENT", "TRACKING", "ON")
      yield* reader.show("GET", "a")
      yield* reader.show("GET", "b")
      yield* reader.send("GET", "c")
      assert.deepStrictEqual(invalidated(yield* reader.received), ["a"])
      assert.strictEqual((yield* Tracking).table.size, 2)
    }).pipe(Effect.provide(layer)))

  it.effect("costs nothing while nobody tracks", () =>
    Effect.gen(function*() {
      const { gate } = yield* Admission
      const { state } = yield* Store
      const { interest } = state
      const client = yield* connect3
      yield* client.show("CLIENT", "TRACKING", "ON")
      yield* client.show("GET", "a")
      assert.notStrictEqual(state.interest, interest)
      yield* client.show("SET", "a", 1)
      yield* client.close
      assert.strictEqual(state.interest, interest)
      assert.strictEqual((yield* Admission).gate, gate)
    }).pipe(Effect.provide(layer)))
})
