/** The registry's word on which directives have an effect is held against the code that reads them. */
import { assert, it } from "@effect/vitest"
import { globSync, readFileSync } from "node:fs"
import * as Registry from "../../src/config/Registry.ts"

const src = new URL("../../src/", import.meta.url)

// The configuration acts on them itself
const OWN: ReadonlyArray<string> = ["daemonize", "dir", "enable-protected-configs"]

// Makes what Node's sockets take of the directives, for those who open them
const USED_IN_CONFIG = "config/Tls.ts"

// INFO shows values; that alone is no effect
const SHOWN_BY = "inspect/ServerInfo.ts"

const READ = /\bvalues(?:\.|\[")([a-z_-]+)/g

it("a directive has an effect exactly if the code outside src/config reads config.values[it]", () => {
  const read = new Set(OWN)
  const shown = new Set<string>()
  for (const file of [...globSync("**/*.ts", { cwd: src, exclude: ["config/**"] }), USED_IN_CONFIG]) {
    for (const [, name] of readFileSync(new URL(file, src), "utf8").matchAll(READ)) {
      if (file === SHOWN_BY) shown.add(name ?? "")
      else read.add(name ?? "")
    }
  }
  const says = (effect: "yes" | "not yet") => Registry.names.filter((name) => Registry.get(name).effect === effect)
  assert.deepStrictEqual(
    says("not yet").filter((name) => read.has(name)),
    [],
    "is read now: write effect: \"yes\" into its entry in src/config/directives and run npm run docs"
  )
  assert.deepStrictEqual(
    says("yes").filter((name) => !read.has(name) && !shown.has(name)),
    [],
    "says that it has an effect, but nobody reads it"
  )
})
