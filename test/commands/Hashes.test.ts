import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { elements, text } from "../differential/Grammar.ts"
import * as InProcess from "../support/InProcess.ts"
import { commands } from "../support/Layers.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { sameAnswers } from "../support/SameAnswers.ts"
import { sameEffects } from "../support/SameEffects.ts"

const pairs = (from: number, to: number): Array<string> =>
  Array.from({ length: to - from }, (_, i) => [`f${from + i}`, `v${from + i}`]).flat()

describe("HSCAN", () => {
  it.effect("sees everything that stays, while the hash is converted, grows and shrinks", () =>
    Effect.gen(function*() {
      const client = yield* InProcess.make()
      yield* client.command("HSET", "h", ...pairs(0, 500))
      const seen = new Set<string>()
      const walk = Effect.fnUntraced(function*(between: (call: number) => Effect.Effect<unknown>) {
        seen.clear()
        let cursor = "0"
        let calls = 0
        do {
          const [next, items] = elements(yield* client.command("HSCAN", "h", cursor, "COUNT", 7))
          elements(items).forEach((item, index) => {
            if (index % 2 === 0) seen.add(text(item))
          })
          cursor = text(next)
          yield* between(calls++)
        } while (cursor !== "0")
        return calls
      })
      const assertSeen = (to: number) => {
        for (let i = 0; i < to; i++) assert.isTrue(seen.has(`f${i}`), `f${i}`)
      }
      // A listpack is seen whole.
      assert.strictEqual(yield* walk(() => client.command("HSET", "h", "new", "field")), 1)
      assertSeen(500)
      yield* client.command("HSET", "h", ...pairs(500, 1000))
      const growing = yield* walk((call) =>
        call < 40 ? client.command("HSET", "h", ...pairs(1000 + call * 200, 1200 + call * 200)) : Effect.void
      )
      assert.isAbove(growing, 40)
      assertSeen(1000)
      const length = 9000
      yield* walk((call) =>
        client.command(
          "HDEL",
          "h",
          ...Array.from({ length: 100 }, (_, i) => `f${length - 1 - call * 100 - i}`).filter(
            (field) => Number(field.slice(1)) >= 300
          ),
          "none"
        )
      )
      assertSeen(300)
    }).pipe(Effect.provide(commands())))
})

describe("HRANDFIELD", () => {
  it.effect("with a count returns different fields, with a negative one any", () =>
    Effect.gen(function*() {
      const client = yield* InProcess.make()
      for (const size of [10, 600]) {
        yield* client.command("HSET", `h${size}`, ...pairs(0, size))
        for (const count of [1, 3, size >> 1, size - 1, size, size * 2]) {
          const picked = elements(yield* client.command("HRANDFIELD", `h${size}`, count, "WITHVALUES"))
          assert.strictEqual(picked.length, Math.min(count, size))
          const fields = new Set(picked.map((pair) => elements(pair).map(text).join(" ")))
          assert.strictEqual(fields.size, picked.length)
          for (const field of fields) assert.match(field, /^f(\d+) v\1$/)
          assert.strictEqual(elements(yield* client.command("HRANDFIELD", `h${size}`, -count)).length, count)
        }
      }
    }).pipe(Effect.provide(commands())))
})

const long = "x".repeat(65)

