import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { folders, pages } from "../../docs/scripts/pages.ts"

describe("generated pages are up to date (npm run docs)", () => {
  for (const { file, write } of pages) {
    it(file, () => {
      assert.strictEqual(readFileSync(new URL(`../../docs/${file}`, import.meta.url), "utf8"), write())
    })
  }
  for (const { folder, write } of folders) {
    it(folder, () => {
      const directory = new URL(`../../docs/${folder}/`, import.meta.url)
      const written = write()
      assert.sameMembers(readdirSync(directory), written.map(({ file }) => file))
      for (const page of written) {
        assert.strictEqual(readFileSync(new URL(page.file, directory), "utf8"), page.write(), page.file)
      }
    })
  }
})
