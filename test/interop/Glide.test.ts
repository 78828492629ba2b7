/** valkey-glide: a client in Rust below a thin binding, which reads replies of all types by a parser of its own. */
import { assert } from "@effect/vitest"
import {
  Batch,
  BitFieldIncrBy,
  BitFieldOverflow,
  BitFieldSet,
  BitmapIndexType,
  BitOffsetMultiplier,
  BitOverflowControl,
  BitwiseOperation,
  Decoder,
  GlideClient,
  InfoOptions,
  Logger,
  ObjectType,
  ProtocolVersion,
  TimeUnit,
  UnsignedEncoding
} from "@valkey/valkey-glide"
import type { GlideClientConfiguration } from "@valkey/valkey-glide"
import * as Effect from "effect/Effect"
import type { ServerProcess } from "../support/ServerProcess.ts"
import { client, describeOnBoth, emptyServer, everyByte, megabyte, messageOf } from "./Servers.ts"

Logger.init("off")

const addresses = (server: ServerProcess) => [{ host: "127.0.0.1", port: server.port }]

const connect = (server: ServerProcess, options: Partial<GlideClientConfiguration> = {}) =>
  client(
    // Generous, because the tests share the machine.
    () => GlideClient.createClient({ addresses: addresses(server), requestTimeout: 20_000, ...options }),
    (glide) => glide.close()
  )

