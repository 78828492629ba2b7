/**
 * A queue with workers: a stream, a consumer group, and a fiber per worker that waits for its next job with XREADGROUP.
 * What a worker has not acknowledged is still pending when it ends, and the next one claims it.
 */
import * as Effect from "effect/Effect"
import { Client, Embedded } from "go-redis"

const STREAM = "jobs"
const GROUP = "workers"

/** One entry of XREADGROUP's or XAUTOCLAIM's reply. */
type Entry = readonly [id: string, fields: ReadonlyArray<string>]

const acknowledge = Effect.fnUntraced(function*(id: string) {
  const redis = yield* Client
  yield* redis.transaction([["XACK", STREAM, GROUP, id], ["XDEL", STREAM, id]])
})

/** Takes jobs until its fiber is interrupted: first those that others left behind for a minute, then new ones. */
export const worker = <E, R>(name: string, work: (job: string) => Effect.Effect<void, E, R>) =>
  Effect.gen(function*() {
    // A connection of its own: while it waits, nothing else could use it
    const redis = yield* Client.make
    const run = Effect.fnUntraced(function*([id, [, job = ""]]: Entry) {
      yield* work(job)
      yield* acknowledge(id)
    })
    while (true) {
      const claimed = yield* redis.command("XAUTOCLAIM", STREAM, GROUP, name, 60_000, 0, "COUNT", 10)
      const [, left] = claimed as readonly [string, ReadonlyArray<Entry>] // XAUTOCLAIM's reply
      yield* Effect.forEach(left, run)
      const reply = yield* redis.command(
        ...["XREADGROUP", "GROUP", GROUP, name, "COUNT", 10, "BLOCK", 5000, "STREAMS", STREAM, ">"]
      )
      const fresh = reply instanceof Map ? reply.get(STREAM) as ReadonlyArray<Entry> : []
      yield* Effect.forEach(fresh, run)
    }
  }).pipe(Effect.scoped)

export const offer = Effect.fnUntraced(function*(job: string) {
  const redis = yield* Client
  return yield* redis.command("XADD", STREAM, "*", "job", job)
})

export const createGroup = Effect.gen(function*() {
  const redis = yield* Client
  yield* redis.command("XGROUP", "CREATE", STREAM, GROUP, "0", "MKSTREAM")
})

/** Three workers share twenty jobs. */
export const program = Effect.gen(function*() {
  yield* createGroup
  const done: Array<string> = []
  const work = (by: string) => (job: string) => Effect.sync(() => void done.push(`${by} did ${job}`))
  for (const name of ["ann", "bob", "cid"]) yield* Effect.forkScoped(worker(name, work(name)))
  for (let job = 1; job <= 20; job++) yield* offer(`job ${job}`)
  const redis = yield* Client
  yield* Effect.whileLoop({
    while: () => done.length < 20,
    body: () => Effect.sleep("10 millis"),
    step: () => {}
  })
  return { done, left: yield* redis.command("XLEN", STREAM) }
}).pipe(Effect.scoped, Effect.provide(Embedded.layer()))

if (import.meta.main) {
  const { done } = await Effect.runPromise(program)
  process.stdout.write(`${done.join("\n")}\n`)
}
