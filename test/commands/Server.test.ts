import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { CommandTable } from "../../src/command/CommandTable.ts"
import { LatencyMonitor } from "../../src/inspect/LatencyMonitor.ts"
import * as InProcess from "../support/InProcess.ts"
import { commands } from "../support/Layers.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { plain } from "../support/Plain.ts"
import { connect } from "../support/RawClient.ts"
import { sameAnswers } from "../support/SameAnswers.ts"
import { startRedis } from "../support/ServerProcess.ts"

/** The lines of INFO without their values. */
const namesOf = (info: string): Array<string> => info.split("\r\n").map((line) => line.split(":")[0] ?? "")

describeWithRedis("the commands on the server", () => {
  it.live("answer as redis-server does", () =>
    sameAnswers([
      "CONFIG",
      "CONFIG HELP",
      "CONFIG GET",
      "CONFIG GET maxmemory",
      "CONFIG GET MAXMEMORY nope",
      "CONFIG SET a",
      "CONFIG SET a b c",
      "CONFIG SET nope 1",
      "CONFIG SET maxmemory x",
      "CONFIG SET maxmemory 100mb hz 20",
      "CONFIG GET maxmemory",
      "CONFIG SET maxmemory 0 hz 10",
      "CONFIG SET port x",
      "CONFIG REWRITE",
      "CONFIG RESETSTAT",
      "CONFIG RESETSTAT x",
      "SLOWLOG",
      "SLOWLOG HELP",
      "SLOWLOG GET x",
      "SLOWLOG GET -2",
      "SLOWLOG GET 1 2",
      "SLOWLOG GET 0",
      "SLOWLOG LEN",
      "SLOWLOG LEN x",
      "SLOWLOG RESET",
      "LATENCY",
      "LATENCY HELP",
      "LATENCY GRAPH nope",
      "LATENCY HISTORY nope",
      "LATENCY LATEST",
      "LATENCY RESET",
      "LATENCY RESET nope",
      "LATENCY HISTOGRAM nope",
      "LATENCY DOCTOR x",
      "MEMORY",
      "MEMORY HELP",
      "MEMORY USAGE nope",
      "SET k v",
      "MEMORY USAGE k SAMPLES",
      "MEMORY USAGE k SAMPLES x",
      "MEMORY USAGE k SAMPLES -1",
      "MEMORY USAGE k SAMPLES 0 x",
      "MEMORY USAGE k x 1",
      "MEMORY PURGE",
      "MEMORY PURGE x",
      "LOLWUT VERSION x",
      "LOLWUT VERSION 6 x",
      "LOLWUT VERSION 5 1 1 x",
      "TIME x",
      "INFO nope",
      "INFO modules",
      "INFO module_list",
      "INFO cluster",
      "INFO keyspace CLUSTER"
    ]).pipe(Effect.provide(commands())))

  for (const section of ["", "all", "everything", "default", "Server clients", "commandstats", "stats replication"]) {
    it.live(`INFO ${section} has the fields of redis-server in their order`, () =>
      Effect.gen(function*() {
        const redis = yield* connect((yield* startRedis()).port)
        const words = section === "" ? [] : section.split(" ")
        yield* redis.command("SET", "k", "v")
        const theirs = String(plain((yield* redis.command("INFO", ...words)).value))
        const table = yield* CommandTable
        const { command } = yield* InProcess.make()
        yield* command("SET", "k", "v")
        // The executor does this around a command
        for (const name of ["set", "info"]) {
          const entry = table.get(name)
          if (entry === undefined) continue
          entry.calls = name === "set" ? 1 : 0
          if (name === "set") entry.histogram.record(1000)
        }
        const mine = String(plain(yield* command("INFO", ...words)))
        const own = ["go_redis_version", "node_version"]
        assert.deepStrictEqual(namesOf(mine).filter((name) => !own.includes(name)), namesOf(theirs))
      }).pipe(Effect.provide(commands())))
  }

  it.live("MEMORY STATS has the fields of redis-server in their order", () =>
    Effect.gen(function*() {
      const redis = yield* connect((yield* startRedis()).port)
      const { command } = yield* InProcess.make()
      yield* redis.command("HELLO", 3)
      yield* redis.command("SET", "k", "v")
      yield* command("SET", "k", "v")
      const theirs = plain((yield* redis.command("MEMORY", "STATS")).value)
      const mine = plain(yield* command("MEMORY", "STATS"))
      assert.deepStrictEqual(Object.keys(mine ?? {}), Object.keys(theirs ?? {}))
    }).pipe(Effect.provide(commands())))
})

