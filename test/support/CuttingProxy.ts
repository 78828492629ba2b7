/** A TCP proxy that cuts its connections: after so many bytes from the server, or when it is told to. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { connect, createServer } from "node:net"
import type { AddressInfo, Socket } from "node:net"

export interface CuttingProxy {
  readonly port: number
  /** Connections that were cut because their bytes were used up. */
  readonly cuts: () => number
  /** Cuts all connections that there are. */
  readonly cutAll: () => void
  /** Whether bytes get through at all: while they do not, both ends hear nothing. */
  readonly hold: (held: boolean) => void
}

/** `bytes` says after how many bytes from the server the next connection is cut; undefined: never. */
export const listen = (
  port: number,
  bytes: () => number | undefined
): Effect.Effect<CuttingProxy, never, Scope.Scope> =>
  Effect.gen(function*() {
    const sockets = new Set<Socket>()
    let cuts = 0
    let isHeld = false
    const relay = (client: Socket): void => {
      const upstream = connect(port, "127.0.0.1")
      let left = bytes()
      const cut = (): void => {
        client.destroy()
        upstream.destroy()
      }
      for (const socket of [client, upstream]) {
        sockets.add(socket)
        socket.setNoDelay(true)
        socket.on("close", () => {
          sockets.delete(socket)
          cut()
        })
        socket.on("error", cut)
        if (isHeld) socket.pause()
      }
      client.on("data", (chunk) => upstream.write(chunk))
      upstream.on("data", (chunk) => {
        if (left !== undefined && chunk.length >= left) {
          cuts++
          // No encoding is set, so it is never text
          client.write((chunk as Buffer).subarray(0, left), () => cut())
          upstream.pause()
          return
        }
        if (left !== undefined) left -= chunk.length
        client.write(chunk)
      })
    }
    const server = yield* Effect.acquireRelease(
      Effect.callback<ReturnType<typeof createServer>>((resume) => {
        const server = createServer(relay)
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.callback<void>((resume) => {
          for (const socket of sockets) socket.destroy()
          server.close(() => resume(Effect.void))
        })
    )
    return {
      port: (server.address() as AddressInfo).port, // a TCP server's address is never a path
      cuts: () => cuts,
      cutAll: () => sockets.forEach((socket) => socket.destroy()),
      hold: (held) => {
        isHeld = held
        for (const socket of sockets) {
          if (held) socket.pause()
          else socket.resume()
        }
      }
    }
  })
