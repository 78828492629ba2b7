/**
 * Writes the files that follow from the code, `npm run docs`. A test holds them against what this would
 * write, so that none of them grows old.
 */
import { writeFileSync } from "node:fs"
import { pages } from "./scripts/pages.ts"

for (const { file, write } of pages) writeFileSync(new URL(file, import.meta.url), write())
