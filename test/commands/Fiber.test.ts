import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { Waiters } from "../../src/command/Waiters.ts"
import { Client } from "../../src/embed/Client.ts"
import * as Fibers from "../../src/Fibers.ts"
import { FiberReport } from "../../src/inspect/FiberReport.ts"
import * as MemoryServer from "../support/MemoryServer.ts"

const server = Client.layer.pipe(Layer.provideMerge(MemoryServer.layer()))

/** A client that waits for an entry of a stream. */
const waiting = (key: string) =>
  Effect.gen(function*() {
    const client = yield* Client.make
    yield* client.command("CLIENT", "SETNAME", "worker")
    yield* Effect.forkScoped(client.command("XREAD", "BLOCK", 0, "STREAMS", key, "$"), { startImmediately: true })
    yield* MemoryServer.settle
    return client
  })

describe("FIBER", () => {
  it.effect("tells who waits for what, since when, and who wrote it meanwhile", () =>
    Effect.gen(function*() {
      const { command, id } = yield* Client
      const waiter = yield* waiting("queue\n")
      yield* TestClock.adjust("3 seconds")
      yield* command("SET", "queue\n", "not a stream")
      yield* TestClock.adjust("2 seconds")

      const list = String(yield* command("FIBER", "LIST", "WAITING"))
      assert.match(list, new RegExp(`^id=\\d+ type=connection part=clients state=waiting age=5 client=${waiter.id} `))
      assert.match(list, /name=worker cmd=xread waited=5 waits-for=XREAD on "queue\\n" in db 0\n$/)
      assert.match(String(yield* command("FIBER", "LIST", "TYPE", "active-expiry")), /state=idle/)
      assert.match(String(yield* command("FIBER", "LIST", "TYPE", "store")), /type=active-expiry part=store/)

      const fiber = Number(/^id=(\d+)/.exec(list)?.[1])
      const info = yield* command("FIBER", "INFO", fiber)
      assert.instanceOf(info, Map)
      if (info instanceof Map) {
        assert.strictEqual(info.get("waits-for"), "XREAD on \"queue\\n\" in db 0")
        assert.strictEqual(info.get("waited-ms"), 5000)
        assert.strictEqual(info.get("client-name"), "worker")
      }
      assert.deepStrictEqual(yield* command("FIBER", "WAITERS", "queue\n"), [
        `client ${waiter.id} (embedded:0) for 5.0s with XREAD, last written by client ${id} with SET 2.0s ago`
      ])
      const dump = String(yield* command("FIBER", "DUMP"))
      assert.match(dump, /├─ store \(\d+\)/)
      assert.match(
        dump,
        new RegExp(`connection ${waiter.id} worker, age 5.0s, waits for 5.0s: XREAD on "queue\\\\n" in db 0`)
      )
      assert.match(dump, /"queue\\n": last written by client \d+ with SET 2\.0s ago/)
      // For a signal as well, when there are no commands
      yield* TestClock.adjust("1 minute")
      assert.match((yield* FiberReport).tree(), /waits for 65\.0s: XREAD/)
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.effect("tells who began a fiber, and shows what it began below it", () =>
    Effect.gen(function*() {
      const { command } = yield* Client
      const mailer = Fibers.named({ name: "mailer", part: "app" })
      const letter = Fibers.named({ name: "letter", part: "post" })
      // The one in between has no name
      const forked = Effect.forkScoped(Effect.forkScoped(letter(Effect.never), { startImmediately: true }), {
        startImmediately: true
      })
      const writer = yield* Effect.forkScoped(mailer(Effect.andThen(forked, Effect.never)), { startImmediately: true })
      const dump = String(yield* command("FIBER", "DUMP"))
      assert.match(dump, /app \(2\)\n[│ ]+└─ #\d+ mailer, age 0.0s, idle\n[│ ]+└─ #\d+ letter of post, age 0.0s, idle/)
      const list = String(yield* command("FIBER", "LIST", "TYPE", "letter"))
      const [, id, parent] = /^id=(\d+) type=letter part=post parent=(\d+) state=idle/.exec(list) ?? []
      assert.strictEqual(Number(parent), writer.id)
      const parentOf = Effect.map(
        command("FIBER", "INFO", Number(id)),
        (info) => info instanceof Map ? [info.get("parent-id"), info.get("parent")] : info
      )
      assert.deepStrictEqual(yield* parentOf, [writer.id, "mailer"])
      yield* Fiber.interrupt(writer)
      assert.deepStrictEqual(yield* parentOf, [null, null])
      assert.match(String(yield* command("FIBER", "DUMP")), /post \(1\)\n[│ ]+└─ #\d+ letter, age/)
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.effect("a fiber has another name for a while, and the old one again", () =>
    Effect.gen(function*() {
      const { command } = yield* Client
      const types = Effect.map(
        command("FIBER", "LIST", "TYPE", "app"),
        (list) => String(list).match(/type=\w+|parent/g)
      )
      const seen = yield* types.pipe(
        Fibers.named({ name: "inner", part: "app" }),
        Effect.zip(types),
        Fibers.named({ name: "outer", part: "app" })
      )
      assert.deepStrictEqual(seen, [["type=inner"], ["type=outer"]])
      assert.isNull(yield* types)
    }).pipe(Effect.provide(server)))

  it.effect("tells the last commands of a client, equal ones in a row once", () =>
    Effect.gen(function*() {
      const { command } = yield* Client
      const client = yield* Client.make
      const last = Effect.gen(function*() {
        const list = String(yield* command("FIBER", "LIST", "TYPE", "connection"))
        const id = new RegExp(`id=(\\d+) .* client=${client.id} `).exec(list)?.[1]
        const info = yield* command("FIBER", "INFO", Number(id))
        return info instanceof Map ? [info.get("last-command"), info.get("last-commands")] : info
      })
      assert.deepStrictEqual(yield* last, ["", []])
      const lines = [["MULTI"], ["SET", "k", 1], ["INCR", "k"], ["EXEC"], ["GET", "k"], ["GET", "k"], ["CLIENT", "ID"]]
      yield* Effect.forEach(lines, (line) => client.reply(...line))
      assert.deepStrictEqual(yield* last, ["client|id", ["MULTI", "SET", "INCR", "EXEC", "GET", "CLIENT ID"]])
      for (const key of ["a", "b"]) {
        yield* client.command("EXISTS", key)
        yield* client.command("GET", key)
      }
      const eight = ["INCR", "EXEC", "GET", "CLIENT ID", "EXISTS", "GET", "EXISTS", "GET"]
      assert.deepStrictEqual(yield* last, ["get", ["SET", ...eight]])
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.effect("a client that has sent a transaction has sent EXEC last", () =>
    Effect.gen(function*() {
      const { command } = yield* Client
      const client = yield* Client.make
      yield* client.transaction([["PING"]])
      assert.match(String(yield* command("CLIENT", "LIST", "ID", client.id)), /cmd=exec /)
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.effect("interrupts a connection with what it waits for, and nothing that the server needs", () =>
    Effect.gen(function*() {
      const { command } = yield* Client
      const waiters = yield* Waiters
      yield* waiting("s")
      assert.strictEqual(waiters.count(), 1)
      const fiberOf = (list: unknown) => Number(/^id=(\d+)/.exec(String(list))?.[1])
      const fiber = fiberOf(yield* command("FIBER", "LIST", "WAITING"))
      assert.strictEqual(yield* command("FIBER", "INTERRUPT", fiber), "OK")
      yield* MemoryServer.settle
      assert.strictEqual(waiters.count(), 0)
      const needed = fiberOf(yield* command("FIBER", "LIST", "TYPE", "active-expiry"))
      const refusals = [["INTERRUPT", needed], ["INTERRUPT", 0], ["INFO", fiber], ["INFO", "x"], ["LIST", "TYPE"]]
      const texts = yield* Effect.forEach(refusals, (args) => Effect.flip(command("FIBER", ...args)))
      assert.deepStrictEqual(texts.map(({ message }) => message), [
        "ERR The server needs its fiber 'active expiry'",
        "ERR No such fiber",
        "ERR No such fiber",
        "ERR value is not an integer or out of range",
        "ERR syntax error"
      ])
    }).pipe(Effect.scoped, Effect.provide(server)))
})
