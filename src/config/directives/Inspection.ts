/** How the server is looked into: directives of our own, which Redis does not have. */
import * as Codec from "../Codec.ts"
import * as Directive from "../Directive.ts"

export const Inspection = {
  title: "Looking into it: not in Redis",
  directives: {
    "trace": Directive.make({
      codec: Codec.oneOf(["auto", "yes", "no"]),
      default: "auto",
      effect: "yes",
      ours: true,
      doc: "Make a span of every command; `auto` does so where somebody takes the spans."
    }),
    "trace-values": Directive.make({
      codec: Codec.yesNo,
      default: false,
      effect: "yes",
      ours: true,
      doc: "Record the arguments of commands in their spans, keys and values."
    }),
    "otlp": Directive.make({
      codec: Codec.textOrEmpty("<url>"),
      default: "",
      effect: "yes",
      ours: true,
      change: "at start",
      doc: "Collector to which spans, metrics and logs go in OpenTelemetry's protocol, such as `http://127.0.0.1:4318`."
    }),
    "devtools": Directive.make({
      codec: Codec.textOrEmpty("<url>"),
      default: "",
      effect: "yes",
      ours: true,
      change: "at start",
      doc: "Effect's developer tools to which spans go, such as `ws://127.0.0.1:34437`."
    }),
    "metrics-port": Directive.make({
      codec: Codec.integer(0n, 65535n),
      default: 0n,
      effect: "yes",
      ours: true,
      change: "at start",
      doc: "Port on the loopback at which Prometheus finds `/metrics`, in the names of redis_exporter; 0 opens none."
    }),
    "inspector-port": Directive.make({
      codec: Codec.integer(0n, 65535n),
      default: 0n,
      effect: "yes",
      ours: true,
      change: "at start",
      doc: "Port on the loopback at which a browser finds the inspector page; 0 opens none."
    }),
    "inspector-read-only": Directive.make({
      codec: Codec.yesNo,
      default: true,
      effect: "yes",
      ours: true,
      doc: "Let the inspector page look only; `no` lets it also close and unblock clients, and switch tracing."
    }),
    "log-format": Directive.make({
      codec: Codec.oneOf(["redis", "json", "logfmt"]),
      default: "redis",
      effect: "yes",
      ours: true,
      doc: "Form of the log's lines."
    })
  }
} as const
