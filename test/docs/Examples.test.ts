/** The examples of the documentation run, and come to what they say. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as CustomCommand from "../../docs/examples/custom-command/main.ts"
import * as Queue from "../../docs/examples/queue/main.ts"
import * as Sessions from "../../docs/examples/sessions/main.ts"
import * as Tracing from "../../docs/examples/tracing/main.ts"
import { freePort } from "../support/ServerProcess.ts"

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

  it.live("tracing sees the commands below their connection", () =>
    Effect.gen(function*() {
      assert.includeMembers([...yield* Tracing.program], ["checkout", "connection", "SET", "GET"])
    }))
})
