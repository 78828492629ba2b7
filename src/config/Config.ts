/**
 * The server's configuration as a service. `values` is one record of typed values that anybody reads synchronously, as
 * often as they like; CONFIG's subcommands are methods, and whoever must act on a change registers for it.
 *
 * A change can be refused by those whom it concerns (a port that is taken): `onApply`. Others only follow: `onChange`.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Fs from "node:fs"
import { stringMatch } from "../memory/Glob.ts"
import * as AtomicFile from "./AtomicFile.ts"
import { ConfigFileError, ConfigRefusal } from "./ConfigError.ts"
import { systemText } from "./directives/Directory.ts"
import { loadUnsafe } from "./Loader.ts"
import type { Loaded, Sources } from "./Loader.ts"
import * as Registry from "./Registry.ts"
import { rewrite } from "./Rewrite.ts"
import type { Wanted } from "./Rewrite.ts"
import * as Sds from "./Sds.ts"
import { Settings } from "./Settings.ts"
import type { Statement } from "./Statement.ts"

/** Reacts to a new value; the whole record has changed already. */
export type Listener = (values: Registry.Values) => void

/** Carries a change out; fails with the text of the refusal, and is then run again with the old values. */
export type Applier = (values: Registry.Values) => Effect.Effect<void, string>

/** A name and a value, both byte strings (one character for one byte). */
export type Pair = readonly [name: string, value: string]

export interface Service {
  /** The current values. The record stays the same object for the life of the service. */
  readonly values: Registry.Values
  /** Absolute path of the configuration file, if there is one. */
  readonly file: string | undefined
  /** The lines of the file that are no directives: `user` and `rename-command`, as they were given. */
  readonly statements: (name: "user" | "rename-command") => ReadonlyArray<Statement>
  /** Directives that were given a value, but that nothing goes by yet: to be told at the start. */
  readonly withoutEffect: () => ReadonlyArray<Registry.Name>
  /** CONFIG GET: the directives that match any of the patterns, in no particular order. */
  readonly get: (patterns: ReadonlyArray<Uint8Array>) => ReadonlyArray<Pair>
  /** CONFIG SET: all of the pairs or none. `local` tells a client from this machine, for protected directives. */
  readonly set: (
    pairs: ReadonlyArray<Pair>,
    options?: { readonly local?: boolean | undefined }
  ) => Effect.Effect<void, ConfigRefusal>
  /** Sets a directive that CONFIG SET may not: what REPLICAOF does to `replicaof`. Fails for a value that is none. */
  readonly assign: (name: Registry.Name, words: ReadonlyArray<string>) => Effect.Effect<void, ConfigRefusal>
  /** Follows changes of these directives; returns the way to stop. */
  readonly onChange: (names: ReadonlyArray<Registry.Name>, listener: Listener) => () => void
  /** Carries out changes of these directives; returns the way to stop. */
  readonly onApply: (names: ReadonlyArray<Registry.Name>, applier: Applier) => () => void
  /** CONFIG REWRITE: writes the current values into the file. */
  readonly rewrite: Effect.Effect<void, ConfigRefusal>
  /** Says which `user` lines (without that word) CONFIG REWRITE has to write; without it they stay as they are. */
  readonly onRewrite: (users: () => ReadonlyArray<string>) => () => void
  /** CONFIG RESETSTAT: runs what `onResetStat` was given. */
  readonly resetStat: Effect.Effect<void>
  /** Takes part in CONFIG RESETSTAT; returns the way to stop. */
  readonly onResetStat: (reset: () => void) => () => void
}

/** The configuration of one server. */
export class Config extends Context.Service<Config, Service>()("go-redis/config/Config") {
  /** A configuration given by the embedding app: defaults, and these options. */
  static readonly layer = (options: Registry.Options = {}): Layer.Layer<Config, ConfigFileError> =>
    Layer.effect(
      this,
      Effect.map(fromOptions(options), (settings) => make({ settings, file: undefined, statements: [] }))
    )

  /** The configuration of a daemon: from the environment, a file, the standard input and the command line. */
  static readonly layerLoaded = (sources: Sources): Layer.Layer<Config, ConfigFileError> =>
    Layer.effect(this, Effect.map(load(sources), make))
}

