/** The spans of the server's own work: two servers in this process, one a replica of the other. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/testing/TestClock"
import type * as Tracer from "effect/Tracer"
import { Config } from "../../src/config/Config.ts"
import type * as Registry from "../../src/config/Registry.ts"
import { Client } from "../../src/embed/Client.ts"
import { Commands } from "../../src/embed/Commands.ts"
import * as Services from "../../src/embed/Services.ts"
import { SpanRecorder } from "../../src/inspect/SpanRecorder.ts"
import { Persistence } from "../../src/persistence/Persistence.ts"
import { RedisServer } from "../../src/server/RedisServer.ts"
import { eventually } from "../support/Eventually.ts"
import * as MemoryServer from "../support/MemoryServer.ts"
import { temporaryDirectory } from "../support/ServerProcess.ts"

/** A server whose spans are recorded. */
const build = (options: Registry.Options) =>
  Effect.map(
    Layer.build(Layer.fresh(
      Layer.merge(Commands.layer, RedisServer.layerTcp({ host: "127.0.0.1", port: 0 })).pipe(
        Layer.provideMerge(Client.layer),
        Layer.provideMerge(Services.layerFile),
        Layer.provideMerge(Config.layer({ save: "", "repl-diskless-sync-delay": 0, ...options })),
        Layer.provideMerge(SpanRecorder.layer)
      )
    )),
    (services) => ({
      redis: Context.get(services, Commands),
      loaded: Context.get(services, Persistence).loaded,
      port: Context.get(services, RedisServer).addresses()[0]?.port ?? 0,
      spans: Context.get(services, SpanRecorder).recent
    })
  )

const last = (spans: ReadonlyArray<Tracer.Span>, name: string): Tracer.Span => {
  const found = spans.findLast((span) => span.name === name)
  assert.isDefined(found, `${name} among ${spans.map((span) => span.name).join(", ")}`)
  return found
}

/** The names of the spans below one, in the order in which they ended. */
const below = (spans: ReadonlyArray<Tracer.Span>, parent: Tracer.Span): ReadonlyArray<string> =>
  spans.filter((span) => Option.getOrUndefined(span.parent)?.spanId === parent.spanId).map(({ name }) => name)

const told = (span: Tracer.Span, ...names: ReadonlyArray<string>) => names.map((name) => span.attributes.get(name))

describe("the server's own work", () => {
  it.live("is traced: snapshots and loads, synchronizations and links, on both sides", () =>
    Effect.gen(function*() {
      const dir = yield* temporaryDirectory
      const master = yield* build({ dir, trace: "yes" })
      yield* master.loaded
      yield* master.redis.mset({ a: 1, b: 2, c: 3 })
      yield* master.redis.save()
      const snapshot = last(master.spans(), "snapshot")
      assert.deepStrictEqual(below(master.spans(), snapshot), ["snapshot write", "snapshot sync", "snapshot rename"])
      assert.deepStrictEqual(told(snapshot, "db.system.name", "redis.keys", "redis.snapshot.target"), [
        "redis",
        3,
        `${dir}/dump.rdb`
      ])
      assert.isAbove(Number(snapshot.attributes.get("redis.bytes")), 50)

      const next = yield* build({ dir, trace: "yes" })
      yield* next.loaded
      const load = last(next.spans(), "load")
      assert.deepStrictEqual(below(next.spans(), load), ["load read", "load adopt"])
      assert.deepStrictEqual(told(load, "redis.keys", "redis.keys.expired"), [3, 0])

      const replica = yield* build({
        dir: yield* temporaryDirectory,
        trace: "yes",
        replicaof: `127.0.0.1 ${master.port}`
      })
      yield* eventually(() => assert.isTrue(replica.spans().some(({ name }) => name === "full sync")))
      yield* eventually(() => assert.isTrue(master.spans().some(({ name }) => name === "full sync")))
      const given = last(master.spans(), "full sync")
      const taken = last(replica.spans(), "full sync")
      const point = ["redis.replication.id", "redis.replication.offset"]
      assert.deepStrictEqual(told(given, ...point), told(taken, ...point))
      assert.deepStrictEqual(below(master.spans(), given), ["full sync stream"])
      assert.includeMembers([...below(replica.spans(), taken)], ["full sync receive", "load"])
      assert.strictEqual(taken.attributes.get("redis.keys"), 3)

      yield* master.redis.set("d", 4)
      yield* master.redis.clientKill({ type: "replica" })
      yield* eventually(() => assert.isTrue(replica.spans().some(({ name }) => name === "partial sync")))
      const link = last(replica.spans(), "replication link")
      assert.deepStrictEqual(below(replica.spans(), link), ["connect", "handshake", "full sync", "replication stream"])
      assert.deepStrictEqual(told(link, "network.peer.address", "network.peer.port", "error.type"), [
        "127.0.0.1",
        master.port,
        "LinkError"
      ])
      assert.strictEqual(
        last(master.spans(), "replication link").attributes.get("redis.replication.id"),
        given.attributes.get("redis.replication.id")
      )
      assert.strictEqual(last(master.spans(), "partial sync").kind, "server")
    }).pipe(Effect.scoped))

  it.effect("is traced: cycles that expire or evict keys", () =>
    Effect.gen(function*() {
      const { loaded, redis, spans } = yield* build({ trace: "yes", dir: yield* temporaryDirectory })
      yield* loaded
      yield* Effect.forEach(["a", "b"], (key) => redis.set(key, "v", { px: 10 }))
      yield* TestClock.adjust("1 second")
      yield* MemoryServer.settle
      assert.strictEqual(last(spans(), "expire-cycle").attributes.get("redis.keys"), 2)
      yield* redis.mset({ c: "x".repeat(1000), d: "y".repeat(1000) })
      yield* redis.configSet({ "maxmemory-policy": "allkeys-random", maxmemory: 1 })
      yield* Effect.exit(redis.set("e", 1))
      assert.isAbove(Number(last(spans(), "eviction-cycle").attributes.get("redis.keys")), 0)
    }).pipe(Effect.scoped))

  it.live("is not while the server is not, which is switched at run time", () =>
    Effect.gen(function*() {
      const { loaded, redis, spans } = yield* build({ dir: yield* temporaryDirectory })
      yield* loaded
      yield* redis.save()
      assert.deepStrictEqual(spans(), [])
      yield* redis.configSet({ trace: "yes" })
      yield* redis.save()
      yield* redis.configSet({ trace: "no" })
      yield* redis.save()
      assert.lengthOf(spans().filter(({ name }) => name === "snapshot"), 1)
    }).pipe(Effect.scoped))
})
