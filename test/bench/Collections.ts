/** What big values, or many of a kind, cost in memory: the same commands to a fresh server of each kind. */
import * as Effect from "effect/Effect"
import { connect } from "../support/RawClient.ts"
import type { ConnectionError } from "../support/RawClient.ts"
import type { ServerError } from "../support/ServerProcess.ts"
import * as Load from "./Load.ts"
import { residentMemory } from "./Machine.ts"
import * as Measure from "./Measure.ts"
import type { Contestant } from "./Measure.ts"
import type { Command } from "./Workloads.ts"

export interface Collection {
  readonly name: string
  /** What the bytes are divided by. */
  readonly count: number
  readonly commands: () => Iterable<Command>
  /** Where all of it is under one key: MEMORY USAGE tells of it. */
  readonly key?: string
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

export const all: ReadonlyArray<Collection> = [
  {
    name: "Stream of a million entries of 3 fields",
    count: million,
    commands: () => entries("bench:stream"),
    key: "bench:stream"
  }
]

export interface Usage {
  /** Growth of resident memory, in bytes for each. */
  readonly resident: number
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
    const { count, key } = collection
    const { server } = yield* Measure.launch(contestant)
    yield* Effect.sleep("1 second")
    const empty = residentMemory(server.pid)
    yield* Load.fill(server.port, collection.commands())
    yield* Effect.sleep("2 seconds")
    const resident = (residentMemory(server.pid) - empty) / count
    if (key === undefined) return { resident, told: undefined }
    const client = yield* connect(server.port)
    const { value } = yield* client.command("MEMORY", "USAGE", key, "SAMPLES", "0")
    return { resident, told: value._tag === "Integer" ? Number(value.value) / count : undefined }
  }))
