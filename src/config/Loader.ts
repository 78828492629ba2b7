/**
 * Reads the configuration of a start: defaults, then the environment, then the file with what it includes, the standard
 * input and the options, as one text in which the last word on a directive counts. What it cannot take stops it with
 * redis-server's own words.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { ConfigFileError } from "./ConfigError.ts"
import { systemText } from "./directives/Directory.ts"
import * as Environment from "./Environment.ts"
import * as FileGlob from "./FileGlob.ts"
import type { Serve } from "./Invocation.ts"
import * as Registry from "./Registry.ts"
import * as Sds from "./Sds.ts"
import { Settings } from "./Settings.ts"
import * as Statement from "./Statement.ts"

/** Where configuration comes from. */
export interface Sources {
  readonly invocation: Serve
  readonly environment: { readonly [variable: string]: string | undefined }
  /** Reads the standard input to its end, as bytes. */
  readonly stdin: () => Uint8Array
  /** The directory that the process was started in. */
  readonly directory: string
}

/** A configuration that was read. */
export interface Loaded {
  readonly settings: Settings
  /** Absolute path of the configuration file. */
  readonly file: string | undefined
  /** The `user` and `rename-command` lines, for those who know users and commands. */
  readonly statements: ReadonlyArray<Statement.Statement>
}

/** Reads everything; throws a `ConfigFileError`. */
export const loadUnsafe = (sources: Sources): Loaded => {
  const { invocation } = sources
  const settings = new Settings(Sds.fromText(Fs.realpathSync(sources.directory)))
  for (const { name, variable, words } of Environment.read(sources.environment)) {
    const reason = settings.assign(name, words, "first")
    if (reason !== undefined) throw new ConfigFileError({ reason: `${variable}: ${reason}` })
  }
  const file = invocation.file === undefined
    ? undefined
    : Path.resolve(sources.directory, Sds.toText(invocation.file))
  const text = (file === undefined ? "" : readText(file, file))
    + (invocation.stdin ? Buffer.from(sources.stdin()).toString("latin1") : "") + `\n${invocation.options}`
  const run = new Run(settings)
  run.text(text, 0)
  checkTogether(settings)
  return { settings, file, statements: run.kept }
}

const unreadable = (name: string, reason: string): ConfigFileError =>
  new ConfigFileError({ reason: `Fatal error, can't open config file '${name}': ${reason}`, logged: true })

/** The text of a file; `name` is what the error calls it. */
const readText = (path: string, name: string): string => {
  try {
    // A NUL ends the line that it is in for C, its line break included
    return Fs.readFileSync(path, "latin1").replace(/\0[^\n]*\n?/g, "")
  } catch (error) {
    const reason = systemText(error)
    // C opens a directory like a file and finds it empty
    if (reason === "Is a directory") return ""
    throw unreadable(name, reason)
  }
}

const BAD_DIRECTIVE = "Bad directive or wrong number of arguments"
// Redis takes them without effect, for the sake of old files
const OBSOLETE = ["list-max-ziplist-entries", "list-max-ziplist-value", "lua-replicate-commands"]
const MOST_NESTED = 100

/** One reading of a configuration. */
class Run {
  readonly kept: Array<Statement.Statement> = []
  readonly #settings: Settings
  readonly #given = new Set<Registry.Name>()
  // Redis takes what follows an included file for changes: its save points replace those before
  #cameBack = false

  constructor(settings: Settings) {
    this.#settings = settings
  }

  text(text: string, depth: number): void {
    this.#cameBack = false
    for (const statement of Statement.parse(text)) {
      const reason = this.#statement(statement, depth)
      if (reason !== undefined) throw new ConfigFileError({ reason, line: shown(statement) })
    }
  }

  /** Takes a statement, or says why not. */
  #statement(statement: Statement.Statement, depth: number): string | undefined {
    const { name, words } = statement
    if (words === undefined) return "Unbalanced quotes in configuration line"
    const entry = Registry.find(name)
    if (entry !== undefined) return this.#directive(entry, words)
    const [first] = words
    switch (name) {
      case "include":
        return first === undefined || words.length > 1 ? BAD_DIRECTIVE : this.#include(Sds.toText(first), depth)
      case "rename-command":
        return words.length === 2 ? this.#keep(statement) : BAD_DIRECTIVE
      case "user":
        return first === undefined ? BAD_DIRECTIVE : this.#keep(statement)
      case "loadmodule":
        return first === undefined ? BAD_DIRECTIVE : "Redis modules are native code and cannot be loaded here"
      case "sentinel":
        return first === undefined ? undefined : "sentinel directive while not in sentinel mode"
      default:
        return OBSOLETE.includes(name) && words.length === 1 ? undefined : BAD_DIRECTIVE
    }
  }

  #directive({ canonical, directive }: Registry.Entry, words: ReadonlyArray<string>): string | undefined {
    const [only] = words
    const split = directive.codec.spaced && words.length === 1 && only !== undefined && only !== ""
    const giving = this.#given.has(canonical) && !this.#cameBack ? "more" : "first"
    this.#given.add(canonical)
    return this.#settings.assign(canonical, split ? Sds.splitWords(only) ?? [] : words, giving)
  }

  #keep(statement: Statement.Statement): undefined {
    this.kept.push(statement)
  }

  #include(path: string, depth: number): string | undefined {
    if (depth >= MOST_NESTED) return "Files include each other without end"
    // `dir` may have changed where relative paths start
    const directory = this.#settings.values.dir
    const paths = FileGlob.isPattern(path) ? FileGlob.expand(path, directory) : [path]
    for (const one of paths) {
      if (one === "") throw unreadable(one, "No such file or directory")
      this.text(readText(Path.resolve(directory, one), one), depth + 1)
    }
    this.#cameBack = true
    return undefined
  }
}

const shown = ({ line }: Statement.Statement) => ({ number: line.number, text: Sds.toText(line.text) })

/** What only the whole configuration can tell. */
const checkTogether = ({ values }: Settings): void => {
  if (values.logfile !== "") {
    try {
      Fs.closeSync(Fs.openSync(Path.resolve(values.dir, values.logfile), "a"))
    } catch (error) {
      throw new ConfigFileError({ reason: `Can't open the log file: ${systemText(error)}` })
    }
  }
  if (values["cluster-enabled"] && values.replicaof !== undefined) {
    throw new ConfigFileError({ reason: "replicaof directive not allowed in cluster mode" })
  }
}
