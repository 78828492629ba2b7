/**
 * What tracing costs: the same server without it, and with a span of every command sent to a collector on the client's
 * core. The collector counts what arrives, so that nothing is gained by losing spans.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import type { ConnectionError } from "../support/RawClient.ts"
import type { ServerError } from "../support/ServerProcess.ts"
import * as Load from "./Load.ts"
import * as Measure from "./Measure.ts"
import type { Contestant, Figures } from "./Measure.ts"
import * as Workloads from "./Workloads.ts"
import type { Workload } from "./Workloads.ts"

export interface Row {
  readonly workload: Workload
  readonly off: Figures
  readonly on: Figures
  /** Spans that arrived at the collector, as a share of the commands. */
  readonly arrived: number
}

class CollectorError extends Data.TaggedError("CollectorError")<{ readonly message: string }> {}

interface Collector {
  readonly url: string
  /** Spans that have arrived until now. */
  readonly count: Effect.Effect<number, CollectorError>
}

const program = fileURLToPath(new URL("./collector.ts", import.meta.url))

const startCollector: Effect.Effect<Collector, CollectorError, Scope.Scope> = Effect.gen(function*() {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn("taskset", ["-c", Load.clientCore, process.execPath, program], { stdio: ["pipe", "pipe", "inherit"] })
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
  const lines = createInterface({ input: child.stdout })
  const line = Effect.callback<string, CollectorError>((resume) => {
    const gone = () => resume(Effect.fail(new CollectorError({ message: "the collector has ended" })))
    lines.once("close", gone)
    lines.once("line", (text) => {
      lines.off("close", gone)
      resume(Effect.succeed(text))
    })
  })
  const port = yield* line
  return {
    url: `http://127.0.0.1:${port}`,
    count: Effect.suspend(() => {
      child.stdin.write("\n")
      return Effect.map(line, Number)
    })
  }
})

/** Time in which a server sends what it still has. */
const SETTLED = "7 seconds"

/** GET, SET and XADD, 16 deep. */
const workloads = Workloads.all.filter(({ name, pipeline }) => pipeline === 16 && ["GET", "SET", "XADD"].includes(name))

export const measure = (
  contestant: Contestant,
  rounds: number,
  scale: number
): Effect.Effect<ReadonlyArray<Row>, CollectorError | ServerError | ConnectionError | Load.LoadError> =>
  Effect.scoped(Effect.gen(function*() {
    const collector = yield* startCollector
    const off = yield* Measure.launch(contestant)
    const on = yield* Measure.launch(contestant, ["--otlp", collector.url])
    const rows: Array<Row> = []
    for (const workload of workloads) {
      const { fill: _, ...unfilled } = workload
      const before = yield* collector.count
      const figures = yield* Measure.workload([off, on], unfilled, rounds, scale)
      yield* Effect.sleep(SETTLED)
      const arrived = (yield* collector.count) - before
      if (figures === undefined) continue
      // The warm-up is traced, too
      const sent = Math.round(workload.requests * scale) * (rounds + 1)
      rows.push({ workload, off: figures[0], on: figures[1], arrived: arrived / sent })
    }
    return rows
  }))
