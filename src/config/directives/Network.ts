/** Where the server listens, and how it treats its connections. */
import * as Codec from "../Codec.ts"
import * as Directive from "../Directive.ts"
import * as Special from "./Special.ts"

const MB = 1024n ** 2n
const PORT = Codec.integer(0n, 65535n)

export const Network = {
  title: "Network and connections",
  directives: {
    "bind": Directive.make({
      codec: Special.addresses,
      default: ["127.0.0.1", "-::1"],
      effect: "yes",
      doc: "Addresses to listen on; a leading - allows an address to be missing. Redis's own default is every address."
    }),
    "bind-source-addr": Directive.make({
      codec: Codec.text("<address>"),
      default: "",
      effect: "yes",
      doc: "Local address of the connections that the server opens itself."
    }),
    "port": Directive.make({ codec: PORT, default: 6379n, effect: "yes", doc: "TCP port to listen on; 0 opens none." }),
    "tcp-backlog": Directive.make({
      codec: Codec.integer(0n),
      default: 511n,
      change: "at start",
      effect: "yes",
      doc: "Connections that may wait to be accepted."
    }),
    "tcp-keepalive": Directive.make({
      codec: Codec.integer(0n),
      default: 300n,
      effect: "yes",
      doc: "Seconds without traffic before the peer's presence is probed; 0 never probes."
    }),
    "unixsocket": Directive.make({
      codec: Codec.text("<path>"),
      default: "",
      change: "at start",
      effect: "yes",
      doc: "Path of a Unix socket to listen on; empty opens none."
    }),
    "unixsocketperm": Directive.make({
      codec: Codec.octal(0o777n),
      default: 0n,
      change: "at start",
      effect: "yes",
      doc: "Permissions of the Unix socket; 0 leaves them to the umask."
    }),
    "socket-mark-id": Directive.make({
      codec: Codec.integer(0n, Codec.Limits.uint),
      default: 0n,
      change: "at start",
      doc: "Mark that the kernel puts on the packets of listening sockets; 0 puts none."
    }),
    "timeout": Directive.make({
      codec: Codec.integer(0n),
      default: 0n,
      effect: "yes",
      doc: "Seconds after which an idle client is disconnected; 0 keeps it."
    }),
    "maxclients": Directive.make({
      codec: Codec.integer(1n, Codec.Limits.uint),
      default: 10000n,
      effect: "yes",
      doc: "Clients that may be connected at once."
    }),
    "maxmemory-clients": Directive.make({
      codec: Codec.memoryOrPercent(100n),
      default: 0n,
      effect: "yes",
      doc: "Memory of all client buffers together, beyond which the largest clients are disconnected; 0 sets no limit."
    }),
    "client-query-buffer-limit": Directive.make({
      codec: Codec.memory(MB),
      default: 1024n * MB,
      effect: "yes",
      doc: "Bytes of unexecuted input that one client may pile up."
    }),
    "client-output-buffer-limit": Directive.make({
      codec: Special.outputBufferLimits,
      default: {
        normal: { hard: 0n, soft: 0n, seconds: 0 },
        slave: { hard: 256n * MB, soft: 64n * MB, seconds: 60 },
        pubsub: { hard: 32n * MB, soft: 8n * MB, seconds: 60 }
      },
      effect: "yes",
      doc:
        "Unsent output at which a client of a class is disconnected: at once, and after some seconds; 0 sets no limit."
    }),
    "proto-max-bulk-len": Directive.make({
      codec: Codec.memory(MB),
      default: 512n * MB,
      effect: "yes",
      doc: "Bytes of the longest argument of a command, and of the longest string that commands make."
    })
  }
} as const
