/**
 * What `--help`, `--version` and `--completions` print, made from the registry. Loaded only when asked for: the shell
 * scripts come from Effect's command-line package, which a start should not wait for.
 */
import * as Completions from "effect/cli/Completions"
import { REDIS_VERSION } from "./ConfigError.ts"
import type { Directive } from "./Directive.ts"
import * as Registry from "./Registry.ts"
import { Settings } from "./Settings.ts"

const COLUMN = 30

const USAGE = `Usage: go-redis.sh [/path/to/redis.conf] [--<directive> <value>...]... [-]

A data store that speaks Redis ${REDIS_VERSION}.

  go-redis.sh                                        start with the defaults
  go-redis.sh /etc/redis.conf --port 7000            start with a file; options count more than it
  go-redis.sh --save 60 1 --save 30 1000             several values, and a directive several times
  go-redis.sh --replicaof "127.0.0.1 6379"           the values of a directive in one word
  echo 'maxmemory 1gb' | go-redis.sh -               read a configuration from the standard input
  GO_REDIS_MAXMEMORY=1gb go-redis.sh                 directives as environment variables

      --help                  show this
      --version               show the version
      --completions <shell>   print a script for bash, zsh or fish; another word names the program it is for
`

/** The text of `--help`. */
export const help = (): string => {
  const defaults = new Settings(".")
  const sections = Registry.sections.map(({ names, title }) => {
    const shown = names.filter((name) => !Registry.get(name).hidden)
    return `\n${title}:\n${shown.map((name) => describe(name, Registry.get(name), defaults.text(name))).join("")}`
  })
  return USAGE + sections.join("")
}

const describe = (name: string, directive: Directive, byDefault: string): string => {
  const head = `  --${name} ${directive.codec.syntax}`
  const details = [
    ...(byDefault === "" ? [] : [`default ${byDefault}`]),
    ...(directive.effect === "yes" ? [] : ["no effect yet"])
  ]
  const doc = `${directive.doc}${details.length === 0 ? "" : ` (${details.join("; ")})`}\n`
  const gap = head.length < COLUMN ? " ".repeat(COLUMN - head.length) : `\n${" ".repeat(COLUMN)}`
  return head + gap + doc
}

/** The line of `--version`, in the form that tools read the version from. */
export const version = (packageVersion: string): string =>
  `Redis server v=${REDIS_VERSION} sha=00000000:0 malloc=libc bits=64 build=go-redis-${packageVersion}\n`

/** The shells that there are completions for. */
export const shells = ["bash", "zsh", "fish"] as const

/** A completion script for a program of this name. */
export const completions = (shell: typeof shells[number], program: string): string =>
  Completions.generate(program, shell, {
    name: program,
    description: undefined,
    subcommands: [],
    arguments: [{
      name: "config",
      description: "Configuration file",
      required: false,
      variadic: false,
      type: { _tag: "Path", pathType: "file" }
    }],
    flags: [
      flag("help", "Show all directives", { _tag: "Boolean" }),
      flag("version", "Show the version", { _tag: "Boolean" }),
      flag("completions", "Print a completion script", { _tag: "Choice", values: shells }),
      ...Registry.entries.filter(({ directive }) => !directive.hidden).map(({ directive, name }) =>
        flag(name, directive.doc, typeOf(directive))
      )
    ]
  })

const flag = (name: string, description: string, type: Completions.FlagType): Completions.FlagDescriptor => ({
  name,
  aliases: [],
  description,
  type,
  negation: false
})

const typeOf = ({ codec }: Directive): Completions.FlagType =>
  codec.choices.length > 0
    ? { _tag: "Choice", values: codec.choices }
    : codec.kind === "directory"
    ? { _tag: "Path", pathType: "directory" }
    : codec.syntax === "<path>"
    ? { _tag: "Path", pathType: "file" }
    : { _tag: "String" }
