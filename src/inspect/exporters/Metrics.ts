/**
 * The figures of INFO as metrics, in the names that redis_exporter made known (https://github.com/oliver006/redis_exporter),
 * so that dashboards for Redis show this server.
 */

export interface Metric {
  /** Without the prefix `redis_`. */
  readonly name: string
  readonly kind: "counter" | "gauge"
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

type Figure = readonly [kind: Metric["kind"], name: string, scale?: number]

/** Fields of INFO that are numbers, and the names of their metrics. */
const figures: Readonly<Record<string, Figure>> = {
  uptime_in_seconds: ["gauge", "uptime_in_seconds"],
  process_id: ["gauge", "process_id"],
  connected_clients: ["gauge", "connected_clients"],
  blocked_clients: ["gauge", "blocked_clients"],
  tracking_clients: ["gauge", "tracking_clients"],
  maxclients: ["gauge", "config_maxclients"],
  client_recent_max_input_buffer: ["gauge", "client_recent_max_input_buffer_bytes"],
  client_recent_max_output_buffer: ["gauge", "client_recent_max_output_buffer_bytes"],
  used_memory: ["gauge", "memory_used_bytes"],
  used_memory_rss: ["gauge", "memory_used_rss_bytes"],
  used_memory_peak: ["gauge", "memory_used_peak_bytes"],
  used_memory_overhead: ["gauge", "memory_used_overhead_bytes"],
  used_memory_startup: ["gauge", "memory_used_startup_bytes"],
  used_memory_dataset: ["gauge", "memory_used_dataset_bytes"],
  maxmemory: ["gauge", "memory_max_bytes"],
  mem_fragmentation_ratio: ["gauge", "mem_fragmentation_ratio"],
  mem_clients_normal: ["gauge", "mem_clients_normal"],
  mem_clients_slaves: ["gauge", "mem_clients_slaves"],
  lazyfree_pending_objects: ["gauge", "lazyfree_pending_objects"],
  loading: ["gauge", "loading_dump_file"],
  rdb_changes_since_last_save: ["gauge", "rdb_changes_since_last_save"],
  rdb_bgsave_in_progress: ["gauge", "rdb_bgsave_in_progress"],
  rdb_last_save_time: ["gauge", "rdb_last_save_timestamp_seconds"],
  rdb_last_bgsave_time_sec: ["gauge", "rdb_last_bgsave_duration_sec"],
  rdb_current_bgsave_time_sec: ["gauge", "rdb_current_bgsave_duration_sec"],
  aof_enabled: ["gauge", "aof_enabled"],
  total_connections_received: ["counter", "connections_received_total"],
  total_commands_processed: ["counter", "commands_processed_total"],
  rejected_connections: ["counter", "rejected_connections_total"],
  total_net_input_bytes: ["counter", "net_input_bytes_total"],
  total_net_output_bytes: ["counter", "net_output_bytes_total"],
  total_error_replies: ["counter", "total_error_replies"],
  total_reads_processed: ["counter", "total_reads_processed"],
  total_writes_processed: ["counter", "total_writes_processed"],
  instantaneous_ops_per_sec: ["gauge", "instantaneous_ops_per_sec"],
  sync_full: ["counter", "replica_resyncs_full"],
  sync_partial_ok: ["counter", "replica_partial_resync_accepted"],
  sync_partial_err: ["counter", "replica_partial_resync_denied"],
  expired_keys: ["counter", "expired_keys_total"],
  expired_stale_perc: ["gauge", "expired_stale_percentage"],
  expired_time_cap_reached_count: ["counter", "expired_time_cap_reached_total"],
  evicted_keys: ["counter", "evicted_keys_total"],
  evicted_clients: ["counter", "evicted_clients_total"],
  keyspace_hits: ["counter", "keyspace_hits_total"],
  keyspace_misses: ["counter", "keyspace_misses_total"],
  pubsub_channels: ["gauge", "pubsub_channels"],
  pubsub_patterns: ["gauge", "pubsub_patterns"],
  latest_fork_usec: ["gauge", "latest_fork_seconds", 1e-6],
  connected_slaves: ["gauge", "connected_slaves"],
  master_repl_offset: ["gauge", "master_repl_offset"],
  second_repl_offset: ["gauge", "second_repl_offset"],
  repl_backlog_active: ["gauge", "repl_backlog_is_active"],
  repl_backlog_size: ["gauge", "replication_backlog_bytes"],
  repl_backlog_first_byte_offset: ["gauge", "repl_backlog_first_byte_offset"],
  repl_backlog_histlen: ["gauge", "repl_backlog_history_bytes"],
  slave_repl_offset: ["gauge", "slave_repl_offset"],
  slave_priority: ["gauge", "slave_priority"],
  master_last_io_seconds_ago: ["gauge", "master_last_io_seconds_ago"],
  master_sync_in_progress: ["gauge", "master_sync_in_progress"],
  trace_spans_sent: ["counter", "trace_spans_sent_total"],
  trace_spans_dropped: ["counter", "trace_spans_dropped_total"],
  trace_spans_waiting: ["gauge", "trace_spans_waiting"],
  used_cpu_sys: ["counter", "cpu_sys_seconds_total"],
  used_cpu_user: ["counter", "cpu_user_seconds_total"],
  used_cpu_sys_children: ["counter", "cpu_sys_children_seconds_total"],
  used_cpu_user_children: ["counter", "cpu_user_children_seconds_total"]
}

/** Fields that are `ok` or `up`: one where they are. */
const statuses: Readonly<Record<string, string>> = {
  rdb_last_bgsave_status: "rdb_last_bgsave_status",
  aof_last_bgrewrite_status: "aof_last_bgrewrite_status",
  aof_last_write_status: "aof_last_write_status",
  master_link_status: "master_link_up"
}

/** What the labels of `instance_info` are taken from. */
const INSTANCE = [
  "role",
  "redis_version",
  "redis_build_id",
  "redis_mode",
  "os",
  "maxmemory_policy",
  "tcp_port",
  "run_id"
]

const pairsOf = (list: string): ReadonlyMap<string, string> =>
  new Map(list.split(",").map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]))

