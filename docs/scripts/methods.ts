/** `src/embed/typed/Methods.ts`: the types of the methods, from the specs of their commands. */
import { spawnSync } from "node:child_process"
import type { Command } from "../../src/command/Command.ts"
import type * as Returns from "../../src/command/Returns.ts"
import { commands } from "../../src/commands/All.ts"
import { type NamedPart, type Part, type Signature, signatureOf } from "../../src/embed/typed/Signature.ts"
import { syntaxOf } from "./commands.ts"

const INTRODUCTION = `/**
 * The methods of the typed API, one for each command. Written by \`npm run docs\` from the specs in src/commands; how a
 * command becomes a method is told in \`Signature.ts\`, what the replies are in \`Returns.ts\`.
 */
import type { Argument } from "../Client.ts"
import type * as Value from "../Value.ts"
import type {
  AllOrNone, Answer, Double, Fields, If, Integer, Mode, OneOf, OneOrMore, Scores
} from "./Types.ts"

`

/** The type parameter that stands for an option on which a reply depends. */
const parameterOf = (option: string): string => option.charAt(0).toUpperCase() + option.slice(1)

// ---- replies

class ReplyTypes {
  /** Declarations of the types that have a name. */
  readonly declared = new Map<string, string>()

  /** The type, and the parameters that it needs from around it. */
  print(returns: Returns.Returns, needs: Set<string>): string {
    switch (returns._tag) {
      case "Bulk":
        needs.add("Text")
        return "Text"
      case "Text":
        return "string"
      case "Word":
        return JSON.stringify(returns.word)
      case "Bytes":
        return "Uint8Array"
      case "Integer":
      case "Double":
        return "number"
      case "Integer64":
        return "Integer"
      case "Boolean":
        return "boolean"
      case "Done":
        return "void"
      case "Anything":
        needs.add("Text")
        return "Value.Value<Text>"
      case "Optional":
        return `${this.print(returns.of, needs)} | undefined`
      case "List":
      case "Pairs":
        return `Array<${this.print(returns.of, needs)}>`
      case "First":
        return `${this.print("of" in returns.of ? returns.of.of as Returns.Returns : returns.of, needs)} | undefined`
      case "Dictionary":
        return `Map<${this.print(returns.key, needs)}, ${this.print(returns.of, needs)}>`
      case "NamedValues":
        return "ReadonlyMap<string, string>"
      case "Tuple":
        return this.named(returns.name, returns.fields, needs, (name) => name)
      case "Properties":
        return this.named(
          returns.name,
          returns.fields,
          needs,
          (name) => name.replace(/[-_ ](\w)/g, (_, letter: string) => letter.toUpperCase())
        )
      case "Variants":
        return returns.of.map((one) => this.print(one, needs)).join(" | ")
      case "If": {
        const [given, otherwise] = [this.print(returns.given, needs), this.print(returns.otherwise, needs)]
        needs.add(parameterOf(returns.option))
        return `If<${parameterOf(returns.option)}, ${given}, ${otherwise}>`
      }
      case "With":
        needs.add(parameterOf(returns.option))
        return `If<${parameterOf(returns.option)}, ${this.print(returns.of, needs)}, undefined>`
    }
  }

  private named(name: string, fields: Returns.Fields, needs: Set<string>, nameOf: (field: string) => string): string {
    const own = new Set<string>()
    const lines = Object.entries(fields).map(([field, of]) => `  readonly ${nameOf(field)}: ${this.print(of, own)}\n`)
    const parameters = own.size === 0 ? "" : `<${[...own].join(", ")}>`
    const declaration = `export interface ${name}${parameters} {\n${lines.join("")}}\n`
    if ((this.declared.get(name) ?? declaration) !== declaration) throw new Error(`two replies are named ${name}`)
    this.declared.set(name, declaration)
    for (const need of own) needs.add(need)
    return name + parameters
  }
}

/** The options on which a reply depends. */
const optionsIn = (returns: Returns.Returns): ReadonlyArray<string> => {
  switch (returns._tag) {
    case "If":
      return [returns.option, ...optionsIn(returns.given), ...optionsIn(returns.otherwise)]
    case "With":
      return [returns.option, ...optionsIn(returns.of)]
    case "Tuple":
    case "Properties":
      return Object.values(returns.fields).flatMap(optionsIn)
    case "Variants":
      return returns.of.flatMap(optionsIn)
    default:
      return "of" in returns ? optionsIn(returns.of) : []
  }
}

// ---- what is given

/** The types of parts; those on which a reply depends are type parameters. */
class GivenTypes {
  private readonly decisive: ReadonlySet<string>
  readonly parameters: Array<string> = []

  constructor(decisive: ReadonlyArray<string>) {
    this.decisive = new Set(decisive)
  }

  of(part: NamedPart): string {
    if (!this.decisive.has(part.name)) return this.plain(part)
    const absent = part._tag === "Flag" || part._tag === "Nested" ? "false" : "undefined"
    const whole = absent === "false" ? this.plain(part) : `${this.plain(part)} | undefined`
    this.parameters.push(`const ${parameterOf(part.name)} extends ${whole} = ${absent}`)
    return parameterOf(part.name)
  }

