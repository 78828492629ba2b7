/**
 * What a command answers: a value that knows how to write itself in RESP2 and RESP3
 * (https://redis.io/docs/reference/protocol-spec). Nothing here keeps or copies bytes: a reply that refers to store
 * memory must be encoded before anything else runs.
 */
import type { Output } from "./Output.ts"

export interface Reply {
  readonly _tag: string
  readonly encode: (out: Output) => void
}

class Raw implements Reply {
  readonly _tag = "Raw"
  readonly bytes: Uint8Array
  constructor(text: string) {
    this.bytes = Buffer.from(text, "latin1")
  }
  encode(out: Output): void {
    out.raw(this.bytes)
  }
}

class Simple implements Reply {
  readonly _tag = "Simple"
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
  encode(out: Output): void {
    out.simple(this.text)
  }
}

class Integer implements Reply {
  readonly _tag = "Integer"
  readonly value: number | bigint
  constructor(value: number | bigint) {
    this.value = value
  }
  encode(out: Output): void {
    out.integer(this.value)
  }
}

/** A bulk string; one that is encoded at once may be made once and `set` for every reply. */
export class Bulk implements Reply {
  readonly _tag = "Bulk"
  private bytes: Uint8Array
  private start: number
  private end: number
  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes
    this.start = start
    this.end = end
  }
  set(bytes: Uint8Array, start: number, end: number): this {
    this.bytes = bytes
    this.start = start
    this.end = end
    return this
  }
  encode(out: Output): void {
    out.bulk(this.bytes, this.start, this.end)
  }
}

/** A bulk whose bytes nobody will change: large ones go to the socket as they are. */
class Lent implements Reply {
  readonly _tag = "Lent"
  readonly bytes: Uint8Array
  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }
  encode(out: Output): void {
    out.bulkLent(this.bytes)
  }
}

class Encoded implements Reply {
  readonly _tag = "Encoded"
  readonly encode: (out: Output) => void
  constructor(encode: (out: Output) => void) {
    this.encode = encode
  }
}

const encodeAll = (out: Output, items: ReadonlyArray<Reply>): void => {
  for (const item of items) item.encode(out)
}

export const ok: Reply = new Raw("+OK\r\n")
export const pong: Reply = new Raw("+PONG\r\n")
export const queued: Reply = new Raw("+QUEUED\r\n")
export const emptyArray: Reply = new Raw("*0\r\n")
/** No reply at all: to a client that switched replies off, or one that was answered otherwise. */
export const none: Reply = new Encoded(() => {})
/** The absent value: `$-1` in RESP2, `_` in RESP3. */
export const nil: Reply = new Encoded((out) => out.nil())
/** The absent array: `*-1` in RESP2, `_` in RESP3. */
export const nilArray: Reply = new Encoded((out) => out.nilArray())

const small: ReadonlyArray<Reply> = Array.from({ length: 1024 }, (_, n) => new Raw(`:${n}\r\n`))

// Reading behind the end of an array would cost more than making the reply.
export const integer = (value: number | bigint): Reply =>
  value >= 0 && value < small.length ? small[Number(value)] as Reply : new Integer(value)
/** A status such as `+OK`. The text must not hold CR or LF. */
export const simple = (text: string): Reply => new Simple(text)
export const bulk = (bytes: Uint8Array, start = 0, end = bytes.length): Reply => new Bulk(bytes, start, end)
export const bulkLent = (bytes: Uint8Array): Reply => new Lent(bytes)
/** A bulk string of text, in UTF-8. */
export const text = (value: string): Reply => bulk(Buffer.from(value))
/** A double: `,` in RESP3, a bulk string in RESP2. */
export const double = (value: number): Reply => new Encoded((out) => out.double(value))
/** True and false: `#t` in RESP3, 1 and 0 in RESP2. */
export const boolean = (value: boolean): Reply => new Encoded((out) => out.boolean(value))
export const bigNumber = (digits: string): Reply => new Encoded((out) => out.bigNumber(digits))
/** Text with a format hint (`txt`, `mkd`) in RESP3, a bulk string in RESP2. */
export const verbatim = (format: string, value: string): Reply => new Encoded((out) => out.verbatim(format, value))
export const array = (items: ReadonlyArray<Reply>): Reply =>
  new Encoded((out) => {
    out.arrayHeader(items.length)
    encodeAll(out, items)
  })
/** A map, given as key, value, key, value: flat array in RESP2. */
export const map = (pairs: ReadonlyArray<Reply>): Reply =>
  new Encoded((out) => {
    out.mapHeader(pairs.length / 2)
    encodeAll(out, pairs)
  })
/** A set: array in RESP2. */
export const set = (items: ReadonlyArray<Reply>): Reply =>
  new Encoded((out) => {
    out.setHeader(items.length)
    encodeAll(out, items)
  })
/** Out-of-band data: array in RESP2. */
export const push = (items: ReadonlyArray<Reply>): Reply =>
  new Encoded((out) => {
    out.pushHeader(items.length)
    encodeAll(out, items)
  })
/** A reply that writes itself: for long ones, which would cost an object per element. */
export const encoded = (encode: (out: Output) => void): Reply => new Encoded(encode)
