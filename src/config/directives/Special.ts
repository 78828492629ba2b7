/** The codecs of directives whose values have a form of their own. */
import * as Codec from "../Codec.ts"
import * as KeyspaceEvents from "../KeyspaceEvents.ts"
import * as Sds from "../Sds.ts"

const INTEGER = /^\s*[+-]?[0-9]+$/

/** Reads like C's `strtoll` as far as the whole word is a number; nothing when it is none. */
const parseLong = (word: string): bigint | undefined => {
  if (word === "") return 0n
  if (!INTEGER.test(word)) return undefined
  const value = BigInt(word.trim().replace("+", ""))
  return value > Codec.Limits.long ? Codec.Limits.long : value < -Codec.Limits.long ? -Codec.Limits.long - 1n : value
}

// ---- bind

const MOST_ADDRESSES = 16

/** The addresses to listen on; one empty word is no address. */
export const addresses: Codec.Codec<Codec.Words> = Codec.make({
  kind: "list of addresses",
  syntax: "<address> ...",
  values: (schema) => schema.Array(schema.String),
  parse: (words) =>
    words.length > MOST_ADDRESSES
      ? Codec.refuse("Too many bind addresses specified.")
      : words.length === 1 && words[0] === ""
      ? []
      : words,
  print: (words) => words,
  write: (words) => words.length === 0 ? "\"\"" : words.join(" "),
  spaced: true,
  live: (words) => words
})

// ---- save

/** A snapshot is due after this many changes within this many seconds. */
export interface SavePoint {
  readonly seconds: bigint
  readonly changes: number
}

/** Pairs of seconds and changes; one empty word takes all of them away. */
export const savePoints: Codec.Codec<ReadonlyArray<SavePoint>, ReadonlyArray<{ seconds: number; changes: number }>> =
  Codec.make({
    kind: "save points",
    syntax: "\"\"|<seconds> <changes> ...",
    values: (schema) => schema.Array(schema.Struct({ seconds: schema.BigInt, changes: schema.Number })),
    parse: (words) => {
      if (words.length === 0 || (words.length === 1 && words[0] === "")) return []
      const points: Array<SavePoint> = []
      for (let i = 0; i < words.length; i += 2) {
        const seconds = parseLong(words[i] ?? "")
        const changes = words[i + 1] === undefined ? undefined : parseLong(words[i + 1] ?? "")
        if (seconds === undefined || changes === undefined || seconds < 1n || changes < 0n) {
          return Codec.refuse("Invalid save parameters")
        }
        points.push({ seconds, changes: Number(BigInt.asIntN(32, changes)) })
      }
      return points
    },
    print: (points) => points.flatMap(({ seconds, changes }) => [String(seconds), String(changes)]),
    spaced: true,
    merge: (before, points, giving) => giving === "more" && points.length > 0 ? [...before, ...points] : points,
    // Redis writes the save points whether they are the default ones or not
    lines: (points) =>
      points.length === 0
        ? [{ text: "\"\"", forced: true }]
        : points.map(({ seconds, changes }) => ({ text: `${seconds} ${changes}`, forced: true })),
    live: (points) => points.map(({ seconds, changes }) => ({ seconds: Number(seconds), changes }))
  })

// ---- client-output-buffer-limit

/** Bytes at which a client is closed at once (`hard`), or when it stays above `soft` for `seconds`. */
export interface OutputBufferLimit<Bytes = number> {
  readonly hard: Bytes
  readonly soft: Bytes
  readonly seconds: number
}

/** The limits of every class of clients. */
export interface OutputBufferLimits<Bytes = number> {
  readonly normal: OutputBufferLimit<Bytes>
  readonly slave: OutputBufferLimit<Bytes>
  readonly pubsub: OutputBufferLimit<Bytes>
}

const CLASSES = ["normal", "slave", "pubsub"] as const
type SomeLimits = Partial<OutputBufferLimits<bigint>>

const noLimit: OutputBufferLimit<bigint> = { hard: 0n, soft: 0n, seconds: 0 }
const liveLimit = ({ hard, soft, seconds }: OutputBufferLimit<bigint> = noLimit): OutputBufferLimit => ({
  hard: Number(hard),
  soft: Number(soft),
  seconds
})
const printLimit = (limit: OutputBufferLimit<bigint>, bytes: (n: bigint) => string) =>
  `${bytes(limit.hard)} ${bytes(limit.soft)} ${limit.seconds}`

