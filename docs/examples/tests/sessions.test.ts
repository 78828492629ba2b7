/** A suite with a server for each test, on the test's own clock. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { RedisTest } from "go-redis"

/** What is tested: it knows no more of Redis than its client. */
const isLoggedIn = Effect.fnUntraced(function*(id: string) {
  const { client } = yield* RedisTest
  return yield* Effect.map(client.command("EXISTS", `session:${id}`), (count) => count === 1).pipe(
    // Who cannot be asked is not let in
    Effect.catchTag("ReplyError", () => Effect.succeed(false))
  )
})

describe("sessions", () => {
  it.effect("end after half an hour", () =>
    Effect.gen(function*() {
      const { seed } = yield* RedisTest
      yield* seed({ "session:1": RedisTest.expiring({ user: "ada" }, "30 minutes") })
      assert.isTrue(yield* isLoggedIn("1"))
      yield* TestClock.adjust("31 minutes")
      assert.isFalse(yield* isLoggedIn("1"))
    }).pipe(Effect.provide(RedisTest.layer())))

  it.effect("let nobody in while the server is loading", () =>
    Effect.gen(function*() {
      const { fail, seed } = yield* RedisTest
      yield* seed({ "session:1": { user: "ada" } })
      yield* fail("EXISTS", "LOADING the server is loading", { times: 1 })
      assert.isFalse(yield* isLoggedIn("1"))
      assert.isTrue(yield* isLoggedIn("1"))
    }).pipe(Effect.provide(RedisTest.layer())))
})
