/** Redis Cluster. */
import * as Codec from "../Codec.ts"
import * as Directive from "../Directive.ts"
import * as Special from "./Special.ts"

const PORT = Codec.integer(0n, 65535n)

export const Cluster = {
  title: "Cluster",
  directives: {
    "cluster-enabled": Directive.make({
      codec: Codec.yesNo,
      default: false,
      change: "at start",
      doc: "Be a node of a cluster."
    }),
    "cluster-config-file": Directive.make({
      codec: Codec.textOrEmpty("<file name>"),
      default: "nodes.conf",
      change: "at start",
      doc: "File in which the node keeps what it knows of the cluster."
    }),
    "cluster-port": Directive.make({
      codec: PORT,
      default: 0n,
      change: "at start",
      doc: "Port for the other nodes; 0 is the clients' port plus 10000."
    }),
    "cluster-node-timeout": Directive.make({
      codec: Codec.integer(0n, Codec.Limits.long),
      default: 15000n,
      doc: "Milliseconds of silence after which a node is taken to be down."
    }),
    "cluster-migration-barrier": Directive.make({
      codec: Codec.integer(0n),
      default: 1n,
      doc: "Replicas that a master must keep before one of them may move to another master."
    }),
    "cluster-allow-replica-migration": Directive.make({
      codec: Codec.yesNo,
      default: true,
      doc: "Let replicas move to masters without any."
    }),
    "cluster-replica-validity-factor": Directive.make({
      codec: Codec.integer(0n),
      default: 10n,
      aliases: ["cluster-slave-validity-factor"],
      doc: "How stale a replica may be, in timeouts, and still take over; 0 does not look."
    }),
    "cluster-replica-no-failover": Directive.make({
      codec: Codec.yesNo,
      default: false,
      aliases: ["cluster-slave-no-failover"],
      doc: "Never take over by itself."
    }),
    "cluster-require-full-coverage": Directive.make({
      codec: Codec.yesNo,
      default: true,
      doc: "Stop serving when a slot has no node."
    }),
    "cluster-allow-reads-when-down": Directive.make({
      codec: Codec.yesNo,
      default: false,
      doc: "Serve reads while the cluster is down."
    }),
    "cluster-allow-pubsubshard-when-down": Directive.make({
      codec: Codec.yesNo,
      default: true,
      doc: "Serve sharded channels while the cluster is down."
    }),
    "cluster-link-sendbuf-limit": Directive.make({
      codec: Codec.memory(0n, Codec.Limits.ulong),
      default: 0n,
      doc: "Unsent bytes at which a link to another node is closed; 0 sets no limit."
    }),
    "cluster-announce-ip": Directive.make({
      codec: Codec.text("<address>"),
      default: "",
      doc: "Address that the others are told; empty is the real one."
    }),
    "cluster-announce-hostname": Directive.make({
      codec: Codec.text("<host name>", Special.hostname),
      default: "",
      doc: "Host name that the others are told."
    }),
    "cluster-announce-port": Directive.make({
      codec: PORT,
      default: 0n,
      doc: "Port that the others are told; 0 is the real one."
    }),
    "cluster-announce-tls-port": Directive.make({
      codec: PORT,
      default: 0n,
      doc: "TLS port that the others are told; 0 is the real one."
    }),
    "cluster-announce-bus-port": Directive.make({
      codec: PORT,
      default: 0n,
      doc: "Port for the other nodes that they are told; 0 is the real one."
    }),
    "cluster-preferred-endpoint-type": Directive.make({
      codec: Codec.oneOf(["ip", "hostname", "unknown-endpoint"]),
      default: "ip",
      doc: "How clients are told where a slot is served."
    })
  }
} as const
