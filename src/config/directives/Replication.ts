/** Masters and replicas. */
import * as Codec from "../Codec.ts"
import * as Directive from "../Directive.ts"
import * as Special from "./Special.ts"

const PORT = Codec.integer(0n, 65535n)
const SMALLEST_BACKLOG = 16384n

export const Replication = {
  title: "Replication",
  directives: {
    "replicaof": Directive.make({
      codec: Special.master,
      default: undefined,
      aliases: ["slaveof"],
      change: "at start",
      effect: "yes",
      doc: "Server to copy."
    }),
    "masteruser": Directive.make({
      codec: Codec.text("<user>"),
      default: "",
      effect: "yes",
      secret: true,
      doc: "User to log in as at the master."
    }),
    "masterauth": Directive.make({
      codec: Codec.secret,
      default: "",
      effect: "yes",
      secret: true,
      doc: "Password to log in with at the master."
    }),
    "replica-serve-stale-data": Directive.make({
      codec: Codec.yesNo,
      default: true,
      aliases: ["slave-serve-stale-data"],
      effect: "yes",
      doc: "Serve reads while the link to the master is down."
    }),
    "replica-read-only": Directive.make({
      codec: Codec.yesNo,
      default: true,
      aliases: ["slave-read-only"],
      effect: "yes",
      doc: "Refuse writes to a replica."
    }),
    "replica-announced": Directive.make({
      codec: Codec.yesNo,
      default: true,
      effect: "yes",
      doc: "Let Sentinel list this replica."
    }),
    "replica-announce-ip": Directive.make({
      codec: Codec.text("<address>"),
      default: "",
      aliases: ["slave-announce-ip"],
      effect: "yes",
      doc: "Address that the master is told; empty leaves it to the connection."
    }),
    "replica-announce-port": Directive.make({
      codec: PORT,
      default: 0n,
      aliases: ["slave-announce-port"],
      effect: "yes",
      doc: "Port that the master is told; 0 is the real one."
    }),
    "replica-priority": Directive.make({
      codec: Codec.integer(0n),
      default: 100n,
      aliases: ["slave-priority"],
      effect: "yes",
      doc: "Rank among replicas when a new master is chosen: lower goes first, 0 never."
    }),
    "replica-lazy-flush": Directive.make({
      codec: Codec.yesNo,
      default: false,
      aliases: ["slave-lazy-flush"],
      effect: "yes",
      doc: "Free the old data in the background when the master sends all of its own."
    }),
    "replica-ignore-disk-write-errors": Directive.make({
      codec: Codec.yesNo,
      default: false,
      effect: "yes",
      doc: "Go on replicating when the replica cannot persist; otherwise the link ends until it can."
    }),
    "propagation-error-behavior": Directive.make({
      codec: Codec.oneOf(["ignore", "panic", "panic-on-replicas"]),
      default: "ignore",
      effect: "yes",
      doc: "When a replicated command fails: nothing, or begin anew with all of the master's data."
    }),
    "repl-ping-replica-period": Directive.make({
      codec: Codec.integer(1n),
      default: 10n,
      aliases: ["repl-ping-slave-period"],
      effect: "yes",
      doc: "Seconds between the pings that a master sends to its replicas."
    }),
    "repl-timeout": Directive.make({
      codec: Codec.integer(1n),
      default: 60n,
      effect: "yes",
      doc: "Seconds of silence after which a replication link is given up."
    }),
    "repl-disable-tcp-nodelay": Directive.make({
      codec: Codec.yesNo,
      default: false,
      effect: "yes",
      doc: "Send to replicas in fewer, later packets."
    }),
    "repl-backlog-size": Directive.make({
      codec: Codec.clamped(Codec.memory(1n), SMALLEST_BACKLOG, Codec.Limits.long, "set"),
      default: 1024n ** 2n,
      effect: "yes",
      doc: "Bytes of the replication stream that are kept for replicas that come back."
    }),
    "repl-backlog-ttl": Directive.make({
      codec: Codec.integer(0n, Codec.Limits.long),
      default: 3600n,
      effect: "yes",
      doc: "Seconds without replicas after which those bytes are dropped; 0 keeps them."
    }),
    "repl-diskless-sync": Directive.make({
      codec: Codec.yesNo,
      default: true,
      effect: "yes",
      doc: "Send the snapshot to replicas without writing a file."
    }),
    "repl-diskless-sync-delay": Directive.make({
      codec: Codec.integer(0n),
      default: 5n,
      effect: "yes",
      doc: "Seconds to wait for more replicas before sending begins."
    }),
    "repl-diskless-sync-max-replicas": Directive.make({
      codec: Codec.integer(0n),
      default: 0n,
      effect: "yes",
      doc: "Replicas that are enough to begin at once; 0 always waits."
    }),
    "repl-diskless-load": Directive.make({
      codec: Codec.oneOf(["disabled", "on-empty-db", "swapdb"]),
      default: "disabled",
      effect: "yes",
      doc: "When a replica loads the snapshot straight from the link."
    }),
    "min-replicas-to-write": Directive.make({
      codec: Codec.integer(0n),
      default: 0n,
      aliases: ["min-slaves-to-write"],
      effect: "yes",
      doc: "Replicas in touch without which writes are refused."
    }),
    "min-replicas-max-lag": Directive.make({
      codec: Codec.integer(0n),
      default: 10n,
      aliases: ["min-slaves-max-lag"],
      effect: "yes",
      doc: "Seconds of silence at which a replica no longer counts as in touch."
    })
  }
} as const
