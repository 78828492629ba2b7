/**
 * What the stream commands take: ids with their short forms, intervals, trimming, and the streams of XREAD.
 */
import * as CommandError from "../command/CommandError.ts"
import type { Request } from "../command/Request.ts"
import { timeoutAt } from "../command/Timeout.ts"
import * as Integers from "../memory/Integers.ts"
import type { Bound } from "../store/types/Stream.ts"
import * as StreamId from "../store/types/StreamId.ts"

const invalidId = CommandError.make("ERR Invalid stream ID specified as stream command argument")
const invalidStart = CommandError.make("ERR invalid start ID for the interval")
const invalidEnd = CommandError.make("ERR invalid end ID for the interval")

const DASH = 0x2d
const PLUS = 0x2b
const STAR = 0x2a
const PARENTHESIS = 0x28
/** No id is longer; Redis looks at no longer ones. */
const MAX_ID_LENGTH = 127

// ---- ids

/** An id with its sequence, or `missing` for the sequence of one without; undefined when it is none. */
const readId = (
  bytes: Uint8Array,
  start: number,
  length: number,
  end: number,
  missing: Integers.Integer
): StreamId.StreamId | undefined => {
  if (length > MAX_ID_LENGTH) return undefined
  let dash = start
  while (dash < end && bytes[dash] !== DASH) dash++
  const ms = Integers.parseUnsigned(bytes, start, dash)
  const seq = dash === end ? missing : Integers.parseUnsigned(bytes, dash + 1, end)
  return ms === undefined || seq === undefined ? undefined : StreamId.make(ms, seq)
}

const idAt = (request: Request, index: number): StreamId.StreamId | undefined =>
  readId(request.buffer(index), request.start(index), request.length(index), request.textEnd(index), 0)

/** An id that is complete, or stands for `ms-0`. */
export const strictId = (request: Request, index: number): StreamId.StreamId => {
  const id = idAt(request, index)
  if (id === undefined) throw invalidId
  return id
}

export const isStrictId = (request: Request, index: number): boolean => idAt(request, index) !== undefined

/** As `strictId`, and `-` and `+` for the first and the last id there is. */
export const looseId = (
  request: Request,
  index: number,
  missing: Integers.Integer = 0,
  from = request.start(index)
): StreamId.StreamId => {
  const bytes = request.buffer(index)
  const end = request.textEnd(index)
  if (end - from === 1 && from === request.start(index)) {
    if (bytes[from] === DASH) return StreamId.min
    if (bytes[from] === PLUS) return StreamId.max
  }
  const id = readId(bytes, from, request.end(index) - from, end, missing)
  if (id === undefined) throw invalidId
  return id
}

/** For XADD's `ms-*`: its milliseconds, or undefined when the argument has another form. */
export const autoSequence = (request: Request, index: number): Integers.Integer | undefined => {
  const bytes = request.buffer(index)
  const end = request.textEnd(index)
  if (end - request.start(index) < 3 || bytes[end - 1] !== STAR || bytes[end - 2] !== DASH) return undefined
  return Integers.parseUnsigned(bytes, request.start(index), end - 2)
}

const isExclusive = (request: Request, index: number): boolean =>
  request.length(index) > 1 && request.buffer(index)[request.start(index)] === PARENTHESIS

/** The first id of an interval; `(id` begins behind the id. */
export const intervalStart = (request: Request, index: number): StreamId.StreamId => {
  if (!isExclusive(request, index)) return looseId(request, index)
  const id = StreamId.increment(looseId(request, index, 0, request.start(index) + 1))
  if (id === undefined) throw invalidStart
  return id
}

/** The last id of an interval; an id without a sequence takes in all of its millisecond. */
export const intervalEnd = (request: Request, index: number): StreamId.StreamId => {
  if (!isExclusive(request, index)) return looseId(request, index, Integers.maxUnsigned)
  const id = StreamId.decrement(looseId(request, index, Integers.maxUnsigned, request.start(index) + 1))
  if (id === undefined) throw invalidEnd
  return id
}

/** A count of which negative ones are 0. */
export const countAt = (request: Request, index: number): number => Math.max(0, Number(request.integer(index)))

// ---- XADD's and XTRIM's options

/** Whether an argument begins as options do, and no id does. */
const isWord = (request: Request, index: number): boolean => (request.buffer(index)[request.start(index)] ?? 0) >= 0x41

const bothStrategies = CommandError.make(
  "ERR syntax error, MAXLEN and MINID options at the same time are not compatible"
)
const negativeLength = CommandError.make("ERR The MAXLEN argument must be >= 0.")
const negativeLimit = CommandError.make("ERR The LIMIT argument must be >= 0.")
const limitWithoutStrategy = CommandError.make(
  "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy"
)
const noStrategy = CommandError.make("ERR syntax error, XTRIM must be called with a trimming strategy")
const limitOfExact = CommandError.make("ERR syntax error, LIMIT cannot be used without the special ~ option")

/** Filled again for every request, so that XADD makes no object of its options. */
export class TrimOptions {
  noMakeStream = false
  /** Good until the next request. */
  bound: Bound | undefined = undefined
  approximate = false
  /** Entries that may go at most; 0: no limit. */
  limit = 0
  /** Where the threshold stands. */
  thresholdAt = 0
  /** XADD: where the id stands. */
  idAt = 0
  /** XADD: the id, where it is given whole. */
  id: StreamId.StreamId | undefined = undefined
  /** XADD: the milliseconds of `ms-*`. */
  ms: Integers.Integer | undefined = undefined
  private readonly lengthBound = { length: 0 }

