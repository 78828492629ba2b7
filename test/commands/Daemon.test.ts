import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { plain } from "../support/Plain.ts"
import { connect } from "../support/RawClient.ts"
import { startOurs } from "../support/ServerProcess.ts"

/** INFO's lines by name. */
const fieldsOf = (info: string): Record<string, string> =>
  Object.fromEntries(
    info.split("\r\n").filter((line) => line.includes(":")).map((line) => {
      const colon = line.indexOf(":")
      return [line.slice(0, colon), line.slice(colon + 1)]
    })
  )

describe("a running server", () => {
  it.live("logs what is slow, records latency, and tells both", () =>
    Effect.gen(function*() {
      const server = yield* startOurs({
        args: ["--enable-debug-command", "local", "--latency-monitor-threshold", "10"]
      })
      const client = yield* connect(server.port)
      const ask = (...args: ReadonlyArray<string>) => Effect.map(client.command(...args), ({ value }) => plain(value))
      assert.strictEqual(yield* ask("DEBUG", "SLEEP", "0.03"), "OK")
      const [entry] = (yield* ask("SLOWLOG", "GET")) as Array<Array<unknown>>
      assert.isAtLeast(Number(entry?.[2]), 30_000)
      assert.deepStrictEqual(entry?.[3], ["DEBUG", "SLEEP", "0.03"])
      assert.match(String(entry?.[4]), /^127\.0\.0\.1:\d+$/)
      const [event] = (yield* ask("LATENCY", "LATEST")) as Array<Array<unknown>>
      assert.strictEqual(event?.[0], "command")
      assert.isAtLeast(Number(event?.[3]), 30)
      const histogram = (yield* ask("LATENCY", "HISTOGRAM", "debug")) as Array<unknown>
      assert.strictEqual(histogram[0], "debug")
      assert.isAtLeast(Number(yield* ask("SLOWLOG", "LEN")), 1) // on a busy machine others are slow as well
      yield* ask("CONFIG", "SET", "slowlog-max-len", "2", "slowlog-log-slower-than", "0")
      for (let i = 0; i < 4; i++) yield* ask("TIME")
      assert.strictEqual(yield* ask("SLOWLOG", "LEN"), 2)
    }))

  it.live("counts commands, errors, traffic and clients, until CONFIG RESETSTAT", () =>
    Effect.gen(function*() {
      const server = yield* startOurs()
      const client = yield* connect(server.port)
      const info = (...sections: ReadonlyArray<string>) =>
        Effect.map(client.command("INFO", ...sections), ({ value }) => fieldsOf(String(plain(value))))
      yield* client.command("SET", "k", "v")
      yield* client.command("SET", "k")
      yield* client.command("INCR", "k")
      yield* client.command("GET", "nope")
      const fields = yield* info("everything")
      assert.match(
        fields["cmdstat_set"] ?? "",
        /^calls=1,usec=\d+,usec_per_call=[\d.]+,rejected_calls=1,failed_calls=0$/
      )
      assert.match(fields["cmdstat_incr"] ?? "", /^calls=1,.*failed_calls=1$/)
      assert.strictEqual(fields["errorstat_ERR"], "count=2")
      assert.strictEqual(fields["total_error_replies"], "2")
      assert.strictEqual(fields["db0"], "keys=1,expires=0,avg_ttl=0")
      assert.strictEqual(fields["keyspace_misses"], "1")
      assert.strictEqual(fields["connected_clients"], "1")
      assert.strictEqual(fields["process_id"], String(server.pid))
      assert.strictEqual(fields["tcp_port"], String(server.port))
      assert.strictEqual(fields["rdb_changes_since_last_save"], "1")
      assert.isAbove(Number(fields["total_net_input_bytes"]), 100)
      assert.isAbove(Number(fields["used_memory_rss"]), 1e7)
      assert.isDefined(fields["latency_percentiles_usec_set"])
      yield* client.command("CONFIG", "RESETSTAT")
      const after = yield* info("everything")
      assert.isUndefined(after["cmdstat_set"])
      assert.isUndefined(after["errorstat_ERR"])
      assert.strictEqual(after["total_error_replies"], "0")
      assert.strictEqual(after["keyspace_misses"], "0")
    }))
})
