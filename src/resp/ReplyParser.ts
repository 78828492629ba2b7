/**
 * Incremental reader of replies in RESP2 and RESP3: bytes in, decoded values out. It serves whoever is on the client's side of a
 * connection: replication links, the embedded client and the tests.
 *
 * Nothing here opens a socket or throws. Values may nest to any depth (an explicit stack, no recursion) and may be cut anywhere;
 * a bulk of hundreds of megabytes is collected into one block that doubles up to the announced size. The streamed forms of the
 * RESP3 proposal (`$?`, `*?`) are refused: no Redis sends them.
 */

/** One decoded reply. */
export type ReplyValue =
  | { readonly _tag: "Simple"; readonly text: string }
  | { readonly _tag: "Error"; readonly text: string }
  /** A bigint only where a number would not be exact. */
  | { readonly _tag: "Integer"; readonly value: number | bigint }
  | { readonly _tag: "Bulk"; readonly bytes: Uint8Array }
  /** RESP3's null as well as RESP2's null bulk and null array. */
  | { readonly _tag: "Null" }
  | { readonly _tag: "Array"; readonly items: ReadonlyArray<ReplyValue> }
  | { readonly _tag: "Map"; readonly entries: ReadonlyArray<readonly [ReplyValue, ReplyValue]> }
  | { readonly _tag: "Set"; readonly items: ReadonlyArray<ReplyValue> }
  | { readonly _tag: "Double"; readonly value: number }
  | { readonly _tag: "Boolean"; readonly value: boolean }
  | { readonly _tag: "BigNumber"; readonly value: bigint }
  /** `format` is the three-letter hint, such as `txt` or `mkd`. */
  | { readonly _tag: "Verbatim"; readonly format: string; readonly bytes: Uint8Array }
  /** Out-of-band data, and the value it was sent in front of. */
  | {
    readonly _tag: "Attribute"
    readonly entries: ReadonlyArray<readonly [ReplyValue, ReplyValue]>
    readonly value: ReplyValue
  }
  | { readonly _tag: "Push"; readonly items: ReadonlyArray<ReplyValue> }

/** The bytes are not RESP: the connection cannot be read any further. */
export class ProtocolError {
  readonly _tag = "ProtocolError"
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

const CR = 0x0d
const LF = 0x0a
const MINUS = 0x2d
const PLUS = 0x2b
const ZERO = 0x30
const NINE = 0x39

const Type = {
  simple: 0x2b, // +
  error: 0x2d, // -
  integer: 0x3a, // :
  bulk: 0x24, // $
  array: 0x2a, // *
  null: 0x5f, // _
  boolean: 0x23, // #
  double: 0x2c, // ,
  bigNumber: 0x28, // (
  bulkError: 0x21, // !
  verbatim: 0x3d, // =
  map: 0x25, // %
  set: 0x7e, // ~
  attribute: 0x7c, // |
  push: 0x3e // >
} as const

/** An aggregate whose elements are still arriving; maps and attributes count keys and values. */
interface Frame {
  readonly type: number
  readonly items: Array<ReplyValue>
  missing: number
}

/** A bulk whose bytes are still arriving, its CRLF included. */
interface PartialBulk {
  readonly type: number
  readonly size: number
  bytes: Uint8Array
  filled: number
}

const nothing: Uint8Array = new Uint8Array(0)
const decoder = new TextDecoder()
const nullValue: ReplyValue = { _tag: "Null" }
const trueValue: ReplyValue = { _tag: "Boolean", value: true }
const falseValue: ReplyValue = { _tag: "Boolean", value: false }

/** What one step of the parser came to, beside a value: more bytes are needed, or an aggregate was opened. */
const incomplete = Symbol("incomplete")
const opened = Symbol("opened")

const firstBulkBlock = 65536

/**
 * Reads one connection's replies. `push` what arrived, then call `next` until it returns `undefined`.
 *
 * **Gotchas**: a pushed chunk is referred to, not copied, until it has been read; decoded values never refer to it.
 */
export class ReplyParser {
  #buffer = nothing
  #position = 0
  #end = 0
  /** Where the search for the end of an unfinished line goes on, so that a long one is not searched from its start again. */
  #searched = 0
  #appendable = false
  #stack: Array<Frame> = []
  #bulk: PartialBulk | undefined
  #taken = 0
  #consumed = 0
  #failure: ProtocolError | undefined

