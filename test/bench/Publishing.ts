/**
 * PUBLISH to subscribers: one message after the other, each as soon as every subscriber has the one before. So nothing piles up
 * anywhere, and each delivery costs the server a write of its own.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { connect } from "../support/RawClient.ts"
import type { ConnectionError } from "../support/RawClient.ts"
import type { Result } from "./Load.ts"

const channel = "bench:channel"

/** Subscribes, and gives what publishes so many messages; latencies are those of the last subscriber. */
export const prepare = (
  port: number,
  payload: string,
  subscribers: number,
  messages: number
): Effect.Effect<Effect.Effect<Result, ConnectionError>, ConnectionError, Scope.Scope> =>
  Effect.gen(function*() {
    const frame = `*3\r\n$7\r\nmessage\r\n$${channel.length}\r\n${channel}\r\n$${payload.length}\r\n${payload}\r\n`
    let missing = 0
    let proceed = () => {}
    for (let i = 0; i < subscribers; i++) {
      const subscriber = yield* connect(port)
      yield* subscriber.command("SUBSCRIBE", channel)
      // From now on what comes is only counted: a parser would take longer than the server
      subscriber.socket.removeAllListeners("data").on("data", (chunk: Buffer) => {
        missing -= chunk.length
        if (missing === 0) proceed()
      })
    }
    const publisher = yield* connect(port)
    const publishOne = Effect.callback<void>((resume) => {
      missing = subscribers * frame.length
      proceed = () => resume(Effect.void)
      publisher.send("PUBLISH", channel, payload)
    })
    return Effect.gen(function*() {
      const times: Array<number> = []
      const begin = performance.now()
      for (let i = 0; i < messages; i++) {
        const sent = performance.now()
        yield* publishOne
        yield* publisher.take(1)
        times.push(performance.now() - sent)
      }
      const seconds = (performance.now() - begin) / 1000
      times.sort((a, b) => a - b)
      const at = (share: number) => times[Math.floor(share * (times.length - 1))] ?? 0
      return { requestsPerSecond: messages * subscribers / seconds, p50: at(0.5), p99: at(0.99) }
    })
  })
