import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { join } from "node:path"
import { describeWithRedis } from "../support/Oracle.ts"
import { encode } from "../support/RawClient.ts"
import { type ServerProcess, temporaryDirectory } from "../support/ServerProcess.ts"
import { interactiveCli as interactive, prompt, run, terminal } from "./Program.ts"
import { describeOnBoth, emptyServer, everyByte, megabyte } from "./Servers.ts"

const cli = (server: ServerProcess, args: ReadonlyArray<string>, input?: string | Uint8Array) =>
  run("redis-cli", ["-p", String(server.port), ...args], input)

/** What it prints when it goes well. */
const says = (server: ServerProcess, args: ReadonlyArray<string>, input?: string | Uint8Array) =>
  Effect.map(cli(server, args, input), ({ code, err, out }) => {
    assert.deepStrictEqual([code, err], [0, ""], args.join(" "))
    return out
  })

/** One protocol request after the other. */
const requests = (...commands: ReadonlyArray<ReadonlyArray<string | Uint8Array>>) => Buffer.concat(commands.map(encode))

describeWithRedis("redis-cli", () =>
  describeOnBoth("redis-cli", ({ it, start }) => {
    it.effect("runs commands from a shell", () =>
      Effect.gen(function*() {
        const server = yield* emptyServer
        assert.strictEqual(yield* says(server, ["ping"]), "PONG\n")
        assert.strictEqual(yield* says(server, ["SET", "greeting", "hello world"]), "OK\n")
        assert.strictEqual(yield* says(server, ["GET", "greeting"]), "hello world\n")
        assert.strictEqual(yield* says(server, ["--no-raw", "GET", "greeting"]), "\"hello world\"\n")
        assert.strictEqual(yield* says(server, ["--no-raw", "GET", "none"]), "(nil)\n")
        assert.strictEqual(yield* says(server, ["-n", "3", "SET", "there", "1"]), "OK\n")
        assert.strictEqual(yield* says(server, ["-u", `redis://127.0.0.1:${server.port}/3`, "DBSIZE"]), "1\n")
        assert.strictEqual(yield* says(server, ["--csv", "MGET", "greeting", "none"]), "\"hello world\",NULL\n")
        assert.strictEqual(yield* says(server, ["--json", "MGET", "greeting", "none"]), "[\"hello world\",null]\n")
        assert.strictEqual(yield* says(server, ["-2", "--json", "TTL", "greeting"]), "-1\n")
        assert.strictEqual(
          yield* says(server, ["-D", ";", "-d", "|", "MGET", "greeting", "greeting"]),
          "hello world|hello world;"
        )
        assert.strictEqual(yield* says(server, ["--quoted-input", "SET", "\"a\\x00b\"", "1"]), "OK\n")
        assert.strictEqual(yield* says(server, ["--no-raw", "KEYS", "a*"]), "1) \"a\\x00b\"\n")
        assert.strictEqual(yield* says(server, ["-r", "3", "-i", "0.01", "INCR", "visits"]), "1\n2\n3\n")
        assert.strictEqual(yield* says(server, [], "SET a 1\nINCR a\n\n3 INCR a\nGET 'a'\n"), "OK\n2\n3\n4\n5\n5\n")
        const failing = yield* cli(server, ["-e", "INCR", "greeting"])
        assert.deepStrictEqual([failing.code, failing.err], [1, "ERR value is not an integer or out of range\n"])
        assert.strictEqual(
          yield* says(server, ["FOO", "a b"]),
          "ERR unknown command 'FOO', with args beginning with: 'a b' \n\n"
        )
      }))

    it.effect("reads any value from its standard input, and prints it as it was", () =>
      Effect.gen(function*() {
        const server = yield* emptyServer
        assert.strictEqual(yield* says(server, ["-x", "SET", "bytes"], everyByte), "OK\n")
        assert.strictEqual(yield* says(server, ["STRLEN", "bytes"]), `${everyByte.length}\n`)
        assert.strictEqual(yield* says(server, ["-X", "value", "SET", "blob", "value", "NX"], megabyte), "OK\n")
        assert.strictEqual(yield* says(server, ["GETRANGE", "bytes", "2", "5"]), "$3\r\n\n")
        assert.strictEqual(yield* says(server, ["BITCOUNT", "blob"]), `${bits(megabyte)}\n`)
      }))

    it.effect("speaks RESP3", () =>
      Effect.gen(function*() {
        const server = yield* emptyServer
        yield* says(server, ["XADD", "log", "1-1", "level", "info"])
        assert.strictEqual(
          yield* says(server, ["-3", "--no-raw", "CONFIG", "GET", "maxmemory"]),
          "1# \"maxmemory\" => \"0\"\n"
        )
        assert.strictEqual(yield* says(server, ["-3", "--no-raw", "GET", "none"]), "(nil)\n")
        assert.strictEqual(
          yield* says(server, ["-3", "--no-raw", "XREAD", "STREAMS", "log", "0"]),
          "1# \"log\" => \n   1) 1) \"1-1\"\n      2) 1) \"level\"\n         2) \"info\"\n"
        )
        assert.match(yield* says(server, ["-3", "HELLO"]), /^server redis\nversion 7\.0\.15\nproto 3\nid \d+\n/)
      }))

    it.effect("loads requests with --pipe and counts what went wrong", () =>
      Effect.gen(function*() {
        const server = yield* emptyServer
        const many = requests(...Array.from({ length: 20_000 }, (_, n) => ["SET", `key:${n}`, `value ${n}`]))
        assert.match(yield* says(server, ["--pipe"], many), /errors: 0, replies: 20000\n$/)
        assert.strictEqual(yield* says(server, ["DBSIZE"]), "20000\n")
        assert.strictEqual(yield* says(server, ["GET", "key:19999"]), "value 19999\n")
        assert.match(yield* says(server, ["--pipe"], "SET inline 1\r\nINCR inline\r\n"), /errors: 0, replies: 2\n$/)
        const wrong = requests(["INCR", "key:1"], ["SET", everyByte, everyByte], ["NOTHING"])
        const failed = yield* cli(server, ["--pipe"], wrong)
        assert.strictEqual(failed.code, 1)
        assert.match(failed.out, /errors: 2, replies: 3\n$/)
      }))

    it.effect("looks through the keys: --scan, --bigkeys, --memkeys, --hotkeys", () =>
      Effect.gen(function*() {
        const server = yield* start({ args: ["--maxmemory-policy", "allkeys-lfu"] })
        const fill = [
          ...Array.from({ length: 1000 }, (_, n) => ["SET", `user:${n}`, "x"]),
          ["SET", "page", "x".repeat(5000)],
          ...Array.from({ length: 50 }, () => ["XADD", "log", "*", "level", "info"])
        ]
        yield* says(server, ["--pipe"], requests(...fill))
        assert.lengthOf((yield* says(server, ["--scan"])).trim().split("\n"), 1002)
        const users = (yield* says(server, ["--scan", "--pattern", "user:99*"])).trim().split("\n").sort()
        assert.deepStrictEqual(
          users,
          ["99", ...Array.from({ length: 10 }, (_, n) => `99${n}`)].map((id) => `user:${id}`).sort()
        )
        assert.strictEqual(yield* says(server, ["--scan", "--quoted-pattern", "\"p\\x61*\""]), "page\n")

        const big = yield* says(server, ["--bigkeys"])
        assert.include(big, "Sampled 1002 keys in the keyspace!")
        assert.include(big, "Biggest string found '\"page\"' has 5000 bytes")
        assert.include(big, "Biggest stream found '\"log\"' has 50 entries")
        assert.include(big, "1001 strings with 6000 bytes (99.90% of keys, avg size 5.99)")
        const memory = yield* says(server, ["--memkeys"])
        assert.match(memory, /Biggest string found '"page"' has [56]\d{3} bytes/)
        assert.match(yield* says(server, ["--memkeys-samples", "10"]), /1 streams with \d+ bytes/)
        assert.include(yield* says(server, ["--hotkeys"]), "Sampled 1002 keys in the keyspace!")
      }))

    it.effect("watches the server: --latency, --latency-history, --stat", () =>
      Effect.gen(function*() {
        const server = yield* emptyServer
        assert.match(yield* says(server, ["--latency", "-i", "0.1"]), /^\d+ \d+ \d+\.\d\d \d+\n$/)
        assert.match(yield* says(server, ["--latency", "-i", "0.1", "--csv"]), /^\d+,\d+,\d+\.\d\d,\d+\n$/)
        yield* says(server, ["SET", "a", "1"])
        const watch = (...args: ReadonlyArray<string>) =>
          terminal("redis-cli", ["-p", String(server.port), ...args], prompt)
        const history = yield* watch("--latency-history", "-i", "0.1")
        yield* history.until(/min: \d+, max: \d+, avg: \d+\.\d\d \(\d+ samples\) -- 0\.\d\d seconds range\n/)
        const stat = yield* watch("--stat", "-i", "0.05")
        yield* stat.until(/keys {7}mem {6}clients blocked requests {12}connections/)
        // Keys, memory, clients, blocked ones, requests and how many of them are new, connections
        yield* stat.until(/^1 {10}\S+M? +\d+ +0 +\d+ \(\+\d+\) +\d+ +\n/m)
      }))

    it.effect("talks in a terminal", () =>
      Effect.gen(function*() {
        const server = yield* emptyServer
        const session = yield* interactive(server)
        const lines: ReadonlyArray<readonly [line: string, reply: string]> = [
          ["SET \"a key\" 'a \"value\"'", "OK"],
          ["get \"a key\"", "\"a \\\"value\\\"\""],
          ["GET none", "(nil)"],
          ["GET", "(error) ERR wrong number of arguments for 'get' command"],
          ["SET broken \"quote", "Invalid argument(s)"],
          ["3 INCRBY visits 10", "(integer) 10\n(integer) 20\n(integer) 30"],
          ["MGET visits none", "1) \"30\"\n2) (nil)"],
          ["INCR \"a key\"", "(error) ERR value is not an integer or out of range"],
          ["SELECT 3", "OK"],
          ["DBSIZE", "(integer) 0"],
          ["SELECT 0", "OK"],
          ["XADD log 1-1 level info text \"it's up\"", "\"1-1\""],
          [
            "XRANGE log - +",
            "1) 1) \"1-1\"\n   2) 1) \"level\"\n      2) \"info\"\n      3) \"text\"\n      4) \"it's up\""
          ],
          ["MULTI", "OK"],
          ["INCR visits", "QUEUED"],
          ["EXEC", "1) (integer) 31"],
          ["MULTI", "OK"],
          ["DISCARD", "OK"],
          ["CLIENT KILL ID 0", "(error) ERR client-id should be greater than 0"]
        ]
        for (const [line, reply] of lines) assert.strictEqual(yield* session.say(line), reply, line)

        assert.include(yield* session.say("HELP GET"), "GET key")
        assert.include(yield* session.say("HELP @transactions"), "WATCH key [key ...]")
        session.type("HELLO 3\n")
        yield* session.until(/1# "server" => "redis"/)
        yield* session.until(prompt)
        assert.strictEqual(yield* session.say("CONFIG GET databases"), "1# \"databases\" => \"16\"")

        // What blocks ends when somebody writes, and Redis's own program measures the wait
        const other = yield* interactive(server)
        session.type("XREAD BLOCK 0 STREAMS log $\n")
        while ((yield* says(server, ["INFO", "clients"])).includes("blocked_clients:0")) yield* Effect.sleep(5)
        assert.strictEqual(yield* other.say("XADD log 2-1 level warn"), "\"2-1\"")
        assert.include(
          yield* session.until(prompt),
          "1# \"log\" => \n   1) 1) \"2-1\"\n      2) 1) \"level\"\n         2) \"warn\"\n"
        )

        // It sees its connection go, and makes another
        yield* other.say("CLIENT KILL TYPE normal")
        assert.match(yield* session.say("PING"), /^Error: /)
        assert.strictEqual(yield* session.say("SET again 1"), "OK")

        other.type("MONITOR\n")
        yield* other.until(/OK\n/)
        yield* session.say("GET again")
        yield* other.until(/^\d+\.\d{6} \[0 127\.0\.0\.1:\d+\] "GET" "again"\n/m)
        session.type("exit\n")
        yield* Effect.flip(session.until(/never/))
      }))

    it.effect("logs in, by option and by hand", () =>
      Effect.gen(function*() {
        const server = yield* start({ args: ["--requirepass", "secret"] })
        assert.strictEqual((yield* cli(server, ["PING"])).out, "NOAUTH Authentication required.\n\n")
        assert.strictEqual(yield* says(server, ["-a", "secret", "--no-auth-warning", "PING"]), "PONG\n")
        assert.strictEqual(
          yield* says(server, ["--user", "default", "--pass", "secret", "--no-auth-warning", "-3", "PING"]),
          "PONG\n"
        )
        assert.include((yield* cli(server, ["-a", "wrong", "PING"])).err, "AUTH failed: WRONGPASS")
        const session = yield* interactive(server)
        assert.strictEqual(yield* session.say("GET a"), "(error) NOAUTH Authentication required.")
        assert.strictEqual(yield* session.say("AUTH secret"), "OK")
        assert.strictEqual(yield* session.say("GET a"), "(nil)")
      }))

    it.effect("comes through a unix socket", () =>
      Effect.gen(function*() {
        const path = join(yield* temporaryDirectory, "redis.sock")
        yield* start({ args: ["--unixsocket", path] })
        assert.strictEqual((yield* run("redis-cli", ["-s", path, "ECHO", "by path"])).out, "by path\n")
        const list = (yield* run("redis-cli", ["-s", path, "CLIENT", "LIST"])).out
        assert.include(list, `addr=${path}:0`)
      }))
  }))

const bits = (bytes: Uint8Array): number => {
  let count = 0
  for (let byte of bytes) for (; byte > 0; byte &= byte - 1) count++
  return count
}