  /** How many bytes the values returned so far took. */
  get consumed(): number {
    return this.#consumed
  }

  /** Adds what arrived. */
  push(chunk: Uint8Array): void {
    let from = 0
    if (this.#bulk !== undefined) from = this.#fill(this.#bulk, chunk, 0, chunk.length)
    if (from === chunk.length) return
    if (this.#position === this.#end) {
      this.#buffer = chunk
      this.#position = this.#searched = from
      this.#end = chunk.length
      this.#appendable = false
    } else {
      this.#append(from === 0 ? chunk : chunk.subarray(from))
    }
  }

  /** Returns the next value, `undefined` when it has not arrived in full, or what is wrong with the bytes (from then on always). */
  next(): ReplyValue | ProtocolError | undefined {
    if (this.#failure !== undefined) return this.#failure
    while (true) {
      const step = this.#bulk === undefined ? this.#step() : this.#finishBulk(this.#bulk)
      if (step === incomplete) return undefined
      if (step === opened) continue
      if (step._tag === "ProtocolError") return this.#failure = step
      const value = this.#complete(step)
      if (value === undefined) continue
      this.#consumed = this.#taken
      return value
    }
  }

  /**
   * Takes out the bytes behind the last value, for a link that goes on with something other than replies (a replica reading a
   * snapshot). Only meaningful between two values.
   */
  takeRest(): Uint8Array {
    const rest = this.#buffer.subarray(this.#position, this.#end)
    this.#buffer = nothing
    this.#position = this.#end = this.#searched = 0
    this.#consumed = this.#taken = this.#taken + rest.length
    return rest
  }

  // ---- elements

  /** Reads one header line and, when it is there, its payload. */
  #step(): ReplyValue | ProtocolError | typeof incomplete | typeof opened {
    const lineEnd = this.#findLineEnd()
    if (lineEnd < 0) return incomplete
    const buffer = this.#buffer
    const start = this.#position
    const type = byteAt(buffer, start)
    if (lineEnd === start) return new ProtocolError("expected a type byte, got an empty line")
    this.#advance(lineEnd + 2)
    const from = start + 1
    switch (type) {
      case Type.simple:
        return { _tag: "Simple", text: text(buffer, from, lineEnd) }
      case Type.error:
        return { _tag: "Error", text: text(buffer, from, lineEnd) }
      case Type.integer: {
        const value = parseInteger(buffer, from, lineEnd)
        return value === undefined ? malformed("integer", buffer, start, lineEnd) : { _tag: "Integer", value }
      }
      case Type.bulk:
      case Type.bulkError:
      case Type.verbatim: {
        const length = parseLength(buffer, from, lineEnd)
        if (length === undefined) return malformed("bulk length", buffer, start, lineEnd)
        if (length < 0) return type === Type.bulk ? nullValue : malformed("bulk length", buffer, start, lineEnd)
        return this.#readBulk(type, length)
      }
      case Type.array:
      case Type.set:
      case Type.push:
      case Type.map:
      case Type.attribute: {
        const length = parseLength(buffer, from, lineEnd)
        if (length === undefined) return malformed("aggregate length", buffer, start, lineEnd)
        if (length < 0) return type === Type.array ? nullValue : malformed("aggregate length", buffer, start, lineEnd)
        const missing = type === Type.map ? length * 2 : type === Type.attribute ? length * 2 + 1 : length
        const frame: Frame = { type, items: [], missing }
        if (missing === 0) return close(frame)
        this.#stack.push(frame)
        return opened
      }
      case Type.null:
        return lineEnd === from ? nullValue : malformed("null", buffer, start, lineEnd)
      case Type.boolean: {
        const letter = lineEnd === from + 1 ? byteAt(buffer, from) : 0
        return letter === 0x74 ? trueValue : letter === 0x66 ? falseValue : malformed("boolean", buffer, start, lineEnd)
      }
      case Type.double: {
        const value = parseDouble(text(buffer, from, lineEnd))
        return value === undefined ? malformed("double", buffer, start, lineEnd) : { _tag: "Double", value }
      }
      case Type.bigNumber: {
        const digits = text(buffer, from, lineEnd)
        if (!/^[+-]?\d+$/.test(digits)) return malformed("big number", buffer, start, lineEnd)
        return { _tag: "BigNumber", value: parseBigInt(digits) }
      }
      default:
        return malformed("type byte", buffer, start, lineEnd)
    }
  }

  /** Puts a value where it belongs; returns it, or the aggregate that it completes, when nothing more is missing around it. */
  #complete(element: ReplyValue): ReplyValue | undefined {
    let value = element
    while (true) {
      const frame = this.#stack.at(-1)
      if (frame === undefined) return value
      frame.items.push(value)
      if (--frame.missing > 0) return undefined
      this.#stack.pop()
      value = close(frame)
    }
  }

