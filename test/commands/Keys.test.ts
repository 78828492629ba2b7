import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { Store } from "../../src/store/Store.ts"
import * as InProcess from "../support/InProcess.ts"
import { commands } from "../support/Layers.ts"
import type { Arg } from "../support/RawClient.ts"

/** Runs lines of words, and compares what redis-cli would show for each. */
const transcript = (lines: ReadonlyArray<readonly [command: string, reply: string]>) =>
  Effect.gen(function*() {
    const client = yield* InProcess.make()
    for (const [command, reply] of lines) {
      assert.strictEqual(yield* client.show(...words(command)), reply, command)
    }
  })

const words = (command: string): Array<Arg> =>
  command.split(" ").map((word) => word === "''" ? "" : word.replaceAll("_", " "))

const one = "(integer) 1"
const zero = "(integer) 0"
const error = (text: string) => `(error) ${text}`

const withTime = Effect.gen(function*() {
  const store = yield* Store
  const client = yield* InProcess.make()
  return {
    ...client,
    store,
    /** Moves the clock, as the next batch of input does too. */
    pass: (milliseconds: number) =>
      Effect.gen(function*() {
        yield* TestClock.adjust(milliseconds)
        store.state.setTime(yield* Clock.currentTimeMillis)
      })
  }
})

