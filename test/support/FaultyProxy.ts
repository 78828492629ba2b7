/**
 * A TCP proxy in front of a real server that makes chosen mistakes: it changes requests on their way in and replies on their way
 * out. It proves that the differential tester would see such a mistake.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { connect, createServer } from "node:net"
import type { AddressInfo, Socket } from "node:net"
import { ReplyParser } from "../../src/resp/ReplyParser.ts"
import { elements, text } from "../differential/Grammar.ts"
import { encode } from "./RawClient.ts"

/** Mistakes, on arguments and replies with one character per byte. */
export interface Mistakes {
  readonly request?: (args: ReadonlyArray<string>) => ReadonlyArray<string>
  /** Sees the reply's bytes and the request that it answers. */
  readonly reply?: (raw: string, args: ReadonlyArray<string>) => string
}

/** Listens on a free port, which it returns. */
export const listen = (port: number, mistakes: Mistakes): Effect.Effect<number, never, Scope.Scope> =>
  Effect.gen(function*() {
    const sockets = new Set<Socket>()
    const server = yield* Effect.acquireRelease(
      Effect.callback<ReturnType<typeof createServer>>((resume) => {
        const server = createServer((client) => {
          const upstream = connect(port, "127.0.0.1")
          for (const socket of [client, upstream]) {
            sockets.add(socket)
            socket.on("close", () => sockets.delete(socket))
            socket.on("error", () => socket.destroy())
          }
          relay(client, upstream, mistakes)
        })
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.callback<void>((resume) => {
          for (const socket of sockets) socket.destroy()
          server.close(() => resume(Effect.void))
        })
    )
    return (server.address() as AddressInfo).port // a TCP server's address is never a path
  })

const relay = (
  client: Socket,
  upstream: Socket,
  { reply = (raw) => raw, request = (args) => args }: Mistakes
): void => {
  const unanswered: Array<ReadonlyArray<string>> = []
  frames(client, (raw, args) => {
    unanswered.push(args)
    const changed = request(args)
    upstream.write(
      changed === args ? Buffer.from(raw, "latin1") : encode(changed.map((arg) => Buffer.from(arg, "latin1")))
    )
  })
  frames(upstream, (raw) => client.write(Buffer.from(reply(raw, unanswered.shift() ?? []), "latin1")))
  client.on("close", () => upstream.destroy())
  upstream.on("close", () => client.end())
}

/** Requests are arrays of bulks, so one reader does for both directions; what is none (inline requests) goes through as it is. */
const frames = (socket: Socket, use: (raw: string, items: ReadonlyArray<string>) => void): void => {
  const parser = new ReplyParser()
  let unread = ""
  let consumed = 0
  socket.on("data", (chunk: Buffer) => {
    unread += chunk.toString("latin1")
    parser.push(chunk)
    while (true) {
      const value = parser.next()
      if (value === undefined) return
      const length = value._tag === "ProtocolError" ? unread.length : parser.consumed - consumed
      consumed = parser.consumed
      use(unread.slice(0, length), value._tag === "ProtocolError" ? [] : elements(value).map(text))
      unread = unread.slice(length)
      if (value._tag === "ProtocolError") return
    }
  })
}
