/**
 * Turns transports into connections: admits or refuses them, gives each its fiber, and looks after all of them once a
 * second (idle ones, soft limits, ends that nobody reads).
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { ClientRegistry } from "../command/ClientRegistry.ts"
import { Executor } from "../command/Executor.ts"
import { Gate } from "../command/Session.ts"
import { Stats } from "../command/Stats.ts"
import { Config } from "../config/Config.ts"
import { FiberLabel } from "../FiberLabel.ts"
import { BufferPool } from "../resp/Output.ts"
import { Store } from "../store/Store.ts"
import { Connection, type ConnectionContext } from "./Connection.ts"
import type { Transport } from "./Transport.ts"

/** How long a peer has to read the last replies of a connection that has ended. */
const LINGER_MILLIS = 30_000

export class Connections extends Context.Service<Connections, {
  /** Serves a peer until either side ends the connection, or the layer's scope is closed. */
  readonly accept: (transport: Transport) => void
}>()("go-redis/server/Connections") {
  static readonly layer: Layer.Layer<Connections, never, Executor | ClientRegistry | Stats | Config | Store> = Layer
    .effect(
      this,
      Effect.gen(function*() {
        const executor = yield* Executor
        const { clients } = yield* ClientRegistry
        const stats = yield* Stats
        const { values, onChange } = yield* Config
        const { state } = yield* Store
        const clock = yield* Clock.Clock
        const services = yield* Effect.context()
        const fork = Effect.runForkWith(services)
        const fibers = new Set<Fiber.Fiber<void>>()
        const lingering = new Map<Transport, number>()
        const connections = new Set<Connection>()
        const context: ConnectionContext = {
          executor,
          clients,
          stats,
          values,
          state,
          clock,
          pool: new BufferPool(),
          logVerbose: (message) => void fork(Effect.logDebug(message)),
          logWarning: (message) => void fork(Effect.logWarning(message))
        }

        const refuse = (transport: Transport, text: string): void => {
          stats.rejectedConnections++
          transport.write([Buffer.from(`-${text}\r\n`)])
          transport.end()
        }

        const accept = (transport: Transport): void => {
          const open = values.requirepass.length === 0
          if (clients.byId.size >= values.maxclients) return refuse(transport, "ERR max number of clients reached")
          if (values["protected-mode"] && open && !transport.isLocal) return refuse(transport, DENIED)
          stats.connections++
          const connection = new Connection(clients.nextId(), transport, context)
          const { session } = connection
          session.isLocal = transport.isLocal
          if (!open) {
            session.authenticated = false
            session.gate |= Gate.auth
            connection.trust(false)
          }
          clients.add(session)
          connections.add(connection)
          context.logVerbose(`Accepted ${transport.peer}`)
          const label = { name: "connection", subject: session }
          const fiber = fork(Effect.provideService(connection.serve, FiberLabel, label))
          connection.attach(fiber)
          fibers.add(fiber)
          fiber.addObserver(() => {
            fibers.delete(fiber)
            connections.delete(connection)
            if (transport.backlog() > 0) lingering.set(transport, clock.currentTimeMillisUnsafe())
          })
        }

        yield* Effect.addFinalizer(() =>
          Effect.suspend(() => {
            for (const transport of lingering.keys()) transport.destroy()
            return Fiber.interruptAll([...fibers])
          })
        )

        // ---- once a second

        const lookAfter = (connection: Connection, now: number): void => {
          const { session } = connection
          const seconds = Math.floor(now / 1000) - Math.floor(session.lastInteraction / 1000)
          const mayIdle = session.kind !== "normal" || session.blocked !== undefined
          if (values.timeout > 0 && !mayIdle && seconds > values.timeout) {
            context.logVerbose("Closing idle client")
            return connection.kill()
          }
          const input = connection.inputBytes()
          const output = connection.outputBytes()
          stats.recentMaxInput = Math.max(stats.recentMaxInput, input)
          stats.recentMaxOutput = Math.max(stats.recentMaxOutput, output)
          stats.clientBytes += input + output
          connection.checkOutputLimit()
        }

        const round = Effect.sync(() => {
          const now = clock.currentTimeMillisUnsafe()
          stats.recentMaxInput = stats.recentMaxOutput = stats.clientBytes = 0
          for (const connection of connections) lookAfter(connection, now)
          for (const [transport, since] of lingering) {
            if (transport.backlog() > 0 && now - since < LINGER_MILLIS) continue
            if (transport.backlog() > 0) transport.destroy()
            lingering.delete(transport)
          }
        })
        yield* Effect.andThen(Effect.sleep(1000), round).pipe(
          Effect.forever,
          Effect.provideService(FiberLabel, { name: "client rounds" }),
          Effect.forkScoped
        )

        const stop = onChange(["proto-max-bulk-len"], () => {
          for (const connection of connections) connection.trust(connection.session.authenticated)
        })
        const stopCounting = state.countOverhead(() => stats.clientBytes)
        yield* Effect.addFinalizer(() =>
          Effect.sync(() => {
            stop()
            stopCounting()
          })
        )

        return Connections.of({ accept })
      })
    )
}

/** Why `protected-mode` turns a client away, and what can be done about it. */
const DENIED = "DENIED Redis is running in protected mode because protected mode is enabled and no password is set for "
  + "the default user. In this mode connections are only accepted from the loopback interface. To let other computers "
  + "in, set a password (requirepass), or switch the mode off with 'CONFIG SET protected-mode no' from this machine, "
  + "with the directive 'protected-mode no' in the configuration file or with the option '--protected-mode no': but then "
  + "make sure that nobody else can reach the port."