  // ---- bulks

  #readBulk(type: number, length: number): ReplyValue | ProtocolError | typeof incomplete {
    const size = length + 2
    if (this.#end - this.#position >= size) {
      const bytes = new Uint8Array(length)
      bytes.set(this.#buffer.subarray(this.#position, this.#position + length))
      const ended = byteAt(this.#buffer, this.#position + length) === CR
        && byteAt(this.#buffer, this.#position + length + 1) === LF
      this.#advance(this.#position + size)
      return ended ? bulkValue(type, bytes) : unterminated
    }
    const bulk: PartialBulk = { type, size, bytes: nothing, filled: 0 }
    this.#bulk = bulk
    this.#position = this.#searched = this.#fill(bulk, this.#buffer, this.#position, this.#end)
    return incomplete
  }

  #finishBulk(bulk: PartialBulk): ReplyValue | ProtocolError | typeof incomplete {
    if (bulk.filled < bulk.size) return incomplete
    this.#bulk = undefined
    const length = bulk.size - 2
    if (byteAt(bulk.bytes, length) !== CR || byteAt(bulk.bytes, length + 1) !== LF) return unterminated
    return bulkValue(bulk.type, bulk.bytes.subarray(0, length))
  }

  /** Copies into the bulk as much as it takes, and returns the position behind it. */
  #fill(bulk: PartialBulk, source: Uint8Array, from: number, end: number): number {
    const count = Math.min(bulk.size - bulk.filled, end - from)
    const needed = bulk.filled + count
    if (needed > bulk.bytes.length) {
      // What is only announced is not allocated: the block follows what has arrived.
      const grown = new Uint8Array(Math.min(bulk.size, Math.max(firstBulkBlock, 2 * needed)))
      grown.set(bulk.bytes.subarray(0, bulk.filled))
      bulk.bytes = grown
    }
    bulk.bytes.set(source.subarray(from, from + count), bulk.filled)
    bulk.filled = needed
    this.#taken += count
    return from + count
  }

  // ---- input

  #advance(position: number): void {
    this.#taken += position - this.#position
    this.#position = this.#searched = position
  }

