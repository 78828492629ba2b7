/** What INFO tells of the process, the data and the commands. Other parts of the server provide their own fields. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Os from "node:os"
import packageJson from "../../package.json" with { type: "json" }
import { ClientRegistry } from "../command/ClientRegistry.ts"
import { CommandTable } from "../command/CommandTable.ts"
import { Shutdown } from "../command/Shutdown.ts"
import { Stats } from "../command/Stats.ts"
import { Config } from "../config/Config.ts"
import { randomId } from "../replication/ReplicationId.ts"
import { Store } from "../store/Store.ts"
import { humanBytes, percent, ratio } from "./Figures.ts"
import type { Value } from "./InfoFields.ts"
import { type Fields, InfoSections } from "./InfoSections.ts"
import { MemoryFigures } from "./MemoryFigures.ts"
import { Rate } from "./Rates.ts"

/** The library under Node's sockets waits with what the system has. */
const MULTIPLEXING: Readonly<Record<string, string>> = { linux: "epoll", darwin: "kqueue", win32: "iocp" }

/** Time between two samples of what changes all the time, while commands come, and at most while none come. */
const SAMPLE_MILLISECONDS = 100
const IDLE_MILLISECONDS = 10_000

/** Provides the fields while the layer lives. */
export const layer: Layer.Layer<
  never,
  never,
  InfoSections | MemoryFigures | Store | Config | CommandTable | Stats | ClientRegistry | Shutdown
