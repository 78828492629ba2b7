import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { Waiters } from "../../src/command/Waiters.ts"
import { Client } from "../../src/embed/Client.ts"
import * as MemoryServer from "../support/MemoryServer.ts"

const server = (options = {}) => Client.layer.pipe(Layer.provideMerge(MemoryServer.layer(options)))

describe("Client", () => {
  it.effect("sends commands and decodes what they answer", () =>
    Effect.gen(function*() {
      const { command, commandBytes } = yield* Client
      assert.strictEqual(yield* command("SET", "k", "grüße"), "OK")
      assert.strictEqual(yield* command("GET", "k"), "grüße")
      assert.strictEqual(yield* command("GET", "none"), null)
      assert.strictEqual(yield* command("APPEND", "k", "!"), 8)
      assert.deepStrictEqual(yield* commandBytes("GETRANGE", "k", 0, 1), Buffer.from("gr"))
      assert.instanceOf(yield* command("CONFIG", "GET", "maxmemory"), Map)
      const error = yield* Effect.flip(command("INCR", "k"))
      assert.strictEqual(error._tag === "ReplyError" ? error.code : error._tag, "ERR")
    }).pipe(Effect.provide(server())))

  it.effect("needs no password", () =>
    Effect.gen(function*() {
      const { command } = yield* Client
      assert.strictEqual(yield* command("PING"), "PONG")
    }).pipe(Effect.provide(server({ requirepass: "secret" }))))

  it.effect("runs a transaction in one go, errors as values", () =>
    Effect.gen(function*() {
      const { command, transaction } = yield* Client
      const replies = yield* transaction([["SET", "a", 1], ["INCR", "a"], ["LPOS", "a"]]).pipe(Effect.flip)
      assert.match(replies.message, /^EXECABORT/)
      const [set, incremented, failed] = (yield* transaction([["SET", "a", 1], ["INCR", "a"], ["XLEN", "a"]])) ?? []
      assert.deepStrictEqual([set, incremented], ["OK", 2])
      assert.propertyVal(failed, "code", "WRONGTYPE")
      yield* command("WATCH", "a")
      const other = yield* Client.make
      yield* other.command("SET", "a", 5)
      assert.isNull(yield* transaction([["GET", "a"]]))
    }).pipe(Effect.scoped, Effect.provide(server())))

  it.effect("waits on the clock that the test moves", () =>
    Effect.gen(function*() {
      const { command } = yield* Client
      const fiber = yield* Effect.forkChild(command("XREAD", "BLOCK", 5000, "STREAMS", "s", "$"), {
        startImmediately: true
      })
      yield* Effect.yieldNow
      yield* TestClock.adjust("5 seconds")
      assert.isNull(yield* Fiber.join(fiber))
    }).pipe(Effect.provide(server())))

  it.effect("ends a wait when its fiber is interrupted, and goes on with what is behind it", () =>
    Effect.gen(function*() {
      const { command } = yield* Client
      const waiters = yield* Waiters
      const fiber = yield* Effect.forkChild(command("XREAD", "BLOCK", 0, "STREAMS", "s", "$"), {
        startImmediately: true
      })
      const behind = yield* Effect.forkChild(command("PING"), { startImmediately: true })
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(yield* Fiber.join(behind), "PONG")
      assert.strictEqual(waiters.count(), 0)
    }).pipe(Effect.provide(server())))

  it.effect("fails when the connection is ended, and ends its pushes", () =>
    Effect.gen(function*() {
      const shared = yield* Client
      const own = yield* Client.make
      const pushes = yield* Effect.forkChild(Stream.runCollect(own.pushes), { startImmediately: true })
      yield* shared.command("CLIENT", "KILL", "ID", own.id)
      assert.strictEqual((yield* Effect.flip(own.command("PING")))._tag, "ConnectionClosed")
      assert.deepStrictEqual(yield* Fiber.join(pushes), [])
    }).pipe(Effect.scoped, Effect.provide(server())))
})
