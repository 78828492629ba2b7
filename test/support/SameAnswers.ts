/** Runs the same commands on our commands in process and on redis-server, and compares the replies. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as InProcess from "./InProcess.ts"
import { plain } from "./Plain.ts"
import { type Arg, connect } from "./RawClient.ts"
import { startRedis } from "./ServerProcess.ts"

/** Commands as words separated by spaces; the test gives arrays where words hold spaces. */
export const sameAnswers = (
  lines: ReadonlyArray<string | ReadonlyArray<Arg>>,
  options: { readonly args?: ReadonlyArray<string> } = {}
) =>
  Effect.gen(function*() {
    const redis = yield* connect((yield* startRedis({ args: options.args })).port)
    for (const resp of [2, 3] as const) {
      yield* redis.command("HELLO", resp)
      yield* redis.command("FLUSHALL")
      const ours = yield* InProcess.make({ resp })
      yield* ours.command("FLUSHALL")
      for (const line of lines) {
        const args = typeof line === "string" ? line.split(" ") : line
        const mine = yield* ours.command(...args)
        const theirs = (yield* redis.command(...args)).value
        assert.deepStrictEqual([mine._tag, plain(mine)], [theirs._tag, plain(theirs)], `RESP${resp}: ${args.join(" ")}`)
      }
    }
  })
