import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { ClientRegistry } from "../../src/command/ClientRegistry.ts"
import { Waiters } from "../../src/command/Waiters.ts"
import { Atomic } from "../../src/embed/Atomic.ts"
import { Client } from "../../src/embed/Client.ts"
import { Commands } from "../../src/embed/Commands.ts"
import * as Embedded from "../../src/embed/Embedded.ts"
import type { Scored } from "../../src/embed/typed/Methods.ts"
import type { Integer } from "../../src/embed/typed/Types.ts"
import { ReplyError } from "../../src/embed/Value.ts"
import * as MemoryServer from "../support/MemoryServer.ts"
import { exactly } from "./typed/Types.ts"

const started = { startImmediately: true } as const

describe("Commands", () => {
  it.effect("gives every reply its type, as the options say", () =>
    Effect.gen(function*() {
      const redis = yield* Commands
      assert.strictEqual(exactly<boolean>()(yield* redis.set("k", "v", { px: 1000, nx: true })), true)
      assert.strictEqual(exactly<boolean>()(yield* redis.set("k", "w", { nx: true })), false)
      assert.strictEqual(exactly<string | undefined>()(yield* redis.set("k", "w", { get: true })), "v")
      assert.strictEqual(exactly<string | undefined>()(yield* redis.get("k")), "w")
      assert.strictEqual(yield* redis.get("none"), undefined)
      assert.deepStrictEqual(exactly<Uint8Array | undefined>()(yield* redis.bytes.get("k")), new Uint8Array([119]))
      assert.strictEqual(exactly<Integer>()(yield* redis.incrby("n", 2n ** 60n)), 2n ** 60n)
      yield* redis.zadd("z", { ada: 2, bob: 1 })
      assert.deepStrictEqual(exactly<Array<string>>()(yield* redis.zrange("z", 0, -1)), ["bob", "ada"])
      const scored = yield* redis.zrange("z", 0, -1, { rev: true, withscores: true })
      assert.deepStrictEqual(exactly<Array<Scored<string>>>()(scored), [
        { member: "ada", score: 2 },
        { member: "bob", score: 1 }
      ])
      assert.strictEqual(yield* redis.zadd("copy", scored), 2)
      const either = yield* redis.zrange("z", 0, -1, { withscores: scored.length > 1 })
      assert.lengthOf(exactly<Array<string> | Array<Scored<string>>>()(either), 2)
      yield* redis.rpush("l", ["a", "b"])
      assert.strictEqual(exactly<string | undefined>()(yield* redis.lpop("l")), "a")
      assert.deepStrictEqual(exactly<Array<string> | undefined>()(yield* redis.lpop("l", 2)), ["b"])
      // @ts-expect-error -- one of them
      const both = redis.set("k", "v", { ex: 1, px: 1 })
      // @ts-expect-error -- no such option
      const unknown = redis.set("new", "v", { xp: 1, nx: true })
      // @ts-expect-error -- a start needs an end
      const half = redis.bitcount("k", { start: 1 })
      assert.isTrue(yield* unknown)
      assert.strictEqual((yield* Effect.flip(both))._tag, "ReplyError")
      assert.strictEqual((yield* Effect.flip(half))._tag, "ReplyError")
    }).pipe(Effect.provide(Embedded.layer())))

  it.effect("fails with what the command answers", () =>
    Effect.gen(function*() {
      const redis = yield* Commands
      yield* redis.set("k", "v")
      const error = yield* Effect.flip(redis.lpush("k", "a"))
      assert.strictEqual(error._tag === "ReplyError" ? error.code : error._tag, "WRONGTYPE")
    }).pipe(Effect.provide(Embedded.layer())))

  it.effect("lets nobody wait with a command that waits, and ends its wait with its fiber", () =>
    Effect.gen(function*() {
      const redis = yield* Commands
      const waiters = yield* Waiters
      yield* redis.select(3)
      const popped = yield* Effect.forkChild(redis.blpop(["a", "b"], 0), started)
      yield* MemoryServer.settle
      yield* redis.rpush("b", "x")
      assert.deepStrictEqual(yield* Fiber.join(popped), { key: "b", element: "x" })
      const waiting = yield* Effect.forkChild(redis.xread({ s: "$" }, { block: 0 }), started)
      yield* MemoryServer.settle
      assert.strictEqual(waiters.count(), 1)
      yield* Fiber.interrupt(waiting)
      assert.strictEqual(waiters.count(), 0)
      // Both had the same connection, one after the other
      const { clients } = yield* ClientRegistry
      assert.strictEqual(clients.byId.size, 2)
    }).pipe(Effect.provide(Embedded.layer())))

  it.effect("runs prepared commands as a transaction", () =>
    Effect.gen(function*() {
      const { prepare, transaction } = yield* Commands
      const replies = yield* transaction([prepare.set("a", 1), prepare.incr("a"), prepare.bytes.get("a")])
      assert.deepStrictEqual(exactly<[boolean, Integer, Uint8Array | undefined] | undefined>()(replies), [
        true,
        2,
        new Uint8Array([50])
      ])
      const error = yield* Effect.flip(transaction([prepare.xlen("a"), prepare.set("b", 1)]))
      assert.instanceOf(error, ReplyError)
      yield* Effect.gen(function*() {
        const own = yield* Commands.make
        yield* own.watch("b")
        yield* (yield* Client).command("SET", "b", 2)
        assert.isUndefined(yield* own.transaction([own.prepare.get("b")]))
      }).pipe(Effect.scoped)
    }).pipe(Effect.provide(Embedded.layer())))

  it.effect("has the same methods in an atomic function", () =>
    Effect.gen(function*() {
      const { run } = yield* Atomic
      const left = yield* run((_, redis) => {
        redis.hset("bucket", { left: 3 })
        exactly<Map<string, string>>()(redis.hgetall("bucket"))
        return redis.hincrby("bucket", "left", -1)
      })
      assert.strictEqual(left, 2)
      assert.instanceOf(yield* Effect.flip(run((_, redis) => redis.lpush("bucket", "x"))), ReplyError)
    }).pipe(Effect.provide(Embedded.layer())))

  it.effect("goes through a keyspace, a hash, a set and a sorted set", () =>
    Effect.gen(function*() {
      const redis = yield* Commands
      const names = Array.from({ length: 300 }, (_, index) => `key:${index}`)
      yield* redis.mset(names.map((name) => [name, "x"] as const))
      yield* redis.hset("hash", new Map(names.map((name) => [name, 1] as const)))
      yield* redis.sadd("set", names)
      yield* redis.zadd("scores", Object.fromEntries(names.map((name, index) => [name, index])))
      const met = Effect.fnUntraced(function*<A, E>(stream: Stream.Stream<A, E>) {
        return [...new Set(yield* Stream.runCollect(stream))].sort()
      })
      assert.deepStrictEqual(yield* met(redis.scan({ match: "key:*", count: 20 })), [...names].sort())
      assert.deepStrictEqual(yield* met(redis.scan({ type: "zset" })), ["scores"])
      assert.deepStrictEqual(yield* met(redis.sscan("set")), [...names].sort())
      const fields = yield* met(Stream.map(redis.hscan("hash"), ({ field, value }) => `${field}=${value}`))
      assert.deepStrictEqual(fields, names.map((name) => `${name}=1`).sort())
      const scores = yield* Stream.runCollect(redis.zscan("scores", { match: "key:7" }))
      assert.deepStrictEqual(scores, [{ member: "key:7", score: 7 }])
    }).pipe(Effect.provide(Embedded.layer())))

  it.effect("follows a stream, what is there and what comes", () =>
    Effect.gen(function*() {
      const redis = yield* Commands
      yield* redis.xadd("s", "1-1", { n: 1 })
      const followed = yield* redis.follow("s", { after: 0 }).pipe(
        Stream.take(3),
        Stream.runCollect,
        Effect.forkChild(started)
      )
      const fresh = yield* redis.follow("s").pipe(Stream.take(1), Stream.runCollect, Effect.forkChild(started))
      yield* MemoryServer.settle
      yield* redis.xadd("s", "1-2", { n: 2 })
      yield* redis.xadd("s", "1-3", [["n", 3]])
      const entries = yield* Fiber.join(followed)
      assert.deepStrictEqual(entries.map(({ fields, id }) => [id, fields.get("n")]), [
        ["1-1", "1"],
        ["1-2", "2"],
        ["1-3", "3"]
      ])
      assert.deepStrictEqual((yield* Fiber.join(fresh)).map(({ id }) => id), ["1-2"])
    }).pipe(Effect.provide(Embedded.layer())))

  it.effect("hears messages, and sees what others do", () =>
    Effect.gen(function*() {
      const redis = yield* Commands
      const heard = yield* Stream.merge(redis.subscribe("news"), redis.psubscribe(["n*"])).pipe(
        Stream.take(2),
        Stream.runCollect,
        Effect.forkChild(started)
      )
      yield* MemoryServer.settle
      const seen = yield* redis.monitor.pipe(Stream.take(2), Stream.runCollect, Effect.forkChild(started))
      // The very next command is among what they hear
      assert.strictEqual(yield* redis.publish("news", "grüße"), 2)
      yield* redis.set("a\"\n", "b", { get: true })
      const byPattern = yield* Fiber.join(heard)
      assert.sameDeepMembers(byPattern, [
        { channel: "news", message: "grüße", pattern: undefined },
        { channel: "news", message: "grüße", pattern: "n*" }
      ])
      assert.deepStrictEqual((yield* Fiber.join(seen)).map(({ args, db }) => [db, args]), [
        [0, ["PUBLISH", "news", "grüße"]],
        [0, ["SET", "a\"\n", "b", "GET"]]
      ])
      assert.strictEqual(yield* redis.publish("news", "nobody"), 0)
    }).pipe(Effect.provide(Embedded.layer())))

  it.effect("finds a client that hangs, by its fiber", () =>
    Effect.gen(function*() {
      const redis = yield* Commands
      const stuck = yield* Effect.forkChild(redis.blpop(["a b=c"], 0), started)
      yield* MemoryServer.settle
      yield* redis.set("a b=c", "no list")
      const [found] = yield* redis.fiberList({ type: "clients", waiting: true })
      assert.strictEqual(found?.get("waits-for"), "BLPOP on \"a b\\u003dc\" in db 0")
      const { clientId, id, waitsFor } = yield* redis.fiberInfo(Number(found?.get("id")))
      assert.strictEqual(waitsFor, "BLPOP on \"a b=c\" in db 0")
      assert.match(
        (yield* redis.fiberWaiters("a b=c")).join(),
        new RegExp(`^client ${clientId} .* last written by client 1`)
      )
      yield* redis.fiberInterrupt(id)
      assert.strictEqual((yield* Effect.flip(Fiber.join(stuck)))._tag, "ConnectionClosed")
    }).pipe(Effect.provide(Embedded.layer())))
})
