import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describeWithRedis } from "../support/Oracle.ts"
import type { ServerProcess } from "../support/ServerProcess.ts"
import { run, terminal } from "./Program.ts"
import { describeOnBoth, emptyServer } from "./Servers.ts"

/** Every line of its list, with the command that it needs. */
const list: ReadonlyArray<readonly [test: string, title: string, command: string]> = [
  ["ping_inline", "PING_INLINE", "PING"],
  ["ping_mbulk", "PING_MBULK", "PING"],
  ["set", "SET", "SET"],
  ["get", "GET", "GET"],
  ["incr", "INCR", "INCR"],
  ["lpush", "LPUSH", "LPUSH"],
  ["rpush", "RPUSH", "RPUSH"],
  ["lpop", "LPOP", "LPOP"],
  ["rpop", "RPOP", "RPOP"],
  ["sadd", "SADD", "SADD"],
  ["hset", "HSET", "HSET"],
  ["spop", "SPOP", "SPOP"],
  ["zadd", "ZADD", "ZADD"],
  ["zpopmin", "ZPOPMIN", "ZPOPMIN"],
  ["lrange_100", "LRANGE_100 (first 100 elements)", "LRANGE"],
  ["lrange_300", "LRANGE_300 (first 300 elements)", "LRANGE"],
  ["lrange_600", "LRANGE_600 (first 600 elements)", "LRANGE"],
  ["mset", "MSET (10 keys)", "MSET"]
]

const benchmark = (server: ServerProcess, ...args: ReadonlyArray<string>) =>
  Effect.map(run("redis-benchmark", ["-p", String(server.port), ...args]), ({ code, err, out }) => {
    assert.strictEqual(code, 0, err)
    // It tells of errors only here, and goes on
    assert.notInclude(err, "Error")
    return out
  })

const asked = (server: ServerProcess, ...args: ReadonlyArray<string>) =>
  Effect.map(run("redis-cli", ["-p", String(server.port), ...args]), ({ out }) => out.trim())

const header = "\"test\",\"rps\",\"avg_latency_ms\",\"min_latency_ms\",\"p50_latency_ms\",\"p95_latency_ms\","
  + "\"p99_latency_ms\",\"max_latency_ms\""

describeWithRedis("redis-benchmark", () =>
  describeOnBoth("redis-benchmark", ({ it }) => {
    it.effect("runs its list: -t, -c, -P, -r, -d, --csv", () =>
      Effect.gen(function*() {
        const server = yield* emptyServer
        const known = new Set((yield* asked(server, "COMMAND", "LIST")).toUpperCase().split("\n"))
        const runnable = list.filter(([, , command]) => known.has(command))
        for (
          const manner of [["-c", "50"], ["-c", "5", "-P", "16"], ["-c", "10", "-P", "100", "-r", "1000", "-d", "1000"]]
        ) {
          const tests = runnable.map(([test]) => test).join(",")
          const out = yield* benchmark(server, "-t", tests, "-n", "2000", "--csv", ...manner)
          const [first, ...lines] = out.trim().split("\n")
          assert.strictEqual(first, header)
          const titles = lines.filter((line) => !line.startsWith("\"LPUSH (needed to benchmark LRANGE)\""))
            .map((line) => /^"([^"]*)","(?:\d+\.\d\d|inf)","\d/.exec(line)?.[1])
          assert.deepStrictEqual(titles, runnable.map(([, title]) => title), manner.join(" "))
        }
        assert.strictEqual(yield* asked(server, "STRLEN", "key:__rand_int__"), "3")
        assert.isAbove(Number(yield* asked(server, "DBSIZE")), 1000)
      }))

    it.effect("runs a command of one's own, in another database, in RESP3, over new connections", () =>
      Effect.gen(function*() {
        const server = yield* emptyServer
        const out = yield* benchmark(server, "-n", "1000", "-c", "8", "--dbnum", "3", "INCR", "counter")
        assert.include(out, "1000 requests completed in")
        assert.include(out, "throughput summary:")
        assert.strictEqual(yield* asked(server, "-n", "3", "GET", "counter"), "1000")
        yield* benchmark(server, "-q", "-n", "1000", "-3", "-P", "10", "XADD", "log", "*", "level", "info")
        assert.strictEqual(yield* asked(server, "XLEN", "log"), "1000")
        yield* benchmark(server, "-q", "-n", "500", "-k", "0", "INCR", "visits")
        assert.strictEqual(yield* asked(server, "GET", "visits"), "500")
        assert.match(
          yield* benchmark(server, "-q", "-n", "1000", "--threads", "2", "-t", "get"),
          /GET: \d+\.\d\d requests per second/
        )
      }))

    it.effect("holds idle connections open: -I", () =>
      Effect.gen(function*() {
        const server = yield* emptyServer
        const idle = yield* terminal("redis-benchmark", ["-p", String(server.port), "-I", "-c", "100"], /never/)
        yield* idle.until(/Creating 100 idle connections/)
        while (!(yield* asked(server, "INFO", "clients")).includes("connected_clients:101")) yield* Effect.sleep(10)
        assert.strictEqual(yield* asked(server, "PING"), "PONG")
      }))
  }))
