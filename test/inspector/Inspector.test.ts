import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import { get } from "node:http"
import { Client } from "../../src/embed/Client.ts"
import { SpanRecorder } from "../../src/inspect/SpanRecorder.ts"
import * as Inspector from "../../src/inspector/Inspector.ts"
import * as MemoryServer from "../support/MemoryServer.ts"

const server = (options: Parameters<typeof MemoryServer.layer>[0] = {}) =>
  Inspector.layer({ host: "127.0.0.1", port: 0 }).pipe(
    Layer.provideMerge(Client.layer),
    Layer.provideMerge(MemoryServer.layer(options)),
    Layer.provideMerge(SpanRecorder.layer)
  )

const url = Effect.map(HttpServer.HttpServer, ({ address }) => {
  assert.isTrue("port" in address)
  return `http://127.0.0.1:${"port" in address ? address.port : 0}`
})

const ask = (path: string, init: RequestInit = {}) =>
  Effect.flatMap(url, (base) => Effect.promise(() => fetch(`${base}/${path}`, init)))

/** What the page reads of the answers, as far as it is held here. */
interface Answer {
  readonly readOnly: boolean
  readonly active: boolean
  readonly exact: boolean
  readonly cursor: string
  readonly info: Readonly<Record<string, string>>
  readonly fibers: {
    readonly shown: ReadonlyArray<{
      readonly state: string
      readonly waitsFor?: string
      readonly keys: ReadonlyArray<string>
      readonly client?: {
        readonly id: number
        readonly unblockable: boolean
        readonly latest: ReadonlyArray<string>
      }
    }>
  }
  readonly spans: ReadonlyArray<{
    readonly name: string
    readonly failure?: string
    readonly attributes: Readonly<Record<string, string>>
  }>
  readonly entries: ReadonlyArray<{ readonly command: string }>
  readonly shares: ReadonlyArray<{ readonly type: string; readonly encoding: string; readonly keys: number }>
  readonly keys: ReadonlyArray<{ readonly id: string; readonly type: string }>
  readonly rows: unknown
}

const json = (path: string) =>
  Effect.flatMap(ask(path), (answer) => Effect.promise(() => answer.json() as Promise<Answer>)) // JSON has no type

const act = (what: string, id: number | string) =>
  ask(`act?do=${what}&id=${id}`, { method: "POST", headers: { "x-go-redis-inspector": "1" } })

/** A client that waits for a key. */
const waiting = (key: string) =>
  Effect.gen(function*() {
    const client = yield* Client.make
    const fiber = yield* Effect.forkScoped(Effect.exit(client.command("BLPOP", key, 0)), { startImmediately: true })
    yield* MemoryServer.settle
    return { client, fiber }
  })

