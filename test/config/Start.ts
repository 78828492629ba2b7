/** Reads a configuration the way the daemon does, in process, and lets redis-server read the same. */
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { join } from "node:path"
import * as Config from "../../src/config/Config.ts"
import type { ConfigFileError } from "../../src/config/ConfigError.ts"
import * as Invocation from "../../src/config/Invocation.ts"
import type { ReplyValue } from "../../src/resp/ReplyParser.ts"
import * as RawClient from "../support/RawClient.ts"

export interface Given {
  readonly directory: string
  readonly stdin?: string | undefined
  readonly environment?: { readonly [variable: string]: string } | undefined
}

/** The configuration of a start with these arguments. */
export const start = (
  args: ReadonlyArray<string>,
  given: Given
): Effect.Effect<Config.Service, ConfigFileError> => {
  const invocation = Invocation.parse(args)
  return invocation._tag === "Serve"
    ? Effect.map(
      Config.load({
        invocation,
        directory: given.directory,
        environment: given.environment ?? {},
        stdin: () => Buffer.from(given.stdin ?? "", "latin1")
      }),
      Config.make
    )
    : Effect.die(new Error(`${args.join(" ")} does not start the server`))
}

/** CONFIG GET with patterns, as an object. */
export const get = (config: Config.Service, ...patterns: ReadonlyArray<string>): { readonly [name: string]: string } =>
  Object.fromEntries(config.get(patterns.map((pattern) => Buffer.from(pattern, "latin1"))))

/** The reply of CONFIG GET as an object of byte strings. */
export const toPairs = (value: ReplyValue): { [name: string]: string } => {
  const pairs: { [name: string]: string } = {}
  const texts = value._tag === "Array" ? value.items.map(asText) : []
  for (const [i, text] of texts.entries()) if (i % 2 === 0) pairs[text] = texts[i + 1] ?? ""
  return pairs
}

const asText = (value: ReplyValue): string =>
  value._tag === "Bulk" ? Buffer.from(value.bytes).toString("latin1") : value._tag

/** Where `bootRedis` expects the server; absolute, because `dir` moves relative paths. */
export const socketIn = (directory: string): string => join(directory, "socket")

/** Starts redis-server until the scope ends: a client if it comes up (at `socketIn`), and what it wrote before. */
export const bootRedis = (directory: string, args: ReadonlyArray<string>, stdin = "") =>
  Effect.gen(function*() {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => spawn("redis-server", args, { cwd: directory, stdio: "pipe" })),
      (process) => Effect.sync(() => process.kill("SIGKILL"))
    )
    const output = { stdout: "", stderr: "" }
    // A server that ends at once may leave its input unread
    child.stdin.on("error", () => undefined)
    child.stdin.end(stdin, "latin1")
    const ready = yield* Effect.callback<boolean>((resume) => {
      child.stderr.on("data", (chunk: Buffer) => output.stderr += chunk.toString())
      child.stdout.on("data", (chunk: Buffer) => {
        output.stdout += chunk.toString()
        if (output.stdout.includes("ready to accept connections at")) resume(Effect.succeed(true))
      })
      child.once("close", () => resume(Effect.succeed(false)))
    })
    return { output, client: ready ? yield* RawClient.connect({ path: socketIn(directory) }) : undefined }
  })
