/** `docs/commands.md`: every command that the server has, from the specs. */
import type { Command } from "../../src/command/Command.ts"
import type { Argument, Group } from "../../src/command/Spec.ts"
import { commands } from "../../src/commands/All.ts"

const INTRODUCTION = `# Commands

<!-- Written by \`npm run docs\` from the specs in src/commands. -->

What each command of this server is for, with its arguments. They are the commands of Redis 7.0 with all their options;
what they answer is described at <https://redis.io/commands>. \`COMMAND DOCS\` and \`COMMAND INFO\` tell the same to programs.

\`[x]\` may be left out, \`x | y\` is one or the other, \`x [x ...]\` may be repeated.
`

const titles: Readonly<Record<Group, string>> = {
  generic: "Keys",
  string: "Strings",
  bitmap: "Bitmaps",
  list: "Lists",
  hash: "Hashes",
  set: "Sets",
  "sorted-set": "Sorted sets",
  geo: "Places",
  hyperloglog: "Counting what is different",
  stream: "Streams",
  pubsub: "Messages",
  transactions: "Transactions",
  scripting: "Scripts",
  connection: "Connections",
  "go-redis": "This server's own",
  module: "An app's own",
  server: "Server",
  cluster: "Cluster"
}

const argumentSyntax = (arg: Argument): string => {
  const parts = (arg.arguments ?? []).map(argumentSyntax)
  const value = arg.type === "pure-token"
    ? ""
    : arg.type === "oneof"
    ? alternatives(arg, parts)
    : arg.type === "block"
    ? parts.join(" ")
    : arg.name
  const once = [arg.token, value].filter((word) => word !== undefined && word !== "").join(" ")
  const again = arg.multipleToken === true ? once : value
  const whole = arg.multiple === true ? `${once} [${again} ...]` : once
  return arg.optional === true ? `[${whole}]` : whole
}

/** In angle brackets, unless those of an optional argument stand around them. */
const alternatives = (arg: Argument, parts: ReadonlyArray<string>): string => {
  const either = parts.join(" | ")
  return arg.optional === true && arg.token === undefined ? either : `<${either}>`
}

/** The command's name and arguments on one line. */
export const syntaxOf = ({ name, spec }: Command): string =>
  [name.replace("|", " "), ...(spec.arguments ?? []).map(argumentSyntax)].join(" ")

const entryOf = (command: Command): string => {
  const { complexity, deprecatedSince, replacedBy, since, summary } = command.spec
  const notes = [
    `Since ${since}`,
    ...(complexity === undefined || complexity === "" ? [] : [complexity.replace(/\.$/, "")]),
    ...(deprecatedSince === undefined ? [] : [`deprecated since ${deprecatedSince}`]),
    ...(replacedBy === undefined ? [] : [`use ${replacedBy} instead`])
  ]
  return `- \`${syntaxOf(command)}\`: ${`${summary} _${notes.join("; ")}._`.trim()}\n`
}

/** Returns the page's text. */
export const commandReference = (): string => {
  const containers = new Set(
    commands.map(({ name }) => name.split("|")).filter(([, sub]) => sub !== undefined).map(([name]) => name)
  )
  // The order of the record is the order of the page
  const sections = (Object.keys(titles) as ReadonlyArray<Group>).map((group) => {
    const members = commands
      .filter(({ name, spec }) => spec.group === group && !(containers.has(name) && spec.arity < -1))
      .sort((a, b) => a.name < b.name ? -1 : 1)
    return members.length === 0 ? "" : `\n## ${titles[group]}\n\n${members.map(entryOf).join("")}`
  })
  return INTRODUCTION + sections.join("")
}
