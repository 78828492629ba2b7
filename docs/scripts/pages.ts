/** The pages that are generated, and how. */
import { commandReference } from "./commands.ts"
import { configuration } from "./configuration.ts"

export interface Page {
  /** Its name in `docs/`. */
  readonly file: string
  /** Its text, formatted as the formatter wants it. */
  readonly write: () => string
}

export const pages: ReadonlyArray<Page> = [
  { file: "commands.md", write: commandReference },
  { file: "configuration.md", write: configuration }
]
