import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as InProcess from "../support/InProcess.ts"
import { commands } from "../support/Layers.ts"
import * as MemoryServer from "../support/MemoryServer.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { plain } from "../support/Plain.ts"
import { sameAnswers } from "../support/SameAnswers.ts"

const enabled = commands({ "enable-debug-command": "yes" })
const args = ["--enable-debug-command", "yes"]
const types = "string integer double bignum null array set map attrib verbatim true false nope".split(" ")

describeWithRedis("DEBUG", () => {
  it.live("digests data as redis-server does", () =>
    sameAnswers([
      "DEBUG DIGEST",
      "SET a 1",
      "DEBUG DIGEST",
      "SET bb text",
      ["SET", Buffer.from([0, 255, 10]), Buffer.from([1, 2, 0, 200])],
      "SET volatile x",
      "EXPIRE volatile 1000",
      "DEBUG DIGEST",
      "DEBUG DIGEST-VALUE a bb nope volatile",
      "DEBUG DIGEST-VALUE",
      "MOVE a 3",
      "DEBUG DIGEST",
      "COPY bb empty",
      "SET empty ",
      "DEBUG DIGEST",
      "FLUSHALL",
      "DEBUG DIGEST"
    ], { args }).pipe(Effect.provide(enabled)))

  it.live("answers as redis-server does", () =>
    sameAnswers([
      "DEBUG",
      "DEBUG nope",
      "DEBUG JMAP",
      "DEBUG STRINGMATCH-LEN 3 a*",
      "DEBUG SLEEP",
      "DEBUG SLEEP x",
      "DEBUG SLEEP 0.001s",
      "DEBUG SLEEP -1",
      "DEBUG SLEEP 0 0",
      "DEBUG OBJECT",
      "DEBUG OBJECT nope",
      "DEBUG SET-ACTIVE-EXPIRE",
      "DEBUG SET-ACTIVE-EXPIRE 0",
      "DEBUG SET-ACTIVE-EXPIRE x",
      "DEBUG SET-ACTIVE-EXPIRE 1",
      "DEBUG POPULATE",
      "DEBUG POPULATE x",
      "DEBUG POPULATE -1",
      "DEBUG POPULATE 1 a -1",
      "SET key:1 mine",
      "DEBUG POPULATE 3",
      "DEBUG POPULATE 3 pre 20",
      "DEBUG POPULATE 1 short 2",
      "GET key:1",
      "GET key:2",
      "GET pre:2",
      "GET short:0",
      "DBSIZE",
      "DEBUG DIGEST",
      "DEBUG ERROR",
      "DEBUG ERROR hello",
      ["DEBUG", "ERROR", "two\r\nlines"],
      "DEBUG CHANGE-REPL-ID",
      "DEBUG LISTPACK nope",
      "DEBUG LISTPACK key:1",
      "DEBUG LOG hello",
      "DEBUG QUICKLIST-PACKED-THRESHOLD 1k",
      "DEBUG QUICKLIST-PACKED-THRESHOLD x",
      "DEBUG QUICKLIST-PACKED-THRESHOLD 4gb",
      "DEBUG QUICKLIST-PACKED-THRESHOLD 0",
      ...types.map((type) => `DEBUG PROTOCOL ${type}`)
    ], { args }).pipe(Effect.provide(enabled)))

  it.live("is refused unless it is enabled", () =>
    sameAnswers(["DEBUG HELP", "DEBUG nope", "DEBUG"]).pipe(Effect.provide(commands())))
})

describe("DEBUG PROTOCOL push", () => {
  it.effect("pushes in RESP3 only", () =>
    Effect.gen(function*() {
      for (const [resp, expected] of [[2, "Error"], [3, "Push"]] as const) {
        const { command } = yield* InProcess.make({ resp })
        assert.strictEqual((yield* command("DEBUG", "PROTOCOL", "push"))._tag, expected)
      }
    }).pipe(Effect.provide(enabled)))
})

describe("DEBUG ERROR", () => {
  it.effect("is a reply that statistics do not count", () =>
    Effect.gen(function*() {
      const client = yield* MemoryServer.connect
      assert.strictEqual(yield* client.show("DEBUG", "ERROR", "WHAT now"), "(error) WHAT now")
      assert.include(yield* client.show("INFO", "stats"), "total_error_replies:0")
      assert.notInclude(yield* client.show("INFO", "errorstats"), "errorstat")
    }).pipe(Effect.provide(MemoryServer.layer({ "enable-debug-command": "yes" }))))
})

describe("DEBUG OBJECT", () => {
  it.effect("tells encoding, references and the length in a snapshot", () =>
    Effect.gen(function*() {
      const { command } = yield* InProcess.make()
      const cases = [
        ["12", "refcount:2147483647 encoding:int serializedlength:2"],
        ["300", "refcount:2147483647 encoding:int serializedlength:3"],
        ["70000", "refcount:1 encoding:int serializedlength:5"],
        ["9999999999", "refcount:1 encoding:int serializedlength:11"],
        ["x".repeat(100), "refcount:1 encoding:raw serializedlength:13"],
        ["012", "refcount:1 encoding:embstr serializedlength:4"]
      ] as const
      for (const [value, expected] of cases) {
        yield* command("SET", "k", value)
        assert.include(String(plain(yield* command("DEBUG", "OBJECT", "k"))), expected)
      }
    }).pipe(Effect.provide(enabled)))
})

describe("enable-debug-command local", () => {
  it.effect("lets clients of this machine in and nobody else", () =>
    Effect.gen(function*() {
      const { command, session } = yield* InProcess.make()
      assert.strictEqual(plain(yield* command("DEBUG", "SLEEP", "0")), "OK")
      session.isLocal = false
      assert.match(String(plain(yield* command("DEBUG", "SLEEP", "0"))), /^-ERR DEBUG command not allowed/)
    }).pipe(Effect.provide(commands({ "enable-debug-command": "local" }))))
})
