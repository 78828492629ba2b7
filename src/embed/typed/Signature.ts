/**
 * How a command is called from TypeScript, worked out from the grammar in its spec. The rule:
 *
 * - what must be there are parameters, in Redis's order; what may be repeated is one value or an array of them;
 * - a single value without a word of its own that may be left out is the last parameter;
 * - all else that may be left out is in an object of options, each named as Redis's word for it, in lower case;
 * - of words that stand for each other (`LEFT | RIGHT`) the one that is meant is given, in lower case;
 * - fields with values are a record, a Map or pairs; numbers of keys are counted for the caller.
 *
 * The encoder of calls and the generator of the types both read this, so that they cannot differ.
 */
import type { Command } from "../../command/Command.ts"
import * as Spec from "../../command/Spec.ts"

/** What the caller gives under a name. */
interface Named {
  readonly name: string
  /** The word in front of it. */
  readonly token?: string | undefined
  readonly optional: boolean
  readonly many: boolean
  /** Whether the word stands in front of each. */
  readonly repeatsToken: boolean
}

export type Part =
  | Named & { readonly _tag: "Value"; readonly type: "argument" | "integer" | "double" }
  /** One of several words. */
  | Named & { readonly _tag: "Words"; readonly words: ReadonlyArray<string> }
  /** An object of its own. */
  | Named & { readonly _tag: "Nested"; readonly parts: ReadonlyArray<Part> }
  /** A word that is there or not. */
  | { readonly _tag: "Flag"; readonly name: string; readonly token: string }
  /** A word that is always there. */
  | { readonly _tag: "Fixed"; readonly token: string }
  /** Fields with values, members with scores; `columns`: all fields in front of all values. */
  | {
    readonly _tag: "Pairs"
    readonly name: string
    readonly kind: "fields" | "scores" | "columns"
    readonly token?: string | undefined
  }
  /** Parts of which all are given or, when they may be left out, none. */
  | { readonly _tag: "Together"; readonly parts: ReadonlyArray<Part>; readonly optional: boolean }
  /** Parts of which one is given, or at most one. */
  | { readonly _tag: "Choice"; readonly alternatives: ReadonlyArray<Part>; readonly optional: boolean }
  /** How many there are of another part. */
  | { readonly _tag: "Count"; readonly of: string }

export type NamedPart = Extract<Part, { readonly name: string }>

export interface Signature {
  /** The method's: `configGet`. */
  readonly name: string
  /** The command's: `["CONFIG", "GET"]`. */
  readonly words: ReadonlyArray<string>
  /** In the order of the command line. */
  readonly parts: ReadonlyArray<Part>
  /** Those of the parts that are parameters, as the method takes them. */
  readonly parameters: ReadonlyArray<NamedPart>
  /** Those that are options. */
  readonly options: ReadonlyArray<Part>
}

/** `CLIENT|NO-EVICT` is `clientNoEvict`. */
export const methodName = (command: string): string => camelCase(command.toLowerCase())

const camelCase = (name: string): string =>
  name.replace(/[^a-z0-9]+([a-z0-9])/gi, (_, letter: string) => letter.toUpperCase())

/** Where the grammar of COMMAND DOCS does not say what is to be given. */
const grammars: Readonly<Record<string, ReadonlyArray<Spec.Argument>>> = {
  BITOP: [
    Spec.oneOf("operation", ["AND", "OR", "XOR", "NOT"].map((operation) => Spec.token(operation))),
    Spec.key("destkey"),
    Spec.key("key", 0, { multiple: true })
  ],
  "COMMAND|GETKEYS": [Spec.string("command", { multiple: true })],
  "COMMAND|GETKEYSANDFLAGS": [Spec.string("command", { multiple: true })],
  DEBUG: [Spec.string("subcommand", { multiple: true })],
  PFDEBUG: [Spec.string("subcommand"), Spec.key()],
  // REPLICAOF NO ONE is replicaof("no", "one")
  REPLICAOF: [Spec.string("host"), Spec.string("port")],
  SLAVEOF: [Spec.string("host"), Spec.string("port")],
  "CLIENT|KILL": [
    Spec.integer("id", { token: "ID", ...Spec.optional }),
    Spec.oneOf(
      "type",
      ["NORMAL", "MASTER", "SLAVE", "REPLICA", "PUBSUB"].map((type) => Spec.token(type)),
      { token: "TYPE", ...Spec.optional }
    ),
    Spec.string("user", { token: "USER", ...Spec.optional }),
    Spec.string("addr", { token: "ADDR", ...Spec.optional }),
    Spec.string("laddr", { token: "LADDR", ...Spec.optional }),
    Spec.oneOf("skipme", [Spec.token("YES"), Spec.token("NO")], { token: "SKIPME", ...Spec.optional })
  ]
}

