/**
 * What files cost: SAVE and the loading of the same data, and whether clients that write notice a BGSAVE. A fresh server
 * loads each file, since that is when files are loaded; SAVE is asked for again and again.
 */
import * as Effect from "effect/Effect"
import { copyFileSync, statSync } from "node:fs"
import { availableParallelism } from "node:os"
import { join } from "node:path"
import { random } from "../memory/Random.ts"
import type { Arg, ConnectionError, RawClient } from "../support/RawClient.ts"
import { connect } from "../support/RawClient.ts"
import type { ServerError } from "../support/ServerProcess.ts"
import { redisCommand, start, temporaryDirectory } from "../support/ServerProcess.ts"
import * as Load from "./Load.ts"
import { residentMemory } from "./Machine.ts"
import * as Measure from "./Measure.ts"
import type { Contestant } from "./Measure.ts"
import * as Steady from "./Steady.ts"
import { key, keys, sets } from "./Workloads.ts"

type Failure = ServerError | ConnectionError | Load.LoadError

type Words = ReadonlyArray<Arg>

// ---- files

export interface DataSet {
  readonly name: string
  readonly fill: (scale: number) => Iterable<Words>
}

const VALUES = 100_000
const VALUE_BYTES = 1024

function* noise(count: number): Generator<Words> {
  const next = random(1)
  const pool = Buffer.from(Array.from({ length: 1 << 20 }, () => next.below(256)))
  for (let i = 0; i < count; i++) {
    const at = next.below(pool.length - VALUE_BYTES)
    yield ["SET", key("noise:", i), pool.subarray(at, at + VALUE_BYTES)]
  }
}

/** What an app may keep as JSON: names that come again and again, and numbers and words that do not. */
function* records(count: number): Generator<Words> {
  const next = random(2)
  const word = () => next.below(36 ** 6).toString(36)
  for (let i = 0; i < count; i++) {
    const items: Array<object> = []
    let text = ""
    while (text.length < VALUE_BYTES) {
      items.push({
        id: next.below(1e9),
        name: word(),
        price: next.below(10_000) / 100,
        tags: [word(), word()],
        inStock: true
      })
      text = JSON.stringify({
        user: word(),
        email: `${word()}@example.com`,
        createdAt: 1.7e12 + next.below(1e10),
        items
      })
    }
    yield ["SET", key("json:", i), text.slice(0, VALUE_BYTES)]
  }
}

export const dataSets: ReadonlyArray<DataSet> = [
  { name: "A million keys of 16 bytes with values of 8", fill: (scale) => sets("key:", keys * scale, "xxxxxxxx") },
  { name: "Random bytes, 100 MB in values of 1 KB", fill: (scale) => noise(VALUES * scale) },
  { name: "JSON, 100 MB in values of 1 KB", fill: (scale) => records(VALUES * scale) }
]

export interface FileFigures {
  /** Milliseconds, medians. */
  readonly save: number
  readonly load: number
  readonly bytes: number
}

/** Where a server may run that reads or writes a file: while it does, no client wants a core of its own. */
export const places: ReadonlyArray<{ readonly name: string; readonly cores: string }> = [
  { name: "", cores: `0-${availableParallelism() - 1}` },
  { name: ", on one core", cores: Measure.serverCore }
]