/** Groups of class, hard limit, soft limit and seconds; classes that are not named keep theirs. */
export const outputBufferLimits: Codec.Codec<SomeLimits, OutputBufferLimits> = Codec.make({
  kind: "limits by class of client",
  syntax: "normal|replica|pubsub <hard bytes> <soft bytes> <soft seconds> ...",
  choices: ["normal", "replica", "pubsub"],
  values: (schema) => {
    const limit = schema.optionalKey(
      schema.Struct({ hard: schema.BigInt, soft: schema.BigInt, seconds: schema.Number })
    )
    return schema.Struct({ normal: limit, slave: limit, pubsub: limit })
  },
  parse: (words) => {
    if (words.length % 4 !== 0) return Codec.refuse("Wrong number of arguments in buffer limit configuration.")
    const limits: { -readonly [Name in keyof SomeLimits]: SomeLimits[Name] } = {}
    for (let i = 0; i < words.length; i += 4) {
      const given = (words[i] ?? "").toLowerCase()
      const name = given === "replica" ? "slave" : CLASSES.find((known) => known === given)
      if (name === undefined) return Codec.refuse("Invalid client class specified in buffer limit configuration.")
      const hard = Codec.parseMemory(words[i + 1] ?? "")
      const soft = Codec.parseMemory(words[i + 2] ?? "")
      const seconds = parseLong(words[i + 3] ?? "")
      if (
        hard === undefined || soft === undefined || seconds === undefined || seconds < 0n
        || seconds > Codec.Limits.int
      ) return Codec.refuse("Error in hard, soft or soft_seconds setting in buffer limit configuration.")
      limits[name] = { hard, soft, seconds: Number(seconds) }
    }
    return limits
  },
  print: (limits) =>
    CLASSES.flatMap((name) => {
      const limit = limits[name]
      return limit === undefined ? [] : [name, ...printLimit(limit, String).split(" ")]
    }),
  spaced: true,
  merge: (before, limits) => ({ ...before, ...limits }),
  lines: (limits, byDefault) =>
    CLASSES.map((name) => {
      const text = printLimit(limits[name] ?? noLimit, Codec.printMemory)
      return {
        text: `${name === "slave" ? "replica" : name} ${text}`,
        forced: text !== printLimit(byDefault[name] ?? noLimit, Codec.printMemory)
      }
    }),
  live: ({ normal, slave, pubsub }) => ({
    normal: liveLimit(normal),
    slave: liveLimit(slave),
    pubsub: liveLimit(pubsub)
  })
})

// ---- oom-score-adj-values

const WORST_SCORE = 2000n

/** Three scores: for the server as a master, as a replica, and for its children. */
export const oomScores: Codec.Codec<ReadonlyArray<number>> = Codec.make({
  kind: "scores",
  syntax: "<-2000-2000> <-2000-2000> <-2000-2000>",
  values: (schema) => schema.Array(schema.Number),
  parse: (words) => {
    if (words.length !== 3) return Codec.refuse("wrong number of arguments")
    const scores: Array<number> = []
    for (const word of words) {
      const score = parseLong(word)
      if (score === undefined || score < -WORST_SCORE || score > WORST_SCORE) {
        return Codec.refuse("Invalid oom-score-adj-values, elements must be between -2000 and 2000.")
      }
      scores.push(Number(score))
    }
    return scores
  },
  print: (scores) => scores.map(String),
  spaced: true,
  live: (scores) => scores
})

// ---- latency-tracking-info-percentiles

const FLOAT = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?$/i
const INFINITY = /^[+-]?inf(inity)?$/i

const DECIMALS = 6

const printPercentile = (value: number): string => value.toFixed(DECIMALS).replace(/\.?0+$/, "")

