import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describeWithRedis } from "./Oracle.ts"
import { connect, render } from "./RawClient.ts"
import { start, startRedis } from "./ServerProcess.ts"

const text = (raw: Uint8Array | undefined) => Buffer.from(raw ?? []).toString("latin1")

describeWithRedis("the helpers of the tests", () => {
  it.live("start a server, talk to it in raw bytes and end it with the scope", () =>
    Effect.gen(function*() {
      const exit = yield* Effect.scoped(Effect.gen(function*() {
        const server = yield* startRedis({ args: ["--maxmemory", "50mb"] })
        const client = yield* connect(server.port)
        client.write("PING\r\n*2\r\n$4\r\nECHO\r\n$2\r\n")
        client.write("\r\n\r\n")
        const replies = yield* client.take(2)
        assert.deepStrictEqual(replies.map((reply) => text(reply.raw)), ["+PONG\r\n", "$2\r\n\r\n\r\n"])
        const config = yield* client.command("CONFIG", "GET", "maxmemory")
        assert.strictEqual(render(config.value), `1) "maxmemory"\n2) "52428800"`)
        const [large] = yield* client.pipeline([["SETRANGE", "k", 999_999, "x"], ["GET", "k"]]).pipe(
          Effect.map((both) => both.slice(1))
        )
        assert.strictEqual(large?.raw.length, "$1000000\r\n".length + 1_000_002)
        client.write("*-x\r\n")
        assert.strictEqual(text((yield* client.take(1))[0]?.raw), "-ERR Protocol error: invalid multibulk length\r\n")
        yield* client.untilClosed
        assert.strictEqual((yield* Effect.flip(client.command("PING")))._tag, "ConnectionError")
        return server.exit
      }))
      assert.deepStrictEqual(yield* exit, { code: null, signal: "SIGKILL" })
    }))

  it.live("tell what a server said that did not start", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.scoped(start(["redis-server"], { args: ["--no-such-directive", "1"] })))
      assert.include(error.message, "FATAL CONFIG FILE ERROR")
    }))
})