  /** `nodeEntries`: what `stream-node-max-entries` says. */
  read(request: Request, isAdd: boolean, nodeEntries: number, obeys: boolean): void {
    this.noMakeStream = false
    this.bound = undefined
    this.approximate = false
    this.limit = 0
    this.id = this.ms = undefined
    let limited = false
    let i = 2
    for (; i < request.count; i++) {
      if (isAdd && !isWord(request, i)) break
      const more = request.count - 1 - i
      const isLength = more > 0 && request.is(i, "MAXLEN")
      if (isLength || (more > 0 && request.is(i, "MINID"))) i = this.readBound(request, i, more, isLength)
      else if (more > 0 && request.is(i, "LIMIT")) {
        this.limit = Number(request.integer(++i))
        if (this.limit < 0) throw negativeLimit
        limited = true
      } else if (isAdd && request.is(i, "NOMKSTREAM")) this.noMakeStream = true
      else if (isAdd) break
      else throw CommandError.syntax
    }
    this.idAt = i
    // What looks like neither an option nor an id is the id's error, which comes before that of the options.
    if (isAdd && i < request.count && !request.is(i, "*")) {
      this.ms = autoSequence(request, i)
      if (this.ms === undefined) this.id = strictId(request, i)
    }
    if (this.limit > 0 && this.bound === undefined) throw limitWithoutStrategy
    if (!isAdd && this.bound === undefined) throw noStrategy
    if (obeys) this.limit = 0
    else if (limited && !this.approximate) throw limitOfExact
    else if (!limited && this.approximate) {
      this.limit = nodeEntries > 0
        ? Math.min(100 * nodeEntries, 1_000_000)
        : 10_000
    }
  }

  private readBound(request: Request, at: number, more: number, isLength: boolean): number {
    if (this.bound !== undefined) throw bothStrategies
    this.approximate = more >= 2 && request.is(at + 1, "~")
    const index = this.approximate || (more >= 2 && request.is(at + 1, "=")) ? at + 2 : at + 1
    if (isLength) {
      const length = Number(request.integer(index))
      if (length < 0) throw negativeLength
      this.lengthBound.length = length
      this.bound = this.lengthBound
    } else this.bound = { minId: strictId(request, index) }
    this.thresholdAt = index
    return index
  }
}

// ---- XREAD's and XREADGROUP's

const groupOption = CommandError.make(
  "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead."
)
const noAckOption = CommandError.make(
  "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead."
)
const missingGroup = CommandError.make("ERR Missing GROUP option for XREADGROUP")

export interface ReadOptions {
  /** Entries of each stream at most; 0: all. */
  readonly count: number
  /** Milliseconds to wait, 0: for ever; undefined: not at all. */
  readonly block: number | undefined
  readonly noAck: boolean
  /** Where the group's name stands, before the consumer's; 0 for XREAD. */
  readonly groupAt: number
  /** Where the first key stands, and how many there are; their ids follow. */
  readonly keysAt: number
  readonly keys: number
}

/** The options of XREAD, or of XREADGROUP where `grouped`. Puts a `block` behind STREAMS where Redis has it. */
export const readOptions = (request: Request, grouped: boolean): ReadOptions => {
  let count = 0
  let block: number | undefined
  let noAck = false
  let groupAt = 0
  let keysAt = 0
  for (let i = 1; i < request.count && keysAt === 0; i++) {
    const more = request.count - 1 - i
    if (more > 0 && request.is(i, "STREAMS") && blockFollows(request, i, grouped)) rotate(request, i)
    if (more > 0 && request.is(i, "BLOCK")) block = timeoutAt(request, ++i)
    else if (more > 0 && request.is(i, "COUNT")) count = countAt(request, ++i)
    else if (more > 0 && request.is(i, "STREAMS")) {
      keysAt = i + 1
      if (more % 2 !== 0) throw unbalanced
    } else if (more >= 2 && request.is(i, "GROUP")) {
      if (!grouped) throw groupOption
      groupAt = i + 1
      i += 2
    } else if (request.is(i, "NOACK")) {
      if (!grouped) throw noAckOption
      noAck = true
    } else throw CommandError.syntax
  }
  if (keysAt === 0) throw CommandError.syntax
  if (grouped && groupAt === 0) throw missingGroup
  return { count, block, noAck, groupAt, keysAt, keys: (request.count - keysAt) / 2 }
}

const unbalanced = CommandError.make(
  "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified."
)

/**
 * Whether `STREAMS block time key... id...` stands at `at`. A request that is sound with `block` as the name of a stream
 * is read so.
 */
const blockFollows = (request: Request, at: number, grouped: boolean): boolean =>
  request.count - at >= 5 && request.is(at + 1, "BLOCK") && !areStreams(request, at + 1, grouped)
  && areStreams(request, at + 3, grouped)
  && Integers.parse(request.buffer(at + 2), request.start(at + 2), request.end(at + 2)) !== undefined

/** Whether keys and as many ids stand from `from` on. */
const areStreams = (request: Request, from: number, grouped: boolean): boolean => {
  const count = request.count - from
  if (count < 2 || count % 2 !== 0) return false
  for (let i = from + count / 2; i < request.count; i++) {
    if (!request.is(i, grouped ? ">" : "$") && !isStrictId(request, i)) return false
  }
  return true
}

/** Turns `STREAMS block time` into `block time STREAMS`: whoever looks for the keys later finds them, too. */
const rotate = (request: Request, at: number): void => {
  for (const parts of [request.buffers, request.starts, request.ends] as Array<Array<unknown>>) {
    const streams = parts[at]
    parts[at] = parts[at + 1]
    parts[at + 1] = parts[at + 2]
    parts[at + 2] = streams
  }
}
