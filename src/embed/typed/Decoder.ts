/** Replies as the values that a command's spec says they are. */
import type * as Returns from "../../command/Returns.ts"
import type { ReplyValue } from "../../resp/ReplyParser.ts"
import * as Value from "../Value.ts"
import type { Given } from "./Encoder.ts"

export interface Options {
  /** What the call gave: some replies follow from it. */
  readonly given: Given
  /** Bulks stay bytes. */
  readonly asBytes: boolean
}

export type Decoder = (reply: ReplyValue, options: Options) => unknown

const decoder = new TextDecoder()

export const decoderOf = (returns: Returns.Returns): Decoder => {
  switch (returns._tag) {
    case "Bulk":
      return (reply, { asBytes }) => asBytes ? bytesOf(reply) : textOf(reply)
    case "Text":
    case "Word":
      return textOf
    case "Bytes":
      return bytesOf
    case "Integer":
    case "Integer64":
      return integerOf
    case "Double":
      return doubleOf
    case "Boolean":
      return booleanOf
    case "Done":
      return (reply) => isNull(reply) ? unexpected(reply) : undefined
    case "Anything":
      return (reply, { asBytes }) => asBytes ? Value.bytes(reply) : Value.text(reply)
    case "Optional": {
      const of = decoderOf(returns.of)
      return (reply, options) => isNull(reply) ? undefined : of(reply, options)
    }
    case "List": {
      if (returns.of._tag === "NamedValues") return (reply) => linesOf(textOf(reply)).map(namedValues(returns.of))
      const of = decoderOf(returns.of)
      return (reply, options) => isNull(reply) ? [] : itemsOf(reply).map((item) => of(item, options))
    }
    case "First": {
      const of = decoderOf(returns.of)
      return (reply, options) => (of(reply, options) as ReadonlyArray<unknown>)[0]
    }
    case "Dictionary": {
      const key = decoderOf(returns.key)
      const of = decoderOf(returns.of)
      return (reply, options) =>
        new Map(isNull(reply) ? [] : entriesOf(reply).map(([name, value]) => [key(name, options), of(value, options)]))
    }
    case "Tuple":
      return tupleDecoder(returns.fields)
    case "Pairs": {
      const of = decoderOf(returns.of)
      return (reply, options) => entriesOf(reply).map((items) => of({ _tag: "Array", items }, options))
    }
    case "Properties":
      return propertiesDecoder(returns.fields)
    case "Variants":
      return variantsDecoder(returns.of)
    case "NamedValues": {
      const parse = namedValues(returns)
      return (reply) => parse(textOf(reply))
    }
    case "If": {
      const [given, otherwise] = [decoderOf(returns.given), decoderOf(returns.otherwise)]
      return (reply, options) => (has(options, returns.option) ? given : otherwise)(reply, options)
    }
    case "With": {
      const of = decoderOf(returns.of)
      return (reply, options) => has(options, returns.option) ? of(reply, options) : undefined
    }
  }
}

const has = ({ given }: Options, option: string): boolean => given[option] !== undefined && given[option] !== false

const unexpected = (reply: ReplyValue): never => {
  throw new TypeError(`the reply is not what the command's spec says: ${reply._tag}`)
}

// ---- scalars

const isNull = (reply: ReplyValue): boolean => reply._tag === "Null"

const textOf = (reply: ReplyValue): string => {
  switch (reply._tag) {
    case "Bulk":
    case "Verbatim":
      return decoder.decode(reply.bytes)
    case "Simple":
      return reply.text
    case "Integer":
    case "Double":
      return String(reply.value)
    default:
      return unexpected(reply)
  }
}

const bytesOf = (reply: ReplyValue): Uint8Array =>
  reply._tag === "Bulk" || reply._tag === "Verbatim" ? reply.bytes : Buffer.from(textOf(reply))

/** A bigint only where a number would not be exact. */
const integerOf = (reply: ReplyValue): number | bigint => {
  if (reply._tag === "Integer") return reply.value
  const text = textOf(reply)
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : BigInt(text)
}