/** Saves so often, and lets as many fresh servers load the last file. */
export const files = (
  contestant: Contestant,
  data: DataSet,
  cores: string,
  rounds: number,
  scale: number
): Effect.Effect<FileFigures, Failure> =>
  Effect.scoped(Effect.gen(function*() {
    const directory = yield* temporaryDirectory
    const file = join(directory, "dump.rdb")
    const saves = yield* Effect.scoped(Effect.gen(function*() {
      const { server } = yield* Measure.launch(contestant, [], cores)
      yield* Load.fill(server.port, data.fill(scale))
      const client = yield* connect(server.port)
      const times: Array<number> = []
      for (let round = 0; round < rounds; round++) {
        const before = performance.now()
        yield* expectOk(client, "SAVE")
        times.push(performance.now() - before)
      }
      copyFileSync(join(server.directory, "dump.rdb"), file)
      return times
    }))
    const loads: Array<number> = []
    for (let round = 0; round < rounds; round++) {
      loads.push(
        yield* Effect.scoped(Effect.map(
          Measure.launch(contestant, ["--dir", directory], cores),
          // Both say so, and the start of a process is not to count.
          ({ server }) => Number(/DB loaded from disk: ([\d.]+) seconds/.exec(server.log())?.[1]) * 1000
        ))
      )
    }
    return { save: Measure.median(saves), load: Measure.median(loads), bytes: statSync(file).size }
  }))

const expectOk = (client: RawClient, ...command: Words): Effect.Effect<void, ConnectionError | Load.LoadError> =>
  Effect.flatMap(
    client.command(...command),
    ({ value }) => value._tag === "Error" ? Effect.fail(new Load.LoadError({ message: value.text })) : Effect.void
  )

// ---- snapshots under load

/** Writes that go on while a snapshot of what they change is written. */
export interface Writing {
  readonly name: string
  readonly fill: (scale: number) => Iterable<Words>
  /** One of the writes; `number` is that of one of a million elements. */
  readonly write: (next: ReturnType<typeof random>, elements: number) => Words
}

const WRITES_PER_SECOND = 50_000
/** A snapshot of a million keys is done long before. */
const SECONDS = 5

function* elements(count: number, command: Words, element: (number: number) => Words): Generator<Words> {
  for (let i = 0; i < count; i += 100) {
    yield [...command, ...Array.from({ length: 100 }, (_, at) => element(i + at)).flat()]
  }
}

const name = (number: number) => key("element:", number)

export const writings: ReadonlyArray<Writing> = [
  {
    name: "A million keys",
    fill: function*(scale) {
      const lasting = ["EX", "1000000"]
      for (let i = 0; i < keys * scale; i++) yield ["SET", key("key:", i), "xxxxxxxx", ...(i % 10 === 0 ? lasting : [])]
    },
    write: (next, count) => {
      const any = () => key("key:", next.below(count))
      return next.pick<() => Words>([
        ...Array.from({ length: 12 }, () => () => ["SET", any(), "yyyyyyyy"]),
        () => ["SET", any(), "yyyyyyyy", "PX", String(1 + next.below(200))],
        () => ["PEXPIRE", any(), String(1 + next.below(200))],
        () => ["DEL", any()],
        () => ["RENAME", any(), any()]
      ])()
    }
  },
  {
    name: "A hash of a million fields",
    fill: (scale) => elements(keys * scale, ["HSET", "hash"], (number) => [name(number), "xxxxxxxx"]),
    write: (next, count) =>
      next.pick<() => Words>([
        ...Array.from({ length: 8 }, () => () => ["HSET", "hash", name(next.below(count)), "yyyyyyyy"]),
        () => ["HSET", "hash", name(count + next.below(count)), "yyyyyyyy"],
        () => ["HDEL", "hash", name(next.below(count))]
      ])()
  },
  {
    name: "A sorted set of a million members",
    fill: (scale) => elements(keys * scale, ["ZADD", "zset"], (number) => [String(number), name(number)]),
    write: (next, count) =>
      next.pick<() => Words>([
        ...Array.from({ length: 8 }, () => () => ["ZADD", "zset", String(next.below(count)), name(next.below(count))]),
        () => ["ZADD", "zset", String(next.below(count)), name(count + next.below(count))],
        () => ["ZREM", "zset", name(next.below(count))]
      ])()
  },
  {
    name: "A stream of a million entries",
    fill: function*(scale) {
      for (let i = 1; i <= keys * scale; i++) yield ["XADD", "stream", `${i}-0`, "field", "xxxxxxxx"]
    },
    write: (next, count) =>
      next.pick<() => Words>([
        ...Array.from({ length: 8 }, () => () => ["XADD", "stream", "*", "field", "yyyyyyyy"]),
        () => ["XDEL", "stream", `${1 + next.below(count)}-0`],
        () => ["XADD", "stream", "MAXLEN", "~", String(count), "*", "field", "yyyyyyyy"]
      ])()
  }
]

