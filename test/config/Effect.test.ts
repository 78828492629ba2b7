/** The registry's word on which directives have an effect is held against the code that reads them. */
import { assert, it } from "@effect/vitest"
import { globSync, readFileSync } from "node:fs"
import * as Registry from "../../src/config/Registry.ts"

const src = new URL("../../src/", import.meta.url)

// The configuration acts on them itself
const OWN: ReadonlyArray<string> = ["dir", "enable-protected-configs"]

const READ = /\bvalues(?:\.|\[")([a-z_-]+)/g

it("a directive has an effect exactly if the code outside src/config reads config.values[it]", () => {
  const read = new Set(OWN)
  for (const file of globSync("**/*.ts", { cwd: src, exclude: ["config/**"] })) {
    for (const [, name] of readFileSync(new URL(file, src), "utf8").matchAll(READ)) read.add(name ?? "")
  }
  const says = (effect: "yes" | "not yet") => Registry.names.filter((name) => Registry.get(name).effect === effect)
  assert.deepStrictEqual(
    says("not yet").filter((name) => read.has(name)),
    [],
    "is read now: write effect: \"yes\" into its entry in src/config/directives and run npm run docs"
  )
  assert.deepStrictEqual(
    says("yes").filter((name) => !read.has(name)),
    [],
    "says that it has an effect, but nobody reads it"
  )
})
