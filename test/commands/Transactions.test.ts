import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Scheduler from "effect/Scheduler"
import * as TestClock from "effect/testing/TestClock"
import { Store } from "../../src/store/Store.ts"
import { connect, layer } from "../support/MemoryServer.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import * as RawClient from "../support/RawClient.ts"
import { startOurs, startRedis } from "../support/ServerProcess.ts"

describe("MULTI", () => {
  it.effect("queues commands and runs them at EXEC, in order", () =>
    Effect.gen(function*() {
      const client = yield* connect
      assert.strictEqual(yield* client.show("MULTI"), "OK")
      assert.strictEqual(yield* client.show("SET", "a", 1), "QUEUED")
      assert.strictEqual(yield* client.show("INCR", "a"), "QUEUED")
      assert.strictEqual(yield* client.show("GET", "a"), "QUEUED")
      const other = yield* connect
      assert.strictEqual(yield* other.show("EXISTS", "a"), "(integer) 0")
      assert.strictEqual(yield* client.show("EXEC"), "1) OK\n2) (integer) 2\n3) \"2\"")
    }).pipe(Effect.provide(layer())))

  it.effect("goes on after a command that fails inside EXEC", () =>
    Effect.gen(function*() {
      const client = yield* connect
      for (const command of ["MULTI", "SET a x", "INCR a", "APPEND a y"]) yield* client.send(...command.split(" "))
      yield* client.received
      assert.strictEqual(
        yield* client.show("EXEC"),
        "1) OK\n2) (error) ERR value is not an integer or out of range\n3) (integer) 2"
      )
    }).pipe(Effect.provide(layer())))

  it.effect("is propagated as one block", () =>
    Effect.gen(function*() {
      const { state } = yield* Store
      const blocks: Array<Array<string>> = []
      state.propagation.subscribe((effects) => {
        blocks.push(effects.map(({ args }) => args.map((arg) => Buffer.from(arg).toString()).join(" ")))
      })
      const client = yield* connect
      for (const command of ["SET z 0", "MULTI", "SET a 1", "GET a", "INCR a", "EXEC", "SET b 1"]) {
        yield* client.send(...command.split(" "))
      }
      yield* client.received
      assert.deepStrictEqual(blocks, [["SET z 0"], ["SET a 1", "INCR a"], ["SET b 1"]])
    }).pipe(Effect.provide(layer())))

  it.effect("cannot be torn apart by a scheduler that yields at every chance", () =>
    Effect.gen(function*() {
      const [first, second] = [yield* connect, yield* connect]
      const increments = Array.from({ length: 50 }, () => ["INCR", "n"] as const)
      for (const client of [first, second]) {
        for (const command of [["MULTI"], ...increments, ["EXEC"]]) yield* client.send(...command)
      }
      const [a, b] = [(yield* first.received).at(-1), (yield* second.received).at(-1)]
      const numbers = (reply: string | undefined) =>
        [...(reply ?? "").matchAll(/integer\) (\d+)/g)].map((m) => Number(m[1]))
      assert.deepStrictEqual(numbers(a), Array.from({ length: 50 }, (_, i) => i + 1))
      assert.deepStrictEqual(numbers(b), Array.from({ length: 50 }, (_, i) => i + 51))
    }).pipe(Effect.provide(layer()), Effect.provideService(Scheduler.MaxOpsBeforeYield, 4)))
})

describe("WATCH", () => {
  it.effect("makes EXEC fail after a write, an expiry, FLUSHALL and SWAPDB", () =>
    Effect.gen(function*() {
      const [client, other] = [yield* connect, yield* connect]
      const changes: ReadonlyArray<readonly [string, Effect.Effect<unknown>]> = [
        ["SET", other.show("SET", "k", 2)],
        ["DEL", other.show("DEL", "k")],
        ["FLUSHALL", other.show("FLUSHALL")],
        ["SWAPDB", other.show("SWAPDB", 0, 1)],
        ["expiry", TestClock.adjust("20 seconds")]
      ]
      for (const [name, change] of changes) {
        yield* other.show("SET", "k", 1, "EX", 10)
        yield* client.show("WATCH", "k")
        yield* client.show("MULTI")
        yield* client.show("SET", "k", 3)
        yield* change
        assert.strictEqual(yield* client.show("EXEC"), "(nil)", name)
      }
    }).pipe(Effect.provide(layer())))

  it.effect("is forgotten by UNWATCH, DISCARD and EXEC", () =>
    Effect.gen(function*() {
      const [client, other] = [yield* connect, yield* connect]
      for (const forget of [["UNWATCH"], ["MULTI", "DISCARD"], ["MULTI", "EXEC"]]) {
        yield* client.show("WATCH", "k")
        for (const command of forget) yield* client.show(command)
        yield* other.show("SET", "k", 1)
        yield* client.show("MULTI")
        yield* client.show("PTTL", "k")
        assert.strictEqual(yield* client.show("EXEC"), "1) (integer) -1", forget.join())
      }
    }).pipe(Effect.provide(layer())))

  it.effect("does not lose a cent among 64 clients who move money", () =>
    Effect.gen(function*() {
      const bank = yield* connect
      const accounts = 8
      for (let i = 0; i < accounts; i++) yield* bank.show("SET", `account:${i}`, 100)
      const move = (seed: number) =>
        Effect.gen(function*() {
          const client = yield* connect
          for (let round = 0; round < 5; round++) {
            const from = `account:${(seed + round) % accounts}`
            const to = `account:${(seed * 3 + round + 1) % accounts}`
            if (from === to) continue
            yield* client.show("WATCH", from, to)
            const amount = 1 + seed % 5
            const has = Number((yield* client.show("GET", from)).replaceAll("\"", ""))
            const gets = Number((yield* client.show("GET", to)).replaceAll("\"", ""))
            yield* client.show("MULTI")
            yield* client.show("SET", from, has - amount)
            yield* client.show("SET", to, gets + amount)
            yield* client.show("EXEC")
          }
          yield* client.close
        })
      yield* Effect.forEach(Array.from({ length: 64 }, (_, i) => i), move, { concurrency: "unbounded", discard: true })
      let total = 0
      for (let i = 0; i < accounts; i++) {
        total += Number((yield* bank.show("GET", `account:${i}`)).replaceAll("\"", ""))
      }
      assert.strictEqual(total, accounts * 100)
    }).pipe(Effect.provide(layer())))
})

describeWithRedis("transactions", () => {
  it.live("answer misuse as redis-server does", () =>
    Effect.gen(function*() {
      const redis = yield* RawClient.connect((yield* startRedis()).port)
      const ours = yield* RawClient.connect((yield* startOurs()).port)
      const script = [
        "EXEC",
        "DISCARD",
        "MULTI",
        "MULTI",
        "WATCH a",
        "NOSUCH x",
        "SET a",
        "SET a 1",
        "EXEC",
        "GET a",
        "MULTI",
        "SET a 1",
        "DISCARD",
        "GET a",
        "MULTI",
        "EXEC",
        "UNWATCH",
        "WATCH",
        "MULTI x",
        "MULTI",
        "UNWATCH",
        "SET b 1",
        "EXEC",
        "GET b"
      ]
      for (const line of script) {
        const args = line.split(" ")
        const [mine, theirs] = [yield* ours.command(...args), yield* redis.command(...args)]
        assert.strictEqual(RawClient.render(mine.value), RawClient.render(theirs.value), line)
      }
    }))
})
