/** Command lines from what a method of the typed API is given. */
import type { Argument } from "../Client.ts"
import type { Part, Signature } from "./Signature.ts"

/** What a call gives, by name. */
export interface Given {
  readonly [name: string]: unknown
}

/** Adds its words to a command line. */
type Step = (given: Given, line: Array<Argument>) => void

export interface Encoder {
  /** What is given under which name: the parameters, and the options. */
  readonly given: (args: ReadonlyArray<unknown>) => Given
  readonly line: (args: ReadonlyArray<unknown>, given: Given) => ReadonlyArray<Argument>
}

export const encoderOf = (signature: Signature): Encoder => {
  const { options, parameters, parts, words } = signature
  const names = parameters.map(({ name }) => name)
  const given = (args: ReadonlyArray<unknown>): Given => {
    const all: { [name: string]: unknown } = { ...args[names.length] as Given | undefined }
    for (const [index, name] of names.entries()) all[name] = args[index]
    return all
  }
  // Most command lines are the parameters as they are
  if (options.length === 0 && parts.every((part) => part._tag === "Value" && !part.many && part.token === undefined)) {
    return { given, line: (args) => [...words, ...present(args)] }
  }
  const steps = parts.map(stepOf)
  return {
    given,
    line: (_, given) => {
      const line: Array<Argument> = [...words]
      for (const step of steps) step(given, line)
      return line
    }
  }
}

/** The types say that they are arguments. */
const present = (args: ReadonlyArray<unknown>): ReadonlyArray<Argument> =>
  (args.at(-1) === undefined ? args.filter((arg) => arg !== undefined) : args) as ReadonlyArray<Argument>

const stepOf = (part: Part): Step => {
  switch (part._tag) {
    case "Fixed":
      return (_, line) => void line.push(part.token)
    case "Flag":
      return (given, line) => {
        if (given[part.name] === true) line.push(part.token)
      }
    case "Count":
      return (given, line) => void line.push(listed(given[part.of]).length)
    case "Value":
      return repeated(part, (value, line) => void line.push(value as Argument))
    case "Words":
      return repeated(part, (value, line) => void line.push(String(value).toUpperCase()))
    case "Nested": {
      const steps = part.parts.map(stepOf)
      return repeated(part, (value, line) => {
        // `full: true` stands for an object without anything in it
        for (const step of value === true ? [] : steps) step(value as Given, line)
      })
    }
    case "Together": {
      const steps = part.parts.map(stepOf)
      return (given, line) => {
        if (part.optional && !isGiven(part, given)) return
        for (const step of steps) step(given, line)
      }
    }
    case "Choice": {
      const alternatives = part.alternatives.map((alternative) => ({ alternative, step: stepOf(alternative) }))
      // More than one, which no type allows, is for the server to refuse
      return (given, line) => {
        for (const { alternative, step } of alternatives) if (isGiven(alternative, given)) step(given, line)
      }
    }
    case "Pairs":
      return pairsStep(part)
  }
}

/** Writes a part that may be there several times, each with its word or all behind one. */
const repeated = (
  part: Part & { readonly _tag: "Value" | "Words" | "Nested" },
  write: (value: unknown, line: Array<Argument>) => void
): Step =>
(given, line) => {
  const value = given[part.name]
  if (value === undefined || value === false) return
  const { token } = part
  if (token !== undefined && !part.repeatsToken) line.push(token)
  for (const one of part.many ? listed(value) : [value]) {
    if (token !== undefined && part.repeatsToken) line.push(token)
    write(one, line)
  }
}

const pairsStep = (part: Part & { readonly _tag: "Pairs" }): Step => (given, line) => {
  const pairs = pairsOf(given[part.name])
  if (part.token !== undefined) line.push(part.token)
  if (part.kind === "columns") line.push(...pairs.map(([name]) => name), ...pairs.map(([, value]) => value))
  else for (const [name, value] of pairs) line.push(...(part.kind === "scores" ? [value, name] : [name, value]))
}

type Pair = readonly [name: Argument, value: Argument]

/** From a record, a Map, pairs, or members with their scores. */
const pairsOf = (value: unknown): ReadonlyArray<Pair> => {
  if (!isIterable(value)) return Object.entries(value as { readonly [name: string]: Argument })
  return Array.from(
    value as Iterable<Pair | { readonly member: Argument; readonly score: Argument }>,
    (pair) => "member" in pair ? [pair.member, pair.score] : pair
  )
}

const isIterable = (value: unknown): value is Iterable<unknown> =>
  typeof value === "object" && value !== null && Symbol.iterator in value

const listed = (value: unknown): ReadonlyArray<unknown> =>
  value === undefined ? [] : Array.isArray(value) ? value : [value]

/** Whether any of it is given. */
const isGiven = (part: Part, given: Given): boolean => {
  switch (part._tag) {
    case "Together":
      return part.parts.some((inner) => isGiven(inner, given))
    case "Choice":
      return part.alternatives.some((inner) => isGiven(inner, given))
    case "Fixed":
    case "Count":
      return false
    default:
      return given[part.name] !== undefined && given[part.name] !== false
  }
}
