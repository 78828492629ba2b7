/**
 * How the value of a directive is written and what it means: Effect Schema codecs between the words that follow a
 * directive's name in a configuration file and a typed value.
 *
 * Words are byte strings: one character (0-255) for one byte, because Redis's values are bytes and not text. A refusal's
 * message is the text that Redis answers with.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaTransformation from "effect/SchemaTransformation"
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

/** How one kind of directive is read, written and seen by the code that uses it. */
export interface Codec<A, V = A> {
  /** The kind, for people: "memory size". */
  readonly kind: string
  /** The values, for the documentation and the shell completions: `yes|no`. */
  readonly syntax: string
  /** The values there are, when they can be listed. */
  readonly choices: ReadonlyArray<string>
  readonly words: Schema.Codec<A, Words>
  /** What `config.values` shows for a value: numbers for bigints, text for bytes. */
  readonly live: (value: A) => V
  /** Takes several words: one quoted value is split at its spaces. */
  readonly spaced: boolean
  /** What a value makes of the one before. */
  readonly merge: (before: A, value: A, giving: Giving) => A | Refusal
  /** The lines that CONFIG REWRITE writes, without the directive's name. */
  readonly lines: (value: A, byDefault: A) => ReadonlyArray<Line>
}

/** Decodes the words of a directive; a failure is Redis's own text. */
export const decode = <A, V>(codec: Codec<A, V>, words: Words): Result.Result<A, string> =>
  Result.mapError(Schema.decodeResult(codec.words)(words), (error) => formatIssue(error.issue))

/** Encodes a value into the words of a directive. */
export const encode = <A, V>(codec: Codec<A, V>, value: A): Words => Schema.encodeSync(codec.words)(value)

const formatIssue = SchemaIssue.makeFormatterDefault()

// ---- building blocks

/** Why a value is not taken, in Redis's words. */
export class Refusal {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

export const refuse = (message: string): Refusal => new Refusal(message)

const WordsSchema = Schema.Array(Schema.String)

const schemaOf = <A>(
  target: Schema.Codec<A>,
  parse: (words: Words) => A | Refusal,
  print: (value: A) => Words
): Schema.Codec<A, Words> =>
  WordsSchema.pipe(Schema.decodeTo(
    target,
    SchemaTransformation.transformEffect({
      decode: (words: Words) => {
        const value = parse(words)
        return value instanceof Refusal
          ? Effect.fail(new SchemaIssue.InvalidValue({ message: value.message }))
          : Effect.succeed(value)
      },
      encode: (value: A) => Effect.succeed(print(value))
    })
  ))

const sameWords = (a: Words, b: Words): boolean => a.length === b.length && a.every((word, i) => word === b[i])

interface Options<A, V> {
  readonly kind: string
  readonly syntax: string
  readonly choices?: ReadonlyArray<string>
  readonly schema: Schema.Codec<A, Words>
  readonly live: (value: A) => V
  readonly spaced?: boolean
  readonly merge?: (before: A, value: A, giving: Giving) => A | Refusal
  readonly write?: (value: A) => string
  readonly lines?: (value: A, byDefault: A) => ReadonlyArray<Line>
}

const make = <A, V>(options: Options<A, V>): Codec<A, V> => {
  const print = (value: A): Words => Schema.encodeSync(options.schema)(value)
  const write = options.write ?? ((value) => print(value).join(" "))
  return {
    kind: options.kind,
    syntax: options.syntax,
    choices: options.choices ?? [],
    words: options.schema,
    live: options.live,
    spaced: options.spaced ?? false,
    merge: options.merge ?? ((_before, value) => value),
    lines: options.lines
      ?? ((value, byDefault) => [{ text: write(value), forced: !sameWords(print(value), print(byDefault)) }])
  }
}

/** A codec for directives of exactly one word. */
const single = <A, V>(
  options: Omit<Options<A, V>, "schema"> & {
    readonly target: Schema.Codec<A>
    readonly parse: (word: string) => A | Refusal
    readonly print: (value: A) => string
  }
): Codec<A, V> =>
  make({
    ...options,
    schema: schemaOf(
      options.target,
      ([word, ...rest]) =>
        word === undefined || rest.length > 0 ? refuse("wrong number of arguments") : options.parse(word),
      (value) => [options.print(value)]
    )
  })

const identity = <A>(value: A): A => value

// ---- switches and choices

/** `yes` or `no`, in any case. */
export const yesNo: Codec<boolean> = single({
  kind: "switch",
  syntax: "yes|no",
  choices: ["yes", "no"],
  target: Schema.Boolean,
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
  words: yesNo.words.check(Schema.makeFilter((on: boolean) => on ? reason : undefined))
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
    target: Schema.Literals(words),
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
    schema: schemaOf(
      Schema.Array(Schema.Literals(all)),
      (words) => {
        const lower = words.map((word) => word.toLowerCase())
        if (lower.length === 0 || lower.some((word) => word !== none && !names.includes(word))) {
          return oneOfThese([none, ...names])
        }
        const given = all.filter((name) => lower.includes(name))
        const message = conflict(given)
        return message === undefined ? given : refuse(message)
      },
      (value) => value.length === 0 ? [none] : value
    ),
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

const between = (minimum: bigint, maximum: bigint, print: (value: bigint) => string = String) =>
  Schema.BigInt.check(Schema.isBetweenBigInt({ minimum, maximum }, {
    message: `argument must be between ${print(minimum)} and ${print(maximum)} inclusive`
  }))

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
    target: between(minimum, maximum),
    parse: (word) => {
      const value = DECIMAL.test(word) ? BigInt(word) : undefined
      return value === undefined || value > MAX_LONG || value < -MAX_LONG - 1n
        ? refuse("argument couldn't be parsed into an integer")
        : value
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
    target: between(0n, maximum, print),
    parse: (word) => {
      if (word === "") return 0n
      const digits = /^[ \t\n\v\f\r]*([+-]?)([0-7]+)$/.exec(word)
      if (digits === null) return refuse("argument couldn't be parsed as an octal number")
      const value = BigInt(`0o${digits[2]}`)
      return digits[1] === "-" ? -value : value
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
    target: between(minimum, maximum),
    parse: (word) => parseMemory(word) ?? refuse("argument must be a memory value"),
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
    target: Schema.BigInt.check(Schema.isBetweenBigInt({ minimum: -maximum, maximum: MAX_LONG }, {
      message: `percentage argument must be less or equal to ${maximum}`
    })),
    parse: (word) => {
      const percent = word.endsWith("%") && DECIMAL.test(word.slice(0, -1)) ? BigInt(word.slice(0, -1)) : undefined
      if (percent !== undefined && percent >= 0n && percent <= MAX_LONG) return -percent
      const bytes = parseMemory(word)
      return bytes === undefined ? refuse("argument must be a memory or percent value") : BigInt.asIntN(64, bytes)
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
    target: Schema.String,
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
    schema: schemaOf(
      WordsSchema,
      (words) => words.length > (options.most ?? Infinity) ? refuse(options.tooMany ?? "") : words,
      identity
    ),
    spaced: true,
    live: (words) => words.map(Sds.toText),
    write: (words) => words.length === 0 ? "\"\"" : words.join(" ")
  })

/** For the special directives: a codec made of a parser that may refuse, and a printer. */
export const custom = <A, V>(
  options: Omit<Options<A, V>, "schema"> & {
    readonly target: Schema.Codec<A>
    readonly parse: (words: Words) => A | Refusal
    readonly print: (value: A) => Words
  }
): Codec<A, V> => make({ ...options, schema: schemaOf(options.target, options.parse, options.print) })
