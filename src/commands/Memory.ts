/** MEMORY: what the data and the server take. */
import * as Effect from "effect/Effect"
import * as V8 from "node:v8"
import * as Vm from "node:vm"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import { help } from "../command/Help.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { integer, key, keysAt } from "../command/Spec.ts"
import { humanBytes, ratio } from "../inspect/Figures.ts"
import { type Figures, MemoryFigures } from "../inspect/MemoryFigures.ts"
import type { Arena } from "../memory/Arena.ts"
import * as Reply from "../resp/Reply.ts"
import { Type } from "../store/Entry.ts"
import { entryBytes } from "../store/Inspection.ts"
import { Store } from "../store/Store.ts"

const base = { since: "4.0.0", group: "server", flags: [] } as const
const reportTips = ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"] as const

const Container = Command.make("MEMORY", {
  ...base,
  summary: "Holds the commands on memory.",
  complexity: "See the subcommands.",
  arity: -2
})

const Doctor = Command.make("MEMORY|DOCTOR", {
  ...base,
  summary: "Reports in words what is unusual about the use of memory.",
  returns: Returns.text,
  complexity: "O(1)",
  arity: 2,
  tips: reportTips
})

const Help = Command.make("MEMORY|HELP", {
  ...base,
  summary: "Lists the subcommands.",
  returns: Returns.names,
  complexity: "O(1)",
  arity: 2,
  flags: ["loading", "stale"]
})

const MallocStats = Command.make("MEMORY|MALLOC-STATS", {
  ...base,
  summary: "Returns the state of the allocator.",
  returns: Returns.text,
  complexity: "Depends on how much memory is in use.",
  arity: 2,
  tips: reportTips
})

const Purge = Command.make("MEMORY|PURGE", {
  ...base,
  summary: "Gives memory that is not in use back to the system.",
  returns: Returns.done,
  complexity: "Depends on how much memory is in use.",
  arity: 2,
  tips: ["request_policy:all_shards", "response_policy:all_succeeded"]
})

const Stats = Command.make("MEMORY|STATS", {
  ...base,
  summary: "Returns the use of memory in figures.",
  returns: Returns.dictionary(Returns.anything, Returns.text),
  complexity: "O(1)",
  arity: 2,
  tips: reportTips
})

const Usage = Command.make("MEMORY|USAGE", {
  ...base,
  summary: "Returns the bytes that a key and its value take.",
  returns: Returns.optional(Returns.integer),
  complexity: "O(N), N being the number of elements that are looked at",
  arity: -3,
  flags: ["readonly"],
  keys: [keysAt(2, ["RO"])],
  arguments: [key(), integer("count", { token: "SAMPLES", optional: true })]
})

export const group = Command.group(Container, Doctor, Help, MallocStats, Purge, Stats, Usage)

export const layer = group.toLayer(Effect.gen(function*() {
  const figures = yield* MemoryFigures
  const store = yield* Store
  return group.of({
    MEMORY: Command.container,

    "MEMORY|DOCTOR": Command.program(() => Reply.verbatim("txt", diagnose(figures.take()))),

    "MEMORY|HELP": Command.program(() => helpReply),

    "MEMORY|MALLOC-STATS": Command.program(() => Reply.verbatim("txt", describeArena(store.database(0).space.arena))),

    // The arena lets go of a segment as soon as it is empty; its memory goes when V8 finds it dead
    "MEMORY|PURGE": Command.program(() => {
      collectGarbage()
      return Reply.ok
    }),

    "MEMORY|STATS": Command.program(() => Reply.map(statsReply(figures.take()))),

    "MEMORY|USAGE": Command.program((request) => {
      const samples = samplesOf(request)
      const db = store.database(request.session.db)
      const ref = db.dict.find(request.buffer(2), request.start(2), request.end(2))
      if (ref === 0) return Reply.nil
      request.outstanding = db.type(ref) !== Type.string
      return Reply.integer(entryBytes(db, ref, samples))
    }, { timedTogether: 3 })
  })
}))

/** How many elements of a big value to look at; 0 means all. */
const samplesOf = (request: Request): number => {
  let samples = 5
  for (let index = 3; index < request.count; index += 2) {
    if (!request.is(index, "SAMPLES") || index + 1 >= request.count) throw CommandError.syntax
    const value = request.integer(index + 1)
    if (value < 0) throw CommandError.syntax
    samples = Number(value)
  }
  return samples
}

// ---- MEMORY STATS

