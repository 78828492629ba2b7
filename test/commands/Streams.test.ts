import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { Store } from "../../src/store/Store.ts"
import * as StreamType from "../../src/store/types/StreamType.ts"
import { random } from "../memory/Random.ts"
import * as InProcess from "../support/InProcess.ts"
import { commands } from "../support/Layers.ts"
import { connect, layer } from "../support/MemoryServer.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import * as RawClient from "../support/RawClient.ts"
import { sameAnswers } from "../support/SameAnswers.ts"
import { sameEffects } from "../support/SameEffects.ts"
import { startRedis } from "../support/ServerProcess.ts"

const words = (lines: ReadonlyArray<string>) => lines.map((line) => line.split(" "))
const top = "18446744073709551615"

describe("XADD", () => {
  it.effect("makes ids of the clock's time, and counts on while it stands still or goes back", () =>
    Effect.gen(function*() {
      const client = yield* connect
      yield* TestClock.adjust(1000)
      assert.strictEqual(yield* client.show("XADD", "s", "*", "a", 1), "\"1000-0\"")
      assert.strictEqual(yield* client.show("XADD", "s", "*", "a", 1), "\"1000-1\"")
      yield* TestClock.adjust(5)
      assert.strictEqual(yield* client.show("XADD", "s", "*", "a", 1), "\"1005-0\"")
      assert.strictEqual(yield* client.show("XADD", "s", "2000-7", "a", 1), "\"2000-7\"")
      assert.strictEqual(yield* client.show("XADD", "s", "*", "a", 1), "\"2000-8\"")
      assert.strictEqual(yield* client.show("XADD", "s", "2000-*", "a", 1), "\"2000-9\"")
      assert.strictEqual(
        yield* client.show("XADD", "s", `1999-${top}`, "a", 1).pipe(Effect.map((text) => text.slice(0, 11))),
        "(error) ERR"
      )
    }).pipe(Effect.provide(layer())))
})

describe("XREAD with `block` behind STREAMS", () => {
  it.effect("waits as if it stood before", () =>
    Effect.gen(function*() {
      const [reader, writer] = [yield* connect, yield* connect]
      yield* reader.send("XREAD", "streams", "block", 500, "a", "b", "$", "$")
      assert.deepStrictEqual(yield* reader.received, [])
      yield* writer.show("XADD", "b", "1-1", "f", "v")
      assert.deepStrictEqual(yield* reader.received, [
        "1) 1) \"b\"\n   2) 1) 1) \"1-1\"\n         2) 1) \"f\"\n            2) \"v\""
      ])
      yield* reader.send("XREAD", "COUNT", 1, "STREAMS", "BLOCK", 500, "b", "$")
      yield* TestClock.adjust(501)
      assert.deepStrictEqual(yield* reader.received, ["(nil)"])
      yield* writer.show("XGROUP", "CREATE", "b", "g", 0)
      assert.match(yield* reader.show("XREADGROUP", "GROUP", "g", "c", "STREAMS", "block", 5, "b", ">"), /1-1/)
    }).pipe(Effect.provide(layer())))

  it.effect("leaves streams of that name and Redis's errors as they are", () =>
    Effect.gen(function*() {
      const client = yield* connect
      yield* client.show("XADD", "block", "1-1", "f", "v")
      assert.match(yield* client.show("XREAD", "STREAMS", "block", "0-0"), /"block"/)
      assert.match(yield* client.show("XREAD", "STREAMS", "block", "key", 0, 0), /"block"/)
      // All of it is sound with the keys `block` and 5
      assert.match(yield* client.show("XREAD", "STREAMS", "block", 5, 0, 0), /"block"/)
      assert.match(yield* client.show("XREAD", "STREAMS", "block", 5, "key"), /Unbalanced/)
      assert.match(yield* client.show("XREAD", "STREAMS", "block", "x", "key", "$"), /Invalid stream ID/)
      assert.match(yield* client.show("XREAD", "STREAMS", "block", -1, "key", "$"), /timeout is negative/)
    }).pipe(Effect.provide(layer())))
})

