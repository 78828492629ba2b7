/** node-redis, and Effect's layer on top of it. */
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redis from "effect/persistence/Redis"
import { createClient, MultiErrorReply, RESP_TYPES, WatchError } from "redis"
import type { ServerProcess } from "../support/ServerProcess.ts"
import { client, describeOnBoth, emptyServer, everyByte, megabyte, messageOf } from "./Servers.ts"

type Options = Omit<NonNullable<Parameters<typeof createClient>[0]>, "modules" | "functions" | "scripts">

const connect = (server: ServerProcess, options: Options = {}) =>
  client(
    async () => {
      const redis = createClient({ socket: { host: "127.0.0.1", port: server.port }, ...options })
      redis.on("error", () => undefined) // without a listener, a connection that is cut ends the process
      return await redis.connect()
    },
    (redis) => redis.destroy()
  )

describeOnBoth("node-redis", ({ it, start }) => {
  for (const RESP of [2, 3] as const) {
    it.effect(`keeps sessions, counters and flags (RESP${RESP})`, () =>
      Effect.gen(function*() {
        const redis = yield* connect(yield* emptyServer, { RESP, name: "shop" })
        yield* Effect.promise(async () => {
          assert.strictEqual(await redis.clientGetName(), "shop")
          const expiration = { type: "EX", value: 3600 } as const
          assert.strictEqual(await redis.set("session:1", "ann", { expiration, condition: "NX" }), "OK")
          assert.isNull(await redis.set("session:1", "bob", { condition: "NX" }))
          assert.strictEqual(await redis.set("session:1", "cid", { expiration: "KEEPTTL", GET: true }), "ann")
          assert.isAbove(await redis.ttl("session:1"), 3000)
          assert.strictEqual(await redis.persist("session:1"), 1)
          assert.strictEqual(await redis.pTTL("session:1"), -1)
          assert.strictEqual(await redis.getDel("session:1"), "cid")
          assert.isNull(await redis.get("session:1"))

          assert.strictEqual(await redis.incrBy("visits", 42), 42)
          assert.strictEqual(await redis.incrByFloat("price", 10.5), "10.5")
          assert.strictEqual(await redis.expireAt("visits", 4_102_444_800, "NX"), 1)
          assert.strictEqual(await redis.expireTime("visits"), 4_102_444_800)
          assert.strictEqual(Number(await redis.mSetNX({ a: "1", b: "ohmytext" })), 1) // its type says "OK"
          assert.deepStrictEqual(await redis.mGet(["a", "none", "b"]), ["1", null, "ohmytext"])
          assert.strictEqual(await redis.setRange("c", 2, "mynewtext"), 11)
          assert.strictEqual(await redis.lcs("b", "c"), "mytext")
          assert.strictEqual(await redis.lcsLen("b", "c"), 6)
          const lcs = await redis.lcsIdxWithMatchLen("b", "c")
          assert.deepStrictEqual(JSON.parse(JSON.stringify(lcs)), {
            len: 6,
            matches: [[[4, 7], [7, 10], 4], [[2, 3], [2, 3], 2]]
          })

          await redis.setBit("monday", 7, 1)
          await redis.setBit("monday", 100, 1)
          assert.strictEqual(await redis.bitCount("monday", { start: 0, end: 7, mode: "BIT" }), 1)
          assert.deepStrictEqual(
            await redis.bitField("flags", [
              { operation: "SET", encoding: "u4", offset: "#1", value: 9 },
              { operation: "OVERFLOW", behavior: "SAT" },
              { operation: "INCRBY", encoding: "u4", offset: "#1", increment: 9 }
            ]),
            [0, 15]
          )
          assert.strictEqual(await redis.copy("a", "z", { DB: 1 }), 1)
          assert.strictEqual(await redis.objectEncoding("b"), "embstr")
          assert.strictEqual(await redis.sendCommand<string>(["TYPE", "a"]), "string")
          assert.deepStrictEqual({ ...await redis.configGet(["maxmemory*"]) }["maxmemory-samples"], "5")
          const [self] = (await redis.clientList()).filter(({ name }) => name === "shop")
          assert.strictEqual(self?.cmd, "client|list")
          assert.strictEqual(self?.resp, RESP)
          assert.strictEqual((await redis.clientInfo()).id, self?.id)
        })
      }))

    it.effect(`carries any byte and a megabyte (RESP${RESP})`, () =>
      Effect.gen(function*() {
        const redis = yield* connect(yield* emptyServer, { RESP })
        yield* Effect.promise(async () => {
          const bytes = redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
          await bytes.set(everyByte, everyByte)
          assert.deepStrictEqual(await bytes.get(everyByte), everyByte)
          assert.deepStrictEqual(await bytes.keys("*"), [everyByte])
          await bytes.set("blob", megabyte)
          const copies = await Promise.all(Array.from({ length: 8 }, () => bytes.get("blob")))
          for (const copy of copies) assert.isTrue(copy?.equals(megabyte))
          await redis.set("text", "zwölf – 十二 – 🕛")
          assert.strictEqual(await redis.get("text"), "zwölf – 十二 – 🕛")
        })
      }))
  }

  it.effect("pipelines what is asked in one turn, and runs transactions", () =>
    Effect.gen(function*() {
      const server = yield* emptyServer
      const redis = yield* connect(server)
      const rival = yield* connect(server)
      yield* Effect.promise(async () => {
        const values = await Promise.all(
          Array.from({ length: 5000 }, async (_, i) => {
            const [, value] = await Promise.all([redis.set(`key:${i}`, i), redis.get(`key:${i}`)])
            return value
          })
        )
        assert.deepStrictEqual(values, Array.from({ length: 5000 }, (_, i) => String(i)))

        await redis.set("stock", 3)
        const sale = await redis.multi().decr("stock").set("sold", 1).get("sold").execTyped()
        assert.deepStrictEqual(sale, [2, "OK", "1"])
        await redis.watch("stock")
        await rival.decr("stock")
        const lost = await redis.multi().set("stock", 100).exec().catch((error: unknown) => error)
        assert.instanceOf(lost, WatchError)
        assert.strictEqual(await redis.get("stock"), "1")
        const failed = await redis.multi().set("word", "abc").incr("word").get("word").exec().catch((error: unknown) =>
          error
        )
        assert.instanceOf(failed, MultiErrorReply)
        assert.deepStrictEqual(failed.errorIndexes, [1])
        assert.strictEqual(await messageOf(redis.incr("word")), "ERR value is not an integer or out of range")
      })
    }))

  it.effect("walks keys with SCAN and works in several databases", () =>
    Effect.gen(function*() {
      const server = yield* emptyServer
      const redis = yield* connect(server)
      const third = yield* connect(server, { database: 3 })
      yield* Effect.promise(async () => {
        await redis.mSet(Array.from({ length: 2000 }, (_, i) => [`user:${i}`, String(i)] as [string, string]))
        await redis.set("order:1", "a")
        const users = new Set<string>()
        for await (const keys of redis.scanIterator({ MATCH: "user:*", COUNT: 100, TYPE: "string" })) {
          for (const key of keys) users.add(key)
        }
        assert.strictEqual(users.size, 2000)
        assert.strictEqual(await third.dbSize(), 0)
        assert.strictEqual(await redis.move("order:1", 3), 1)
        assert.deepStrictEqual(await third.keys("*"), ["order:1"])
        await third.select(0)
        assert.strictEqual(await third.dbSize(), 2000)
        assert.strictEqual(await redis.flushAll(), "OK")
        assert.isNull(await third.randomKey())
      })
    }))

  it.effect("logs in, is refused, and comes back after its connection was cut", () =>
    Effect.gen(function*() {
      const server = yield* start({ args: ["--requirepass", "s3cret word"] })
      yield* Effect.promise(async () => {
        const wrong = createClient({ socket: { port: server.port, reconnectStrategy: false }, password: "guess" })
        wrong.on("error", () => undefined)
        assert.strictEqual(
          await messageOf(wrong.connect()),
          "WRONGPASS invalid username-password pair or user is disabled."
        )
      })
      const redis = yield* connect(server, { password: "s3cret word", database: 2, name: "phoenix" })
      const admin = yield* connect(server, { username: "default", password: "s3cret word", RESP: 2 })
      yield* Effect.promise(async () => {
        await redis.set("k", "v")
        const before = await redis.clientId()
        const again = new Promise((resolve) => redis.once("ready", resolve))
        assert.strictEqual(await admin.clientKill({ filter: "ID", id: before }), 1)
        await again
        assert.isAbove(await redis.clientId(), before)
        assert.strictEqual(await redis.clientGetName(), "phoenix")
        assert.strictEqual(await redis.get("k"), "v")
      })
    }))

  it.effect("serves Effect's Redis service", () =>
    Effect.gen(function*() {
      const server = yield* emptyServer
      yield* Effect.gen(function*() {
        const redis = yield* Redis.Redis
        const { use } = yield* NodeRedis.NodeRedis
        assert.strictEqual(yield* redis.send("SET", "k", "v", "PX", "100000"), "OK")
        assert.strictEqual(yield* redis.send("GET", "k"), "v")
        assert.strictEqual(yield* use((client) => client.incr("n")), 1)
        const error = yield* Effect.flip(redis.send("INCR", "k"))
        assert.strictEqual(error._tag, "RedisError")
        assert.include(String(error.cause), "ERR value is not an integer or out of range")
        yield* Effect.scoped(Effect.gen(function*() {
          const reserved = yield* redis.reserve
          yield* reserved.send("WATCH", "n")
          yield* redis.send("INCR", "n")
          yield* reserved.send("MULTI")
          assert.strictEqual(yield* reserved.send("INCR", "n"), "QUEUED")
          assert.isNull(yield* reserved.send("EXEC"))
        }))
        assert.strictEqual(yield* redis.send("GET", "n"), "2")
      }).pipe(Effect.provide(NodeRedis.layer({ socket: { host: "127.0.0.1", port: server.port } })))
    }))
})
