/** The tables of the benchmark, for the terminal and for `docs/performance.md`. */
import type * as Collections from "./Collections.ts"
import type { Figures, Memory } from "./Measure.ts"
import type { FileFigures, SnapshotFigures } from "./Persistence.ts"
import type { Resync } from "./Replication.ts"
import type * as Tracing from "./Tracing.ts"
import type { Workload } from "./Workloads.ts"
import { keys } from "./Workloads.ts"

export interface Row {
  readonly workload: Workload
  readonly figures: readonly [Figures, Figures]
}

/** The first contestant's figure beside the second's, which it is measured by. */
export const table = (names: readonly [string, string], rows: ReadonlyArray<Row>): string =>
  markdown(
    [
      ...["Workload", "Deep", `${names[0]} req/s`, `${names[1]} req/s`, `${names[0]} µs CPU`, `${names[1]} µs CPU`],
      ...["CPU ratio", `${names[0]} p50 / p99 ms`, `${names[1]} p50 / p99 ms`]
    ],
    rows.map(({ figures: [ours, theirs], workload }) => [
      ...[workload.name, String(workload.pipeline), count(ours.requestsPerSecond), count(theirs.requestsPerSecond)],
      ...[ours.cpu.toFixed(2), theirs.cpu.toFixed(2), `**${(ours.cpu / theirs.cpu).toFixed(2)}**`],
      ...[latencies(ours), latencies(theirs)]
    ])
  )

export const line = (names: readonly [string, string], { figures: [ours, theirs], workload }: Row): string =>
  `${workload.name}, ${workload.pipeline} deep: ${names[0]} ${ours.cpu.toFixed(2)} µs, ${names[1]} ${
    theirs.cpu.toFixed(2)
  } µs, `
  + `ratio ${(ours.cpu / theirs.cpu).toFixed(2)}; ${count(ours.requestsPerSecond)} against ${
    count(theirs.requestsPerSecond)
  } req/s`

export const memoryTable = (names: readonly [string, string], memories: readonly [Memory, Memory]): string => {
  const growth = ({ empty, full }: Memory) => (full - empty) / keys
  const [ours, theirs] = memories
  const row = (what: string, pick: (memory: Memory) => number, unit: string, digits = 1) => [
    what,
    `${pick(ours).toFixed(digits)} ${unit}`,
    `${pick(theirs).toFixed(digits)} ${unit}`,
    (pick(ours) / pick(theirs)).toFixed(2)
  ]
  return markdown(["A million keys of 16 bytes with values of 8", ...names, "Ratio"], [
    row("Resident bytes for each key (growth)", growth, "B"),
    row("Resident memory with the keys", ({ full }) => full / 2 ** 20, "MiB"),
    row("Resident memory before", ({ empty }) => empty / 2 ** 20, "MiB"),
    row("Longest wait of a second client while they are written", ({ longestGap }) => longestGap, "ms")
  ])
}

export const collectionsTable = (names: readonly [string, string], rows: ReadonlyArray<Collections.Row>): string => {
  const bytes = (value: number | undefined) => value === undefined ? "" : `${value.toFixed(1)} B`
  return markdown(
    [
      ...[
        "Resident bytes for each element",
        ...names,
        "Ratio",
        ...names.map((name) => `${name}, a second one`),
        "Ratio"
      ],
      ...names.map((name) => `${name}, by MEMORY USAGE`)
    ],
    rows.map(({ name, usages: [ours, theirs] }) => [
      ...[name, bytes(ours.resident), bytes(theirs.resident), `**${(ours.resident / theirs.resident).toFixed(2)}**`],
      ...[bytes(ours.again), bytes(theirs.again), `**${(ours.again / theirs.again).toFixed(2)}**`],
      ...[bytes(ours.told), bytes(theirs.told)]
    ])
  )
}

export interface ResyncRow {
  readonly name: string
  readonly resyncs: readonly [Resync, Resync]
}

