import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { ClientRegistry } from "../../src/command/ClientRegistry.ts"
import * as Command from "../../src/command/Command.ts"
import { Stats } from "../../src/command/Stats.ts"
import * as Reply from "../../src/resp/Reply.ts"
import { Connections } from "../../src/server/Connections.ts"
import * as MemoryTransport from "../../src/server/MemoryTransport.ts"
import { connect, layer, settle } from "../support/MemoryServer.ts"
import { encode } from "../support/RawClient.ts"

/** A client's bare end, for one that does not read. */
const open = Effect.map(Connections, ({ accept }) => {
  const [server, end] = MemoryTransport.makePair()
  let received = ""
  end.onBytes((bytes) => {
    received += Buffer.from(bytes).toString("latin1")
  })
  accept(server)
  return { end, received: () => received }
})

const connected = Effect.map(ClientRegistry, ({ clients }) => clients.byId.size)

describe("connections", () => {
  it.effect("are refused beyond maxclients, and accepted again when one has gone", () =>
    Effect.gen(function*() {
      const first = yield* connect
      yield* connect
      const third = yield* open
      yield* settle
      assert.strictEqual(third.received(), "-ERR max number of clients reached\r\n")
      assert.isTrue(third.end.closed())
      yield* first.close
      assert.strictEqual(yield* (yield* connect).show("PING"), "PONG")
      assert.strictEqual((yield* Stats).rejectedConnections, 1)
    }).pipe(Effect.provide(layer({ maxclients: 2 }))))

  it.effect("are refused from other machines in protected mode, as long as there is no password", () =>
    Effect.gen(function*() {
      const { accept } = yield* Connections
      const [server, end] = MemoryTransport.makePair()
      let received = ""
      end.onBytes((bytes) => {
        received += Buffer.from(bytes).toString()
      })
      accept({ ...server, isLocal: false })
      yield* settle
      assert.match(received, /^-DENIED Redis is running in protected mode .*\r\n$/)
      assert.isTrue(end.closed())
    }).pipe(Effect.provide(layer())))

  it.effect("end after `timeout` seconds without a command", () =>
    Effect.gen(function*() {
      const idle = yield* open
      const busy = yield* connect
      for (let second = 0; second < 10; second++) {
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* busy.show("PING"), "PONG")
        assert.isFalse(idle.end.closed(), `after ${second + 1} seconds`)
      }
      yield* TestClock.adjust("1 second")
      yield* settle
      assert.isTrue(idle.end.closed())
      assert.strictEqual(yield* busy.show("PING"), "PONG")
    }).pipe(Effect.provide(layer({ timeout: 10 }))))

  it.effect("may wait longer than `timeout` in a command", () =>
    Effect.gen(function*() {
      const client = yield* connect
      assert.strictEqual(yield* client.show("CLIENT", "PAUSE", 60_000, "WRITE"), "OK")
      yield* client.send("SET", "a", 1)
      yield* TestClock.adjust("59 seconds")
      assert.deepStrictEqual(yield* client.received, [])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* client.received, ["OK"])
    }).pipe(Effect.provide(layer({ timeout: 10 }))))

  it.effect("end with the layer", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const services = yield* Layer.buildWithScope(layer(), scope)
      const client = yield* Effect.provide(open, services)
      client.end.write(encode(["PING"]))
      yield* settle
      assert.strictEqual(client.received(), "+PONG\r\n")
      yield* Scope.close(scope, Exit.void)
      yield* settle
      assert.isTrue(client.end.closed())
    }))

  it.effect("leave an idle server alone: a day passes in few steps", () =>
    Effect.gen(function*() {
      const client = yield* connect
      yield* TestClock.adjust("1 day")
      assert.include(yield* client.show("CLIENT", "INFO"), "age=86400 idle=0 ")
    }).pipe(Effect.provide(layer())))
})

