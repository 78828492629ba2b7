/** Writes at a steady rate, whether or not the server keeps up: what it does not serve in time piles up, as it does in life. */
import * as Effect from "effect/Effect"
import type { Arg, ConnectionError } from "../support/RawClient.ts"
import { connect, encode } from "../support/RawClient.ts"

const CLIENTS = 10
/** Commands that go out together. */
const BLOCK = 25
const LAST = "the end of the load"

/** Sends as many commands in each of so many seconds as there are; done when all are answered. */
export const run = (
  port: number,
  commands: ReadonlyArray<ReadonlyArray<Arg>>,
  seconds: number
): Effect.Effect<void, ConnectionError> =>
  Effect.scoped(Effect.gen(function*() {
    const blocks: Array<Buffer> = []
    for (let at = 0; at < commands.length; at += BLOCK) {
      blocks.push(Buffer.concat(commands.slice(at, at + BLOCK).map(encode)))
    }
    const clients = yield* Effect.all(Array.from({ length: CLIENTS }, () => connect(port)))
    const answered = clients.map(({ socket }) =>
      Effect.callback<void>((resume) => {
        let end = ""
        // Replies are only looked through for the last one.
        socket.removeAllListeners("data").on("data", (chunk: Buffer) => {
          end = (end + chunk.toString("latin1", Math.max(0, chunk.length - 2 * LAST.length))).slice(-2 * LAST.length)
          if (end.includes(LAST)) resume(Effect.void)
        })
      })
    )
    const begun = performance.now()
    for (let sent = 0; sent < blocks.length * seconds;) {
      const due = Math.min(seconds, (performance.now() - begun) / 1000) * blocks.length
      for (; sent < due; sent++) clients[sent % CLIENTS]?.write(blocks[sent % blocks.length] as Buffer)
      yield* Effect.sleep(1)
    }
    for (const client of clients) client.send("ECHO", LAST)
    yield* Effect.all(answered, { concurrency: "unbounded" })
  }))