describe("Keys", () => {
  it.effect("DEL, UNLINK, EXISTS and TOUCH count keys, a key given twice twice where it stays", () =>
    transcript([
      ["SET a 1", "OK"],
      ["SET b 2", "OK"],
      ["EXISTS a a b c", "(integer) 3"],
      ["TOUCH a a c", "(integer) 2"],
      ["DEL a a c", one],
      ["UNLINK b b", one],
      ["EXISTS a b", zero],
      ["DBSIZE", zero]
    ]).pipe(Effect.provide(commands())))

  it.effect("EXPIRE keeps to its conditions", () =>
    transcript([
      ["SET k v", "OK"],
      ["EXPIRE k 100 XX", zero],
      ["EXPIRE k 100 GT", zero],
      ["EXPIRE k 100 LT", one],
      ["EXPIRE k 50 NX", zero],
      ["EXPIRE k 50 GT", zero],
      ["EXPIRE k 200 GT XX", one],
      ["EXPIRE k 300 LT", zero],
      ["EXPIRE k 50 lt xx", one],
      ["TTL k", "(integer) 50"],
      ["PTTL k", "(integer) 50000"],
      ["PERSIST k", one],
      ["PERSIST k", zero],
      ["TTL k", "(integer) -1"],
      ["TTL none", "(integer) -2"],
      ["EXPIRETIME none", "(integer) -2"],
      ["PEXPIRETIME k", "(integer) -1"],
      ["EXPIRE none 1", zero]
    ]).pipe(Effect.provide(commands())))

  it.effect("EXPIRE reports a bad option before a bad number before a missing key", () =>
    transcript([
      ["EXPIRE k abc FOO", error("ERR Unsupported option FOO")],
      ["EXPIRE k abc NX XX", error("ERR NX and XX, GT or LT options at the same time are not compatible")],
      ["EXPIRE k abc GT LT", error("ERR GT and LT options at the same time are not compatible")],
      ["EXPIRE k abc", error("ERR value is not an integer or out of range")],
      ["EXPIRE k 9223372036854775807", error("ERR invalid expire time in 'expire' command")],
      ["EXPIRE k 9223372036854775", error("ERR invalid expire time in 'expire' command")],
      ["EXPIREAT k -9223372036854776", error("ERR invalid expire time in 'expireat' command")],
      ["PEXPIRE k 9223372036854775807", error("ERR invalid expire time in 'pexpire' command")],
      ["PEXPIREAT k 9223372036854775807", zero]
    ]).pipe(
      // A later time than 1970 is what makes the sums overflow.
      (effect) => Effect.andThen(Store.useSync(({ state }) => state.setTime(1_700_000_000_000)), effect),
      Effect.provide(commands())
    ))

  it.effect("times to live are exact up to the last 64-bit millisecond", () =>
    transcript([
      ["SET k v", "OK"],
      ["PEXPIREAT k 9223372036854775807", one],
      ["PEXPIRETIME k", "(integer) 9223372036854775807"],
      ["EXPIRETIME k", "(integer) 9223372036854776"],
      ["PEXPIREAT k 9223372036854775806 GT", zero],
      ["PEXPIREAT k 9223372036854775806 LT", one],
      ["RENAME k l", "OK"],
      ["COPY l m", one],
      ["PEXPIRETIME m", "(integer) 9223372036854775806"]
    ]).pipe(Effect.provide(commands())))

  it.effect("a time that has passed deletes the key at once", () =>
    transcript([
      ["SET k v", "OK"],
      ["EXPIRE k -1", one],
      ["EXISTS k", zero],
      ["SET k v", "OK"],
      ["PEXPIREAT k 0", one],
      ["EXISTS k", zero],
      ["SET k v", "OK"],
      ["EXPIREAT k 1 XX", zero],
      ["EXISTS k", one]
    ]).pipe(Effect.provide(commands())))

  it.effect("a key is gone the millisecond after its time, and TTL rounds to the nearest second", () =>
    Effect.gen(function*() {
      const { show, store, pass } = yield* withTime
      store.state.settings.activeExpire = false
      yield* show("SET", "k", "v")
      yield* show("PEXPIRE", "k", 1500)
      assert.strictEqual(yield* show("TTL", "k"), "(integer) 2")
      yield* pass(1001)
      assert.strictEqual(yield* show("TTL", "k"), zero)
      yield* pass(499)
      assert.strictEqual(yield* show("PTTL", "k"), zero)
      assert.strictEqual(yield* show("GET", "k"), "\"v\"")
      yield* pass(1)
      assert.strictEqual(yield* show("DBSIZE"), one)
      assert.strictEqual(yield* show("GET", "k"), "(nil)")
      assert.strictEqual(yield* show("DBSIZE"), zero)
      assert.strictEqual(store.state.stats.expired, 1)
    }).pipe(Effect.provide(commands())))

  it.effect("RENAME takes value and time to live along and replaces what is there", () =>
    transcript([
      ["RENAME a b", error("ERR no such key")],
      ["RENAME a a", error("ERR no such key")],
      ["SET a 1", "OK"],
      ["EXPIRE a 100", one],
      ["SET b 2", "OK"],
      ["RENAMENX a b", zero],
      ["RENAMENX a a", zero],
      ["RENAME a a", "OK"],
      ["RENAME a b", "OK"],
      ["GET b", "\"1\""],
      ["TTL b", "(integer) 100"],
      ["EXISTS a", zero],
      ["RENAMENX b c", one],
      ["TTL c", "(integer) 100"],
      ["SET b 3", "OK"],
      ["RENAME b c", "OK"],
      ["TTL c", "(integer) -1"],
      ["DBSIZE", one]
    ]).pipe(Effect.provide(commands())))

  it.effect("COPY leaves the source alone and takes the time to live along", () =>
    transcript([
      ["COPY a b", zero],
      ["COPY a a", error("ERR source and destination objects are the same")],
      ["COPY a a DB 0", error("ERR source and destination objects are the same")],
      ["COPY a b DB 16", error("ERR DB index is out of range")],
      ["COPY a b DB -1", error("ERR DB index is out of range")],
      ["COPY a b DB x", error("ERR value is not an integer or out of range")],
      ["COPY a b DB 2147483648", error("ERR value is out of range, value must between -2147483648 and 2147483647")],
      ["COPY a b DB", error("ERR syntax error")],
      ["COPY a b FOO", error("ERR syntax error")],
      ["SET a 1", "OK"],
      ["EXPIRE a 100", one],
      ["COPY a b", one],
      ["COPY a b", zero],
      ["SET a 2", "OK"],
      ["GET b", "\"1\""],
      ["TTL b", "(integer) 100"],
      ["COPY a b REPLACE", one],
      ["GET b", "\"2\""],
      ["TTL b", "(integer) -1"],
      ["COPY a a DB 1", one],
      ["COPY a a DB 1 REPLACE", one],
      ["MOVE a 1", zero]
    ]).pipe(Effect.provide(commands())))

  it.effect("MOVE brings a key to a database where it is not yet", () =>
    transcript([
      ["MOVE a x", error("ERR value is not an integer or out of range")],
      ["MOVE a 16", error("ERR DB index is out of range")],
      ["MOVE a 0", error("ERR source and destination objects are the same")],
      ["MOVE a 1", zero],
      ["SET a 1", "OK"],
      ["EXPIRE a 100", one],
      ["MOVE a 1", one],
      ["EXISTS a", zero],
      ["SET a 2", "OK"],
      ["MOVE a 1", zero],
      ["SWAPDB 0 1", "OK"],
      ["GET a", "\"1\""],
      ["TTL a", "(integer) 100"]
    ]).pipe(Effect.provide(commands())))

  it.effect("huge strings move, are copied and go like others", () =>
    Effect.gen(function*() {
      const { command, show } = yield* InProcess.make()
      const store = yield* Store
      const empty = store.usedMemory()
      const value = Buffer.alloc(600_000, "0123456789")
      yield* show("SET", "a", value)
      assert.strictEqual(yield* show("COPY", "a", "b"), one)
      assert.strictEqual(yield* show("RENAME", "a", "a longer name"), "OK")
      assert.strictEqual(yield* show("MOVE", "b", 3), one)
      yield* show("SET", "c", "x")
      assert.strictEqual(yield* show("RENAME", "a longer name", "c"), "OK")
      const reply = yield* command("GET", "c")
      assert.isTrue(reply._tag === "Bulk" && Buffer.compare(reply.bytes, value) === 0)
      yield* show("SWAPDB", 0, 3)
      const copy = yield* command("GET", "b")
      assert.isTrue(copy._tag === "Bulk" && Buffer.compare(copy.bytes, value) === 0)
      yield* show("DEL", "b")
      yield* show("SWAPDB", 0, 3)
      yield* show("DEL", "c")
      assert.strictEqual(store.usedMemory(), empty)
    }).pipe(Effect.provide(commands())))

  it.effect("TYPE and OBJECT tell about a value without touching it", () =>
    transcript([
      ["TYPE k", "none"],
      ["OBJECT ENCODING k", "(nil)"],
      ["OBJECT FREQ k", "(nil)"],
      ["SET k 123", "OK"],
      ["TYPE k", "string"],
      ["OBJECT ENCODING k", "\"int\""],
      ["OBJECT REFCOUNT k", "(integer) 2147483647"],
      ["SET k 10000", "OK"],
      ["OBJECT REFCOUNT k", one],
      ["SET k abc", "OK"],
      ["object encoding k", "\"embstr\""],
      ["OBJECT IDLETIME k", zero],
      [
        "OBJECT FREQ k",
        error(
          "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when "
            + "switching between policies at runtime LRU and LFU data will take some time to adjust."
        )
      ],
      ["OBJECT", error("ERR wrong number of arguments for 'object' command")]
    ]).pipe(Effect.provide(commands())))

  it.effect("OBJECT IDLETIME counts seconds since the last use; OBJECT does not count as one", () =>
    Effect.gen(function*() {
      const { pass, show } = yield* withTime
      yield* show("SET", "k", "v")
      yield* pass(5000)
      assert.strictEqual(yield* show("OBJECT", "IDLETIME", "k"), "(integer) 5")
      yield* show("TYPE", "k")
      yield* show("EXISTS", "k")
      yield* show("TTL", "k")
      assert.strictEqual(yield* show("OBJECT", "IDLETIME", "k"), "(integer) 5")
      yield* show("TOUCH", "k")
      assert.strictEqual(yield* show("OBJECT", "IDLETIME", "k"), zero)
    }).pipe(Effect.provide(commands())))

  it.effect("OBJECT FREQ counts under an LFU policy", () =>
    Effect.gen(function*() {
      const { pass, show } = yield* withTime
      yield* show("SET", "k", "v")
      assert.strictEqual(yield* show("OBJECT", "FREQ", "k"), "(integer) 5")
      for (let i = 0; i < 50; i++) yield* show("GET", "k")
      const counter = Number((yield* show("OBJECT", "FREQ", "k")).slice("(integer) ".length))
      assert.isTrue(counter > 5 && counter < 30, `${counter}`)
      yield* pass(60_000 * 3)
      assert.strictEqual(yield* show("OBJECT", "FREQ", "k"), `(integer) ${counter - 3}`)
    }).pipe(Effect.provide(commands({ "maxmemory-policy": "allkeys-lfu" }))))

  it.effect("KEYS answers what matches and is alive", () =>
    Effect.gen(function*() {
      const { pass, show, store } = yield* withTime
      store.state.settings.activeExpire = false
      for (const key of ["one", "two", "three"]) yield* show("SET", key, 1)
      yield* show("PEXPIRE", "two", 10)
      assert.strictEqual(yield* show("KEYS", "t[hw]*"), "1) \"two\"\n2) \"three\"")
      yield* pass(11)
      assert.strictEqual(yield* show("KEYS", "t*"), "1) \"three\"")
      assert.strictEqual(yield* show("DBSIZE"), "(integer) 3")
      assert.strictEqual(yield* show("KEYS", "x*"), "(empty array)")
    }).pipe(Effect.provide(commands())))

  it.effect("SCAN shows every live key, filtered by pattern and type", () =>
    Effect.gen(function*() {
      const { command, pass, show, store } = yield* withTime
      store.state.settings.activeExpire = false
      for (let i = 0; i < 500; i++) yield* show("SET", `key:${i}`, i)
      for (let i = 0; i < 500; i += 2) yield* show("PEXPIRE", `key:${i}`, 10)
      yield* pass(11)
      const scan = (...options: ReadonlyArray<Arg>) =>
        Effect.gen(function*() {
          const keys = new Set<string>()
          let cursor = "0"
          do {
            const reply = yield* command("SCAN", cursor, ...options)
            assert(reply._tag === "Array" && reply.items[0]?._tag === "Bulk" && reply.items[1]?._tag === "Array")
            cursor = Buffer.from(reply.items[0].bytes).toString()
            for (const key of reply.items[1].items) {
              assert(key._tag === "Bulk")
              keys.add(Buffer.from(key.bytes).toString())
            }
          } while (cursor !== "0")
          return keys.size
        })
      assert.strictEqual(yield* scan("MATCH", "*7"), 50)
      assert.strictEqual(yield* scan("TYPE", "LIST"), 0)
      assert.strictEqual(yield* scan("TYPE", "String", "COUNT", 7), 250)
      assert.strictEqual(yield* scan("COUNT", 1), 250)
      assert.strictEqual(yield* show("DBSIZE"), "(integer) 250")
    }).pipe(Effect.provide(commands())))

  it.effect("SCAN takes the cursors that strtoul takes", () =>
    transcript([
      ["SCAN ''", "1) \"0\"\n2) (empty array)"],
      ["SCAN +0", "1) \"0\"\n2) (empty array)"],
      ["SCAN -1", "1) \"0\"\n2) (empty array)"],
      ["SCAN 18446744073709551615", "1) \"0\"\n2) (empty array)"],
      ["SCAN 18446744073709551616", error("ERR invalid cursor")],
      ["SCAN _0", error("ERR invalid cursor")],
      ["SCAN 0x", error("ERR invalid cursor")],
      ["SCAN 0 COUNT 0", error("ERR syntax error")],
      ["SCAN 0 COUNT x", error("ERR value is not an integer or out of range")],
      ["SCAN 0 COUNT", error("ERR syntax error")],
      ["SCAN 0 FOO 1", error("ERR syntax error")],
      ["SCAN x FOO 1", error("ERR invalid cursor")]
    ]).pipe(Effect.provide(commands())))

  it.effect("RANDOMKEY answers live keys only", () =>
    Effect.gen(function*() {
      const { pass, show, store } = yield* withTime
      store.state.settings.activeExpire = false
      assert.strictEqual(yield* show("RANDOMKEY"), "(nil)")
      for (let i = 0; i < 20; i++) yield* show("SET", `dead:${i}`, i)
      for (let i = 0; i < 20; i++) yield* show("PEXPIRE", `dead:${i}`, 10)
      yield* show("SET", "alive", 1)
      yield* pass(11)
      for (let i = 0; i < 20; i++) assert.strictEqual(yield* show("RANDOMKEY"), "\"alive\"")
      yield* show("DEL", "alive")
      assert.strictEqual(yield* show("RANDOMKEY"), "(nil)")
      assert.strictEqual(yield* show("DBSIZE"), zero)
    }).pipe(Effect.provide(commands())))

  it.effect("a replica shows no dead keys and deletes none", () =>
    Effect.gen(function*() {
      const { pass, show, store } = yield* withTime
      yield* show("SET", "k", "v")
      yield* show("PEXPIRE", "k", 10)
      store.state.ownsExpiry = false
      yield* pass(11)
      assert.strictEqual(yield* show("GET", "k"), "(nil)")
      assert.strictEqual(yield* show("DBSIZE"), one)
      // Of dead keys only, it gives up the search after a while.
      assert.strictEqual(yield* show("RANDOMKEY"), "\"k\"")
      store.state.applying = true
      assert.strictEqual(yield* show("GET", "k"), "\"v\"")
      // What its master sends has the last word, however late.
      assert.strictEqual(yield* show("PEXPIREAT", "k", 1), one)
      assert.strictEqual(yield* show("DBSIZE"), one)
    }).pipe(Effect.provide(commands())))

  it.effect("look-ups count as hits and misses where Redis counts them", () =>
    Effect.gen(function*() {
      const { show, store } = yield* withTime
      yield* show("SET", "k", "v")
      yield* show("DEL", "none")
      yield* show("RENAMENX", "k", "k")
      yield* show("EXPIRE", "none", 1)
      assert.deepInclude(store.state.stats, { hits: 0, misses: 0 })
      yield* show("EXISTS", "k", "none")
      yield* show("TOUCH", "k", "none")
      yield* show("TYPE", "none")
      yield* show("TTL", "k")
      yield* show("OBJECT", "ENCODING", "k")
      yield* show("OBJECT", "ENCODING", "none")
      yield* show("COPY", "none", "x")
      yield* show("SCAN", 0, "TYPE", "string")
      assert.deepInclude(store.state.stats, { hits: 5, misses: 5 })
    }).pipe(Effect.provide(commands())))
})
