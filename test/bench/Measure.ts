/** The measurements: a workload on two servers in alternating rounds, and what a million keys take. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import type { ConnectionError } from "../support/RawClient.ts"
import { start } from "../support/ServerProcess.ts"
import type { ServerError, ServerProcess } from "../support/ServerProcess.ts"
import * as Load from "./Load.ts"
import { cpuTime, residentMemory } from "./Machine.ts"
import * as Publishing from "./Publishing.ts"
import { keys, sets } from "./Workloads.ts"
import type { Workload } from "./Workloads.ts"

/** A server to measure, and what it is called in the tables. */
export interface Contestant {
  readonly name: string
  readonly command: ReadonlyArray<string>
}

export interface Running {
  readonly contestant: Contestant
  readonly server: ServerProcess
}

/** The medians of all rounds. */
export interface Figures {
  readonly requestsPerSecond: number
  /** Microseconds of the server's CPU for one request. */
  readonly cpu: number
  /** Milliseconds, as the client saw it. */
  readonly p50: number
  readonly p99: number
}

type Failure = ServerError | ConnectionError | Load.LoadError

/** The core that the measured server has to itself. */
export const serverCore = "0"

/** Starts a server on its core, or on the given ones. */
export const launch = (
  contestant: Contestant,
  args: ReadonlyArray<string> = [],
  cores = serverCore
): Effect.Effect<Running, ServerError, Scope.Scope> =>
  Effect.map(
    // `nice` and `taskset` become the server, so that the process measured is the server itself.
    // Where that is allowed, it goes before whatever else the machine does.
    start(["nice", "-n", "-20", "taskset", "-c", cores, ...contestant.command], {
      args: ["--maxclients", "10000", ...args]
    }),
    (server) => ({ contestant, server })
  )

/** Measures a workload on both servers: one warm-up round, then rounds in turn, each starting with the other server. */
export const workload = (
  contestants: readonly [Running, Running],
  workload: Workload,
  rounds: number,
  scale: number
): Effect.Effect<readonly [Figures, Figures] | undefined, Failure> =>
  Effect.gen(function*() {
    for (const { server } of contestants) if (!(yield* Load.isKnown(server.port, workload))) return undefined
    // Two servers need the same commands, and an iterator gives them once.
    const filling = workload.fill === undefined ? [] : [...workload.fill]
    for (const { server } of contestants) yield* Load.fill(server.port, filling)
    const requests = Math.max(workload.clients, Math.round(workload.requests * scale))
    const results: readonly [Array<Figures>, Array<Figures>] = [[], []]
    for (let round = 0; round <= rounds; round++) {
      for (const index of round % 2 === 0 ? [0, 1] as const : [1, 0] as const) {
        const figures = yield* once(contestants[index].server, workload, requests)
        // The first round is the warm-up: it lets V8 compile and both servers grow to size.
        if (round > 0) results[index].push(figures)
      }
    }
    return [medians(results[0]), medians(results[1])] as const
  })

const once = (server: ServerProcess, workload: Workload, requests: number): Effect.Effect<Figures, Failure> =>
  Effect.scoped(Effect.gen(function*() {
    yield* Load.fill(server.port, workload.before?.() ?? [])
    const { command, subscribers } = workload
    const load = subscribers === undefined
      ? Load.run(server.port, workload, requests)
      : yield* Publishing.prepare(server.port, command.at(-1) ?? "", subscribers, Math.ceil(requests / subscribers))
    const before = cpuTime(server.pid)
    const result = yield* load
    return { ...result, cpu: (cpuTime(server.pid) - before) / requests / 1000 }
  }))

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2
}

const medians = (figures: ReadonlyArray<Figures>): Figures => ({
  requestsPerSecond: median(figures.map(({ requestsPerSecond }) => requestsPerSecond)),
  cpu: median(figures.map(({ cpu }) => cpu)),
  p50: median(figures.map(({ p50 }) => p50)),
  p99: median(figures.map(({ p99 }) => p99))
})

export interface Memory {
  /** Bytes before the first key. */
  readonly empty: number
  readonly full: number
  /** Milliseconds that a second client waited at most while the keys were written. */
  readonly longestGap: number
}

/**
 * What a million small keys cost a fresh server, and whether somebody else notices that they are written. A pause that the server
 * makes comes every time, one that the machine makes does not: the best of several times counts.
 */
export const memory = (contestant: Contestant, times: number): Effect.Effect<Memory, Failure> =>
  Effect.gen(function*() {
    const [first, ...others] = yield* Effect.all(Array.from({ length: times }, () => memoryOnce(contestant)))
    if (first === undefined) return { empty: 0, full: 0, longestGap: 0 }
    return others.reduce((best, next) => next.longestGap < best.longestGap ? next : best, first)
  })

const memoryOnce = (contestant: Contestant): Effect.Effect<Memory, Failure> =>
  Effect.scoped(Effect.gen(function*() {
    const { server } = yield* launch(contestant)
    yield* Effect.sleep("1 second")
    const empty = residentMemory(server.pid)
    const longestGap = yield* watched(server.port, Load.fill(server.port, sets("key:", keys, "xxxxxxxx")))
    yield* Effect.sleep("2 seconds")
    return { empty, full: residentMemory(server.pid), longestGap }
  }))

/** Runs an effect while a second client asks again and again; returns the longest it waited. */
export const watched = <E>(port: number, effect: Effect.Effect<void, E>): Effect.Effect<number, E | Load.LoadError> =>
  Effect.scoped(Effect.gen(function*() {
    const program = fileURLToPath(new URL("./probe.ts", import.meta.url))
    const probe = yield* Effect.acquireRelease(
      Effect.sync(() =>
        // In real time where that is allowed: it shares its core with the load and must not wait for it.
        spawn("sh", [
          "-c",
          "chrt -f 10 true 2>/dev/null && exec chrt -f 10 \"$@\"; exec \"$@\"",
          "sh",
          process.execPath,
          program,
          String(port)
        ], {
          stdio: ["pipe", "pipe", "ignore"]
        })
      ),
      (probe) => Effect.sync(() => probe.kill("SIGKILL"))
    )
    let said = ""
    probe.stdout.on("data", (chunk: Buffer) => said += chunk.toString())
    yield* Effect.sleep("1 second")
    yield* effect
    yield* Effect.callback<void>((resume) => {
      probe.once("close", () => resume(Effect.void))
      probe.stdin.end()
    })
    const gap = Number.parseFloat(said)
    if (Number.isNaN(gap)) return yield* new Load.LoadError({ message: "the second client lost its connection" })
    return gap
  }))
