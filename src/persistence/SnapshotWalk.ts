/**
 * A snapshot of a keyspace without fork: all entries as they were when the walk began, while writes go on.
 *
 * The walk goes through the dictionaries step by step and writes what it meets. An entry that carries the walk's epoch
 * is done with: written already, or newer than the walk. Any other is shown to `before` in the turn of the write that is
 * about to change it, and written there and then, in whatever place that is: readers do not mind the order. Big values
 * are not written then, but held (`Codec.freeze`) until their turn comes.
 *
 * Pure: somebody else decides when to go on with `next` and where the bytes go.
 */
import type { Ref } from "../memory/Arena.ts"
import type { Integer } from "../memory/Integers.ts"
import type { Database } from "../store/Database.ts"
import { type Encoding, EPOCH_MASK, EPOCH_SHIFT, KEY_OFFSET, META_WORD, Type, VALUE_WORD } from "../store/Entry.ts"
import type { Keyspace } from "../store/Keyspace.ts"
import type { Recorder } from "../store/Recorder.ts"
import type { ValueType } from "../store/ValueType.ts"
import type { Frozen } from "./Codec.ts"
import * as StringValues from "./codecs/Strings.ts"
import { codecOf, RdbWriter, type WriterOptions } from "./RdbWriter.ts"

export interface WalkOptions extends WriterOptions {
  /** The fields that a file begins with. */
  readonly fields: Iterable<readonly [name: string, value: string | Integer]>
  /** Sources of the libraries of functions. */
  readonly libraries: ReadonlyArray<Uint8Array>
}

/** A big value that waits to be written, or is being written. */
interface Held {
  /** Everything of the entry before its value. */
  readonly header: Uint8Array
  readonly frozen: Frozen
  readonly type: ValueType | undefined
  readonly encoding: Encoding
  readonly value: number
  /** Its entry is gone: the value is to be released with the hold on it. */
  orphan: boolean
}

/** How many epochs there are. */
const EPOCHS = (EPOCH_MASK >>> EPOCH_SHIFT) + 1

export class SnapshotWalk implements Recorder {
  /** Keys at the beginning. */
  readonly total: number

  private readonly space: Keyspace
  private readonly writer: RdbWriter
  /** Takes entries in while `writer` is amid a value. */
  private readonly aside: RdbWriter
  private readonly headers: RdbWriter
  private readonly steps: Generator<void>
  /** The databases as they were numbered. */
  private readonly numbers = new Map<Database, number>()
  private readonly heldValues: Array<Held> = []
  private writing: Held | undefined
  private readonly releases: Array<() => void> = []
  private ended = false
  /** Entries whose turn it is, so many of them. */
  private readonly refs: Array<Ref> = []
  private collected = 0
  /** What `fetch` has read: without a use of it, the compiler would drop the reads. */
  fetched = 0
  private rest: ReadonlyArray<Uint8Array> | undefined

  constructor(space: Keyspace, options: WalkOptions) {
    this.space = space
    this.total = space.size
    this.writer = new RdbWriter(options)
    this.aside = new RdbWriter({ ...options, checksum: false })
    this.headers = new RdbWriter({ ...options, checksum: false })
    for (const db of space.databases) if (db.size > 0) this.numbers.set(db, db.index)
    this.beginEpoch()
    space.state.recorder = this
    this.writer.begin(options.fields)
    for (const library of options.libraries) this.writer.library(library)
    this.steps = this.walk()
  }

  private beginEpoch(): void {
    const { state } = this.space
    const epoch = ((state.epochBits >>> EPOCH_SHIFT) + 1) % EPOCHS
    state.epochBits = epoch << EPOCH_SHIFT
    // After so many snapshots an entry that none of them finished with may carry any epoch.
    if (epoch !== 0) return
    state.epochBits = 1 << EPOCH_SHIFT
    for (const db of this.space.databases) {
      db.dict.forEach((ref) => db.setWord(ref, META_WORD, db.word(ref, META_WORD) & ~EPOCH_MASK))
    }
  }

  // ---- for whom it is made

  /** Keys that were written so far. */
  get keys(): number {
    return this.writer.keys + this.aside.keys
  }

  /** Bytes that wait to be taken. */
  get pending(): number {
    return this.writer.pending + this.aside.pending
  }

  /** Does some more, about some hundred keys or 64 KB; false when all is written and the last bytes can be taken. */
  next(): boolean {
    if (this.rest !== undefined) return false
    if (this.steps.next().done !== true) return true
    this.close()
    this.rest = this.writer.end()
    return false
  }

  /** The bytes since the last time. */
  take(): ReadonlyArray<Uint8Array> {
    if (this.rest === undefined) return this.writer.take()
    const chunks = this.rest
    this.rest = []
    return chunks
  }

  /** Takes back what nobody reads any more. */
  reuse(chunks: ReadonlyArray<Uint8Array>): void {
    this.writer.reuse(chunks)
  }

