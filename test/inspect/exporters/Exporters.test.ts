import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { eventually } from "../../support/Eventually.ts"
import { connect } from "../../support/RawClient.ts"
import { freePort, startOurs } from "../../support/ServerProcess.ts"

interface Received {
  readonly path: string
  readonly body: string
}

/** A collector that keeps what it is sent. */
const collector = Effect.acquireRelease(
  Effect.callback<{ readonly url: string; readonly received: Array<Received>; readonly close: () => void }>(
    (resume) => {
      const received: Array<Received> = []
      const server = createServer((request, response) => {
        let body = ""
        request.setEncoding("utf8").on("data", (chunk: string) => body += chunk).on("end", () => {
          received.push({ path: request.url ?? "", body })
          response.end("{}")
        })
      })
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo // It listens on TCP
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, received, close: () => server.close() }))
      })
    }
  ),
  ({ close }) => Effect.sync(close)
)

describe("the daemon", () => {
  it.live("sends spans, metrics and logs to a collector", () =>
    Effect.gen(function*() {
      const { received, url } = yield* collector
      const server = yield* startOurs({ args: ["--otlp", url] })
      const client = yield* connect(server.port)
      yield* client.command("SET", "k", "v")
      yield* client.command("XLEN", "k")
      const sent = (path: string) => received.filter((one) => one.path === path).map(({ body }) => body).join("\n")
      yield* eventually(() => {
        assert.match(sent("/v1/traces"), /"name":"SET"/)
        assert.match(sent("/v1/traces"), /"error.type","value":\{"stringValue":"WRONGTYPE/)
        assert.match(sent("/v1/metrics"), /redis_connected_clients/)
        assert.match(sent("/v1/logs"), /Ready to accept connections/)
      })
    }))

  it.live("shows its figures to Prometheus, in redis_exporter's names", () =>
    Effect.gen(function*() {
      const port = yield* freePort
      const server = yield* startOurs({ args: ["--metrics-port", String(port)] })
      const client = yield* connect(server.port)
      yield* client.command("SET", "k", "v")
      yield* client.command("INCR", "k")
      const text = yield* Effect.promise(async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text())
      assert.match(text, /^# TYPE redis_up gauge\nredis_up 1$/m)
      assert.match(text, /^redis_connected_clients 1$/m)
      assert.match(text, /^redis_db_keys\{db="db0"\} 1$/m)
      assert.match(text, /^redis_commands_total\{cmd="set"\} 1$/m)
      assert.match(text, /^redis_errors_total\{err="ERR"\} 1$/m)
      assert.match(text, /^redis_instance_info\{role="master",redis_version="7\.0\.15"/m)
    }))

  it.live("writes its log as JSON and as logfmt", () =>
    Effect.gen(function*() {
      const json = yield* startOurs({ args: ["--log-format", "json"] })
      assert.strictEqual(
        json.log().trim().split("\n").map((line) => JSON.parse(line) as { readonly message: string }).at(-1)?.message,
        "Ready to accept connections"
      )
      const logfmt = yield* startOurs({ args: ["--log-format", "logfmt"] })
      assert.match(logfmt.log(), /level=INFO .*message="Ready to accept connections"/)
    }))
})
