import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describeWithRedis } from "../support/Oracle.ts"
import { type Arg, connect, render } from "../support/RawClient.ts"
import { freePort, type ServerProcess, startOurs, startRedis } from "../support/ServerProcess.ts"
import { values } from "./DataSets.ts"

const client = Effect.fnUntraced(function*(server: ServerProcess) {
  const raw = yield* connect({ port: server.port })
  return {
    show: (...args: ReadonlyArray<Arg>) => Effect.map(raw.command(...args), ({ value }) => render(value)),
    fill: Effect.forEach(Object.values(values).flat(), (command) => raw.command(...command), { discard: true })
  }
})

const debug = ["--enable-debug-command", "yes"]

describeWithRedis("MIGRATE", () => {
  it.live("hands every value over to redis-server, and takes it back", () =>
    Effect.gen(function*() {
      const [ours, redis] = [yield* startOurs({ args: debug }), yield* startRedis({ args: debug })]
      const [a, b] = [yield* client(ours), yield* client(redis)]
      yield* a.fill
      yield* a.show("SET", "volatile", 1, "PX", 100_000)
      const before = yield* a.show("DEBUG", "DIGEST")
      const keys = [...Object.keys(values), "volatile", "missing"]
      assert.strictEqual(
        yield* a.show("MIGRATE", "127.0.0.1", redis.port, "", 0, 10_000, "KEYS", ...keys),
        "OK"
      )
      assert.strictEqual(yield* a.show("DBSIZE"), "(integer) 0")
      assert.strictEqual(yield* b.show("DEBUG", "DIGEST"), before)
      assert.match(yield* b.show("PTTL", "volatile"), /\d{5}/)
      assert.strictEqual(yield* b.show("MIGRATE", "127.0.0.1", ours.port, "", 0, 10_000, "KEYS", ...keys), "OK")
      assert.strictEqual(yield* a.show("DEBUG", "DIGEST"), before)
    }).pipe(Effect.scoped))

  it.live("answers as redis-server does: COPY, REPLACE, passwords, databases, and what goes wrong", () =>
    Effect.gen(function*() {
      const target = yield* startRedis({ args: ["--requirepass", "secret"] })
      const dead = yield* freePort
      const other = yield* client(target)
      yield* other.show("AUTH", "secret")
      const run = Effect.fnUntraced(function*(server: ServerProcess) {
        const source = yield* client(server)
        yield* other.show("FLUSHALL")
        const answers: Array<string> = []
        for (
          const line of [
            "SET k v",
            "SET k2 v2",
            "MIGRATE 127.0.0.1 PORT k 0 1000",
            "MIGRATE 127.0.0.1 PORT k 0 1000 AUTH wrong",
            "MIGRATE 127.0.0.1 PORT k 0 1000 COPY AUTH secret",
            "EXISTS k",
            "MIGRATE 127.0.0.1 PORT k 0 1000 AUTH2 default secret",
            "MIGRATE 127.0.0.1 PORT k 0 1000 REPLACE AUTH2 default secret",
            "EXISTS k",
            "MIGRATE 127.0.0.1 PORT k 0 1000",
            "MIGRATE 127.0.0.1 PORT k2 99 1000 AUTH secret",
            "MIGRATE 127.0.0.1 DEAD k2 0 1000",
            "MIGRATE 127.0.0.1 PORT k2 x 1000",
            "MIGRATE 127.0.0.1 PORT k2 0 x",
            "MIGRATE 127.0.0.1 PORT k2 0 1000 NONSENSE",
            "MIGRATE 127.0.0.1 PORT k2 0 1000 AUTH",
            "MIGRATE 127.0.0.1 PORT k2 0 1000 KEYS k2",
            "EXISTS k2",
            "MIGRATE 127.0.0.1 PORT k2 3 0 AUTH secret",
            "EXISTS k2",
            "COMMAND GETKEYS MIGRATE h 1 k 0 1",
            "SET after works"
          ]
        ) {
          const words = line.split(" ").map((word) => word === "PORT" ? target.port : word === "DEAD" ? dead : word)
          answers.push(`${line}: ${yield* source.show(...words)}`)
        }
        return answers
      })
      const expected = yield* run(yield* startRedis())
      assert.deepStrictEqual(yield* run(yield* startOurs()), expected)
    }).pipe(Effect.scoped))
})
