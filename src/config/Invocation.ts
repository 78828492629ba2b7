/**
 * What a command line asks for. Options become the text of a configuration file, which is how redis-server treats them:
 * `--save 60 1` is the line `save "60" "1"`, appended to the file named first. Pure; texts are byte strings.
 */
import * as Sds from "./Sds.ts"

/** Run the server with a configuration. */
export interface Serve {
  readonly _tag: "Serve"
  readonly file: string | undefined
  /** Read more configuration from the standard input, after the file and before the options. */
  readonly stdin: boolean
  /** The options as lines of a configuration file. */
  readonly options: string
}

export type Invocation =
  | Serve
  | { readonly _tag: "Help" }
  | { readonly _tag: "Version" }
  | { readonly _tag: "Completions"; readonly shell: string; readonly program: string }
  | { readonly _tag: "Refused"; readonly reason: string }

const refused = (reason: string): Invocation => ({ _tag: "Refused", reason })

/** Reads the arguments after the program's name. */
export const parse = (args: ReadonlyArray<string>): Invocation => {
  const argv = args.map(Sds.fromText)
  const [first, second, third] = argv
  switch (first) {
    case "-h":
    case "--help":
      return { _tag: "Help" }
    case "-v":
    case "--version":
      return { _tag: "Version" }
    case "--completions":
      return { _tag: "Completions", shell: second ?? "", program: third ?? "go-redis.sh" }
    case "--test-memory":
    case "--check-system":
      return refused(`${first} is not offered here: it tests the machine, not this server`)
  }
  if (argv.some((word) => word.toLowerCase() === "--sentinel")) {
    return refused("Sentinel mode is not offered here: this server can be watched by a Sentinel, but is none")
  }
  const file = first === undefined || first.startsWith("-") ? undefined : first
  const words = file === undefined ? argv : argv.slice(1)
  return { _tag: "Serve", file, ...readOptions(words, file === undefined) }
}

/** `-` stands for the standard input as the very first or the very last argument. */
const readOptions = (words: ReadonlyArray<string>, atStart: boolean): { stdin: boolean; options: string } => {
  const lines: Array<string> = []
  let line: string | undefined
  let stdin = false
  // The word after a bare option is its value even if it looks like an option
  let mayBeOption = true
  for (const [index, word] of words.entries()) {
    if (word === "-" && ((index === 0 && atStart) || index === words.length - 1)) {
      stdin = true
    } else if (mayBeOption && word.startsWith("--")) {
      if (line !== undefined) lines.push(line)
      line = `${word.slice(2)} `
      const bare = Sds.splitWords(word)?.length === 1
      mayBeOption = !bare
      if (bare && word.toLowerCase() === "--save" && (words[index + 1] ?? "--").startsWith("--")) {
        line += "\"\""
        mayBeOption = true
      }
    } else {
      line = `${line ?? ""}${Sds.quote(word)} `
      mayBeOption = true
    }
  }
  return { stdin, options: line === undefined ? "" : [...lines, line].join("\n") }
}
