/** Encrypted connections: from clients, to masters, for MIGRATE, and what is said when the certificates are not right. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { spawnSync } from "node:child_process"
import { copyFileSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as NodeTls from "node:tls"
import { fileURLToPath } from "node:url"
import * as Embedded from "../../src/embed/Embedded.ts"
import { RedisServer } from "../../src/server/RedisServer.ts"
import { eventually } from "../support/Eventually.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { connect as connectTo, RawClient, render } from "../support/RawClient.ts"
import * as Servers from "../support/ServerProcess.ts"
import { freePort, ourCommand, redisCommand, type ServerProcess, startOurs } from "../support/ServerProcess.ts"

const file = (name: string): string => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url))
const read = (name: string): Buffer => readFileSync(file(name))

/** What the server at the port answers to a client with that certificate; the reason when it does not. */
const ask = (
  port: number,
  certificate: "client" | "stranger" | undefined,
  options: NodeTls.ConnectionOptions = {},
  ...command: ReadonlyArray<string>
): Effect.Effect<string> =>
  Effect.gen(function*() {
    const own = certificate === undefined ? {} : { cert: read(`${certificate}.crt`), key: read(`${certificate}.key`) }
    const socket = yield* Effect.acquireRelease(
      Effect.sync(() => NodeTls.connect({ port, host: "127.0.0.1", ca: read("ca.crt"), ...own, ...options })),
      (open) => Effect.sync(() => open.destroy())
    )
    const { value } = yield* new RawClient(socket).command(...(command.length === 0 ? ["PING"] : command))
    return render(value)
  }).pipe(Effect.scoped, Effect.catchTag("ConnectionError", ({ message }) => Effect.succeed(`refused: ${message}`)))

const trusting = [
  "--tls-cert-file",
  file("server.crt"),
  "--tls-key-file",
  file("server.key"),
  "--tls-ca-cert-file",
  file("ca.crt")
]

const startEncrypted = (
  command: ReadonlyArray<string>,
  args: ReadonlyArray<string> = []
): Effect.Effect<ServerProcess & { readonly tls: number }, Servers.ServerError, Scope.Scope> =>
  Effect.gen(function*() {
    const tls = yield* freePort
    const all = [...trusting, "--tls-port", String(tls), "--repl-diskless-sync-delay", "0", ...args]
    return { ...(yield* Servers.start(command, { args: all })), tls }
  })

describe("a server with tls-port", () => {
  it.live("serves those whose certificate it trusts, on both ports", () =>
    Effect.gen(function*() {
      const { log, port, tls } = yield* startEncrypted(ourCommand)
      assert.strictEqual(yield* ask(tls, "client"), "PONG")
      assert.match(yield* ask(tls, "stranger"), /^refused/)
      assert.match(yield* ask(tls, undefined), /^refused/)
      const plain = yield* connectTo(port)
      assert.strictEqual(render((yield* plain.command("PING")).value), "PONG")
      // Whoever speaks no TLS to it is let go, and the next one served
      const lost = yield* connectTo(tls)
      assert.match((yield* Effect.flip(lost.command("PING"))).message, /closed|ECONNRESET/)
      assert.strictEqual(yield* ask(tls, "client"), "PONG")
      yield* eventually(() => assert.match(log(), /Error accepting a client connection: wrong version number/))
    }))

  it.live("carries large values both ways", () =>
    Effect.gen(function*() {
      const { tls } = yield* startEncrypted(ourCommand)
      const value = "0123456789abcdef".repeat(500_000)
      assert.strictEqual(yield* ask(tls, "client", {}, "SET", "k", value), "OK")
      assert.isTrue((yield* ask(tls, "client", {}, "GET", "k")).includes(value))
    }))

  it.live("follows CONFIG SET: who may come, protocols, a renewed certificate", () =>
    Effect.gen(function*() {
      const { directory, port, tls } = yield* startEncrypted(ourCommand, ["--tls-auth-clients", "no"])
      const client = yield* connectTo(port)
      const set = (...words: ReadonlyArray<string>) =>
        Effect.map(client.command("CONFIG", "SET", ...words), ({ value }) => render(value))
      assert.strictEqual(yield* ask(tls, undefined), "PONG")
      assert.strictEqual(yield* set("tls-auth-clients", "optional"), "OK")
      assert.strictEqual(yield* ask(tls, undefined), "PONG")
      assert.match(yield* ask(tls, "stranger"), /^refused/)
      assert.strictEqual(yield* set("tls-protocols", "TLSv1.2"), "OK")
      assert.match(yield* ask(tls, "client", { minVersion: "TLSv1.3" }), /^refused/)
      assert.strictEqual(yield* ask(tls, "client"), "PONG")

      const renewed = join(directory, "server.crt")
      copyFileSync(file("server.crt"), renewed)
      assert.strictEqual(yield* set("tls-cert-file", renewed), "OK")
      copyFileSync(file("client.crt"), renewed)
      const refusal = "ERR CONFIG SET failed (possibly related to argument 'tls-cert-file') - "
        + "Unable to update TLS configuration. Check server logs."
      assert.include(yield* set("tls-cert-file", renewed), refusal)
      assert.strictEqual(yield* ask(tls, "client"), "PONG")
      copyFileSync(file("stranger.crt"), renewed)
      assert.strictEqual(yield* set("tls-cert-file", renewed, "tls-key-file", file("stranger.key")), "OK")
      assert.match(yield* ask(tls, "client"), /refused: self-signed/)
      assert.strictEqual(yield* set("tls-port", "0"), "OK")
      assert.match(yield* ask(tls, "client"), /ECONNREFUSED/)
    }))

  it.live("is a layer too", () =>
    Effect.gen(function*() {
      const { addresses } = yield* RedisServer
      assert.strictEqual(yield* ask(addresses()[0]?.port ?? 0, undefined), "PONG")
    }).pipe(Effect.provide(
      RedisServer.layerTls({ cert: read("server.crt"), key: read("server.key") }).pipe(Layer.provide(Embedded.layer()))
    )))
})

