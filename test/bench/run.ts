/**
 * `npm run bench`: us and redis-server in one run, each pinned to the same core in turn, the load on another. `--help` lists the
 * options. A full run writes its tables into `docs/performance.md`.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import { readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { ourScript, redisCommand } from "../support/ServerProcess.ts"
import * as Collections from "./Collections.ts"
import * as Load from "./Load.ts"
import * as Machine from "./Machine.ts"
import * as Measure from "./Measure.ts"
import type { Contestant } from "./Measure.ts"
import * as Persistence from "./Persistence.ts"
import * as Replication from "./Replication.ts"
import * as Report from "./Report.ts"
import * as Tracing from "./Tracing.ts"
import * as Workloads from "./Workloads.ts"

const { values } = parseArgs({
  options: {
    against: { type: "string" },
    bgsave: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
    memory: { type: "boolean", default: false },
    only: { type: "string" },
    ours: { type: "string" },
    persistence: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    replication: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
    tracing: { type: "boolean", default: false }
  }
})

const help = `Measures this server and redis-server side by side.

  --only get,"set, one"   only workloads whose name begins with one of these; with --memory, only such collections
  --memory                only what a million keys and what big collections cost
  --persistence           only what files cost: SAVE and loading
  --bgsave                only what a BGSAVE costs those who write meanwhile, and whether its file is exact
  --replication           only what replicas cost
  --tracing               only what it costs to send a span of every command to a collector
  --rounds N              measured rounds of each workload (5; their medians count)
  --quick                 a tenth of the requests and two rounds, to see that all is well
  --against "COMMAND"     another server instead of redis-server, such as /other/go-redis.sh
  --ours "COMMAND"        another server instead of this one

A run of everything against redis-server writes docs/performance.md; one with --persistence, --bgsave or --replication
its part of it.
`

const page = fileURLToPath(new URL("../../docs/performance.md", import.meta.url))

const main = Effect.gen(function*() {
  if (values.help) return console.log(help)
  const missing = Machine.missing()
  if (missing.length > 0) {
    process.exitCode = 1
    return console.error(
      `The benchmark needs ${missing.join(", ")}. Debian and Ubuntu: apt-get install redis util-linux`
    )
  }
  Machine.moveTo(Load.clientCore)
  const rounds = values.quick ? 2 : Number(values.rounds)
  const ours: Contestant = { name: "go-redis", command: values.ours?.split(" ") ?? ourScript }
  const theirs: Contestant = values.against === undefined
    ? { name: "redis", command: redisCommand }
    : { name: "other", command: values.against.split(" ") }
  const names = [ours.name, theirs.name] as const

  if (values.tracing) {
    return console.log(Report.tracingTable(yield* Tracing.measure(ours, rounds, values.quick ? 0.1 : 1)))
  }
  if (values.memory && values.only !== undefined) return console.log(yield* collections(ours, theirs))
  if (values.persistence || values.bgsave) return yield* persistence(ours, theirs, rounds)
  const isAgainstRedis = !values.quick && values.ours === undefined && values.against === undefined
  if (values.replication) {
    const tables = yield* replicas(ours, theirs, rounds)
    console.log(`\n${tables}`)
    return isAgainstRedis ? write("replication", [caption(rounds), tables]) : undefined
  }
  const isPart = values.only !== undefined
  const memories = !isPart
    ? [yield* Measure.memory(ours, rounds), yield* Measure.memory(theirs, rounds)] as const
    : undefined
  if (memories !== undefined) console.log(`${Report.memoryTable(names, memories)}\n`)
  const bigOnes = isPart ? "" : yield* collections(ours, theirs)
  console.log(bigOnes)

  const rows = values.memory ? [] : yield* Effect.scoped(measureAll(ours, theirs, rounds))
  if (rows.length > 0) console.log(`\n${Report.table(names, rows)}`)

  const replication = values.memory || values.only !== undefined ? "" : yield* replicas(ours, theirs, rounds)
  console.log(`\n${replication}`)

  if (!isAgainstRedis || values.memory || memories === undefined) return
  write("bench", [caption(rounds), Report.memoryTable(names, memories), bigOnes, Report.table(names, rows)])
  write("replication", [caption(rounds), replication])
})

const isWanted = (name: string): boolean =>
  values.only?.toLowerCase().split(",").some((start) => name.toLowerCase().startsWith(start)) !== false

const collections = (ours: Contestant, theirs: Contestant) =>
  Effect.gen(function*() {
    const rows: Array<Collections.Row> = []
    for (const collection of Collections.all.filter(({ name }) => isWanted(name))) {
      const usages = [
        yield* Collections.measure(ours, collection),
        yield* Collections.measure(theirs, collection)
      ] as const
      rows.push({ name: collection.name, usages })
    }
    return Report.collectionsTable([ours.name, theirs.name], rows)
  })

const caption = (rounds: number) =>
  `Measured on ${new Date().toISOString().slice(0, 10)} on ${Machine.describe()}; Node ${process.version}, `
  + `redis-server ${Machine.redisVersion()}; medians of ${rounds} rounds.`

const write = (run: "bench" | "persistence" | "bgsave" | "replication", parts: ReadonlyArray<string>) => {
  writeFileSync(page, Report.insert(readFileSync(page, "utf8"), run, parts.join("\n\n")))
  console.log(`\nwritten to ${page}`)
}

/** Files or BGSAVE, row by row; a run of all rows writes its part of the page. */
const persistence = (ours: Contestant, theirs: Contestant, rounds: number) =>
  Effect.gen(function*() {
    const names = [ours.name, theirs.name] as const
    const scale = values.quick ? 0.1 : 1
    const files: Array<Report.FilesRow> = []
    for (const data of values.bgsave ? [] : Persistence.dataSets.filter(({ name }) => isWanted(name))) {
      for (const { cores, name } of Persistence.places) {
        const figures = [
          yield* Persistence.files(ours, data, cores, rounds, scale),
          yield* Persistence.files(theirs, data, cores, rounds, scale)
        ] as const
        files.push({ name: `${data.name}${name}`, figures })
        console.log(Report.filesTable(names, files.slice(-1)))
      }
    }
    const snapshots: Array<Report.SnapshotRow> = []
    for (const writing of values.bgsave ? Persistence.writings.filter(({ name }) => isWanted(name)) : []) {
      const figures = [
        yield* Persistence.snapshots(ours, writing, rounds, scale),
        yield* Persistence.snapshots(theirs, writing, rounds, scale)
      ] as const
      snapshots.push({ name: writing.name, figures })
      console.log(Report.snapshotTable(names, snapshots.slice(-1)))
    }
    const isComplete = !values.quick && values.only === undefined && values.ours === undefined
      && values.against === undefined
    if (!isComplete) return
    if (values.bgsave) write("bgsave", [caption(rounds), Report.snapshotTable(names, snapshots)])
    else write("persistence", [caption(rounds), Report.filesTable(names, files)])
  })

