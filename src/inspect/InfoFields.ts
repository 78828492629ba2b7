/**
 * The fields of INFO in Redis's order, each with the value that it has in a server which does nothing of the kind. A
 * field without one is shown only while somebody provides it. Sections without fields are lists that depend on the data.
 */

export type Value = string | number | bigint

export type Section =
  | "server"
  | "clients"
  | "memory"
  | "persistence"
  | "stats"
  | "replication"
  | "cpu"
  | "modules"
  | "commandstats"
  | "errorstats"
  | "latencystats"
  | "cluster"
  | "keyspace"

export interface SectionFields {
  readonly title: string
  /** Whether plain INFO shows it. */
  readonly byDefault: boolean
  readonly fields: ReadonlyArray<readonly [name: string, atRest?: Value]>
}

const zeros = (names: string): ReadonlyArray<readonly [string, number]> =>
  names.split(" ").map((name) => [name, 0] as const)

const shownOnDemand = (names: string): ReadonlyArray<readonly [string]> =>
  names.split(" ").map((name) => [name] as const)

export const sections: Readonly<Record<Section, SectionFields>> = {
  server: {
    title: "Server",
    byDefault: true,
    fields: [
      ["redis_version", "7.0.15"],
      ["redis_git_sha1", "00000000"],
      ["redis_git_dirty", 0],
      ["redis_build_id", "0"],
      ["redis_mode", "standalone"],
      ...shownOnDemand("os arch_bits"),
      ["monotonic_clock", "POSIX clock_gettime"],
      ...shownOnDemand("multiplexing_api"),
      ["atomicvar_api", "none"],
      ["gcc_version", "0.0.0"],
      ...shownOnDemand("process_id"),
      ["process_supervised", "no"],
      ...shownOnDemand("run_id tcp_port server_time_usec uptime_in_seconds uptime_in_days hz configured_hz lru_clock"),
      ["executable", ""],
      ["config_file", ""],
      ["io_threads_active", 0],
      ...shownOnDemand("shutdown_in_milliseconds go_redis_version node_version")
    ]
  },
  clients: {
    title: "Clients",
    byDefault: true,
    fields: [
      ...zeros("connected_clients cluster_connections maxclients client_recent_max_input_buffer"),
      ...zeros("client_recent_max_output_buffer blocked_clients tracking_clients clients_in_timeout_table")
    ]
  },
  memory: {
    title: "Memory",
    byDefault: true,
    fields: [
      ...shownOnDemand("used_memory used_memory_human used_memory_rss used_memory_rss_human used_memory_peak"),
      ...shownOnDemand("used_memory_peak_human used_memory_peak_perc used_memory_overhead used_memory_startup"),
      ...shownOnDemand("used_memory_dataset used_memory_dataset_perc allocator_allocated allocator_active"),
      ...shownOnDemand("allocator_resident total_system_memory total_system_memory_human"),
      ["used_memory_lua", 0],
      ["used_memory_vm_eval", 0],
      ["used_memory_lua_human", "0B"],
      ...zeros("used_memory_scripts_eval number_of_cached_scripts number_of_functions number_of_libraries"),
      ...zeros("used_memory_vm_functions used_memory_vm_total"),
      ["used_memory_vm_total_human", "0B"],
      ...zeros("used_memory_functions used_memory_scripts"),
      ["used_memory_scripts_human", "0B"],
      ...shownOnDemand("maxmemory maxmemory_human maxmemory_policy allocator_frag_ratio allocator_frag_bytes"),
      ...shownOnDemand("allocator_rss_ratio allocator_rss_bytes rss_overhead_ratio rss_overhead_bytes"),
      ...shownOnDemand("mem_fragmentation_ratio mem_fragmentation_bytes"),
      ...zeros("mem_not_counted_for_evict mem_replication_backlog mem_total_replication_buffers mem_clients_slaves"),
      ...zeros("mem_clients_normal mem_cluster_links mem_aof_buffer"),
      ["mem_allocator", "arena"],
      ...zeros("active_defrag_running lazyfree_pending_objects lazyfreed_objects")
    ]
  },
  persistence: {
    title: "Persistence",
    byDefault: true,
    fields: [
      ...zeros("loading async_loading current_cow_peak current_cow_size current_cow_size_age"),
      ["current_fork_perc", "0.00"],
      ...zeros(
        "current_save_keys_processed current_save_keys_total rdb_changes_since_last_save rdb_bgsave_in_progress"
      ),
      ...shownOnDemand("rdb_last_save_time"),
      ["rdb_last_bgsave_status", "ok"],
      ["rdb_last_bgsave_time_sec", -1],
      ["rdb_current_bgsave_time_sec", -1],
      ...zeros("rdb_saves rdb_last_cow_size rdb_last_load_keys_expired rdb_last_load_keys_loaded"),
      ...zeros("aof_enabled aof_rewrite_in_progress aof_rewrite_scheduled"),
      ["aof_last_rewrite_time_sec", -1],
      ["aof_current_rewrite_time_sec", -1],
      ["aof_last_bgrewrite_status", "ok"],
      ...zeros("aof_rewrites aof_rewrites_consecutive_failures"),
      ["aof_last_write_status", "ok"],
      ...zeros("aof_last_cow_size module_fork_in_progress module_fork_last_cow_size"),
      ...shownOnDemand("aof_current_size aof_base_size aof_pending_rewrite aof_buffer_length aof_pending_bio_fsync"),
      ...shownOnDemand("aof_delayed_fsync loading_start_time loading_total_bytes loading_rdb_used_mem"),
      ...shownOnDemand("loading_loaded_bytes loading_loaded_perc loading_eta_seconds")
    ]
  },
  stats: {
    title: "Stats",
    byDefault: true,
    fields: [
      ...zeros("total_connections_received total_commands_processed instantaneous_ops_per_sec total_net_input_bytes"),
      ...zeros("total_net_output_bytes total_net_repl_input_bytes total_net_repl_output_bytes"),
      ["instantaneous_input_kbps", "0.00"],
      ["instantaneous_output_kbps", "0.00"],
      ["instantaneous_input_repl_kbps", "0.00"],
      ["instantaneous_output_repl_kbps", "0.00"],
      ...zeros("rejected_connections sync_full sync_partial_ok sync_partial_err expired_keys"),
      ["expired_stale_perc", "0.00"],
      ...zeros("expired_time_cap_reached_count expire_cycle_cpu_milliseconds evicted_keys evicted_clients"),
      ...zeros("total_eviction_exceeded_time current_eviction_exceeded_time keyspace_hits keyspace_misses"),
      ...zeros("pubsub_channels pubsub_patterns pubsubshard_channels latest_fork_usec total_forks"),
      ...zeros("migrate_cached_sockets slave_expires_tracked_keys active_defrag_hits active_defrag_misses"),
      ...zeros("active_defrag_key_hits active_defrag_key_misses total_active_defrag_time current_active_defrag_time"),
      ...zeros("tracking_total_keys tracking_total_items tracking_total_prefixes unexpected_error_replies"),
      ...zeros("total_error_replies dump_payload_sanitizations total_reads_processed total_writes_processed"),
      ...zeros("io_threaded_reads_processed io_threaded_writes_processed reply_buffer_shrinks reply_buffer_expands"),
      ...shownOnDemand("trace_spans_sent trace_spans_dropped trace_spans_waiting")
    ]
  },
  replication: {
    title: "Replication",
    byDefault: true,
    fields: [
      ["role", "master"],
      ...shownOnDemand("master_host master_port master_link_status master_last_io_seconds_ago"),
      ...shownOnDemand("master_sync_in_progress slave_read_repl_offset slave_repl_offset master_sync_total_bytes"),
      ...shownOnDemand("master_sync_read_bytes master_sync_left_bytes master_sync_perc"),
      ...shownOnDemand("master_sync_last_io_seconds_ago master_link_down_since_seconds slave_priority slave_read_only"),
      ...shownOnDemand("replica_announced"),
      ["connected_slaves", 0],
      ...shownOnDemand("min_slaves_good_slaves"),
      ["master_failover_state", "no-failover"],
      ...shownOnDemand("master_replid master_replid2 master_repl_offset second_repl_offset"),
      ["repl_backlog_active", 0],
      ["repl_backlog_size", 1048576],
      ...zeros("repl_backlog_first_byte_offset repl_backlog_histlen")
    ]
  },
  cpu: {
    title: "CPU",
    byDefault: true,
    fields: [
      ...shownOnDemand("used_cpu_sys used_cpu_user"),
      ["used_cpu_sys_children", "0.000000"],
      ["used_cpu_user_children", "0.000000"],
      ...shownOnDemand("used_cpu_sys_main_thread used_cpu_user_main_thread")
    ]
  },
  modules: { title: "Modules", byDefault: true, fields: [] },
  commandstats: { title: "Commandstats", byDefault: false, fields: [] },
  errorstats: { title: "Errorstats", byDefault: true, fields: [] },
  latencystats: { title: "Latencystats", byDefault: false, fields: [] },
  cluster: { title: "Cluster", byDefault: true, fields: [["cluster_enabled", 0]] },
  keyspace: { title: "Keyspace", byDefault: true, fields: [] }
}
