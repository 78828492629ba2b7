/// <reference types="node" preserve="true" />
/**
 * Replies on their way to one client: RESP2 or RESP3 bytes, gathered until they are flushed. Values above 64 KiB that
 * nobody will change are not copied; everything else is.
 */
import * as Bytes from "../memory/Bytes.ts"
import * as Doubles from "../memory/Doubles.ts"
import * as Integers from "../memory/Integers.ts"

/** Takes a value of 16 KiB, or the replies of a long pipeline. */
const FIRST = 32 * 1024
const LEND = 64 * 1024

const LARGEST_KEPT = 1024 * 1024
/** How many bytes of each larger size are kept: replies that go out at once follow each other in one buffer. */
const LARGE_KEPT = 2 * 1024 * 1024

/**
 * Buffers that wait for their next use, so that a reply, or a big argument, does not cost an allocation: the system would have
 * to clear it, and V8 finds what was dropped only when there are 64 MB of it.
 */
export class BufferPool {
  private readonly free: Array<Buffer> = []
  private readonly large = new Map<number, Array<Buffer>>()

  /** A buffer of that many bytes or more. */
  take(bytes: number): Buffer {
    if (bytes <= FIRST) return this.free.pop() ?? Buffer.allocUnsafeSlow(FIRST)
    if (bytes > LARGEST_KEPT) return Buffer.allocUnsafeSlow(bytes)
    const size = 1 << (32 - Math.clz32(bytes - 1))
    return this.large.get(size)?.pop() ?? Buffer.allocUnsafeSlow(size)
  }

  /** Takes back what `take` gave. */
  give(buffer: Buffer): void {
    const { length } = buffer
    if (length === FIRST) {
      if (this.free.length < 64) this.free.push(buffer)
    } else if (length > FIRST && length <= LARGEST_KEPT) this.keep(buffer)
  }

  private keep(buffer: Buffer): void {
    const { length } = buffer
    const kept = this.large.get(length)
    if (kept === undefined) this.large.set(length, [buffer])
    else if (kept.length < LARGE_KEPT / length) kept.push(buffer)
  }
}

export class Output {
  /** 2 or 3. */
  resp = 2
  /** Discards what is written: CLIENT REPLY OFF and SKIP. */
  muted = false
  /** Bytes that wait to be flushed. */
  get pending(): number {
    return this.chunkBytes + this.at
  }

  /** Bytes of the buffer that is being filled. */
  get capacity(): number {
    return this.buffer.length
  }

  private chunks: Array<Uint8Array> = []
  private chunkBytes = 0
  private buffer: Buffer = empty
  private at = 0
  private readonly pool: BufferPool

  constructor(pool: BufferPool) {
    this.pool = pool
  }

  /**
   * Takes what is pending, in order. The last chunk may be a pooled buffer: `recycle` it when its bytes have been used.
   */
  drain(): Array<Uint8Array> {
    const chunks = this.chunks
    if (this.isShared) chunks.push(this.buffer)
    else if (this.at > 0) chunks.push(this.buffer.subarray(0, this.at))
    this.chunks = []
    this.chunkBytes = 0
    this.at = 0
    this.spare = this.isShared ? empty : this.buffer
    this.isShared = false
    this.buffer = empty
    return chunks
  }
  private spare: Buffer = empty
  /** Buffers of our own that are among the chunks. */
  private filled: Array<Buffer> = []

  /** Takes what is pending where it is one piece, as the first bytes of what is returned; else undefined. */
  drainOnly(): Buffer | undefined {
    if (this.chunks.length > 0) return undefined
    const { buffer } = this
    this.at = 0
    this.spare = this.isShared ? empty : buffer
    this.isShared = false
    this.buffer = empty
    return buffer
  }

  /** Says whether the bytes of the last `drain` have been taken. Whoever still needs them has the buffers for good. */
  recycle(taken: boolean): void {
    if (taken) {
      this.pool.give(this.spare)
      for (const buffer of this.filled) this.pool.give(buffer)
    }
    this.spare = empty
    if (this.filled.length > 0) this.filled = []
  }

  private room(bytes: number): void {
    if (this.buffer.length - this.at >= bytes) return
    if (this.isShared) this.unshare(bytes)
    if (this.buffer.length - this.at >= bytes) return
    if (this.at > 0) {
      this.chunks.push(this.buffer.subarray(0, this.at))
      this.chunkBytes += this.at
      this.filled.push(this.buffer)
    }
    // Doubling with what is pending keeps the number of chunks small for long replies.
    this.buffer = this.pool.take(Math.max(bytes, Math.min(this.chunkBytes, LARGEST_KEPT)))
    this.at = 0
  }

