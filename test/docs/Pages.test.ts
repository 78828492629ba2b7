import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { pages } from "../../docs/scripts/pages.ts"

describe("generated pages are up to date (npm run docs)", () => {
  for (const { file, write } of pages) {
    it(file, () => {
      assert.strictEqual(readFileSync(new URL(`../../docs/${file}`, import.meta.url), "utf8"), write())
    })
  }
})
