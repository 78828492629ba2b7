import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { Client } from "../../src/embed/Client.ts"
import * as Embedded from "../../src/embed/Embedded.ts"
import * as Subscriptions from "../../src/embed/Subscriptions.ts"
import { PubSub } from "../../src/pubsub/PubSub.ts"
import { Store } from "../../src/store/Store.ts"

const layer = Embedded.layer()

const collect = <A, E, R>(stream: Stream.Stream<A, E, R>, count: number) =>
  Effect.forkChild(Stream.runCollect(Stream.take(stream, count)), { startImmediately: true })

const text = (bytes: Uint8Array | undefined) => bytes === undefined ? undefined : Buffer.from(bytes).toString()

describe("Subscriptions", () => {
  it.effect("stream the messages of channels and patterns", () =>
    Effect.gen(function*() {
      const client = yield* Client
      const one = yield* collect(Subscriptions.channels(["news", "späť"]), 2)
      const other = yield* collect(Subscriptions.patterns(["n*"]), 1)
      assert.strictEqual(yield* client.command("PUBLISH", "news", "1"), 2)
      assert.strictEqual(yield* Subscriptions.publish("späť", "2"), 1)
      const got = (messages: ReadonlyArray<Subscriptions.ChannelMessage>) =>
        messages.map(({ channel, message, pattern }) => [channel, text(message), pattern])
      assert.deepStrictEqual(got(yield* Fiber.join(one)), [["news", "1", undefined], ["späť", "2", undefined]])
      assert.deepStrictEqual(got(yield* Fiber.join(other)), [["news", "1", "n*"]])
      const hub = yield* PubSub
      assert.deepStrictEqual([hub.channels.size, hub.patterns.size], [0, 0])
    }).pipe(Effect.provide(layer)))

  it.effect("keep a message whose bytes are used again", () =>
    Effect.gen(function*() {
      const fiber = yield* collect(Subscriptions.channels(["news"]), 1)
      const bytes = Buffer.from("old")
      assert.strictEqual((yield* PubSub).publish(Buffer.from("news"), bytes), 1)
      bytes.write("new")
      assert.strictEqual(text((yield* Fiber.join(fiber))[0]?.message), "old")
    }).pipe(Effect.provide(layer)))

  it.effect("stream the messages of shard channels", () =>
    Effect.gen(function*() {
      const client = yield* Client
      const fiber = yield* collect(Subscriptions.shardChannels(["s"]), 1)
      yield* client.command("SPUBLISH", "s", "1")
      assert.strictEqual((yield* Fiber.join(fiber))[0]?.channel, "s")
    }).pipe(Effect.provide(layer)))

  it.effect("stream key events without notify-keyspace-events", () =>
    Effect.gen(function*() {
      const client = yield* Client
      const fiber = yield* collect(Subscriptions.keyEvents({ classes: "g$" }), 3)
      yield* client.command("SADD", "set", "member")
      yield* client.command("SET", "k", "v", "EX", 100)
      yield* client.command("DEL", "k")
      const events = (yield* Fiber.join(fiber)).map(({ db, event, key }) => [db, text(key), event])
      assert.deepStrictEqual(events, [[0, "k", "set"], [0, "k", "expire"], [0, "k", "del"]])
    }).pipe(Effect.provide(layer)))

  it.effect("stream what a cache must forget", () =>
    Effect.gen(function*() {
      const client = yield* Client
      const { interest } = (yield* Store).state
      const fiber = yield* collect(Subscriptions.invalidations(), 2)
      yield* client.command("SET", "k", "v")
      yield* client.command("FLUSHALL")
      const told = (yield* Fiber.join(fiber)).map(({ db, key }) => [db, text(key)])
      assert.deepStrictEqual(told, [[0, "k"], [-1, undefined]])
      assert.strictEqual((yield* Store).state.interest, interest)
    }).pipe(Effect.provide(layer)))

  it.effect("fail when they are not read, and hold nobody up", () =>
    Effect.gen(function*() {
      const client = yield* Client
      const fiber = yield* Effect.forkChild(
        Stream.runForEach(Subscriptions.channels(["c"], { capacity: 3 }), () => Effect.never),
        { startImmediately: true }
      )
      const slow = yield* Effect.forkChild(
        Effect.flip(Stream.runForEach(Subscriptions.channels(["c"], { capacity: 3 }), () => Effect.yieldNow)),
        { startImmediately: true }
      )
      const hub = yield* PubSub
      assert.strictEqual(hub.channels.count("c"), 2)
      for (let i = 0; i < 20; i++) hub.publish(Buffer.from("c"), Buffer.from(String(i)))
      assert.strictEqual((yield* Fiber.join(slow))._tag, "SubscriberTooSlow")
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(yield* client.command("PUBLISH", "c", "x"), 0)
    }).pipe(Effect.provide(layer)))
})
