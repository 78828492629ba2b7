/**
 * How the value of a directive is written and what it means: codecs between the words that follow a directive's name in
 * a configuration file and a typed value. `Schemas.ts` makes Effect Schemas of them.
 *
 * Words are byte strings: one character (0-255) for one byte, because Redis's values are bytes and not text. A refusal's
 * message is the text that Redis answers with.
 */
import type * as Schema from "effect/Schema"
import * as Sds from "./Sds.ts"

/** The words after a directive's name. */
export type Words = ReadonlyArray<string>

/** How a value is given: by a configuration for the first time or once more, or by CONFIG SET. */
export type Giving = "first" | "more" | "set"

/** One line that CONFIG REWRITE may write: `forced` ones are appended when the file has no line to replace. */
export interface Line {
  readonly text: string
  readonly forced: boolean
}

/** The values that there are, as an Effect Schema, for whoever has loaded that module: no start needs it. */
export type Values<A> = (schema: typeof Schema) => Schema.Codec<A>

/** How one kind of directive is read, written and seen by the code that uses it. */
export interface Codec<A, V = A> {
  /** The kind, for people: "memory size". */
  readonly kind: string
  /** The values, for the documentation and the shell completions: `yes|no`. */
  readonly syntax: string
  /** The values there are, when they can be listed. */
  readonly choices: ReadonlyArray<string>
  readonly parse: (words: Words) => A | Refusal
  readonly print: (value: A) => Words
  readonly values: Values<A>
  /** What `config.values` shows for a value: numbers for bigints, text for bytes. */
  readonly live: (value: A) => V
  /** Takes several words: one quoted value is split at its spaces. */
  readonly spaced: boolean
  /** What a value makes of the one before. */
  readonly merge: (before: A, value: A, giving: Giving) => A | Refusal
  /** The lines that CONFIG REWRITE writes, without the directive's name. */
  readonly lines: (value: A, byDefault: A) => ReadonlyArray<Line>
}

// ---- building blocks