const doubleOf = (reply: ReplyValue): number => {
  if (reply._tag === "Double" || reply._tag === "Integer") return Number(reply.value)
  const text = textOf(reply)
  return text === "inf" ? Infinity : text === "-inf" ? -Infinity : Number(text)
}

const booleanOf = (reply: ReplyValue): boolean => {
  if (reply._tag === "Boolean") return reply.value
  if (reply._tag === "Integer") return reply.value !== 0
  return !isNull(reply)
}

// ---- aggregates

const itemsOf = (reply: ReplyValue): ReadonlyArray<ReplyValue> =>
  reply._tag === "Array" || reply._tag === "Set" || reply._tag === "Push" ? reply.items : unexpected(reply)

/** Pairs: of a map, of an array of arrays, or of an array in which they stand flat. */
const entriesOf = (reply: ReplyValue): ReadonlyArray<readonly [ReplyValue, ReplyValue]> => {
  if (reply._tag === "Map") return reply.entries
  const items = itemsOf(reply)
  const entries: Array<readonly [ReplyValue, ReplyValue]> = []
  if (items[0]?._tag === "Array") {
    for (const pair of items) entries.push(pairOf(itemsOf(pair), 0))
  } else for (let at = 0; at < items.length; at += 2) entries.push(pairOf(items, at))
  return entries
}

const pairOf = (items: ReadonlyArray<ReplyValue>, at: number): readonly [ReplyValue, ReplyValue] => {
  const [first, second] = [items[at], items[at + 1]]
  if (first === undefined || second === undefined) throw new TypeError("a pair in a reply is not whole")
  return [first, second]
}

const absent: ReplyValue = { _tag: "Null" }

/** Elements by their position; those that come with an option stand only where it was given. */
const tupleDecoder = (fields: Returns.Fields): Decoder => {
  const decoders = Object.entries(fields).map(([name, returns]) => ({ name, returns, of: decoderOf(returns) }))
  return (reply, options) => {
    const items = reply._tag === "Array" ? reply.items : [reply]
    const result: { [name: string]: unknown } = {}
    let at = 0
    for (const { name, of, returns } of decoders) {
      const left = returns._tag === "With" && !has(options, returns.option)
      result[name] = left ? undefined : of(items[at++] ?? absent, options)
    }
    return result
  }
}

const camelCase = (name: string): string => name.replace(/[-_ ](\w)/g, (_, letter: string) => letter.toUpperCase())

const propertiesDecoder = (fields: Returns.Fields): Decoder => {
  const decoders = Object.entries(fields).map(([key, returns]) => ({
    key,
    name: camelCase(key),
    of: decoderOf(returns)
  }))
  return (reply, options) => {
    const byKey = new Map(entriesOf(reply).map(([key, value]) => [textOf(key), value]))
    return Object.fromEntries(decoders.map(({ key, name, of }) => [name, of(byKey.get(key) ?? absent, options)]))
  }
}

const variantsDecoder = (of: ReadonlyArray<Returns.Returns & { readonly _tag: "Tuple" }>): Decoder => {
  const byWord = new Map(of.map((tuple) => {
    const [first] = Object.values(tuple.fields)
    return [first?._tag === "Word" ? first.word : "", decoderOf(tuple)]
  }))
  return (reply, options) => {
    const [first] = itemsOf(reply)
    const decode = first === undefined ? undefined : byWord.get(textOf(first))
    return decode === undefined ? unexpected(reply) : decode(reply, options)
  }
}

// ---- text with fields

const linesOf = (text: string): ReadonlyArray<string> => text.split("\n").filter((line) => line !== "")

const namedValues = (returns: Returns.Returns) => (text: string): ReadonlyMap<string, string> => {
  if (returns._tag !== "NamedValues") return new Map()
  const fields = new Map<string, string>()
  let name: string | undefined
  for (const field of text.trimEnd().split(returns.between)) {
    const at = field.indexOf(returns.separator)
    if (at >= 0) {
      name = field.slice(0, at)
      fields.set(name, field.slice(at + 1))
      // A word without a name goes on with the value before; a line without one is a comment
    } else if (name !== undefined && returns.between === " ") fields.set(name, `${fields.get(name)} ${field}`)
  }
  return fields
}
