import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import { spawn } from "node:child_process"
import { existsSync, readFileSync, statSync } from "node:fs"
import { networkInterfaces } from "node:os"
import { join } from "node:path"
import { Config } from "../../src/config/Config.ts"
import type * as Registry from "../../src/config/Registry.ts"
import * as Services from "../../src/embed/Services.ts"
import { RedisServer } from "../../src/server/RedisServer.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { connect, render } from "../support/RawClient.ts"
import { freePort, ourCommand, startOurs, startRedis, temporaryDirectory } from "../support/ServerProcess.ts"

const main = ourCommand[1] ?? ""

const layer = (options: Registry.Options) =>
  RedisServer.layer.pipe(Layer.provideMerge(Services.layer), Layer.provideMerge(Config.layer(options)))

const ping = (target: Parameters<typeof connect>[0]) =>
  Effect.scoped(
    Effect.flatMap(connect(target), (client) => Effect.map(client.command("PING"), ({ value }) => render(value)))
  )

const refused = (target: Parameters<typeof connect>[0]) =>
  Effect.map(Effect.flip(ping(target)), ({ message }) => message)

/** An address of this machine that others could reach it by. */
const outside = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address

describe("the server", () => {
  it.live("listens on all of its addresses, and on a unix socket with its permissions", () =>
    Effect.gen(function*() {
      const port = yield* freePort
      const path = join(yield* temporaryDirectory, "socket")
      yield* Effect.gen(function*() {
        assert.strictEqual(yield* ping({ port, host: "127.0.0.1" }), "PONG")
        assert.strictEqual(yield* ping({ port, host: "127.0.0.2" }), "PONG")
        assert.match(yield* refused({ port, host: "127.0.0.3" }), /ECONNREFUSED/)
        assert.strictEqual(yield* ping({ path }), "PONG")
        assert.strictEqual(statSync(path).mode & 0o777, 0o600)
        const { addresses } = yield* RedisServer
        assert.deepStrictEqual(addresses(), [{ host: "127.0.0.1", port }, { host: "127.0.0.2", port }])
      }).pipe(Effect.provide(
        layer({ port, bind: ["127.0.0.1", "127.0.0.2", "-240.0.0.1"], unixsocket: path, unixsocketperm: "600" })
      ))
    }))

  it.live("lets no address be missing that does not begin with a minus", () =>
    Effect.gen(function*() {
      const port = yield* freePort
      const error = yield* Effect.flip(
        Effect.scoped(Layer.build(layer({ port, bind: ["127.0.0.1", "240.0.0.1"] })))
      )
      assert.strictEqual(error.message, `Failed listening on port ${port} (TCP), aborting.`)
      assert.match(yield* refused(port), /ECONNREFUSED/)
    }))

  it.live("is not started by a port that is taken, and says which", () =>
    Effect.gen(function*() {
      const { port } = yield* startOurs()
      const error = yield* Effect.flip(Effect.scoped(Layer.build(layer({ port }))))
      assert.strictEqual(error._tag, "ListenError")
      assert.strictEqual(error.message, `Failed listening on port ${port} (TCP), aborting.`)
    }))

  it.live("is not started by nothing to listen on", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.scoped(Layer.build(layer({ port: 0 }))))
      assert.strictEqual(error.message, "Configured to not listen anywhere, exiting.")
    }))

  it.live("follows CONFIG SET port, and keeps the old one when the new one is taken", () =>
    Effect.gen(function*() {
      const taken = (yield* startOurs()).port
      const [port, other] = [yield* freePort, yield* freePort]
      yield* Effect.gen(function*() {
        const client = yield* connect(port)
        const set = (value: number) =>
          Effect.map(client.command("CONFIG", "SET", "port", value), ({ value }) => render(value))
        assert.strictEqual(
          yield* set(taken),
          "(error) ERR CONFIG SET failed (possibly related to argument 'port') - "
            + "Unable to listen on this port. Check server logs."
        )
        assert.strictEqual(yield* ping(port), "PONG")
        assert.strictEqual(yield* set(other), "OK")
        assert.strictEqual(yield* ping(other), "PONG")
        assert.match(yield* refused(port), /ECONNREFUSED/)
        assert.strictEqual(yield* set(port), "OK", "the old connection goes on")
      }).pipe(Effect.provide(layer({ port })), Effect.scoped)
    }))

  it.live("ends with its scope: connections, sockets and the port", () =>
    Effect.gen(function*() {
      const port = yield* freePort
      const scope = yield* Scope.make()
      yield* Layer.buildWithScope(layer({ port }), scope)
      const client = yield* connect(port)
      assert.strictEqual(render((yield* client.command("PING")).value), "PONG")
      const before = process.getActiveResourcesInfo().filter((name) => name === "TCPServerWrap").length
      yield* Scope.close(scope, Exit.void)
      yield* client.untilClosed
      assert.match(yield* refused(port), /ECONNREFUSED/)
      assert.isBelow(process.getActiveResourcesInfo().filter((name) => name === "TCPServerWrap").length, before)
      yield* Effect.scoped(Layer.build(layer({ port })))
    }))
})

