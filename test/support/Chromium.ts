/** A page in headless Chromium, driven by its DevTools protocol; tests skip loudly where Chromium is not installed. */
import { describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawn, spawnSync } from "node:child_process"
import { setTimeout as delay } from "node:timers/promises"
import { temporaryDirectory } from "./ServerProcess.ts"

const program = ["chromium", "chromium-browser", "google-chrome"].find((name) =>
  spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0
)

/** `describe` for tests that look at a page. */
export const describeWithChromium = (name: string, body: () => void): void => {
  if (program !== undefined) return void describe(name, body)
  process.stderr.write(`\n!!! SKIPPED, Chromium is not installed: ${name}\n    Debian: apt-get install chromium\n\n`)
  describe.skip(`${name} (Chromium is not installed)`, body)
}

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--remote-debugging-port=0",
  "about:blank"
]

export interface Page {
  readonly send: (method: string, params?: object) => Promise<Record<string, unknown>>
  /** The value of an expression in the page. */
  readonly evaluate: (expression: string) => Promise<unknown>
  /** Exceptions, and errors on the console. */
  readonly errors: ReadonlyArray<string>
}

interface Target {
  readonly type: string
  readonly webSocketDebuggerUrl: string
}

/** Opens a page; the browser ends with the scope. */
export const open = (url: string) =>
  Effect.gen(function*() {
    const directory = yield* temporaryDirectory
    const browser = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(program ?? "", [`--user-data-dir=${directory}`, ...FLAGS], { stdio: ["ignore", "ignore", "pipe"] })
      ),
      (child) =>
        Effect.callback<void>((resume) => {
          child.once("close", () => resume(Effect.void))
          child.kill("SIGKILL")
        })
    )
    return yield* Effect.promise(async () => {
      const address = await new Promise<URL>((resolve) => {
        let said = ""
        browser.stderr.on("data", (chunk) => {
          const [found] = /ws:\/\/\S+/.exec(said += chunk) ?? []
          if (found !== undefined) resolve(new URL(found))
        })
      })
      const targets = await (await fetch(`http://${address.host}/json`)).json() as ReadonlyArray<Target> // by the protocol
      const socket = new WebSocket(targets.find(({ type }) => type === "page")?.webSocketDebuggerUrl ?? "")
      await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }))
      const page = connect(socket)
      for (const domain of ["Page", "Runtime", "Log"]) await page.send(`${domain}.enable`)
      await page.send("Page.navigate", { url })
      // The answer to that comes before the style sheet is there.
      while (await page.evaluate("document.readyState") !== "complete") await delay(20)
      return page
    })
  })

const connect = (socket: WebSocket): Page => {
  const errors: Array<string> = []
  const waiting = new Map<number, (result: Record<string, unknown>) => void>()
  let last = 0
  socket.addEventListener("message", ({ data }) => {
    const { id, method, params, result } = JSON.parse(data)
    if (id !== undefined) waiting.get(id)?.(result ?? {})
    else if (method === "Runtime.exceptionThrown") errors.push(JSON.stringify(params.exceptionDetails))
    else if (method === "Log.entryAdded" && params.entry.level === "error") errors.push(params.entry.text)
  })
  const send: Page["send"] = (method, params = {}) =>
    new Promise((resolve) => {
      waiting.set(++last, resolve)
      socket.send(JSON.stringify({ id: last, method, params }))
    })
  return {
    send,
    errors,
    evaluate: async (expression) => {
      const { result } = await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true })
      return (result as { readonly value: unknown }).value // by the protocol
    }
  }
}
