/** The examples of the documentation run, and come to what they say. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { createClient } from "redis"
import * as CustomCommand from "../../docs/examples/custom-command/main.ts"
import * as Queue from "../../docs/examples/queue/main.ts"
import * as Replica from "../../docs/examples/replica/main.ts"
import * as Sessions from "../../docs/examples/sessions/main.ts"
import * as Tracing from "../../docs/examples/tracing/main.ts"
import { eventually } from "../support/Eventually.ts"
import { missing } from "../support/Oracle.ts"
import { freePort, startOurs, startRedis } from "../support/ServerProcess.ts"

describe("the example", () => {
  it.live("sessions keeps visitors apart", () =>
    Effect.gen(function*() {
      const port = yield* freePort
      yield* Layer.build(Sessions.app(port))
      const url = `http://127.0.0.1:${port}`
      const visit = (cookie: string) => Effect.promise(async () => (await fetch(url, { headers: { cookie } })).text())
      assert.strictEqual(yield* visit("session=none"), "log in first")
      const response = yield* Effect.promise(() => fetch(`${url}/login?user=ada`, { method: "POST" }))
      const cookie = response.headers.get("set-cookie")?.split(";")[0] ?? ""
      assert.strictEqual(yield* visit(cookie), "hello ada, visit 1")
      assert.strictEqual(yield* visit(cookie), "hello ada, visit 2")
    }))

  it.live("queue does every job once", () =>
    Effect.gen(function*() {
      const { done, left } = yield* Queue.program
      const jobs = done.map((line) => line.replace(/^\w+ did /, ""))
      assert.deepStrictEqual(jobs.sort(), Array.from({ length: 20 }, (_, index) => `job ${index + 1}`).sort())
      assert.strictEqual(left, 0)
    }))

  it.live("custom-command takes from a bucket", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* CustomCommand.program, [3, 1, null])
    }))

  it.live("replica follows a server in production", () =>
    Effect.gen(function*() {
      const { port } = yield* (missing === undefined ? startRedis : startOurs)({
        args: ["--repl-diskless-sync-delay", "0"]
      })
      const master = createClient({ url: `redis://127.0.0.1:${port}` })
      yield* Effect.acquireRelease(Effect.promise(() => master.connect()), () => Effect.sync(() => master.destroy()))
      const set = (ware: string, price: number) => Effect.promise(() => master.hSet("prices", ware, price))
      yield* set("tea", 3)
      const seen: Array<ReadonlyMap<string, string>> = []
      const watching = Replica.prices.pipe(
        Stream.tap((prices) => Effect.sync(() => void seen.push(prices))),
        Stream.takeUntil((prices) => prices.has("milk")),
        Stream.runDrain
      )
      const fiber = yield* Effect.forkChild(
        Effect.provide(watching, Replica.replicaOf({ host: "127.0.0.1", port }))
      )
      // What was there when it came, and then what is new
      yield* eventually(() => assert.deepStrictEqual(seen[0], new Map([["tea", "3"]])))
      yield* set("milk", 1)
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(seen.at(-1), new Map([["tea", "3"], ["milk", "1"]]))
    }))

  it.live("tracing sees the commands below their connection", () =>
    Effect.gen(function*() {
      assert.includeMembers([...yield* Tracing.program], ["checkout", "connection", "SET", "GET"])
    }))
})
