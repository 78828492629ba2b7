/**
 * Servers as scoped processes: `redis-server` and our daemon, each on a free port in a folder of its own, ended with their scope.
 * What a server logged is kept, because a failing test is seldom understood without it.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/** A server that did not come up. */
export class ServerError extends Data.TaggedError("ServerError")<{ readonly message: string }> {}

/** A server that accepts connections. */
export interface ServerProcess {
  readonly port: number
  readonly pid: number
  /** Its working directory, where snapshots go; removed with the scope. */
  readonly directory: string
  /** Everything it has written to stdout and stderr. */
  readonly log: () => string
  readonly isRunning: () => boolean
  readonly signal: (name: NodeJS.Signals) => void
  /** Waits for the end of the process. */
  readonly exit: Effect.Effect<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
}

export interface Options {
  /** Directives as command line arguments, such as `["--maxmemory", "1mb"]`. */
  readonly args?: ReadonlyArray<string> | undefined
  readonly env?: Readonly<Record<string, string>> | undefined
}

/** How to call the servers: a program and its first arguments. */
export const redisCommand: ReadonlyArray<string> = ["redis-server"]
/** As people start it: with the settings for V8 that it is meant to have. */
export const ourScript: ReadonlyArray<string> = [fileURLToPath(new URL("../../go-redis.sh", import.meta.url))]
export const ourCommand: ReadonlyArray<string> = [
  process.execPath,
  fileURLToPath(new URL("../../src/main.ts", import.meta.url))
]

/** Returns a port that nobody listens on at the moment. */
export const freePort: Effect.Effect<number> = Effect.callback((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo // a TCP server's address is never a path
    server.close(() => resume(Effect.succeed(port)))
  })
})

/** Starts a server and waits until it accepts connections. Nothing is saved on its own unless `args` say so. */
export const start = (
  command: ReadonlyArray<string>,
  options: Options = {}
): Effect.Effect<ServerProcess, ServerError, Scope.Scope> =>
  Effect.gen(function*() {
    const directory = yield* temporaryDirectory
    const port = yield* freePort
    const args = [
      ...command.slice(1),
      "--port",
      String(port),
      "--dir",
      directory,
      "--save",
      "",
      ...(options.args ?? [])
    ]
    return yield* launch(command[0] ?? "", args, { directory, port, env: options.env })
    // Between choosing the port and listening on it another process may have taken it.
  }).pipe(Effect.retry({ times: 3, while: (error) => error.message.includes("Failed listening on port") }))

/** Starts a server on a port and in a folder of one's own choice: one that comes back, or one with a file. */
export const startAt = (
  command: ReadonlyArray<string>,
  where: { readonly directory: string; readonly port: number },
  args: ReadonlyArray<string>,
  ready?: string
): Effect.Effect<ServerProcess, ServerError, Scope.Scope> =>
  launch(command[0] ?? "", [...command.slice(1), ...args], { ...where, env: undefined }, ready)

export const startRedis = (options?: Options): Effect.Effect<ServerProcess, ServerError, Scope.Scope> =>
  start(redisCommand, options)

export const startOurs = (options?: Options): Effect.Effect<ServerProcess, ServerError, Scope.Scope> =>
  start(ourCommand, options)

/** A folder that goes with the scope. */
export const temporaryDirectory: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "go-redis-test-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
)

const launch = (
  program: string,
  args: ReadonlyArray<string>,
  context: { readonly directory: string; readonly port: number; readonly env: Options["env"] },
  readyLine = "Ready to accept connections"
) =>
  Effect.gen(function*() {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const child = spawn(program, args, {
          cwd: context.directory,
          env: { ...process.env, ...context.env },
          stdio: ["ignore", "pipe", "pipe"]
        })
        // A test runner that is stopped runs no finalizers.
        const kill = () => child.kill("SIGKILL")
        process.once("exit", kill)
        child.once("close", () => process.off("exit", kill))
        return child
      }),
      (child) => Effect.andThen(Effect.sync(() => child.kill("SIGKILL")), ended(child))
    )
    const output: Array<Buffer> = []
    const log = () => Buffer.concat(output).toString()
    yield* Effect.callback<void, ServerError>((resume) => {
      const fail = (reason: string) =>
        resume(Effect.fail(new ServerError({ message: `${program} ${args.join(" ")}: ${reason}\n${log()}` })))
      let ready = false
      const collect = (chunk: Buffer) => {
        output.push(chunk)
        if (ready || !log().includes(readyLine)) return
        ready = true
        resume(Effect.void)
      }
      child.stdout?.on("data", collect)
      child.stderr?.on("data", collect)
      child.once("error", (error) => fail(error.message))
      child.once("close", (code, signal) => fail(`ended with ${code ?? signal} before it was ready`))
    })
    const running: ServerProcess = {
      port: context.port,
      pid: child.pid ?? 0,
      directory: context.directory,
      log,
      isRunning: () => child.exitCode === null && child.signalCode === null,
      signal: (name) => child.kill(name),
      exit: ended(child)
    }
    return running
  })

const ended = (child: ChildProcess): Effect.Effect<{ code: number | null; signal: NodeJS.Signals | null }> =>
  Effect.callback((resume) => {
    const done = () => resume(Effect.succeed({ code: child.exitCode, signal: child.signalCode }))
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) done()
    else child.once("close", done)
  })
