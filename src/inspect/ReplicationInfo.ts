/** What INFO tells of replication. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Stats } from "../command/Stats.ts"
import { Config } from "../config/Config.ts"
import { Replicas } from "../replication/Replicas.ts"
import { ReplicationId } from "../replication/ReplicationId.ts"
import { Role } from "../replication/Role.ts"
import type { Value } from "./InfoFields.ts"
import { type Fields, InfoSections } from "./InfoSections.ts"

/** Provides the fields while the layer lives. */
export const layer: Layer.Layer<
  never,
  never,
  InfoSections | Config | Replicas | Role | ReplicationId | Stats
> = Layer.effectDiscard(Effect.gen(function*() {
  const info = yield* InfoSections
  const { values } = yield* Config
  const replicas = yield* Replicas
  const role = yield* Role
  const identity = yield* ReplicationId
  const stats = yield* Stats
  const clock = yield* Clock.Clock
  const { feed } = replicas
  const now = (): number => Math.floor(clock.currentTimeMillisUnsafe() / 1000)

  const linkFields = function*(): Generator<readonly [string, Value]> {
    const { master, transfer } = role
    if (master === undefined) return
    yield ["role", "slave"]
    yield ["master_host", master.host]
    yield ["master_port", master.port]
    yield ["master_link_status", role.isConnected ? "up" : "down"]
    yield ["master_last_io_seconds_ago", role.isConnected ? now() - role.lastIo : -1]
    yield ["master_sync_in_progress", transfer === undefined ? 0 : 1]
    yield ["slave_read_repl_offset", role.isConnected ? role.readOffset : identity.offset]
    yield ["slave_repl_offset", identity.offset]
    if (transfer !== undefined) {
      const { lastIo, read, total } = transfer
      yield ["master_sync_total_bytes", Math.max(0, total)]
      yield ["master_sync_read_bytes", read]
      yield ["master_sync_left_bytes", total < 0 ? -read : total - read]
      yield ["master_sync_perc", (total <= 0 ? 0 : (read / total) * 100).toFixed(2)]
      yield ["master_sync_last_io_seconds_ago", now() - lastIo]
    }
    if (!role.isConnected) yield ["master_link_down_since_seconds", role.downSince < 0 ? -1 : now() - role.downSince]
    yield ["slave_priority", values["replica-priority"]]
    yield ["slave_read_only", values["replica-read-only"] ? 1 : 0]
    yield ["replica_announced", values["replica-announced"] ? 1 : 0]
  }

  const replicaFields = function*(): Generator<readonly [string, Value]> {
    yield ["connected_slaves", feed.replicas.size]
    if (values["min-replicas-to-write"] > 0 && values["min-replicas-max-lag"] > 0) {
      yield ["min_slaves_good_slaves", replicas.good()]
    }
    let index = 0
    for (const replica of feed.replicas) {
      const { ackOffset, ackTime, host, phase, port, state } = replica
      if (state === undefined) continue
      const lag = phase === "online" ? now() - ackTime : 0
      yield [`slave${index++}`, `ip=${host},port=${port},state=${state},offset=${ackOffset},lag=${lag}`]
    }
  }

  const streamFields = function*(): Generator<readonly [string, Value]> {
    // What was written in this turn counts
    feed.flush()
    const { backlog } = feed
    yield ["master_failover_state", role.failover]
    yield ["master_replid", identity.replid]
    yield ["master_replid2", identity.replid2]
    yield ["master_repl_offset", identity.offset]
    yield ["second_repl_offset", identity.secondOffset]
    yield ["repl_backlog_active", backlog === undefined ? 0 : 1]
    yield ["repl_backlog_size", values["repl-backlog-size"]]
    yield ["repl_backlog_first_byte_offset", backlog?.first ?? 0]
    yield ["repl_backlog_histlen", backlog?.length ?? 0]
  }

  const section = function*(): Generator<readonly [string, Value]> {
    yield* linkFields()
    yield* replicaFields()
    yield* streamFields()
  }

  const statFields = (): Fields => [
    ["total_net_repl_input_bytes", stats.replicationInputBytes],
    ["total_net_repl_output_bytes", stats.replicationOutputBytes],
    ["unexpected_error_replies", stats.unexpectedErrors],
    ["sync_full", stats.fullSyncs],
    ["sync_partial_ok", stats.partialSyncs],
    ["sync_partial_err", stats.refusedPartialSyncs]
  ]

  const memoryFields = (): Fields => {
    let held = 0
    for (const { session } of feed.replicas) held += session.link?.outputBytes() ?? 0
    return [
      ["mem_not_counted_for_evict", held],
      ["mem_replication_backlog", feed.backlog?.capacity ?? 0],
      ["mem_total_replication_buffers", (feed.backlog?.capacity ?? 0) + held],
      ["mem_clients_slaves", held]
    ]
  }

  const providers = [
    info.provide("replication", section),
    info.provide("stats", statFields),
    info.provide("memory", memoryFields)
  ]
  yield* Effect.addFinalizer(() => Effect.sync(() => providers.forEach((stop) => stop())))
}))
