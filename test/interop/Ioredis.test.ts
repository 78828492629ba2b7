import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Redis } from "ioredis"
import type { RedisOptions } from "ioredis"
import type { ServerProcess } from "../support/ServerProcess.ts"
import { client, describeOnBoth, emptyServer, everyByte, megabyte, messageOf } from "./Servers.ts"

const connect = (server: ServerProcess, options: Omit<RedisOptions, "replyMapping"> = {}) =>
  client(
    async () => {
      const redis = new Redis({ host: "127.0.0.1", port: server.port, lazyConnect: true, ...options })
      await redis.connect()
      return redis
    },
    (redis) => redis.disconnect()
  )

describeOnBoth("ioredis", ({ it, start }) => {
  for (const protocol of [2, 3] as const) {
    it.effect(`keeps sessions, counters and flags (RESP${protocol})`, () =>
      Effect.gen(function*() {
        const redis = yield* connect(yield* emptyServer, { protocol, connectionName: "shop" })
        yield* Effect.promise(async () => {
          assert.strictEqual(await redis.client("GETNAME"), "shop")
          assert.strictEqual(await redis.set("session:1", "ann", "EX", 3600, "NX"), "OK")
          assert.isNull(await redis.set("session:1", "bob", "NX"))
          assert.strictEqual(await redis.set("session:1", "cid", "KEEPTTL", "GET"), "ann")
          assert.isAbove(await redis.ttl("session:1"), 3000)
          assert.strictEqual(await redis.getex("session:1", "PERSIST"), "cid")
          assert.strictEqual(await redis.ttl("session:1"), -1)
          assert.strictEqual(await redis.getdel("session:1"), "cid")
          assert.isNull(await redis.get("session:1"))

          assert.strictEqual(await redis.incr("visits"), 1)
          assert.strictEqual(await redis.incrby("visits", 41), 42)
          assert.strictEqual(await redis.incrbyfloat("price", "10.5"), "10.5")
          assert.strictEqual(await redis.expire("visits", 60, "NX"), 1)
          assert.strictEqual(await redis.expire("visits", 90, "NX"), 0)
          assert.strictEqual(await redis.expireat("visits", 4_102_444_800), 1)
          assert.strictEqual(await redis.expiretime("visits"), 4_102_444_800)

          assert.strictEqual(await redis.mset({ a: "1", b: "two", c: "" }), "OK")
          assert.deepStrictEqual(await redis.mget("a", "b", "none", "c"), ["1", "two", null, ""])
          assert.strictEqual(await redis.setrange("b", 1, "WO"), 3)
          assert.strictEqual(await redis.append("b", "!"), 4)
          assert.strictEqual(await redis.getrange("b", -3, -1), "WO!")

          assert.strictEqual(await redis.setbit("active:monday", 7, 1), 0)
          assert.strictEqual(await redis.setbit("active:monday", 100, 1), 0)
          assert.strictEqual(await redis.setbit("active:tuesday", 7, 1), 0)
          assert.strictEqual(await redis.bitop("AND", "active:both", "active:monday", "active:tuesday"), 13)
          assert.strictEqual(await redis.bitcount("active:both"), 1)
          assert.strictEqual(await redis.bitpos("active:both", 1), 7)
          assert.deepStrictEqual(
            await redis.call(
              "BITFIELD",
              "flags",
              "SET",
              "u4",
              "#1",
              "9",
              "OVERFLOW",
              "FAIL",
              "INCRBY",
              "u4",
              "#1",
              "9"
            ),
            [0, null]
          )

          assert.strictEqual(await redis.type("a"), "string")
          assert.strictEqual(await redis.object("ENCODING", "a"), "int")
          assert.strictEqual(await redis.copy("a", "a:copy"), 1)
          assert.strictEqual(await redis.rename("a:copy", "a:moved"), "OK")
          assert.strictEqual(await redis.exists("a", "a:copy", "a:moved"), 2)
          assert.strictEqual(await redis.unlink("a", "a:moved"), 2)
        })
      }))

    it.effect(`carries any byte and a megabyte (RESP${protocol})`, () =>
      Effect.gen(function*() {
        const redis = yield* connect(yield* emptyServer, { protocol })
        yield* Effect.promise(async () => {
          await redis.set(everyByte, everyByte)
          assert.deepStrictEqual(await redis.getBuffer(everyByte), everyByte)
          assert.deepStrictEqual(await redis.keysBuffer("*"), [everyByte])
          assert.strictEqual(await redis.strlen(everyByte), everyByte.length)
          assert.strictEqual(await redis.set("", "empty key"), "OK")
          assert.strictEqual(await redis.get(""), "empty key")
          await redis.set("blob", megabyte)
          const copies = await Promise.all(Array.from({ length: 8 }, () => redis.getBuffer("blob")))
          for (const copy of copies) assert.isTrue(copy?.equals(megabyte))
          assert.isTrue((await redis.getrangeBuffer("blob", 1000, -1001))?.equals(megabyte.subarray(1000, -1000)))
        })
      }))
  }

  it.effect("pipelines, by hand and by itself, and gets each reply to its command", () =>
    Effect.gen(function*() {
      const server = yield* emptyServer
      const redis = yield* connect(server)
      const auto = yield* connect(server, { enableAutoPipelining: true })
      yield* Effect.promise(async () => {
        const pipeline = redis.pipeline()
        for (let i = 0; i < 5000; i++) pipeline.set(`key:${i}`, i).get(`key:${i}`)
        const replies = await pipeline.incr("key:1").get("key:1").exec()
        assert.lengthOf(replies ?? [], 10_002)
        for (let i = 0; i < 5000; i++) assert.deepStrictEqual(replies?.[2 * i + 1], [null, String(i)])
        assert.deepStrictEqual(replies?.slice(-2), [[null, 2], [null, "2"]])

        const failing = await redis.pipeline().set("text", "abc").incr("text").get("text").exec()
        assert.deepStrictEqual(failing?.map(([error, value]) => error?.message ?? value), [
          "OK",
          "ERR value is not an integer or out of range",
          "abc"
        ])
        const values = await Promise.all(Array.from({ length: 1000 }, (_, i) => auto.get(`key:${i}`)))
        assert.deepStrictEqual(values, Array.from({ length: 1000 }, (_, i) => i === 1 ? "2" : String(i)))
      })
    }))

  it.effect("runs transactions, and loses to a change of what it watches", () =>
    Effect.gen(function*() {
      const server = yield* emptyServer
      const redis = yield* connect(server)
      const rival = yield* connect(server)
      yield* Effect.promise(async () => {
        await redis.set("stock", 3)
        assert.deepStrictEqual(await redis.multi().decr("stock").set("sold", 1).incr("nothing").exec(), [
          [null, 2],
          [null, "OK"],
          [null, 1]
        ])
        await redis.watch("stock")
        await rival.decr("stock")
        assert.isNull(await redis.multi().set("stock", 100).exec())
        assert.strictEqual(await redis.get("stock"), "1")

        const wrong = await redis.multi().set("word", "abc").incr("word").get("word").exec()
        assert.deepStrictEqual(wrong?.map(([error, value]) => error?.message ?? value), [
          "OK",
          "ERR value is not an integer or out of range",
          "abc"
        ])
        await redis.multi({ pipeline: false })
        assert.strictEqual(await redis.call("SET", "queued", "1"), "QUEUED")
        assert.strictEqual(await redis.discard(), "OK")
        assert.isNull(await redis.get("queued"))
      })
    }))

  it.effect("walks keys with SCAN and works in several databases", () =>
    Effect.gen(function*() {
      const server = yield* emptyServer
      const redis = yield* connect(server)
      const third = yield* connect(server, { db: 3 })
      yield* Effect.promise(async () => {
        await redis.mset(Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`user:${i}`, String(i)])))
        await redis.mset({ "order:1": "a", "order:2": "b" })
        const users = new Set<string>()
        for await (const keys of redis.scanStream({ match: "user:*", count: 100 })) {
          for (const key of keys as Array<string>) users.add(key)
        }
        assert.strictEqual(users.size, 2000)

        assert.strictEqual(await third.dbsize(), 0)
        assert.strictEqual(await redis.move("order:1", 3), 1)
        assert.deepStrictEqual(await third.keys("*"), ["order:1"])
        assert.strictEqual(await third.swapdb(3, 4), "OK")
        assert.strictEqual(await third.dbsize(), 0)
        await third.select(4)
        assert.strictEqual(await third.get("order:1"), "a")
        assert.match(await redis.info("keyspace"), /^# Keyspace\r\ndb0:keys=2001,.*\r\ndb4:keys=1,/)
        await third.flushdb()
        assert.strictEqual(await redis.dbsize(), 2001)
        await redis.flushall("ASYNC")
        assert.strictEqual(await redis.dbsize(), 0)
      })
    }))

  it.effect("asks about the server and configures it", () =>
    Effect.gen(function*() {
      const redis = yield* connect(yield* emptyServer)
      yield* Effect.promise(async () => {
        assert.deepStrictEqual(await redis.config("GET", "maxmemory-policy"), ["maxmemory-policy", "noeviction"])
        assert.strictEqual(await redis.config("SET", "maxmemory", "100mb", "maxmemory-policy", "allkeys-lru"), "OK")
        assert.deepStrictEqual(await redis.config("GET", "maxmemory"), ["maxmemory", "104857600"])
        await redis.config("SET", "maxmemory", "0", "maxmemory-policy", "noeviction")
        assert.match(await redis.info(), /\r\nredis_version:7\.0\.15\r\n/)
        assert.match(String(await redis.client("LIST")), /(^|\n)id=\d+ addr=127\.0\.0\.1:\d+ .* cmd=client\|list /)
        assert.isAtLeast(await redis.client("ID"), 1)
        assert.isAbove(Number((await redis.time())[0]), 1_700_000_000)
        const [name, arity, flags] = (await redis.command("INFO", "get") as Array<Array<unknown>>)[0] ?? []
        assert.deepStrictEqual([name, arity, flags], ["get", 2, ["readonly", "fast"]])
      })
    }))

  it.effect("logs in, is refused, and comes back after its connection was cut", () =>
    Effect.gen(function*() {
      const server = yield* start({ args: ["--requirepass", "s3cret word"] })
      const refused = new Redis({ port: server.port, lazyConnect: true, enableReadyCheck: false, protocol: 2 })
      refused.on("error", () => undefined) // it reports what its handshake met as well
      yield* Effect.promise(async () => {
        assert.strictEqual(await messageOf(refused.get("k")), "NOAUTH Authentication required.")
        refused.disconnect()
      })
      const redis = yield* connect(server, { password: "s3cret word", db: 2, connectionName: "phoenix", protocol: 3 })
      const admin = yield* connect(server, { username: "default", password: "s3cret word", protocol: 2 })
      yield* Effect.promise(async () => {
        await redis.set("k", "v")
        const before = await redis.client("ID")
        const again = new Promise((resolve) => redis.once("ready", resolve))
        assert.strictEqual(await admin.client("KILL", "ID", before), 1)
        await again
        assert.isAbove(await redis.client("ID"), before)
        assert.strictEqual(await redis.client("GETNAME"), "phoenix")
        assert.strictEqual(await redis.get("k"), "v")
      })
    }))
})