const measureAll = (ours: Contestant, theirs: Contestant, rounds: number) =>
  Effect.gen(function*() {
    const contestants = [yield* Measure.launch(ours), yield* Measure.launch(theirs)] as const
    const rows: Array<Report.Row> = []
    for (const workload of Workloads.all) {
      if (!isWanted(workload.name)) continue
      const figures = yield* Measure.workload(contestants, workload, rounds, values.quick ? 0.1 : 1)
      if (figures === undefined) {
        console.log(`${workload.name}: not there yet`)
        continue
      }
      const row = { workload, figures }
      rows.push(row)
      console.log(Report.line([ours.name, theirs.name], row))
    }
    return rows
  })

/** Both kinds of master with a redis-server as their replica, and with one of their own kind. */
const replicas = (ours: Contestant, theirs: Contestant, rounds: number) =>
  Effect.gen(function*() {
    const names = [ours.name, theirs.name] as const
    const scale = values.quick ? 0.1 : 1
    const figures = yield* Replication.feed([ours, theirs], rounds, scale)
    const feed = figures === undefined ? [] : [{ workload: Replication.feedWorkload, figures }]
    for (const row of feed) console.log(Report.line(names, row))
    const rows: Array<Report.ResyncRow> = []
    for (const [name, own] of [["redis", false], ["one of its kind", true]] as const) {
      const [first, second] = own ? [ours.command, theirs.command] : [redisCommand, redisCommand]
      rows.push({
        name,
        resyncs: [
          yield* Replication.resync(ours, first, rounds, scale),
          yield* Replication.resync(theirs, second, rounds, scale)
        ]
      })
    }
    return `${Report.table(names, feed)}\n\n${Report.resyncTable(names, rows)}`
  })

NodeRuntime.runMain(main)
