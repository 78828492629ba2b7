import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type LoggedRequest, SlowLog } from "../../src/inspect/SlowLog.ts"
import * as MemoryServer from "../support/MemoryServer.ts"

const request = (args: ReadonlyArray<string>, redacted: ReadonlyArray<number> = []): LoggedRequest => {
  const buffers = args.map((arg) => Buffer.from(`--${arg}-`))
  return {
    count: args.length,
    buffer: (index) => buffers[index] ?? Buffer.alloc(0),
    start: () => 2,
    end: (index) => 2 + (args[index]?.length ?? 0),
    redacted
  }
}

const client = { peer: "127.0.0.1:5", name: "me" }
const texts = (args: ReadonlyArray<Uint8Array>) => args.map((arg) => Buffer.from(arg).toString())

describe("SlowLog", () => {
  it.effect("keeps what reaches the threshold, newest first", () =>
    Effect.gen(function*() {
      const log = yield* SlowLog
      log.threshold = 100
      log.offer(request(["GET", "a"]), 99, 5_999, client)
      log.offer(request(["GET", "b"]), 100, 5_999, client)
      log.offer(request(["GET", "c"]), 101, 6_000, client)
      assert.deepStrictEqual(
        log.latest(10).map((entry) => [entry.id, entry.time, entry.microseconds, texts(entry.args)]),
        [[1, 6, 101, ["GET", "c"]], [0, 5, 100, ["GET", "b"]]]
      )
      assert.strictEqual(log.latest(1).length, 1)
      assert.deepStrictEqual(log.latest(0), [])
      log.reset()
      assert.strictEqual(log.length, 0)
      log.offer(request(["GET", "d"]), 100, 5_999, client)
      assert.strictEqual(log.latest(1)[0]?.id, 2)
    }).pipe(Effect.provide(SlowLog.layer)))

  it.effect("keeps nothing under a negative threshold and everything under 0", () =>
    Effect.gen(function*() {
      const log = yield* SlowLog
      log.threshold = -1
      log.offer(request(["GET"]), 1e9, 0, client)
      assert.strictEqual(log.length, 0)
      log.threshold = 0
      log.offer(request(["GET"]), 0, 0, client)
      assert.strictEqual(log.length, 1)
    }).pipe(Effect.provide(SlowLog.layer)))

  it.effect("drops the oldest beyond its length, with the next entry", () =>
    Effect.gen(function*() {
      const log = yield* SlowLog
      log.threshold = 0
      for (let i = 0; i < 5; i++) log.offer(request(["PING"]), i, 0, client)
      log.maxLength = 2
      assert.strictEqual(log.length, 5)
      log.offer(request(["PING"]), 5, 0, client)
      assert.deepStrictEqual(log.latest(9).map((entry) => entry.microseconds), [5, 4])
    }).pipe(Effect.provide(SlowLog.layer)))

  it.effect("cuts long arguments, long requests and hides secrets", () =>
    Effect.gen(function*() {
      const log = yield* SlowLog
      log.threshold = 0
      log.offer(request(["SET", "k", "x".repeat(130)]), 0, 0, client)
      log.offer(request(Array.from({ length: 33 }, (_, i) => `a${i}`)), 0, 0, client)
      log.offer(request(["AUTH", "me", "secret"], [1, 2]), 0, 0, client)
      const [auth, many, long] = log.latest(3)
      assert.deepStrictEqual(texts(auth?.args ?? []), ["AUTH", "(redacted)", "(redacted)"])
      assert.deepStrictEqual(texts(many?.args.slice(29) ?? []), ["a29", "a30", "... (2 more arguments)"])
      assert.strictEqual(texts(long?.args ?? [])[2], `${"x".repeat(128)}... (2 more bytes)`)
    }).pipe(Effect.provide(SlowLog.layer)))
})

describe("the server", () => {
  it.effect("logs a queued command once, when it runs, and no directive that is a secret", () =>
    Effect.gen(function*() {
      const client = yield* MemoryServer.connect
      for (
        const line of ["MULTI", "ECHO hello", "EXEC", "CONFIG SET maxmemory 0 MASTERAUTH hidden requirepass hidden"]
      ) {
        yield* client.show(...line.split(" "))
      }
      const log = (yield* client.show("SLOWLOG", "GET", -1)).match(/"[^"]*"/g)?.filter((word) => word !== "\"\"")
      assert.deepStrictEqual(log?.filter((word) => !/:|peer/.test(word)), [
        ...["\"CONFIG\"", "\"SET\"", "\"maxmemory\"", "\"0\""],
        ...["\"MASTERAUTH\"", "\"(redacted)\"", "\"requirepass\"", "\"(redacted)\""],
        ...["\"ECHO\"", "\"hello\"", "\"MULTI\""]
      ])
    }).pipe(Effect.provide(MemoryServer.layer({ "slowlog-log-slower-than": 0 }))))
})
