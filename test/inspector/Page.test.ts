/** What somebody sees of the page, in a browser. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import { Client } from "../../src/embed/Client.ts"
import { SpanRecorder } from "../../src/inspect/SpanRecorder.ts"
import * as Inspector from "../../src/inspector/Inspector.ts"
import { describeWithChromium, open, type Page } from "../support/Chromium.ts"
import * as MemoryServer from "../support/MemoryServer.ts"

const server = Inspector.layer({ host: "127.0.0.1", port: 0 }).pipe(
  Layer.provideMerge(Client.layer),
  Layer.provideMerge(MemoryServer.layer({ trace: "yes", "slowlog-log-slower-than": 0 })),
  Layer.provideMerge(SpanRecorder.layer)
)

/** Waits until the page says that. */
const says = async ({ evaluate }: Page, text: string): Promise<void> => {
  while (!String(await evaluate("document.body.innerText")).includes(text)) {
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const views: ReadonlyArray<readonly [name: string, says: string]> = [
  ["fibers", "BLPOP on \"a-rather-long-key"],
  ["commands", "Commands since the start"],
  ["spans", "INCR"],
  ["memory", "By type and encoding"],
  ["keys", "some:hash"],
  ["replication", "This server"],
  ["slowlog", "HSET some:hash"]
]

describeWithChromium("the inspector page in a browser", () => {
  it.live("shows every view, bright and dark, on wide and narrow windows, without an error", () =>
    Effect.gen(function*() {
      const { address } = yield* HttpServer.HttpServer
      const { command } = yield* Client
      yield* command("HSET", "some:hash", "field", "value")
      yield* command("SET", "text", "x")
      yield* Effect.exit(command("INCR", "text"))
      const waiting = yield* Client.make
      const key = "a-rather-long-key:with:many:parts:that:do:not:fit:into:one:line:of:a:narrow:window"
      yield* Effect.forkScoped(Effect.exit(waiting.command("BLPOP", key, 0)), { startImmediately: true })
      const page = yield* open(`http://127.0.0.1:${"port" in address ? address.port : 0}/`)
      yield* Effect.promise(async () => {
        for (const [width, scheme] of [[400, "light"], [1200, "dark"], [1600, "light"]] as const) {
          await page.send("Emulation.setDeviceMetricsOverride", {
            width,
            height: 800,
            deviceScaleFactor: 1,
            mobile: false
          })
          const features = [{ name: "prefers-color-scheme", value: scheme }]
          await page.send("Emulation.setEmulatedMedia", { features })
          const ground = String(await page.evaluate("getComputedStyle(document.body).backgroundColor"))
          assert.strictEqual(Number(/\d+/.exec(ground)?.[0]) > 128, scheme === "light", ground)
          for (const [view, text] of views) {
            await page.evaluate(`location.hash = "#${view}"`)
            await says(page, text)
            const beyond = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert.isAtMost(Number(beyond), 0, `${view} is wider than a window of ${width}`)
            const current = "document.querySelector('nav [aria-current]').getBoundingClientRect()"
            assert.isAtMost(Number(await page.evaluate(`${current}.right`)), width, "the view's name is in sight")
          }
        }
      })
      assert.deepStrictEqual(page.errors, [])
    }).pipe(Effect.scoped, Effect.provide(server)))
})
