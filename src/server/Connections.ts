/**
 * Turns transports into connections: admits or refuses them, gives each its fiber, and looks after all of them once a
 * second (idle ones, soft limits, ends that nobody reads).
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import { memoryOf } from "../command/ClientInfo.ts"
import { ClientRegistry } from "../command/ClientRegistry.ts"
import { Executor } from "../command/Executor.ts"
import { Gate, type Session } from "../command/Session.ts"
import { Stats } from "../command/Stats.ts"
import { Config } from "../config/Config.ts"
import * as Fibers from "../Fibers.ts"
import * as BulkBuffers from "../resp/BulkBuffers.ts"
import { BufferPool } from "../resp/Output.ts"
import { Scratch } from "../resp/Scratch.ts"
import { Store } from "../store/Store.ts"
import { Connection, type ConnectionContext, Flushes } from "./Connection.ts"
import type { Transport } from "./Transport.ts"

/** Time between two rounds, and at most when there is nothing to watch: a clock moved by hand gets far in few steps. */
const ROUND_MILLIS = 1000
const IDLE_ROUND_MILLIS = 60_000

/** How long a peer has to read the last replies of a connection that has ended. */
const LINGER_MILLIS = 30_000

export class Connections extends Context.Service<Connections, {
  /**
   * Serves a peer until either side ends the connection, or the layer's scope is closed. Undefined: the peer was
   * refused.
   */
  readonly accept: (transport: Transport) => Session | undefined
}>()("go-redis/server/Connections") {
  static readonly layer: Layer.Layer<Connections, never, Executor | ClientRegistry | Stats | Config | Store> = Layer
    .effect(
      this,
      Effect.gen(function*() {
        const executor = yield* Executor
        const { clients } = yield* ClientRegistry
        const stats = yield* Stats
        const { values, onChange } = yield* Config
        const { database, state } = yield* Store
        const clock = yield* Clock.Clock
        const services = yield* Effect.context()
        const fork = Effect.runForkWith(services)
        const fibers = new Set<Fiber.Fiber<void>>()
        const lingering = new Map<Transport, number>()
        const connections = new Set<Connection>()
        /** Opened when something begins that the next round must not miss. */
        const watchClosely = Latch.makeUnsafe(false)
        const pool = new BufferPool()
        const context: ConnectionContext = {
          executor,
          clients,
          stats,
          values,
          state,
          database,
          clock,
          pool,
          bulks: BulkBuffers.pooled(pool, () => database(0).space.arena),
          scratch: new Scratch(),
          flushes: new Flushes(),
          watchClosely: () => void watchClosely.openUnsafe(),
          logVerbose: (message) => void fork(Effect.logDebug(message)),
          logWarning: (message) => void fork(Effect.logWarning(message))
        }

        const refuse = (transport: Transport, text: string): undefined => {
          stats.rejectedConnections++
          transport.write([Buffer.from(`-${text}\r\n`)])
          transport.end()
        }

        const accept = (transport: Transport): Session | undefined => {
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
          const label = { name: "connection", part: "clients", subject: session, interruptible: true }
          const fiber = fork(Fibers.named(label)(connection.serve))
          connection.attach(fiber)
          fibers.add(fiber)
          fiber.addObserver(() => {
            fibers.delete(fiber)
            connections.delete(connection)
            if (transport.backlog() === 0) return
            lingering.set(transport, clock.currentTimeMillisUnsafe())
            watchClosely.openUnsafe()
          })
          return session
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
          const mayIdle = session.kind !== "normal" || session.monitoring || session.blocked !== undefined
          if (values.timeout > 0 && !mayIdle && seconds > values.timeout) {
            context.logVerbose("Closing idle client")
            return connection.kill()
          }
          stats.recentMaxInput = Math.max(stats.recentMaxInput, connection.inputBytes())
          stats.recentMaxOutput = Math.max(stats.recentMaxOutput, connection.outputBytes())
          stats.clientBytes += memoryOf(session)
          connection.checkOutputLimit()
        }

        /** Closes the largest clients when all together take more than `maxmemory-clients`. */
        const evictClients = (): void => {
          const { amount, unit } = values["maxmemory-clients"]
          const limit = unit === "percent" ? (values.maxmemory * amount) / 100 : amount
          if (limit === 0 || stats.clientBytes <= limit) return
          const sized = [...connections]
            .filter(({ session }) => !session.noEvict && session.kind !== "replica" && session.kind !== "master")
            .map((connection) => ({ connection, bytes: memoryOf(connection.session) }))
            .sort((a, b) => b.bytes - a.bytes)
          for (const { bytes, connection } of sized) {
            if (stats.clientBytes <= limit) break
            stats.clientBytes -= bytes
            stats.evictedClients++
            context.logWarning(`Evicting client: id=${connection.session.id} addr=${connection.peer}`)
            connection.kill()
          }
        }

        const round = Effect.sync(() => {
          const now = clock.currentTimeMillisUnsafe()
          stats.recentMaxInput = stats.recentMaxOutput = stats.clientBytes = 0
          for (const connection of connections) lookAfter(connection, now)
          evictClients()
          for (const [transport, since] of lingering) {
            if (transport.backlog() > 0 && now - since < LINGER_MILLIS) continue
            if (transport.backlog() > 0) transport.destroy()
            lingering.delete(transport)
          }
        })
        /** Whether time alone can end a connection. */
        const mustWatch = (): boolean => {
          const limitsClients = values["maxmemory-clients"].amount > 0
          return values.timeout > 0 || limitsClients || lingering.size > 0 || stats.recentMaxOutput > 0
        }

        yield* Effect.gen(function*() {
          let pause = ROUND_MILLIS
          while (true) {
            yield* Effect.raceFirst(Effect.sleep(pause), watchClosely.await)
            watchClosely.closeUnsafe()
            yield* round
            pause = mustWatch() ? ROUND_MILLIS : Math.min(pause * 2, IDLE_ROUND_MILLIS)
          }
        }).pipe(
          Fibers.named({ name: "client rounds", part: "server" }),
          Effect.forkScoped
        )

        const stopWatching = onChange(["timeout", "maxmemory-clients"], () => void watchClosely.openUnsafe())
        const stop = onChange(["proto-max-bulk-len"], () => {
          for (const connection of connections) connection.trust(connection.session.authenticated)
        })
        const stopCounting = state.countOverhead(() => stats.clientBytes)
        yield* Effect.addFinalizer(() =>
          Effect.sync(() => {
            stop()
            stopWatching()
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
