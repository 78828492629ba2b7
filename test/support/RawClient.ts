/**
 * A RESP client for tests that hides nothing: raw bytes go out, and every reply comes back both decoded and as the bytes it was.
 * Tests of behaviour use real client libraries or `command`; tests of the protocol write what they want.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { connect as netConnect } from "node:net"
import type { NetConnectOpts, Socket } from "node:net"
import { ReplyParser } from "../../src/resp/ReplyParser.ts"
import type { ReplyValue } from "../../src/resp/ReplyParser.ts"

/** The connection could not be made, ended before the awaited replies came, or carried something that is not RESP. */
export class ConnectionError extends Data.TaggedError("ConnectionError")<{ readonly message: string }> {}

/** One reply: what it means and what it was. */
export interface Received {
  readonly value: ReplyValue
  readonly raw: Uint8Array
}

/** One argument of a command; text goes out as UTF-8. */
export type Arg = string | number | Uint8Array

/** Encodes a command as an array of bulks. */
export const encode = (args: ReadonlyArray<Arg>): Buffer => {
  const parts: Array<Uint8Array> = [Buffer.from(`*${args.length}\r\n`)]
  for (const arg of args) {
    const bytes = typeof arg === "object" ? arg : Buffer.from(String(arg))
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, crlf)
  }
  return Buffer.concat(parts)
}

const crlf = Buffer.from("\r\n")

interface Waiter {
  readonly count: number
  readonly resume: (effect: Effect.Effect<Array<Received>, ConnectionError>) => void
}

export class RawClient {
  readonly socket: Socket
  readonly #parser = new ReplyParser()
  #chunks: Array<Buffer> = []
  #replies: Array<Received> = []
  #waiter: Waiter | undefined
  /** Why nothing more will come. */
  #ended: string | undefined
  /** Bytes behind the last whole reply, which a server that closes may leave. */
  #unparsed = 0

