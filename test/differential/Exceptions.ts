/**
 * Where two correct servers may answer differently: the order of unordered replies, random picks, time, and what is the process's
 * own. Everything that is not in this table must be equal byte for byte, errors always.
 */
import type { ReplyValue } from "../../src/resp/ReplyParser.ts"
import { canonical, nearlyEqual, pairs, scanned, shape, unordered } from "./Canonical.ts"
import { elements, fields, text } from "./Grammar.ts"
import { optionWord } from "./Step.ts"
import { overAtOnce } from "./Vocabulary.ts"

/** One command and what the two servers said. */
export interface Exchange {
  readonly args: ReadonlyArray<string>
  readonly reference: ReplyValue
  readonly candidate: ReplyValue
  /** The exchange before it on the same connection. */
  readonly previous: Exchange | undefined
}

export interface Exception {
  readonly reason: string
  /** Whether two replies that are not equal mean the same. Not asked when one of them is an error. */
  readonly same: (exchange: Exchange) => boolean
  /**
   * Questions that are asked first; the last one's answer decides whether the exception holds. A small hash, say, has an
   * order, and then the order must be right.
   */
  readonly ask?: (args: ReadonlyArray<string>) => ReadonlyArray<ReadonlyArray<string>>
  /** The command needs a turn of its own, in which the session does more than send and compare. */
  readonly handling?: Handling
}

/**
 * - `scan`: go on to the end and compare everything that was seen
 * - `pick`: what was picked must be there
 * - `removal`: as `pick`, and then the candidate's state must become the reference's
 * - `order`: what was stored must be the same in any order, and then it must become the reference's
 * - `distances`: what was stored must be the same but for the last digit, and then it must become the reference's
 * - `lead`: the reference goes first, and the candidate is told what it chose
 * - `over`: the key's time must be over before the next command
 * - `expired`: then all expired keys must go, so that chance leaves both servers in the same state
 * - `lex`: only where the outcome is defined, which is where all scores are equal
 */
export type Handling = "scan" | "pick" | "removal" | "order" | "distances" | "lead" | "over" | "expired" | "lex"

const byText = (normal: (value: ReplyValue) => string) => ({ candidate, reference }: Exchange) =>
  normal(reference) === normal(candidate)

const anyOrder: Exception = { reason: "the order is the dictionary's, which is random", same: byText(unordered) }

const encodingOf = (place: number) => (args: ReadonlyArray<string>) => [["OBJECT", "ENCODING", args[place] ?? ""]]

/** Unordered when the value is a dictionary; small values are packed and have an order. */
const anyOrderWhenBig = (normal: (value: ReplyValue) => string): Exception => ({
  reason: "the order of a big value is its dictionary's, which is random",
  ask: encodingOf(1),
  same: (exchange) => !isPacked(exchange) && byText(normal)(exchange)
})

/** Whether the question asked just before says that the value has one of these encodings. */
const hasEncoding = ({ args, previous }: Pick<Exchange, "args" | "previous">, ...encodings: ReadonlyArray<string>) =>
  previous !== undefined
  && previous.args[1]?.toUpperCase() === "ENCODING"
  && previous.args[2] === args[1]
  && encodings.includes(text(previous.reference))

const isPacked = (exchange: Exchange): boolean => hasEncoding(exchange, "listpack", "intset", "ziplist")

/** How many seconds apart the same moment may be on two servers of a busy machine. */
const tolerance = 20

const times = (
  unit: "s" | "ms",
  isTime: (path: ReadonlyArray<string>, value: number) => boolean = () => true
): Exception => ({
  reason: "time goes on between the two servers",
  same: ({ candidate, reference }) =>
    nearlyEqual(reference, candidate, isTime, unit === "s" ? tolerance : tolerance * 1000)
})
const timeFields = new Set(["idle", "inactive", "seen-time", "active-time"])
const streamTimes = times("ms", (path, value) => value > 1e12 || timeFields.has(path.at(-1) ?? ""))

const same = (a: ReplyValue | undefined, b: ReplyValue | undefined): boolean =>
  a !== undefined && b !== undefined && canonical(a) === canonical(b)

const own = (reason: string): Exception => ({ reason, same: byText(shape) })

