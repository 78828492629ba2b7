/// <reference types="node" preserve="true" />
/**
 * The server: connections from wherever the configuration says, as a layer. `layerInMemory` is the same server without
 * sockets.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type * as NodeTls from "node:tls"
import { Config } from "../config/Config.ts"
import type { Name, Values } from "../config/Registry.ts"
import * as Tls from "../config/Tls.ts"
import type { TlsError } from "../config/Tls.ts"
import { Connections } from "./Connections.ts"
import * as Listener from "./Listener.ts"
import { ListenError } from "./ListenError.ts"
import * as MemoryTransport from "./MemoryTransport.ts"

/** Where to listen: on the loopback interface and a port that the system chooses, unless told otherwise. */
export interface Address {
  readonly host?: string | undefined
  readonly port?: number | undefined
}

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
  static readonly layerTcp = (address: Address = {}): Layer.Layer<RedisServer, ListenError, Connections | Config> =>
    Layer.effect(this, listening(address))

  /** The same over TLS, with a certificate and what else Node's `tls` takes. */
  static readonly layerTls = (
    { host, port, ...tls }: NodeTls.TlsOptions & Address
  ): Layer.Layer<RedisServer, ListenError, Connections | Config> =>
    Layer.effect(
      this,
      Effect.flatMap(logged, (onRefused) => listening({ host, port }, { tls, onRefused }))
    )

  /** A server that listens where the configuration says, and follows its changes. */
  static readonly layer: Layer.Layer<RedisServer, ListenError, Connections | Config> = Layer.effect(
    this,
    Effect.gen(function*() {
      const { accept } = yield* Connections
      const { onApply, values } = yield* Config
      const onRefused = yield* logged

      const plain = yield* follow((now) => Effect.succeed(now.port === 0 ? undefined : tcpOptions(now)), accept)
      const encrypted = yield* follow(
        Effect.fnUntraced(function*(now) {
          if (now["tls-port"] === 0) return undefined
          const tls = yield* Tls.listening(now)
          return { ...tcpOptions(now), port: now["tls-port"], tls, onRefused }
        }),
        accept
      )

      yield* Effect.gen(function*() {
        if (Tls.wanted(values)) yield* Tls.check(values)
        yield* plain.listen(values)
        yield* encrypted.listen(values)
      }).pipe(
        Effect.catchTag("TlsError", ({ message }) =>
          Effect.fail(
            new ListenError({ message: "Failed to configure TLS. Check logs for more info.", details: [message] })
          ))
      )
      if (values.unixsocket !== "") {
        const backlog = values["tcp-backlog"]
        yield* Listener.unix({ path: values.unixsocket, mode: values.unixsocketperm, backlog }, accept)
      }
      const addresses = () => [...plain.bound(), ...encrypted.bound()]
      if (addresses().length === 0 && values.unixsocket === "") {
        return yield* new ListenError({ message: "Configured to not listen anywhere, exiting.", details: [] })
      }

      const apply = (
        names: ReadonlyArray<Name>,
        change: (now: Values) => Effect.Effect<void, ListenError | TlsError>
      ) => onApply(names, (now) => Effect.catch(change(now), refuse))
      const stops = [
        apply(["port", "bind"], plain.listen),
        // Before the old port is given up, what takes its place is known to be right
        apply(
          ["tls-port", "bind", ...Tls.names],
          (now) => Effect.andThen(Tls.wanted(now) ? Tls.check(now) : Effect.void, encrypted.listen(now))
        )
      ]
      yield* Effect.addFinalizer(() => Effect.sync(() => stops.forEach((stop) => stop())))
      return RedisServer.of({ addresses, connect: connectTo(accept) })
    })
  )
}

// ---- a listener on one address

const listening = Effect.fnUntraced(function*(
  { host = "127.0.0.1", port = 0 }: Address,
  encryption: Pick<Listener.TcpOptions, "tls" | "onRefused"> = {}
) {
  const { accept } = yield* Connections
  const { values } = yield* Config
  const bound = yield* Listener.tcp({ ...tcpOptions(values), addresses: [host], port, ...encryption }, accept)
  return RedisServer.of({ addresses: () => bound, connect: connectTo(accept) })
})

// ---- a listener that follows the configuration

type Options = (values: Values) => Effect.Effect<Listener.TcpOptions | undefined, TlsError>

/** `listen` closes what there was, and listens as the options now say, if they do. */
const follow = Effect.fnUntraced(function*(options: Options, accept: Listener.Accept) {
  const scope = yield* Scope.Scope
  let current: { readonly scope: Scope.Closeable; readonly bound: ReadonlyArray<Listener.Bound> } | undefined
  const listen = Effect.fnUntraced(function*(values: Values) {
    const wanted = yield* options(values)
    if (current !== undefined) yield* Scope.close(current.scope, Exit.void)
    current = undefined
    if (wanted === undefined) return
    const own = yield* Scope.fork(scope)
    const bound = yield* Listener.tcp(wanted, accept).pipe(
      Scope.provide(own),
      Effect.onError(() => Scope.close(own, Exit.void))
    )
    current = { scope: own, bound }
  })
  return { bound: () => current?.bound ?? [], listen }
})

/** What CONFIG SET answers; the reason is in the log. */
const refuse = (error: ListenError | TlsError): Effect.Effect<never, string> =>
  error._tag === "ListenError"
    ? Effect.fail("Unable to listen on this port. Check server logs.")
    : Effect.andThen(
      Effect.logWarning(error.message),
      Effect.fail("Unable to update TLS configuration. Check server logs.")
    )

/** Logs who was turned away, from outside a fiber. */
const logged = Effect.map(Effect.context(), (services) => {
  const fork = Effect.runForkWith(services)
  return (reason: string): void => void fork(Effect.logWarning(`Error accepting a client connection: ${reason}`))
})

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