  constructor(socket: Socket) {
    this.socket = socket
    socket.on("data", (chunk: Buffer) => this.#receive(chunk))
    socket.on("error", (error) => this.#end(error.message))
    socket.on("close", () => this.#end("the server closed the connection"))
  }

  get closed(): boolean {
    return this.#ended !== undefined
  }

  /** How many replies have come that nobody took yet. */
  get pending(): number {
    return this.#replies.length
  }

  /** Writes bytes as they are. */
  write(bytes: Uint8Array | string): void {
    if (this.#ended === undefined) this.socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes)
  }

  /** Writes one command. */
  send(...args: ReadonlyArray<Arg>): void {
    this.write(encode(args))
  }

  /** Goes away without a word. */
  close(): void {
    this.socket.destroy()
  }

  /** Takes what has come so far. */
  takeReceived(): Array<Received> {
    return this.#replies.splice(0)
  }

  /** Takes the bytes that are no whole reply (yet). */
  get partial(): Uint8Array {
    return Buffer.concat(this.#chunks).subarray(0, this.#unparsed)
  }

  /** Waits for so many replies. One waiter at a time. */
  take(count: number): Effect.Effect<Array<Received>, ConnectionError> {
    return Effect.callback((resume) => {
      this.#waiter = { count, resume }
      this.#serve()
      return Effect.sync(() => {
        this.#waiter = undefined
      })
    })
  }

  /** Sends one command and waits for its reply. */
  command(...args: ReadonlyArray<Arg>): Effect.Effect<Received, ConnectionError> {
    return Effect.suspend(() => {
      this.send(...args)
      // `take(1)` gives exactly one.
      return Effect.map(this.take(1), (replies) => replies[0] as Received)
    })
  }

  /** Sends commands in one piece and waits for all replies. */
  pipeline(commands: ReadonlyArray<ReadonlyArray<Arg>>): Effect.Effect<Array<Received>, ConnectionError> {
    return Effect.suspend(() => {
      this.write(Buffer.concat(commands.map(encode)))
      return this.take(commands.length)
    })
  }

  /** Waits until the server has closed the connection. */
  get untilClosed(): Effect.Effect<void> {
    return Effect.callback((resume) => {
      if (this.closed) resume(Effect.void)
      else this.socket.once("close", () => resume(Effect.void))
    })
  }

  #receive(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#unparsed += chunk.length
    const consumedBefore = this.#parser.consumed
    this.#parser.push(chunk)
    let taken = 0
    let bytes: Buffer | undefined
    while (true) {
      const value = this.#parser.next()
      if (value === undefined) break
      if (value._tag === "ProtocolError") return this.#end(value.message)
      bytes ??= this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks)
      const end = this.#parser.consumed - consumedBefore
      this.#replies.push({ value, raw: bytes.subarray(taken, end) })
      taken = end
    }
    if (bytes !== undefined) {
      this.#unparsed = bytes.length - taken
      this.#chunks = this.#unparsed === 0 ? [] : [bytes.subarray(taken)]
    }
    this.#serve()
  }

  #end(reason: string): void {
    this.#ended ??= reason
    this.#serve()
  }

  #serve(): void {
    const waiter = this.#waiter
    if (waiter === undefined) return
    if (this.#replies.length >= waiter.count) {
      this.#waiter = undefined
      waiter.resume(Effect.succeed(this.#replies.splice(0, waiter.count)))
    } else if (this.#ended !== undefined) {
      this.#waiter = undefined
      waiter.resume(Effect.fail(new ConnectionError({ message: this.#ended })))
    }
  }
}

/** Connects to a port of this machine (or wherever the options say); who asks closes. */
export const open = (target: number | NetConnectOpts): Effect.Effect<RawClient, ConnectionError> =>
  Effect.callback((resume) => {
    const socket = netConnect(typeof target === "number" ? { port: target, host: "127.0.0.1" } : target)
    socket.setNoDelay(true)
    const refuse = (error: Error) => resume(Effect.fail(new ConnectionError({ message: error.message })))
    socket.once("error", refuse)
    socket.once("connect", () => {
      socket.off("error", refuse)
      resume(Effect.succeed(new RawClient(socket)))
    })
  })

/** Connects as `open` does; the connection is cut with the scope. */
export const connect = (target: number | NetConnectOpts): Effect.Effect<RawClient, ConnectionError, Scope.Scope> =>
  Effect.acquireRelease(open(target), (client) => Effect.sync(() => client.close()))

/** Renders a reply the way redis-cli does, for assertions and failure messages that people read. */
export const render = (value: ReplyValue, indent = ""): string => {
  const list = (items: ReadonlyArray<ReplyValue>, mark: string) =>
    items.length === 0 ? `(empty ${mark === "~" ? "set" : "array"})` : items
      .map((item, index) => {
        const prefix = `${index + 1}${mark} `
        return `${index === 0 ? "" : indent}${prefix}${render(item, indent + " ".repeat(prefix.length))}`
      })
      .join("\n")
  const map = (entries: ReadonlyArray<readonly [ReplyValue, ReplyValue]>) =>
    entries.length === 0 ? "(empty hash)" : entries
      .map(([key, item], index) => {
        const prefix = `${index + 1}# ${render(key)} => `
        return `${index === 0 ? "" : indent}${prefix}${render(item, indent + "   ")}`
      })
      .join("\n")
  switch (value._tag) {
    case "Simple":
      return value.text
    case "Error":
      return `(error) ${value.text}`
    case "Integer":
      return `(integer) ${value.value}`
    case "Double":
      return `(double) ${value.value}`
    case "BigNumber":
      return `(big number) ${value.value}`
    case "Boolean":
      return `(${value.value})`
    case "Null":
      return "(nil)"
    case "Bulk":
      return quote(value.bytes)
    case "Verbatim":
      return `(${value.format}) ${quote(value.bytes)}`
    case "Array":
      return list(value.items, ")")
    case "Set":
      return list(value.items, "~")
    case "Push":
      return `(push) ${list(value.items, ")")}`
    case "Map":
      return map(value.entries)
    case "Attribute":
      return `(attribute) ${map(value.entries)}\n${indent}${render(value.value, indent)}`
  }
}

/** Quotes bytes the way redis-cli prints and reads them. */
export const quote = (bytes: Uint8Array): string => {
  let text = "\""
  for (const byte of bytes) {
    const escape = escapes.get(byte)
    if (escape !== undefined) text += escape
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte)
    else text += `\\x${byte.toString(16).padStart(2, "0")}`
  }
  return `${text}"`
}

const escapes: ReadonlyMap<number, string> = new Map([
  [0x22, "\\\""],
  [0x5c, "\\\\"],
  [0x0a, "\\n"],
  [0x0d, "\\r"],
  [0x09, "\\t"],
  [0x07, "\\a"],
  [0x08, "\\b"]
])
