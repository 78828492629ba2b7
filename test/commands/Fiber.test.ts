import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { Waiters } from "../../src/command/Waiters.ts"
import { Client } from "../../src/embed/Client.ts"
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
