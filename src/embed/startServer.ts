/**
 * A server for programs without Effect, above all for tests:
 *
 * ```ts
 * await using server = await startServer({ maxmemory: "64mb" })
 * const redis = createClient({ url: server.url })
 * ```
 */
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import type * as Registry from "../config/Registry.ts"
import { RedisServer } from "../server/RedisServer.ts"
import { type Argument, Client } from "./Client.ts"
import * as Embedded from "./Embedded.ts"
import type { Value } from "./Value.ts"

/** Directives of the server, and where it listens. */
export interface ServerOptions extends Omit<Registry.Options, "port" | "bind"> {
  /** The loopback interface unless given. */
  readonly host?: string
  /** 0, the default, lets the system choose a free one. */
  readonly port?: number
}

export interface RunningServer extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** `redis://127.0.0.1:51234` */
  readonly url: string
  /** Runs a command on a connection inside the process; rejects with the `ReplyError` that it answers. */
  readonly command: (...args: ReadonlyArray<Argument>) => Promise<Value>
  /** Ends the server and its connections; nothing stays open. */
  readonly close: () => Promise<void>
}

/** Starts a server; rejects with a `ListenError` or a `ConfigFileError`. */
export const startServer = async (options: ServerOptions = {}): Promise<RunningServer> => {
  const { host = "127.0.0.1", port = 0, ...directives } = options
  const runtime = ManagedRuntime.make(
    RedisServer.layerTcp({ host, port }).pipe(Layer.provideMerge(Embedded.layer(directives)))
  )
  try {
    const bound = await runtime.runPromise(RedisServer.useSync((server) => server.addresses()[0]))
    const close = () => runtime.dispose()
    const listening = bound?.port ?? port
    return {
      host,
      port: listening,
      url: `redis://${host.includes(":") ? `[${host}]` : host}:${listening}`,
      command: (...args) => runtime.runPromise(Client.use((client) => client.command(...args))),
      close,
      [Symbol.asyncDispose]: close
    }
  } catch (error) {
    await runtime.dispose()
    throw error
  }
}