/** The metrics that a line of INFO's lists holds: of a database, a command, an error or a replica. */
const listed = (name: string, value: string): ReadonlyArray<Metric> => {
  const pairs = pairsOf(value)
  const of = (kind: Metric["kind"], metric: string, field: string, labels: Metric["labels"], scale = 1): Metric => ({
    name: metric,
    kind,
    labels,
    value: Number(pairs.get(field)) * scale
  })
  if (/^db\d+$/.test(name)) {
    const labels = { db: name }
    return [
      of("gauge", "db_keys", "keys", labels),
      of("gauge", "db_keys_expiring", "expires", labels),
      of("gauge", "db_avg_ttl_seconds", "avg_ttl", labels, 1e-3)
    ]
  }
  if (name.startsWith("cmdstat_")) {
    const labels = { cmd: name.slice("cmdstat_".length) }
    return [
      of("counter", "commands_total", "calls", labels),
      of("counter", "commands_duration_seconds_total", "usec", labels, 1e-6),
      of("counter", "commands_rejected_calls_total", "rejected_calls", labels),
      of("counter", "commands_failed_calls_total", "failed_calls", labels)
    ]
  }
  if (name.startsWith("errorstat_")) {
    return [of("counter", "errors_total", "count", { err: name.slice("errorstat_".length) })]
  }
  if (/^slave\d+$/.test(name)) {
    const get = (field: string): string => pairs.get(field) ?? ""
    const labels = { slave_ip: get("ip"), slave_port: get("port"), slave_state: get("state") }
    return [
      of("gauge", "connected_slave_offset_bytes", "offset", labels),
      of("gauge", "connected_slave_lag_seconds", "lag", labels)
    ]
  }
  return []
}

/** The metrics in a text of INFO with all sections. */
export const metrics = (info: string): ReadonlyArray<Metric> => {
  const fields = new Map<string, string>()
  for (const line of info.split("\r\n")) {
    const colon = line.indexOf(":")
    if (colon > 0 && !line.startsWith("#")) fields.set(line.slice(0, colon), line.slice(colon + 1))
  }
  const found: Array<Metric> = [{ name: "up", kind: "gauge", labels: {}, value: 1 }]
  for (const [field, text] of fields) {
    const figure = Object.hasOwn(figures, field) ? figures[field] : undefined
    const status = Object.hasOwn(statuses, field) ? statuses[field] : undefined
    if (figure !== undefined) {
      const [kind, name, scale = 1] = figure
      found.push({ name, kind, labels: {}, value: Number(text) * scale })
    } else if (status !== undefined) {
      found.push({ name: status, kind: "gauge", labels: {}, value: text === "ok" || text === "up" ? 1 : 0 })
    } else found.push(...listed(field, text))
  }
  const labels = Object.fromEntries(INSTANCE.map((name) => [name, fields.get(name) ?? ""]))
  found.push({ name: "instance_info", kind: "gauge", labels, value: 1 })
  return found
}

const escaped = (label: string): string => label.replace(/[\\"\n]/g, (char) => char === "\n" ? "\\n" : `\\${char}`)

/** Metrics in Prometheus's text format (https://prometheus.io/docs/instrumenting/exposition_formats). */
export const prometheus = (all: ReadonlyArray<Metric>): string => {
  let text = ""
  // One metric's lines have to stand together
  for (const [name, those] of Map.groupBy(all, (metric) => metric.name)) {
    text += `# TYPE redis_${name} ${those[0]?.kind}\n`
    for (const { labels, value } of those) {
      const pairs = Object.entries(labels).map(([label, content]) => `${label}="${escaped(content)}"`)
      text += `redis_${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}\n`
    }
  }
  return text
}