describe("LATENCY", () => {
  it.live("shows the recorded events", () =>
    Effect.gen(function*() {
      const monitor = yield* LatencyMonitor
      const { command } = yield* InProcess.make()
      assert.match(String(plain(yield* command("LATENCY", "DOCTOR"))), /latency-monitor-threshold/)
      yield* command("CONFIG", "SET", "latency-monitor-threshold", "10")
      assert.match(String(plain(yield* command("LATENCY", "DOCTOR"))), /Nothing has taken 10 ms/)
      const now = (plain(yield* command("TIME")) as Array<string>)[0]
      const seconds = Number(now)
      const spikes = [[6, 20], [5, 50], [4, 100], [3, 30], [2, 200], [1, 40]] as const
      for (const [ago, ms] of spikes) monitor.offer("command", ms, (seconds - ago) * 1000)
      assert.deepStrictEqual(plain(yield* command("LATENCY", "LATEST")), [["command", seconds - 1, 40, 200]])
      assert.deepStrictEqual(
        plain(yield* command("LATENCY", "HISTORY", "command")),
        spikes.map(([ago, ms]) => [seconds - ago, ms])
      )
      const graph = String(plain(yield* command("LATENCY", "GRAPH", "command"))).split("\n")
      assert.strictEqual(graph[0], "command - high 200 ms, low 20 ms (all time high 200 ms)")
      // As redis-server draws these figures
      assert.deepStrictEqual(graph.slice(2, 7), ["    # ", "    | ", "  # | ", "_#|_|o", "      "])
      const report = String(plain(yield* command("LATENCY", "DOCTOR")))
      assert.match(report, /command: 6 spikes, 73 ms on average \(mean deviation 51 ms\)/)
      assert.strictEqual(plain(yield* command("LATENCY", "RESET", "command")), 1)
      assert.deepStrictEqual(plain(yield* command("LATENCY", "LATEST")), [])
    }).pipe(Effect.provide(commands())))

  it.live("shows histograms of commands and of all subcommands of a container", () =>
    Effect.gen(function*() {
      const table = yield* CommandTable
      const { command } = yield* InProcess.make()
      table.get("set")?.histogram.record(33_000)
      table.get("config|get")?.histogram.record(1000)
      const figures = (calls: number, bound: number) => ({ calls, histogram_usec: { [bound]: calls } })
      assert.deepStrictEqual(plain(yield* command("LATENCY", "HISTOGRAM", "config", "nope", "get")), {
        "config|get": figures(1, 1)
      })
      assert.deepStrictEqual(plain(yield* command("LATENCY", "HISTOGRAM", "CONFIG|GET")), {
        "config|get": figures(1, 1)
      })
      assert.deepStrictEqual(plain(yield* command("LATENCY", "HISTOGRAM", "set")), { set: figures(1, 33) })
      assert.strictEqual(Object.keys(plain(yield* command("LATENCY", "HISTOGRAM")) ?? {}).length, 2)
      yield* command("CONFIG", "RESETSTAT")
      assert.deepStrictEqual(plain(yield* command("LATENCY", "HISTOGRAM")), {})
    }).pipe(Effect.provide(commands())))
})

describe("TIME", () => {
  it.live("tells seconds and microseconds", () =>
    Effect.gen(function*() {
      const { command } = yield* InProcess.make()
      const [seconds, microseconds] = plain(yield* command("TIME")) as Array<string>
      assert.isBelow(Math.abs(Number(seconds) - Date.now() / 1000), 60)
      assert.match(String(microseconds), /^\d{1,6}$/)
    }).pipe(Effect.provide(commands())))
})

describe("LOLWUT", () => {
  it.live("draws a picture of the asked size and tells the version", () =>
    Effect.gen(function*() {
      const { command } = yield* InProcess.make()
      const lines = Buffer.from(String(plain(yield* command("LOLWUT", "VERSION", "5", "3", "2"))), "latin1").toString()
        .split("\n")
      assert.deepStrictEqual(lines.slice(0, 2).map((line) => line.length), [3, 3])
      assert.deepStrictEqual(lines.slice(2), ["", "Redis ver. 7.0.15", ""])
    }).pipe(Effect.provide(commands())))
})

describe("MEMORY", () => {
  it.live("counts the bytes of a key, its value included", () =>
    Effect.gen(function*() {
      const { command } = yield* InProcess.make()
      yield* command("SET", "small", "x")
      yield* command("SET", "big", Buffer.alloc(1_000_000))
      assert.isBelow(Number(plain(yield* command("MEMORY", "USAGE", "small"))), 100)
      assert.isAbove(Number(plain(yield* command("MEMORY", "USAGE", "big", "SAMPLES", "0"))), 1_000_000)
      assert.match(String(plain(yield* command("MEMORY", "DOCTOR"))), /little to look at/)
      assert.match(String(plain(yield* command("MEMORY", "MALLOC-STATS"))), /committed/)
    }).pipe(Effect.provide(commands())))
})
