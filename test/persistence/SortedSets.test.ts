/** Payloads that no server of today writes: both load them, or refuse them, alike. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Listpack from "../../src/memory/Listpack.ts"
import * as Crc64 from "../../src/persistence/Crc64.ts"
import { RdbType } from "../../src/persistence/Rdb.ts"
import * as InProcess from "../support/InProcess.ts"
import { commands } from "../support/Layers.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { connect, render } from "../support/RawClient.ts"
import { startRedis } from "../support/ServerProcess.ts"

type Part = string | number | Uint8Array

/** Numbers are bytes. */
const bytes = (...parts: ReadonlyArray<Part>): Buffer =>
  Buffer.concat(parts.map((part) => typeof part === "number" ? Uint8Array.of(part) : Buffer.from(part as Uint8Array)))
const string = (part: Part): Buffer => {
  const content = bytes(part)
  return bytes(
    content.length < 64 ? content.length : bytes(0x40 | (content.length >> 8), content.length & 255),
    content
  )
}
const double = (value: number): Buffer => {
  const buffer = Buffer.alloc(8)
  buffer.writeDoubleLE(value)
  return buffer
}
const payload = (type: number, ...parts: ReadonlyArray<Part>): Buffer => {
  const whole = bytes(type, ...parts, 10, 0, Buffer.alloc(8))
  Crc64.of(whole, 0, whole.length - 8).write(whole, whole.length - 8)
  return whole
}

const listpack = (...elements: ReadonlyArray<string>): Buffer => {
  const buffer = Buffer.alloc(4096)
  Listpack.writeEmpty(buffer, 0)
  const element = new Listpack.Element()
  for (const text of elements) Listpack.append(buffer, 0, element.setBytes(Buffer.from(text), 0, text.length))
  return buffer.subarray(0, Listpack.byteLength(buffer, 0))
}
const ziplist = (...elements: ReadonlyArray<string>): Buffer => {
  let before = 0
  let last = 10
  let body = Buffer.alloc(0)
  for (const text of elements) {
    const entry = bytes(before, text.length, text)
    last = 10 + body.length
    body = Buffer.concat([body, entry])
    before = entry.length
  }
  const header = Buffer.alloc(10)
  header.writeUInt32LE(body.length + 11, 0)
  header.writeUInt32LE(last, 4)
  header.writeUInt16LE(elements.length, 8)
  return bytes(header, body, 255)
}
const pairs = Array.from({ length: 150 }, (_, i) => [`m${i}`, String(i)]).flat()

const payloads: Readonly<Record<string, Buffer>> = {
  "scores as text": payload(
    RdbType.zset,
    ...[6, string("a"), string("1.5"), string("b"), 254, string("c"), 255, string("d"), string("0.1")],
    ...[string("e"), string("1e100"), string("f"), string("-0")]
  ),
  "NaN as text": payload(RdbType.zset, 1, string("a"), 253),
  "binary scores out of order": payload(RdbType.zset2, 3, "\x01b", double(2), "\x01a", double(-1), "\x01c", double(2)),
  "a NaN": payload(RdbType.zset2, 1, "\x01a", double(NaN)),
  "members that come twice": payload(RdbType.zset2, 2, "\x01a", double(1), "\x01a", double(2)),
  "no members": payload(RdbType.zset2, 0),
  "more members than there are": payload(RdbType.zset2, 5, "\x01a", double(1)),
  "a listpack": payload(RdbType.zsetListpack, string(listpack("a", "1", "b", "2.5", "c", "inf"))),
  "a listpack with a score missing": payload(RdbType.zsetListpack, string(listpack("a", "1", "b"))),
  "a listpack with a member twice": payload(RdbType.zsetListpack, string(listpack("a", "1", "b", "2", "a", "3"))),
  "a listpack without elements": payload(RdbType.zsetListpack, string(listpack())),
  "a listpack that is broken": payload(RdbType.zsetListpack, string(listpack("a", "1").subarray(0, 8))),
  "a listpack that is too long": payload(RdbType.zsetListpack, string(listpack(...pairs))),
  "a ziplist": payload(RdbType.zsetZiplist, string(ziplist("a", "1", "b", "2.5", "12345", "1e10"))),
  "a ziplist with a score missing": payload(RdbType.zsetZiplist, string(ziplist("a", "1", "b"))),
  "a ziplist with a member twice": payload(RdbType.zsetZiplist, string(ziplist("a", "1", "a", "2"))),
  "a ziplist without elements": payload(RdbType.zsetZiplist, string(ziplist())),
  "a ziplist that is too long": payload(RdbType.zsetZiplist, string(ziplist(...pairs)))
}

describeWithRedis("RESTORE of a sorted set", () => {
  it.live("does as redis-server does, with text scores, ziplists and what is broken", () =>
    Effect.gen(function*() {
      const server = yield* startRedis({ args: ["--enable-debug-command", "yes", "--sanitize-dump-payload", "yes"] })
      const redis = yield* connect(server.port)
      const ours = yield* InProcess.make({ resp: 2 })
      for (const [name, value] of Object.entries(payloads)) {
        const questions = [
          ["RESTORE", "z", 0, value, "REPLACE"],
          ["OBJECT", "ENCODING", "z"],
          ["DEBUG", "DIGEST-VALUE", "z"],
          ["ZRANGE", "z", 0, -1, "WITHSCORES"],
          ["DEL", "z"]
        ]
        for (const question of questions) {
          const theirs = render((yield* redis.command(...question)).value)
          assert.strictEqual(yield* ours.show(...question), theirs, `${name}: ${question[0]}`)
        }
      }
      // What was refused left nothing behind.
      assert.match(yield* ours.show("DBSIZE"), /0/)
    }).pipe(Effect.provide(commands({ "enable-debug-command": "yes", "sanitize-dump-payload": "yes" }))))
})
