/** What the program prints when it is not asked to serve, and the code that it ends with. */
import * as Effect from "effect/Effect"
import type { Invocation, Serve } from "./Invocation.ts"

export interface Answer {
  readonly stdout: string
  readonly stderr: string
  readonly code: number
}

/** Answers `--help`, `--version` and `--completions`, and refuses what is not offered. */
export const answer = (invocation: Exclude<Invocation, Serve>, packageVersion: string): Effect.Effect<Answer> =>
  Effect.gen(function*() {
    if (invocation._tag === "Refused") return refuse(invocation.reason)
    const Help = yield* Effect.promise(() => import("./Help.ts"))
    switch (invocation._tag) {
      case "Help":
        return print(Help.help())
      case "Version":
        return print(Help.version(packageVersion))
      case "Completions": {
        const shell = Help.shells.find((known) => known === invocation.shell)
        return shell === undefined
          ? refuse(`There are completions for ${Help.shells.join(", ")}, not for '${invocation.shell}'`)
          : print(Help.completions(shell, invocation.program))
      }
    }
  })

const print = (stdout: string): Answer => ({ stdout, stderr: "", code: 0 })
const refuse = (reason: string): Answer => ({ stdout: "", stderr: `${reason}\n`, code: 1 })
