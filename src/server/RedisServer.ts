/**
 * The server: connections from wherever the configuration says, as a layer. `layerInMemory` is the same server without
 * sockets.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { Config } from "../config/Config.ts"
import type { Values } from "../config/Registry.ts"
import { Connections } from "./Connections.ts"
import * as Listener from "./Listener.ts"
import { ListenError } from "./ListenError.ts"
import * as MemoryTransport from "./MemoryTransport.ts"

export class RedisServer extends Context.Service<RedisServer, {
  /** Where it listens on TCP at the moment. */
  readonly addresses: () => ReadonlyArray<Listener.Bound>
  /** A connection within the process. */
  readonly connect: Effect.Effect<MemoryTransport.ClientEnd>
}>()("go-redis/server/RedisServer") {
  /** A server that only `connect` reaches. */
  static readonly layerInMemory: Layer.Layer<RedisServer, never, Connections> = Layer.effect(
    this,
    Effect.map(Connections, ({ accept }) => RedisServer.of({ addresses: () => [], connect: connectTo(accept) }))
  )

  /** A server that listens on one TCP address, whatever the configuration says; port 0 lets the system choose one. */
  static readonly layerTcp = (
    options: { readonly host?: string; readonly port?: number } = {}
  ): Layer.Layer<RedisServer, ListenError, Connections | Config> =>
    Layer.effect(
      this,
      Effect.gen(function*() {
        const { accept } = yield* Connections
        const { values } = yield* Config
        const address = { addresses: [options.host ?? "127.0.0.1"], port: options.port ?? 0 }
        const bound = yield* Listener.tcp({ ...tcpOptions(values), ...address }, accept)
        return RedisServer.of({ addresses: () => bound, connect: connectTo(accept) })
      })
    )

  /** A server that listens where the configuration says, and follows its changes. */
  static readonly layer: Layer.Layer<RedisServer, ListenError, Connections | Config> = Layer.effect(
    this,
    Effect.gen(function*() {
      const { accept } = yield* Connections
      const { onApply, values } = yield* Config
      const scope = yield* Scope.Scope
      let tcp: { readonly scope: Scope.Closeable; readonly bound: ReadonlyArray<Listener.Bound> } | undefined

      const listenTcp = (options: Listener.TcpOptions) =>
        Effect.gen(function*() {
          const own = yield* Scope.fork(scope)
          const bound = yield* Listener.tcp(options, accept).pipe(
            Scope.provide(own),
            Effect.onError(() => Scope.close(own, Exit.void))
          )
          tcp = { scope: own, bound }
        })

      const relisten = (changed: Values) =>
        Effect.gen(function*() {
          if (tcp !== undefined) yield* Scope.close(tcp.scope, Exit.void)
          tcp = undefined
          if (changed.port === 0) return
          yield* Effect.mapError(
            listenTcp(tcpOptions(changed)),
            () => "Unable to listen on this port. Check server logs."
          )
        })

      if (values.port !== 0) yield* listenTcp(tcpOptions(values))
      if (values.unixsocket !== "") {
        const backlog = values["tcp-backlog"]
        yield* Listener.unix({ path: values.unixsocket, mode: values.unixsocketperm, backlog }, accept)
      }
      if ((tcp === undefined || tcp.bound.length === 0) && values.unixsocket === "") {
        return yield* new ListenError({ message: "Configured to not listen anywhere, exiting.", details: [] })
      }
      const stop = onApply(["port", "bind"], relisten)
      yield* Effect.addFinalizer(() => Effect.sync(stop))
      return RedisServer.of({ addresses: () => tcp?.bound ?? [], connect: connectTo(accept) })
    })
  )
}

const tcpOptions = (values: Values): Listener.TcpOptions => ({
  addresses: values.bind,
  port: values.port,
  backlog: values["tcp-backlog"],
  keepAlive: () => values["tcp-keepalive"]
})

const connectTo = (accept: Listener.Accept): Effect.Effect<MemoryTransport.ClientEnd> =>
  Effect.sync(() => {
    const [server, client] = MemoryTransport.makePair()
    accept(server)
    return client
  })
