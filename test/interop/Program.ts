/**
 * Programs that come with Redis, run to their end or typed at in a terminal of their own, as somebody would use them.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import type { ServerProcess } from "../support/ServerProcess.ts"

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs a program with that on its standard input, and waits for its end. */
export const run = (
  program: string,
  args: ReadonlyArray<string>,
  input: string | Uint8Array = ""
): Effect.Effect<Ended> =>
  Effect.scoped(Effect.gen(function*() {
    const child = yield* start(program, args)
    const out = gather(child.stdout)
    const err = gather(child.stderr)
    child.stdin.end(input)
    const code = yield* Effect.callback<number | null>((resume) => {
      child.once("close", (code) => resume(Effect.succeed(code)))
    })
    return { code, out: out(), err: err() }
  }))

/** The program in the terminal has ended, or never said what was awaited. */
export class TerminalError extends Data.TaggedError("TerminalError")<{ readonly message: string }> {}

export interface Terminal {
  /** Types a line and returns what the program says until its next prompt, line ends as `\n`. */
  readonly say: (line: string) => Effect.Effect<string, TerminalError>
  /** Types without waiting. */
  readonly type: (keys: string) => void
  /** Waits for something among what has not been taken yet, and takes what comes up to its end. */
  readonly until: (pattern: RegExp) => Effect.Effect<string, TerminalError>
}

/** Runs a program in a dumb terminal. `prompt` matches the end of what it says before it waits. */
export const terminal = (
  program: string,
  args: ReadonlyArray<string>,
  prompt: RegExp
): Effect.Effect<Terminal, never, Scope.Scope> =>
  Effect.gen(function*() {
    const child = yield* start("script", ["--quiet", "--command", [program, ...args].join(" "), "/dev/null"])
    let screen = ""
    let look: (() => void) | undefined
    let ended = false
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      screen += text.replaceAll("\r", "").replace(colors, "")
      look?.()
    })
    child.once("close", () => {
      ended = true
      look?.()
    })
    const until = (pattern: RegExp): Effect.Effect<string, TerminalError> =>
      Effect.callback((resume) => {
        look = () => {
          const found = pattern.exec(screen)
          if (found !== null) {
            const end = found.index + found[0].length
            const taken = screen.slice(0, end)
            screen = screen.slice(end)
            look = undefined
            resume(Effect.succeed(taken))
          } else if (ended) resume(new TerminalError({ message: `ended before ${pattern}; last: ${screen}` }))
        }
        look()
      })
    const type = (keys: string): void => void child.stdin.write(keys)
    return {
      until,
      type,
      say: (line) =>
        Effect.suspend(() => {
          type(`${line}\n`)
          return Effect.map(until(prompt), (text) => text.replace(prompt, "").replace(`${line}\n`, "").trimEnd())
        })
    }
  })

// oxlint-disable-next-line no-control-regex
const colors = /\u001b\[\d*m/g

/** What redis-cli waits behind. */
export const prompt = /^(127\.0\.0\.1:\d+(\[\d+\])?(\(TX\))?|not connected)> /m

/** redis-cli in a terminal, connected. */
export const interactiveCli = (
  server: ServerProcess,
  ...args: ReadonlyArray<string>
): Effect.Effect<Terminal, TerminalError, Scope.Scope> =>
  Effect.gen(function*() {
    const session = yield* terminal("redis-cli", ["-p", String(server.port), ...args], prompt)
    yield* session.until(prompt)
    return session
  })

const start = (
  program: string,
  args: ReadonlyArray<string>
): Effect.Effect<ChildProcessWithoutNullStreams, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(program, args, { env: { ...process.env, TERM: "dumb" } })
      // It may end without having read everything
      child.stdin.on("error", () => undefined)
      return child
    }),
    (child) => Effect.sync(() => void child.kill("SIGKILL"))
  )

const gather = (stream: NodeJS.ReadableStream): () => string => {
  const chunks: Array<Buffer> = []
  stream.on("data", (chunk: Buffer) => chunks.push(chunk))
  return () => Buffer.concat(chunks).toString()
}