describe("a client that waits for a stream", () => {
  it.effect("gets what comes behind its id, once", () =>
    Effect.gen(function*() {
      const [first, second, writer] = [yield* connect, yield* connect, yield* connect]
      yield* writer.show("XADD", "s", "1-1", "f", "old")
      for (const client of [first, second]) yield* client.send("XREAD", "BLOCK", 0, "STREAMS", "s", "$")
      yield* writer.show("XADD", "s", "2-1", "f", "new")
      for (const client of [first, second]) {
        const [reply, ...more] = yield* client.received
        assert.match(reply ?? "", /2-1/)
        assert.notMatch(reply ?? "", /1-1/)
        assert.deepStrictEqual(more, [])
      }
      assert.strictEqual(yield* first.show("PING"), "PONG")
    }).pipe(Effect.provide(layer())))

  it.effect("gets all entries of an EXEC together", () =>
    Effect.gen(function*() {
      const [reader, writer] = [yield* connect, yield* connect]
      yield* reader.send("XREAD", "BLOCK", 0, "STREAMS", "s", "$")
      for (const line of ["MULTI", "XADD s 1-1 a 1", "XADD s 2-1 a 1", "EXEC"]) yield* writer.show(...line.split(" "))
      const [reply] = yield* reader.received
      assert.match(reply ?? "", /1-1[^]*2-1/)
    }).pipe(Effect.provide(layer())))

  it.effect("shares the entries with the others of its group, the oldest first", () =>
    Effect.gen(function*() {
      const [first, second, writer] = [yield* connect, yield* connect, yield* connect]
      yield* writer.show("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM")
      yield* first.send("XREADGROUP", "GROUP", "g", "a", "BLOCK", 0, "STREAMS", "s", ">")
      yield* second.send("XREADGROUP", "GROUP", "g", "b", "BLOCK", 0, "STREAMS", "s", ">")
      yield* writer.show("XADD", "s", "1-1", "f", "v")
      assert.match((yield* first.received).join(), /1-1/)
      assert.deepStrictEqual(yield* second.received, [])
      yield* writer.show("XADD", "s", "2-1", "f", "v")
      assert.match((yield* second.received).join(), /2-1/)
      yield* TestClock.adjust(50)
      assert.match(yield* writer.show("XPENDING", "s", "g", "-", "+", 10), /"a"\n.*50\n[^]*"b"\n.*50/)
    }).pipe(Effect.provide(layer())))

  const endings: ReadonlyArray<readonly [string, ReadonlyArray<string>, RegExp]> = [
    ["DEL", ["DEL s"], /UNBLOCKED the stream key no longer exists/],
    ["UNLINK", ["UNLINK s"], /UNBLOCKED/],
    ["SET", ["SET s v"], /UNBLOCKED/],
    ["RENAME", ["RENAME s t"], /UNBLOCKED/],
    ["MOVE", ["MOVE s 3"], /UNBLOCKED/],
    ["FLUSHALL", ["FLUSHALL"], /UNBLOCKED/],
    ["FLUSHDB", ["XADD t 1-1 a 1", "SELECT 1", "XADD t 1-1 a 1", "SELECT 0", "FLUSHDB"], /UNBLOCKED/],
    ["SWAPDB", ["SWAPDB 0 1"], /UNBLOCKED/],
    ["another type in an EXEC", ["MULTI", "DEL s", "SET s v", "EXEC"], /UNBLOCKED/],
    [
      "XGROUP DESTROY",
      ["XGROUP DESTROY s g"],
      /NOGROUP the consumer group this client was blocked on no longer exists/
    ],
    ["another stream in an EXEC", ["MULTI", "DEL s", "XADD s 1-1 a 1", "EXEC"], /NOGROUP/]
  ]
  for (const [name, lines, expected] of endings) {
    it.effect(`in a group hears of the end of its group: ${name}`, () =>
      Effect.gen(function*() {
        const [reader, plain, writer] = [yield* connect, yield* connect, yield* connect]
        yield* writer.show("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM")
        yield* reader.send("XREADGROUP", "GROUP", "g", "c", "BLOCK", 0, "STREAMS", "s", ">")
        yield* plain.send("XREAD", "BLOCK", 0, "STREAMS", "s", "9-9")
        assert.deepStrictEqual(yield* reader.received, [])
        for (const line of lines) yield* writer.show(...line.split(" "))
        assert.match((yield* reader.received).join(), expected)
        assert.deepStrictEqual(yield* plain.received, [])
      }).pipe(Effect.provide(layer())))
  }

  it.effect("in a group hears of the expiry of its stream, though no command runs", () =>
    Effect.gen(function*() {
      const [reader, writer] = [yield* connect, yield* connect]
      yield* writer.show("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM")
      yield* reader.send("XREADGROUP", "GROUP", "g", "c", "BLOCK", 0, "STREAMS", "s", ">")
      yield* reader.received
      yield* writer.show("PEXPIRE", "s", 100)
      yield* TestClock.adjust(1000)
      assert.match((yield* reader.received).join(), /UNBLOCKED/)
    }).pipe(Effect.provide(layer())))

  const arrivals: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
    ["RENAME", ["XADD t 1-1 a 1", "RENAME t s"]],
    ["COPY", ["XADD t 1-1 a 1", "COPY t s"]],
    ["MOVE", ["SELECT 1", "XADD s 1-1 a 1", "MOVE s 0"]],
    ["SWAPDB", ["SELECT 1", "XADD s 1-1 a 1", "SWAPDB 0 1"]]
  ]
  for (const [name, lines] of arrivals) {
    it.effect(`is served when the stream comes by ${name}`, () =>
      Effect.gen(function*() {
        const [reader, writer] = [yield* connect, yield* connect]
        yield* reader.send("XREAD", "BLOCK", 0, "STREAMS", "s", "0")
        assert.deepStrictEqual(yield* reader.received, [])
        for (const line of lines) yield* writer.show(...line.split(" "))
        assert.match((yield* reader.received).join(), /1-1/)
      }).pipe(Effect.provide(layer())))
  }

  it.effect("is served when the stream comes by RESTORE", () =>
    Effect.gen(function*() {
      const [reader, writer] = [yield* connect, yield* connect]
      yield* reader.send("XREAD", "BLOCK", 0, "STREAMS", "s", "0")
      assert.deepStrictEqual(yield* reader.received, [])
      // XADD t 1-1 a 1, as redis-server dumps it
      const dump = "EwEQAAAAAAAAAAEAAAAAAAAAARwcAAAACgABAQABAQGBYQIAAQIBAAEAAQEBBAH/AQEBAQEAAAEACgApfXgP2IqmLA=="
      assert.strictEqual(yield* writer.show("RESTORE", "s", 0, Buffer.from(dump, "base64")), "OK")
      assert.match((yield* reader.received).join(), /1-1/)
    }).pipe(Effect.provide(layer())))

  it.effect("waits for a very long time where it is told so, and answers at once within MULTI", () =>
    Effect.gen(function*() {
      const [reader, writer] = [yield* connect, yield* connect]
      yield* reader.send("XREAD", "BLOCK", "9223372036854775807", "STREAMS", "s", "$")
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* reader.received, [])
      yield* writer.show("MULTI")
      yield* writer.show("XREAD", "BLOCK", 0, "STREAMS", "s", "$")
      assert.strictEqual(yield* writer.show("EXEC"), "1) (nil)")
      yield* writer.show("XADD", "s", "*", "f", "v")
      assert.match((yield* reader.received).join(), /"v"/)
    }).pipe(Effect.provide(layer())))

  it.effect("is propagated by what it was given, and by nothing when it was given nothing", () =>
    Effect.gen(function*() {
      const { state } = yield* Store
      const log: Array<string> = []
      state.propagation.subscribe((effects) => {
        for (const { args } of effects) log.push(args.map((arg) => Buffer.from(arg).toString()).join(" "))
      })
      const [reader, writer] = [yield* connect, yield* connect]
      yield* writer.show("XGROUP", "CREATE", "s", "g", "0", "MKSTREAM")
      yield* reader.send("XREADGROUP", "GROUP", "g", "c", "BLOCK", 0, "STREAMS", "s", ">")
      yield* writer.show("XADD", "s", "1-1", "f", "v")
      yield* reader.send("XREADGROUP", "GROUP", "g", "c", "BLOCK", 10, "STREAMS", "s", ">")
      yield* writer.show("SET", "k", "v")
      yield* TestClock.adjust(11)
      yield* reader.send("XREAD", "BLOCK", 0, "STREAMS", "s", "$")
      yield* writer.show("XADD", "s", "2-1", "f", "v")
      yield* reader.received
      assert.deepStrictEqual(log, [
        "XGROUP CREATE s g 0 MKSTREAM",
        "XADD s 1-1 f v",
        "XCLAIM s g c 0 1-1 TIME 0 RETRYCOUNT 1 FORCE JUSTID LASTID 1-1",
        "SET k v",
        "XADD s 2-1 f v"
      ])
    }).pipe(Effect.provide(layer())))
})

