/** Files of other versions, byte by byte, and what they hold that is not understood. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Crc64 from "../../src/persistence/Crc64.ts"
import { RdbError } from "../../src/persistence/RdbError.ts"
import { Snapshot } from "../../src/persistence/Snapshot.ts"
import * as InProcess from "../support/InProcess.ts"
import { commands } from "../support/Layers.ts"
import { bytes, listpack, type Part, string } from "./Payloads.ts"

const littleEndian = (value: number | bigint, size: 4 | 8): Buffer => {
  const buffer = Buffer.alloc(size)
  if (size === 4) buffer.writeInt32LE(Number(value))
  else buffer.writeBigInt64LE(BigInt(value))
  return buffer
}

/** A file of that version: with a checksum from version 5 on. */
const file = (version: number, ...parts: ReadonlyArray<Part>): Uint8Array =>
  closed(`REDIS${String(version).padStart(4, "0")}`, version >= 5, parts)

const closed = (magic: string, sum: boolean, parts: ReadonlyArray<Part>): Uint8Array => {
  const body = bytes(magic, ...parts, 255)
  if (!sum) return body
  const whole = Buffer.concat([body, Buffer.alloc(8)])
  Crc64.of(body, 0, body.length).write(whole, body.length)
  return whole
}

const key = string

/** Loads a file and asks for what is in it. */
const answers = (bytes: Uint8Array, ...lines: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const snapshot = yield* Snapshot
    const loaded = snapshot.loadNow([bytes])
    snapshot.adopt(loaded)
    const client = yield* InProcess.make()
    const shown: Array<string> = []
    for (const line of lines) shown.push(yield* client.show(...line.split(" ")))
    return { shown, loaded }
  }).pipe(Effect.provide(commands()))

const refusal = (bytes: Uint8Array) =>
  Effect.gen(function*() {
    const snapshot = yield* Snapshot
    try {
      snapshot.loadNow([bytes])
    } catch (error) {
      if (error instanceof RdbError) return error
    }
    return assert.fail("it was loaded")
  }).pipe(Effect.provide(commands()))

const future = 9_999_999_999

