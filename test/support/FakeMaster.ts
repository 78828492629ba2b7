/** A listener that answers a replica's handshake as a master does, and then does whatever a test wants of it. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { createServer } from "node:net"
import type { AddressInfo, Socket } from "node:net"

export interface FakeMaster {
  readonly port: number
  /** Replicas that have connected so far. */
  readonly connections: () => number
}

/** What it says to each step of the handshake, in place of what a master would; undefined: what a master says. */
export interface Script {
  readonly ping?: (socket: Socket) => void
  /** Behind the answer to PSYNC, which is `+FULLRESYNC` unless `psync` says otherwise. */
  readonly psync?: (socket: Socket) => void
  /** To SYNC, which is asked for when PSYNC is not understood. */
  readonly sync?: (socket: Socket) => void
}

export const fullResync = `+FULLRESYNC ${"ab".repeat(20)} 0\r\n`

export const listen = (script: Script): Effect.Effect<FakeMaster, never, Scope.Scope> =>
  Effect.gen(function*() {
    const sockets = new Set<Socket>()
    let connections = 0
    const serve = (socket: Socket): void => {
      connections++
      sockets.add(socket)
      socket.on("close", () => sockets.delete(socket))
      socket.on("error", () => socket.destroy())
      socket.on("data", (bytes) => {
        const text = bytes.toString("latin1")
        if (text.includes("PSYNC")) (script.psync ?? ((to) => to.write(fullResync)))(socket)
        else if (text.includes("SYNC")) script.sync?.(socket)
        else if (text.includes("PING") && script.ping !== undefined) script.ping(socket)
        else if (text.includes("PING")) socket.write("+PONG\r\n")
        else if (text.includes("listening-port") || text.includes("capa")) socket.write("+OK\r\n")
      })
    }
    const server = yield* Effect.acquireRelease(
      Effect.callback<ReturnType<typeof createServer>>((resume) => {
        const server = createServer(serve)
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.callback<void>((resume) => {
          for (const socket of sockets) socket.destroy()
          server.close(() => resume(Effect.void))
        })
    )
    const { port } = server.address() as AddressInfo // a TCP server's address is never a path
    return { port, connections: () => connections }
  })
