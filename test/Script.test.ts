/**
 * `go-redis.sh`, tried on a stand-in checkout: the script itself beside a server that tells how it was called, and an npm
 * that installs nothing but a Node. The real first start, with the real npm, is slow and runs in CI only.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { spawn, spawnSync } from "node:child_process"
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { start, temporaryDirectory } from "./support/ServerProcess.ts"

const repository = dirname(dirname(fileURLToPath(import.meta.url)))

const server = `
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => { console.log(signal); process.exit(0) })
  const [, , what = "", ...rest] = process.argv
  if (what === "exit") process.exit(Number(rest[0]))
  if (what === "wait") setInterval(() => {}, 1000)
  if (what === "stdin") process.stdin.pipe(process.stdout)
  else console.log(JSON.stringify({ pid: process.pid, cwd: process.cwd(), args: process.argv.slice(2) }))
`

/** Writes an executable shell script. */
const script = (path: string, ...lines: ReadonlyArray<string>) => {
  mkdirSync(dirname(path), { recursive: true })
  rmSync(path, { force: true }) // it may be a link to something real
  writeFileSync(path, ["#!/bin/sh", ...lines, ""].join("\n"))
  chmodSync(path, 0o755)
}

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

interface Options {
  /** The script or a link to it. */
  readonly command?: string
  readonly cwd?: string
  readonly path?: string
  readonly input?: string
  /** Sends a signal once the output, of either kind, contains the text. */
  readonly signalAfter?: readonly [text: string, signal: NodeJS.Signals]
}

const checkout = Effect.gen(function*() {
  const directory = yield* temporaryDirectory
  const root = join(directory, "check out") // a space, because paths have them
  const bin = join(directory, "bin")
  mkdirSync(join(root, "src"), { recursive: true })
  writeFileSync(join(root, "package.json"), "{\"type\":\"module\"}")
  writeFileSync(join(root, "package-lock.json"), "first")
  writeFileSync(join(root, "src/main.ts"), server)
  copyFileSync(join(repository, "go-redis.sh"), join(root, "go-redis.sh"))
  chmodSync(join(root, "go-redis.sh"), 0o755)
  const npmLog = join(directory, "npm.log")
  const npm = (...lines: ReadonlyArray<string>) =>
    script(
      join(bin, "npm"),
      `echo "$PWD: $*" >> '${npmLog}'`,
      "echo output of npm",
      ...lines,
      "mkdir -p node_modules/.bin",
      `ln -sf '${process.execPath}' node_modules/.bin/node`,
      "touch node_modules/.package-lock.json"
    )
  npm()
  const run = (args: ReadonlyArray<string>, options: Options = {}): Effect.Effect<Ended, never, Scope.Scope> =>
    Effect.callback((resume) => {
      const child = spawn(options.command ?? join(root, "go-redis.sh"), args, {
        cwd: options.cwd ?? directory,
        env: { ...process.env, PATH: options.path ?? `${bin}:/usr/bin:/bin` }
      })
      let stdout = ""
      let stderr = ""
      let pending = options.signalAfter
      const check = () => {
        if (pending === undefined || !(stdout + stderr).includes(pending[0])) return
        child.kill(pending[1])
        pending = undefined
      }
      child.stdout.on("data", (chunk: Buffer) => {
        stdout += chunk.toString()
        check()
      })
      child.stderr.on("data", (chunk: Buffer) => {
        stderr += chunk.toString()
        check()
      })
      child.stdin.on("error", () => {})
      child.stdin.end(options.input)
      child.once("close", (code, signal) => resume(Effect.succeed({ code, signal, stdout, stderr })))
      return Effect.sync(() => child.kill("SIGKILL"))
    })
  const calls = () => existsSync(npmLog) ? readFileSync(npmLog, "utf8").trim().split("\n") : []
  return { directory, root, bin, npm, run, calls, lock: join(root, ".install-lock") }
})

const told = (ended: Ended) => JSON.parse(ended.stdout) as { cwd: string; args: Array<string> }

