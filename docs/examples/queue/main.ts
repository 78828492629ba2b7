/**
 * A queue with workers: a stream, a consumer group, and a fiber per worker that waits for its next job with XREADGROUP.
 * What a worker has not acknowledged is still pending when it ends, and the next one claims it.
 */
import * as Effect from "effect/Effect"
import { Commands, Embedded } from "go-redis"

const STREAM = "jobs"
const GROUP = "workers"

/** One entry of XREADGROUP's or XAUTOCLAIM's reply. */
interface Entry {
  readonly id: string
  readonly fields: ReadonlyMap<string, string> | undefined
}

const acknowledge = Effect.fnUntraced(function*(id: string) {
  const { prepare, transaction } = yield* Commands
  yield* transaction([prepare.xack(STREAM, GROUP, id), prepare.xdel(STREAM, id)])
})

/** Takes jobs until its fiber is interrupted: first those that others left behind for a minute, then new ones. */
export const worker = <E, R>(name: string, work: (job: string) => Effect.Effect<void, E, R>) =>
  Effect.gen(function*() {
    const redis = yield* Commands
    const run = Effect.fnUntraced(function*({ fields, id }: Entry) {
      yield* work(fields?.get("job") ?? "")
      yield* acknowledge(id)
    })
    while (true) {
      const { entries: left } = yield* redis.xautoclaim(STREAM, GROUP, name, 60_000, 0, { count: 10 })
      yield* Effect.forEach(left, run)
      // While it waits it has a connection to itself
      const fresh = yield* redis.xreadgroup(GROUP, name, { [STREAM]: ">" }, { count: 10, block: 5000 })
      yield* Effect.forEach(fresh.get(STREAM) ?? [], run)
    }
  })

export const offer = Effect.fnUntraced(function*(job: string) {
  const redis = yield* Commands
  return yield* redis.xadd(STREAM, "*", { job })
})

export const createGroup = Effect.gen(function*() {
  const redis = yield* Commands
  yield* redis.xgroupCreate(STREAM, GROUP, "0", { mkstream: true })
})

/** Three workers share twenty jobs. */
export const program = Effect.gen(function*() {
  yield* createGroup
  const done: Array<string> = []
  const work = (by: string) => (job: string) => Effect.sync(() => void done.push(`${by} did ${job}`))
  for (const name of ["ann", "bob", "cid"]) yield* Effect.forkScoped(worker(name, work(name)))
  for (let job = 1; job <= 20; job++) yield* offer(`job ${job}`)
  const redis = yield* Commands
  yield* Effect.whileLoop({
    while: () => done.length < 20,
    body: () => Effect.sleep("10 millis"),
    step: () => {}
  })
  return { done, left: yield* redis.xlen(STREAM) }
}).pipe(Effect.scoped, Effect.provide(Embedded.layer()))

if (import.meta.main) {
  const { done } = await Effect.runPromise(program)
  process.stdout.write(`${done.join("\n")}\n`)
}
