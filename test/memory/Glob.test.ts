import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { stringMatch } from "../../src/memory/Glob.ts"
import type { ReplyValue } from "../../src/resp/ReplyParser.ts"
import { toPairs } from "../config/Start.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import * as RawClient from "../support/RawClient.ts"
import * as ServerProcess from "../support/ServerProcess.ts"

const bytes = (text: string) => Buffer.from(text, "latin1")
const matches = (pattern: string, text: string, nocase = false) => stringMatch(bytes(pattern), bytes(text), nocase)

describe("stringMatch", () => {
  it("knows *, ? and literals", () => {
    assert.isTrue(matches("h*llo", "hllo"))
    assert.isTrue(matches("h*llo", "heeello"))
    assert.isTrue(matches("*", "anything"))
    assert.isTrue(matches("a**b*", "ab"))
    assert.isTrue(matches("h?llo", "hallo"))
    assert.isFalse(matches("h?llo", "hllo"))
    assert.isFalse(matches("hello", "hell"))
    assert.isFalse(matches("hell", "hello"))
    assert.isTrue(matches("", ""))
    assert.isFalse(matches("", "a"))
  })

  it("knows classes, ranges and their negation", () => {
    assert.isTrue(matches("h[ae]llo", "hello"))
    assert.isFalse(matches("h[ae]llo", "hillo"))
    assert.isFalse(matches("h[^e]llo", "hello"))
    assert.isTrue(matches("h[a-b]llo", "hbllo"))
    assert.isTrue(matches("h[b-a]llo", "hallo"))
    assert.isTrue(matches("[\\]]", "]"))
    assert.isTrue(matches("[a-", "-"))
    assert.isTrue(matches("[abc", "c"))
  })

  it("takes escaped wildcards literally, and a trailing backslash too", () => {
    assert.isTrue(matches("\\*\\?\\[", "*?["))
    assert.isFalse(matches("\\*", "a"))
    assert.isTrue(matches("a\\", "a\\"))
  })

  it("compares without case when asked to", () => {
    assert.isTrue(matches("HeLLo", "hEllO", true))
    assert.isTrue(matches("[A-C]", "b", true))
    assert.isFalse(matches("[A-C]", "b"))
  })

  it("matches a range of the bytes", () => {
    assert.isTrue(stringMatch(bytes("b*d"), bytes("abcde"), false, 1, 4))
    assert.isFalse(stringMatch(bytes("b*d"), bytes("abcde"), false, 1, 5))
  })

  it("answers a hostile pattern without trying every way", () => {
    assert.isFalse(matches("a*".repeat(500) + "b", "a".repeat(50_000)))
  })
})

const random = (seed: number) => () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
  return seed / 2 ** 32
}

const bulks = (value: ReplyValue): ReadonlySet<string> =>
  new Set(
    value._tag === "Array"
      ? value.items.flatMap((item) => item._tag === "Bulk" ? [Buffer.from(item.bytes).toString("latin1")] : [])
      : []
  )

describeWithRedis("compared with redis-server", () => {
  const withClient = <A, E>(body: (client: RawClient.RawClient) => Effect.Effect<A, E>) =>
    Effect.scoped(Effect.gen(function*() {
      const server = yield* ServerProcess.startRedis()
      return yield* body(yield* RawClient.connect(server.port))
    }))

  it.live("KEYS finds the same keys by random patterns", () =>
    withClient((client) =>
      Effect.gen(function*() {
        const next = random(7)
        const word = (letters: string, longest: number) =>
          Array.from(
            { length: Math.floor(next() * longest) },
            () => letters.charAt(Math.floor(next() * letters.length))
          )
            .join("")
        for (let round = 0; round < 20; round++) {
          const keys = [...new Set(Array.from({ length: 40 }, () => word("abAB-]^z\\*[", 7)))]
          // KEYS answers a lone * without looking at the keys
          const patterns = Array.from({ length: 100 }, () => word("*?[]^\\-aAbBz", 9)).filter((one) => one !== "*")
          yield* client.command("FLUSHALL")
          yield* client.command("MSET", ...keys.flatMap((key) => [key, ""]))
          const replies = yield* client.pipeline(patterns.map((pattern) => ["KEYS", pattern]))
          for (const [i, pattern] of patterns.entries()) {
            const theirs = bulks(replies[i]?.value ?? { _tag: "Null" })
            for (const key of keys) assert.strictEqual(matches(pattern, key), theirs.has(key), `${pattern} on ${key}`)
          }
        }
      })
    ))

  it.live("CONFIG GET finds the same names without regard to case", () =>
    withClient((client) =>
      Effect.gen(function*() {
        const next = random(8)
        const names = Object.keys(toPairs((yield* client.command("CONFIG", "GET", "*")).value))
        const patterns = Array.from({ length: 500 }, () => {
          const name = names[Math.floor(next() * names.length)] ?? ""
          return name.split("").map((char) =>
            next() < 0.15
              ? ["*", "?", "[^", "[A-z]", "\\", "]"][Math.floor(next() * 6)]
              : next() < 0.3
              ? char.toUpperCase()
              : char
          ).join("") + "*"
        })
        const replies = yield* client.pipeline(patterns.map((pattern) => ["CONFIG", "GET", pattern]))
        for (const [i, pattern] of patterns.entries()) {
          const theirs = toPairs(replies[i]?.value ?? { _tag: "Null" })
          for (const name of names) {
            assert.strictEqual(matches(pattern, name, true), name in theirs, `${pattern} on ${name}`)
          }
        }
      })
    ))

  it.live("patterns with more than a thousand stars find nothing", () =>
    withClient((client) =>
      Effect.gen(function*() {
        const key = "a".repeat(2000)
        yield* client.command("SET", key, "")
        for (const stars of [999, 1000, 1001]) {
          const theirs = bulks((yield* client.command("KEYS", "*a".repeat(stars))).value)
          assert.strictEqual(matches("*a".repeat(stars), key), theirs.has(key), `${stars} stars`)
        }
      })
    ))
})