  /**
   * Bytes that many clients get, and that nobody changes any more. To a client that has nothing else coming they go as
   * they are, without a buffer of its own.
   */
  share(bytes: Buffer): void {
    if (this.muted) return
    if (this.buffer !== empty) return this.raw(bytes)
    this.buffer = bytes
    this.at = bytes.length
    this.isShared = true
  }
  /** Whether the buffer is one that others have, too: full, and not to be written to. */
  private isShared = false

  /** Goes on in a buffer of its own: short shared bytes are copied to it, so that they make one write. */
  private unshare(bytes: number): void {
    const shared = this.buffer
    this.isShared = false
    this.buffer = empty
    this.at = 0
    if (shared.length + bytes <= FIRST) this.raw(shared)
    else {
      this.chunks.push(shared)
      this.chunkBytes += shared.length
    }
  }

  raw(bytes: Uint8Array): void {
    if (this.muted) return
    const length = bytes.length
    this.room(length)
    const buffer = this.buffer
    let at = this.at
    if (length <= 32) { for (let i = 0; i < length; i++) buffer[at++] = bytes[i] as number }
    else buffer.set(bytes, at)
    this.at += length
  }

  /** Latin-1 text as it is. */
  private ascii(text: string): void {
    if (this.muted) return
    this.room(text.length)
    this.at += this.buffer.write(text, this.at, "latin1")
  }

  simple(text: string): void {
    if (!this.shortLine(43, text)) this.line(43, Buffer.from(text))
  }

  /** The text of an error, without the `-`; a character is a byte, so that bad bytes come back as they were. */
  error(text: string): void {
    if (!this.shortLine(45, text)) this.line(45, Buffer.from(text, "latin1"))
  }

  private shortLine(type: number, text: string): boolean {
    if (this.muted || text.length > SHORT) return false
    this.room(SHORT + 3)
    const end = writeAscii(this.buffer, this.at + 1, text)
    if (end < 0) return false
    this.buffer[this.at] = type
    this.end(end)
    return true
  }

  private end(at: number): void {
    this.buffer[at] = 13
    this.buffer[at + 1] = 10
    this.at = at + 2
  }

  private line(type: number, bytes: Uint8Array): void {
    if (this.muted) return
    this.room(bytes.length + 3)
    this.buffer[this.at++] = type
    this.buffer.set(bytes, this.at)
    this.at += bytes.length
    this.buffer[this.at++] = 13
    this.buffer[this.at++] = 10
  }

  bulk(bytes: Uint8Array, start: number, end: number): void {
    if (this.muted) return
    const length = end - start
    this.room(length + 16)
    const buffer = this.buffer
    let at = this.at
    buffer[at++] = 36
    if (length < 10) buffer[at++] = 48 + length
    else at = Integers.write(buffer, at, length)
    buffer[at++] = 13
    buffer[at++] = 10
    if (length <= 64) { for (let i = start; i < end; i++) buffer[at++] = bytes[i] as number }
    else {
      buffer.set(bytes.subarray(start, end), at)
      at += length
    }
    buffer[at++] = 13
    buffer[at++] = 10
    this.at = at
  }

  /** A bulk of bytes that will not change: large ones are not copied. */
  bulkLent(bytes: Uint8Array): void {
    if (this.muted) return
    if (bytes.length < LEND) return this.bulk(bytes, 0, bytes.length)
    this.header(36, bytes.length)
    this.chunks.push(this.buffer.subarray(0, this.at), bytes)
    this.chunkBytes += this.at + bytes.length
    this.buffer = empty
    this.at = 0
    this.raw(crlf)
  }

  /** A bulk string of text, in UTF-8. */
  text(value: string): void {
    if (!this.muted && value.length <= SHORT && this.shortText(value)) return
    const bytes = Buffer.from(value)
    this.bulk(bytes, 0, bytes.length)
  }

  /** A bulk string of text, a byte for a character. */
  latin1(value: string): void {
    if (!this.muted && value.length <= SHORT && this.shortText(value)) return
    const bytes = Buffer.from(value, "latin1")
    this.bulk(bytes, 0, bytes.length)
  }

