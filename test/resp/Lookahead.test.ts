import { assert, describe, it } from "@effect/vitest"
import { findKeys, type Ranges } from "../../src/resp/Lookahead.ts"
import { encode } from "../support/RawClient.ts"

const emptyRanges = (): Ranges => ({
  keyStarts: new Int32Array(16),
  keyEnds: new Int32Array(16),
  memberStarts: new Int32Array(16),
  memberEnds: new Int32Array(16)
})

const found = (bytes: Buffer, at = 0, end = bytes.length, most = 16): ReadonlyArray<string> => {
  const { keyEnds, keyStarts, ...ranges } = emptyRanges()
  const count = findKeys(bytes, at, end, { keyEnds, keyStarts, ...ranges }, most)
  return Array.from({ length: count }, (_, i) => bytes.toString("latin1", keyStarts[i], keyEnds[i]))
}

const get = (key: string) => encode(["GET", key])

describe("findKeys", () => {
  it("finds the first argument of each request", () => {
    const key = "k".repeat(1234)
    const bytes = Buffer.concat([get("a"), encode(["SET", key, "value", "EX", "10"]), get("")])
    assert.deepStrictEqual(found(Buffer.concat([bytes, get("b")])), ["a", key, "", "b"])
  })

  it("finds the second argument, where there is one", () => {
    const { memberEnds, memberStarts, ...ranges } = emptyRanges()
    const bytes = Buffer.concat([encode(["SADD", "set", "member"]), get("a"), encode(["HSET", "hash", "field", "v"])])
    const count = findKeys(bytes, 0, bytes.length, { memberEnds, memberStarts, ...ranges }, 16)
    const members = Array.from({ length: count }, (_, i) => bytes.toString("latin1", memberStarts[i], memberEnds[i]))
    assert.deepStrictEqual(members, ["member", "", "field"])
  })

  it("takes as many as it is told", () => {
    const bytes = Buffer.concat(Array.from({ length: 20 }, (_, i) => get(`key:${i}`)))
    assert.strictEqual(found(bytes).length, 16)
    assert.deepStrictEqual(found(bytes, 0, bytes.length, 2), ["key:0", "key:1"])
  })

  it("begins and ends where it is told", () => {
    const bytes = Buffer.concat([get("first"), get("second"), get("third")])
    const size = get("first").length
    assert.deepStrictEqual(found(bytes, size, bytes.length - 1), ["second"])
    for (let end = 0; end < size; end++) assert.deepStrictEqual(found(bytes, 0, end), [])
  })

  it("stops at what it does not know", () => {
    const long = encode(["MSET", ...Array.from({ length: 20 }, () => "x")])
    for (const other of [long, encode(["PING"]), Buffer.from("PING and more words\r\n"), Buffer.from("*-1\r\n")]) {
      assert.deepStrictEqual(found(Buffer.concat([get("a"), other, get("b")])), ["a"])
    }
  })

  it("keeps within the bytes whatever they are", () => {
    let seed = 7
    const random = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) >>> 28
    const letters = Buffer.from("*$0123456789\r\nab")
    for (let round = 0; round < 3000; round++) {
      const noise = Buffer.from(Array.from({ length: 60 }, () => letters[random()] ?? 0))
      const bytes = Buffer.concat([Buffer.from("*2\r\n$3\r\nGET\r\n$"), noise])
      const { keyEnds, keyStarts, memberEnds, memberStarts } = emptyRanges()
      const count = findKeys(bytes, 0, bytes.length, { keyEnds, keyStarts, memberEnds, memberStarts }, 16)
      for (const [starts, ends] of [[keyStarts, keyEnds], [memberStarts, memberEnds]] as const) {
        for (let i = 0; i < count; i++) {
          assert.isAtMost(starts[i] ?? 0, ends[i] ?? 0)
          assert.isAtMost(ends[i] ?? 0, bytes.length)
        }
      }
    }
  })
})
