/**
 * What is known about a command apart from its behaviour: one declarative value per command. COMMAND, COMMAND DOCS,
 * key extraction, permission checks, `docs/commands.md` and the generator of the differential tests all read it.
 *
 * The vocabulary is the one of `COMMAND INFO` and `COMMAND DOCS` (https://redis.io/commands/command-docs).
 */

import type { Request } from "./Request.ts"
import type { Returns } from "./Returns.ts"

/** Flags as `COMMAND INFO` shows them, all but `may_replicate`; `movablekeys` is derived from the key specs. */
export type Flag =
  | "write"
  | "readonly"
  | "denyoom"
  | "admin"
  | "pubsub"
  | "noscript"
  | "blocking"
  | "loading"
  | "stale"
  | "skip_monitor"
  | "skip_slowlog"
  | "asking"
  | "fast"
  | "no_auth"
  | "may_replicate"
  | "allow_busy"
  | "no_async_loading"
  | "no_mandatory_keys"
  | "no_multi"

/** The groups of `COMMAND DOCS`; `module` is for commands that an app adds. */
export type Group =
  | "bitmap"
  | "cluster"
  | "connection"
  | "generic"
  | "geo"
  /** Ours: Redis has no such command. */
  | "go-redis"
  | "hash"
  | "hyperloglog"
  | "list"
  | "module"
  | "pubsub"
  | "scripting"
  | "server"
  | "set"
  | "sorted-set"
  | "stream"
  | "string"
  | "transactions"

export type KeyFlag =
  | "RW"
  | "RO"
  | "OW"
  | "RM"
  | "access"
  | "update"
  | "insert"
  | "delete"
  | "not_key"
  | "incomplete"
  | "variable_flags"

/** Where the keys of a command stand (https://redis.io/docs/reference/key-specs). */
export interface KeySpec {
  readonly flags: ReadonlyArray<KeyFlag>
  readonly begin: { readonly index: number } | { readonly keyword: string; readonly startFrom: number } | "unknown"
  readonly find:
    | { readonly lastKey: number; readonly step: number; readonly limit: number }
    | { readonly keyNumIndex: number; readonly firstKey: number; readonly step: number }
    | "unknown"
  readonly notes?: string
}

/** A key of a request, and what the command does with it. */
export interface KeyPosition {
  readonly index: number
  readonly flags: ReadonlyArray<KeyFlag>
}

export type ArgumentType =
  | "key"
  | "string"
  | "integer"
  | "double"
  | "pattern"
  | "unix-time"
  | "pure-token"
  | "oneof"
  | "block"

/** One argument of the grammar. `multiple` repeats the argument, `multipleToken` repeats its token with it. */
export interface Argument {
  readonly name: string
  readonly type: ArgumentType
  readonly token?: string
  readonly keySpec?: number
  readonly optional?: boolean
  readonly multiple?: boolean
  readonly multipleToken?: boolean
  readonly since?: string
  readonly deprecatedSince?: string
  readonly arguments?: ReadonlyArray<Argument>
}

/** ACL categories (without `@`) that do not already follow from the flags. */
export type Category =
  | "keyspace"
  | "read"
  | "write"
  | "set"
  | "sortedset"
  | "list"
  | "hash"
  | "string"
  | "bitmap"
  | "hyperloglog"
  | "geo"
  | "stream"
  | "pubsub"
  | "admin"
  | "fast"
  | "slow"
  | "blocking"
  | "dangerous"
  | "connection"
  | "transaction"
  | "scripting"

export interface Spec {
  readonly summary: string
  readonly since: string
  readonly group: Group
  /** Absent where Redis's documentation has none. */
  readonly complexity?: string
  /** Number of arguments with the command's name; negative: at least that many. */
  readonly arity: number
  readonly flags: ReadonlyArray<Flag>
  /** Beyond what the flags imply (`write`, `read`, `admin`, `dangerous`, `pubsub`, `fast`, `slow`, `blocking`). */
  readonly categories?: ReadonlyArray<Category>
  readonly keys?: ReadonlyArray<KeySpec>
  /** Finds the keys where the specs do not tell all (`incomplete`, `unknown`, `variable_flags`): see `Keys.ts`. */
  readonly getKeys?: (request: Request) => ReadonlyArray<KeyPosition>
  readonly arguments?: ReadonlyArray<Argument>
  /** What it answers: a command that has it has a method in the typed API. */
  readonly returns?: Returns
  readonly tips?: ReadonlyArray<string>
  /** [version, what changed]. */
  readonly history?: ReadonlyArray<readonly [string, string]>
  readonly deprecatedSince?: string
  readonly replacedBy?: string
  /** Not shown by `COMMAND DOCS` to users as something to call: `syscmd`. */
  readonly system?: boolean
}

// ---- key specs

/** Keys from `index` on: by default just that one; `lastKey` counts from there, negative: from the end of the request. */
export const keysAt = (
  index: number,
  flags: ReadonlyArray<KeyFlag>,
  range: { readonly lastKey?: number; readonly step?: number; readonly limit?: number; readonly notes?: string } = {}
): KeySpec => ({
  flags,
  begin: { index },
  find: { lastKey: range.lastKey ?? 0, step: range.step ?? 1, limit: range.limit ?? 0 },
  ...(range.notes === undefined ? {} : { notes: range.notes })
})

/** Keys counted by a `numkeys` argument at `index`, which stand right behind it. */
export const keysCounted = (index: number, flags: ReadonlyArray<KeyFlag>, notes?: string): KeySpec => ({
  flags,
  begin: { index },
  find: { keyNumIndex: 0, firstKey: 1, step: 1 },
  ...(notes === undefined ? {} : { notes })
})

/** Keys of which no spec can tell where they are. */
export const keysSomewhere = (flags: ReadonlyArray<KeyFlag>, notes: string): KeySpec => ({
  flags,
  begin: "unknown",
  find: "unknown",
  notes
})

/** Keys behind a keyword such as `STREAMS` or `STORE`. */
export const keysAfter = (
  keyword: string,
  startFrom: number,
  flags: ReadonlyArray<KeyFlag>,
  range: { readonly lastKey?: number; readonly step?: number; readonly limit?: number } = {}
): KeySpec => ({
  flags,
  begin: { keyword, startFrom },
  find: { lastKey: range.lastKey ?? 0, step: range.step ?? 1, limit: range.limit ?? 0 }
})

// ---- argument grammar

type Options = Omit<Argument, "name" | "type" | "arguments">

const argument = (type: ArgumentType) => (name: string, options: Options = {}): Argument => ({ name, type, ...options })

export const key = (name = "key", keySpec = 0, options: Options = {}): Argument => ({
  name,
  type: "key",
  keySpec,
  ...options
})
export const string = argument("string")
export const integer = argument("integer")
export const double = argument("double")
export const pattern = argument("pattern")
export const unixTime = argument("unix-time")

/** A bare word such as `NX`; its argument name is the word in lower case unless given. */
export const token = (word: string, options: Options & { readonly name?: string } = {}): Argument => {
  const { name, ...rest } = options
  return { name: name ?? word.toLowerCase(), type: "pure-token", token: word, ...rest }
}
export const oneOf = (name: string, choices: ReadonlyArray<Argument>, options: Options = {}): Argument => ({
  name,
  type: "oneof",
  arguments: choices,
  ...options
})
export const block = (name: string, parts: ReadonlyArray<Argument>, options: Options = {}): Argument => ({
  name,
  type: "block",
  arguments: parts,
  ...options
})

/** `{ optional: true }`, the commonest option of an argument. */
export const optional = { optional: true } as const