describe("XCLAIM", () => {
  it.effect("is propagated with the ids as they were given, and of a deleted entry by itself", () =>
    Effect.gen(function*() {
      const { state } = yield* Store
      const client = yield* connect
      yield* client.show("XADD", "s", "7-0", "f", "v")
      yield* client.show("XGROUP", "CREATE", "s", "g", "0")
      const log: Array<string> = []
      state.propagation.subscribe((effects) => {
        for (const { args } of effects) log.push(args.map((arg) => Buffer.from(arg).toString()).join(" "))
      })
      yield* client.show("XCLAIM", "s", "g", "c", "0", "7", "FORCE", "JUSTID")
      yield* client.show("XDEL", "s", "7")
      yield* client.show("XCLAIM", "s", "g", "c", "0", "7", "LASTID", "9")
      assert.deepStrictEqual(log, [
        "XCLAIM s g c 0 7 TIME 0 RETRYCOUNT 1 FORCE JUSTID LASTID 0-0",
        "XDEL s 7",
        "XCLAIM s g c 0 7 TIME 0 RETRYCOUNT 1 FORCE JUSTID LASTID 9-0"
      ])
    }).pipe(Effect.provide(layer())))
})

const answers = [
  "XADD s 0-0 a 1",
  "XADD s 0-* a 1",
  "XADD s 5 a 1",
  "XADD s 5-0 a 1",
  "XADD s 5-* a 1 b 2",
  "XADD s + a 1",
  "XADD s -5 a 1",
  "XADD s 5--3 a 1",
  "XADD s +6-+1 a 1",
  "XADD s 007-00 a 1",
  `XADD s 7-${top} a 1`,
  "XADD s 7-* a 1",
  "XADD s 8-1 a",
  "XADD s 8-1 a 1 b",
  "XADD s NOMKSTREAM",
  "XADD none NOMKSTREAM 1-1 a 1",
  "XADD s MAXLEN 3 MINID 1 9-1 a 1",
  "XADD s MAXLEN -1 9-1 a 1",
  "XADD s MAXLEN x 9-1 a 1",
  "XADD s LIMIT 5 9-1 a 1",
  "XADD s LIMIT 0 9-1 a 1",
  "XADD s MAXLEN 5 LIMIT 5 9-1 a 1",
  "XADD s MAXLEN ~ 5 LIMIT -1 9-1 a 1",
  "XADD s MAXLEN = 5 9-1 a 1",
  "XADD s MINID ~ - 9-2 a 1",
  "XADD s MINID ~ 5-1 LIMIT 3 9-2 a 1",
  "XRANGE s - +",
  "XRANGE s - + COUNT 2",
  "XRANGE s - + COUNT 0",
  "XRANGE s - + COUNT -1",
  "XRANGE s - + COUNT",
  "XRANGE s (5 (9",
  "XRANGE s 5 5",
  "XRANGE s (- +",
  "XRANGE s ( +",
  `XRANGE s (${top}-${top} +`,
  "XRANGE s - (0-0",
  "XREVRANGE s + - COUNT 3",
  "XREVRANGE s (9-2 (5",
  "XREVRANGE none + -",
  "XRANGE none - + COUNT 0",
  "XLEN s",
  "XDEL s 5 5 1-1",
  "XDEL s 5 x",
  "XDEL none x",
  "XTRIM s MAXLEN",
  "XTRIM s LIMIT 5",
  "XTRIM s 5 MAXLEN",
  "XTRIM s MAXLEN 2",
  "XINFO STREAM s",
  "XSETID s 1",
  "XSETID s 20-1 ENTRIESADDED 1",
  "XSETID s 20-1 ENTRIESADDED -1",
  "XSETID s 20-1 MAXDELETEDID 30-1",
  "XSETID s 20-1 ENTRIESADDED 9223372036854775807 MAXDELETEDID 10-1",
  "XSETID none 1-1",
  "XADD s 21-1 a 1",
  "XINFO STREAM s",
  "XGROUP CREATE s g $",
  "XGROUP CREATE s g $",
  "XGROUP CREATE none g $",
  "XGROUP CREATE none g x MKSTREAM",
  "XGROUP CREATE new g $ MKSTREAM ENTRIESREAD 5",
  "XGROUP CREATE s h 0 ENTRIESREAD -2",
  "XGROUP CREATE s h 0 FOO",
  "XGROUP CREATE s h 0 MKSTREAM MKSTREAM MKSTREAM MKSTREAM",
  "XGROUP SETID s g 0 ENTRIESREAD 3",
  "XGROUP SETID s g -",
  "XGROUP SETID s nosuch 0",
  "XGROUP SETID s g",
  "XGROUP",
  "XGROUP HELP",
  "XREADGROUP GROUP g c COUNT 1 STREAMS s >",
  "XREADGROUP GROUP g c STREAMS s 0",
  "XREADGROUP GROUP g d NOACK STREAMS s new > 0",
  "XREADGROUP GROUP g c STREAMS s $",
  "XREADGROUP GROUP g c STREAMS none >",
  "XREADGROUP STREAMS s > a a a",
  "XREADGROUP GROUP g c BLOCK 1 STREAMS new >",
  "XREAD STREAMS s 0",
  "XREAD COUNT 1 STREAMS s new s 0 0 9",
  "XREAD STREAMS s >",
  "XREAD STREAMS s $",
  "XREAD STREAMS s",
  "XREAD STREAMS s a b",
  "XREAD GROUP g c STREAMS s 0",
  "XREAD NOACK STREAMS s 0",
  "XREAD BLOCK -1 STREAMS s 0",
  "XREAD BLOCK x STREAMS s 0",
  "XREAD COUNT x STREAMS s 0",
  "XREAD BLOCK 1 COUNT 0 STREAMS none 0",
  "XREAD FOO 1 2 3",
  "XPENDING s g",
  "XPENDING new g",
  "XPENDING s nosuch",
  "XPENDING s g - +",
  "XPENDING s g IDLE 5 - +",
  "XPENDING s g IDLE 1000000 - + 5",
  "XPENDING s g - + 5 nobody",
  "XPENDING s g - + x",
  "XPENDING s g x + 5",
  "XCLAIM s g e 0 9-1 21-1 FORCE JUSTID",
  "XCLAIM s g e 0 21-1 IDLE x",
  "XCLAIM s g e x 21-1",
  "XCLAIM s g e 0 21-1 FOO",
  "XCLAIM s g e 0 21-1 RETRYCOUNT 7 IDLE 100 FORCE LASTID 3",
  "XCLAIM s nosuch e 0 21-1",
  "XCLAIM s g late 1000000 21-1",
  "XAUTOCLAIM s g f 0 - COUNT 1",
  "XAUTOCLAIM s g f 0 (9-1 JUSTID",
  "XAUTOCLAIM s g f 0 0 COUNT 0",
  "XAUTOCLAIM s g f 0 0 FOO",
  "XAUTOCLAIM s g f x 0",
  "XAUTOCLAIM s nosuch f 0 0",
  "XDEL s 21-1",
  "XREADGROUP GROUP g f STREAMS s 0",
  "XAUTOCLAIM s g f 0 0",
  "XINFO GROUPS s",
  "XINFO GROUPS none",
  "XINFO CONSUMERS s nosuch",
  "XINFO STREAM s FULL COUNT",
  "XINFO STREAM s FOO",
  "XINFO STREAM s FULL COUNT x",
  "XINFO HELP",
  "XACK s g 9-1 x",
  "XACK s g 9-1 9-2",
  "XACK none g x",
  "XGROUP DELCONSUMER s g c",
  "XGROUP DELCONSUMER s g nobody",
  "XGROUP CREATECONSUMER s g x",
  "XGROUP CREATECONSUMER s g x",
  "XGROUP DESTROY s g",
  "XGROUP DESTROY s g",
  `XADD end ${top}-${top} a 1`,
  "XADD end * a 1",
  "XINFO STREAM end",
  "SET text v",
  "XADD text * a 1",
  "XLEN text",
  "XREAD STREAMS text 0",
  "XACK text g 1",
  "XGROUP CREATE text g 0 FOO",
  "XGROUP CREATE text g 0",
  "XPENDING text g"
]

