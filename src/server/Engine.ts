/**
 * What V8 is told in a process that is this server and nothing else. `go-redis.sh` tells it what counts from the first moment
 * on; a program that embeds the server has flags of its own.
 */
import * as Effect from "effect/Effect"
import * as V8 from "node:v8"

const set = (...flags: ReadonlyArray<string>) => Effect.sync(() => flags.forEach((flag) => V8.setFlagsFromString(flag)))

/**
 * V8 marks its heap whenever 64 MB more lie outside of it, for 40 ms each time, but a file that is loaded leaves no garbage
 * outside: meanwhile the two count together. V8s without the flag would complain of it.
 */
export const whileLoading = <A, E, R>(load: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  /^1[34]\./.test(process.versions.v8)
    ? Effect.acquireUseRelease(
      set("--external-memory-accounted-in-global-limit"),
      () => load,
      () => set("--no-external-memory-accounted-in-global-limit")
    )
    : load

/**
 * From when clients are served on, garbage is looked for in steps, during which they do not wait (at the start, where
 * nobody is served, that would take three times as long), and the whole path of a command may be one piece of machine code,
 * which costs the compiler what a start has better use for.
 */
export const whenServing = set(
  "--incremental-marking",
  "--max-inlined-bytecode-size=1000",
  "--max-inlined-bytecode-size-cumulative=3000"
)
