/**
 * Writes RDB data: the frame of a file, and entries one by one, in whatever order. What is written waits in memory until
 * `take` is called.
 */
import type { Ref } from "../memory/Arena.ts"
import type { Integer } from "../memory/Integers.ts"
import * as Access from "../store/Access.ts"
import type { Database } from "../store/Database.ts"
import { ACCESS_WORD, Type, VALUE_WORD } from "../store/Entry.ts"
import type { Codec, Frozen } from "./Codec.ts"
import * as Codecs from "./Codecs.ts"
import * as StringValues from "./codecs/Strings.ts"
import { Crc64 } from "./Crc64.ts"
import { Opcode, RdbType, VERSION } from "./Rdb.ts"
import { RdbOutput } from "./RdbOutput.ts"

export interface WriterOptions {
  /** `rdbcompression`. */
  readonly compress: boolean
  /** `rdbchecksum`. */
  readonly checksum: boolean
}

export class RdbWriter {
  /** Keys that were written. */
  keys = 0
  private readonly out: RdbOutput
  private readonly sum: Crc64 | undefined
  private selected = -1

  constructor(options: WriterOptions) {
    this.out = new RdbOutput({ compress: () => options.compress })
    this.sum = options.checksum ? new Crc64() : undefined
  }

  /** Bytes that wait to be taken. */
  get pending(): number {
    return this.out.pending
  }

  /** What was written since the last time, in chunks that are the caller's. */
  take(): ReadonlyArray<Uint8Array> {
    const chunks = this.out.take()
    if (this.sum !== undefined) { for (const chunk of chunks) this.sum.update(chunk, 0, chunk.length) }
    return chunks
  }

  /** Takes back chunks that nobody reads any more. */
  reuse(chunks: ReadonlyArray<Uint8Array>): void {
    this.out.reuse(chunks)
  }

  /** What `other` has written goes here; entries only. */
  append(other: RdbWriter): void {
    this.out.append(other.out)
    this.keys += other.keys
    other.keys = 0
    this.selected = other.selected
    other.selected = -1
  }

  // ---- the frame

  /** Begins a file: the fields go before all data. */
  begin(fields: Iterable<readonly [name: string, value: string | Integer]>): void {
    const magic = Buffer.from(`REDIS${String(VERSION).padStart(4, "0")}`)
    this.out.raw(magic, 0, magic.length)
    for (const [name, value] of fields) {
      this.out.byte(Opcode.aux)
      this.text(name)
      this.text(String(value))
    }
  }

  private text(text: string): void {
    const bytes = Buffer.from(text)
    this.out.string(bytes, 0, bytes.length)
  }

  /** Writes the source of a library of functions. */
  library(source: Uint8Array): void {
    this.out.byte(Opcode.function)
    this.out.string(source, 0, source.length)
  }

  /** Announces a database: about so many keys, of which so many expire. */
  database(index: number, keys: number, volatile: number): void {
    this.select(index)
    this.out.byte(Opcode.resizeDb)
    this.out.length(keys)
    this.out.length(volatile)
  }

  private select(index: number): void {
    if (this.selected === index) return
    this.selected = index
    this.out.byte(Opcode.selectDb)
    this.out.length(index)
  }

  /** Ends a file; nothing can follow. Returns what is left to take. */
  end(): ReadonlyArray<Uint8Array> {
    this.out.byte(Opcode.end)
    const chunks = this.take()
    const trailer = new Uint8Array(8)
    this.sum?.write(trailer, 0)
    return [...chunks, trailer]
  }

  // ---- entries

  /** Writes an entry of the database that is number `index` in the file. */
  entry(index: number, db: Database, ref: Ref): void {
    this.header(index, db, ref)
    if (db.type(ref) === Type.string) StringValues.save(this.out, db, ref)
    else codecOf(db, ref).save(this.out, db.space, db.encoding(ref), db.word(ref, VALUE_WORD))
  }

  /**
   * Writes an entry except for its value, which is to follow with `value`, in slices, before anything else. All that is
   * needed of the entry is read now.
   */
  header(index: number, db: Database, ref: Ref): void {
    const { out } = this
    this.select(index)
    this.keys++
    const time = db.exactExpireTime(ref)
    if (time !== -1) {
      out.byte(Opcode.expireMilliseconds)
      out.littleEndian(time, 8)
    }
    this.access(db, ref)
    const type = db.type(ref)
    out.byte(type === Type.string ? RdbType.string : codecOf(db, ref).rdbType(db.encoding(ref)))
    out.string(db.bytes(ref), db.keyStart(ref), db.keyEnd(ref))
  }

  /** How often or how long ago the entry was used, where eviction goes by it. */
  private access(db: Database, ref: Ref): void {
    const { state } = db
    const word = db.word(ref, ACCESS_WORD)
    if (state.lfu) {
      this.out.byte(Opcode.frequency)
      this.out.byte(Access.lfuCounter(word, state))
    } else if (state.settings.maxmemoryPolicy.endsWith("-lru")) {
      this.out.byte(Opcode.idle)
      this.out.length(Math.max(0, state.seconds - word))
    }
  }

  /** Writes a value in slices. */
  value(frozen: Frozen): Iterator<void> {
    return frozen.write(this.out)
  }

  /** Writes what another writer took: with `select` of its own, which leaves open what is selected now. */
  foreign(bytes: Uint8Array): void {
    this.out.raw(bytes, 0, bytes.length)
    this.selected = -1
    this.keys++
  }

  /** As `take`, in one piece, and forgetting what was selected. */
  takeWhole(): Uint8Array {
    this.selected = -1
    const whole = this.out.takeWhole()
    this.sum?.update(whole, 0, whole.length)
    return whole
  }
}

/** How an entry's value is written. Every type of the store has a codec. */
export const codecOf = (db: Database, ref: Ref): Codec => {
  const codec = Codecs.byType[db.type(ref)]
  if (codec === undefined) throw new Error(`values of type ${db.type(ref)} have no RDB codec`)
  return codec
}
