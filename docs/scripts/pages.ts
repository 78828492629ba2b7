/** The files that are generated, and how. */
import { commandReference } from "./commands.ts"
import { configuration } from "./configuration.ts"
import { methods } from "./methods.ts"

export interface Page {
  /** Its path from `docs/`. */
  readonly file: string
  /** Its text, formatted as the formatter wants it. */
  readonly write: () => string
}

export const pages: ReadonlyArray<Page> = [
  { file: "commands.md", write: commandReference },
  { file: "configuration.md", write: configuration },
  { file: "../src/embed/typed/Methods.ts", write: methods }
]