> = Layer.effectDiscard(Effect.gen(function*() {
  const info = yield* InfoSections
  const memory = yield* MemoryFigures
  const store = yield* Store
  const config = yield* Config
  const table = yield* CommandTable
  const clock = yield* Clock.Clock
  const { state } = store
  const counters = yield* Stats
  const { clients } = yield* ClientRegistry
  const { wait } = yield* Shutdown
  const { startedAt } = counters
  const runId = randomId()
  // Each call would read a file of the system.
  const totalMemory = Os.totalmem()

  const rates = {
    commands: new Rate(() => table.calls, startedAt),
    input: new Rate(() => counters.inputBytes, startedAt),
    output: new Rate(() => counters.outputBytes, startedAt)
  }
  const kilobytes = (rate: Rate): string => (rate.perSecond / 1024).toFixed(2)

  const server = (): Fields => {
    const now = clock.currentTimeMillisUnsafe()
    const uptime = Math.floor((now - startedAt) / 1000)
    return [
      ["os", `${Os.type()} ${Os.release()} ${Os.machine()}`],
      ["arch_bits", process.arch.endsWith("64") || process.arch === "s390x" ? 64 : 32],
      ["multiplexing_api", MULTIPLEXING[process.platform] ?? "libuv"],
      ["process_id", process.pid],
      ["run_id", runId],
      ["tcp_port", config.values.port || config.values["tls-port"]],
      ["server_time_usec", clock.currentTimeNanosUnsafe() / 1000n],
      ["uptime_in_seconds", uptime],
      ["uptime_in_days", Math.floor(uptime / 86400)],
      ["hz", config.values.hz],
      ["configured_hz", config.values.hz],
      ["lru_clock", Math.floor(now / 1000) & 0xffffff],
      ["executable", process.argv[1] ?? process.execPath],
      ["config_file", config.file ?? ""],
      ...(wait.until === undefined ? [] : [["shutdown_in_milliseconds", Math.max(0, wait.until - now)] as const]),
      ["go_redis_version", packageJson.version],
      ["node_version", process.versions.node]
    ]
  }

  const clientFields = (): Fields => {
    let blocked = 0
    for (const session of clients.byId.values()) if (session.blocked !== undefined) blocked++
    return [
      ["connected_clients", clients.byId.size],
      ["maxclients", config.values.maxclients],
      ["client_recent_max_input_buffer", counters.recentMaxInput],
      ["client_recent_max_output_buffer", counters.recentMaxOutput],
      ["blocked_clients", blocked]
    ]
  }

  const memoryFields = (): Fields => {
    const { allocated, clients: clientBytes, committed, dataset, overhead, peak, rss, startup, used } = memory.take()
    const { maxmemory } = config.values
    return [
      ["used_memory", used],
      ["used_memory_human", humanBytes(used)],
      ["used_memory_rss", rss],
      ["used_memory_rss_human", humanBytes(rss)],
      ["used_memory_peak", peak],
      ["used_memory_peak_human", humanBytes(peak)],
      ["used_memory_peak_perc", percent(used, peak)],
      ["used_memory_overhead", overhead],
      ["used_memory_startup", startup],
      ["used_memory_dataset", dataset],
      ["used_memory_dataset_perc", percent(dataset, used - startup)],
      ["allocator_allocated", allocated],
      ["allocator_active", committed],
      ["allocator_resident", committed],
      ["total_system_memory", totalMemory],
      ["total_system_memory_human", humanBytes(totalMemory)],
      ["maxmemory", maxmemory],
      ["maxmemory_human", humanBytes(maxmemory)],
      ["maxmemory_policy", config.values["maxmemory-policy"]],
      ["allocator_frag_ratio", ratio(committed, allocated).toFixed(2)],
      ["allocator_frag_bytes", committed - allocated],
      ["allocator_rss_ratio", "1.00"],
      ["allocator_rss_bytes", 0],
      ["rss_overhead_ratio", ratio(rss, committed).toFixed(2)],
      ["rss_overhead_bytes", rss - committed],
      ["mem_fragmentation_ratio", ratio(rss, used).toFixed(2)],
      ["mem_fragmentation_bytes", rss - used],
      ["mem_clients_normal", clientBytes],
      ["lazyfree_pending_objects", store.database(0).space.releasesPending],
      ["lazyfreed_objects", state.stats.lazyFreed]
    ]
  }

  const stats = (): Fields => {
    const now = clock.currentTimeMillisUnsafe()
    const { stats } = state
    const since = stats.evictionExceededSince
    const { databases } = store.database(0).space
    return [
      ["total_connections_received", counters.connections],
      ["total_commands_processed", table.calls],
      ["instantaneous_ops_per_sec", Math.floor(rates.commands.perSecond)],
      ["total_net_input_bytes", counters.inputBytes],
      ["total_net_output_bytes", counters.outputBytes],
      ["instantaneous_input_kbps", kilobytes(rates.input)],
      ["instantaneous_output_kbps", kilobytes(rates.output)],
      ["rejected_connections", counters.rejectedConnections],
      ["expired_keys", stats.expired],
      ["slave_expires_tracked_keys", databases.reduce((sum, { ownVolatile }) => sum + ownVolatile.size, 0)],
      ["expired_stale_perc", stats.expiredStalePercent.toFixed(2)],
      ["expired_time_cap_reached_count", stats.expiredTimeCapReached],
      ["expire_cycle_cpu_milliseconds", Math.floor(stats.expireCycleMicroseconds / 1000)],
      ["evicted_keys", stats.evicted],
      ["evicted_clients", counters.evictedClients],
      ["total_eviction_exceeded_time", Math.floor(stats.evictionExceededMilliseconds)],
      ["current_eviction_exceeded_time", since === 0 ? 0 : now - since],
      ["keyspace_hits", stats.hits],
      ["keyspace_misses", stats.misses],
      ["total_error_replies", counters.errorReplies],
      ["total_reads_processed", counters.reads],
      ["total_writes_processed", counters.writes]
    ]
  }

  const cpu = (): Fields => {
    const all = process.cpuUsage()
    const main = process.threadCpuUsage()
    const seconds = (microseconds: number): string => (microseconds / 1e6).toFixed(6)
    return [
      ["used_cpu_sys", seconds(all.system)],
      ["used_cpu_user", seconds(all.user)],
      ["used_cpu_sys_main_thread", seconds(main.system)],
      ["used_cpu_user_main_thread", seconds(main.user)]
    ]
  }

  const commandStats = function*(): Generator<readonly [string, Value]> {
    for (const { calls, failed, microseconds, name, rejected } of table.entries()) {
      if (calls === 0 && failed === 0 && rejected === 0) continue
      const perCall = ratio(microseconds, calls).toFixed(2)
      yield [
        `cmdstat_${name}`,
        `calls=${calls},usec=${Math.round(microseconds)},usec_per_call=${perCall},`
        + `rejected_calls=${rejected},failed_calls=${failed}`
      ]
    }
  }

  const errorStats = function*(): Generator<readonly [string, Value]> {
    for (const [code, count] of counters.errors) yield [`errorstat_${code}`, `count=${count}`]
  }

  const latencyStats = function*(): Generator<readonly [string, Value]> {
    const percents = config.values["latency-tracking-info-percentiles"]
    for (const { histogram, name } of table.entries()) {
      if (histogram.count === 0) continue
      const figures = percents.map((each) => `p${each}=${(histogram.percentile(each) / 1000).toFixed(3)}`)
      yield [`latency_percentiles_usec_${name}`, figures.join(",")]
    }
  }

  const keyspace = function*(): Generator<readonly [string, Value]> {
    for (const { averageTtl, expires, index, size } of store.database(0).space.databases) {
      if (size === 0) continue
      yield [`db${index}`, `keys=${size},expires=${expires.size},avg_ttl=${Math.floor(averageTtl)}`]
    }
  }

  const providers = [
    info.provide("server", server),
    info.provide("clients", clientFields),
    info.provide("memory", memoryFields),
    info.provide("stats", stats),
    info.provide("cpu", cpu),
    info.provide("commandstats", commandStats),
    info.provide("errorstats", errorStats),
    info.provide("latencystats", latencyStats),
    info.provide("keyspace", keyspace)
  ]
  yield* Effect.addFinalizer(() => Effect.sync(() => providers.forEach((stop) => stop())))

  const sample = Effect.sync(() => {
    const now = clock.currentTimeMillisUnsafe()
    for (const rate of Object.values(rates)) rate.sample(now)
    memory.sample()
  })
  yield* Effect.forkScoped(Effect.gen(function*() {
    let pause = SAMPLE_MILLISECONDS
    while (true) {
      yield* Effect.sleep(pause)
      yield* sample
      // An idle server is left alone, and a clock moved by hand gets far in few steps
      pause = rates.commands.perSecond > 0 ? SAMPLE_MILLISECONDS : Math.min(pause * 2, IDLE_MILLISECONDS)
    }
  }))
}))