describe("a client that does not read", () => {
  const big = "x".repeat(1_000_000)

  it.effect("is closed when it leaves more than the hard limit", () =>
    Effect.gen(function*() {
      const writer = yield* connect
      yield* writer.show("SET", "big", big)
      const { end } = yield* open
      end.pause()
      for (let n = 0; n < 5; n++) end.write(encode(["GET", "big"]))
      yield* settle
      assert.isTrue(end.closed())
      assert.strictEqual((yield* Stats).outputBufferLimitDisconnections, 1)
    }).pipe(Effect.provide(layer({ "client-output-buffer-limit": "normal 3mb 0 0" }))))

  it.effect("is closed when it stays above the soft limit for too long", () =>
    Effect.gen(function*() {
      const writer = yield* connect
      yield* writer.show("SET", "big", big)
      const { end } = yield* open
      end.pause()
      for (let n = 0; n < 5; n++) end.write(encode(["GET", "big"]))
      yield* settle
      yield* TestClock.adjust("9 seconds")
      assert.isFalse(end.closed())
      end.resume()
      yield* settle
      end.pause()
      for (let n = 0; n < 5; n++) end.write(encode(["GET", "big"]))
      yield* settle
      yield* TestClock.adjust("9 seconds")
      yield* settle
      assert.isFalse(end.closed(), "reading begins the time anew")
      yield* TestClock.adjust("5 seconds")
      yield* settle
      assert.isTrue(end.closed())
    }).pipe(Effect.provide(layer({ "client-output-buffer-limit": "normal 0 3mb 10" }))))

  it.effect("and MONITORs is closed too, and holds nobody up", () =>
    Effect.gen(function*() {
      const monitor = yield* open
      monitor.end.write(encode(["MONITOR"]))
      yield* settle
      monitor.end.pause()
      const client = yield* connect
      for (let n = 0; n < 5; n++) assert.strictEqual(yield* client.show("SET", "a", big), "OK")
      assert.isTrue(monitor.end.closed())
      assert.strictEqual(yield* connected, 1)
    }).pipe(Effect.provide(layer({ "client-output-buffer-limit": "normal 3mb 0 0" }))))

  it.effect("is not served further until it reads, when nothing limits it", () =>
    Effect.gen(function*() {
      const writer = yield* connect
      yield* writer.show("SET", "big", big)
      const { end, received } = yield* open
      end.pause()
      end.write(Buffer.concat(Array.from({ length: 200 }, () => encode(["GET", "big"]))))
      yield* settle
      const { clients } = yield* ClientRegistry
      const unread = [...clients.byId.values()].map(({ link }) => link?.outputBytes() ?? 0)
      assert.isBelow(Math.max(...unread), 70_000_000)
      assert.strictEqual(yield* writer.show("PING"), "PONG")
      end.resume()
      while (received().length < 200 * 1_000_012) yield* settle
      assert.strictEqual(received().length, 200 * 1_000_012)
    }).pipe(Effect.provide(layer())))

  it.effect("is evicted as the largest at maxmemory-clients, unless it is exempt", () =>
    Effect.gen(function*() {
      const writer = yield* connect
      yield* writer.show("SET", "big", big)
      const [exempt, greedy] = [yield* open, yield* open]
      exempt.end.write(encode(["CLIENT", "NO-EVICT", "ON"]))
      yield* settle
      for (const { end } of [exempt, greedy]) {
        end.pause()
        for (let n = 0; n < 2; n++) end.write(encode(["GET", "big"]))
      }
      yield* settle
      yield* TestClock.adjust("1 second")
      yield* settle
      assert.isTrue(greedy.end.closed())
      assert.isFalse(exempt.end.closed())
      assert.strictEqual((yield* Stats).evictedClients, 1)
    }).pipe(Effect.provide(layer({ "maxmemory-clients": "3mb" }))))
})

describe("a bug in a command", () => {
  const spec = { summary: "", since: "", group: "server", complexity: "", arity: -1, flags: [] } as const
  const group = Command.group(Command.make("BUG", spec), Command.make("LATEBUG", spec), Command.make("HALFBUG", spec))
  const buggy = group.toLayer(Effect.succeed(group.of({
    BUG: Command.program(() => {
      throw new Error("a bug, for the test")
    }),
    LATEBUG: () => Effect.die(new Error("a late bug, for the test")),
    HALFBUG: Command.program(() =>
      Reply.encoded((out) => {
        out.arrayHeader(2)
        throw new Error("a bug half through, for the test")
      })
    )
  })))
  const server = Layer.provideMerge(buggy, layer({ loglevel: "warning" }))

  it.effect("answers its client with an error, and the server lives", () =>
    Effect.gen(function*() {
      const client = yield* connect
      assert.strictEqual(yield* client.show("BUG"), "(error) ERR internal error")
      assert.strictEqual(yield* client.show("LATEBUG"), "(error) ERR internal error")
      assert.strictEqual(yield* client.show("PING"), "PONG")
    }).pipe(Effect.provide(server)))

  it.effect("that has written half a reply ends the connection: nothing behind it could be told from it", () =>
    Effect.gen(function*() {
      const { end } = yield* open
      end.write(Buffer.concat([encode(["HALFBUG"]), encode(["SET", "a", 1])]))
      yield* settle
      assert.isTrue(end.closed())
      assert.strictEqual(yield* (yield* connect).show("EXISTS", "a"), "(integer) 0")
    }).pipe(Effect.provide(server)))
})
