import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Environment from "../../src/config/Environment.ts"
import * as ServerProcess from "../support/ServerProcess.ts"
import { get, start } from "./Start.ts"

const inFolder = <A, E>(body: (directory: string) => Effect.Effect<A, E>) =>
  Effect.scoped(Effect.flatMap(ServerProcess.temporaryDirectory, body))

describe("the environment", () => {
  it("names directives in capitals with underscores", () => {
    assert.strictEqual(Environment.variableOf("maxmemory-policy"), "GO_REDIS_MAXMEMORY_POLICY")
    assert.strictEqual(Environment.variableOf("server_cpulist"), "GO_REDIS_SERVER_CPULIST")
  })

  it.live("counts less than the file, and the file less than the arguments", () =>
    inFolder((directory) =>
      Effect.gen(function*() {
        writeFileSync(join(directory, "redis.conf"), "hz 20\ntimeout 20\n")
        const environment = { GO_REDIS_HZ: "30", GO_REDIS_TIMEOUT: "30", GO_REDIS_MAXCLIENTS: "30" }
        const config = yield* start(["redis.conf", "--timeout", "10"], { directory, environment })
        assert.deepStrictEqual(get(config, "hz", "timeout", "maxclients"), {
          hz: "20",
          timeout: "10",
          maxclients: "30"
        })
      })
    ))

  it.live("gives several words in one value, and is replaced, not added to, by the file", () =>
    inFolder((directory) =>
      Effect.gen(function*() {
        const environment = {
          GO_REDIS_SAVE: "60 1 30 5",
          GO_REDIS_BIND: "127.0.0.1 -::1",
          GO_REDIS_SLAVEOF: "localhost 7"
        }
        const config = yield* start([], { directory, environment })
        assert.deepStrictEqual(config.values.bind, ["127.0.0.1", "-::1"])
        assert.deepStrictEqual(config.values.replicaof, { host: "localhost", port: 7 })
        assert.deepStrictEqual(get(config, "save"), { save: "60 1 30 5" })
        assert.deepStrictEqual(get(yield* start(["--save", "7 7"], { directory, environment }), "save"), {
          save: "7 7"
        })
        const none = yield* start([], { directory, environment: { GO_REDIS_SAVE: "" } })
        assert.deepStrictEqual(none.values.save, [])
      })
    ))

  it.live("stops the start with the variable's name", () =>
    inFolder((directory) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(start([], { directory, environment: { GO_REDIS_MAXMEMORY_POLICY: "best" } }))
        assert.include(
          error.message,
          "\nGO_REDIS_MAXMEMORY_POLICY: argument(s) must be one of the following: volatile-lru"
        )
      })
    ))

  it.live("may hold variables of the same prefix that are no directives", () =>
    inFolder((directory) =>
      Effect.gen(function*() {
        const environment = {
          GO_REDIS_SERVICE_HOST: "10.0.0.1",
          GO_REDIS_PORT: "tcp://10.0.0.1:6379",
          GO_REDIS_HOME: "/"
        }
        const config = yield* start([], { directory, environment })
        assert.strictEqual(config.values.port, 6379)
      })
    ))
})