  /** Whether the reply depends on its being there. */
  decides(part: NamedPart): boolean {
    return this.decisive.has(part.name) && part._tag === "Value"
  }

  private plain(part: NamedPart): string {
    const one = this.one(part)
    return "many" in part && part.many ? `OneOrMore<${one}>` : one
  }

  private one(part: NamedPart): string {
    switch (part._tag) {
      case "Flag":
        return "boolean"
      case "Pairs":
        return part.kind === "scores" ? "Scores" : "Fields"
      case "Words":
        return part.words.map((word) => JSON.stringify(word.toLowerCase())).join(" | ")
      case "Value":
        return { argument: "Argument", integer: "Integer", double: "Double" }[part.type]
      case "Nested": {
        const object = this.object(part.parts)
        const needsNothing = part.parts.every((inner) =>
          "optional" in inner && inner.optional && inner._tag !== "Choice"
        )
        return needsNothing ? `boolean | ${object}` : object
      }
    }
  }

  /** The object that holds the parts. */
  object(parts: ReadonlyArray<Part>): string {
    const plain: Array<string> = []
    const others: Array<string> = []
    for (const part of parts) {
      if (part._tag === "Fixed" || part._tag === "Count") continue
      if (part._tag === "Together") {
        const inner = this.object(part.parts)
        others.push(part.optional ? `AllOrNone<${inner}>` : inner)
      } else if (part._tag === "Choice") others.push(this.choice(part))
      // Required where it is given: of an optional one no `undefined` would be inferred
      else if (this.decides(part) && part._tag === "Value" && part.optional) {
        others.push(`AllOrNone<{ readonly ${part.name}: ${this.of(part)} }>`)
      } else if (part._tag !== "Flag" && (part._tag === "Pairs" || !part.optional)) {
        plain.push(`readonly ${part.name}: ${this.of(part)}`)
      } else plain.push(`readonly ${part.name}?: ${this.of(part)} | undefined`)
    }
    return [...(plain.length === 0 ? [] : [`{ ${plain.join("; ")} }`]), ...others].join(" & ")
  }

  private choice({ alternatives, optional }: Part & { readonly _tag: "Choice" }): string {
    if (!optional) return `(${alternatives.map((one) => this.object([one])).join(" | ")})`
    const fields = alternatives.map((one) => {
      if (!("name" in one)) throw new Error("an option that has alternatives of several parts")
      return `readonly ${one.name}: ${this.of(one)}`
    })
    return `OneOf<{ ${fields.join("; ")} }>`
  }
}

// ---- methods

const methodOf = (command: Command, signature: Signature, replies: ReplyTypes): string => {
  const { returns } = command.spec
  if (returns === undefined) return ""
  const given = new GivenTypes(optionsIn(returns))
  const args: Array<string> = []
  /** The signature without the last parameter: of a parameter that may be left out, no `undefined` would be inferred. */
  let shorter: string | undefined
  for (const part of signature.parameters) {
    const optional = "optional" in part && part.optional
    if (optional && given.decides(part) && returns._tag === "If") {
      shorter = `(${args.join(", ")}): Answer<How, ${replies.print(returns.otherwise, new Set())}>`
      args.push(`${part.name}: ${given.of(part)}`)
    } else args.push(`${part.name}${optional ? "?" : ""}: ${given.of(part)}`)
  }
  if (signature.options.length > 0) args.push(`options?: ${given.object(signature.options)}`)
  const generics = given.parameters.length === 0 ? "" : `<${given.parameters.join(", ")}>`
  const answer = `Answer<How, ${replies.print(returns, new Set())}>`
  const call = `${generics}(${args.join(", ")})`
  const type = shorter === undefined ? `${call} => ${answer}` : `{ ${shorter}; ${call}: ${answer} }`
  const { deprecatedSince, replacedBy, summary } = command.spec
  const notes = [`${summary} \`${syntaxOf(command)}\``]
  if (deprecatedSince !== undefined) notes.push(`@deprecated since ${deprecatedSince}: use ${replacedBy ?? "another"}`)
  const comment = notes.length === 1 ? `/** ${notes[0]} */` : `/**\n   * ${notes.join("\n   *\n   * ")}\n   */`
  return `  ${comment}\n  readonly ${signature.name}: ${type}\n`
}

/** The file's text. */
export const methods = (): string => {
  const replies = new ReplyTypes()
  const sorted = commands
    .map((command) => ({ command, signature: signatureOf(command) }))
    .sort((a, b) => a.signature.name < b.signature.name ? -1 : 1)
  const members = sorted.map(({ command, signature }) => methodOf(command, signature, replies))
  return formatted(
    `${INTRODUCTION}// ---- replies\n\n${[...replies.declared].sort().map(([, text]) => text).join("\n")}`
      + "\n// ---- methods\n\n/** `Text` is what bulks come as: text, or bytes. */\n"
      + `export interface Methods<How extends Mode, Text = string> {\n${members.join("")}}\n`
  )
}

const formatted = (source: string): string => {
  const { status, stderr, stdout } = spawnSync(new URL("../../node_modules/.bin/dprint", import.meta.url).pathname, [
    "fmt",
    "--stdin",
    "Methods.ts"
  ], {
    input: source,
    encoding: "utf8"
  })
  if (status !== 0) throw new Error(stderr)
  return stdout
}
