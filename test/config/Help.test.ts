import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawnSync } from "node:child_process"
import { answer } from "../../src/config/Answer.ts"
import * as Invocation from "../../src/config/Invocation.ts"
import * as Registry from "../../src/config/Registry.ts"

const ask = (...args: ReadonlyArray<string>) => {
  const invocation = Invocation.parse(args)
  return invocation._tag === "Serve" ? Effect.die(new Error("serves")) : answer(invocation, "1.2.3")
}

const missing = (program: string) => spawnSync(program, ["--version"]).error !== undefined

describe("an invocation that does not serve", () => {
  it.effect("--help names every directive that is not hidden", () =>
    Effect.gen(function*() {
      const { code, stdout } = yield* ask("--help")
      assert.strictEqual(code, 0)
      for (const name of Registry.names) {
        assert.strictEqual(stdout.includes(`  --${name} `), !Registry.get(name).hidden, name)
      }
    }))

  it.effect("--version is in the form that tools know from redis-server", () =>
    Effect.gen(function*() {
      const { stdout } = yield* ask("-v")
      assert.match(stdout, /^Redis server v=7\.0\.15 sha=[0-9a-f]+:0 malloc=\S+ bits=64 build=go-redis-1\.2\.3\n$/)
    }))

  it.effect("--completions for a shell that is not known is refused", () =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* ask("--completions", "csh")
      assert.deepStrictEqual({ code, stdout }, { code: 1, stdout: "" })
      assert.include(stderr, "bash, zsh, fish")
    }))

  it.effect("sentinel mode is refused", () =>
    Effect.gen(function*() {
      const { code, stderr } = yield* ask("x.conf", "--sentinel")
      assert.strictEqual(code, 1)
      assert.include(stderr, "Sentinel mode is not offered")
    }))

  it.effect.skipIf(missing("bash"))("bash completes directives and their values", () =>
    Effect.gen(function*() {
      const { stdout } = yield* ask("--completions", "bash", "go-redis")
      const complete = (...words: ReadonlyArray<string>) => {
        const script = `${stdout}
          COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}
          COMP_LINE='${words.join(" ")}'; COMP_POINT=\${#COMP_LINE}
          $(complete -p go-redis | sed 's/.*-F \\([^ ]*\\).*/\\1/') go-redis '${words.at(-1)}' '${words.at(-2)}'
          printf '%s\\n' "\${COMPREPLY[@]}"`
        return spawnSync("bash", ["--norc", "-c", script], { encoding: "utf8" }).stdout.split("\n")
          .map((word) => word.trim())
      }
      assert.includeMembers(complete("go-redis", "--maxmemory-p"), ["--maxmemory-policy"])
      assert.includeMembers(complete("go-redis", "--maxmemory-policy", "allkeys-l"), ["allkeys-lru", "allkeys-lfu"])
      assert.includeMembers(complete("go-redis", "--appendonly", ""), ["yes", "no"])
    }))
})
