/** A replica that keeps nothing: it asks a master for everything, forgets the snapshot and lists what the stream says. */
import * as Effect from "effect/Effect"
import { connect } from "node:net"
import type { Socket } from "node:net"
import { ReplyParser } from "../../src/resp/ReplyParser.ts"
import type { ReplyValue } from "../../src/resp/ReplyParser.ts"
import { ConnectionError, encode } from "./RawClient.ts"

/** A command of the stream, one character per byte. */
export type Words = ReadonlyArray<string>

export class Follower {
  readonly #socket: Socket
  readonly #parser = new ReplyParser()
  #words: Array<Words> = []
  /** What has come before the stream: lines, and the snapshot behind them. */
  #preface = Buffer.alloc(0)
  #skip = -1
  /** Offset of the snapshot; SYNC does not tell it. */
  #base = 0
  #closed = false
  #wake: () => void = () => {}

  constructor(socket: Socket, question: Words) {
    this.#socket = socket
    socket.on("data", (bytes: Buffer) => {
      this.#receive(bytes)
      this.#wake()
    })
    socket.on("error", () => {})
    socket.on("close", () => {
      this.#closed = true
      this.#wake()
    })
    socket.write(encode(question))
  }

  get closed(): boolean {
    return this.#closed
  }

  close(): void {
    this.#socket.destroy()
  }

  /** Waits until the stream has come up to an offset, and takes what it said; undefined when the master hung up. */
  upTo(offset: number): Effect.Effect<ReadonlyArray<Words> | undefined> {
    return Effect.callback((resume) => {
      const look = (): void => {
        const isThere = this.#skip === 0 && this.#base + this.#parser.consumed >= offset
        if (!isThere && !this.#closed) return
        this.#wake = () => {}
        const words = this.#words
        this.#words = []
        resume(Effect.succeed(isThere ? words : undefined))
      }
      this.#wake = look
      look()
    })
  }

  #receive(bytes: Buffer): void {
    if (this.#skip === 0) return this.#read(bytes)
    this.#preface = Buffer.concat([this.#preface, bytes])
    while (this.#skip < 0) {
      const end = this.#preface.indexOf("\n")
      if (end < 0) return
      const line = this.#preface.toString("latin1", 0, end).trim()
      this.#preface = this.#preface.subarray(end + 1)
      if (line.startsWith("+FULLRESYNC")) this.#base = Number(line.split(" ")[2])
      if (line.startsWith("$")) this.#skip = Number(line.slice(1))
    }
    const skipped = Math.min(this.#skip, this.#preface.length)
    this.#skip -= skipped
    this.#preface = this.#preface.subarray(skipped)
    if (this.#skip > 0 || this.#preface.length === 0) return
    this.#read(this.#preface)
    this.#preface = Buffer.alloc(0)
  }

  #read(bytes: Buffer): void {
    this.#parser.push(bytes)
    for (let value = this.#parser.next(); value !== undefined; value = this.#parser.next()) {
      if (value._tag === "ProtocolError") return this.close()
      this.#words.push(wordsOf(value))
    }
  }
}

const wordsOf = (value: ReplyValue): Words =>
  value._tag === "Array"
    ? value.items.map((item) => item._tag === "Bulk" ? Buffer.from(item.bytes).toString("latin1") : "?")
    : ["?"]

export const open = (
  port: number,
  question: Words = ["PSYNC", "?", "-1"]
): Effect.Effect<Follower, ConnectionError> =>
  Effect.callback((resume) => {
    const socket = connect(port, "127.0.0.1")
    const refuse = (error: Error) => resume(Effect.fail(new ConnectionError({ message: error.message })))
    socket.once("error", refuse)
    socket.once("connect", () => {
      socket.off("error", refuse)
      resume(Effect.succeed(new Follower(socket, question)))
    })
  })