export interface SnapshotFigures {
  /** Milliseconds that a second client waited at most, without a snapshot and with one. */
  readonly waitWithout: number
  readonly waitWith: number
  /** Milliseconds from BGSAVE to the file. */
  readonly took: number
  /** By how much the resident memory grew at most, as a share of what it was. */
  readonly growth: number
  /** Whether the file, as redis-server reads it, has what was there when BGSAVE was answered. */
  readonly isExact: boolean
}

/** Both with the same writes for the same time; of the waits the best of the rounds counts, else the worst. */
export const snapshots = (
  contestant: Contestant,
  writing: Writing,
  rounds: number,
  scale: number
): Effect.Effect<SnapshotFigures, Failure> =>
  Effect.gen(function*() {
    const all: Array<SnapshotFigures> = []
    for (let round = 0; round < rounds; round++) all.push(yield* snapshotOnce(contestant, writing, scale))
    return {
      waitWithout: Math.min(...all.map(({ waitWithout }) => waitWithout)),
      waitWith: Math.min(...all.map(({ waitWith }) => waitWith)),
      took: Measure.median(all.map(({ took }) => took)),
      growth: Math.max(...all.map(({ growth }) => growth)),
      isExact: all.every(({ isExact }) => isExact)
    }
  })

const snapshotOnce = (
  contestant: Contestant,
  writing: Writing,
  scale: number
): Effect.Effect<SnapshotFigures, Failure> =>
  Effect.scoped(Effect.gen(function*() {
    const { server } = yield* Measure.launch(contestant, ["--enable-debug-command", "yes"])
    yield* Load.fill(server.port, writing.fill(scale))
    const client = yield* connect(server.port)
    const next = random(3)
    const writes = Array.from({ length: WRITES_PER_SECOND }, () => writing.write(next, keys * scale))
    const run = Effect.orDie(Steady.run(server.port, writes, SECONDS))
    const waitWithout = yield* Measure.watched(server.port, run)

    yield* expireAll(client)
    const digest = yield* client.command("DEBUG", "DIGEST")
    const before = residentMemory(server.pid)
    let [most, took] = [before, 0]
    const save = Effect.gen(function*() {
      const begun = performance.now()
      yield* expectOk(client, "BGSAVE")
      for (let isUnderWay = true; isUnderWay;) {
        yield* Effect.sleep(10)
        most = Math.max(most, residentMemory(server.pid))
        const { raw } = yield* client.command("INFO", "persistence")
        isUnderWay = Buffer.from(raw).includes("rdb_bgsave_in_progress:1")
      }
      took = performance.now() - begun
    })
    // The save is asked for before the first write goes out.
    const waitWith = yield* Measure.watched(server.port, Effect.all([save, run], { concurrency: 2, discard: true }))
    const reader = yield* start(redisCommand, { args: ["--enable-debug-command", "yes", "--dir", server.directory] })
    const loaded = yield* (yield* connect(reader.port)).command("DEBUG", "DIGEST")
    const isExact = Buffer.from(loaded.raw).equals(digest.raw)
    return { waitWithout, waitWith, took, growth: most / before - 1, isExact }
  }))

/** Looks at every key, so that those whose time is over go: a digest counts them, a reader does not. */
const expireAll = Effect.fnUntraced(function*(client: RawClient) {
  yield* Effect.sleep("1 second")
  for (let cursor = ""; cursor !== "0";) {
    const { value } = yield* client.command("SCAN", cursor === "" ? "0" : cursor, "COUNT", "10000")
    cursor = value._tag === "Array" && value.items[0]?._tag === "Bulk"
      ? Buffer.from(value.items[0].bytes).toString()
      : "0"
  }
})
