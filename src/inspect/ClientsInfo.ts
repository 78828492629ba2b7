/** What INFO tells of the clients, the network and the errors. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ClientRegistry } from "../command/ClientRegistry.ts"
import { Stats } from "../command/Stats.ts"
import type { Value } from "./InfoFields.ts"
import { type Fields, InfoSections } from "./InfoSections.ts"
import { Rate } from "./Rates.ts"

const SAMPLE_MILLISECONDS = 100
const IDLE_MILLISECONDS = 10_000

/** Provides the fields while the layer lives. */
export const layer: Layer.Layer<never, never, InfoSections | ClientRegistry | Stats> = Layer.effectDiscard(
  Effect.gen(function*() {
    const info = yield* InfoSections
    const { clients } = yield* ClientRegistry
    const stats = yield* Stats
    const clock = yield* Clock.Clock
    const now = clock.currentTimeMillisUnsafe()
    const input = new Rate(() => stats.inputBytes, now)
    const output = new Rate(() => stats.outputBytes, now)
    const kilobytes = (rate: Rate): string => (rate.perSecond / 1024).toFixed(2)

    const blocked = (): number => {
      let count = 0
      for (const session of clients.byId.values()) if (session.blocked !== undefined) count++
      return count
    }

    const errors = function*(): Generator<readonly [string, Value]> {
      for (const [code, count] of [...stats.errors].sort(([a], [b]) => a < b ? -1 : 1)) {
        yield [`errorstat_${code}`, `count=${count}`]
      }
    }

    const providers = [
      info.provide("clients", (): Fields => [
        ["connected_clients", clients.byId.size],
        ["client_recent_max_input_buffer", stats.recentMaxInput],
        ["client_recent_max_output_buffer", stats.recentMaxOutput],
        ["blocked_clients", blocked()]
      ]),
      info.provide("stats", (): Fields => [
        ["total_connections_received", stats.connections],
        ["total_net_input_bytes", stats.inputBytes],
        ["total_net_output_bytes", stats.outputBytes],
        ["instantaneous_input_kbps", kilobytes(input)],
        ["instantaneous_output_kbps", kilobytes(output)],
        ["rejected_connections", stats.rejectedConnections],
        ["total_error_replies", stats.errorReplies],
        ["total_reads_processed", stats.reads],
        ["total_writes_processed", stats.writes]
      ]),
      info.provide("errorstats", errors)
    ]
    yield* Effect.addFinalizer(() => Effect.sync(() => providers.forEach((stop) => stop())))

    yield* Effect.forkScoped(Effect.gen(function*() {
      let pause = SAMPLE_MILLISECONDS
      while (true) {
        yield* Effect.sleep(pause)
        const time = clock.currentTimeMillisUnsafe()
        input.sample(time)
        output.sample(time)
        pause = input.perSecond > 0 ? SAMPLE_MILLISECONDS : Math.min(pause * 2, IDLE_MILLISECONDS)
      }
    }))
  })
)