describe("a file", () => {
  it.effect("of version 1 has neither a checksum nor milliseconds", () =>
    Effect.gen(function*() {
      const { shown } = yield* answers(
        file(
          1,
          bytes(254, 0),
          bytes(0, key("a"), string("1")),
          bytes(253, littleEndian(2_000_000_000, 4), 0, key("b"), string("x")),
          bytes(254, 3),
          bytes(1, key("list"), 2, string("x"), bytes(0xc0, 5))
        ),
        "GET a",
        "EXPIRETIME b",
        "SELECT 3",
        "LRANGE list 0 -1"
      )
      assert.deepStrictEqual(shown, ["\"1\"", "(integer) 2000000000", "OK", "1) \"x\"\n2) \"5\""])
    }))

  it.effect("has integers, compressed strings, long lengths, expiry in milliseconds and fields of all kinds", () =>
    Effect.gen(function*() {
      const { loaded, shown } = yield* answers(
        file(
          9,
          bytes(250, string("redis-ver"), string("5.0.0")),
          bytes(250, string("unheard-of"), string("x")),
          bytes(254, 0, 251, 0x40, 0x80, 1),
          bytes(0, key("int8"), bytes(0xc0, 0x80)),
          bytes(0, key("int16"), bytes(0xc1, 0, 0x80)),
          bytes(0, key("int32"), bytes(0xc2, 0, 0, 0, 0x80)),
          // Two literals, and what is two back nine times
          bytes(0, key("lzf"), bytes(0xc3, 6, 11, 1, "ab", 0xe0, 0, 1)),
          bytes(0, key("long"), bytes(0x80, 0, 0, 0, 1, "x")),
          bytes(0, key("longer"), bytes(0x81, 0, 0, 0, 0, 0, 0, 0, 2, "xy")),
          bytes(252, littleEndian(BigInt(future) * 1000n, 8), 248, 7, 0, key("volatile"), string("v")),
          bytes(249, 9, 0, key("often"), string("v")),
          bytes(252, littleEndian(-5n, 8), 0, key("over"), string("v")),
          bytes(244, 1, 2, 3),
          bytes(245, string("#!lua name=lib\nreturn 1"))
        ),
        "MGET int8 int16 int32 lzf long longer often",
        `PEXPIRETIME volatile`,
        "EXISTS over"
      )
      assert.strictEqual(
        shown[0],
        ["-128", "-32768", "-2147483648", "abababababa", "x", "xy", "v"].map((text, i) => `${i + 1}) "${text}"`)
          .join("\n")
      )
      assert.deepStrictEqual(shown.slice(1), [`(integer) ${future}000`, "(integer) 0"])
      assert.strictEqual(loaded.expired, 1)
      assert.strictEqual(loaded.aux.get("redis-ver"), "5.0.0")
      assert.strictEqual(loaded.libraries.length, 1)
    }))

  it.effect("has streams of version 1 without counters and of version 3 with one time more", () =>
    Effect.gen(function*() {
      const id = (ms: number, seq: number) => {
        const buffer = Buffer.alloc(16)
        buffer.writeBigUInt64BE(BigInt(ms), 0)
        buffer.writeBigUInt64BE(BigInt(seq), 8)
        return buffer
      }
      const node = listpack("2", "0", "1", "f", "0", "2", "0", "0", "v", "4", "2", "5", "0", "w", "4")
      const start = bytes(1, string(id(7, 0)), string(node), 2, 12, 0)
      const group = (counter: ReadonlyArray<number>, times: number) =>
        bytes(
          1,
          string("g"),
          7,
          0,
          ...counter,
          bytes(1, id(7, 0), littleEndian(1000, 8), 3),
          bytes(1, string("c"), ...Array.from({ length: times }, () => littleEndian(2000, 8)), 1, id(7, 0))
        )
      const { shown } = yield* answers(
        file(
          12,
          bytes(15, key("one"), start, group([], 1)),
          bytes(21, key("three"), start, bytes(7, 0, 3, 0, 5), group([2], 2)),
          bytes(20, key("set"), string(listpack("a", "1")))
        ),
        "XRANGE one - +",
        "XINFO GROUPS one",
        "XPENDING one g",
        "XINFO GROUPS three",
        "SCARD set"
      )
      assert.match(shown[0] ?? "", /"7-0"[^]*"v"[^]*"12-0"[^]*"w"/)
      assert.match(shown[1] ?? "", /"entries-read"[^]*1[^]*"lag"[^]*1/)
      assert.match(shown[2] ?? "", /\(integer\) 1[^]*"7-0"[^]*"c"/)
      assert.match(shown[3] ?? "", /"entries-read"[^]*2/)
      assert.strictEqual(shown[4], "(integer) 2")
    }))

  it.effect("may be Valkey's, as far as it is the same", () =>
    Effect.gen(function*() {
      const { shown } = yield* answers(closed("VALKEY080", true, [bytes(0, key("k"), string("v"))]), "GET k")
      assert.deepStrictEqual(shown, ["\"v\""])
      const { reason } = yield* refusal(closed("VALKEY080", true, [bytes(22, key("k"), 1)]))
      assert.match(reason, /hash whose fields expire/)
    }))

  it.effect("is refused with the reason and the offset", () =>
    Effect.gen(function*() {
      // "AAAAAAAAB" in base 64, nine letters, and a version
      const moduleId = Buffer.alloc(8)
      moduleId.writeBigUInt64BE((1n << 10n) | 3n)
      const cases: ReadonlyArray<readonly [Uint8Array, RegExp, number]> = [
        [file(0), /version 0/, 0],
        [file(13), /version 13/, 0],
        [Buffer.from("VALKEY011x"), /version 11/, 0],
        [Buffer.from("nonsense.rdb"), /signature/, 0],
        [file(9, bytes(7, key("m"), 0x81, moduleId)), /module type 'AAAAAAAAB'/, 9],
        [file(9, bytes(247, 0x81, moduleId)), /AUX module data.*'AAAAAAAAB'/, 9],
        [file(9, bytes(6, key("m"))), /pre-release/, 9],
        [file(9, bytes(246)), /Pre-release function/, 9],
        [file(9, bytes(0, key("k"), string("v")), bytes(0, key("k"), string("v"))), /duplicated key 'k' in DB 0/, 14],
        [file(9, bytes(99, key("k"))), /Unknown RDB encoding type 99/, 9],
        [file(9, bytes(254, 0x40, 200)), /more than 16 databases/, 9],
        [file(9, bytes(0, key("k"), string("v"))).subarray(0, 12), /Short read/, 9]
      ]
      for (const [bytes, reason, offset] of cases) {
        const error = yield* refusal(bytes)
        assert.match(error.reason, reason)
        assert.strictEqual(error.offset, offset, error.reason)
      }
    }))
})
