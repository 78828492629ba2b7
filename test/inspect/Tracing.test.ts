import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Tracer from "effect/Tracer"
import * as Net from "node:net"
import { Client } from "../../src/embed/Client.ts"
import { SpanRecorder } from "../../src/inspect/SpanRecorder.ts"
import { RedisServer } from "../../src/server/RedisServer.ts"
import * as MemoryServer from "../support/MemoryServer.ts"

const server = (options: Parameters<typeof MemoryServer.layer>[0]) =>
  Client.layer.pipe(
    Layer.provideMerge(MemoryServer.layer(options)),
    Layer.provideMerge(SpanRecorder.layer)
  )

const parentOf = (span: Tracer.Span): string | undefined => Option.getOrUndefined(span.parent)?.spanId

const named = (spans: ReadonlyArray<Tracer.Span>, name: string): Tracer.Span => {
  const found = spans.find((span) => span.name === name)
  assert.isDefined(found, name)
  return found
}

describe("Tracing", () => {
  it.effect("makes a span of each command, below its connection's", () =>
    Effect.gen(function*() {
      const recorder = yield* SpanRecorder
      yield* Effect.gen(function*() {
        const { command, transaction } = yield* Client.make
        yield* command("SET", "secret", "value")
        yield* Effect.flip(command("INCR", "secret"))
        yield* Effect.flip(command("NOSUCH"))
        yield* command("CONFIG", "GET", "trace")
        yield* transaction([["GET", "secret"]])
      }).pipe(Effect.scoped)
      yield* MemoryServer.settle
      const spans = recorder.recent()
      const connection = named(spans, "connection")
      const set = named(spans, "SET")
      assert.strictEqual(parentOf(set), connection.spanId)
      assert.deepStrictEqual(Object.fromEntries(set.attributes), {
        "db.system.name": "redis",
        "db.operation.name": "SET",
        "db.namespace": "0"
      })
      assert.strictEqual(named(spans, "INCR").attributes.get("error.type"), "ERR")
      assert.strictEqual(named(spans, "unknown").attributes.get("db.response.status_code"), "ERR")
      assert.strictEqual(named(spans, "CONFIG GET").status._tag, "Ended")
      const exec = named(spans, "EXEC")
      assert.strictEqual(exec.attributes.get("db.operation.batch.size"), 1)
      assert.strictEqual(parentOf(named(spans, "GET")), exec.spanId)
      assert.strictEqual(connection.status._tag, "Ended")
    }).pipe(Effect.provide(server({ trace: "yes" }))))

  it.effect("is switched at run time, and tells arguments only when it is asked to", () =>
    Effect.gen(function*() {
      const recorder = yield* SpanRecorder
      const { command } = yield* Client
      yield* command("SET", "a", "1")
      assert.deepStrictEqual(recorder.recent(), [])
      yield* command("CONFIG", "SET", "trace", "yes", "trace-values", "yes")
      yield* command("SET", "a", "2")
      yield* command("CONFIG", "SET", "trace", "no")
      yield* command("SET", "a", "3")
      yield* command("CONFIG", "SET", "trace", "yes")
      yield* command("SET", "a", "4")
      assert.deepStrictEqual(recorder.recent().map((span) => span.attributes.get("db.query.text")), [
        "SET a 2",
        "CONFIG SET trace no",
        "SET a 4"
      ])
    }).pipe(Effect.provide(server({}))))

  it.effect("follows a wait from its beginning to its end", () =>
    Effect.gen(function*() {
      const recorder = yield* SpanRecorder
      const { command } = yield* Client
      const own = yield* Client.make
      yield* Effect.forkScoped(own.command("XREAD", "BLOCK", 0, "STREAMS", "s", "$"), { startImmediately: true })
      yield* MemoryServer.settle
      yield* command("XADD", "s", "*", "f", "v")
      yield* MemoryServer.settle
      const wait = named(recorder.recent(), "wait")
      assert.deepStrictEqual(wait.attributes.get("keys"), ["\"s\""])
      assert.strictEqual(parentOf(wait), named(recorder.recent(), "XREAD").spanId)
    }).pipe(Effect.scoped, Effect.provide(server({ trace: "yes" }))))

  it.live("tells where a command came from over a network", () =>
    Effect.gen(function*() {
      const recorder = yield* SpanRecorder
      const [address] = (yield* RedisServer).addresses()
      assert.isDefined(address)
      const socket = Net.connect(address.port, "127.0.0.1")
      yield* Effect.promise(() => new Promise((answered) => socket.once("data", answered).write("PING\r\n")))
      const { attributes } = named(recorder.recent(), "PING")
      assert.strictEqual(attributes.get("network.transport"), "tcp")
      assert.strictEqual(attributes.get("network.peer.address"), "127.0.0.1")
      assert.strictEqual(attributes.get("network.peer.port"), socket.localPort)
      socket.destroy()
    }).pipe(Effect.provide(RedisServer.layerTcp().pipe(Layer.provideMerge(server({ trace: "yes" }))))))
})
