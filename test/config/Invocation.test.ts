import { assert, describe, it } from "@effect/vitest"
import * as Invocation from "../../src/config/Invocation.ts"

const options = (...args: ReadonlyArray<string>) => {
  const invocation = Invocation.parse(args)
  return invocation._tag === "Serve" ? invocation.options : invocation._tag
}

describe("a command line", () => {
  it("is the text of a configuration file", () => {
    assert.strictEqual(options("--port", "7000", "--dir", "/a b"), "port \"7000\" \ndir \"/a b\" ")
    assert.strictEqual(options("--port 7000"), "port 7000 ")
    assert.strictEqual(options("--replicaof", "127.0.0.1 6379"), "replicaof \"127.0.0.1 6379\" ")
    assert.strictEqual(options("--save", "", "--port", "1"), "save \"\" \nport \"1\" ")
    assert.strictEqual(options("--save", "--port", "1"), "save \"\"\nport \"1\" ")
    assert.strictEqual(options(), "")
  })

  it("begins with a file, or does not", () => {
    const invocation = Invocation.parse(["redis.conf", "--port", "1", "-"])
    assert.deepStrictEqual(invocation, { _tag: "Serve", file: "redis.conf", stdin: true, options: "port \"1\" " })
    assert.deepInclude(Invocation.parse(["-"]), { file: undefined, stdin: true })
    assert.deepInclude(Invocation.parse(["--port", "1"]), { file: undefined, stdin: false })
  })

  it("asks for help, the version or completions only with its first word", () => {
    for (const word of ["-h", "--help"]) assert.deepStrictEqual(Invocation.parse([word]), { _tag: "Help" })
    for (const word of ["-v", "--version"]) assert.deepStrictEqual(Invocation.parse([word]), { _tag: "Version" })
    assert.deepStrictEqual(Invocation.parse(["--completions", "zsh", "x"]), {
      _tag: "Completions",
      shell: "zsh",
      program: "x"
    })
    assert.strictEqual(options("--port", "1", "--help"), "port \"1\" \nhelp ")
  })

  it("is refused when it asks for another program", () => {
    for (const args of [["sentinel.conf", "--sentinel"], ["--sentinel"], ["--test-memory", "5"], ["--check-system"]]) {
      assert.strictEqual(options(...args), "Refused")
    }
  })
})