describeWithRedis("hashes", () => {
  it.live("answer as redis-server's do", () =>
    sameAnswers([
      "SET s text",
      "HSET h a 1 b 2 a 3",
      "HSET h a 4 c",
      "HMSET h a",
      "HMSET h x 1 y",
      "HMSET h d 5 e 6",
      "HSETNX h a 9",
      "HSETNX h f 7",
      "HGET h a",
      "HGET h none",
      "HGET none a",
      "HMGET h a none b",
      "HMGET none a b",
      "HGETALL h",
      "HGETALL none",
      "HKEYS h",
      "HVALS h",
      "HKEYS none",
      "HLEN h",
      "HLEN none",
      "HEXISTS h a",
      "HEXISTS h none",
      "HSTRLEN h a",
      "HSTRLEN h none",
      "HINCRBY h a 10",
      "HINCRBY h a -9223372036854775808",
      "HINCRBY h a -9223372036854775808",
      "HINCRBY h a x",
      "HSET h text abc big 9223372036854775807",
      ["HSET", "h", "padded", " 1"],
      "HINCRBY h padded 1",
      "HINCRBYFLOAT h padded 1",
      "HINCRBY h text 1",
      "HINCRBYFLOAT h text 1",
      "HINCRBY h big 1",
      "HINCRBY h new 5",
      "HINCRBYFLOAT h float 0.1",
      "HINCRBYFLOAT h float 0.2",
      "HINCRBYFLOAT h float -1e20",
      "HINCRBYFLOAT h float inf",
      "HINCRBYFLOAT h float nan",
      "HINCRBYFLOAT huge float 1e4932",
      "HINCRBYFLOAT huge float 1e4932",
      "HINCRBYFLOAT none2 float x",
      "EXISTS none2",
      "OBJECT ENCODING h",
      "HSCAN h 0",
      "HSCAN h 0 MATCH f*",
      "HSCAN h 0 MATCH f* COUNT 1",
      "HSCAN h 0 COUNT 0",
      "HSCAN h 0 TYPE hash",
      "HSCAN h 0 COUNT",
      "HSCAN h x",
      "HSCAN none 0 BAD",
      "HRANDFIELD none",
      "HRANDFIELD none 3",
      "HRANDFIELD h 0",
      "HRANDFIELD h 100",
      "HRANDFIELD h 100 WITHVALUES",
      "HRANDFIELD h 1 VALUES",
      "HRANDFIELD h 1 WITHVALUES more",
      "HRANDFIELD h x",
      "HRANDFIELD h -9223372036854775808",
      "HRANDFIELD h 9223372036854775807 WITHVALUES",
      ...["HSET s a 1", "HSETNX s a 1", "HGET s a", "HMGET s a", "HGETALL s", "HKEYS s", "HVALS s", "HLEN s"],
      ...["HDEL s a", "HEXISTS s a", "HINCRBY s a 1", "HINCRBYFLOAT s a 1", "HSTRLEN s a", "HSCAN s 0"],
      ...["HRANDFIELD s", "HRANDFIELD s 1", "HMSET s a 1", "HSCAN s 0 BAD"],
      "HDEL h a b none",
      "HDEL none a",
      "DEBUG DIGEST-VALUE h",
      `HSET h long ${long}`,
      "OBJECT ENCODING h",
      "HGET h long",
      "DEBUG DIGEST-VALUE h",
      "COPY h copy",
      "DEBUG DIGEST-VALUE copy",
      "OBJECT ENCODING copy",
      `HSET ${["h2", ...pairs(0, 512)].join(" ")}`,
      "OBJECT ENCODING h2",
      "HSET h2 one more",
      "OBJECT ENCODING h2",
      "HGET h2 f511",
      "HLEN h2",
      "DEBUG DIGEST-VALUE h2",
      `HDEL ${["h2", ...pairs(1, 512)].join(" ")}`,
      "OBJECT ENCODING h2",
      "HDEL h2 one f0",
      "EXISTS h2",
      `HSET h3 ${long} 1`,
      "OBJECT ENCODING h3",
      "HGETALL h3",
      "HSET h4 a 1 b 2 c 3",
      "CONFIG SET hash-max-listpack-entries 2",
      "HSET h4 a 1",
      "OBJECT ENCODING h4",
      "CONFIG SET hash-max-listpack-entries 512"
    ], { args: ["--enable-debug-command", "yes"] }).pipe(
      Effect.provide(commands({ "enable-debug-command": "yes" }))
    ))

  it.live("send redis-server's key events and have its effects", () =>
    sameEffects(
      [
        "HSET h a 1 b 2",
        "HSET h a 1",
        "HMSET h c 1 d 2",
        "HSETNX h a 1",
        "HSETNX h e 1",
        "HINCRBY h a 5",
        "HINCRBY h new 5",
        "HINCRBY h a x",
        "HINCRBYFLOAT h a 0.1",
        "HINCRBYFLOAT h f 1e3",
        "HINCRBYFLOAT h f x",
        "HDEL h none",
        "HDEL h a b none",
        "HGET h c",
        "HGET none c",
        "HLEN none",
        "HGETALL none",
        "HRANDFIELD none",
        "HSCAN none 0",
        "HSETNX h2 a 1",
        "HSETNX h5 a 1",
        "HMSET h5 b 1",
        "HINCRBY h3 a 1",
        "HINCRBYFLOAT h4 a 1.5",
        "HDEL h2 none a a b",
        "HDEL h3 a",
        "HDEL h4 a b",
        "HSET h a 1 a 2",
        "HDEL h c d e f new a",
        "EXISTS h",
        "HSET h a 1",
        "DEL h"
      ].map((line) => line.split(" "))
    ))
})
