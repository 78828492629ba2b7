/** Puts load on a server: redis-benchmark for what is measured, a pipelining client for what has to be there before. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { connect, encode } from "../support/RawClient.ts"
import type { Arg, ConnectionError } from "../support/RawClient.ts"
import type { Workload } from "./Workloads.ts"

/** redis-benchmark did not do what it was asked for. */
export class LoadError extends Data.TaggedError("LoadError")<{ readonly message: string }> {}

export interface Result {
  readonly requestsPerSecond: number
  readonly p50: number
  readonly p99: number
}

/** The core that everything but the server runs on. */
export const clientCore = "1"

/** Sends commands in blocks, and fails when one of them is refused. */
export const fill = (
  port: number,
  commands: Iterable<ReadonlyArray<Arg>>
): Effect.Effect<void, ConnectionError | LoadError> =>
  Effect.scoped(Effect.gen(function*() {
    const client = yield* connect(port)
    const source = commands[Symbol.iterator]()
    while (true) {
      const block: Array<Buffer> = []
      let bytes = 0
      while (block.length < 1000 && bytes < 4_000_000) {
        const next = source.next()
        if (next.done === true) break
        const encoded = encode(next.value)
        bytes += encoded.length
        block.push(encoded)
      }
      if (block.length === 0) return
      client.write(Buffer.concat(block))
      for (const reply of yield* client.take(block.length)) {
        if (reply.value._tag === "Error") return yield* new LoadError({ message: reply.value.text })
      }
    }
  }))

/** Runs one command the way redis-benchmark would, to see whether the server knows it. */
export const isKnown = (port: number, workload: Workload): Effect.Effect<boolean, ConnectionError> =>
  Effect.scoped(Effect.gen(function*() {
    const client = yield* connect(port)
    const reply = yield* client.command(
      ...workload.command.map((word) => word.replaceAll("__rand_int__", "000000000001"))
    )
    return reply.value._tag !== "Error" || !reply.value.text.includes("unknown command")
  }))

/** Runs redis-benchmark on its own core. */
export const run = (port: number, workload: Workload, requests: number): Effect.Effect<Result, LoadError> =>
  Effect.gen(function*() {
    const { clients, keyspace, pipeline } = workload
    // The last word goes through standard input: a value of a megabyte is too long for a command line.
    const command = workload.command.slice(0, -1)
    const last = workload.command.at(-1) ?? ""
    const numbers = ["-p", port, "-n", requests, "-c", clients, "-P", pipeline, "-r", keyspace].map(String)
    // 5,000 connections need more files than many systems grant by default.
    const csv = yield* output("sh", [
      ...["-c", "ulimit -n \"$(ulimit -H -n)\"; exec \"$@\"", "sh"],
      ...["taskset", "-c", clientCore, "redis-benchmark", ...numbers, "--csv", "-x", ...command]
    ], last)
    // The last line: "name","rps","avg","min","p50","p95","p99","max", and the name is the whole command.
    const figures = /"([\d.]+)","[\d.]+","[\d.]+","([\d.]+)","[\d.]+","([\d.]+)","[\d.]+"\s*$/.exec(csv)
    if (figures === null) return yield* new LoadError({ message: `redis-benchmark said: ${csv.slice(-500)}` })
    const [, rps, p50, p99] = figures
    return { requestsPerSecond: Number(rps), p50: Number(p50), p99: Number(p99) }
  })

/** What a program prints; it is killed with the fiber. */
const output = (program: string, args: ReadonlyArray<string>, input: string): Effect.Effect<string, LoadError> =>
  Effect.callback((resume) => {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] })
    child.stdin.on("error", () => {}) // it may end without having read everything
    child.stdin.end(input)
    let text = ""
    child.stdout.on("data", (chunk: Buffer) => text += chunk.toString())
    child.stderr.on("data", (chunk: Buffer) => text += chunk.toString())
    child.once("error", (error) => resume(Effect.fail(new LoadError({ message: error.message }))))
    child.once(
      "close",
      (code) =>
        resume(
          code === 0
            ? Effect.succeed(text)
            : Effect.fail(new LoadError({ message: `${program} ended with ${code}: ${text.slice(-500)}` }))
        )
    )
    return Effect.sync(() => child.kill("SIGKILL"))
  })