// ---- constructors

const fromOptions = (options: Registry.Options): Effect.Effect<Settings, ConfigFileError> =>
  Effect.gen(function*() {
    const settings = new Settings(Sds.fromText(process.cwd()))
    for (const [name, value] of Object.entries(options)) {
      if (value === undefined) continue
      const entry = Registry.find(name)
      const reason = entry === undefined
        ? "Bad directive or wrong number of arguments"
        : settings.assign(entry.canonical, wordsOf(entry, value), "first")
      if (reason !== undefined) return yield* new ConfigFileError({ reason: `${name}: ${reason}` })
    }
    return settings
  })

const wordsOf = (entry: Registry.Entry, value: unknown): ReadonlyArray<string> => {
  if (Array.isArray(value)) return value.map((word) => Sds.fromText(String(word)))
  if (typeof value === "boolean") return [value ? "yes" : "no"]
  const text = Sds.fromText(String(value))
  return entry.directive.codec.spaced ? Sds.splitWords(text) ?? [] : [text]
}

/** Reads a daemon's configuration. */
export const load = (sources: Sources): Effect.Effect<Loaded, ConfigFileError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(loadUnsafe(sources))
    } catch (error) {
      return error instanceof ConfigFileError ? Effect.fail(error) : Effect.die(error)
    }
  })

/** The service over a configuration that has been read. */
export const make = ({ file, settings, statements }: Loaded): Service => {
  const listeners = new Set<Watch<Listener>>()
  const appliers = new Set<Watch<Applier>>()
  const resets = new Set<() => void>()
  const users = new Set<() => ReadonlyArray<string>>()

  const notify = (changed: ReadonlyArray<Registry.Name>) => {
    for (const watch of concerned(listeners, changed)) watch.run(settings.values)
  }

  const set: Service["set"] = Effect.fnUntraced(function*(pairs, { local = false } = {}) {
    const entries = yield* validate(pairs, settings.values["enable-protected-configs"], local)
    const before = settings.save()
    const changed: Array<Registry.Name> = []
    for (const [entry, value] of entries) {
      const old = settings.text(entry.canonical)
      const words = entry.directive.codec.spaced ? splitAtSpaces(value) : [value]
      const reason = settings.assign(entry.canonical, words, "set")
      if (reason !== undefined) {
        settings.restore(before)
        return yield* Effect.fail(setFailed(entry.name, reason))
      }
      if (entry.directive.refers || settings.text(entry.canonical) !== old) changed.push(entry.canonical)
    }
    for (const watch of concerned(appliers, changed)) {
      const name = changed.find((changedName) => watch.names.includes(changedName)) ?? ""
      yield* Effect.catch(watch.run(settings.values), (reason) =>
        Effect.gen(function*() {
          settings.restore(before)
          for (const other of concerned(appliers, changed)) yield* Effect.ignore(other.run(settings.values))
          return yield* Effect.fail(setFailed(name, reason))
        }))
    }
    notify(changed)
  }, (effect) => Effect.uninterruptible(effect))

  return {
    values: settings.values,
    file,
    statements: (name) => statements.filter((statement) => statement.name === name),
    withoutEffect: () => settings.withoutEffect(),
    get: (patterns) => find(patterns).map(([name, canonical]) => [name, settings.text(canonical)]),
    set,
    assign: (name, words) =>
      Effect.suspend(() => {
        const reason = settings.assign(name, words, "set")
        if (reason !== undefined) return Effect.fail(setFailed(name, reason))
        notify([name])
        return Effect.void
      }),
    onChange: (names, run) => add(listeners, { names, run }),
    onApply: (names, run) => add(appliers, { names, run }),
    onResetStat: (reset) => add(resets, reset),
    rewrite: Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.suspend(() => {
        if (file === undefined) return Effect.fail(new ConfigRefusal("ERR The server is running without a config file"))
        const wanted = wantedLines(settings, users)
        try {
          const text = rewrite(readIfThere(file), wanted)
          AtomicFile.replaceUnsafe(file, Buffer.from(text, "latin1"), `${process.pid}-${now}`)
          return Effect.void
        } catch (error) {
          return Effect.fail(new ConfigRefusal(`ERR Rewriting config file: ${systemText(error)}`))
        }
      })),
    onRewrite: (lines) => add(users, lines),
    resetStat: Effect.sync(() => {
      for (const reset of resets) reset()
    })
  }
}

