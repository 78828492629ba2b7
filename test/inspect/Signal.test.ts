import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { eventually } from "../support/Eventually.ts"
import { connect } from "../support/RawClient.ts"
import { startOurs } from "../support/ServerProcess.ts"

describe("SIGUSR1", () => {
  it.live("writes to the log who waits for what, and for how long, though no command runs", () =>
    Effect.gen(function*() {
      const server = yield* startOurs()
      const [stuck, other] = [yield* connect(server.port), yield* connect(server.port)]
      yield* Effect.forkChild(stuck.command("BLPOP", "jobs", 0), { startImmediately: true })
      yield* Effect.repeat(other.command("FIBER", "WAITERS", "jobs"), {
        until: ({ value }) => value._tag === "Array" && value.items.length > 0
      })
      yield* other.command("SET", "jobs", "no list")
      yield* Effect.sleep(1200)
      server.signal("SIGUSR1")
      yield* eventually(() => {
        assert.match(server.log(), /waits for [1-9][0-9.]+s: BLPOP on "jobs" in db 0/)
        assert.match(server.log(), /"jobs": last written by client \d+ with SET [1-9]/)
      })
    }))
})