export const resyncTable = (names: readonly [string, string], rows: ReadonlyArray<ResyncRow>): string =>
  markdown(
    [
      ...["A million keys, copied to", `${names[0]} ms`, `${names[1]} ms`, "Ratio"],
      ...[`Longest wait at ${names[0]}, ms`, `Longest wait at ${names[1]}, ms`]
    ],
    rows.map(({ name, resyncs: [ours, theirs] }) => [
      ...[name, ours.millis.toFixed(0), theirs.millis.toFixed(0), `**${(ours.millis / theirs.millis).toFixed(2)}**`],
      ...[ours.longestWait.toFixed(1), theirs.longestWait.toFixed(1)]
    ])
  )

export interface FilesRow {
  readonly name: string
  readonly figures: readonly [FileFigures, FileFigures]
}

export const filesTable = (names: readonly [string, string], rows: ReadonlyArray<FilesRow>): string =>
  markdown(
    [
      ...["Data", `${names[0]} SAVE ms`, `${names[1]} SAVE ms`, "Ratio"],
      ...[`${names[0]} load ms`, `${names[1]} load ms`, "Ratio", "File, MB"]
    ],
    rows.map(({ figures: [ours, theirs], name }) => [
      ...[name, ours.save.toFixed(0), theirs.save.toFixed(0), `**${(ours.save / theirs.save).toFixed(2)}**`],
      ...[ours.load.toFixed(0), theirs.load.toFixed(0), `**${(ours.load / theirs.load).toFixed(2)}**`],
      (ours.bytes / 1e6).toFixed(1)
    ])
  )

export interface SnapshotRow {
  readonly name: string
  readonly figures: readonly [SnapshotFigures, SnapshotFigures]
}

export const snapshotTable = (names: readonly [string, string], rows: ReadonlyArray<SnapshotRow>): string =>
  markdown(
    [
      ...[
        "With 50,000 writes a second",
        `${names[0]} longest wait with, without, ms`,
        `${names[1]} longest wait with, without, ms`
      ],
      ...[`${names[0]} took ms`, `${names[1]} took ms`, `${names[0]} memory`, "The file is exact"]
    ],
    rows.map(({ figures: [ours, theirs], name }) => [
      name,
      ...[ours, theirs].map(({ waitWith, waitWithout }) => `${waitWith.toFixed(1)}, ${waitWithout.toFixed(1)}`),
      ...[ours.took.toFixed(0), theirs.took.toFixed(0), `+${(ours.growth * 100).toFixed(1)} %`],
      [ours, theirs].every(({ isExact }) => isExact) ? "yes" : "**no**"
    ])
  )

export const tracingTable = (rows: ReadonlyArray<Tracing.Row>): string =>
  markdown(
    ["Traced, to a collector", "Deep", "off req/s", "on req/s", "off µs CPU", "on µs CPU", "on p50 / p99 ms", "Spans"],
    rows.map(({ arrived, off, on, workload }) => [
      ...[workload.name, String(workload.pipeline), count(off.requestsPerSecond), count(on.requestsPerSecond)],
      ...[off.cpu.toFixed(2), on.cpu.toFixed(2), latencies(on), `${(arrived * 100).toFixed(1)} %`]
    ])
  )

const latencies = ({ p50, p99 }: Figures) => `${p50.toFixed(2)} / ${p99.toFixed(2)}`
const count = (value: number) => Math.round(value).toLocaleString("en-US")

const markdown = (header: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [header, header.map((_, at) => at === 0 ? "---" : "---:"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join(
    "\n"
  )

/** Puts the tables between the markers that a page has for such a run. */
export const insert = (
  page: string,
  run: "bench" | "persistence" | "bgsave" | "replication",
  tables: string
): string => {
  const [start, end] = [`<!-- ${run}: start -->`, `<!-- ${run}: end -->`]
  const [from, to] = [page.indexOf(start), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`the page lacks the markers ${start} and ${end}`)
  return `${page.slice(0, from + start.length)}\n\n${tables}\n\n${page.slice(to)}`
}
