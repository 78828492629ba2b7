/** The files that a pattern of `include` names, like C's `glob`: wildcards within a path's parts, sorted by bytes. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { stringMatch } from "../memory/Glob.ts"

const WILDCARD = /[*?[]/

/** Whether a path is a pattern. */
export const isPattern = (path: string): boolean => WILDCARD.test(path)

/** The paths that match, absolute or as relative as the pattern; none when nothing does. */
export const expand = (pattern: string, directory: string): ReadonlyArray<string> => {
  let found = [pattern.startsWith("/") ? "/" : ""]
  for (const part of pattern.split("/").filter((name) => name !== "")) {
    found = found.flatMap((parent) =>
      isPattern(part)
        ? namesIn(Path.resolve(directory, parent), part).map((name) => Path.join(parent, name))
        : [Path.join(parent, part)]
    )
  }
  return found.filter((path) => Fs.existsSync(Path.resolve(directory, path)))
}

const namesIn = (directory: string, part: string): ReadonlyArray<string> => {
  const pattern = Buffer.from(part.replaceAll("[!", "[^"))
  try {
    return Fs.readdirSync(directory)
      .filter((name) => (part.startsWith(".") || !name.startsWith(".")) && stringMatch(pattern, Buffer.from(name)))
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  } catch {
    return []
  }
}