/** `name=value` fields that are the connection's or the process's own. */
const ownClientFields = new Set([
  ...[
    "id",
    "addr",
    "laddr",
    "fd",
    "age",
    "idle",
    "qbuf",
    "qbuf-free",
    "argv-mem",
    "multi-mem",
    "rbs",
    "rbp",
    "obl",
    "oll",
    "omem"
  ],
  ...["tot-mem", "events", "redir"]
])
const clientFields = (value: ReplyValue): string =>
  text(value).split("\n").map((line) =>
    line.split(" ").filter((field) => !ownClientFields.has(field.split("=")[0] ?? "")).join(" ")
  ).join("\n")

const ownDirectives = new Set(["port", "dir", "pidfile", "logfile", "dbfilename"])
const configuration = ({ candidate, reference }: Exchange): boolean => {
  const [left, right] = [fields(reference), fields(candidate)]
  return reference._tag === candidate._tag && left.size === right.size
    && [...left].every(([name, value]) =>
      ownDirectives.has(name) ? right.has(name) : text(value) === text(right.get(name))
    )
}

/** Of INFO only what describes the data and the role; the rest is the process's. */
const infoFields = (value: ReplyValue): string =>
  text(value).split("\r\n").filter((line) =>
    /^(# |db\d+:|role:|redis_version:|redis_mode:|loading:|connected_slaves:)/.test(line)
  )
    .map((line) => line.replace(/,avg_ttl=\d+/, "")).join("\n")

/** A cursor of zero says that everything was seen; otherwise the session goes on to the end. */
const scan = (width: 1 | 2): Exception => ({
  reason: "cursors and the order behind them are the dictionary's, which is random",
  handling: "scan",
  same: ({ args, candidate, reference }) => {
    // A cursor that the server did not give starts anywhere.
    if (Number(args[width === 2 || (args[0] ?? "").toUpperCase() === "SSCAN" ? 2 : 1]) !== 0) return true
    const [referenceCursor, referenceItems] = elements(reference)
    const [candidateCursor, candidateItems] = elements(candidate)
    if (text(referenceCursor) !== "0" || text(candidateCursor) !== "0") return true
    return scanned(elements(referenceItems), width) === scanned(elements(candidateItems), width)
  }
})

const pick: Exception = {
  reason: "a random pick",
  handling: "pick",
  same: ({ candidate, reference }) =>
    shape(reference) === shape(candidate) && elements(reference).length === elements(candidate).length
}

/** Whether SORT meets the elements in an order that is a dictionary's, which is random. */
export const sortsShuffled = (exchange: Pick<Exchange, "args" | "previous">): boolean =>
  !hasEncoding(
    exchange,
    ...(isUnsorted(exchange.args) ? ["quicklist", "intset", "listpack", "skiplist"] : ["quicklist", "intset"])
  )

const byPatterns = (args: ReadonlyArray<string>): ReadonlyArray<string> =>
  args.filter((_, at) => optionWord(args[at - 1] ?? "") === "BY")

/** A BY that names no keys says that nothing is sorted; a sorted set is taken as it is then. */
const isUnsorted = (args: ReadonlyArray<string>): boolean =>
  byPatterns(args).some((pattern) => !optionWord(pattern).includes("*"))

/**
 * SORT takes an element for no number when it finds an error that an earlier command left in `errno`; SSCAN leaves none.
 */
const sorting = (args: ReadonlyArray<string>, stores: boolean): Exception => {
  const has = (token: string): boolean => args.some((arg) => optionWord(arg) === token)
  const isOpen = isUnsorted(args) ? !stores : has("BY") && has("ALPHA")
  return {
    reason: "equal texts and what is not sorted come in the order in which they are met, which may be a dictionary's",
    ask: () => [["SSCAN", "no such key", "0"], ...encodingOf(1)(args)],
    same: (exchange) => {
      const { candidate, reference } = exchange
      if (!isOpen || !sortsShuffled(exchange)) return false
      return has("LIMIT")
        ? elements(reference).length === elements(candidate).length
        : unordered(reference) === unordered(candidate)
    },
    ...(stores && isOpen ? { handling: "order" } : {})
  }
}

/** Of 20,000 distances redis-server stores 29 others where its C library may not use a processor's fused multiply-add. */
const distances: Exception = {
  reason: "the last digit of a distance is the C library's and the processor's",
  handling: "distances",
  same: () => false
}

const lex: Exception = {
  reason: "with different scores the outcome depends on random levels",
  handling: "lex",
  same: () => false
}

/** Subcommands are listed in the order of a dictionary, whatever else is there has an order; sentences are our own. */
const commandTable = (value: ReplyValue): string => canonical(sortSubcommands(withoutSentences(value)))

const sentence: ReplyValue = { _tag: "Simple", text: "a sentence" }

const withoutSentences = (value: ReplyValue): ReplyValue => {
  if (value._tag === "Map") {
    return { _tag: "Map", entries: value.entries.map(([key, item]) => [key, unlessSentence(key, item)]) }
  }
  const items = elements(value)
  if (items.length === 0) return value
  // RESP2 has arrays for sets and maps
  return { _tag: "Array", items: items.map((item, at) => unlessSentence(items[at - 1], item)) }
}

const unlessSentence = (key: ReplyValue | undefined, item: ReplyValue): ReplyValue => {
  const name = key?._tag === "Bulk" ? text(key) : ""
  if (item._tag === "Bulk") {
    const isSentence = ["summary", "notes", "replaced_by"].includes(name)
      || (name === "complexity" && text(item).includes(" "))
    return isSentence ? sentence : item
  }
  if (name !== "history") return withoutSentences(item)
  // Each change is a version and a sentence
  return { _tag: "Array", items: elements(item).map((change) => elements(change)[0] ?? change) }
}

const sortSubcommands = (value: ReplyValue): ReplyValue => {
  if (value._tag === "Map") {
    return {
      _tag: "Map",
      entries: value.entries.map(([key, item]) => [key, sortIf(text(key) === "subcommands", item)])
    }
  }
  const items = elements(value)
  if (items.length === 0) return value
  const isRow = items.length === 10 && items[0]?._tag === "Bulk"
  return {
    _tag: "Array",
    items: items.map((item, at) => {
      const before = items[at - 1]
      return sortIf(isRow && at === 9 || before?._tag === "Bulk" && text(before) === "subcommands", item)
    })
  }
}

const sortIf = (sort: boolean, value: ReplyValue): ReplyValue => {
  const inner = sortSubcommands(value)
  return sort ? { _tag: "Simple", text: unorderedByName(inner) } : inner
}

/** COMMAND INFO lists rows, COMMAND DOCS names and documents. */
const unorderedByName = (value: ReplyValue): string =>
  elements(value)[0]?._tag === "Bulk" ? pairs(value) : unordered(value)

const setPick: Exception = { ...pick, handling: "removal" }

const table: Readonly<Record<string, Exception>> = {
  "CLIENT ID": own("counts connections"),
  "CLIENT INFO": { reason: "ids, addresses, ages and buffers are the connection's own", same: byText(clientFields) },
  "CLIENT GETREDIR": own("names a connection by its id"),
  "CLIENT LIST": own("lists the tester's own connections"),
  "CLIENT TRACKINGINFO": {
    reason: "names a connection by its id",
    same: ({ candidate, reference }) => {
      const [left, right] = [new Map(fields(reference)), new Map(fields(candidate))]
      return ["flags", "prefixes"].every((name) => same(left.get(name), right.get(name)))
    }
  },
  "COMMAND DOCS": {
    reason: "the sentences are our own, and subcommands are listed in a dictionary's order",
    same: byText(commandTable)
  },
  "COMMAND INFO": {
    reason: "the notes are our own, and subcommands are listed in a dictionary's order",
    same: byText(commandTable)
  },
  "CONFIG GET": {
    reason: "the order is the dictionary's, which is random, and ports and files are the process's own",
    same: configuration
  },
  "DUMP": {
    reason: "the order of a big value is its dictionary's, and streams hold times",
    ask: encodingOf(1),
    same: (exchange) => ["hashtable", "stream"].includes(text(exchange.previous?.reference))
  },
  "EXPIRETIME": times("s"),
  "GEORADIUS": distances,
  "GEORADIUSBYMEMBER": distances,
  "GEOSEARCHSTORE": distances,
  "HELLO": {
    reason: "counts connections",
    same: ({ candidate, reference }) => {
      const [left, right] = [new Map(fields(reference)), new Map(fields(candidate))]
      left.delete("id")
      right.delete("id")
      return [...left].every(([name, item]) => canonical(item) === canonical(right.get(name) ?? { _tag: "Null" }))
        && left.size === right.size && reference._tag === candidate._tag
    }
  },
  "HGETALL": anyOrderWhenBig(pairs),
  "HKEYS": anyOrderWhenBig(unordered),
  "HRANDFIELD": pick,
  "HSCAN": scan(2),
  "HVALS": anyOrderWhenBig(unordered),
  "INFO": { reason: "figures of the process", same: byText(infoFields) },
  "KEYS": anyOrder,
  "LATENCY RESET": own("counts what took long"),
  "MEMORY USAGE": own("measures the allocator"),
  "OBJECT FREQ": own("counts with a random generator"),
  "OBJECT IDLETIME": own("a shared integer is as idle as whoever used it last, in whatever key"),
  "OBJECT REFCOUNT": {
    reason:
      "redis-server counts its own references, such as a queued command's arguments; shared integers count as a maximum",
    same: ({ candidate, reference }) =>
      [reference, candidate].every((value) => value._tag === "Integer" && value.value < 1000)
  },
  "PEXPIRE": { reason: "time goes on between the two servers", handling: "over", same: () => false },
  "PEXPIRETIME": times("ms"),
  "PTTL": times("ms"),
  "PUBSUB CHANNELS": anyOrder,
  "PUBSUB SHARDCHANNELS": anyOrder,
  "RANDOMKEY": { ...own("a random pick, and an expired key goes when it is picked"), handling: "expired" },
  "ROLE": own("counts the bytes of the replication stream, ids and times of which have their lengths"),
  "SCAN": scan(1),
  "SDIFF": anyOrder,
  "SINTER": anyOrder,
  "SMEMBERS": anyOrderWhenBig(unordered),
  "SPOP": setPick,
  "SRANDMEMBER": pick,
  "SSCAN": scan(1),
  "SUNION": anyOrder,
  "TIME": own("the time"),
  "TTL": times("s"),
  "XADD": { reason: "an automatic id is the time", handling: "lead", same: () => false },
  "XAUTOCLAIM": {
    reason: "time goes on between the two servers; redis-server takes memory for COUNT ids at once, if it gets it",
    same: (exchange) => text(exchange.reference).includes("Insufficient memory") || streamTimes.same(exchange)
  },
  "XCLAIM": streamTimes,
  "XINFO CONSUMERS": streamTimes,
  "XINFO STREAM": streamTimes,
  "XPENDING": times("ms", (path) => path.at(-1) === "2" || path.length === 2),
  "ZLEXCOUNT": lex,
  "ZRANDMEMBER": pick,
  "ZRANGE": lex,
  "ZRANGEBYLEX": lex,
  "ZRANGESTORE": lex,
  "ZREMRANGEBYLEX": lex,
  "ZREVRANGEBYLEX": lex,
  "ZSCAN": scan(2)
}

/** Which subcommands there are, and how they are called, is told the same way; what they do, in words of our own. */
const help: Exception = {
  reason: "words of our own",
  same: byText((value) => elements(value).map(text).filter((line) => !line.startsWith("    ")).join("\n"))
}

/** The exception for a command, where there is one for these arguments. */
export const exceptionFor = (name: string, args: ReadonlyArray<string>): Exception | undefined => {
  const has = (token: string) => args.some((arg) => optionWord(arg) === token)
  if (name === "SORT" || name === "SORT_RO") return sorting(args, name === "SORT" && has("STORE"))
  const exception = name.endsWith(" HELP") ? help : table[name]
  if (exception === undefined) return undefined
  switch (name) {
    case "COMMAND DOCS":
    case "COMMAND INFO":
      // Without names they list all commands, which differ until every command is there.
      return args.length > 2 ? exception : own("lists all commands")
    case "GEORADIUS":
    case "GEORADIUSBYMEMBER":
    case "GEOSEARCHSTORE":
      return has("STOREDIST") ? exception : undefined
    case "PEXPIRE":
      return args[2] === overAtOnce ? exception : undefined
    case "XADD":
      return args.some((arg) => arg === "*" || /^\d+-\*$/.test(arg)) ? exception : undefined
    case "ZRANGE":
    case "ZRANGESTORE":
      return has("BYLEX") ? exception : undefined
    default:
      return exception
  }
}