/** XSETID goes back behind deleted entries: their ids, in the nodes and of the nodes, are out of order then. */
const goneBack = [
  "XADD one 1 f 1",
  "XADD one 1000-5 f 2",
  "XDEL one 1000-5",
  "XSETID one 1",
  "XADD one 84-1 f 3",
  "XINFO STREAM one",
  "XRANGE one 2 84",
  "XREVRANGE one 84 2",
  "XADD many 100 f 1",
  "XADD many 200 f 2",
  "XADD many 300 f 3",
  "XDEL many 100 300",
  "XADD many 301 f 4",
  "XDEL many 200 301",
  "XSETID many 5",
  ...[6, 7, 8, 9, 101, 302].map((ms) => `XADD many ${ms} f ${ms}`),
  "XRANGE many - +",
  "XREVRANGE many + -",
  "XREVRANGE many 5 -",
  "XRANGE many 8 101",
  "XREAD STREAMS many 7",
  "XINFO STREAM many",
  "XINFO STREAM many FULL",
  "COPY many copy",
  "XREVRANGE copy 9 7",
  "XTRIM many MAXLEN 3",
  "XRANGE many - +"
]

describeWithRedis("stream commands", () => {
  it.live("answer as redis-server does", () => sameAnswers(answers).pipe(Effect.provide(commands())))

  it.live("find what was added after XSETID went back", () =>
    sameAnswers(["CONFIG SET stream-node-max-entries 3", ...goneBack]).pipe(Effect.provide(commands())))

  it.live("send redis-server's key events and have its effects", () =>
    sameEffects(words([
      "XADD s * a 1",
      "XADD s 5000000000000-* a 1",
      "XADD s 5000000000000-7 a 1",
      "XADD s 5000000000000-7 a 1",
      "XADD s MAXLEN ~ 1 5000000000001-* a 1",
      "XADD s MINID = 0 5000000000002-* a 1",
      "XADD s MAXLEN 4 5000000000003-1 a 1",
      "XADD s MAXLEN ~ 2 LIMIT 5 5000000000004-1 a 1",
      "XADD s NOMKSTREAM MINID ~ 2 LIMIT 5 * a 1",
      "XTRIM s MAXLEN ~ 100",
      "XTRIM s MAXLEN = 3",
      "XTRIM s MINID ~ 5",
      "XADD t MAXLEN ~ 0 1-1 a 1",
      "XADD t MINID ~ 9 2-1 a 1",
      "XADD t 3-1 a 1",
      "XTRIM t MAXLEN ~ 0",
      "XGROUP CREATE s g 0",
      "XGROUP CREATE s2 g $ MKSTREAM",
      "XREADGROUP GROUP g c COUNT 1 STREAMS s >",
      "XREADGROUP GROUP g c NOACK COUNT 1 STREAMS s >",
      "XREADGROUP GROUP g c2 NOACK COUNT 1 STREAMS s >",
      "XREADGROUP GROUP g c3 COUNT 1 STREAMS s >",
      "XREADGROUP GROUP g c5 COUNT 1 STREAMS s 0",
      "XREADGROUP GROUP g c6 NOACK COUNT 1 STREAMS s 0",
      "XCLAIM s g c7 1000000 5000000000003-1",
      "XCLAIM s g c7 0 5000000000004-1 5000000000003-1 FORCE",
      "XCLAIM s g c7 0 1-1 LASTID 6000000000004-1",
      "XDEL s 5000000000003-1 5000000000003-1 7-7",
      "XCLAIM s g c8 0 5000000000003-1",
      "XAUTOCLAIM s g c9 0 0 COUNT 1",
      "XAUTOCLAIM s g c10 1000000 0 COUNT 1",
      "XACK s g 5000000000004-1 7",
      "XACK s g 7",
      "XSETID s 7000000000000-0 ENTRIESADDED 40 MAXDELETEDID 4-4",
      "XGROUP SETID s g $ ENTRIESREAD 7",
      "XGROUP SETID s g -",
      "XGROUP CREATECONSUMER s g k",
      "XGROUP CREATECONSUMER s g k",
      "XGROUP DELCONSUMER s g k",
      "XGROUP DESTROY s g",
      "XGROUP DESTROY s g",
      "XREAD STREAMS s 0",
      "XLEN none"
    ])))

  it.live("leave nodes of the same bytes", () =>
    Effect.gen(function*() {
      const redis = yield* RawClient.connect((yield* startRedis({ args: ["--rdbcompression", "no"] })).port)
      const ours = yield* InProcess.make({ resp: 2 })
      const store = yield* Store
      const { below, pick } = random(3)
      let seq = 0
      for (let step = 0; step < 2500; step++) {
        const key = `s${below(3)}`
        const fields = below(3) > 0
          ? ["a", "b", "12"].flatMap((name) => [name, pick(["", "7", "-300", "70000", "9999999999", "x".repeat(80)])])
          : ["z", "y".repeat(below(3000))]
        const draw = below(100)
        const id = `${pick(["1", "1", "1", "2"])}-${below(seq + 1)}`
        const line = draw < 85
          ? ["XADD", key, `${Math.floor(step / 400) + 1}-${seq += 1 + below(40)}`, ...fields]
          : draw < 95
          ? ["XDEL", key, id, `1-${seq}`]
          : ["XTRIM", key, ...pick([["MAXLEN", "100"], ["MINID", id], ["MINID", "~", id], ["MAXLEN", "~", "150"]])]
        yield* ours.command(...line)
        yield* redis.command(...line)
        if (step % 50 !== 49) continue
        const { raw } = yield* redis.command("DUMP", key)
        const db = store.database(0)
        const name = Buffer.from(key)
        const ref = db.find(name, 0, name.length)
        if (ref === 0) continue
        const stream = StreamType.at(db, ref)
        const dump = Buffer.from(raw)
        for (let index = 0; index < stream.nodeCount; index++) {
          const bytes = StreamType.nodeBytes(stream, index)
          assert.isTrue(dump.includes(Buffer.from(bytes)), `node ${index} of ${key} after ${step} steps`)
        }
        const figures = ["XINFO", "STREAM", key]
        assert.deepStrictEqual(yield* ours.show(...figures), RawClient.render((yield* redis.command(...figures)).value))
      }
    }).pipe(Effect.provide(commands())))
})
