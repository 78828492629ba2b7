/**
 * Writes the elements of RDB data (lengths, strings, numbers) to chunks of memory. Whoever sends them on takes the
 * finished chunks with `take`, the one at hand last.
 */
import * as Bytes from "../memory/Bytes.ts"
import * as Integers from "../memory/Integers.ts"
import type { Integer } from "../memory/Integers.ts"
import { Compressor } from "../memory/Lzf.ts"
import { StringEncoding } from "./Rdb.ts"

const CHUNK = 64 * 1024
/** Strings up to here are written in chunks together with what is around them. */
const MAX_INLINE = 32 * 1024
/** The longest string that can be an integer in 32 bits: `-2147483648`. */
const MAX_INTEGER_TEXT = 11
const MIN_COMPRESSED = 20
/** Chunks that are kept to be written into again. */
const MOST_SPARE = 16

const nothing = Buffer.alloc(0)

export interface OutputOptions {
  /** Whether long strings are compressed: `rdbcompression`. */
  readonly compress: () => boolean
}

export class RdbOutput {
  /** Bytes in chunks that nobody has taken yet, the one at hand included. */
  get pending(): number {
    return this.finished + this.at
  }

  private readonly compress: () => boolean
  private compressor: Compressor | undefined
  /** Taken when there is something to write: every server has some outputs that most never use. */
  private chunk: Uint8Array = nothing
  private at = 0
  private chunks: Array<Uint8Array> = []
  /** Memory of our own, with where the last chunk that lies in it ends, once there is none to follow. */
  private readonly ends = new WeakMap<ArrayBufferLike, number>()
  /** What of it nobody reads any more. */
  private readonly spare: Array<Uint8Array> = []
  private finished = 0

  constructor(options: OutputOptions) {
    this.compress = options.compress
  }

  /** The chunks so far. They are the caller's. */
  take(): ReadonlyArray<Uint8Array> {
    this.cut()
    const chunks = this.chunks
    this.chunks = []
    this.finished = 0
    return chunks
  }

  /** Takes everything so far as one piece, copied: what is short leaves the chunk at hand to be written into again. */
  takeWhole(): Uint8Array {
    if (this.chunks.length > 0) return Buffer.concat(this.take())
    const whole = Bytes.copyOf(this.chunk, 0, this.at)
    this.at = 0
    return whole
  }

  /**
   * Takes back what nobody reads any more, in the order in which it was taken, to write into it again. V8 answers to fresh
   * memory outside of its heap by collecting all garbage: two pauses of 10 to 20 ms for a million keys.
   */
  reuse(chunks: ReadonlyArray<Uint8Array>): void {
    for (const { buffer, byteOffset, length } of chunks) {
      // Others are views of the store, or more of that memory follows
      if (this.ends.get(buffer) !== byteOffset + length) continue
      this.ends.delete(buffer)
      if (this.spare.length < MOST_SPARE) this.spare.push(Buffer.from(buffer))
    }
  }

  private fresh(bytes: number): Uint8Array {
    const spare = bytes <= MAX_INLINE ? this.spare.pop() : undefined
    if (spare !== undefined) return spare
    return Buffer.allocUnsafeSlow(Math.max(CHUNK, bytes))
  }

  /** Goes on where `other` ends, and takes its chunks over. */
  append(other: RdbOutput): void {
    if (other.pending === 0) return
    this.cut()
    for (const chunk of other.take()) this.adopt(chunk)
  }

  /** Ends the chunk at hand. */
  private cut(): void {
    if (this.at === 0) return
    if (this.at + MAX_INLINE / 2 > this.chunk.length) return this.renew(0)
    this.adopt(this.chunk.subarray(0, this.at))
    this.chunk = this.chunk.subarray(this.at)
    this.at = 0
  }

  /** Gives the chunk at hand up for one with that much room. */
  private renew(bytes: number): void {
    const { at, chunk } = this
    if (at > 0) this.adopt(chunk.subarray(0, at))
    this.ends.set(chunk.buffer, chunk.byteOffset + at)
    this.chunk = this.fresh(bytes)
    this.at = 0
  }

  private adopt(chunk: Uint8Array): void {
    this.chunks.push(chunk)
    this.finished += chunk.length
  }

  private room(bytes: number): void {
    if (this.at + bytes > this.chunk.length) this.renew(bytes)
  }

  byte(value: number): void {
    this.room(1)
    this.chunk[this.at++] = value
  }

  /** Writes bytes as they are. */
  raw(bytes: Uint8Array, start: number, end: number): void {
    this.room(end - start)
    this.at = Bytes.copy(bytes, start, end, this.chunk, this.at)
  }

