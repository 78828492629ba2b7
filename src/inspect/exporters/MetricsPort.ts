/** `metrics-port`: the server's figures for Prometheus, at `/metrics`. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import type { ServeError } from "effect/http/HttpServerError"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import { createServer } from "node:http"
import { InfoSections, requested } from "../InfoSections.ts"
import { metrics, prometheus } from "./Metrics.ts"

const routes = HttpRouter.use((router) =>
  Effect.gen(function*() {
    const sections = yield* InfoSections
    yield* router.add(
      "GET",
      "/metrics",
      Effect.sync(() =>
        HttpServerResponse.text(prometheus(metrics(sections.text(requested(["everything"])))), {
          contentType: "text/plain; version=0.0.4; charset=utf-8"
        })
      )
    )
  })
)

/** Serves until the scope is closed. */
export const layer = (options: {
  readonly host: string
  readonly port: number
}): Layer.Layer<never, ServeError, InfoSections> =>
  HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true }).pipe(
    Layer.provide(NodeHttpServer.layer(() => createServer(), options))
  )
