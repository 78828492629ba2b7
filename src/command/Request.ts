/**
 * One request: its arguments as ranges of bytes, nothing copied. The object is reused for the next request of its
 * connection, and the bytes are the connection's read buffer: a command that suspends takes `copy` of what it needs.
 *
 * The readers throw `CommandError`, which `Command.sync` turns into the typed failure.
 */
import * as Sds from "../config/Sds.ts"
import { copyOf } from "../memory/Bytes.ts"
import * as Integers from "../memory/Integers.ts"
import * as CommandError from "./CommandError.ts"
import type { Session } from "./Session.ts"

export class Request {
  /** Number of arguments, the command's name included. */
  count = 0
  readonly buffers: Array<Uint8Array> = []
  readonly starts: Array<number> = []
  readonly ends: Array<number> = []
  readonly session: Session
  /**
   * What the propagation log gets in place of the request itself: undefined for the request as it is, an empty list for
   * nothing.
   */
  effects: ReadonlyArray<ReadonlyArray<Uint8Array>> | undefined = undefined
  /** Set by a command that took longer than others of its kind: it is timed on its own. Reset with the next request. */
  outstanding = false
  /** Arguments that are secrets: the slow log and MONITOR show `(redacted)`. Emptied with the next request. */
  redacted: ReadonlyArray<number> = []

  constructor(session: Session) {
    this.session = session
  }

  buffer(index: number): Uint8Array {
    return this.buffers[index] as Uint8Array
  }

  start(index: number): number {
    return this.starts[index] as number
  }

  end(index: number): number {
    return this.ends[index] as number
  }

  length(index: number): number {
    return (this.ends[index] as number) - (this.starts[index] as number)
  }

  /** An argument's bytes, copied. */
  bytes(index: number): Uint8Array {
    return copyOf(this.buffer(index), this.start(index), this.end(index))
  }

  /** An argument's bytes where they are, for this turn only. */
  view(index: number): Uint8Array {
    const buffer = this.buffer(index)
    return new Uint8Array(buffer.buffer, buffer.byteOffset + this.start(index), this.length(index))
  }

  /** All arguments from `from` on, copied. */
  copy(from = 0): Array<Uint8Array> {
    const args: Array<Uint8Array> = []
    for (let index = from; index < this.count; index++) args.push(this.bytes(index))
    return args
  }

  /** An argument as text, UTF-8. */
  text(index: number): string {
    return Buffer.from(this.buffer(index).buffer, this.buffer(index).byteOffset + this.start(index), this.length(index))
      .toString("utf8")
  }

  /** An argument as text, a character per byte: reversible, for names and for map keys. */
  latin1(index: number): string {
    return Buffer.from(this.buffer(index).buffer, this.buffer(index).byteOffset + this.start(index), this.length(index))
      .toString("latin1")
  }

  /** As `latin1`, up to the first NUL: as error texts quote an argument. */
  quoted(index: number): string {
    return Sds.cString(this.latin1(index))
  }

  /** Where an argument that is read as C's text ends: at its first NUL. */
  textEnd(index: number): number {
    const buffer = this.buffer(index)
    const end = this.end(index)
    let at = this.start(index)
    while (at < end && buffer[at] !== 0) at++
    return at
  }

  /** An option word in capitals; "" for what is too long to be one. */
  word(index: number): string {
    return this.length(index) > 32 ? "" : this.quoted(index).toUpperCase()
  }

  /** Whether an argument is that word (given in capitals), in whatever case. To Redis a word ends at a NUL. */
  is(index: number, word: string): boolean {
    const start = this.start(index)
    const length = this.end(index) - start
    const buffer = this.buffer(index)
    if (length !== word.length && (length < word.length || buffer[start + word.length] !== 0)) return false
    for (let i = 0; i < word.length; i++) {
      const byte = buffer[start + i] as number
      if ((byte >= 0x61 && byte <= 0x7a ? byte - 32 : byte) !== word.charCodeAt(i)) return false
    }
    return true
  }

  /** An argument as a 64-bit integer; fails with "value is not an integer or out of range" unless told otherwise. */
  integer(index: number, failure = CommandError.notAnInteger): Integers.Integer {
    const value = Integers.parse(this.buffer(index), this.start(index), this.end(index))
    if (value === undefined) throw failure
    return value
  }

  /** An argument as an integer that is safe in JavaScript and lies in a range. */
  integerIn(index: number, least: number, most: number, failure = CommandError.notAnInteger): number {
    const value = Integers.parse(this.buffer(index), this.start(index), this.end(index))
    if (typeof value !== "number" || value < least || value > most) throw failure
    return value
  }

  /** Takes these arguments in place of its own. */
  load(args: ReadonlyArray<Uint8Array>): void {
    this.count = args.length
    for (const [index, bytes] of args.entries()) {
      this.buffers[index] = bytes
      this.starts[index] = 0
      this.ends[index] = bytes.length
    }
  }

  /** Copies the arguments, so that they outlive the turn: for a command that waits before it reads them. */
  detach(): void {
    this.load(this.copy())
  }

  /** Fails with the arity error of the command at hand. */
  wrongArity(): never {
    throw CommandError.wrongArity(this.session.commandName)
  }

  /** Lets the propagation log have these commands in place of the request; words and integers are turned to bytes. */
  propagateAs(...commands: ReadonlyArray<ReadonlyArray<Uint8Array | string | number | bigint>>): void {
    this.effects = commands.map((args) => args.map((arg) => arg instanceof Uint8Array ? arg : Buffer.from(String(arg))))
  }

  /** Keeps the request out of the propagation log. */
  propagateNothing(): void {
    this.effects = []
  }
}