describe("the daemon", () => {
  it.live("ends cleanly at SIGTERM and SIGINT, with clients connected", () =>
    Effect.gen(function*() {
      for (const signal of ["SIGTERM", "SIGINT"] as const) {
        const server = yield* startOurs()
        const client = yield* connect(server.port)
        assert.strictEqual(render((yield* client.command("PING")).value), "PONG")
        server.signal(signal)
        assert.deepStrictEqual(yield* server.exit, { code: 0, signal: null }, signal)
        assert.include(server.log(), "ready to exit")
      }
    }))

  it.live("ends at SHUTDOWN, which nobody is told of", () =>
    Effect.gen(function*() {
      const server = yield* startOurs()
      const client = yield* connect(server.port)
      client.send("SHUTDOWN", "NOSAVE")
      yield* client.untilClosed
      assert.strictEqual(client.pending, 0)
      assert.deepStrictEqual(yield* server.exit, { code: 0, signal: null })
    }))

  it.live("writes its log and its process id where it is told to", () =>
    Effect.gen(function*() {
      const directory = yield* temporaryDirectory
      const [log, pid] = [join(directory, "log"), join(directory, "pid")]
      const [port, taken] = [yield* freePort, (yield* startOurs()).port]
      const args = ["--logfile", log, "--pidfile", pid]
      const run = (port: number) =>
        spawn(process.execPath, [main, ...args, "--port", String(port)], { cwd: directory, stdio: "ignore" })
      const code = yield* Effect.callback<number | null>((resume) => {
        run(taken).once("exit", (code) => resume(Effect.succeed(code)))
      })
      assert.strictEqual(code, 1)
      assert.include(readFileSync(log, "utf8"), `# Failed listening on port ${taken} (TCP), aborting.`)
      assert.isFalse(existsSync(pid))

      const server = yield* Effect.acquireRelease(
        Effect.sync(() => run(port)),
        (child) => Effect.sync(() => child.kill("SIGKILL"))
      )
      yield* Effect.retry(ping(port), { times: 1000, schedule: Schedule.spaced(10) })
      assert.match(readFileSync(log, "utf8"), /^\d+:M \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d\.\d{3} [*#] /m)
      assert.strictEqual(readFileSync(pid, "utf8"), `${server.pid}\n`)
      yield* Effect.callback<void>((resume) => {
        server.once("exit", () => resume(Effect.void))
        server.kill("SIGTERM")
      })
      assert.isFalse(existsSync(pid))
    }))
})

describeWithRedis("protected mode", () => {
  it.live.skipIf(outside === undefined)(
    "turns away clients from outside, as redis-server does",
    () =>
      Effect.gen(function*() {
        const args = ["--bind", "*"]
        const denied = (port: number) =>
          Effect.scoped(Effect.gen(function*() {
            const client = yield* connect({ port, host: outside ?? "" })
            const [reply] = yield* client.take(1)
            yield* client.untilClosed
            return reply === undefined ? "" : render(reply.value)
          }))
        const ours = yield* denied((yield* startOurs({ args })).port)
        const theirs = yield* denied((yield* startRedis({ args })).port)
        // What can be done about it is told in words of our own
        const told = (text: string) => text.split(". ").slice(0, 2).join(". ")
        assert.strictEqual(told(ours), told(theirs))
        const open = yield* startOurs({ args: [...args, "--protected-mode", "no"] })
        assert.strictEqual(yield* ping({ port: open.port, host: outside ?? "" }), "PONG")
        const secret = yield* startOurs({ args: [...args, "--requirepass", "x"] })
        assert.include(yield* ping({ port: secret.port, host: outside ?? "" }), "NOAUTH")
      })
  )
})