  private shortText(value: string): boolean {
    this.room(SHORT + 16)
    const { buffer } = this
    buffer[this.at] = 36
    const digits = Integers.write(buffer, this.at + 1, value.length)
    buffer[digits] = 13
    buffer[digits + 1] = 10
    const end = writeAscii(buffer, digits + 2, value)
    if (end < 0) return false
    this.end(end)
    return true
  }

  integer(value: number | bigint): void {
    if (this.muted) return
    this.room(24)
    this.buffer[this.at++] = 58
    this.at = Integers.write(this.buffer, this.at, value)
    this.buffer[this.at++] = 13
    this.buffer[this.at++] = 10
  }

  /** An integer as a bulk string. */
  bulkInteger(value: number | bigint): void {
    if (this.muted) return
    this.room(Integers.maxSize + 7)
    const { buffer } = this
    let { at } = this
    buffer[at++] = 36
    at = Integers.write(buffer, at, Integers.size(value))
    buffer[at++] = 13
    buffer[at++] = 10
    at = Integers.write(buffer, at, value)
    buffer[at++] = 13
    buffer[at++] = 10
    this.at = at
  }

  double(value: number): void {
    if (this.muted) return
    this.room(Doubles.maxSize + 7)
    // Of a bulk the length comes first, and is known last: its place is left free, with two digits.
    const start = this.resp === 3 ? this.at + 1 : this.at + 5
    let end = Doubles.write(this.buffer, start, value)
    if (this.resp === 3) this.buffer[this.at] = 44
    else {
      const length = end - start
      this.buffer[this.at] = 36
      const digits = Integers.write(this.buffer, this.at + 1, length)
      this.buffer[digits] = 13
      this.buffer[digits + 1] = 10
      if (length < 10) end = Bytes.copy(this.buffer, start, end, this.buffer, start - 1)
    }
    this.buffer[end] = 13
    this.buffer[end + 1] = 10
    this.at = end + 2
  }

  /** A double of which the text is given. */
  decimal(text: string): void {
    this.ascii(this.resp === 3 ? `,${text}\r\n` : `$${text.length}\r\n${text}\r\n`)
  }

  boolean(value: boolean): void {
    this.ascii(this.resp === 3 ? (value ? "#t\r\n" : "#f\r\n") : (value ? ":1\r\n" : ":0\r\n"))
  }

  bigNumber(digits: string): void {
    this.ascii(this.resp === 3 ? `(${digits}\r\n` : `$${digits.length}\r\n${digits}\r\n`)
  }

  verbatim(format: string, value: string): void {
    const bytes = Buffer.from(value)
    if (this.resp === 3) {
      this.ascii(`=${bytes.length + 4}\r\n${format}:`)
      this.raw(bytes)
      this.raw(crlf)
    } else this.bulk(bytes, 0, bytes.length)
  }

  nil(): void {
    this.raw(this.resp === 3 ? null3 : nil2)
  }

  nilArray(): void {
    this.raw(this.resp === 3 ? null3 : nilArray2)
  }

  arrayHeader(length: number): void {
    this.header(42, length)
  }

  mapHeader(pairs: number): void {
    if (this.resp === 3) this.header(37, pairs)
    else this.header(42, pairs * 2)
  }

  setHeader(length: number): void {
    this.header(this.resp === 3 ? 126 : 42, length)
  }

  attributeHeader(pairs: number): void {
    this.header(124, pairs)
  }

  pushHeader(length: number): void {
    this.header(this.resp === 3 ? 62 : 42, length)
  }

  private header(type: number, length: number): void {
    if (this.muted) return
    this.room(16)
    this.buffer[this.at++] = type
    this.at = Integers.write(this.buffer, this.at, length)
    this.buffer[this.at++] = 13
    this.buffer[this.at++] = 10
  }
}

/** Up to here text is written sooner by the character than by Node. */
const SHORT = 100

/** Writes text and returns the position behind it; -1 when there are other characters than ASCII. */
const writeAscii = (dst: Uint8Array, start: number, text: string): number => {
  let at = start
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return -1
    dst[at++] = code
  }
  return at
}

const empty = Buffer.alloc(0)
const crlf = Buffer.from("\r\n")
const nil2 = Buffer.from("$-1\r\n")
const nilArray2 = Buffer.from("*-1\r\n")
const null3 = Buffer.from("_\r\n")