// ---- listeners

interface Watch<Run> {
  readonly names: ReadonlyArray<Registry.Name>
  readonly run: Run
}

const add = <A>(set: Set<A>, member: A): () => void => {
  set.add(member)
  return () => {
    set.delete(member)
  }
}

const concerned = <Run>(watches: ReadonlySet<Watch<Run>>, changed: ReadonlyArray<Registry.Name>) =>
  [...watches].filter(({ names }) => names.some((name) => changed.includes(name)))

// ---- CONFIG REWRITE

const wantedLines = (settings: Settings, users: ReadonlySet<() => ReadonlyArray<string>>): ReadonlyArray<Wanted> => {
  const directives = Registry.names.map((name) => ({ name, lines: settings.lines(name) }))
  if (users.size === 0) return directives
  const lines = [...users].flatMap((list) => list()).map((text) => ({ text, forced: true }))
  return [...directives, { name: "user", lines }]
}

const readIfThere = (file: string): string => Fs.existsSync(file) ? Fs.readFileSync(file, "latin1") : ""

// ---- CONFIG GET

const toBytes = (bytes: string): Uint8Array => Buffer.from(bytes, "latin1")

/** The names that the patterns ask for. A name without wildcards is answered as it was asked, in its own case. */
const find = (patterns: ReadonlyArray<Uint8Array>): ReadonlyArray<Match> => {
  const [pattern] = patterns
  if (pattern !== undefined && patterns.length === 1) return matching(pattern)
  const found = new Map<string, Match>()
  for (const match of patterns.flatMap(matching)) {
    const key = match[0].toLowerCase()
    if (!found.has(key)) found.set(key, match)
  }
  return [...found.values()]
}

type Match = readonly [string, Registry.Name]

const matching = (pattern: Uint8Array): ReadonlyArray<Match> => {
  const text = Buffer.from(pattern.buffer, pattern.byteOffset, pattern.length).toString("latin1")
  const glob = Sds.cString(text)
  if (!/[[*?]/.test(glob)) return exactly(text)
  return Registry.entries
    .filter(({ directive, name }) =>
      !directive.hidden && !directive.ours && stringMatch(toBytes(glob), toBytes(name), true)
    )
    .map(({ canonical, name }) => [name, canonical] as const)
}

const exactly = (name: string) => {
  const entry = Registry.find(name)
  return entry === undefined ? [] : [[name, entry.canonical] as const]
}

// ---- CONFIG SET

const setFailed = (name: string, reason: string): ConfigRefusal =>
  new ConfigRefusal(`ERR CONFIG SET failed (possibly related to argument '${name}') - ${reason}`)

/** An empty value is no word at all, but two spaces have an empty word between them. */
const splitAtSpaces = (value: string): ReadonlyArray<string> => value === "" ? [] : value.split(" ")

const validate = (
  pairs: ReadonlyArray<Pair>,
  protectedConfigs: "no" | "yes" | "local",
  local: boolean
): Effect.Effect<ReadonlyArray<readonly [Registry.Entry, string]>, ConfigRefusal> => {
  const entries = new Map<string, readonly [Registry.Entry, string]>()
  for (const [name, value] of pairs) {
    const entry = Registry.find(name)
    if (entry === undefined) {
      return Effect.fail(
        new ConfigRefusal(`ERR Unknown option or number of arguments for CONFIG SET - '${Sds.cString(name)}'`)
      )
    }
    if (entry.directive.change === "at start") return Effect.fail(setFailed(name, "can't set immutable config"))
    const open = protectedConfigs === "yes" || (protectedConfigs === "local" && local)
    if (entry.directive.change === "protected" && !open) {
      return Effect.fail(setFailed(name, "can't set protected config"))
    }
    if (entries.has(entry.name)) return Effect.fail(setFailed(name, "duplicate parameter"))
    entries.set(entry.name, [entry, value])
  }
  return Effect.succeed([...entries.values()])
}