  /** Ends the walk, whether or not it is through; nothing is held any more. */
  close(): void {
    if (this.ended) return
    this.ended = true
    this.steps.return(undefined)
    if (this.writing !== undefined) this.letGo(this.writing)
    for (const held of this.heldValues) this.letGo(held)
    this.heldValues.length = 0
    if (this.space.state.recorder === this) this.space.state.recorder = undefined
    for (const release of this.releases) release()
  }

  // ---- the walk

  private *walk(): Generator<void> {
    for (const [db, index] of this.numbers) {
      this.writer.database(index, db.size, db.expires.size)
      for (let cursor = 0;;) {
        const next = this.collect(db, cursor)
        const isThrough = this.recordCollected(db, index)
        yield* this.writeHeld()
        yield
        if (!isThrough) continue
        if (next === 0) break
        cursor = next
      }
      this.numbers.delete(db)
    }
    yield* this.writeHeld()
  }

  /** Notes the entries of some buckets, and returns the cursor behind them. */
  private collect(db: Database, cursor: number): number {
    this.collected = 0
    let next = cursor
    for (let buckets = 0; buckets < 8; buckets++) {
      next = db.dict.scan(next, this.note)
      if (next === 0) break
    }
    return next
  }

  private readonly note = (ref: Ref): void => {
    this.refs[this.collected++] = ref
  }

  /** Records what was collected, but ends with the first value that is held: false, and there may be more. */
  private recordCollected(db: Database, index: number): boolean {
    this.fetch(db)
    for (let i = 0; i < this.collected; i++) {
      const ref = this.refs[i] as Ref
      if (this.isDone(db, ref)) continue
      this.record(db, index, ref)
      if (this.heldValues.length > 0) return false
    }
    return true
  }

  /**
   * Brings what was collected into the processor's cache. Read in short loops the entries come side by side; one by one,
   * each with its wait, they would take as long as everything else that a snapshot does.
   */
  private fetch(db: Database): void {
    const { collected, refs } = this
    let read = 0
    for (let i = 0; i < collected; i++) read |= db.word(refs[i] as Ref, META_WORD)
    // The end of the key, where a short string begins, may be another line.
    for (let i = 0; i < collected; i++) {
      const ref = refs[i] as Ref
      read |= db.word(ref, (KEY_OFFSET + db.keyLength(ref) - 1) >>> 2)
    }
    this.fetched = read
  }

  private isDone(db: Database, ref: Ref): boolean {
    return (db.word(ref, META_WORD) & EPOCH_MASK) === db.state.epochBits
  }

  /** Writes the entry, or holds its value. */
  private record(db: Database, index: number, ref: Ref): void {
    db.setWord(ref, META_WORD, (db.word(ref, META_WORD) & ~EPOCH_MASK) | db.state.epochBits)
    const frozen = freeze(db, ref)
    if (frozen !== undefined) {
      this.headers.header(index, db, ref)
      const [encoding, value] = [db.encoding(ref), db.word(ref, VALUE_WORD)]
      const type = this.space.types[db.type(ref)]
      this.heldValues.push({ header: this.headers.takeWhole(), frozen, type, encoding, value, orphan: false })
    } else if (this.writing === undefined) this.writer.entry(index, db, ref)
    else this.aside.entry(index, db, ref)
  }

  private *writeHeld(): Generator<void> {
    for (;;) {
      const held = this.writing = this.heldValues.shift()
      if (held === undefined) return
      this.writer.foreign(held.header)
      const writing = this.writer.value(held.frozen)
      while (writing.next().done !== true) yield
      this.writing = undefined
      this.letGo(held)
      this.writer.append(this.aside)
    }
  }

  private letGo(held: Held): void {
    held.frozen.thaw()
    const { encoding, type, value } = held
    if (held.orphan && type !== undefined) this.space.releaseLater(type, encoding, value)
  }

  // ---- writes that go on meanwhile

  before(db: Database, ref: Ref): void {
    const index = this.numbers.get(db)
    // In a database that is through, or that was empty, all is written or new.
    if (index !== undefined) this.record(db, index, ref)
  }

  keeps(database: Database, release: () => void): boolean {
    if (!this.numbers.has(database)) return false
    this.releases.push(release)
    return true
  }

  keepsValue(db: Database, ref: Ref): boolean {
    if (db.space !== this.space || (this.writing === undefined && this.heldValues.length === 0)) return false
    const type = this.space.types[db.type(ref)]
    const [encoding, value] = [db.encoding(ref), db.word(ref, VALUE_WORD)]
    const held = [this.writing, ...this.heldValues].find((each) =>
      each?.type !== undefined && each.type === type && each.encoding === encoding && each.value === value
    )
    if (held !== undefined) held.orphan = true
    return held !== undefined
  }
}

/** Holds a value that is too big to be written at once. */
const freeze = (db: Database, ref: Ref): Frozen | undefined => {
  if (db.type(ref) === Type.string) return StringValues.freeze(db, ref)
  return codecOf(db, ref).freeze?.(db.space, db.encoding(ref), db.word(ref, VALUE_WORD))
}
