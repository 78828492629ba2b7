/**
 * Writes the files that follow from the code, `npm run docs`. A test holds them against what this would
 * write, so that none of them grows old.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { folders, pages } from "./scripts/pages.ts"

for (const { file, write } of pages) writeFileSync(new URL(file, import.meta.url), write())
for (const { folder, write } of folders) {
  const directory = new URL(`${folder}/`, import.meta.url)
  const written = write()
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory)
  for (const page of written) writeFileSync(new URL(page.file, directory), page.write())
}
