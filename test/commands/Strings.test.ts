import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { Encoding, metaOf, Type } from "../../src/store/Entry.ts"
import { Store } from "../../src/store/Store.ts"
import * as InProcess from "../support/InProcess.ts"
import { commands } from "../support/Layers.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { connect, render } from "../support/RawClient.ts"
import { sameAnswers } from "../support/SameAnswers.ts"
import { startRedis } from "../support/ServerProcess.ts"

const client = Effect.gen(function*() {
  const store = yield* Store
  const ours = yield* InProcess.make()
  const pass = (milliseconds: number) =>
    Effect.gen(function*() {
      yield* TestClock.adjust(milliseconds)
      store.state.setTime(yield* Clock.currentTimeMillis)
    })
  return { ...ours, store, pass }
})

describe("Strings", () => {
  it.effect("SET with a time to live expires, and plain SET takes the time to live away", () =>
    Effect.gen(function*() {
      const { pass, show } = yield* client
      yield* show("SET", "a", "1", "PX", 1000)
      yield* show("SET", "b", "1", "EX", 1)
      yield* show("SET", "c", "1", "EX", 1)
      yield* show("SET", "c", "2", "KEEPTTL")
      yield* show("SET", "b", "2")
      yield* pass(1000)
      assert.strictEqual(yield* show("MGET", "a", "b", "c"), "1) \"1\"\n2) \"2\"\n3) \"2\"")
      yield* pass(1)
      assert.strictEqual(yield* show("MGET", "a", "b", "c"), "1) (nil)\n2) \"2\"\n3) (nil)")
    }).pipe(Effect.provide(commands())))

  it.effect("GETEX moves the time to live, and deletes when it has passed", () =>
    Effect.gen(function*() {
      const { pass, show } = yield* client
      yield* pass(10_000)
      yield* show("SET", "a", "1", "PX", 1000)
      assert.strictEqual(yield* show("GETEX", "a", "PX", 3000), "\"1\"")
      yield* pass(2000)
      assert.strictEqual(yield* show("PTTL", "a"), "(integer) 1000")
      assert.strictEqual(yield* show("GETEX", "a", "PERSIST"), "\"1\"")
      assert.strictEqual(yield* show("PTTL", "a"), "(integer) -1")
      assert.strictEqual(yield* show("GETEX", "a", "EXAT", 12), "\"1\"")
      assert.strictEqual(yield* show("EXISTS", "a"), "(integer) 0")
    }).pipe(Effect.provide(commands())))

  it.effect("counters keep 64 bits", () =>
    Effect.gen(function*() {
      const { show } = yield* client
      yield* show("SET", "a", "9007199254740991")
      assert.strictEqual(yield* show("INCRBY", "a", "9007199254740993"), "(integer) 18014398509481984")
      yield* show("SET", "a", "9223372036854775806")
      assert.strictEqual(yield* show("INCR", "a"), "(integer) 9223372036854775807")
      assert.strictEqual(yield* show("INCR", "a"), "(error) ERR increment or decrement would overflow")
      assert.strictEqual(yield* show("GET", "a"), "\"9223372036854775807\"")
    }).pipe(Effect.provide(commands())))

  it.effect("a reply with a huge value keeps what it was while the value changes", () =>
    Effect.gen(function*() {
      const { command, show } = yield* client
      yield* command("SET", "a", Buffer.alloc(700_000, "x"))
      const replies = yield* Effect.all([
        command("GET", "a"),
        command("SETRANGE", "a", 0, "yyy"),
        command("GETDEL", "a")
      ])
      const [before, length, after] = replies
      assert(before._tag === "Bulk" && after._tag === "Bulk" && length._tag === "Integer")
      assert.isTrue(Buffer.alloc(700_000, "x").equals(before.bytes))
      assert.strictEqual(Buffer.from(after.bytes).toString("latin1", 0, 5), "yyyxx")
      assert.strictEqual(yield* show("GET", "a"), "(nil)")
    }).pipe(Effect.provide(commands())))

  it.effect("strings grow no further than proto-max-bulk-len", () =>
    Effect.gen(function*() {
      const { show, store } = yield* client
      store.state.settings.maxStringLength = 1024
      const tooLong = "(error) ERR string exceeds maximum allowed size (proto-max-bulk-len)"
      assert.strictEqual(yield* show("SETRANGE", "a", 1023, "x"), "(integer) 1024")
      assert.strictEqual(yield* show("SETRANGE", "a", 1024, "x"), tooLong)
      assert.strictEqual(yield* show("APPEND", "a", "x"), tooLong)
      assert.strictEqual(yield* show("SETBIT", "a", 8191, 1), "(integer) 0")
      assert.match(yield* show("SETBIT", "a", 8192, 1), /bit offset is not an integer or out of range/)
      assert.match(yield* show("LCS", "a", "a"), /exceeds proto-max-bulk-len/)
      // What a master sends was within its own limit.
      store.state.applying = true
      assert.strictEqual(yield* show("APPEND", "a", "x"), "(integer) 1025")
    }).pipe(Effect.provide(commands())))
})

const options = [
  "NX",
  "XX",
  "GET",
  "KEEPTTL",
  "EX 100",
  "PX 100000",
  "EXAT 33177117420",
  "PERSIST",
  "EX",
  "EX 0",
  "EX x"
]
const pairs = options.flatMap((one) => options.map((other) => `${one} ${other}`))
const integers = ["0", "1", "-1", "3", "-3", "100", "-100", "9223372036854775807", "-9223372036854775808", "1x"]
const floats = ["1.5", "-1.5", "3.0e3", "1e-17", "0.1", "inf", "nan", "1e4932", "-1e4932", "0x10", "1x"]

