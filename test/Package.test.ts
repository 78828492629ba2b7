/** The library as an app gets it: compiled, installed under its name, imported through its `exports`. */
import { assert, layer } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { spawnSync } from "node:child_process"
import { copyFileSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { temporaryDirectory } from "./support/ServerProcess.ts"

const repository = dirname(dirname(fileURLToPath(import.meta.url)))

const node = (cwd: string, ...args: ReadonlyArray<string>): string => {
  const { status, stderr, stdout } = spawnSync(process.execPath, args, { cwd, encoding: "utf8" })
  assert.strictEqual(status, 0, stdout + stderr)
  return stdout
}

const tsc = join(repository, "node_modules/typescript/bin/tsc")
const rolldown = join(repository, "node_modules/rolldown/bin/cli.mjs")

/** An app that has the library, and what the library depends on, among its packages. */
class App extends Context.Service<App, { readonly directory: string; readonly library: string }>()("App") {}

const app = Effect.gen(function*() {
  const directory = yield* temporaryDirectory
  const library = join(directory, "node_modules/go-redis")
  mkdirSync(library, { recursive: true })
  copyFileSync(join(repository, "package.json"), join(library, "package.json"))
  const dist = join(library, "dist")
  node(repository, tsc, "--project", ".config/tsconfig.build.json", "--outDir", dist)
  node(repository, rolldown, "--config", ".config/rolldown.config.ts", "--dir", dist, "--log-level", "warn")
  for (const name of ["effect", "@effect", "@types", "vitest"]) {
    symlinkSync(join(repository, "node_modules", name), join(directory, "node_modules", name))
  }
  writeFileSync(join(directory, "package.json"), `{ "type": "module" }`)
  // Nothing but what a new project has
  writeFileSync(join(directory, "tsconfig.json"), `{ "compilerOptions": { "strict": true, "noEmit": true } }`)
  return { directory, library }
})

// Compiled once for all of them
layer(Layer.effect(App, app))("the package", (it) => {
  it.effect("is imported by subpath, with its types, and not by the daemon's", () =>
    Effect.gen(function*() {
      const { directory } = yield* App
      writeFileSync(
        join(directory, "app.ts"),
        `import * as Effect from "effect/Effect"
         import { stringMatch } from "go-redis/memory/Glob"
         import { Store } from "go-redis/store/Store"
         const key: string = Store.key
         const matches: boolean = stringMatch(Buffer.from("a*"), Buffer.from("abc"))
         // @ts-expect-error it takes bytes: were the types lost, this would compile
         stringMatch("a*", "abc")
         Effect.runSync(Effect.sync(() => process.stdout.write(key + " " + matches)))`
      )
      node(directory, tsc)
      assert.strictEqual(
        node(directory, "--disable-warning=ExperimentalWarning", "app.ts"),
        "go-redis/store/Store true"
      )

      const daemon = spawnSync(process.execPath, ["--eval", "await import('go-redis/main')"], { cwd: directory })
      assert.include(daemon.stderr.toString(), "ERR_PACKAGE_PATH_NOT_EXPORTED")
    }))

  it.effect("type-checks and runs the examples", () =>
    Effect.gen(function*() {
      const { directory } = yield* App
      cpSync(join(repository, "docs/examples"), join(directory, "examples"), { recursive: true })
      node(directory, tsc)
      const run = (example: string) => node(directory, join("examples", example, "main.ts"))
      assert.strictEqual(run("custom-command"), "[3,1,null]\n")
      assert.strictEqual(run("queue").split("\n").length, 21)
      assert.sameMembers(run("tracing").trim().split(", "), ["SET", "GET", "checkout", "connection"])
    }))

  it.effect("does nothing when it is imported", () =>
    Effect.gen(function*() {
      const { directory } = yield* App
      writeFileSync(
        join(directory, "import.js"),
        `const seen = () => [...Reflect.ownKeys(globalThis), ...process.eventNames()].map(String)
         const before = seen()
         await import("go-redis")
         process.stdout.write(JSON.stringify([seen().slice(before.length), process.getActiveResourcesInfo()]))`
      )
      const [left, resources] = JSON.parse(node(directory, "import.js"))
      assert.deepStrictEqual(left, [])
      // The compiler of the imports may still be at work, the standard output is the test's
      assert.deepStrictEqual(resources.filter((name: string) => !/^(Pipe|TTY|File|FSReq|Immediate)/.test(name)), [])
    }))

  it.effect("loads few modules, and none of Effect's heavy ones until they are needed", () =>
    Effect.gen(function*() {
      const { directory } = yield* App
      const loaded = (program: string): ReadonlyArray<string> => {
        writeFileSync(
          join(directory, "loaded.js"),
          `import { registerHooks } from "node:module"
           const urls = []
           registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) })
           ${program}
           process.stdout.write(JSON.stringify(urls))`
        )
        const urls: ReadonlyArray<string> = JSON.parse(node(directory, "loaded.js"))
        return urls.filter((url) => url.startsWith("file:"))
      }
      const heavy = /Schema|FileSystem|platform-node|\/(persistence|sql|http|socket|crypto)\//
      const started = loaded(`const { startServer } = await import("go-redis")
        await using server = await startServer({ maxmemory: "64mb", save: "900 1" })`)
      const own = started.filter((url) => url.includes("/go-redis/"))
      assert.isBelow(own.length, 25)
      assert.isBelow(started.length, 130)
      assert.deepStrictEqual(started.filter((url) => heavy.test(url) && !own.includes(url)), [])

      assert.isBelow(loaded(`await import("go-redis/memory/Glob")`).length, 5)

      const stores = loaded(`const { Embedded, KeyValueStore } = await import("go-redis")
        const Effect = await import("effect/Effect")
        const Store = await import("effect/persistence/KeyValueStore")
        const store = KeyValueStore.layer().pipe((await import("effect/Layer")).provide(Embedded.layer()))
        const kept = Store.KeyValueStore.use((store) => Effect.andThen(store.set("k", "v"), store.get("k")))
        const value = await Effect.runPromise(Effect.provide(kept, store))
        if (value !== "v") throw new Error(value)`)
      assert.isAbove(stores.length, started.length)
    }))

  it.effect("is one library, however its modules are imported", () =>
    Effect.gen(function*() {
      const { directory } = yield* App
      writeFileSync(
        join(directory, "same.js"),
        `import * as library from "go-redis"
         import { Store } from "go-redis/store/Store"
         import * as Reply from "go-redis/resp/Reply"
         process.stdout.write(String(Store === library.Store && Reply.integer === library.Reply.integer))`
      )
      assert.strictEqual(node(directory, "same.js"), "true")
    }))

  it.effect("brings the daemon as a program", () =>
    Effect.gen(function*() {
      const { directory, library } = yield* App
      assert.include(node(directory, join(library, "dist/main.js"), "--version"), "Redis server v=7.0.15")
    }))
})
