/** The pages lead where they say. */
import { assert, describe, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const repository = fileURLToPath(new URL("../../", import.meta.url))

const pages = [
  "README.md",
  ...readdirSync(join(repository, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join("docs", file))
]

/** The anchor that a heading gets, by GitHub's rule. */
const anchor = (heading: string) => heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").trim().replaceAll(" ", "-")

const anchors = (file: string) =>
  [...readFileSync(file, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchor(heading ?? ""))

describe("the links of the documentation", () => {
  for (const page of pages) {
    it(`exist: ${page}`, () => {
      const text = readFileSync(join(repository, page), "utf8").replace(/^```.*?^```/gms, "")
      const broken = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, link]) => link ?? "")
        .filter((link) => !/^[a-z]+:/.test(link))
        .filter((link) => {
          const [path = "", fragment] = link.split("#")
          const file = path === "" ? join(repository, page) : join(repository, dirname(page), path)
          return !existsSync(file) || (fragment !== undefined && !anchors(file).includes(fragment))
        })
      assert.deepStrictEqual(broken, [])
    })
  }
})
