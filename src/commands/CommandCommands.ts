/**
 * COMMAND: what clients can learn of the commands, all of it derived from their specs.
 */
import * as Effect from "effect/Effect"
import { categoriesOf, isCategory } from "../command/Categories.ts"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import { CommandTable, type Entry } from "../command/CommandTable.ts"
import { help } from "../command/Help.ts"
import { hasKeys, keysOf, legacyRange } from "../command/Keys.ts"
import { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { type Argument, type KeySpec, oneOf, pattern, type Spec, string } from "../command/Spec.ts"
import { stringMatch } from "../memory/Glob.ts"
import type { Output } from "../resp/Output.ts"
import * as Reply from "../resp/Reply.ts"

const base = { group: "server", flags: ["loading", "stale"], categories: ["connection"] } as const
const names = string("command-name", { optional: true, multiple: true })

const described = Returns.tuple("CommandInfo", {
  name: Returns.text,
  arity: Returns.integer,
  flags: Returns.names,
  firstKey: Returns.integer,
  lastKey: Returns.integer,
  step: Returns.integer,
  categories: Returns.names,
  tips: Returns.names,
  keys: Returns.list(Returns.anything),
  subcommands: Returns.list(Returns.anything)
})

const Container = Command.make("COMMAND", {
  ...base,
  summary: "Tells the details of all commands.",
  returns: Returns.list(described),
  since: "2.8.13",
  complexity: "O(N), N being the number of commands",
  arity: -1,
  tips: ["nondeterministic_output_order"]
})

const Count = Command.make("COMMAND|COUNT", {
  ...base,
  summary: "Counts the commands of the server.",
  returns: Returns.integer,
  since: "2.8.13",
  complexity: "O(1)",
  arity: 2
})

const Docs = Command.make("COMMAND|DOCS", {
  ...base,
  summary: "Documents the named commands, or all: their purpose, history and arguments.",
  returns: Returns.dictionary(Returns.anything, Returns.text),
  since: "7.0.0",
  complexity: "O(N), N being the number of commands that are asked for",
  arity: -2,
  tips: ["nondeterministic_output_order"],
  arguments: [names]
})

const GetKeys = Command.make("COMMAND|GETKEYS", {
  ...base,
  summary: "Finds the keys in a whole command line.",
  returns: Returns.all,
  since: "2.8.13",
  complexity: "O(N), N being the number of arguments of that command",
  arity: -4
})

const GetKeysAndFlags = Command.make("COMMAND|GETKEYSANDFLAGS", {
  ...base,
  summary: "Finds the keys in a whole command line, and what is done with them.",
  returns: Returns.list(Returns.tuple("KeyUse", { key: Returns.bulk, flags: Returns.names })),
  since: "7.0.0",
  complexity: "O(N), N being the number of arguments of that command",
  arity: -4
})

const Help = Command.make("COMMAND|HELP", {
  ...base,
  summary: "Lists the subcommands.",
  returns: Returns.names,
  since: "5.0.0",
  complexity: "O(1)",
  arity: 2
})

const Info = Command.make("COMMAND|INFO", {
  ...base,
  summary: "Tells the details of the named commands, or of all.",
  returns: Returns.list(Returns.optional(described)),
  since: "2.8.13",
  complexity: "O(N), N being the number of commands that are asked for",
  arity: -2,
  tips: ["nondeterministic_output_order"],
  history: [["7.0.0", "Without a name it tells of all commands."]],
  arguments: [names]
})

const List = Command.make("COMMAND|LIST", {
  ...base,
  summary: "Lists the names of the commands.",
  returns: Returns.names,
  since: "7.0.0",
  complexity: "O(N), N being the number of commands",
  arity: -2,
  tips: ["nondeterministic_output_order"],
  arguments: [
    oneOf("filterby", [
      string("module-name", { token: "MODULE" }),
      string("category", { token: "ACLCAT" }),
      pattern("pattern", { token: "PATTERN" })
    ], { token: "FILTERBY", optional: true })
  ]
})

export const group = Command.group(Container, Count, Docs, GetKeys, GetKeysAndFlags, Help, Info, List)

export const layer = group.toLayer(Effect.gen(function*() {
  const table = yield* CommandTable

  const all = Reply.encoded((out) => {
    out.arrayHeader(table.byName.size)
    for (const entry of table.byName.values()) writeInfo(out, entry)
  })

  /** The command line behind `COMMAND GETKEYS`, its entry, and its keys. */
  const locate = (request: Request) => {
    const line = requestFrom(request, 2)
    const entry = table.resolve(line)
    if (entry === undefined) throw invalidCommand
    if (!hasKeys(entry.spec)) throw noKeys
    if (!entry.accepts(line.count)) throw invalidCount
    const keys = keysOf(entry.spec, line)
    if (keys.length === 0 && !entry.spec.flags.includes("no_mandatory_keys")) throw invalidArguments
    return { line, keys }
  }

  return group.of({
    COMMAND: Command.program(() => all),

    "COMMAND|COUNT": Command.program(() => Reply.integer(table.byName.size)),

    "COMMAND|DOCS": Command.program((request) => {
      const entries = request.count === 2 ? [...table.byName.values()] : named(request, table.get)
      return Reply.encoded((out) => {
        out.mapHeader(entries.length)
        for (const entry of entries) {
          out.text(entry.name)
          writeDocs(out, entry)
        }
      })
    }),

    "COMMAND|GETKEYS": Command.program((request) => {
      const { keys, line } = locate(request)
      return Reply.array(keys.map(({ index }) => Reply.bulk(line.bytes(index))))
    }),

    "COMMAND|GETKEYSANDFLAGS": Command.program((request) => {
      const { keys, line } = locate(request)
      return Reply.encoded((out) => {
        out.arrayHeader(keys.length)
        for (const { flags, index } of keys) {
          out.arrayHeader(2)
          out.bulk(line.buffer(index), line.start(index), line.end(index))
          writeStatuses(out, flags)
        }
      })
    }),

    "COMMAND|HELP": Command.program(() => helpReply),

    "COMMAND|INFO": Command.program((request) => {
      if (request.count === 2) return all
      const entries = Array.from({ length: request.count - 2 }, (_, index) => table.get(request.latin1(index + 2)))
      return Reply.encoded((out) => {
        out.arrayHeader(entries.length)
        for (const entry of entries) {
          if (entry === undefined) out.nil()
          else writeInfo(out, entry)
        }
      })
    }),

    "COMMAND|LIST": Command.program((request) => {
      const filtered = request.count === 5 && request.is(2, "FILTERBY")
      if (!filtered && request.count !== 2) throw CommandError.syntax
      const matches = filtered ? filterOf(request) : () => true
      const found: Array<Reply.Reply> = []
      for (const entry of table.byName.values()) {
        if (matches(entry)) found.push(Reply.text(entry.name))
        for (const sub of entry.subcommands.values()) if (matches(sub)) found.push(Reply.text(sub.name))
      }
      return Reply.array(found)
    })
  })
}))

const invalidCommand = CommandError.make("ERR Invalid command specified")
const noKeys = CommandError.make("ERR The command has no key arguments")
const invalidCount = CommandError.make("ERR Invalid number of arguments specified for command")
const invalidArguments = CommandError.make("ERR Invalid arguments specified for command")

/** The arguments from `from` on as a request of their own. */
const requestFrom = (request: Request, from: number): Request => {
  const rest = new Request(request.session)
  rest.count = request.count - from
  rest.buffers.push(...request.buffers.slice(from, request.count))
  rest.starts.push(...request.starts.slice(from, request.count))
  rest.ends.push(...request.ends.slice(from, request.count))
  return rest
}

/** The known ones among the named commands. */
const named = (request: Request, get: (name: string) => Entry | undefined): Array<Entry> => {
  const entries: Array<Entry> = []
  for (let index = 2; index < request.count; index++) {
    const entry = get(request.latin1(index))
    if (entry !== undefined) entries.push(entry)
  }
  return entries
}

const filterOf = (request: Request): (entry: Entry) => boolean => {
  if (request.is(3, "ACLCAT")) {
    const category = request.latin1(4).toLowerCase()
    return ({ spec }) => isCategory(category) && categoriesOf(spec).includes(category)
  }
  if (request.is(3, "PATTERN")) {
    const glob = request.bytes(4)
    return ({ name }) => stringMatch(glob, Buffer.from(name), true)
  }
  // No command comes from a module
  if (request.is(3, "MODULE")) return () => false
  throw CommandError.syntax
}

// ---- COMMAND INFO

const writeStatuses = (out: Output, words: ReadonlyArray<string>): void => {
  out.setHeader(words.length)
  for (const word of words) out.simple(word)
}

const writeInfo = (out: Output, entry: Entry): void => {
  const { spec } = entry
  const range = legacyRange(spec)
  out.arrayHeader(10)
  out.text(entry.name)
  out.integer(spec.arity)
  const flags = spec.flags.filter((flag) => flag !== "may_replicate")
  writeStatuses(out, range.movable ? [...flags, "movablekeys"] : flags)
  out.integer(range.firstKey)
  out.integer(range.lastKey)
  out.integer(range.step)
  writeStatuses(out, categoriesOf(spec).map((category) => `@${category}`))
  const tips = spec.tips ?? []
  out.setHeader(tips.length)
  for (const tip of tips) out.text(tip)
  const keys = spec.keys ?? []
  out.setHeader(keys.length)
  for (const each of keys) writeKeySpec(out, each)
  out.arrayHeader(entry.subcommands.size)
  for (const sub of entry.subcommands.values()) writeInfo(out, sub)
}

type Fields = ReadonlyArray<readonly [name: string, value: string | number]>

const writeKeySpec = (out: Output, { begin, find, flags, notes }: KeySpec): void => {
  out.mapHeader(notes === undefined ? 3 : 4)
  if (notes !== undefined) {
    out.text("notes")
    out.text(notes)
  }
  out.text("flags")
  writeStatuses(out, flags)
  out.text("begin_search")
  if (begin === "unknown") writeStep(out, begin, [])
  else if ("index" in begin) writeStep(out, "index", [["index", begin.index]])
  else writeStep(out, "keyword", [["keyword", begin.keyword], ["startfrom", begin.startFrom]])
  out.text("find_keys")
  if (find === "unknown") writeStep(out, find, [])
  else if ("lastKey" in find) {
    writeStep(out, "range", [["lastkey", find.lastKey], ["keystep", find.step], ["limit", find.limit]])
  } else {
    writeStep(out, "keynum", [["keynumidx", find.keyNumIndex], ["firstkey", find.firstKey], ["keystep", find.step]])
  }
}

const writeStep = (out: Output, type: string, fields: Fields): void => {
  out.mapHeader(2)
  out.text("type")
  out.text(type)
  out.text("spec")
  out.mapHeader(fields.length)
  for (const [name, value] of fields) {
    out.text(name)
    if (typeof value === "number") out.integer(value)
    else out.text(value)
  }
}

// ---- COMMAND DOCS

/** Fields of a map whose length is known only when they are there: name and writer of the value. */
type Written = Array<readonly [name: string, write: (out: Output) => void]>

const writeMap = (out: Output, fields: Written): void => {
  out.mapHeader(fields.length)
  for (const [name, write] of fields) {
    out.text(name)
    write(out)
  }
}

const writeDocs = (out: Output, entry: Entry): void => {
  const { spec } = entry
  const fields: Written = []
  const text = (name: string, value: string | undefined): void => {
    if (value !== undefined) fields.push([name, (out) => out.text(value)])
  }
  text("summary", spec.summary)
  text("since", spec.since)
  text("group", spec.group)
  text("complexity", spec.complexity === "" ? undefined : spec.complexity)
  const flags = docFlags(spec)
  if (flags.length > 0) fields.push(["doc_flags", (out) => writeStatuses(out, flags)])
  text("deprecated_since", spec.deprecatedSince)
  text("replaced_by", spec.replacedBy)
  const { arguments: args, history } = spec
  if (history !== undefined) fields.push(["history", (out) => writeHistory(out, history)])
  if (args !== undefined) fields.push(["arguments", (out) => writeArguments(out, args)])
  if (entry.subcommands.size > 0) {
    fields.push(["subcommands", (out) => {
      out.mapHeader(entry.subcommands.size)
      for (const sub of entry.subcommands.values()) {
        out.text(sub.name)
        writeDocs(out, sub)
      }
    }])
  }
  writeMap(out, fields)
}

const docFlags = (spec: Spec): ReadonlyArray<string> => [
  ...(spec.deprecatedSince === undefined ? [] : ["deprecated"]),
  ...(spec.system === true ? ["syscmd"] : [])
]

const writeHistory = (out: Output, history: ReadonlyArray<readonly [string, string]>): void => {
  out.setHeader(history.length)
  for (const [version, change] of history) {
    out.arrayHeader(2)
    out.text(version)
    out.text(change)
  }
}

const writeArguments = (out: Output, args: ReadonlyArray<Argument>): void => {
  out.arrayHeader(args.length)
  for (const arg of args) writeArgument(out, arg)
}

const writeArgument = (out: Output, arg: Argument): void => {
  const fields: Written = [["name", (out) => out.text(arg.name)], ["type", (out) => out.text(arg.type)]]
  const text = (name: string, value: string | undefined): void => {
    if (value !== undefined) fields.push([name, (out) => out.text(value)])
  }
  const { arguments: parts, keySpec } = arg
  if (keySpec !== undefined) fields.push(["key_spec_index", (out) => out.integer(keySpec)])
  text("token", arg.token)
  text("since", arg.since)
  text("deprecated_since", arg.deprecatedSince)
  const flags = [
    ...(arg.optional === true ? ["optional"] : []),
    ...(arg.multiple === true ? ["multiple"] : []),
    ...(arg.multipleToken === true ? ["multiple_token"] : [])
  ]
  if (flags.length > 0) fields.push(["flags", (out) => writeStatuses(out, flags)])
  if (parts !== undefined) fields.push(["arguments", (out) => writeArguments(out, parts)])
  writeMap(out, fields)
}

const helpReply = help("COMMAND", [
  "(no subcommand)",
  "    Return details about all Redis commands.",
  "COUNT",
  "    Return the total number of commands in this Redis server.",
  "LIST",
  "    Return a list of all commands in this Redis server.",
  "INFO [<command-name> ...]",
  "    Return details about multiple Redis commands.",
  "    If no command names are given, documentation details for all",
  "    commands are returned.",
  "DOCS [<command-name> ...]",
  "    Return documentation details about multiple Redis commands.",
  "    If no command names are given, documentation details for all",
  "    commands are returned.",
  "GETKEYS <full-command>",
  "    Return the keys from a full Redis command.",
  "GETKEYSANDFLAGS <full-command>",
  "    Return the keys and the access flags from a full Redis command."
])
