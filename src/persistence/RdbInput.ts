/**
 * Reads the elements of RDB data from a window of bytes that arrive in pieces.
 *
 * Each `try...` takes one element and returns true, or leaves everything as it was and returns false as long as the
 * element is not there wholly: the caller, a generator, then yields until `push` has been called. What an element says
 * is in the fields afterwards, until the next one. Where no more is to come, an unfinished element is a `Corruption`, as
 * is anything that the format does not allow. Nothing that is merely announced is allocated.
 */
import { MAX_SHARED } from "../memory/Arena.ts"
import * as Bytes from "../memory/Bytes.ts"
import * as Integers from "../memory/Integers.ts"
import type { Integer } from "../memory/Integers.ts"
import * as Lzf from "../memory/Lzf.ts"
import type { Crc64 } from "./Crc64.ts"
import { Corruption, StringEncoding } from "./Rdb.ts"

const MAX_IDLE_WINDOW = 4 * 1024 * 1024

const truncated = new Corruption("Short read or OOM loading DB. Unrecoverable error, aborting now.")

export class RdbInput {
  /** The window and where the next element begins in it. */
  buf: Uint8Array
  at = 0
  end: number
  /** What the last element was: a number, ... */
  value: Integer = 0
  /** ... or a string, `bytes[start, stop)`, a view that is good until the next one is tried. */
  bytes: Uint8Array
  start = 0
  stop = 0

  /** The sum of all that was read, for files that end with it. */
  checksum: Crc64 | undefined = undefined
  /** Up to where in the window the sum reaches. */
  private summed = 0

  /** Offset in the file of the window's first byte. */
  private base = 0
  private finished: boolean
  /** How many bytes there are in all, as far as that is known. */
  private readonly size: number
  /** The bytes that the last `try...` would have liked to see. */
  private wanted = 0
  private readonly digits = new Uint8Array(Integers.maxSize)
  private unpacked = new Uint8Array(0)

  private constructor(buf: Uint8Array, end: number, finished: boolean, size: number) {
    this.buf = this.bytes = buf
    this.end = end
    this.finished = finished
    this.size = size
  }

  /** Reads what arrives by `push`: `size` bytes, if that is known. */
  static streaming(size = Infinity): RdbInput {
    return new RdbInput(new Uint8Array(64 * 1024), 0, false, size)
  }

  /** Reads bytes that are all there. */
  static whole(bytes: Uint8Array): RdbInput {
    return new RdbInput(bytes, bytes.length, true, bytes.length)
  }

  // ---- the window

  /** Where the next element begins, counted from the first byte of all. */
  get offset(): number {
    return this.base + this.at
  }

  /** How many of a number of announced things there may be, each taking that many bytes at least: to reserve room for. */
  plausible(count: Integer, bytesEach: number): number {
    const known = this.size === Infinity ? this.end - this.at : this.size - this.offset
    return Math.min(Number(count), Math.max(0, Math.floor(known / bytesEach)))
  }

  /** Adds bytes; they are copied. */
  push(chunk: Uint8Array): void {
    const left = this.end - this.at
    if (this.end + chunk.length > this.buf.length) {
      this.sum()
      const target = this.windowFor(left + chunk.length)
      Bytes.copy(this.buf, this.at, this.end, target, 0)
      this.base += this.at
      this.buf = target
      this.at = this.summed = 0
      this.end = left
    }
    this.buf.set(chunk, this.end)
    this.end += chunk.length
  }

  /** Grows for a huge element, and shrinks behind it. */
  private windowFor(bytes: number): Uint8Array {
    const length = this.buf.length
    if (bytes > length) return new Uint8Array(Math.max(bytes, length * 2))
    return length > MAX_IDLE_WINDOW && bytes < MAX_IDLE_WINDOW ? new Uint8Array(MAX_IDLE_WINDOW) : this.buf
  }

  /** No more is to come. */
  finish(): void {
    this.finished = true
  }

  /** Brings the sum up to date, before bytes go. */
  sum(): void {
    this.checksum?.update(this.buf, this.summed, this.at)
    this.summed = this.at
  }

  /** How many bytes the unfinished element lacks, as far as that is known: what is worth reading at once. */
  get lacking(): number {
    return Math.max(0, this.wanted - (this.end - this.at))
  }

  private has(bytes: number, from: number = this.at): boolean {
    if (from + bytes <= this.end) return true
    if (this.finished || this.base + from + bytes > this.size) throw truncated
    this.wanted = from + bytes - this.at
    return false
  }

  // ---- elements

  /** A byte, in `value`. */
  tryByte(): boolean {
    if (!this.has(1)) return false
    this.value = this.buf[this.at++] as number
    return true
  }

  /** `count` bytes as they are, in `bytes[start, stop)`. */
  tryRaw(count: number): boolean {
    if (!this.has(count)) return false
    this.view(this.at, this.at + count)
    this.at += count
    return true
  }

  /** A double in eight bytes, in `value`. */
  tryDouble(): boolean {
    if (!this.has(8)) return false
    for (let i = 0; i < 8; i++) scratchBytes[i] = this.buf[this.at + i] as number
    this.value = scratch.getFloat64(0, true)
    this.at += 8
    return true
  }

