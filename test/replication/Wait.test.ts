import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { ClientRegistry } from "../../src/command/ClientRegistry.ts"
import { Replicas } from "../../src/replication/Replicas.ts"
import * as MemoryServer from "../support/MemoryServer.ts"

/** A connection that has become a replica's, and follows the stream. */
const attach = Effect.gen(function*() {
  const client = yield* MemoryServer.connect
  const replicas = yield* Replicas
  const { clients } = yield* ClientRegistry
  const id = Number((yield* client.show("CLIENT", "ID")).replace("(integer) ", ""))
  const session = clients.byId.get(id)
  assert(session !== undefined)
  const replica = replicas.of(session)
  replicas.attach(replica)
  replicas.putOnline(replica)
  return { client, replica }
})

const test = (name: string, body: Effect.Effect<void, unknown, ServicesOf>) =>
  it.effect(name, () => body.pipe(Effect.provide(MemoryServer.layer()), Effect.orDie))

type ServicesOf = Effect.Services<typeof attach>

describe("WAIT", () => {
  test(
    "counts no replicas where there are none, and waits for its timeout",
    Effect.gen(function*() {
      const client = yield* MemoryServer.connect
      assert.strictEqual(yield* client.show("WAIT", 0, 0), "(integer) 0")
      yield* client.send("WAIT", 1, 1000)
      yield* TestClock.adjust("999 millis")
      assert.deepStrictEqual(yield* client.received, [])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* client.received, ["(integer) 0"])
      assert.strictEqual(yield* client.show("WAIT", "x", 0), "(error) ERR value is not an integer or out of range")
      assert.strictEqual(yield* client.show("WAIT", 0, "x"), "(error) ERR timeout is not an integer or out of range")
      assert.strictEqual(yield* client.show("WAIT", 0, -1), "(error) ERR timeout is negative")
    })
  )

  test(
    "ends when as many replicas have acknowledged the client's last write",
    Effect.gen(function*() {
      const client = yield* MemoryServer.connect
      const replicas = yield* Replicas
      const { client: first, replica } = yield* attach
      const { replica: second } = yield* attach
      yield* client.show("SET", "key", "value")
      const written = replicas.feed.replicas.size
      assert.strictEqual(written, 2)
      yield* client.send("WAIT", 2, 0)
      // It is asked for, and asking is part of the stream
      assert.include((yield* first.received).join("\n"), "GETACK")
      const offset = 23 + 33
      replicas.acknowledge(replica, offset)
      assert.deepStrictEqual(yield* client.received, [])
      replicas.acknowledge(second, offset - 1)
      assert.deepStrictEqual(yield* client.received, [])
      replicas.acknowledge(second, offset)
      assert.deepStrictEqual(yield* client.received, ["(integer) 2"])
      // Nothing was written since: no reason to wait
      assert.strictEqual(yield* client.show("WAIT", 2, 0), "(integer) 2")
    })
  )

  test(
    "does not count a replica that has gone, and tells how many there are when the time is over",
    Effect.gen(function*() {
      const client = yield* MemoryServer.connect
      const replicas = yield* Replicas
      const { client: first, replica } = yield* attach
      const { replica: second } = yield* attach
      yield* client.show("SET", "key", "value")
      yield* client.send("WAIT", 2, 500)
      replicas.acknowledge(replica, 56)
      yield* first.close
      replicas.acknowledge(second, 56)
      yield* TestClock.adjust("500 millis")
      assert.deepStrictEqual(yield* client.received, ["(integer) 1"])
    })
  )

  test(
    "is ended by CLIENT UNBLOCK, and by the client's going",
    Effect.gen(function*() {
      const [client, other] = [yield* MemoryServer.connect, yield* MemoryServer.connect]
      yield* client.send("WAIT", 1, 0)
      const id = Number((yield* client.show("CLIENT", "ID")) || 1)
      assert.strictEqual(yield* other.show("CLIENT", "UNBLOCK", id), "(integer) 1")
      assert.deepStrictEqual((yield* client.received)[0], "(integer) 0")
      yield* client.send("WAIT", 1, 0)
      assert.strictEqual(yield* other.show("CLIENT", "UNBLOCK", id, "ERROR"), "(integer) 1")
      assert.deepStrictEqual(yield* client.received, ["(error) UNBLOCKED client unblocked via CLIENT UNBLOCK"])
      yield* client.send("WAIT", 1, 0)
      yield* client.close
      const { clients } = yield* ClientRegistry
      assert.strictEqual(clients.byId.size, 1)
    })
  )

  test(
    "does not wait in a transaction",
    Effect.gen(function*() {
      const client = yield* MemoryServer.connect
      yield* client.show("MULTI")
      yield* client.show("WAIT", 1, 0)
      assert.strictEqual(yield* client.show("EXEC"), "1) (integer) 0")
    })
  )
})
