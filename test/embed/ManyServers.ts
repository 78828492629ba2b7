/**
 * Makes servers, one after the other, gives each something that could stay behind (a client that waits, a key that
 * expires, a subscription, a port), lets them go, and tells as JSON what is left. Run with `--expose-gc`.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Client } from "../../src/embed/Client.ts"
import * as Embedded from "../../src/embed/Embedded.ts"
import * as Subscriptions from "../../src/embed/Subscriptions.ts"
import { FiberRegistry } from "../../src/Fibers.ts"
import { RedisServer } from "../../src/server/RedisServer.ts"
import { Store } from "../../src/store/Store.ts"

const fibers: Array<WeakRef<object>> = []
const stores: Array<WeakRef<object>> = []

const use = Effect.gen(function*() {
  const client = yield* Client
  const waiting = yield* Client.make
  yield* client.command("SET", "volatile", 1, "EX", 1000)
  yield* Effect.forkScoped(waiting.command("BLPOP", "nothing", 0), { startImmediately: true })
  yield* Effect.forkScoped(Stream.runDrain(Subscriptions.channels(["news"])), { startImmediately: true })
  yield* client.command("PUBLISH", "news", "hello")
  const registry = yield* FiberRegistry
  for (const { fiber } of registry?.byId.values() ?? []) fibers.push(new WeakRef(fiber))
  stores.push(new WeakRef((yield* Store).state))
}).pipe(Effect.scoped)

const embedded = use.pipe(Effect.provide(Embedded.layer()))
const listening = use.pipe(Effect.provide(Layer.provideMerge(RedisServer.layerTcp({ port: 0 }), Embedded.layer())))

/** Makes so many servers; the bytes that are in use afterwards. */
const make = async (count: number, server: Effect.Effect<void, unknown>): Promise<number> => {
  for (let left = count; left > 0; left--) await Effect.runPromise(server)
  // Sockets close, and what they held becomes garbage, within the next rounds of the event loop; buffers are freed aside
  for (let round = 0; round < 5; round++) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    globalThis.gc?.()
  }
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

const alive = (refs: ReadonlyArray<WeakRef<object>>): number => refs.filter((ref) => ref.deref() !== undefined).length

// The first ones compile the code and fill what caches there are
await make(100, embedded)
await make(100, listening)
const before = await make(400, embedded)
const after = await make(400, embedded)
process.stdout.write(JSON.stringify({
  stores: stores.length,
  storesAlive: alive(stores),
  fibers: fibers.length,
  fibersAlive: alive(fibers),
  grownBytes: after - before,
  // What the standard streams are is the caller's matter
  handles: process.getActiveResourcesInfo().filter((name) => !/^(Pipe|TTY|File)/.test(name))
}))
