/**
 * What a command answers, as a value: the shape of its reply and what it is to a JavaScript program. It stands in the
 * spec beside the arguments; the typed API reads both, and with `npm run docs` TypeScript's types are written from them.
 *
 * A shape fits RESP3 and RESP2: a map may come as a flat array, a number as digits.
 */

export type Returns =
  /** What clients put in: text or bytes, as the caller of the typed API prefers. */
  | { readonly _tag: "Bulk" }
  /** Text in any case: names, ids, reports. */
  | { readonly _tag: "Text" }
  /** A certain word, by which variants are told apart. */
  | { readonly _tag: "Word"; readonly word: string }
  /** Bytes in any case: what is no text. */
  | { readonly _tag: "Bytes" }
  /** A count, an index, a time: never beyond what a number holds exactly. */
  | { readonly _tag: "Integer" }
  /** An integer that clients choose: a bigint where a number would not be exact. */
  | { readonly _tag: "Integer64" }
  | { readonly _tag: "Double" }
  /** 1 and 0; OK and null. */
  | { readonly _tag: "Boolean" }
  /** OK, of which there is nothing to know. */
  | { readonly _tag: "Done" }
  /** Whatever comes, as an untyped client shows it. */
  | { readonly _tag: "Anything" }
  | { readonly _tag: "Optional"; readonly of: Returns }
  /** Null is none at all. */
  | { readonly _tag: "List"; readonly of: Returns }
  /** The only element of a list that has one or none. */
  | { readonly _tag: "First"; readonly of: Returns }
  /** Names and values; null is no name at all. */
  | { readonly _tag: "Dictionary"; readonly key: Returns; readonly of: Returns }
  /** An array whose elements have a meaning by their position. */
  | { readonly _tag: "Tuple"; readonly name: string; readonly fields: Fields }
  /** A list of tuples of two, nested or flat. */
  | { readonly _tag: "Pairs"; readonly of: Returns & { readonly _tag: "Tuple" } }
  /** A map whose keys are known. */
  | { readonly _tag: "Properties"; readonly name: string; readonly fields: Fields }
  /** Tuples that differ by the word at their beginning. */
  | { readonly _tag: "Variants"; readonly of: ReadonlyArray<Returns & { readonly _tag: "Tuple" }> }
  /** Text of lines or words that are a name, a separator and a value. */
  | { readonly _tag: "NamedValues"; readonly separator: string; readonly between: string }
  /** As the call has an argument or option, or has not. */
  | { readonly _tag: "If"; readonly option: string; readonly given: Returns; readonly otherwise: Returns }
  /** An element of a tuple that comes with an option. */
  | { readonly _tag: "With"; readonly option: string; readonly of: Returns }

export interface Fields {
  readonly [name: string]: Returns
}

export const bulk: Returns = { _tag: "Bulk" }
export const text: Returns = { _tag: "Text" }
export const bytes: Returns = { _tag: "Bytes" }
export const integer: Returns = { _tag: "Integer" }
export const integer64: Returns = { _tag: "Integer64" }
export const double: Returns = { _tag: "Double" }
export const boolean: Returns = { _tag: "Boolean" }
export const done: Returns = { _tag: "Done" }
export const anything: Returns = { _tag: "Anything" }
export const word = (word: string): Returns => ({ _tag: "Word", word })

export const optional = (of: Returns): Returns => ({ _tag: "Optional", of })
export const list = (of: Returns): Returns => ({ _tag: "List", of })
export const first = (of: Returns): Returns => ({ _tag: "First", of })
export const dictionary = (of: Returns, key: Returns = bulk): Returns => ({ _tag: "Dictionary", key, of })

/** The name is that of the type in TypeScript. */
export const tuple = (name: string, fields: Fields): Returns & { readonly _tag: "Tuple" } => ({
  _tag: "Tuple",
  name,
  fields
})
export const pairs = (of: Returns & { readonly _tag: "Tuple" }): Returns => ({ _tag: "Pairs", of })
export const properties = (name: string, fields: Fields): Returns => ({ _tag: "Properties", name, fields })
export const variants = (...of: ReadonlyArray<Returns & { readonly _tag: "Tuple" }>): Returns => ({
  _tag: "Variants",
  of
})

/** `name=value name=value`, as CLIENT INFO has it. */
export const namedWords: Returns = { _tag: "NamedValues", separator: "=", between: " " }
/** `name:value` on each line, as INFO has it. */
export const namedLines: Returns = { _tag: "NamedValues", separator: ":", between: "\r\n" }

export const given = (option: string, given: Returns, otherwise: Returns): Returns => ({
  _tag: "If",
  option,
  given,
  otherwise
})
export const having = (option: string, of: Returns): Returns => ({ _tag: "With", option, of })

// ---- what several families answer

export const value = optional(bulk)
export const values = list(value)
export const all = list(bulk)
export const names = list(text)

const scored = tuple("Scored", { member: bulk, score: double })
export const scores = pairs(scored)
export const membersWithScores = given("withscores", scores, all)

/** One element, or those that a count asks for. */
export const valueOrMany = given("count", all, value)
/** As `valueOrMany`, where nothing is null. */
export const valueOrSome = given("count", optional(all), value)

export const entry = tuple("StreamEntry", { id: text, fields: dictionary(bulk) })
export const entries = list(entry)