  /** Returns the position of the line's CR, or -1 when its CRLF has not arrived. */
  #findLineEnd(): number {
    const buffer = this.#buffer
    const last = this.#end - 1
    let at = this.#searched
    while (at < last) {
      if (buffer[at] === CR && buffer[at + 1] === LF) return at
      at++
    }
    this.#searched = Math.max(this.#position, at)
    return -1
  }

  /** Adds to an unfinished line. The unread part moves into a block of our own, which doubles. */
  #append(chunk: Uint8Array): void {
    const unread = this.#end - this.#position
    const needed = unread + chunk.length
    if (!this.#appendable || this.#end + chunk.length > this.#buffer.length) {
      const block = new Uint8Array(2 * needed)
      block.set(this.#buffer.subarray(this.#position, this.#end))
      this.#searched -= this.#position
      this.#buffer = block
      this.#position = 0
      this.#end = unread
      this.#appendable = true
    }
    this.#buffer.set(chunk, this.#end)
    this.#end += chunk.length
  }
}

const unterminated = new ProtocolError("a bulk does not end with CRLF")

function malformed(what: string, buffer: Uint8Array, start: number, end: number): ProtocolError {
  return new ProtocolError(`invalid ${what} in ${JSON.stringify(text(buffer, start, Math.min(end, start + 64)))}`)
}

function close(frame: Frame): ReplyValue {
  const items = frame.items
  switch (frame.type) {
    case Type.map:
      return { _tag: "Map", entries: pairs(items) }
    case Type.attribute: {
      const value = items.pop() ?? nullValue
      return { _tag: "Attribute", entries: pairs(items), value }
    }
    case Type.set:
      return { _tag: "Set", items }
    case Type.push:
      return { _tag: "Push", items }
    default:
      return { _tag: "Array", items }
  }
}

function pairs(items: ReadonlyArray<ReplyValue>): Array<readonly [ReplyValue, ReplyValue]> {
  const entries: Array<readonly [ReplyValue, ReplyValue]> = []
  for (let i = 0; i < items.length; i += 2) entries.push([items[i] ?? nullValue, items[i + 1] ?? nullValue])
  return entries
}

function bulkValue(type: number, bytes: Uint8Array): ReplyValue | ProtocolError {
  switch (type) {
    case Type.bulkError:
      return { _tag: "Error", text: decoder.decode(bytes) }
    case Type.verbatim:
      if (bytes.length < 4 || bytes[3] !== Type.integer) return new ProtocolError("a verbatim string has no format")
      return { _tag: "Verbatim", format: text(bytes, 0, 3), bytes: bytes.subarray(4) }
    default:
      return { _tag: "Bulk", bytes }
  }
}

// ---- numbers and text

/** The callers have checked the bounds. */
function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] as number
}

function text(bytes: Uint8Array, from: number, to: number): string {
  return decoder.decode(bytes.subarray(from, to))
}

/** Reads a length: digits, or `-1`. */
function parseLength(bytes: Uint8Array, from: number, to: number): number | undefined {
  const value = parseInteger(bytes, from, to)
  return typeof value === "number" && value >= -1 ? value : undefined
}

function parseInteger(bytes: Uint8Array, from: number, to: number): number | bigint | undefined {
  const sign = from < to ? byteAt(bytes, from) : 0
  const start = sign === MINUS || sign === PLUS ? from + 1 : from
  if (start === to) return undefined
  let value = 0
  for (let i = start; i < to; i++) {
    const digit = byteAt(bytes, i)
    if (digit < ZERO || digit > NINE) return undefined
    value = value * 10 + (digit - ZERO)
  }
  // Up to fifteen digits the sum above is exact, and -0 is none of Redis's integers.
  if (to - start <= 15) return sign === MINUS && value !== 0 ? -value : value
  const exact = parseBigInt(text(bytes, from, to))
  const narrow = Number(exact)
  return Number.isSafeInteger(narrow) ? narrow : exact
}

function parseBigInt(digits: string): bigint {
  return BigInt(digits.startsWith("+") ? digits.slice(1) : digits)
}

function parseDouble(digits: string): number | undefined {
  switch (digits) {
    case "inf":
      return Infinity
    case "-inf":
      return -Infinity
    case "nan":
    case "-nan":
      return NaN
    default:
      return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(digits) ? Number(digits) : undefined
  }
}
