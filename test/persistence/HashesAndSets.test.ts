/** Hashes and sets as older and newer servers wrote them, and what is broken. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { RdbType } from "../../src/persistence/Rdb.ts"
import * as InProcess from "../support/InProcess.ts"
import { commands } from "../support/Layers.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { bytes, listpack, payload, sameRestores, string, ziplist } from "./Payloads.ts"

const intset = (width: number, ...members: ReadonlyArray<number>): Buffer => {
  const buffer = Buffer.alloc(8 + members.length * width)
  buffer.writeUInt32LE(width, 0)
  buffer.writeUInt32LE(members.length, 4)
  for (const [i, member] of members.entries()) buffer.writeIntLE(member, 8 + i * width, Math.min(width, 6))
  return buffer
}

/** With as many unused bytes behind each value. */
const zipmap = (free: number, ...texts: ReadonlyArray<string>): Buffer =>
  bytes(
    texts.length >> 1,
    ...texts.map((text, i) =>
      i % 2 === 0 ? bytes(text.length, text) : bytes(text.length, free, text, Buffer.alloc(free))
    ),
    255
  )

it.effect("a set as Redis 7.2 writes it is read", () =>
  Effect.gen(function*() {
    const client = yield* InProcess.make()
    const restore = (name: string, ...elements: ReadonlyArray<string>) =>
      client.show("RESTORE", name, 0, payload(RdbType.setListpack, string(listpack(...elements))))
    assert.strictEqual(yield* restore("mixed", "1", "text", "-5"), "OK")
    assert.strictEqual(yield* client.show("SMISMEMBER", "mixed", "1", "text", "-5", "2"), show(1, 1, 1, 0))
    assert.strictEqual(yield* client.show("OBJECT", "ENCODING", "mixed"), "\"hashtable\"")
    assert.strictEqual(yield* restore("integers", "3", "1"), "OK")
    assert.strictEqual(yield* client.show("OBJECT", "ENCODING", "integers"), "\"intset\"")
    assert.match(yield* restore("twice", "a", "b", "a"), /Bad data format/)
    assert.match(yield* restore("empty"), /Bad data format/)
  }).pipe(Effect.provide(commands())))

const show = (...integers: ReadonlyArray<number>): string =>
  integers.map((integer, i) => `${i + 1}) (integer) ${integer}`).join("\n")

const long = "x".repeat(65)
const many = Array.from({ length: 600 }, (_, i) => `f${i}`)

describeWithRedis("RESTORE of a hash", () => {
  it.live("does as redis-server does, with ziplists, zipmaps and what is broken", () =>
    sameRestores({
      "pairs": payload(RdbType.hash, 2, string("a"), string("1"), string("b"), string("text")),
      "a long value": payload(RdbType.hash, 1, string("a"), string(long)),
      "no pairs": payload(RdbType.hash, 0),
      "more pairs than there are": payload(RdbType.hash, 3, string("a"), string("1")),
      "a field twice in a hash table": payload(RdbType.hash, 2, string("a"), string(long), string("a"), string("2")),
      "a listpack": payload(RdbType.hashListpack, string(listpack("a", "1", "b", "text"))),
      "a listpack with a long value": payload(RdbType.hashListpack, string(listpack("a", long))),
      "a listpack with a value missing": payload(RdbType.hashListpack, string(listpack("a", "1", "b"))),
      "a listpack with a field twice": payload(RdbType.hashListpack, string(listpack("a", "1", "a", "2"))),
      "a listpack without elements": payload(RdbType.hashListpack, string(listpack())),
      "a listpack that is broken": payload(RdbType.hashListpack, string(listpack("a", "1").subarray(0, 8))),
      "a ziplist": payload(RdbType.hashZiplist, string(ziplist("a", "1", "b", "text"))),
      "a ziplist with a value missing": payload(RdbType.hashZiplist, string(ziplist("a", "1", "b"))),
      "a ziplist with a field twice": payload(RdbType.hashZiplist, string(ziplist("a", "1", "a", "2"))),
      "a ziplist without elements": payload(RdbType.hashZiplist, string(ziplist())),
      "a zipmap": payload(RdbType.hashZipmap, string(zipmap(0, "a", "1", "b", "text"))),
      "a zipmap with room": payload(RdbType.hashZipmap, string(zipmap(3, "a", "1", "b", "text"))),
      "a zipmap with a long value": payload(RdbType.hashZipmap, string(zipmap(0, "a", long))),
      "a zipmap with a field twice": payload(RdbType.hashZipmap, string(zipmap(0, "a", "1", "a", "2"))),
      "a zipmap that is broken": payload(RdbType.hashZipmap, string(zipmap(0, "a", "1").subarray(0, 4)))
    }, ["HGETALL"]))

  it.live("makes a hash table of one with too many fields", () =>
    sameRestores({
      "a listpack": payload(RdbType.hashListpack, string(listpack(...many.flatMap((field) => [field, "1"])))),
      "pairs": payload(RdbType.hash, 0x42, 0x58, ...many.flatMap((field) => [string(field), string("1")]))
    }, ["HLEN"]))
})

describeWithRedis("RESTORE of a set", () => {
  it.live("does as redis-server does, whatever is in it", () =>
    sameRestores({
      "integers": payload(RdbType.set, 3, string("3"), string("1"), string("2")),
      "text": payload(RdbType.set, 1, string("text")),
      "no members": payload(RdbType.set, 0),
      "a member twice": payload(RdbType.set, 2, string("a"), string("a")),
      "an intset": payload(RdbType.setIntset, string(intset(2, -5, 1, 300))),
      "a wide intset": payload(RdbType.setIntset, string(intset(4, -5, 1, 100_000))),
      "an intset out of order": payload(RdbType.setIntset, string(intset(2, 5, 1))),
      "an intset with a member twice": payload(RdbType.setIntset, string(intset(2, 1, 1))),
      "an intset without members": payload(RdbType.setIntset, string(intset(2))),
      "an intset of no known width": payload(RdbType.setIntset, string(intset(3, 1, 2))),
      "an intset that is cut": payload(RdbType.setIntset, string(intset(2, 1, 2).subarray(0, 10)))
    }, ["SMEMBERS"]))

  it.live("makes a hash table of one with too many integers", () =>
    sameRestores({
      "an intset": payload(RdbType.setIntset, string(intset(2, ...many.keys()))),
      "members": payload(RdbType.set, 0x42, 0x58, ...many.map((_, i) => string(String(i))))
    }, ["SCARD"]))
})
