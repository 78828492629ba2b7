/** The process itself: files, logs, databases, the event loop. */
import * as Codec from "../Codec.ts"
import * as Directive from "../Directive.ts"
import * as Directory from "./Directory.ts"
import * as Special from "./Special.ts"

const NO_DAEMON = "This server stays in the foreground: let a process manager, or your shell's &, put it into the "
  + "background"
const CPU_LIST = Codec.text("<cpu list>")

export const General = {
  title: "General",
  directives: {
    "databases": Directive.make({
      codec: Codec.integer(1n),
      default: 16n,
      change: "at start",
      effect: "yes",
      doc: "Number of databases."
    }),
    "dir": Directive.make({
      codec: Directory.codec,
      default: ".",
      change: "protected",
      effect: "yes",
      doc: "Working directory: where snapshots are written and relative paths start."
    }),
    "daemonize": Directive.make({
      codec: Codec.neverYes(NO_DAEMON),
      default: false,
      change: "at start",
      effect: "yes",
      doc: "Run in the background. Refused here: leave that to the process manager."
    }),
    "supervised": Directive.make({
      codec: Codec.oneOf(["upstart", "systemd", "auto", "no"]),
      default: "no",
      change: "at start",
      doc: "Process manager to tell that the server is ready."
    }),
    "pidfile": Directive.make({
      codec: Codec.text("<path>"),
      default: "",
      change: "at start",
      effect: "yes",
      doc: "File that holds the process id while the server runs; empty writes none."
    }),
    "logfile": Directive.make({
      codec: Codec.textOrEmpty("<path>"),
      default: "",
      change: "at start",
      effect: "yes",
      doc: "File for the log; empty writes it to the standard output."
    }),
    "loglevel": Directive.make({
      codec: Codec.oneOf(["debug", "verbose", "notice", "warning"]),
      default: "notice",
      effect: "yes",
      doc: "The least important messages that are logged."
    }),
    "syslog-enabled": Directive.make({
      codec: Codec.yesNo,
      default: false,
      change: "at start",
      doc: "Send the log to the system's logger too."
    }),
    "syslog-ident": Directive.make({
      codec: Codec.textOrEmpty(),
      default: "redis",
      change: "at start",
      doc: "Name of the server in the system's log."
    }),
    "syslog-facility": Directive.make({
      codec: Codec.oneOf([
        "user",
        "local0",
        "local1",
        "local2",
        "local3",
        "local4",
        "local5",
        "local6",
        "local7"
      ]),
      default: "local0",
      change: "at start",
      doc: "Facility of the system's log."
    }),
    "crash-log-enabled": Directive.make({
      codec: Codec.yesNo,
      default: true,
      doc: "Write a report when the server crashes."
    }),
    "crash-memcheck-enabled": Directive.make({
      codec: Codec.yesNo,
      default: true,
      doc: "Test the memory after a crash."
    }),
    "use-exit-on-panic": Directive.make({
      codec: Codec.yesNo,
      default: false,
      hidden: true,
      doc: "Exit instead of aborting after a broken invariant."
    }),
    "always-show-logo": Directive.make({
      codec: Codec.yesNo,
      default: false,
      change: "at start",
      doc: "Show the banner at the start even when the output is no terminal."
    }),
    "set-proc-title": Directive.make({
      codec: Codec.yesNo,
      default: true,
      change: "at start",
      doc: "Describe the server in the process title."
    }),
    "proc-title-template": Directive.make({
      codec: Codec.text("<template>", Special.titleTemplate),
      default: "{title} {listen-addr} {server-mode}",
      doc: "Form of the process title."
    }),
    "shutdown-timeout": Directive.make({
      codec: Codec.integer(0n),
      default: 10n,
      effect: "yes",
      doc: "Seconds that a shutdown waits for replicas to catch up."
    }),
    "shutdown-on-sigint": Directive.make({
      codec: Special.shutdownFlags,
      default: [],
      doc: "What an interrupt asks of the shutdown."
    }),
    "shutdown-on-sigterm": Directive.make({
      codec: Special.shutdownFlags,
      default: [],
      doc: "What a termination signal asks of the shutdown."
    }),
    "hz": Directive.make({
      codec: Codec.clamped(Codec.integer(0n), 1n, 500n, "always"),
      default: 10n,
      effect: "yes",
      doc: "Rounds of background work in a second."
    }),
    "dynamic-hz": Directive.make({
      codec: Codec.yesNo,
      default: true,
      doc: "More rounds of background work when many clients are connected."
    }),
    "activerehashing": Directive.make({
      codec: Codec.yesNo,
      default: true,
      effect: "yes",
      doc: "Grow dictionaries in idle moments too, and not only when they are used."
    }),
    "watchdog-period": Directive.make({
      codec: Codec.integer(0n),
      default: 0n,
      hidden: true,
      doc: "Milliseconds after which a stuck event loop is reported; 0 reports none."
    }),
    "io-threads": Directive.make({
      codec: Codec.integer(1n, 128n),
      default: 1n,
      change: "at start",
      doc: "Threads that write to clients."
    }),
    "io-threads-do-reads": Directive.make({
      codec: Codec.yesNo,
      default: false,
      change: "at start",
      doc: "Let those threads read from clients too."
    }),
    "server_cpulist": Directive.make({
      codec: CPU_LIST,
      default: "",
      change: "at start",
      doc: "Processors that serve commands."
    }),
    "bio_cpulist": Directive.make({
      codec: CPU_LIST,
      default: "",
      change: "at start",
      doc: "Processors for background jobs."
    }),
    "aof_rewrite_cpulist": Directive.make({
      codec: CPU_LIST,
      default: "",
      change: "at start",
      doc: "Processors that rewrite the append-only file."
    }),
    "bgsave_cpulist": Directive.make({
      codec: CPU_LIST,
      default: "",
      change: "at start",
      doc: "Processors that write snapshots."
    }),
    "oom-score-adj": Directive.make({
      codec: Codec.oneOf(["no", "yes", "relative", "absolute"], { relative: "yes" }),
      default: "no",
      doc: "Set how likely the kernel is to kill the server when memory runs out."
    }),
    "oom-score-adj-values": Directive.make({
      codec: Special.oomScores,
      default: [0, 200, 800],
      doc: "The likelihood for a master, a replica and background children."
    }),
    "disable-thp": Directive.make({
      codec: Codec.yesNo,
      default: true,
      change: "at start",
      doc: "Do without transparent huge pages."
    }),
    "ignore-warnings": Directive.make({
      codec: Codec.textOrEmpty(),
      default: "",
      doc: "Warnings about the system that must not stop the start."
    })
  }
} as const
