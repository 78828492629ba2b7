/** Sockets with Node's own binding beneath them and, as on a runtime that has none, without it: a client cannot tell. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { connect, encode } from "../support/RawClient.ts"
import { startOurs } from "../support/ServerProcess.ts"

/** Of lengths around those from which replies and requests take another way. */
const values = [0, 1, 26, 58, 64, 65, 16_383, 16_384, 32_768, 131_072, 1_048_577]
  .map((length, i) => Buffer.alloc(length, `${i}:`))

for (
  const [name, env] of [
    ["with Node's binding", {}],
    ["without Node's binding", { NODE_OPTIONS: "--import=data:text/javascript,process.binding=undefined" }]
  ] as const
) {
  describe(name, () => {
    it.live("takes and gives values of all sizes, alone and in a pipeline", () =>
      Effect.gen(function*() {
        const { port } = yield* startOurs({ env })
        const client = yield* connect(port)
        for (const [i, value] of values.entries()) yield* client.command("SET", `k${i}`, value)
        for (const [i, value] of values.entries()) {
          const { raw } = yield* client.command("GET", `k${i}`)
          assert.deepStrictEqual(Buffer.from(raw), bulk(value))
        }
        const commands = values.flatMap((value, i) => [["SET", `p${i}`, value], ["GET", `p${i}`], ["GET", `k${i}`]])
        const replies = yield* client.pipeline(commands)
        values.forEach((value, i) => {
          assert.deepStrictEqual(Buffer.from(replies[3 * i + 1]?.raw ?? []), bulk(value))
          assert.deepStrictEqual(Buffer.from(replies[3 * i + 2]?.raw ?? []), bulk(value))
        })
      }))

    it.live("keeps what a client does not read yet, in order, and others are served meanwhile", () =>
      Effect.gen(function*() {
        const { port } = yield* startOurs({ env })
        const [slow, other] = [yield* connect(port), yield* connect(port)]
        const big = Buffer.alloc(200_000, "x")
        yield* other.command("SET", "big", big)
        slow.socket.pause()
        slow.socket.write(Buffer.concat(
          Array.from({ length: 100 }, (_, i) => [encode(["GET", "big"]), encode(["ECHO", String(i)])]).flat()
        ))
        for (let i = 0; i < 100; i++) yield* other.command("SET", "big", Buffer.alloc(200_000, "y"))
        // What comes one at a time goes behind what waits
        for (let i = 100; i < 200; i++) slow.socket.write(encode(["ECHO", String(i)]))
        yield* other.command("PING")
        slow.socket.resume()
        const replies = yield* slow.take(300)
        for (let i = 0; i < 100; i++) {
          assert.strictEqual(replies[2 * i]?.raw.length, bulk(big).length)
          assert.deepStrictEqual(Buffer.from(replies[2 * i + 1]?.raw ?? []), bulk(Buffer.from(String(i))))
        }
        for (let i = 100; i < 200; i++) {
          assert.deepStrictEqual(Buffer.from(replies[100 + i]?.raw ?? []), bulk(Buffer.from(String(i))))
        }
      }))
  })
}

const bulk = (value: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`$${value.length}\r\n`), value, Buffer.from("\r\n")])
