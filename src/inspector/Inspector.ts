/**
 * `inspector-port`: a page on the loopback that shows what the server does, live. It costs nothing while it is not asked
 * for: this folder is not even loaded. The page is plain HTML, CSS and modules in `page/`; it reads:
 *
 * | Path           | Gives                                                             |
 * | :------------- | :---------------------------------------------------------------- |
 * | `/live`        | a picture each second, as server-sent events                      |
 * | `/picture`     | one such picture                                                  |
 * | `/slowlog`     | the slow log                                                      |
 * | `/spans`       | the latest spans                                                  |
 * | `/composition` | keys and bytes by type and encoding                               |
 * | `/keys`, `/key`| pages of keys, and one key with the beginning of its value        |
 * | `POST /act`    | closes or unblocks a client, switches tracing, where that is allowed |
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import * as HttpMiddleware from "effect/http/HttpMiddleware"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Fs from "node:fs"
import { createServer } from "node:http"
import { Config } from "../config/Config.ts"
import * as Composition from "./Composition.ts"
import * as Guard from "./Guard.ts"
import * as History from "./History.ts"
import * as Keys from "./Keys.ts"
import * as Picture from "./Picture.ts"

const contentTypes: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml"
}

/** For all answers: nothing from elsewhere, nowhere else, and not kept. */
const headers = {
  "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store"
}

/** Turns away whom `Guard` turns away, whatever the path. */
const guarded = Effect.gen(function*() {
  const { values } = yield* Config
  return <E, R>(answer: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
    Effect.gen(function*() {
      const asked = yield* HttpServerRequest.HttpServerRequest
      const refusal = Guard.check(asked, {
        password: values.requirepass,
        readOnly: values["inspector-read-only"]
      })
      if (refusal === undefined) return HttpServerResponse.setHeaders(yield* answer, headers)
      const asking = refusal.status === 401 ? { "www-authenticate": "Basic realm=\"go-redis\", charset=\"UTF-8\"" } : {}
      return HttpServerResponse.text(refusal.text, { status: refusal.status, headers: { ...headers, ...asking } })
    })
})

const json = (value: unknown) => HttpServerResponse.text(JSON.stringify(value), { contentType: "application/json" })

const encoder = new TextEncoder()

const pictures = (picture: Picture.Picture) => {
  let since = 0
  return Stream.tick("1 second").pipe(
    Stream.map(() => {
      const now = picture.live(since)
      since = now.samples.at(-1)?.time ?? since
      return encoder.encode(`data: ${JSON.stringify(now)}\n\n`)
    })
  )
}

const folder = new URL("./page/", import.meta.url)

const routes = HttpRouter.use((router) =>
  Effect.gen(function*() {
    yield* router.addGlobalMiddleware(yield* guarded)
    const picture = yield* Picture.make(yield* History.make)
    const context = yield* Effect.context<Keys.Requirements>()
    const query = ({ url }: HttpServerRequest.HttpServerRequest): URLSearchParams =>
      new URL(url, "http://localhost").searchParams
    const databaseOf = (params: URLSearchParams): number => Number(params.get("db") ?? 0)

    for (const name of Fs.readdirSync(folder)) {
      const contentType = contentTypes[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream"
      const body = HttpServerResponse.uint8Array(Fs.readFileSync(new URL(name, folder)), { contentType })
      yield* router.add("GET", name === "index.html" ? "/" : `/${name}`, body)
    }
    yield* router.add("GET", "/picture", Effect.sync(() => json(picture.live(0))))
    yield* router.add("GET", "/slowlog", Effect.sync(() => json(picture.slowLog())))
    yield* router.add("GET", "/spans", Effect.sync(() => json(picture.spans())))
    yield* router.add(
      "GET",
      "/live",
      Effect.sync(() => HttpServerResponse.stream(pictures(picture), { contentType: "text/event-stream" }))
    )
    yield* router.add("GET", "/composition", Effect.provide(Effect.map(Composition.take, json), context))

    /** What commands answer, and their errors as such. */
    const answered = <A>(answer: Effect.Effect<A, Keys.Failure, Keys.Requirements>) =>
      answer.pipe(
        Effect.map(json),
        Effect.catch(({ message }) => Effect.succeed(HttpServerResponse.text(message, { status: 404 }))),
        Effect.provide(context)
      )
    yield* router.add("GET", "/keys", (request) => {
      const params = query(request)
      return answered(Keys.page(databaseOf(params), params.get("cursor") ?? "0", params.get("match") ?? "*"))
    })
    yield* router.add("GET", "/key", (request) => {
      const params = query(request)
      return answered(Keys.one(databaseOf(params), params.get("id") ?? ""))
    })
    yield* router.add("POST", "/act", (request) => {
      const params = query(request)
      return answered(Keys.act(params.get("do") ?? "", params.get("id") ?? ""))
    })
  })
)

/** Serves until the scope is closed. What the page asks for is no span: it would stand among those that it shows. */
export const layer = (options: { readonly host: string; readonly port: number }) =>
  HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true }).pipe(
    Layer.provide(Layer.succeed(HttpMiddleware.TracerDisabledWhen, () => true)),
    Layer.provideMerge(NodeHttpServer.layer(() => createServer(), { ...options, gracefulShutdownTimeout: 0 }))
  )
