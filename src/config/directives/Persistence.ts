/** Snapshots and the append-only file. */
import * as Codec from "../Codec.ts"
import * as Directive from "../Directive.ts"
import * as Special from "./Special.ts"

export const Persistence = {
  title: "Persistence",
  directives: {
    "save": Directive.make({
      codec: Special.savePoints,
      default: [
        { seconds: 3600n, changes: 1 },
        { seconds: 300n, changes: 100 },
        { seconds: 60n, changes: 10000 }
      ],
      effect: "yes",
      doc:
        "Write a snapshot when so many seconds have passed and so many changes were made; \"\" writes none by itself."
    }),
    "dbfilename": Directive.make({
      codec: Codec.textOrEmpty("<file name>", Special.plainName("dbfilename", "filename", "allowed")),
      default: "dump.rdb",
      change: "protected",
      effect: "yes",
      doc: "Name of the snapshot in `dir`."
    }),
    "rdbcompression": Directive.make({
      codec: Codec.yesNo,
      default: true,
      effect: "yes",
      doc: "Compress long strings in snapshots."
    }),
    "rdbchecksum": Directive.make({
      codec: Codec.yesNo,
      default: true,
      change: "at start",
      effect: "yes",
      doc: "Write and check the checksum of snapshots."
    }),
    "rdb-save-incremental-fsync": Directive.make({
      codec: Codec.yesNo,
      default: true,
      effect: "yes",
      doc: "Flush a snapshot to the disk in pieces while it is written."
    }),
    "rdb-del-sync-files": Directive.make({
      codec: Codec.yesNo,
      default: false,
      effect: "yes",
      doc: "Delete the snapshots of replication when nothing else is persisted."
    }),
    "rdb-key-save-delay": Directive.make({
      codec: Codec.integer(Codec.Limits.minInt),
      default: 0n,
      hidden: true,
      effect: "yes",
      doc: "Microseconds of pause after each key of a snapshot, for tests."
    }),
    "key-load-delay": Directive.make({
      codec: Codec.integer(Codec.Limits.minInt),
      default: 0n,
      hidden: true,
      effect: "yes",
      doc: "Microseconds of pause after each loaded key, for tests."
    }),
    "loading-process-events-interval-bytes": Directive.make({
      codec: Codec.integer(1024n),
      default: 2097152n,
      hidden: true,
      effect: "yes",
      doc: "Loaded bytes after which clients are attended to."
    }),
    "stop-writes-on-bgsave-error": Directive.make({
      codec: Codec.yesNo,
      default: true,
      effect: "yes",
      doc: "Refuse writes after a snapshot has failed."
    }),
    "appendonly": Directive.make({
      codec: Codec.yesNo,
      default: false,
      doc: "Log every write to the append-only file."
    }),
    "appendfilename": Directive.make({
      codec: Codec.text("<file name>", Special.plainName("appendfilename", "filename", "refused")),
      default: "appendonly.aof",
      change: "at start",
      doc: "Base of the names of the append-only files."
    }),
    "appenddirname": Directive.make({
      codec: Codec.text("<directory name>", Special.plainName("appenddirname", "dirname", "refused")),
      default: "appendonlydir",
      change: "at start",
      doc: "Folder in `dir` that holds the append-only files."
    }),
    "appendfsync": Directive.make({
      codec: Codec.oneOf(["everysec", "always", "no"]),
      default: "everysec",
      doc: "When the append-only file is flushed to the disk."
    }),
    "no-appendfsync-on-rewrite": Directive.make({
      codec: Codec.yesNo,
      default: false,
      doc: "Do not flush while a snapshot or a rewrite is under way."
    }),
    "auto-aof-rewrite-percentage": Directive.make({
      codec: Codec.integer(0n),
      default: 100n,
      doc: "Growth in percent at which the append-only file is rewritten; 0 never does."
    }),
    "auto-aof-rewrite-min-size": Directive.make({
      codec: Codec.memory(),
      default: 64n * 1024n ** 2n,
      doc: "Bytes below which the append-only file is not rewritten."
    }),
    "aof-load-truncated": Directive.make({
      codec: Codec.yesNo,
      default: true,
      doc: "Load an append-only file whose end is cut off."
    }),
    "aof-use-rdb-preamble": Directive.make({
      codec: Codec.yesNo,
      default: true,
      doc: "Begin a rewritten append-only file with a snapshot."
    }),
    "aof-rewrite-incremental-fsync": Directive.make({
      codec: Codec.yesNo,
      default: true,
      doc: "Flush a rewritten append-only file to the disk in pieces."
    }),
    "aof-timestamp-enabled": Directive.make({
      codec: Codec.yesNo,
      default: false,
      doc: "Note times in the append-only file."
    }),
    "aof-disable-auto-gc": Directive.make({
      codec: Codec.yesNo,
      default: false,
      doc: "Keep append-only files that are no longer needed."
    })
  }
} as const
