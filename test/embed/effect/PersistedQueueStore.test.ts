/** The same queue program on the in-process server and on Effect's store in memory. */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as PersistedQueue from "effect/persistence/PersistedQueue"
import * as TestClock from "effect/testing/TestClock"
import { Client } from "../../../src/embed/Client.ts"
import * as OurQueue from "../../../src/embed/effect/PersistedQueueStore.ts"
import * as Embedded from "../../../src/embed/Embedded.ts"

const program = Effect.gen(function*() {
  const { cleanup, offer, take } = yield* PersistedQueue.PersistedQueueStore
  const name = "mail"
  const add = (id: string, delay?: Duration.Duration) =>
    offer({ name, id, element: { to: id }, isCustomId: true, delay })
  const seen: Array<unknown> = []
  const attempt = <E>(work: Effect.Effect<void, E>) =>
    Effect.gen(function*() {
      const taken = yield* take({ name, maxAttempts: 2, retryDelay: () => Effect.succeed(Duration.seconds(5)) })
      seen.push([taken.id, taken.attempts, taken.element])
      yield* work
    }).pipe(Effect.scoped, Effect.exit)

  yield* add("a")
  yield* add("a")
  yield* add("b")
  yield* add("c", Duration.seconds(20))
  yield* attempt(Effect.void)
  yield* attempt(Effect.fail("the server is away"))
  const waiting = yield* Effect.forkChild(attempt(Effect.fail("still away")), { startImmediately: true })
  yield* TestClock.adjust("4 seconds")
  assert.strictEqual(seen.length, 2)
  yield* TestClock.adjust("1 second")
  yield* Fiber.join(waiting)
  const last = yield* Effect.forkChild(attempt(Effect.interrupt), { startImmediately: true })
  yield* TestClock.adjust("15 seconds")
  yield* Fiber.join(last)
  yield* attempt(Effect.void)
  // What is done keeps its id until it is cleaned up
  yield* add("a")
  yield* cleanup({ timeToLive: Duration.seconds(1), failedTimeToLive: Duration.seconds(1) })
  yield* TestClock.adjust("2 seconds")
  yield* cleanup({ timeToLive: Duration.seconds(1), failedTimeToLive: Duration.seconds(1) })
  yield* add("c")
  yield* attempt(Effect.void)
  return seen
})

const expected = [
  ["a", 1, { to: "a" }],
  ["b", 1, { to: "b" }],
  ["b", 2, { to: "b" }],
  ["c", 1, { to: "c" }],
  ["c", 1, { to: "c" }],
  ["c", 1, { to: "c" }]
]

const store = OurQueue.layer().pipe(Layer.provideMerge(Embedded.layer()))

describe("PersistedQueueStore", () => {
  it.effect("retries, gives up and cleans up, in Effect's memory", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* program, expected)
    }).pipe(Effect.provide(PersistedQueue.layerStoreMemory)))

  it.effect("retries, gives up and cleans up, in process", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* program, expected)
    }).pipe(Effect.provide(store)))

  it.effect("offers again what a crash left behind", () =>
    Effect.gen(function*() {
      const { command } = yield* Client
      const { offer } = yield* PersistedQueue.PersistedQueueStore
      yield* offer({ name: "q", id: "1", element: "x", isCustomId: true })
      // As if it had been taken by a process that is no more
      yield* command("LPOP", "queue:q:ready")
      yield* command("ZADD", "queue:q:working", 0, "1")
      yield* command("HINCRBY", "queue:q:element:1", "attempts", 1)
      yield* Effect.gen(function*() {
        const { take } = yield* PersistedQueue.PersistedQueueStore
        const taken = yield* take({ name: "q", maxAttempts: 1, retryDelay: () => Effect.succeed(Duration.zero) })
        assert.deepStrictEqual([taken.id, taken.attempts, taken.element], ["1", 1, "x"])
      }).pipe(Effect.scoped, Effect.provide(OurQueue.layer()))
    }).pipe(Effect.provide(store)))
})
