import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Config } from "../../src/config/Config.ts"
import { start } from "./Start.ts"

const bytes = (text: string) => Buffer.from(text, "latin1")
const pairs = (reply: ReadonlyArray<readonly [string, string]>) => Object.fromEntries(reply)

describe("values", () => {
  it.effect("are typed, and the defaults are Redis's", () =>
    Effect.gen(function*() {
      const config = yield* Config
      assert.strictEqual(config.values.port, 6379)
      assert.strictEqual(config.values["maxmemory-policy"], "noeviction")
      assert.strictEqual(config.values["client-output-buffer-limit"].pubsub.hard, 33554432)
      assert.deepStrictEqual(config.values.save[0], { seconds: 3600, changes: 1 })
    }).pipe(Effect.provide(Config.layer())))

  it.effect("can be given by an embedding app, as text or typed", () =>
    Effect.gen(function*() {
      const config = yield* Config
      assert.strictEqual(config.values.port, 0)
      assert.strictEqual(config.values.maxmemory, 100 * 1024 ** 2)
      assert.isTrue(config.values.appendonly)
      assert.deepStrictEqual(config.values.save, [])
      assert.deepStrictEqual(config.values.bind, ["127.0.0.1"])
    }).pipe(
      Effect.provide(Config.layer({ port: 0, maxmemory: "100mb", appendonly: true, save: "", bind: ["127.0.0.1"] }))
    ))

  it.effect("that are none fail the layer", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.provide(Config, Config.layer({ port: 70000 })))
      assert.include(error.message, "argument must be between 0 and 65535 inclusive")
    }))
})

describe("a start", () => {
  it.effect("into the background is refused in clear words", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(start(["--daemonize", "yes"], { directory: "/" }))
      assert.include(error.message, ">>> 'daemonize \"yes\"'\nThis server stays in the foreground")
    }))

  it.effect("with modules is refused in clear words", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(start(["--loadmodule", "/x.so"], { directory: "/" }))
      assert.include(error.message, "cannot be loaded here")
    }))

  it.effect("keeps the lines about users and commands for those who know them", () =>
    Effect.gen(function*() {
      const config = yield* start(["--user", "a", "on", ">x", "--rename-command", "DEBUG", ""], { directory: "/" })
      assert.deepStrictEqual(config.statements("user").map(({ words }) => words), [["a", "on", ">x"]])
      assert.deepStrictEqual(config.statements("rename-command"), [{
        line: { number: 3, text: "rename-command \"DEBUG\" \"\"" },
        name: "rename-command",
        words: ["DEBUG", ""]
      }])
    }))
})

describe("CONFIG SET", () => {
  it.effect("changes all or nothing", () =>
    Effect.gen(function*() {
      const config = yield* Config
      const refusal = yield* Effect.flip(config.set([["timeout", "9"], ["maxmemory", "x"]]))
      assert.strictEqual(
        refusal.text,
        "ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value"
      )
      assert.strictEqual(config.values.timeout, 0)
      yield* config.set([["TimeOut", "9"], ["maxmemory", "1kb"]])
      assert.strictEqual(config.values.timeout, 9)
      assert.deepStrictEqual(pairs(config.get([bytes("TIMEOUT"), bytes("maxmem??y")])), {
        TIMEOUT: "9",
        maxmemory: "1024"
      })
    }).pipe(Effect.provide(Config.layer())))

  it.effect("tells those who follow, and is undone by those who refuse", () =>
    Effect.gen(function*() {
      const config = yield* Config
      const seen: Array<string> = []
      config.onChange(["timeout", "hz"], ({ timeout }) => seen.push(`changed ${timeout}`))
      config.onApply(["port"], ({ port }) =>
        Effect.suspend(() => {
          seen.push(`port ${port}`)
          return port === 1 ? Effect.fail("Unable to listen on this port. Check server logs.") : Effect.void
        }))
      yield* config.set([["timeout", "5"]])
      yield* config.set([["timeout", "5"]])
      const refusal = yield* Effect.flip(config.set([["timeout", "6"], ["port", "1"]]))
      assert.include(refusal.text, "argument 'port') - Unable to listen on this port. Check server logs.")
      assert.strictEqual(config.values.timeout, 5)
      assert.deepStrictEqual(seen, ["changed 5", "port 1", "port 6379"])
    }).pipe(Effect.provide(Config.layer())))
})

describe("CONFIG RESETSTAT", () => {
  it.effect("runs what takes part in it", () =>
    Effect.gen(function*() {
      const config = yield* Config
      const runs: Array<string> = []
      const stop = config.onResetStat(() => runs.push("a"))
      config.onResetStat(() => runs.push("b"))
      yield* config.resetStat
      stop()
      yield* config.resetStat
      assert.deepStrictEqual(runs, ["a", "b", "b"])
    }).pipe(Effect.provide(Config.layer())))
})

describe("protected directives", () => {
  const tryDir = (args: ReadonlyArray<string>, local: boolean) =>
    Effect.gen(function*() {
      const config = yield* start(args, { directory: "/" })
      const result = yield* Effect.result(config.set([["dir", "/tmp"]], { local }))
      return result._tag === "Success" ? config.values.dir : result.failure.text
    })

  it.effect("can be set by nobody, by local clients or by everybody", () =>
    Effect.gen(function*() {
      const refusal = "ERR CONFIG SET failed (possibly related to argument 'dir') - can't set protected config"
      assert.strictEqual(yield* tryDir([], true), refusal)
      assert.strictEqual(yield* tryDir(["--enable-protected-configs", "local"], false), refusal)
      assert.strictEqual(yield* tryDir(["--enable-protected-configs", "local"], true), "/tmp")
      assert.strictEqual(yield* tryDir(["--enable-protected-configs", "yes"], false), "/tmp")
    }))
})
