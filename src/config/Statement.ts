/** A configuration file's text as statements. Pure; texts are byte strings. */
import * as Sds from "./Sds.ts"

/** A line that says something. */
export interface Statement {
  readonly line: { readonly number: number; readonly text: string }
  /** The first word in lower case; empty when the line has unbalanced quotes. */
  readonly name: string
  /** The words after it, or nothing when quotes are unbalanced. */
  readonly words: ReadonlyArray<string> | undefined
}

const trim = (line: string): string => line.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "")

/** Reads the statements of a text: comments, blank lines and lines without words say nothing. */
export const parse = (text: string): ReadonlyArray<Statement> => {
  const statements: Array<Statement> = []
  for (const [index, raw] of text.split("\n").entries()) {
    const line = { number: index + 1, text: trim(raw) }
    if (line.text === "" || line.text.startsWith("#")) continue
    const words = Sds.splitWords(line.text)
    const [name, ...rest] = words ?? [""]
    if (name !== undefined) statements.push({ line, name: name.toLowerCase(), words: words && rest })
  }
  return statements
}