describe("go-redis.sh", () => {
  it.live("hands arguments, input, working directory and exit code through, from any folder and any chain of links", () =>
    Effect.gen(function*() {
      const { directory, root, run } = yield* checkout
      mkdirSync(join(directory, "a/b"), { recursive: true })
      symlinkSync("../../check out/go-redis.sh", join(directory, "a/b/relative"))
      symlinkSync("b/relative", join(directory, "a/again"))
      symlinkSync(join(directory, "a"), join(directory, "folder"))
      const args = ["conf file", "--save", "", "--replicaof", "host 1", "*"]
      const calls: ReadonlyArray<Options> = [
        { command: join(directory, "a/b/relative"), cwd: "/" },
        { command: "./a/again" },
        { command: "../folder/again", cwd: join(directory, "a") },
        { command: "./go-redis.sh", cwd: root }
      ]
      for (const options of calls) {
        const { args: seen, cwd } = told(yield* run(args, options))
        assert.deepStrictEqual(seen, args)
        assert.strictEqual(cwd, options.cwd ?? directory)
      }
      assert.strictEqual((yield* run(["exit", "3"])).code, 3)
      assert.strictEqual((yield* run(["stdin"], { input: "port 7000\n" })).stdout, "port 7000\n")
    }))

  it.live("becomes the server, so that its signals are the server's", () =>
    Effect.gen(function*() {
      const { run } = yield* checkout
      for (const signal of ["SIGTERM", "SIGINT"] as const) {
        const ended = yield* run(["wait"], { signalAfter: ["pid", signal] })
        assert.strictEqual(ended.code, 0)
        assert.include(ended.stdout, signal)
      }
    }))

  it.live("installs at the first start only, and keeps stdout for the server", () =>
    Effect.gen(function*() {
      const { calls, root, run } = yield* checkout
      const first = yield* run(["x"])
      assert.deepStrictEqual(told(first).args, ["x"])
      assert.include(first.stderr, "first start: installing")
      assert.include(first.stderr, "output of npm")
      const second = yield* run(["y"])
      assert.deepStrictEqual(told(second).args, ["y"])
      assert.strictEqual(second.stderr, "")
      assert.deepStrictEqual(calls(), [`${root}: ci --ignore-scripts --no-audit --no-fund --loglevel=error`])
    }))

  it.live("installs again when the lock file has changed, and not what npm installed by hand", () =>
    Effect.gen(function*() {
      const { calls, directory, root, run } = yield* checkout
      yield* run(["x"])
      writeFileSync(join(root, "package-lock.json"), "second")
      yield* run(["x"])
      assert.strictEqual(calls().length, 2)

      writeFileSync(join(root, "package-lock.json"), "third")
      spawnSync(join(directory, "bin/npm"), ["ci"], { cwd: root })
      yield* run(["x"])
      assert.strictEqual(calls().length, 3)
    }))

  it.live("leaves a linked node_modules alone", () =>
    Effect.gen(function*() {
      const { calls, directory, root, run } = yield* checkout
      script(join(directory, "elsewhere/.bin/node"), `exec '${process.execPath}' "$@"`)
      symlinkSync(join(directory, "elsewhere"), join(root, "node_modules"))
      assert.deepStrictEqual(told(yield* run(["x"])).args, ["x"])
      assert.deepStrictEqual(calls(), [])
    }))

  it.live("installs once when several first starts run side by side", () =>
    Effect.gen(function*() {
      const { calls, lock, npm, run } = yield* checkout
      npm("sleep 1")
      const all = yield* Effect.all([run(["a"]), run(["b"]), run(["c"])], { concurrency: "unbounded" })
      assert.deepStrictEqual(all.map((ended) => told(ended).args), [["a"], ["b"], ["c"]])
      assert.strictEqual(calls().length, 1)
      assert.isFalse(existsSync(lock))
    }))

  it.live("does an install over that failed or was interrupted", () =>
    Effect.gen(function*() {
      const { calls, lock, npm, run } = yield* checkout
      npm("exit 1")
      const failed = yield* run(["x"])
      assert.strictEqual(failed.code, 1)
      assert.strictEqual(failed.stdout, "")
      assert.include(failed.stderr, "npm could not install the packages")

      npm("trap 'kill $!; exit 1' TERM", "sleep 15 & wait") // npm ends with 1 when it is told to
      const interrupted = yield* run(["x"], { signalAfter: ["output of npm", "SIGTERM"] })
      assert.strictEqual(interrupted.code, 143)
      assert.isFalse(existsSync(lock))

      npm()
      assert.deepStrictEqual(told(yield* run(["x"])).args, ["x"])
      assert.strictEqual(calls().length, 3)
    }))

  it.live("takes the lock of a start over that died while it installed", () =>
    Effect.gen(function*() {
      const { lock, run } = yield* checkout
      const dead = spawnSync("true").pid
      mkdirSync(lock)
      writeFileSync(join(lock, "pid"), `${dead}\n`)
      assert.deepStrictEqual(told(yield* run(["x"])).args, ["x"])
      assert.isFalse(existsSync(lock))
    }))

  it.live("runs on the system's Node where the packaged one does not start, if that is new enough", () =>
    Effect.gen(function*() {
      const { bin, root, run } = yield* checkout
      yield* run(["x"])
      script(join(root, "node_modules/.bin/node"), "exit 127")
      for (const version of ["v20.20.2", "v22.18.9", "junk", ""]) {
        script(join(bin, "node"), `echo ${version}`)
        const refused = yield* run(["x"])
        assert.strictEqual(refused.code, 1, version)
        assert.include(refused.stderr, "no Node that can run it")
      }
      for (const version of ["v22.19.0", "v24.0.0", "v101.2.3"]) {
        script(
          join(bin, "node"),
          `[ "$*" != --version ] || { echo ${version}; exit; }`,
          `exec '${process.execPath}' "$@"`
        )
        assert.deepStrictEqual(told(yield* run(["x"])).args, ["x"], version)
      }
    }))

  it.live("says so where npm is missing, and writes nothing", () =>
    Effect.gen(function*() {
      const { directory, root, run } = yield* checkout
      const path = join(directory, "few")
      mkdirSync(path)
      for (const tool of ["cmp", "find", "readlink"]) symlinkSync(`/usr/bin/${tool}`, join(path, tool))
      const ended = yield* run(["x"], { path })
      assert.strictEqual(ended.code, 1)
      assert.include(ended.stderr, "the first start needs npm")
      assert.deepStrictEqual(readdirSync(root).sort(), ["go-redis.sh", "package-lock.json", "package.json", "src"])
    }))

  describe.skipIf(process.env["CI"] === undefined)("in a clean clone (CI only)", () => {
    it.live(
      "installs, serves, and ends by SIGTERM with 0; later starts need no network and no npm",
      () =>
        Effect.gen(function*() {
          const directory = yield* temporaryDirectory
          const clone = join(directory, "clone")
          spawnSync("git", ["clone", "--quiet", repository, clone])
          for (const env of [{}, { PATH: "/nowhere:/usr/bin:/bin", npm_config_offline: "true" }]) {
            yield* Effect.scoped(Effect.gen(function*() {
              const server = yield* start([join(clone, "go-redis.sh")], { env })
              server.signal("SIGTERM")
              assert.deepStrictEqual(yield* server.exit, { code: 0, signal: null })
            }))
          }
        }),
      600_000
    )
  })
})