export const signatureOf = ({ name, spec }: Command): Signature => {
  const args = grammars[name] ?? spec.arguments ?? []
  const parts = args.flatMap((arg, index) => partsOf(arg, args[index + 1], true))
  const required = parts.filter(isRequired).filter(isNamed)
  const rest = parts.filter((part) => !isRequired(part) && part._tag !== "Fixed" && part._tag !== "Count")
  const [only, another] = rest
  const last = another === undefined && only !== undefined && isNamed(only) && only._tag !== "Flag"
      && only._tag !== "Pairs" && only.token === undefined
    ? [only]
    : []
  return {
    name: methodName(name),
    words: name.split("|"),
    parts,
    parameters: [...required, ...last],
    options: last.length > 0 ? [] : rest
  }
}

const isNamed = (part: Part): part is NamedPart => "name" in part

/** Whether it is a parameter. */
const isRequired = (part: Part): boolean => part._tag === "Pairs" || ("optional" in part && !part.optional)

const isWord = ({ type }: Spec.Argument): boolean => type === "pure-token"
const isSymbol = ({ token = "" }: Spec.Argument): boolean => !/[a-z]/i.test(token)

/** The parts that an argument comes to; `outermost`: it is none of another one's. */
const partsOf = (arg: Spec.Argument, next: Spec.Argument | undefined, outermost: boolean): ReadonlyArray<Part> => {
  if (arg.name === "numkeys" && next !== undefined) return [{ _tag: "Count", of: next.name }]
  const named = namedOf(arg)
  switch (arg.type) {
    case "pure-token":
      return arg.token === undefined || arg.optional !== true
        ? [{ _tag: "Fixed", token: arg.token ?? "" }]
        : [{ _tag: "Flag", name: named.name, token: arg.token }]
    case "oneof":
      return [choiceOf(arg, named, outermost)]
    case "block":
      return blockOf(arg, named, outermost)
    case "integer":
    case "unix-time":
      return [{ ...named, _tag: "Value", type: "integer" }]
    case "double":
      return [{ ...named, _tag: "Value", type: "double" }]
    default:
      return [{ ...named, _tag: "Value", type: "argument" }]
  }
}

const namedOf = (arg: Spec.Argument): Named => ({
  name: arg.token === undefined || isSymbol(arg) ? camelCase(arg.name) : arg.token.toLowerCase(),
  token: arg.token,
  optional: arg.optional === true,
  many: arg.multiple === true,
  repeatsToken: arg.multipleToken === true
})

const allOf = (args: ReadonlyArray<Spec.Argument>): ReadonlyArray<Part> =>
  args.flatMap((arg, index) => partsOf(arg, args[index + 1], false))

const choiceOf = (arg: Spec.Argument, named: Named, outermost: boolean): Part => {
  const { arguments: choices = [] } = arg
  const { many, optional, token } = named
  if (choices.every(isWord) && (!optional || token !== undefined)) {
    return { ...named, _tag: "Words", words: choices.map(({ token = "" }) => token) }
  }
  // `* | id`: what is given says itself which it is
  const values = choices.filter((choice) => !isWord(choice))
  const [value] = values
  if (value !== undefined && values.length === 1 && choices.filter(isWord).some(isSymbol)) {
    return { ...named, _tag: "Value", type: "argument" }
  }
  const alternatives = choices.map((choice) =>
    together(partsOf({ ...choice, optional: isWord(choice) }, undefined, false))
  )
  const choice: Part = { _tag: "Choice", alternatives, optional: optional && !many && token === undefined }
  const nested = many || token !== undefined || (outermost && !optional)
  return nested ? { ...named, _tag: "Nested", parts: [choice] } : choice
}

const together = (parts: ReadonlyArray<Part>): Part =>
  parts.length === 1 && parts[0] !== undefined ? parts[0] : { _tag: "Together", parts, optional: false }

const blockOf = (arg: Spec.Argument, named: Named, outermost: boolean): ReadonlyArray<Part> => {
  const { arguments: inner = [] } = arg
  const { many, optional, token } = named
  const [first, second, third] = inner
  if (first?.multiple === true && second?.multiple === true) {
    return [{ _tag: "Pairs", name: named.name, kind: "columns", token }]
  }
  if (many && token === undefined && first !== undefined && second !== undefined && third === undefined) {
    return [{ _tag: "Pairs", name: named.name, kind: first.type === "double" ? "scores" : "fields" }]
  }
  const alone = second === undefined && first !== undefined && first.optional !== true ? first : undefined
  if (alone !== undefined && alone.token === undefined && (many || token !== undefined)) {
    const merged = { ...alone, optional, multiple: many || alone.multiple === true }
    return partsOf(token === undefined ? merged : { ...merged, token }, undefined, outermost)
  }
  const parts = allOf(inner)
  if (many || (token !== undefined && !(outermost && !optional))) return [{ ...named, _tag: "Nested", parts }]
  if (token !== undefined) return [{ _tag: "Fixed", token }, ...parts]
  return outermost && !optional ? parts : [{ _tag: "Together", parts, optional }]
}