/** Percentiles, kept with the six decimals that are shown. */
export const percentiles: Codec.Codec<ReadonlyArray<number>> = Codec.make({
  kind: "percentiles",
  syntax: "<0-100> ...",
  values: (schema) => schema.Array(schema.Number),
  parse: (words) => {
    const values: Array<number> = []
    for (const word of words.length === 1 && words[0] === "" ? [] : words) {
      const value = FLOAT.test(word) || /^0x[0-9a-f]+$/i.test(word) ? Number(word) : INFINITY.test(word) ? -1 : NaN
      if (!Number.isFinite(value)) return Codec.refuse("Invalid latency-tracking-info-percentiles parameters")
      if (value < 0 || value > 100) {
        return Codec.refuse("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]")
      }
      values.push(Number(value.toFixed(DECIMALS)) || 0)
    }
    return values
  },
  print: (values) => values.map(printPercentile),
  // Redis writes them whether they are the default ones or not
  lines: (values) => [{ text: values.length === 0 ? "\"\"" : values.map(printPercentile).join(" "), forced: true }],
  spaced: true,
  live: (values) => values
})

// ---- notify-keyspace-events

/** The letters of the events to publish; `config.values` shows them as a bit mask. */
export const keyspaceEvents: Codec.Codec<number> = Codec.make({
  kind: "event classes",
  syntax: "<letters of Ag$lshzxeKEtmdn>",
  values: (schema) => schema.Number,
  parse: ([letters, ...rest]) =>
    letters === undefined || rest.length > 0
      ? Codec.refuse("wrong number of arguments")
      : KeyspaceEvents.parse(letters) ?? Codec.refuse("Invalid event class character. Use 'Ag$lshzxeKEtmdn'."),
  print: (mask) => [KeyspaceEvents.print(mask)],
  write: (mask) => `"${KeyspaceEvents.print(mask)}"`,
  live: (mask) => mask
})

// ---- replicaof

/** The server to copy. */
export interface Master {
  readonly host: string
  readonly port: number
}

/** Host and port, or `no one`. */
export const master: Codec.Codec<Master | undefined> = Codec.make({
  kind: "server",
  syntax: "<host> <port>|no one",
  values: (schema) => schema.UndefinedOr(schema.Struct({ host: schema.NonEmptyString, port: schema.Number })),
  parse: ([host, port, ...rest]) => {
    if (host === undefined || port === undefined || rest.length > 0) return Codec.refuse("wrong number of arguments")
    if (host.toLowerCase() === "no" && port.toLowerCase() === "one") return undefined
    const number = parseLong(port)
    if (number === undefined || number < 0n || number > 65535n) return Codec.refuse("Invalid master port")
    return host === "" ? Codec.refuse("Invalid master host") : { host, port: Number(number) }
  },
  print: (value) => value === undefined ? [] : [value.host, String(value.port)],
  lines: (value) =>
    value === undefined
      ? []
      : [{
        text: `${/^[\w.:%-]+$/.test(value.host) ? value.host : Sds.quote(value.host)} ${value.port}`,
        forced: true
      }],
  spaced: true,
  live: (value) => value
})

// ---- shutdown-on-sigterm, shutdown-on-sigint

/** What a signal asks of the shutdown. */
export const shutdownFlags = Codec.flags(
  "default",
  ["save", "nosave", "now", "force"],
  (given) =>
    given.includes("save") && given.includes("nosave")
      ? "shutdown options SAVE and NOSAVE can't be used simultaneously"
      : undefined
)

// ---- rules for strings

/** A file's name without a path; `kind` is what the refusal calls it. */
export const plainName =
  (directive: string, kind: "filename" | "dirname", empty: "allowed" | "refused"): Codec.Rule => (value) =>
    value === "" && empty === "refused"
      ? `${directive} can't be empty`
      : value.includes("/")
      ? `${directive} can't be a path, just a ${kind}`
      : undefined

const LONGEST_HOSTNAME = 255

/** Letters, digits, hyphens and dots. */
export const hostname: Codec.Rule = (value) =>
  value.length > LONGEST_HOSTNAME
    ? "Hostnames must be less than 256 characters"
    : /^[0-9A-Za-z.-]*$/.test(value)
    ? undefined
    : "Hostnames may only contain alphanumeric characters, hyphens or dots"

// A title made of nothing but these may turn out empty, which Redis refuses
const EMPTY_VARIABLES = /\{(title|server-mode|unixsocket)\}/g
const VARIABLES = /\{(listen-addr|port|tls-port|config-file)\}/g

/** Text with the variables of the process title. */
export const titleTemplate: Codec.Rule = (value) => {
  const filled = value.replaceAll("{{", "\u0000").replace(EMPTY_VARIABLES, "").replace(VARIABLES, "x")
  return filled.includes("{") || /^ *$/.test(filled)
    ? "template format is invalid or contains unknown variables"
    : undefined
}
