/**
 * Makes commands out of grammars: valid ones, ones with values at the edges, and malformed ones. The same generator state gives the
 * same command; nothing here talks to a server.
 */
import type { Random } from "../memory/Random.ts"
import { chance, few, shuffle, weighted } from "./Draw.ts"
import type { Argument, Grammar } from "./Grammar.ts"
import { weights } from "./Participation.ts"
import { tame } from "./Tame.ts"
import * as Vocabulary from "./Vocabulary.ts"
import type { Context } from "./Vocabulary.ts"

export interface Generator {
  /** The next command's words. `filter` leaves commands out, such as those that a transaction must not contain. */
  readonly command: (filter?: (grammar: Grammar) => boolean) => ReadonlyArray<string>
}

export interface Options {
  readonly next: Random
  /** The commands that take part. */
  readonly grammars: ReadonlyArray<Grammar>
  readonly memory: Vocabulary.Memory
  /** How many connections the sequence uses; with one, nothing may wait. */
  readonly connections: number
}

/** How often a command is made malformed on purpose. */
const malformedRate = 0.06

export const make = (options: Options): Generator => {
  const { connections, grammars, memory, next } = options
  const pick = weighted(grammars, (grammar) => weights[grammar.name] ?? 1)
  const keyTypes = Vocabulary.keyTypesFor(grammars.map((grammar) => grammar.group))
  const commandNames = grammars.map((grammar) => grammar.name)

  const generate = (grammar: Grammar): ReadonlyArray<string> => {
    // One edge is mostly enough for a refusal, so most commands have none, and some have many.
    const edges = chance(next, 0.6) ? 0 : 0.25
    const context: Context = { next, grammar, keyTypes, commandNames, connections, memory, edges }
    const words = grammar.words.map((word) => recase(next, word))
    const args = [...words, ...render(grammar.arguments, context, connections > 1)]
    if (grammar.name.startsWith("COMMAND GETKEYS")) args.push(...generate(pick(next)))
    return tame(chance(next, malformedRate) ? malform(args, words.length, context) : args, grammar)
  }

  return {
    command: (filter = () => true) => {
      while (true) {
        const grammar = pick(next)
        if (filter(grammar)) return generate(grammar)
      }
    }
  }
}

/** Commands and tokens are understood in any case. */
const recase = (next: Random, word: string): string =>
  chance(next, 0.85) ? word : chance(next, 0.5) ? word.toLowerCase() : (word[0] ?? "") + word.slice(1).toLowerCase()

/** An option's word ends at a NUL. */
const respell = (next: Random, token: string): string =>
  /^\w/.test(token) && chance(next, 0.004) ? `${recase(next, token)}\0x` : recase(next, token)

/**
 * Renders arguments in the documented order, or with the options among them shuffled, which Redis mostly understands as well.
 */
const render = (args: ReadonlyArray<Argument>, context: Context, mayBlock: boolean): Array<string> => {
  const { next } = context
  // Arguments that repeat side by side (keys and ids of XREAD), and those that a number announces, repeat as often as each other.
  const counted = args.some((argument) => argument.name === "numkeys")
  const repeating = args.filter((argument) => argument.multiple === true && argument.optional !== true).length
  const times = (counted || repeating > 1) && !chance(next, 0.05) ? few(next, 3) : undefined

  const groups: Array<{ readonly optional: boolean; readonly words: ReadonlyArray<string> }> = args.map((argument) => {
    const optional = argument.optional === true
    // A command that waits would stop a sequence that has one connection only.
    if (!mayBlock && argument.token === "BLOCK") return { optional, words: [] }
    if (argument.name === "numkeys" && times !== undefined) return { optional, words: [String(times)] }
    return { optional, words: optional && !chance(next, 0.4) ? [] : renderOne(argument, context, mayBlock, times) }
  })
  const options = groups.filter((group) => group.optional && group.words.length > 0)
  if (options.length < 2 || !chance(next, 0.3)) return groups.flatMap((group) => group.words)
  const shuffled = shuffle(next, [...options])
  return groups.flatMap((group) => group.optional && group.words.length > 0 ? shuffled.pop()?.words ?? [] : group.words)
}

const renderOne = (
  argument: Argument,
  context: Context,
  mayBlock: boolean,
  times: number | undefined
): ReadonlyArray<string> => {
  const { next } = context
  const count = argument.multiple === true ? (times ?? few(next, 4)) : 1
  const words: Array<string> = []
  for (let i = 0; i < count; i++) {
    const token = argument.type === "pure-token" ? undefined : argument.token
    if (token !== undefined && (i === 0 || argument.multipleToken === true)) words.push(respell(next, token))
    words.push(...renderValue(argument, context, mayBlock))
  }
  return words
}

const renderValue = (argument: Argument, context: Context, mayBlock: boolean): ReadonlyArray<string> => {
  const { grammar, next } = context
  const inner = argument.arguments ?? []
  switch (argument.type) {
    case "oneof": {
      // An alternative that is optional in itself is there once it is chosen.
      const chosen = next.pick(inner)
      return renderOne(chosen, context, mayBlock, undefined)
    }
    case "block":
      return grammar.name === "CONFIG SET" ? Vocabulary.configPair(context) : render(inner, context, mayBlock)
    case "pure-token":
      return [respell(next, argument.token ?? argument.name)]
    default:
      return [Vocabulary.value(argument, context)]
  }
}

/** Spoils a command, mostly behind its name. */
const malform = (args: ReadonlyArray<string>, words: number, context: Context): ReadonlyArray<string> => {
  const { next } = context
  const spoiled = [...args]
  const at = Math.min(words + next.below(Math.max(1, spoiled.length - words)), spoiled.length)
  switch (next.below(7)) {
    case 0:
      spoiled.splice(at, 1)
      break
    case 1:
      spoiled.length = Math.min(at, spoiled.length)
      break
    case 2:
      spoiled.splice(at, 0, Vocabulary.anything(context))
      break
    case 3:
      spoiled.splice(at, 0, spoiled[at] ?? "")
      break
    case 4:
      spoiled.push(...spoiled.slice(words + 1))
      break
    case 5: {
      const other = words + next.below(Math.max(1, spoiled.length - words))
      const held = spoiled[at] ?? ""
      spoiled[at] = spoiled[other] ?? ""
      spoiled[other] = held
      break
    }
    default:
      if (at < spoiled.length) spoiled[at] = Vocabulary.anything(context)
      else spoiled.push(Vocabulary.anything(context))
  }
  // Losing the subcommand is a mistake worth making, losing the command is none.
  return spoiled.length === 0 ? args : spoiled
}