describeOnBoth("valkey-glide", ({ it, start }) => {
  for (const [name, protocol] of [["RESP2", ProtocolVersion.RESP2], ["RESP3", ProtocolVersion.RESP3]] as const) {
    it.effect(`keeps sessions, counters and flags (${name})`, () =>
      Effect.gen(function*() {
        const glide = yield* connect(yield* emptyServer, { protocol, clientName: "shop" })
        yield* Effect.promise(async () => {
          assert.strictEqual(await glide.clientGetName(), "shop")
          assert.strictEqual(
            await glide.set("session:1", "ann", {
              conditionalSet: "onlyIfDoesNotExist",
              expiry: { type: TimeUnit.Seconds, count: 3600 }
            }),
            "OK"
          )
          assert.isNull(await glide.set("session:1", "bob", { conditionalSet: "onlyIfDoesNotExist" }))
          const old = await glide.set("session:1", "cid", { returnOldValue: true, expiry: "keepExisting" })
          assert.strictEqual(old, "ann")
          assert.isAbove(await glide.ttl("session:1"), 3000)
          assert.strictEqual(await glide.getex("session:1", { expiry: "persist" }), "cid")
          assert.strictEqual(await glide.ttl("session:1"), -1)
          assert.strictEqual(await glide.getdel("session:1"), "cid")
          assert.isNull(await glide.get("session:1"))

          assert.strictEqual(await glide.incrBy("visits", 42), 42)
          assert.strictEqual(await glide.incrByFloat("price", 10.5), 10.5)
          assert.isTrue(await glide.expireAt("visits", 4_102_444_800))
          assert.strictEqual(await glide.expiretime("visits"), 4_102_444_800)
          assert.isTrue(await glide.msetnx({ a: "1", b: "ohmytext", c: "mynewtext" }))
          assert.deepStrictEqual(await glide.mget(["a", "none", "b"]), ["1", null, "ohmytext"])
          assert.deepStrictEqual(await glide.lcsIdx("b", "c", { withMatchLen: true, minMatchLen: 4 }), {
            matches: [[[4, 7], [5, 8], 4]],
            len: 6
          })

          assert.strictEqual(await glide.setbit("monday", 7, 1), 0)
          assert.strictEqual(await glide.setbit("tuesday", 100, 1), 0)
          assert.strictEqual(await glide.bitop(BitwiseOperation.OR, "days", ["monday", "tuesday"]), 13)
          assert.strictEqual(await glide.bitcount("days", { start: 0, end: 99, indexType: BitmapIndexType.BIT }), 1)
          const second = [new UnsignedEncoding(4), new BitOffsetMultiplier(1)] as const
          assert.deepStrictEqual(
            await glide.bitfield("flags", [
              new BitFieldSet(...second, 9),
              new BitFieldOverflow(BitOverflowControl.FAIL),
              new BitFieldIncrBy(...second, 9)
            ]),
            [0, null]
          )

          assert.strictEqual(await glide.type("a"), "string")
          assert.strictEqual(await glide.objectEncoding("a"), "int")
          assert.isTrue(await glide.copy("a", "a:copy"))
          assert.isFalse(await glide.renamenx("a:copy", "b"))
          assert.strictEqual(await glide.unlink(["a", "a:copy", "none"]), 2)
          assert.strictEqual(
            await messageOf(glide.incr("b")),
            "An error was signalled by the server: - ResponseError: value is not an integer or out of range"
          )
        })
      }))

    it.effect(`carries any byte and a megabyte (${name})`, () =>
      Effect.gen(function*() {
        const glide = yield* connect(yield* emptyServer, { protocol, defaultDecoder: Decoder.Bytes })
        yield* Effect.promise(async () => {
          await glide.set(everyByte, everyByte)
          assert.deepStrictEqual(await glide.get(everyByte), everyByte)
          assert.deepStrictEqual(await glide.scan("0"), [Buffer.from("0"), [everyByte]] as never)
          await glide.set("blob", megabyte)
          const copies = await Promise.all(Array.from({ length: 8 }, () => glide.get("blob")))
          for (const copy of copies) assert.isTrue(megabyte.equals(copy as Buffer))
        })
      }))
  }

  it.effect("sends batches, atomic or not, and loses to a change of what it watches", () =>
    Effect.gen(function*() {
      const server = yield* emptyServer
      const glide = yield* connect(server)
      const rival = yield* connect(server)
      yield* Effect.promise(async () => {
        const pipeline = new Batch(false)
        for (let i = 0; i < 2000; i++) pipeline.set(`key:${i}`, String(i)).get(`key:${i}`)
        const replies = await glide.exec(pipeline, true)
        assert.deepStrictEqual(
          replies,
          Array.from({ length: 4000 }, (_, i) => i % 2 === 0 ? "OK" : String((i - 1) / 2))
        )
        const many = await Promise.all(Array.from({ length: 500 }, (_, i) => glide.get(`key:${i}`)))
        assert.deepStrictEqual(many, Array.from({ length: 500 }, (_, i) => String(i)))

        await glide.set("stock", "3")
        const sale = await glide.exec(new Batch(true).decr("stock").set("sold", "1").get("sold"), true)
        assert.deepStrictEqual(sale, [2, "OK", "1"])
        await glide.watch(["stock"])
        await rival.decr("stock")
        assert.isNull(await glide.exec(new Batch(true).set("stock", "100"), true))
        const failed = await glide.exec(new Batch(true).set("word", "abc").incr("word").get("word"), false)
        assert.strictEqual(failed?.[0], "OK")
        assert.include(String(failed?.[1]), "value is not an integer or out of range")
        assert.strictEqual(failed?.[2], "abc")
      })
    }))

  it.effect("walks keys with SCAN, works in several databases, asks about the server", () =>
    Effect.gen(function*() {
      const server = yield* emptyServer
      const glide = yield* connect(server)
      const third = yield* connect(server, { databaseId: 3 })
      yield* Effect.promise(async () => {
        await glide.mset(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`user:${i}`, String(i)])))
        await glide.set("order:1", "a")
        const users = new Set<string>()
        let cursor = "0"
        do {
          const [next, keys] = await glide.scan(cursor, { match: "user:*", count: 100, type: ObjectType.STRING })
          for (const key of keys) users.add(String(key))
          cursor = String(next)
        } while (cursor !== "0")
        assert.strictEqual(users.size, 1000)
        assert.strictEqual(await third.dbsize(), 0)
        assert.isTrue(await glide.move("order:1", 3))
        assert.strictEqual(await third.get("order:1"), "a")
        assert.strictEqual(await third.flushdb(), "OK")
        assert.match(await glide.info([InfoOptions.Keyspace]), /^# Keyspace\r\ndb0:keys=1000,expires=0/)
        assert.deepStrictEqual(await glide.configGet(["maxmemory", "timeout"]), { maxmemory: "0", timeout: "0" })
        assert.strictEqual(await glide.configSet({ timeout: "0" }), "OK")
        assert.strictEqual(await glide.echo("hello"), "hello")
        assert.isAbove(Number((await glide.time())[0]), 1_700_000_000)
        assert.include(await glide.lolwut({ version: 6 }), "Redis ver. 7.0.15")
      })
    }))

  it.effect("logs in, is refused, and comes back after its connection was cut", () =>
    Effect.gen(function*() {
      const server = yield* start({ args: ["--requirepass", "s3cret word"] })
      const credentials = { password: "s3cret word" }
      yield* Effect.promise(async () => {
        const error = await messageOf(
          GlideClient.createClient({ addresses: addresses(server), credentials: { password: "guess" } })
        )
        assert.include(error, "WRONGPASS")
      })
      const glide = yield* connect(server, { credentials, databaseId: 2, clientName: "phoenix" })
      const admin = yield* connect(server, { credentials: { username: "default", ...credentials } })
      yield* Effect.promise(async () => {
        await glide.set("k", "v")
        const before = await glide.clientId()
        assert.strictEqual(await admin.customCommand(["CLIENT", "KILL", "ID", String(before)]), 1)
        // What it sends before it has noticed may fail.
        while (await messageOf(glide.ping()) !== undefined);
        assert.isAbove(await glide.clientId(), before)
        assert.strictEqual(await glide.clientGetName(), "phoenix")
        assert.strictEqual(await glide.get("k"), "v")
      })
    }))
})