describe("the inspector page", () => {
  it.live("is there, with all that it consists of, and takes nothing from elsewhere", () =>
    Effect.gen(function*() {
      const page = yield* ask("")
      assert.strictEqual(page.headers.get("content-type"), "text/html; charset=utf-8")
      assert.match(page.headers.get("content-security-policy") ?? "", /^default-src 'self'/)
      assert.isNull(page.headers.get("access-control-allow-origin"))
      const parts = [...(yield* Effect.promise(() => page.text())).matchAll(/(?:src|href)="([^"#]+)"/g)]
      assert.isAbove(parts.length, 2)
      for (const [, part] of parts) assert.strictEqual((yield* ask(part ?? "")).status, 200, part)
      assert.strictEqual((yield* ask("nothing")).status, 404)
    }).pipe(Effect.provide(server())))

  it.live("is not shown under another name of this machine", () =>
    Effect.gen(function*() {
      const base = yield* url
      const status = yield* Effect.callback<number | undefined>((resume) => {
        get(base, { headers: { host: "rebound.example" } }, (response) => {
          response.resume()
          resume(Effect.succeed(response.statusCode))
        })
      })
      assert.strictEqual(status, 403)
    }).pipe(Effect.provide(server())))

  it.live("asks for requirepass, also when it changes", () =>
    Effect.gen(function*() {
      const { command } = yield* Client
      assert.strictEqual((yield* ask("picture")).status, 200)
      yield* command("CONFIG", "SET", "requirepass", "pässword")
      const refused = yield* ask("picture")
      assert.strictEqual(refused.status, 401)
      assert.match(refused.headers.get("www-authenticate") ?? "", /^Basic /)
      const authorization = `Basic ${Buffer.from("default:pässword").toString("base64")}`
      assert.strictEqual((yield* ask("picture", { headers: { authorization } })).status, 200)
    }).pipe(Effect.provide(server())))

  it.live("shows the fibers with what they wait for, and who wrote that last", () =>
    Effect.gen(function*() {
      const { command, id } = yield* Client
      const { client } = yield* waiting("jobs")
      yield* command("SET", "jobs", "not a list")
      const { fibers, info, readOnly } = yield* json("picture")
      const waiter = fibers.shown.find((fiber) => fiber.client?.id === client.id)
      assert.strictEqual(waiter?.state, "waiting")
      assert.strictEqual(waiter?.waitsFor, "BLPOP on \"jobs\" in db 0")
      assert.strictEqual(waiter?.client?.unblockable, true)
      assert.deepStrictEqual(waiter?.client?.latest, ["BLPOP"])
      assert.match(waiter?.keys[0] ?? "", new RegExp(`^"jobs": last written by client ${id} with SET `))
      assert.strictEqual(info.blocked_clients, "1")
      assert.strictEqual(readOnly, true)
    }).pipe(Effect.scoped, Effect.provide(server())))

  it.live("streams pictures", () =>
    Effect.gen(function*() {
      const { body, headers } = yield* ask("live")
      assert.strictEqual(headers.get("content-type"), "text/event-stream")
      const events = yield* Effect.promise(async () => {
        let text = ""
        for await (const chunk of body ?? []) {
          text += Buffer.from(chunk).toString()
          if (text.split("\n\n").length > 2) break
        }
        return text.split("\n\n")
      })
      for (const event of events.slice(0, 2)) assert.isAbove(JSON.parse(event.slice("data: ".length)).time, 0)
    }).pipe(Effect.provide(server())))

  it.live("shows spans, the slow log, and what the data is made of", () =>
    Effect.gen(function*() {
      const { command } = yield* Client
      yield* command("SET", "n", "12")
      yield* command("RPUSH", "l", "a", "b")
      yield* Effect.flip(command("INCR", "l"))
      const { spans } = yield* json("spans")
      const failed = spans.find((span) => span.name === "INCR")
      assert.strictEqual(failed?.attributes["error.type"], "WRONGTYPE")
      assert.match(failed?.failure ?? "", /^WRONGTYPE/)
      assert.strictEqual((yield* json("slowlog")).entries.at(-1)?.command, "SET n 12")
      const { exact, shares } = yield* json("composition")
      assert.strictEqual(exact, true)
      assert.sameDeepMembers(
        shares.map(({ encoding, keys, type }) => ({ encoding, keys, type })),
        [{ type: "string", encoding: "int", keys: 1 }, { type: "list", encoding: "quicklist", keys: 1 }]
      )
    }).pipe(Effect.provide(server({ trace: "yes", "slowlog-log-slower-than": 0 }))))

  it.live("lists keys by pattern, and shows a value of each type", () =>
    Effect.gen(function*() {
      const { command } = yield* Client
      yield* command("SET", "some\xfftext", "a".repeat(5000), "PX", 100_000)
      yield* command("RPUSH", "some list", "x", "y")
      yield* command("SADD", "some set", "m")
      yield* command("HSET", "some hash", "f", "v")
      yield* command("ZADD", "some zset", 1.5, "m")
      yield* command("XADD", "some stream", "1-1", "f", "v")
      yield* command("SET", "other", "x")
      const { cursor, keys } = yield* json("keys?match=some*")
      assert.strictEqual(cursor, "0")
      assert.strictEqual(keys.length, 6)
      const rows: Record<string, unknown> = {}
      for (const { id, type } of keys) rows[type] = (yield* json(`key?id=${encodeURIComponent(id)}`)).rows
      assert.deepStrictEqual(rows, {
        string: [["", "a".repeat(4096)]],
        list: [["0", "x"], ["1", "y"]],
        set: [["0", "m"]],
        hash: [["f", "v"]],
        zset: [["m", "1.5"]],
        stream: [["1-1", "f: v"]]
      })
      assert.strictEqual((yield* ask("key?id=bm9uZQ==")).status, 404)
      assert.strictEqual((yield* ask("keys?cursor=nonsense")).status, 404)
    }).pipe(Effect.provide(server())))

  it.live("acts only where that is allowed: unblocks, closes, traces", () =>
    Effect.gen(function*() {
      const { command } = yield* Client
      const { client, fiber } = yield* waiting("q")
      assert.strictEqual((yield* act("unblock", client.id)).status, 403)
      assert.strictEqual(fiber.pollUnsafe(), undefined)
      yield* command("CONFIG", "SET", "inspector-read-only", "no")
      assert.strictEqual((yield* act("unblock", client.id)).status, 200)
      yield* Effect.asVoid(Effect.promise(() => new Promise((done) => void fiber.addObserver(done))))
      assert.strictEqual((yield* act("trace", "yes")).status, 200)
      assert.strictEqual((yield* json("spans")).active, true)
      assert.strictEqual((yield* act("kill", client.id)).status, 200)
      assert.strictEqual((yield* act("kill", client.id)).status, 404)
      assert.strictEqual((yield* act("flushall", 1)).status, 404)
    }).pipe(Effect.scoped, Effect.provide(server())))
})
