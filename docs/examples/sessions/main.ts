/**
 * An HTTP app that keeps its sessions in a server of its own, in the same process: no network, no second program, and
 * still Redis: expiry, memory limit, and redis-cli if a port is opened.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import { Commands, Embedded } from "go-redis"
import { randomUUID } from "node:crypto"
import { createServer } from "node:http"

const SESSION_SECONDS = 30 * 60

const login = Effect.gen(function*() {
  const { prepare, transaction } = yield* Commands
  const id = randomUUID()
  const user = new URL((yield* HttpServerRequest.HttpServerRequest).url, "http://localhost").searchParams.get("user")
  yield* transaction([
    prepare.hset(`session:${id}`, { user: user ?? "nobody", visits: 0 }),
    prepare.expire(`session:${id}`, SESSION_SECONDS)
  ])
  return HttpServerResponse.text("welcome", { headers: { "set-cookie": `session=${id}; HttpOnly` } })
})

const visit = Effect.gen(function*() {
  const redis = yield* Commands
  const { cookies } = yield* HttpServerRequest.HttpServerRequest
  const key = `session:${cookies["session"] ?? ""}`
  const user = yield* redis.hget(key, "user")
  if (user === undefined) return HttpServerResponse.text("log in first", { status: 401 })
  const visits = yield* redis.hincrby(key, "visits", 1)
  yield* redis.expire(key, SESSION_SECONDS)
  return HttpServerResponse.text(`hello ${user}, visit ${visits}`)
})

const routes = HttpRouter.use((router) =>
  Effect.andThen(router.add("POST", "/login", login), router.add("GET", "/", visit))
)

/** The app, on that port. Least recently used sessions go when a hundred megabytes are full. */
export const app = (port: number) =>
  HttpRouter.serve(routes, { disableLogger: true }).pipe(
    Layer.provide(NodeHttpServer.layer(() => createServer(), { host: "127.0.0.1", port })),
    Layer.provide(Embedded.layer({ maxmemory: "100mb", "maxmemory-policy": "allkeys-lru" }))
  )

if (import.meta.main) Effect.runFork(Layer.launch(app(8080)))