const statsReply = (figures: Figures): ReadonlyArray<Reply.Reply> => {
  const { allocated, clients, committed, databases, dataset, keys, overhead, peak, rss, startup, used } = figures
  const fields: Array<readonly [string, Reply.Reply]> = [
    ["peak.allocated", Reply.integer(peak)],
    ["total.allocated", Reply.integer(used)],
    ["startup.allocated", Reply.integer(startup)],
    ["replication.backlog", Reply.integer(0)],
    ["clients.slaves", Reply.integer(0)],
    ["clients.normal", Reply.integer(clients)],
    ["cluster.links", Reply.integer(0)],
    ["aof.buffer", Reply.integer(0)],
    ["lua.caches", Reply.integer(0)],
    ["functions.caches", Reply.integer(0)],
    ...databases.map(({ expiresTable, index, mainTable }): readonly [string, Reply.Reply] => [
      `db.${index}`,
      Reply.map([
        Reply.text("overhead.hashtable.main"),
        Reply.integer(mainTable),
        Reply.text("overhead.hashtable.expires"),
        Reply.integer(expiresTable),
        Reply.text("overhead.hashtable.slot-to-keys"),
        Reply.integer(0)
      ])
    ]),
    ["overhead.total", Reply.integer(overhead)],
    ["keys.count", Reply.integer(keys)],
    ["keys.bytes-per-key", Reply.integer(Math.floor(ratio(used - startup, keys)))],
    ["dataset.bytes", Reply.integer(dataset)],
    ["dataset.percentage", Reply.double(ratio(dataset, used - startup) * 100)],
    ["peak.percentage", Reply.double(ratio(used, peak) * 100)],
    ["allocator.allocated", Reply.integer(allocated)],
    ["allocator.active", Reply.integer(committed)],
    ["allocator.resident", Reply.integer(committed)],
    ["allocator-fragmentation.ratio", Reply.double(ratio(committed, allocated))],
    ["allocator-fragmentation.bytes", Reply.integer(committed - allocated)],
    ["allocator-rss.ratio", Reply.double(1)],
    ["allocator-rss.bytes", Reply.integer(0)],
    ["rss-overhead.ratio", Reply.double(ratio(rss, committed))],
    ["rss-overhead.bytes", Reply.integer(rss - committed)],
    ["fragmentation", Reply.double(ratio(rss, used))],
    ["fragmentation.bytes", Reply.integer(rss - used)]
  ]
  return fields.flatMap(([name, value]) => [Reply.text(name), value])
}

// ---- words

const MEBIBYTE = 1024 * 1024

/** MEMORY DOCTOR's report. */
const diagnose = ({ allocated, clients, committed, databases, peak, used }: Figures): string => {
  if (used < 5 * MEBIBYTE) return `There is little to look at: the data takes ${humanBytes(used)}.\n`
  const findings: Array<string> = []
  if (ratio(peak, used) > 1.5) {
    findings.push(`At its peak the data took ${humanBytes(peak)}, now it takes ${humanBytes(used)}.`)
  }
  if (ratio(committed, allocated) > 1.4 && committed - allocated > 10 * MEBIBYTE) {
    findings.push(
      `Of ${humanBytes(committed)} taken from the system ${
        humanBytes(committed - allocated)
      } lie in gaps between values. `
        + "They are filled when values of the same size come; a restart with a snapshot closes them."
    )
  }
  if (clients > used / 4) {
    findings.push(
      `Buffers of clients take ${humanBytes(clients)}. CLIENT LIST shows whose (omem, qbuf); `
        + "client-output-buffer-limit bounds them."
    )
  }
  const sparse = databases.filter(({ keys, mainTable }) => mainTable > MEBIBYTE && mainTable / keys > 64)
  for (const { index } of sparse) findings.push(`The table of database ${index} is much larger than its keys need.`)
  return findings.length === 0
    ? "Nothing unusual was found.\n"
    : `${findings.map((finding) => `- ${finding}`).join("\n")}\n`
}

/** MEMORY MALLOC-STATS' report. */
const describeArena = (arena: Arena): string =>
  [
    "Arena",
    `  segments:    ${arena.u8.filter(({ length }) => length > 0).length}`,
    `  committed:   ${arena.committed} (${humanBytes(arena.committed)})`,
    `  handed out:  ${arena.used} (${humanBytes(arena.used)})`,
    `  in gaps:     ${arena.committed - arena.used} (${humanBytes(arena.committed - arena.used)})`,
    ""
  ].join("\n")

/** Node shows it only behind a flag of V8, which may be set at any time. */
const collectGarbage = (): void => {
  V8.setFlagsFromString("--expose-gc")
  Vm.runInNewContext("gc()")
}

const helpReply = help("MEMORY", [
  "DOCTOR",
  "    Return memory problems reports.",
  "MALLOC-STATS",
  "    Return internal statistics report from the memory allocator.",
  "PURGE",
  "    Attempt to purge dirty pages for reclamation by the allocator.",
  "STATS",
  "    Return information about the memory usage of the server.",
  "USAGE <key> [SAMPLES <count>]",
  "    Return memory in bytes used by <key> and its value. Nested values are",
  "    sampled up to <count> times (default: 5, 0 means sample all)."
])
