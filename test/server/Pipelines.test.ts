/** Long pipelines: over many keys, whose entries are fetched ahead of the commands that look them up, and beside other clients. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as MemoryServer from "../support/MemoryServer.ts"
import { type Arg, connect, encode } from "../support/RawClient.ts"
import { startOurs } from "../support/ServerProcess.ts"

const COUNT = 20_000
const numbers = Array.from({ length: COUNT }, (_, i) => i)

describe("a pipeline that takes long", () => {
  it.live("lets others have their turn", () =>
    Effect.gen(function*() {
      const { port } = yield* startOurs()
      const [busy, other] = [yield* connect(port), yield* connect(port)]
      yield* busy.command("SETBIT", "long", 100_000_000, 1)
      const commands = Array.from({ length: 500 }, () => ["BITCOUNT", "long"])
      const pipeline = yield* Effect.forkChild(busy.pipeline(commands), { startImmediately: true })
      let turns = 0
      while (pipeline.pollUnsafe() === undefined) {
        yield* other.command("PING")
        turns++
      }
      yield* Fiber.join(pipeline)
      assert.isAbove(turns, 10)
    }))
})

describe("a pipeline over many keys", () => {
  it.effect("answers as its commands would one by one", () =>
    Effect.gen(function*() {
      const client = yield* MemoryServer.connect
      const pipeline = (commands: ReadonlyArray<ReadonlyArray<Arg>>) =>
        Effect.gen(function*() {
          const bytes = Buffer.concat(commands.map((command) => encode(command)))
          yield* client.write(bytes)
          return yield* client.received
        })
      // Growing the dictionary while entries are looked up in it
      yield* pipeline(numbers.map((i) => ["SET", `key:${i}`, i]))
      assert.deepStrictEqual(
        yield* pipeline(numbers.map((i) => ["GET", `key:${i}`])),
        numbers.map((i) => `"${i}"`)
      )

      // The same key again and again, keys that go and come back, another database, and what is no key at all
      const mixed = numbers.slice(0, 500).flatMap((i): ReadonlyArray<ReadonlyArray<Arg>> => [
        ["INCR", "key:1"],
        ["DEL", `key:${i + 1000}`],
        ["GET", `key:${i + 1000}`],
        ["SET", `key:${i + 1000}`, "again"],
        ["SELECT", 1],
        ["GET", `key:${i + 1000}`],
        ["SELECT", 0],
        ["MGET", `key:${i + 1000}`, "none", "key:1"],
        ["PING"],
        ["ECHO", `key:${i}`],
        ["MSET", ...Array.from({ length: 40 }, (_, n) => n % 2 === 0 ? `key:${i + n}` : "mset")],
        ["GET", `key:${i + 38}`],
        ["SET", "key:1", i]
      ])
      assert.deepStrictEqual(
        yield* pipeline(mixed),
        numbers.slice(0, 500).flatMap((i) => {
          // MSET writes every second key from `i` on, so also the counter in its first rounds
          const counter = i === 0 ? "2" : String(i)
          return [
            ...[`(integer) ${counter}`, "(integer) 1", "(nil)", "OK", "OK", "(nil)", "OK"],
            `1) "again"\n2) (nil)\n3) "${counter}"`,
            ...["PONG", `"key:${i}"`, "OK", "\"mset\"", "OK"]
          ]
        })
      )

      yield* pipeline([["FLUSHALL"]])
      assert.deepStrictEqual(yield* pipeline([["GET", "key:5"], ["GET", "key:6"]]), ["(nil)", "(nil)"])
    }).pipe(Effect.provide(MemoryServer.layer())))
})

describe("a pipeline over one key", () => {
  it.effect("answers as its commands would one by one", () =>
    Effect.gen(function*() {
      const client = yield* MemoryServer.connect
      const pipeline = (commands: ReadonlyArray<ReadonlyArray<Arg>>) =>
        Effect.gen(function*() {
          yield* client.write(Buffer.concat(commands.map((command) => encode(command))))
          return yield* client.received
        })
      // Growing the dictionaries while members are looked up in them
      yield* pipeline(numbers.map((i) => ["SADD", "set", `member:${i}`]))
      yield* pipeline(numbers.map((i) => ["HSET", "hash", `field:${i}`, i]))
      yield* pipeline(numbers.map((i) => ["ZADD", "zset", i, `member:${i}`]))
      assert.deepStrictEqual(
        yield* pipeline(numbers.map((i) => ["SISMEMBER", "set", `member:${i * 2}`])),
        numbers.map((i) => `(integer) ${i < COUNT / 2 ? 1 : 0}`)
      )
      assert.deepStrictEqual(
        yield* pipeline(numbers.map((i) => ["HGET", "hash", `field:${i * 2}`])),
        numbers.map((i) => i < COUNT / 2 ? `"${i * 2}"` : "(nil)")
      )
      assert.deepStrictEqual(
        yield* pipeline(numbers.map((i) => ["ZSCORE", "zset", `member:${i}`])),
        numbers.map((i) => `"${i}"`)
      )

      // The same member again and again, members that go and come back, and the key itself under another name
      const mixed = numbers.slice(0, 300).flatMap((i): ReadonlyArray<ReadonlyArray<Arg>> => [
        ["SREM", "set", `member:${i}`],
        ["SISMEMBER", "set", `member:${i}`],
        ["SADD", "set", `member:${i}`, `new:${i}`],
        ["SMISMEMBER", "set", `member:${i}`, `new:${i}`],
        ["RENAME", "set", "other"],
        ["SISMEMBER", "set", `member:${i}`],
        ["SADD", "set", "set"],
        ["SISMEMBER", "set", "set"],
        ["RENAME", "other", "set"]
      ])
      assert.deepStrictEqual(
        yield* pipeline(mixed),
        numbers.slice(0, 300).flatMap(() => [
          ...["(integer) 1", "(integer) 0", "(integer) 2", "1) (integer) 1\n2) (integer) 1"],
          ...["OK", "(integer) 0", "(integer) 1", "(integer) 1", "OK"]
        ])
      )
    }).pipe(Effect.provide(MemoryServer.layer())))
})