const refused = [
  "APPEND list x",
  "DECRBY list x",
  "INCRBY list 1",
  "INCRBYFLOAT list x",
  "GET list",
  "GETDEL list",
  "GETEX list EX 0",
  "GETEX list EX",
  "GETRANGE list x 1",
  "GETRANGE list 0 1",
  "GETSET list x",
  "MGET s list",
  "SET list v GET",
  "SET list v GET EX 0",
  "SET list v NX GET",
  "SETNX list v",
  "SETRANGE list -1 x",
  "SETRANGE list 0 x",
  "SETRANGE list 536870912 x",
  "STRLEN list",
  "LCS s list LEN IDX",
  "LCS s s LEN IDX",
  "LCS s s MINMATCHLEN",
  "MSET a 1 b",
  "MSETNX a 1 b",
  "MSETNX list 1 b 1",
  "SETBIT list x 1",
  "SETBIT list 1 2",
  "SETBIT list 1 1",
  "GETBIT list x",
  "GETBIT list 1",
  "BITCOUNT list x y",
  "BITPOS list 2",
  "BITPOS list 1 x",
  "BITOP XNOR d list",
  "BITOP NOT d list list",
  "BITOP AND d s list",
  "BITFIELD list GET u64 0",
  "BITFIELD list GET u8 0",
  "BITFIELD list SET u8 0 1",
  "BITFIELD_RO list SET u8 0 1",
  "BITFIELD_RO list GET u8 0"
]

describeWithRedis("redis-server's replies on strings", () => {
  const compare = (title: string, lines: ReadonlyArray<string | ReadonlyArray<string>>) =>
    it.live(
      title,
      () =>
        Effect.andThen(Store.useSync(({ state }) => state.setTime(Date.now())), sameAnswers(lines)).pipe(
          Effect.provide(commands())
        )
    )

  compare("SET takes any two options as it does", [
    ...pairs.flatMap((pair) => [`SET none v ${pair}`, "DEL none", "SET k old", `SET k new ${pair}`, "GET k"])
  ])

  compare("GETEX and SETEX check times as it does", [
    "SET k v",
    ...pairs.flatMap((pair) => [`GETEX k ${pair}`, `GETEX none ${pair}`]),
    ...integers.flatMap((time) => [
      `SETEX k ${time} v`,
      `PSETEX k ${time} v`,
      // A time of a millisecond may have passed before the next command comes.
      "SET k v",
      `GETEX k EXAT ${time}`,
      "SET k v",
      `GETEX k PXAT ${time}`
    ])
  ])

  compare("parts of strings are cut as it does", [
    "SET k abcdef",
    "SET empty v",
    "SETRANGE empty 0 x",
    ...integers.flatMap((from) => integers.map((to) => `GETRANGE k ${from} ${to}`)),
    ...integers.flatMap((from) => [`SUBSTR none ${from} 1`, `SETRANGE k ${from.slice(0, 4)} xy`, "GET k"]),
    ["SETRANGE", "none", "5", ""],
    ["SETRANGE", "k", "5", ""],
    ["SETRANGE", "k", "-1", ""],
    ["SETRANGE", "k", "536870912", "x"],
    ["APPEND", "k", ""],
    "OBJECT ENCODING k"
  ])

  compare("numbers are counted as it does", [
    ...integers.flatMap((from) =>
      integers.flatMap((by) => [`SET k ${from}`, `INCRBY k ${by}`, `DECRBY k ${by}`, "INCR k", "DECR k", "GET k"])
    ),
    ...floats.flatMap((from) =>
      floats.flatMap((by) => [`SET k ${from}`, `INCRBYFLOAT k ${by}`, "OBJECT ENCODING k", `INCRBYFLOAT k ${by}`])
    )
  ])

  compare("encodings are the ones that it shows", [
    "SET k 12",
    "OBJECT ENCODING k",
    "APPEND k 3",
    "OBJECT ENCODING k",
    "INCR k",
    "OBJECT ENCODING k",
    "APPEND new 12",
    "OBJECT ENCODING new",
    `SET k ${"x".repeat(44)}`,
    "OBJECT ENCODING k",
    `SET k ${"x".repeat(45)}`,
    "OBJECT ENCODING k",
    "SET k 12345678901234567890",
    "OBJECT ENCODING k",
    "SETRANGE fresh 0 1",
    "OBJECT ENCODING fresh",
    "SETBIT k 0 0",
    "OBJECT ENCODING k"
  ])

  it.live("another type is refused, in the same order of checks", () =>
    Effect.gen(function*() {
      const ours = yield* InProcess.make()
      const redis = yield* connect((yield* startRedis()).port)
      // An entry of that type is enough: nobody looks at its value.
      const db = (yield* Store).database(0)
      db.add(Buffer.from("list"), 0, 4, metaOf(Type.list, Encoding.listpack), 0)
      yield* redis.command("RPUSH", "list", "x")
      for (const line of ["SET s abc", ...refused]) {
        const args = line.split(" ")
        const expected = render((yield* redis.command(...args)).value)
        assert.strictEqual(yield* ours.show(...args), expected, line)
      }
    }).pipe(Effect.provide(commands())))

  compare("LCS shows what it shows", [
    "MSET a ohmytext b mynewtext c xxxx",
    ...[
      "",
      " LEN",
      " IDX",
      " IDX WITHMATCHLEN",
      " IDX MINMATCHLEN 4 WITHMATCHLEN",
      " MINMATCHLEN -1 IDX",
      " LEN WITHMATCHLEN"
    ]
      .flatMap((tail) => ["a b", "b a", "a a", "a c", "c c", "a none"].map((keys) => `LCS ${keys}${tail}`))
  ])
})
