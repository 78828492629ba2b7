import { assert, describe, it } from "@effect/vitest"
import { createClient } from "redis"
import { startServer } from "../../src/embed/startServer.ts"

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(() => assert.fail("it did not reject"), (error: unknown) => error)

describe("startServer", () => {
  it("serves clients on a port of its own until it is let go", async () => {
    let port = 0
    {
      await using server = await startServer({ maxmemory: "64mb" })
      port = server.port
      const client = createClient({ url: server.url })
      await client.connect()
      await client.set("k", "v")
      assert.strictEqual(await server.command("GET", "k"), "v")
      assert.deepStrictEqual(await client.configGet("maxmemory"), { maxmemory: String(64 * 1024 * 1024) })
      client.destroy()
    }
    const late = createClient({ url: `redis://127.0.0.1:${port}`, socket: { reconnectStrategy: false } })
    late.on("error", () => {})
    assert.match(String(await rejection(late.connect())), /ECONNREFUSED/)
  })

  it("runs beside others that share nothing with it", async () => {
    await using one = await startServer()
    await using other = await startServer()
    await one.command("SET", "k", "v")
    assert.strictEqual(await other.command("DBSIZE"), 0)
    assert.notStrictEqual(one.port, other.port)
  })

  it("has replicas, and is one, as the daemon is", async () => {
    await using master = await startServer({ "repl-diskless-sync-delay": 0 })
    await using replica = await startServer({ replicaof: `127.0.0.1 ${master.port}` })
    await master.command("SET", "k", "v")
    assert.strictEqual(await master.command("WAIT", 1, 0), 1)
    assert.strictEqual(await replica.command("GET", "k"), "v")
    assert.propertyVal(await rejection(replica.command("SET", "k", "w")), "code", "READONLY")
  })

  it("rejects what commands answer with an error, a taken port and a bad directive", async () => {
    await using server = await startServer()
    assert.propertyVal(await rejection(server.command("XLEN")), "_tag", "ReplyError")
    assert.propertyVal(await rejection(startServer({ port: server.port })), "_tag", "ListenError")
    assert.propertyVal(await rejection(startServer({ maxmemory: "much" as never })), "_tag", "ConfigFileError")
  })
})