  /** Writes the last `size` bytes of an integer, the lowest first. */
  littleEndian(value: Integer, size: number): void {
    this.room(8)
    this.putWord(Integers.lowHalf(value))
    if (size === 8) this.putWord(Integers.highHalf(value))
    else this.at -= 4 - size
  }

  private putWord(word: number): void {
    const { chunk } = this
    chunk[this.at++] = word
    chunk[this.at++] = word >>> 8
    chunk[this.at++] = word >>> 16
    chunk[this.at++] = word >>> 24
  }

  private putWordBig(word: number): void {
    const { chunk } = this
    chunk[this.at++] = word >>> 24
    chunk[this.at++] = word >>> 16
    chunk[this.at++] = word >>> 8
    chunk[this.at++] = word
  }

  /** Writes eight bytes, the highest first, as ids of streams are. */
  bigEndian(value: Integer): void {
    this.room(8)
    this.putWordBig(Integers.highHalf(value))
    this.putWordBig(Integers.lowHalf(value))
  }

  /** Writes a double in its eight bytes, the lowest first. */
  double(value: number): void {
    scratch.setFloat64(0, value, true)
    this.raw(scratchBytes, 0, 8)
  }

  /** Writes a length, or any number that is not negative; a negative one counts as unsigned, in 64 bits. */
  length(value: Integer): void {
    this.room(9)
    if (value >= 0 && value < 0x4000) {
      const small = Number(value)
      if (small >= 64) this.chunk[this.at++] = 0x40 | (small >>> 8)
      this.chunk[this.at++] = small
    } else if (value >= 0 && value <= 0xffff_ffff) {
      this.chunk[this.at++] = 0x80
      this.putWordBig(Number(value))
    } else {
      this.chunk[this.at++] = 0x81
      this.bigEndian(value)
    }
  }

  /** Writes a string: as an integer where it is one, compressed where that saves something. */
  string(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start
    if (length <= MAX_INTEGER_TEXT) {
      const integer = Integers.parse(bytes, start, end)
      if (integer !== undefined && this.integer(integer)) return
    }
    if (length > MIN_COMPRESSED && this.compress() && this.compressedString(bytes, start, end)) return
    this.plainString(bytes, start, end)
  }

  /** Writes an integer as a string. */
  integerString(value: Integer): void {
    if (this.integer(value)) return
    const end = Integers.write(digits, 0, value)
    this.plainString(digits, 0, end)
  }

  private integer(value: Integer): boolean {
    if (value < -0x8000_0000 || value > 0x7fff_ffff) return false
    const [kind, size] = value >= -0x80 && value <= 0x7f
      ? [StringEncoding.int8, 1]
      : value >= -0x8000 && value <= 0x7fff
      ? [StringEncoding.int16, 2]
      : [StringEncoding.int32, 4]
    this.byte(0xc0 | kind)
    this.littleEndian(value, size)
    return true
  }

  private compressedString(bytes: Uint8Array, start: number, end: number): boolean {
    const compressor = this.compressor ??= new Compressor()
    const size = compressor.compress(bytes, start, end)
    if (size < 0) return false
    this.announceCompressed(size, end - start)
    this.raw(compressor.target.bytes, 0, size)
    return true
  }

  private announceCompressed(size: number, length: number): void {
    this.byte(0xc0 | StringEncoding.lzf)
    this.length(size)
    this.length(length)
  }

  private plainString(bytes: Uint8Array, start: number, end: number): void {
    this.length(end - start)
    this.raw(bytes, start, end)
  }

  /**
   * Writes a long string in steps. Its bytes must not change meanwhile: they are sent on without being copied, unless
   * compressing them saves something.
   */
  *longString(bytes: Uint8Array): Generator<void> {
    if (this.compress()) {
      const compressor = new Compressor()
      const run = compressor.begin(bytes)
      while (run.step(CHUNK)) yield
      if (run.result >= 0) {
        this.announceCompressed(run.result, bytes.length)
        yield* this.longRaw(compressor.target.bytes.subarray(0, run.result))
        return
      }
    }
    this.length(bytes.length)
    yield* this.longRaw(bytes)
  }

  private *longRaw(bytes: Uint8Array): Generator<void> {
    this.cut()
    for (let at = 0; at < bytes.length; at += CHUNK) {
      this.adopt(bytes.subarray(at, at + CHUNK))
      yield
    }
  }
}

const scratch = new DataView(new ArrayBuffer(8))
const scratchBytes = new Uint8Array(scratch.buffer)
const digits = new Uint8Array(Integers.maxSize)
