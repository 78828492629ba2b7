/** What old versions wrote of lists, damaged lists, and lists that are changed while they are being written. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as ListCodecs from "../../../src/persistence/codecs/Lists.ts"
import * as Crc64 from "../../../src/persistence/Crc64.ts"
import { RdbOutput } from "../../../src/persistence/RdbOutput.ts"
import { VALUE_WORD } from "../../../src/store/Entry.ts"
import { Store } from "../../../src/store/Store.ts"
import * as InProcess from "../../support/InProcess.ts"
import { commands } from "../../support/Layers.ts"
import { describeWithRedis } from "../../support/Oracle.ts"
import { connect, render } from "../../support/RawClient.ts"
import { startRedis } from "../../support/ServerProcess.ts"

const payload = (...parts: ReadonlyArray<number | string | Uint8Array>): Uint8Array => {
  const body = Buffer.concat([
    ...parts.map((part) => typeof part === "number" ? Buffer.from([part]) : Buffer.from(part)),
    Buffer.from([10, 0]),
    new Uint8Array(8)
  ])
  Crc64.of(body, 0, body.length - 8).write(body, body.length - 8)
  return body
}

/** A ziplist of short strings and of integers below 13, as text. */
const ziplist = (...texts: ReadonlyArray<string>): Buffer => {
  const entries: Array<Buffer> = []
  let before = 0
  for (const text of texts) {
    const entry = /^(1?\d)$/.test(text)
      ? Buffer.from([before, 0xf1 + Number(text)])
      : Buffer.concat([Buffer.from([before, text.length]), Buffer.from(text)])
    entries.push(entry)
    before = entry.length
  }
  const content = Buffer.concat(entries)
  const header = Buffer.alloc(10)
  header.writeUInt32LE(content.length + 11, 0)
  header.writeUInt32LE(10 + content.length - before, 4)
  header.writeUInt16LE(texts.length, 8)
  return Buffer.concat([header, content, Buffer.from([0xff])])
}
const sized = (bytes: Uint8Array): Buffer => Buffer.concat([Buffer.from([bytes.length]), bytes])
const listpack = Buffer.from([13, 0, 0, 0, 2, 0, 5, 1, 0x82, 97, 98, 3, 0xff])
const emptyListpack = Buffer.from([7, 0, 0, 0, 0, 0, 0xff])

const payloads: Readonly<Record<string, Uint8Array>> = {
  "plain list": payload(1, 3, 1, "a", 0xc0, 5, 2, "bc"),
  "plain list without elements": payload(1, 0),
  "ziplist": payload(10, sized(ziplist("a", "12", "bc", "0"))),
  "ziplist without elements": payload(10, sized(ziplist())),
  "quicklist of ziplists": payload(14, 3, sized(ziplist("a", "7")), sized(ziplist()), sized(ziplist("x", "y", "z"))),
  "quicklist of nothing": payload(14, 0),
  "quicklist of empty ziplists": payload(14, 1, sized(ziplist())),
  "quicklist of listpacks": payload(18, 2, 2, sized(listpack), 2, sized(listpack)),
  "quicklist with a plain element": payload(18, 3, 2, sized(listpack), 1, 3, "big", 2, sized(listpack)),
  "quicklist of one plain element": payload(18, 1, 1, 3, "big"),
  "quicklist of empty listpacks": payload(18, 2, 2, sized(emptyListpack), 2, sized(emptyListpack)),
  "quicklist with another container": payload(18, 1, 3, sized(listpack)),
  "quicklist with a broken listpack": payload(
    18,
    1,
    2,
    sized(Buffer.concat([listpack.subarray(0, 12), Buffer.from([0])]))
  ),
  "ziplist with a wrong tail": payload(
    10,
    sized(Buffer.concat([ziplist("a").subarray(0, 12), Buffer.from([1, 0xff])]))
  ),
  "list cut short": payload(1, 3, 1, "a")
}

describeWithRedis("RESTORE of a list", () => {
  for (const [name, bytes] of Object.entries(payloads)) {
    it.live(`makes of a ${name} what redis-server makes of it`, () =>
      Effect.gen(function*() {
        const ours = yield* InProcess.make({ resp: 2 })
        const redis = yield* connect((yield* startRedis({ args: ["--sanitize-dump-payload", "yes"] })).port)
        const lines = [["RESTORE", "l", 0, bytes], ["LRANGE", "l", 0, -1], ["OBJECT", "ENCODING", "l"], ["DUMP", "l"], [
          "RPUSH",
          "l",
          "more"
        ]]
        for (const line of lines) {
          const mine = yield* ours.show(...line)
          assert.strictEqual(mine, render((yield* redis.command(...line)).value), String(line[0]))
        }
      }).pipe(Effect.provide(commands())))
  }
})

describe("a list that is being written", () => {
  it.effect("is written as it was, whatever is done to it, and gives all its memory back", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const client = yield* InProcess.make({ resp: 2 })
      const db = store.database(0)
      const { space } = db
      const empty = space.arena.used
      for (let i = 0; i < 100; i++) {
        const elements = Array.from({ length: 100 }, (_, n) => `element:${"x".repeat(100)}:${i * 100 + n}`)
        yield* client.command("RPUSH", "l", ...elements)
      }
      const key = Buffer.from("l")
      const ref = db.find(key, 0, 1)
      const [encoding, value] = [db.encoding(ref), db.word(ref, VALUE_WORD)]
      const whole = () => {
        const out = new RdbOutput({ compress: () => false })
        ListCodecs.ListCodec.save(out, space, encoding, value)
        return Buffer.concat(out.take())
      }
      const before = whole()
      const frozen = ListCodecs.ListCodec.freeze?.(space, encoding, value)
      assert(frozen !== undefined)
      const out = new RdbOutput({ compress: () => false })
      const writing = frozen.write(out)
      const changes = [
        ["LPUSH", "l", "new"],
        ["RPUSH", "l", "new"],
        ["LSET", "l", 5000, "other"],
        ["LINSERT", "l", "BEFORE", "other", "another"],
        ["LREM", "l", 0, `element:${"x".repeat(100)}:77`],
        ["LPOP", "l", 1000],
        ["RPOP", "l"],
        ["LTRIM", "l", 100, -500]
      ]
      for (const line of changes) {
        writing.next()
        yield* client.command(...line)
      }
      while (writing.next().done !== true) continue
      assert.isTrue(Buffer.concat(out.take()).equals(before))
      assert.isFalse(whole().equals(before))
      frozen.thaw()
      yield* client.command("DEL", "l")
      assert.strictEqual(space.arena.used, empty)
    }).pipe(Effect.provide(commands())))
})
