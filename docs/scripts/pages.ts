/** The files that are generated, and how. */
import { api } from "./api.ts"
import { commandReference } from "./commands.ts"
import { configuration } from "./configuration.ts"
import { methods } from "./methods.ts"

export interface Page {
  /** Its path from `docs/`, or from its folder. */
  readonly file: string
  /** Its text, formatted as the formatter wants it. */
  readonly write: () => string
}

export const pages: ReadonlyArray<Page> = [
  { file: "commands.md", write: commandReference },
  { file: "configuration.md", write: configuration },
  { file: "../src/embed/typed/Methods.ts", write: methods }
]

/** Folders whose files all are generated, from `docs/`; what they hold. */
export const folders: ReadonlyArray<{ readonly folder: string; readonly write: () => ReadonlyArray<Page> }> = [
  { folder: "api", write: api }
]
