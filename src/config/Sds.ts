/** Redis's strings as byte strings (one character for one byte), and how configuration files quote them. */
import { splitLine } from "../resp/InlineSplitter.ts"

const LETTERS: { readonly [char: string]: string } = {
  "\\": "\\\\",
  "\"": "\\\"",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\x07": "\\a",
  "\b": "\\b"
}

/** What C's `%s` prints of it, and its `strcmp` compares: up to the first NUL. */
export const cString = (bytes: string): string => {
  const nul = bytes.indexOf("\0")
  return nul < 0 ? bytes : bytes.slice(0, nul)
}

/** The bytes of a text, as a byte string. */
export const fromText = (text: string): string => Buffer.from(text, "utf8").toString("latin1")

/** The text of a byte string. */
export const toText = (bytes: string): string => Buffer.from(bytes, "latin1").toString("utf8")

/** Cuts a line into words; nothing when its quotes do not match. */
export const splitWords = (line: string): ReadonlyArray<string> | undefined =>
  splitLine(Buffer.from(line, "latin1"))?.map((word) => Buffer.from(word).toString("latin1"))

/** Writes a word in double quotes, so that `splitWords` reads it back. */
export const quote = (word: string): string => {
  let out = "\""
  for (const char of word) {
    const code = char.charCodeAt(0)
    out += LETTERS[char] ?? (code >= 0x20 && code < 0x7f ? char : `\\x${code.toString(16).padStart(2, "0")}`)
  }
  return out + "\""
}
