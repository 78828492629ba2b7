/**
 * What big values, or many of a kind, cost in memory: the same commands to a fresh server of each kind, and then once more
 * for another value. With the first one a server also grows by what its runtime needs for any work at all (V8's young
 * generation, compiled code, buffers of connections); the second one tells what the data takes.
 */
import * as Effect from "effect/Effect"
import { connect } from "../support/RawClient.ts"
import type { ConnectionError } from "../support/RawClient.ts"
import type { ServerError } from "../support/ServerProcess.ts"
import * as Load from "./Load.ts"
import { residentMemory } from "./Machine.ts"
import * as Measure from "./Measure.ts"
import type { Contestant } from "./Measure.ts"
import { key } from "./Workloads.ts"
import type { Command } from "./Workloads.ts"

export interface Collection {
  readonly name: string
  /** What the bytes are divided by. */
  readonly count: number
  /** Writes it under that key, or under many that begin so. */
  readonly commands: (key: string) => Iterable<Command>
  /** Whether all of it is under one key: MEMORY USAGE tells of it. */
  readonly oneKey: boolean
}

const million = 1_000_000

function* entries(key: string): Generator<Command> {
  const start = 1_700_000_000_000
  for (let i = 0; i < million; i++) {
    yield [
      ...["XADD", key, `${start + i}-0`],
      ...["device", `sensor-${i % 100}`, "temperature", String((i * 37) % 400), "humidity", `${(i * 13) % 100}.5`]
    ]
  }
}

/** A million elements of one key, a hundred with each command, each with the words that `element` gives. */
const elements = (name: string, command: string, element: (index: number) => ReadonlyArray<string>): Collection => ({
  name,
  count: million,
  *commands(key) {
    for (let from = 0; from < million; from += 100) {
      yield [command, key, ...Array.from({ length: 100 }, (_, i) => element(from + i)).flat()]
    }
  },
  oneKey: true
})

/** Eight letters and digits that follow each other without a visible order, the same ones each time. */
const word = (index: number): string => (Math.imul(index + 1, 0x9e3779b1) >>> 0).toString(36).padStart(8, "x")

const value = "xxxxxxxx"

export const all: ReadonlyArray<Collection> = [
  { name: "Stream of a million entries of 3 fields", count: million, commands: entries, oneKey: true },
  {
    name: "10,000 hashes of 50 fields",
    count: 10_000,
    *commands(prefix) {
      const fields = Array.from({ length: 50 }, (_, i) => [`field:${i}`, value]).flat()
      for (let i = 0; i < 10_000; i++) yield ["HSET", key(`${prefix}:`, i), ...fields]
    },
    oneKey: false
  },
  elements("Hash of a million fields", "HSET", (i) => [key("field:", i), value]),
  elements("Set of a million members", "SADD", (i) => [key("member:", i)]),
  elements("Sorted set of a million members", "ZADD", (i) => [String(i), key("member:", i)]),
  elements("List of a million elements", "RPUSH", (i) => [key("element:", i)]),
  elements("List of a million words", "RPUSH", (i) => [word(i)])
]

export interface Usage {
  /** Growth of a fresh server's resident memory, in bytes for each. */
  readonly resident: number
  /** The same for another such value, written after the first. */
  readonly again: number
  /** What MEMORY USAGE says, in bytes for each; undefined for many keys. */
  readonly told: number | undefined
}

export interface Row {
  readonly name: string
  readonly usages: readonly [Usage, Usage]
}

/** What a collection takes in a server of its own. */
export const measure = (
  contestant: Contestant,
  collection: Collection
): Effect.Effect<Usage, ServerError | ConnectionError | Load.LoadError> =>
  Effect.scoped(Effect.gen(function*() {
    const { commands, count, oneKey } = collection
    const { server } = yield* Measure.launch(contestant)
    const settled = Effect.andThen(Effect.sleep("2 seconds"), Effect.sync(() => residentMemory(server.pid)))
    const empty = yield* settled
    yield* Load.fill(server.port, commands("bench:first"))
    const one = yield* settled
    yield* Load.fill(server.port, commands("bench:second"))
    const two = yield* settled
    const growth = { resident: (one - empty) / count, again: (two - one) / count }
    if (!oneKey) return { ...growth, told: undefined }
    const client = yield* connect(server.port)
    const { value } = yield* client.command("MEMORY", "USAGE", "bench:first", "SAMPLES", "0")
    return { ...growth, told: value._tag === "Integer" ? Number(value.value) / count : undefined }
  }))