describeWithRedis("with redis-server", () => {
  const masters = [[ourCommand, ourCommand], [ourCommand, redisCommand], [redisCommand, ourCommand]] as const
  for (const [master, replica] of masters) {
    const name = (command: ReadonlyArray<string>) => command === redisCommand ? "redis-server" : "this server"
    it.live(`${name(replica)} follows ${name(master)} by an encrypted link`, () =>
      Effect.gen(function*() {
        const above = yield* startEncrypted(master)
        const below = yield* startEncrypted(replica, [
          "--tls-replication",
          "yes",
          "--replicaof",
          `127.0.0.1 ${above.tls}`
        ])
        yield* ask(above.tls, "client", {}, "SET", "k", "v")
        while ((yield* ask(below.tls, "client", {}, "GET", "k")) !== "\"v\"") yield* Effect.sleep(50)
        assert.include(yield* ask(above.tls, "client", {}, "INFO", "replication"), `port=${below.tls}`)
      }))
  }

  it.live("hands keys over by MIGRATE with tls-cluster", () =>
    Effect.gen(function*() {
      const target = yield* Effect.map(freePort, String)
      const redis = yield* Servers.start(redisCommand, { args: [...trusting, "--tls-port", target] })
      const ours = yield* startOurs({ args: [...trusting, "--tls-cluster", "yes"] })
      const client = yield* connectTo(ours.port)
      yield* client.command("SET", "k", "v")
      const moved = yield* client.command("MIGRATE", "127.0.0.1", target, "k", "0", "5000")
      assert.strictEqual(render(moved.value), "OK")
      const there = yield* connectTo(redis.port)
      assert.strictEqual(render((yield* there.command("GET", "k")).value), "\"v\"")
    }))

  it.live("refuses in its words what does not fit together", () =>
    Effect.gen(function*() {
      const port = yield* Effect.map(freePort, String)
      const cert = ["--tls-cert-file", file("server.crt")]
      const key = ["--tls-key-file", file("server.key")]
      const cases = [
        [],
        cert,
        [...cert, ...key],
        ["--tls-cert-file", "missing", ...key],
        [...cert, "--tls-key-file", file("client.key"), "--tls-auth-clients", "no"],
        [...trusting, "--tls-protocols", "TLSv9"],
        [...trusting, "--tls-dh-params-file", "missing"],
        [...cert, ...key, "--tls-ca-cert-file", "missing"]
      ]
      // What OpenSSL adds behind the file's name is not always the same
      const said = ([program = "", ...before]: ReadonlyArray<string>, args: ReadonlyArray<string>) => {
        const all = [...before, "--port", "0", "--save", "", "--tls-port", port, ...args]
        const { status, stdout } = spawnSync(program, all, { encoding: "utf8" })
        const words = stdout.split("\n").filter((line) => line.includes(" # ")).slice(-2)
        return {
          status,
          words: words.map((line) => line.replace(/^.*? # /, "").replace(/error:.*|No such file.*/, ""))
        }
      }
      for (const args of cases) assert.deepStrictEqual(said(ourCommand, args), said(redisCommand, args))
    }))
})
