/** A whole server in process, reached without sockets: connections, commands and store, on the test's own clock. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Config } from "../../src/config/Config.ts"
import type * as Registry from "../../src/config/Registry.ts"
import * as Services from "../../src/embed/Services.ts"
import { ReplyParser } from "../../src/resp/ReplyParser.ts"
import { Connections } from "../../src/server/Connections.ts"
import * as MemoryTransport from "../../src/server/MemoryTransport.ts"
import { type Arg, encode, render } from "./RawClient.ts"

export const layer = (options: Registry.Options = {}) => Services.layer.pipe(Layer.provideMerge(Config.layer(options)))

export interface Client {
  /** Sends a command and waits for its reply, as redis-cli shows it. */
  readonly show: (...args: ReadonlyArray<Arg>) => Effect.Effect<string>
  /** Sends a command and does not wait. */
  readonly send: (...args: ReadonlyArray<Arg>) => Effect.Effect<void>
  /** Sends bytes as they are, in one piece. */
  readonly write: (bytes: Uint8Array) => Effect.Effect<void>
  /** The replies that have come and were not taken yet. */
  readonly received: Effect.Effect<ReadonlyArray<string>>
  /** Leaves everything unread from now on. */
  readonly stopReading: Effect.Effect<void>
  /** Closes the client's end. */
  readonly close: Effect.Effect<void>
}

/** Lets everything that is under way between the two ends arrive. */
export const settle = Effect.promise(async () => {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
})

export const connect: Effect.Effect<Client, never, Connections> = Effect.gen(function*() {
  const { accept } = yield* Connections
  const [server, end] = MemoryTransport.makePair()
  const parser = new ReplyParser()
  const replies: Array<string> = []
  end.onBytes((bytes) => {
    parser.push(Buffer.from(bytes))
    for (let value = parser.next(); value !== undefined; value = parser.next()) {
      if (value._tag === "ProtocolError") throw new Error("the server sent garbage")
      replies.push(render(value))
    }
  })
  accept(server)
  const send = (...args: ReadonlyArray<Arg>) => Effect.sync(() => end.write(encode(args)))
  const received = Effect.andThen(settle, Effect.sync(() => replies.splice(0)))
  return {
    send,
    write: (bytes) => Effect.sync(() => end.write(bytes)),
    received,
    show: (...args) => Effect.andThen(send(...args), Effect.map(received, (all) => all.join("\n"))),
    stopReading: Effect.sync(() => end.pause()),
    close: Effect.andThen(Effect.sync(() => end.end()), settle)
  }
})