/** Why a value is not taken, in Redis's words. */
export class Refusal {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

export const refuse = (message: string): Refusal => new Refusal(message)

const sameWords = (a: Words, b: Words): boolean => a.length === b.length && a.every((word, i) => word === b[i])

interface Options<A, V> {
  readonly kind: string
  readonly syntax: string
  readonly choices?: ReadonlyArray<string>
  readonly values: Values<A>
  readonly parse: (words: Words) => A | Refusal
  readonly print: (value: A) => Words
  readonly live: (value: A) => V
  readonly spaced?: boolean
  readonly merge?: (before: A, value: A, giving: Giving) => A | Refusal
  readonly write?: (value: A) => string
  readonly lines?: (value: A, byDefault: A) => ReadonlyArray<Line>
}

/** Makes a codec; what is left out is the usual. */
export const make = <A, V>(options: Options<A, V>): Codec<A, V> => {
  const { print } = options
  const write = options.write ?? ((value) => print(value).join(" "))
  return {
    kind: options.kind,
    syntax: options.syntax,
    choices: options.choices ?? [],
    parse: options.parse,
    print,
    values: options.values,
    live: options.live,
    spaced: options.spaced ?? false,
    merge: options.merge ?? ((_before, value) => value),
    lines: options.lines
      ?? ((value, byDefault) => [{ text: write(value), forced: !sameWords(print(value), print(byDefault)) }])
  }
}

/** A codec for directives of exactly one word. */
const single = <A, V>(
  options: Omit<Options<A, V>, "parse" | "print"> & {
    readonly parse: (word: string) => A | Refusal
    readonly print: (value: A) => string
  }
): Codec<A, V> =>
  make({
    ...options,
    parse: ([word, ...rest]) =>
      word === undefined || rest.length > 0 ? refuse("wrong number of arguments") : options.parse(word),
    print: (value) => [options.print(value)]
  })

const identity = <A>(value: A): A => value

// ---- switches and choices

/** `yes` or `no`, in any case. */
export const yesNo: Codec<boolean> = single({
  kind: "switch",
  syntax: "yes|no",
  choices: ["yes", "no"],
  values: (schema) => schema.Boolean,
  parse: (word) => {
    const lower = Sds.cString(word).toLowerCase()
    return lower === "yes" ? true : lower === "no" ? false : refuse("argument must be 'yes' or 'no'")
  },
  print: (value) => value ? "yes" : "no",
  live: identity
})

const oneOfThese = (choices: ReadonlyArray<string>) =>
  refuse(`argument(s) must be one of the following: ${choices.join(", ")}`)

/** A `yesNo` of which only `no` can be had; `reason` answers `yes`. */
export const neverYes = (reason: string): Codec<boolean> => ({
  ...yesNo,
  parse: (words) => {
    const on = yesNo.parse(words)
    return on === true ? refuse(reason) : on
  }
})

/** One word of a list, in any case. `same` gives words that mean another one (`relative` is `yes`). */
export const oneOf = <const Choices extends ReadonlyArray<string>>(
  choices: Choices,
  same: { readonly [word: string]: Choices[number] } = {}
): Codec<Choices[number]> => {
  const words = choices as ReadonlyArray<Choices[number]>
  return single({
    kind: "choice",
    syntax: choices.join("|"),
    choices,
    values: (schema) => schema.Literals(words),
    parse: (word) => {
      const lower = Sds.cString(word).toLowerCase()
      const found = words.find((choice) => choice === lower)
      return found === undefined ? oneOfThese(choices) : same[found] ?? found
    },
    print: identity,
    live: identity
  })
}

/** Several words of a list together; none of them is written as `none`. */
export const flags = <const Flags extends ReadonlyArray<string>>(
  none: string,
  names: Flags,
  conflict: (given: ReadonlyArray<Flags[number]>) => string | undefined
): Codec<ReadonlyArray<Flags[number]>> => {
  const all = names as ReadonlyArray<Flags[number]>
  return make<ReadonlyArray<Flags[number]>, ReadonlyArray<Flags[number]>>({
    kind: "choices",
    syntax: [none, ...names].join("|") + " ...",
    choices: [none, ...names],
    values: (schema) => schema.Array(schema.Literals(all)),
    parse: (words) => {
      const lower = words.map((word) => word.toLowerCase())
      if (lower.length === 0 || lower.some((word) => word !== none && !names.includes(word))) {
        return oneOfThese([none, ...names])
      }
      const given = all.filter((name) => lower.includes(name))
      const message = conflict(given)
      return message === undefined ? given : refuse(message)
    },
    print: (value) => value.length === 0 ? [none] : value,
    spaced: true,
    live: identity
  })
}

// ---- numbers

const MAX_INT = 2147483647n
const MAX_UINT = 4294967295n
const MAX_LONG = 9223372036854775807n
const MAX_ULONG = 18446744073709551615n

/** The ranges of C's types, for the `maximum` and `minimum` of numbers. */
export const Limits = { int: MAX_INT, uint: MAX_UINT, long: MAX_LONG, ulong: MAX_ULONG, minInt: -MAX_INT - 1n }

const outOf = (minimum: bigint, maximum: bigint, print: (value: bigint) => string = String): Refusal =>
  refuse(`argument must be between ${print(minimum)} and ${print(maximum)} inclusive`)

/** A number within bounds; `refusal` answers others. */
const within = (value: bigint, minimum: bigint, maximum: bigint, refusal: Refusal): bigint | Refusal =>
  value < minimum || value > maximum ? refusal : value

const between = (minimum: bigint, maximum: bigint): Values<bigint> => (schema) =>
  schema.BigInt.check(schema.isBetweenBigInt({ minimum, maximum }))

const limitsOf = (minimum: bigint, maximum: bigint): string =>
  maximum === MAX_INT || maximum === MAX_LONG || maximum === MAX_ULONG
    ? minimum === -MAX_INT - 1n ? "<integer>" : `<integer from ${minimum}>`
    : `<${minimum}-${maximum}>`

const DECIMAL = /^(0|-?[1-9][0-9]*)$/

/** A whole number as Redis writes it: no plus sign, no leading zeros. */
export const integer = (minimum: bigint, maximum: bigint = MAX_INT): Codec<bigint, number> =>
  single({
    kind: "number",
    syntax: limitsOf(minimum, maximum),
    values: between(minimum, maximum),
    parse: (word) => {
      const value = DECIMAL.test(word) ? BigInt(word) : undefined
      return value === undefined || value > MAX_LONG || value < -MAX_LONG - 1n
        ? refuse("argument couldn't be parsed into an integer")
        : within(value, minimum, maximum, outOf(minimum, maximum))
    },
    print: String,
    live: Number
  })

/** A number that is moved into a narrower range instead of being refused; `always`, or only when it is set later. */
export const clamped = (
  codec: Codec<bigint, number>,
  minimum: bigint,
  maximum: bigint,
  when: "always" | "set"
): Codec<bigint, number> => ({
  ...codec,
  merge: (_before, value, giving) => {
    if (when === "set" && giving !== "set") return value
    return value < minimum ? minimum : value > maximum ? maximum : value
  }
})

/** A number to the base of eight, as in `chmod`. */
export const octal = (maximum: bigint): Codec<bigint, number> => {
  const print = (value: bigint) => value.toString(8)
  return single({
    kind: "octal number",
    syntax: `<0-${print(maximum)}>`,
    values: between(0n, maximum),
    parse: (word) => {
      if (word === "") return 0n
      const digits = /^[ \t\n\v\f\r]*([+-]?)([0-7]+)$/.exec(word)
      if (digits === null) return refuse("argument couldn't be parsed as an octal number")
      const value = BigInt(`0o${digits[2]}`)
      return within(digits[1] === "-" ? -value : value, 0n, maximum, outOf(0n, maximum, print))
    },
    print,
    live: Number
  })
}

// ---- memory sizes

const UNITS: { readonly [unit: string]: bigint } = {
  "": 1n,
  b: 1n,
  k: 1000n,
  kb: 1024n,
  m: 1000n ** 2n,
  mb: 1024n ** 2n,
  g: 1000n ** 3n,
  gb: 1024n ** 3n
}
const MOST_DIGITS = 127

/** A size such as `100mb`, or nothing when it is none. The product wraps at 64 bits and the digits saturate, as in Redis. */
export const parseMemory = (word: string): bigint | undefined => {
  const text = /^[^\0]*/.exec(word)?.[0] ?? ""
  const parts = /^([0-9]*)([a-z]*)$/i.exec(text)
  const digits = parts?.[1] ?? ""
  const unit = UNITS[(parts?.[2] ?? "").toLowerCase()]
  if (parts === null || unit === undefined || digits.length > MOST_DIGITS) return undefined
  const count = digits === "" ? 0n : BigInt(digits)
  return BigInt.asUintN(64, (count > MAX_ULONG ? MAX_ULONG : count) * unit)
}

/** The shortest exact way to write a size. */
export const printMemory = (bytes: bigint): string => {
  for (const unit of ["gb", "mb", "kb"]) {
    const size = UNITS[unit]
    if (size !== undefined && bytes !== 0n && bytes % size === 0n) return `${bytes / size}${unit}`
  }
  return String(bytes)
}

/** A number of bytes, with or without a unit. */
export const memory = (minimum: bigint = 0n, maximum: bigint = MAX_LONG): Codec<bigint, number> =>
  single({
    kind: "memory size",
    syntax: minimum === 0n ? "<bytes>" : `<bytes from ${printMemory(minimum)}>`,
    values: between(minimum, maximum),
    parse: (word) => {
      const bytes = parseMemory(word)
      return bytes === undefined
        ? refuse("argument must be a memory value")
        : within(bytes, minimum, maximum, outOf(minimum, maximum))
    },
    print: String,
    write: printMemory,
    live: Number
  })

/** A size in bytes, or a share of `maxmemory` in percent. */
export interface MemoryOrPercent {
  readonly unit: "bytes" | "percent"
  readonly amount: number
}

const percentOf = (signed: bigint) => signed < 0n ? `${-signed}%` : undefined

/** A size, or a percentage (kept as a negative number, which is how a size over 2^63 becomes one too, as in Redis). */
export const memoryOrPercent = (maximum: bigint): Codec<bigint, MemoryOrPercent> =>
  single({
    kind: "memory size or percentage",
    syntax: `<bytes>|<0-${maximum}>%`,
    values: between(-maximum, MAX_LONG),
    parse: (word) => {
      const percent = word.endsWith("%") && DECIMAL.test(word.slice(0, -1)) ? BigInt(word.slice(0, -1)) : undefined
      const bytes = percent !== undefined && percent >= 0n && percent <= MAX_LONG ? -percent : parseMemory(word)
      if (bytes === undefined) return refuse("argument must be a memory or percent value")
      const tooMuch = refuse(`percentage argument must be less or equal to ${maximum}`)
      return within(BigInt.asIntN(64, bytes), -maximum, MAX_LONG, tooMuch)
    },
    print: (signed) => percentOf(signed) ?? String(signed),
    write: (signed) => percentOf(signed) ?? printMemory(signed),
    live: (signed) =>
      signed < 0n ? { unit: "percent", amount: Number(-signed) } : { unit: "bytes", amount: Number(signed) }
  })

// ---- strings

/** What a string must satisfy: the text of the refusal, or nothing. */
export type Rule = (value: string) => string | undefined

const string = <V>(kind: string, syntax: string, rule: Rule, live: (bytes: string) => V): Codec<string, V> =>
  single<string, V>({
    kind,
    syntax,
    values: (schema) => schema.String,
    parse: (word) => {
      const message = rule(word)
      return message === undefined ? word : refuse(message)
    },
    print: identity,
    // An empty one is none, and has no line
    lines: (value, byDefault) => value === "" ? [] : [{ text: Sds.quote(value), forced: value !== byDefault }],
    live
  })

const noRule: Rule = () => undefined

/** Any text; an empty one stands for none. */
export const text = (syntax = "<text>", rule: Rule = noRule): Codec<string> => string("text", syntax, rule, Sds.toText)

/** Any text; an empty one is written down like others. */
export const textOrEmpty = (syntax?: string, rule?: Rule): Codec<string> => ({
  ...text(syntax, rule),
  lines: (value, byDefault) => [{ text: Sds.quote(value), forced: value !== byDefault }]
})

/** A secret: bytes that the code compares, and that are better not shown. */
export const secret: Codec<string, Uint8Array> = string(
  "secret",
  "<secret>",
  noRule,
  (bytes) => Buffer.from(bytes, "latin1")
)

/** Some words, each of its own. */
export const list = (
  syntax: string,
  options: { readonly most?: number; readonly tooMany?: string } = {}
): Codec<Words> =>
  make<Words, Words>({
    kind: "list",
    syntax,
    values: (schema) => schema.Array(schema.String),
    parse: (words) => words.length > (options.most ?? Infinity) ? refuse(options.tooMany ?? "") : words,
    print: identity,
    spaced: true,
    live: (words) => words.map(Sds.toText),
    write: (words) => words.length === 0 ? "\"\"" : words.join(" ")
  })
