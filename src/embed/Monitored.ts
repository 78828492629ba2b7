/** What MONITOR tells of a command, read from its line. */

export interface Monitored {
  /** Unix milliseconds. */
  readonly time: number
  readonly db: number
  /** `127.0.0.1:51234`, `unix:/path`, or `lua` for a command within another one. */
  readonly client: string
  readonly args: ReadonlyArray<string>
}

const LETTERS: { readonly [letter: string]: number } = { n: 0x0a, r: 0x0d, t: 0x09, a: 0x07, b: 0x08 }

/** The bytes of an argument, read as UTF-8: `\xNN` and letters behind a backslash stand for bytes. */
const unquoted = (text: string): string => {
  const bytes: Array<number> = []
  for (let at = 0; at < text.length; at++) {
    const letter = text[at + 1] ?? ""
    if (text[at] !== "\\") bytes.push(text.charCodeAt(at))
    else if (letter === "x") {
      bytes.push(Number.parseInt(text.slice(at + 2, at + 4), 16))
      at += 3
    } else {
      bytes.push(LETTERS[letter] ?? letter.charCodeAt(0))
      at++
    }
  }
  return Buffer.from(bytes).toString()
}

/** Reads `1339518083.107412 [0 127.0.0.1:60866] "set" "a" "1"`. */
export const parse = (line: string): Monitored => {
  const [, seconds = "0", db = "0", client = "", rest = ""] = /^(\S+) \[(\d+) (.*?)\] (.*)$/s.exec(line) ?? []
  return {
    time: Number(seconds) * 1000,
    db: Number(db),
    client,
    args: Array.from(rest.matchAll(/"((?:[^"\\]|\\.)*)"/g), ([, text = ""]) => unquoted(text))
  }
}