  /** A signed integer in four or eight bytes, the lowest first, in `value`. */
  tryLittleEndian(size: 4 | 8): boolean {
    if (!this.has(size)) return false
    const low = littleWord(this.buf, this.at)
    this.value = size === 4 ? low | 0 : Integers.fromHalves(littleWord(this.buf, this.at + 4) | 0, low)
    this.at += size
    return true
  }

  /** A length, in `value`; unsigned. */
  tryLength(): boolean {
    const after = this.lengthAt(this.at)
    if (after === 0) return false
    if (this.encoded >= 0) throw new Corruption("Unknown RDB encoding type")
    this.at = after
    return true
  }

  /** As `tryLength`, for what must be a safe number: how many elements follow, say. */
  tryCount(): boolean {
    if (!this.tryLength()) return false
    if (typeof this.value === "bigint") throw new Corruption("Unreasonable length")
    return true
  }

  /** The kind of encoded string that `lengthAt` found, or -1: it was a length. */
  private encoded = -1

  /** Reads a length at `at` and returns the position behind it; 0: not whole yet. */
  private lengthAt(at: number): number {
    if (!this.has(1, at)) return 0
    const { buf } = this
    const first = buf[at] as number
    this.encoded = -1
    if (first < 0x40) {
      this.value = first
      return at + 1
    }
    if (first < 0x80) {
      if (!this.has(2, at)) return 0
      this.value = ((first & 0x3f) << 8) | (buf[at + 1] as number)
      return at + 2
    }
    if (first >= 0xc0) {
      this.encoded = first & 0x3f
      return at + 1
    }
    if (first === 0x80) {
      if (!this.has(5, at)) return 0
      this.value = bigWord(buf, at + 1)
      return at + 5
    }
    if (first !== 0x81) throw new Corruption(`Unknown length encoding ${first} in rdbLoadLen()`)
    if (!this.has(9, at)) return 0
    const high = bigWord(buf, at + 1)
    const low = bigWord(buf, at + 5)
    this.value = high < 0x20_0000 ? high * 0x1_0000_0000 + low : (BigInt(high) << 32n) | BigInt(low)
    return at + 9
  }

  private smallLength(): number {
    // What is longer than the window could ever be is refused by `has`.
    return Number(this.value)
  }

  /** A string in whatever form, in `bytes[start, stop)`. */
  tryString(): boolean {
    const from = this.lengthAt(this.at)
    if (from === 0) return false
    if (this.encoded >= 0) return this.encodedString(this.encoded, from)
    const length = this.smallLength()
    if (!this.has(length, from)) return false
    this.view(from, from + length)
    this.at = from + length
    return true
  }

  private encodedString(kind: number, from: number): boolean {
    if (kind === StringEncoding.lzf) return this.compressedString(from)
    if (kind > StringEncoding.lzf) throw new Corruption(`Unknown RDB string encoding type ${kind}`)
    const size = 1 << kind
    if (!this.has(size, from)) return false
    let integer = this.buf[from] as number
    if (kind === StringEncoding.int8) integer = (integer << 24) >> 24
    else if (kind === StringEncoding.int16) integer = ((integer | ((this.buf[from + 1] as number) << 8)) << 16) >> 16
    else integer = littleWord(this.buf, from) | 0
    this.bytes = this.digits
    this.start = 0
    this.stop = Integers.write(this.digits, 0, integer)
    this.at = from + size
    return true
  }

  private compressedString(from: number): boolean {
    let at = this.lengthAt(from)
    if (at === 0) return false
    const size = this.smallLength()
    if (this.encoded >= 0) throw invalidLzf
    at = this.lengthAt(at)
    if (at === 0) return false
    const length = this.smallLength()
    if (this.encoded >= 0 || length > size * Lzf.MAX_RATIO || length === 0) throw invalidLzf
    if (!this.has(size, at)) return false
    const target = this.unpackingRoom(length)
    if (!Lzf.decompress(this.buf, at, at + size, target, length)) throw invalidLzf
    this.bytes = target
    this.start = 0
    this.stop = length
    this.at = at + size
    return true
  }

  /** A huge string gets a buffer of its own, which may become its place in the store. */
  private unpackingRoom(length: number): Uint8Array {
    if (length > MAX_SHARED) return new Uint8Array(length)
    if (this.unpacked.length < length) this.unpacked = new Uint8Array(Math.max(1024, length * 2))
    return this.unpacked
  }

  private view(start: number, stop: number): void {
    this.bytes = this.buf
    this.start = start
    this.stop = stop
  }

  /** A copy of the string that was read last. */
  copy(): Uint8Array {
    return Bytes.copyOf(this.bytes, this.start, this.stop)
  }
}

const invalidLzf = new Corruption("Invalid LZF compressed string")

const littleWord = (buf: Uint8Array, at: number): number =>
  ((buf[at] as number) | ((buf[at + 1] as number) << 8) | ((buf[at + 2] as number) << 16)
    | ((buf[at + 3] as number) << 24)) >>> 0

const bigWord = (buf: Uint8Array, at: number): number =>
  (((buf[at] as number) << 24) | ((buf[at + 1] as number) << 16) | ((buf[at + 2] as number) << 8)
    | (buf[at + 3] as number)) >>> 0

const scratch = new DataView(new ArrayBuffer(8))
const scratchBytes = new Uint8Array(scratch.buffer)
