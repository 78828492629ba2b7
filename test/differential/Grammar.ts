/**
 * The argument grammars that the generator works from, read from a server's COMMAND DOCS and COMMAND INFO. Either server will do:
 * a command takes part as soon as it has a spec. `Argument` has the shape of `src/command/Spec.ts`.
 */
import * as Effect from "effect/Effect"
import type { ReplyValue } from "../../src/resp/ReplyParser.ts"
import type { ConnectionError, RawClient } from "../support/RawClient.ts"

export interface Argument {
  readonly name: string
  readonly type: string
  readonly token?: string
  readonly optional?: boolean
  readonly multiple?: boolean
  readonly multipleToken?: boolean
  readonly arguments?: ReadonlyArray<Argument>
}

export interface Grammar {
  /** In capitals, subcommands behind a space: `CLIENT KILL`. */
  readonly name: string
  readonly words: ReadonlyArray<string>
  readonly group: string
  readonly flags: ReadonlySet<string>
  readonly tips: ReadonlySet<string>
  readonly arguments: ReadonlyArray<Argument>
}

/** Reads the grammars of all commands that the server knows, sorted by name: servers list them in the order of a dictionary. */
export const read = (client: RawClient): Effect.Effect<ReadonlyMap<string, Grammar>, ConnectionError> =>
  Effect.gen(function*() {
    const docs = yield* client.command("COMMAND", "DOCS")
    const facts = yield* readFacts(client)
    const grammars = new Map<string, Grammar>()
    for (const [name, doc] of fields(docs.value)) collectGrammars(name, doc, facts, grammars)
    return new Map([...grammars].sort(([a], [b]) => a < b ? -1 : 1))
  })

/** The names of all commands that the server knows. */
export const names = (client: RawClient): Effect.Effect<ReadonlySet<string>, ConnectionError> =>
  Effect.map(readFacts(client), (facts) => new Set(facts.keys()))

const readFacts = (client: RawClient): Effect.Effect<ReadonlyMap<string, Facts>, ConnectionError> =>
  Effect.map(client.command("COMMAND"), (info) => {
    const facts = new Map<string, Facts>()
    for (const row of elements(info.value)) collectFacts(row, facts)
    return facts
  })

interface Facts {
  readonly flags: ReadonlySet<string>
  readonly tips: ReadonlySet<string>
}

/** COMMAND's rows: name, arity, flags, first, last, step, categories, tips, key specs, subcommands. */
const collectFacts = (row: ReplyValue, facts: Map<string, Facts>): void => {
  const columns = elements(row)
  const name = spoken(text(columns[0]))
  facts.set(name, { flags: texts(columns[2]), tips: texts(columns[7]) })
  for (const subcommand of elements(columns[9])) collectFacts(subcommand, facts)
}

const collectGrammars = (
  name: string,
  doc: ReplyValue,
  facts: ReadonlyMap<string, Facts>,
  grammars: Map<string, Grammar>
): void => {
  const entries = fields(doc)
  const subcommands = fields(entries.get("subcommands"))
  for (const [subcommand, subdoc] of subcommands) collectGrammars(subcommand, subdoc, facts, grammars)
  if (subcommands.size > 0 && !entries.has("arguments") && spoken(name) !== "COMMAND") return
  grammars.set(spoken(name), {
    name: spoken(name),
    words: spoken(name).split(" "),
    group: text(entries.get("group")),
    flags: facts.get(spoken(name))?.flags ?? new Set(),
    tips: facts.get(spoken(name))?.tips ?? new Set(),
    arguments: elements(entries.get("arguments")).map(argument)
  })
}

const argument = (value: ReplyValue): Argument => {
  const entries = fields(value)
  const flags = texts(entries.get("flags"))
  const token = entries.get("token")
  return {
    name: text(entries.get("name")),
    type: text(entries.get("type")),
    ...(token === undefined ? {} : { token: text(token) }),
    optional: flags.has("optional"),
    multiple: flags.has("multiple"),
    multipleToken: flags.has("multiple_token"),
    arguments: elements(entries.get("arguments")).map(argument)
  }
}

const spoken = (name: string): string => name.replace("|", " ").toUpperCase()

// ---- readers of replies, in either protocol version

/** The text of a string reply, one character per byte; of anything else, nothing. */
export const text = (value: ReplyValue | undefined): string => {
  switch (value?._tag) {
    case "Bulk":
    case "Verbatim":
      return Buffer.from(value.bytes).toString("latin1")
    case "Simple":
    case "Error":
      return value.text
    default:
      return ""
  }
}

export const elements = (value: ReplyValue | undefined): ReadonlyArray<ReplyValue> =>
  value?._tag === "Array" || value?._tag === "Set" || value?._tag === "Push" ? value.items : []

/** The entries of a map, or of the flat array that RESP2 has for it. */
export const fields = (value: ReplyValue | undefined): ReadonlyMap<string, ReplyValue> => {
  if (value?._tag === "Map") return new Map(value.entries.map(([key, item]) => [text(key), item]))
  const items = elements(value)
  const map = new Map<string, ReplyValue>()
  for (let i = 0; i + 1 < items.length; i += 2) {
    const item = items[i + 1]
    if (item !== undefined) map.set(text(items[i]), item)
  }
  return map
}

const texts = (value: ReplyValue | undefined): ReadonlySet<string> => new Set(elements(value).map(text))
