/**
 * One of the numbered databases: the dictionary of keys with their times to live. Everything here is synchronous and
 * touches memory directly; the `Store` service gives it an Effect face.
 *
 * Keys are ranges of bytes. An entry's `Ref` holds until something is added, resized or deleted.
 */
import type { Ref } from "../memory/Arena.ts"
import { byteOf, copyBytes, segmentOf, wordOf } from "../memory/Arena.ts"
import { ByteDict, KEY_LENGTH_WORD } from "../memory/ByteDict.ts"
import { copyOf } from "../memory/Bytes.ts"
import type { Integer } from "../memory/Integers.ts"
import * as Access from "./Access.ts"
import {
  ACCESS_WORD,
  type Encoding,
  ENCODING_SHIFT,
  EPOCH_MASK,
  EXPIRE_WORD,
  FLAGS_MASK,
  HUGE,
  KEY_OFFSET,
  LENT,
  META_WORD,
  Type,
  TYPE_MASK,
  VALUE_WORD
} from "./Entry.ts"
import { Expires } from "./Expires.ts"
import { KeyEventClass } from "./KeyEvents.ts"
import type { Keyspace } from "./Keyspace.ts"
import type { State } from "./State.ts"

/** How much an entry with that room must need to stay: a small one moves seldom, since that costs as much as writing it. */
const leastIn = (capacity: number): number =>
  capacity <= 64 ? 0 : capacity <= 4096 ? capacity >>> 1 : capacity - (capacity >>> 3)

export class Database {
  readonly dict: ByteDict
  readonly expires: Expires
  readonly space: Keyspace
  readonly state: State
  /** Its number: SWAPDB changes it. */
  index: number
  /** The hash of the key that was last looked for. */
  code = 0
  /** The entry that was last found or added, while it is there, and its key's hash: requests often come back to a key. */
  private last: Ref = 0
  private lastCode = 0
  /** Where the active expiry cycle goes on. */
  expireCursor = 0
  /** Keys that expire of a replica's own, one character per byte: no master tells of their end. */
  readonly ownVolatile = new Set<string>()
  /** Mean time to live in milliseconds as the expiry cycle last saw it, for INFO. */
  averageTtl = 0

  constructor(space: Keyspace, index: number) {
    this.space = space
    this.state = space.state
    this.index = index
    this.dict = new ByteDict(space.arena, space.seed, KEY_OFFSET)
    this.dict.onResize = () => this.state.onRehash()
    this.expires = new Expires(space.arena, EXPIRE_WORD)
  }

  get size(): number {
    return this.dict.size
  }

  /** Becomes a copy of a database whose arena the own one is a copy of. */
  assign(source: Database): void {
    this.dict.assign(source.dict)
    this.last = 0
    this.expires.assign(source.expires)
    this.expireCursor = source.expireCursor
    this.averageTtl = source.averageTtl
    this.ownVolatile.clear()
    for (const key of source.ownVolatile) this.ownVolatile.add(key)
  }

  // ---- looking up

  /** The entry of a key, or 0. */
  private seek(bytes: Uint8Array, start: number, end: number): Ref {
    const { dict, last } = this
    if (last !== 0 && dict.hasKey(last, bytes, start, end)) {
      this.code = this.lastCode
      return last
    }
    return this.seekHashed(bytes, start, end, this.state.ahead.hash(dict, bytes, start, end))
  }

  private seekHashed(bytes: Uint8Array, start: number, end: number, code: number): Ref {
    this.code = code
    const ref = this.dict.findHashed(code, bytes, start, end)
    if (ref !== 0) {
      this.last = ref
      this.lastCode = code
    }
    return ref
  }

  /**
   * The live entry of a key, or 0. An expired one is deleted on the way, unless this is a replica. O(1). `code` is the
   * key's hash, for a caller that has it.
   */
  find(bytes: Uint8Array, start: number, end: number, code?: number): Ref {
    const ref = code === undefined ? this.seek(bytes, start, end) : this.seekHashed(bytes, start, end, code)
    return ref === 0 || this.isLive(ref, this.state.takesOwnWrites) ? ref : 0
  }

  /** The entry of a key even if its time is over, or 0: what STORE with an empty result deletes goes by its command. */
  findAny(bytes: Uint8Array, start: number, end: number): Ref {
    return this.seek(bytes, start, end)
  }

  /** `find` for a command that reads: counts a hit or a miss, and marks the access. */
  read(bytes: Uint8Array, start: number, end: number, code?: number): Ref {
    const ref = this.peek(bytes, start, end, code)
    if (ref !== 0) this.touch(ref)
    return ref
  }

  /** `read` that leaves no mark: for commands that look at a key and not at its value. */
  peek(bytes: Uint8Array, start: number, end: number, code?: number): Ref {
    const found = code === undefined ? this.seek(bytes, start, end) : this.seekHashed(bytes, start, end, code)
    const ref = found === 0 || this.isLive(found) ? found : 0
    this.count(ref !== 0)
    if (ref === 0 && this.state.interest !== 0) {
      this.state.event(this.index, KeyEventClass.miss, "keymiss", bytes, start, end)
    }
    return ref
  }

  /** Counts a look-up for the hits and misses of INFO. */
  count(hit: boolean): void {
    if (hit) this.state.stats.hits++
    else this.state.stats.misses++
  }

  /** `find` for a command that writes, even if only a value within the value: marks the access. */
  write(bytes: Uint8Array, start: number, end: number, code?: number): Ref {
    const ref = this.find(bytes, start, end, code)
    if (ref !== 0) {
      this.beforeChange(ref)
      this.touch(ref)
    }
    return ref
  }

  /**
   * To be called before an entry or its value changes, as `write` and all that changes entries here do: a snapshot may
   * still need it as it is.
   */
  beforeChange(ref: Ref): void {
    const { epochBits, recorder } = this.state
    if (recorder !== undefined && (this.word(ref, META_WORD) & EPOCH_MASK) !== epochBits) recorder.before(this, ref)
  }

  /** Marks an access. */
  touch(ref: Ref): void {
    const words = this.space.arena.u32[segmentOf(ref)] as Uint32Array
    const at = wordOf(ref) + ACCESS_WORD
    words[at] = this.state.lfu ? Access.lfuTouched(words[at] as number, this.state) : this.state.seconds
  }

  /** Whether the time of an entry is over. */
  isDue(ref: Ref): boolean {
    const slot = this.word(ref, EXPIRE_WORD)
    return slot !== 0 && this.state.now > this.expires.timeAt(slot) && !this.state.applying
  }

  /** Whether an entry is there for whoever asks; one whose time is over is deleted, where that is allowed. */
  isLive(ref: Ref, isInTheWay = false): boolean {
    if (!this.isDue(ref)) return true
    // A replica waits for its master's DEL, but does not show what it knows to be dead.
    if ((this.state.ownsExpiry || isInTheWay) && !this.state.paused) this.expireNow(ref)
    return false
  }

  /** Deletes an entry because its time has come, and tells everybody. */
  expireNow(ref: Ref): void {
    this.state.stats.expired++
    this.vanish(ref, this.state.settings.lazyExpire, KeyEventClass.expired, "expired")
  }

  /** Deletes all entries whose time is over, and tells nobody: of data that was never seen without them. */
  dropExpired(): void {
    const { expires, state } = this
    for (let slot = expires.size; slot > 0; slot--) {
      if (state.now > expires.timeAt(slot)) this.delete(expires.refAt(slot), false)
    }
  }

  /** Deletes an entry by the server's own decision: expiry or eviction. */
  vanish(ref: Ref, lazily: boolean, eventClass: number, event: string): void {
    const state = this.state
    const key = this.key(ref)
    this.delete(ref, lazily)
    if (state.interest !== 0) this.tellVanished(key, eventClass, event)
    if (state.propagation.active) state.propagation.add(this.index, [lazily ? unlinkWord : deleteWord, key])
  }

  /** Redis tells of an eviction and of an expiry in different orders. */
  private tellVanished(key: Uint8Array, eventClass: number, event: string): void {
    const { state } = this
    const isEviction = eventClass === KeyEventClass.evicted
    state.actingFor(0, () => {
      if (isEviction) state.modified(this.index, key, 0, key.length)
      state.event(this.index, eventClass, event, key, 0, key.length)
      if (!isEviction) state.modified(this.index, key, 0, key.length)
    })
  }

  // ---- reading an entry

  word(ref: Ref, word: number): number {
    return (this.space.arena.u32[segmentOf(ref)] as Uint32Array)[wordOf(ref) + word] as number
  }

  setWord(ref: Ref, word: number, value: number): void {
    ;(this.space.arena.u32[segmentOf(ref)] as Uint32Array)[wordOf(ref) + word] = value
  }

  type(ref: Ref): Type {
    // The four bits hold nothing else: only `add` and `setType` write them.
    return (this.word(ref, META_WORD) & TYPE_MASK) as Type
  }

  encoding(ref: Ref): Encoding {
    return ((this.word(ref, META_WORD) >>> ENCODING_SHIFT) & 0xf) as Encoding
  }

  /** Changes type and encoding; flags of the old value go. */
  setType(ref: Ref, type: Type, encoding: Encoding): void {
    if (this.state.awaitedTypes !== 0) this.state.vanished(this, ref, this.type(ref))
    this.setWord(ref, META_WORD, (this.word(ref, META_WORD) & ~(FLAGS_MASK | 0xff)) | this.space.metaOf(type, encoding))
  }

  setEncoding(ref: Ref, encoding: Encoding): void {
    this.setWord(ref, META_WORD, (this.word(ref, META_WORD) & ~0xf0) | (encoding << ENCODING_SHIFT))
  }

  /** The segment in which an entry lies; its key begins at `keyStart`. */
  bytes(ref: Ref): Uint8Array {
    return this.space.arena.u8[segmentOf(ref)] as Uint8Array
  }

  keyStart(ref: Ref): number {
    return byteOf(ref) + KEY_OFFSET
  }

  keyLength(ref: Ref): number {
    return this.word(ref, KEY_LENGTH_WORD)
  }

  keyEnd(ref: Ref): number {
    return byteOf(ref) + KEY_OFFSET + this.keyLength(ref)
  }

  private codeOf(ref: Ref): number {
    return ref === this.last ? this.lastCode : this.dict.codeOf(ref)
  }

  /** A copy of an entry's key. */
  key(ref: Ref): Uint8Array {
    return copyOf(this.bytes(ref), this.keyStart(ref), this.keyEnd(ref))
  }

  /** When an entry expires, in Unix milliseconds, or -1. Beyond 2^53 it is the nearest double. */
  expireTime(ref: Ref): number {
    const slot = this.word(ref, EXPIRE_WORD)
    return slot === 0 ? -1 : this.expires.timeAt(slot)
  }

  /** `expireTime` to the millisecond, however far away. */
  exactExpireTime(ref: Ref): Integer {
    const slot = this.word(ref, EXPIRE_WORD)
    return slot === 0 ? -1 : this.expires.exactTimeAt(slot)
  }

  // ---- changing entries

  /**
   * Adds an entry of `bytes` bytes behind its key, which must not be there. The value word is 0. Whoever adds a value
   * announces it with `changed`. `code` is the key's hash: a caller whose last `find` was for this key has it.
   */
  add(
    key: Uint8Array,
    start: number,
    end: number,
    meta: number,
    bytes: number,
    code: number = this.dict.hash(key, start, end)
  ): Ref {
    const length = end - start
    const space = this.space
    const ref = space.arena.alloc(KEY_OFFSET + length + bytes)
    const segment = segmentOf(ref)
    const words = space.arena.u32[segment] as Uint32Array
    const at = wordOf(ref)
    words[at + KEY_LENGTH_WORD] = length
    words[at + META_WORD] = meta | this.state.epochBits
    words[at + ACCESS_WORD] = this.state.lfu ? Access.lfuFresh(this.state) : this.state.seconds
    words[at + EXPIRE_WORD] = 0
    words[at + VALUE_WORD] = 0
    copyBytes(key, start, end, space.arena.u8[segment] as Uint8Array, byteOf(ref) + KEY_OFFSET)
    this.dict.insert(ref, code)
    this.last = ref
    this.lastCode = code
    if (this.state.awaitedTypes !== 0) this.state.appeared(this, ref, meta & TYPE_MASK)
    if (this.state.interest !== 0) this.state.event(this.index, KeyEventClass.new, "new", key, start, end)
    return ref
  }

  /** Gives an entry room for `bytes` bytes behind its key, keeping `keep` of them; returns where it is now. */
  resize(ref: Ref, bytes: number, keep: number): Ref {
    const arena = this.space.arena
    const fixed = KEY_OFFSET + this.keyLength(ref)
    const capacity = arena.capacity(ref)
    if (fixed + bytes <= capacity && fixed + bytes > leastIn(capacity)) return ref
    const code = this.codeOf(ref)
    const moved = arena.alloc(fixed + bytes)
    const from = byteOf(ref)
    copyBytes(this.bytes(ref), from, from + fixed + Math.min(keep, bytes), this.bytes(moved), byteOf(moved))
    this.dict.replace(ref, moved, code)
    if (ref === this.last) this.last = moved
    const slot = this.word(ref, EXPIRE_WORD)
    if (slot !== 0) this.expires.moved(slot, moved)
    arena.free(ref)
    return moved
  }

  /** Deletes an entry. Lazily: the parts of a big value are released in the background. */
  delete(ref: Ref, lazily: boolean): void {
    this.releaseValue(ref, lazily)
    this.forget(ref)
  }

  /** Deletes an entry whose value now belongs to another. */
  forget(ref: Ref): void {
    this.beforeChange(ref)
    if (this.state.awaitedTypes !== 0) this.state.vanished(this, ref, this.type(ref))
    this.dict.remove(ref, this.codeOf(ref))
    if (ref === this.last) this.last = 0
    this.expires.remove(ref)
    this.space.arena.free(ref)
  }

  /** Gives back every entry, in slices; for a database that nobody uses any more. */
  *release(): Generator<void> {
    let cursor = 0
    do {
      for (let buckets = 0; buckets < 8; buckets++) {
        cursor = this.dict.scan(cursor, (ref) => {
          this.releaseValue(ref, true)
          this.space.arena.free(ref)
        })
        if (cursor === 0) break
      }
      yield
    } while (cursor !== 0)
  }

  /** Gives back what hangs on an entry, before it gets another value or goes. */
  releaseValue(ref: Ref, lazily: boolean): void {
    if (this.state.recorder !== undefined) {
      this.beforeChange(ref)
      if (this.state.recorder.keepsValue(this, ref)) return
    }
    const meta = this.word(ref, META_WORD)
    const type = meta & TYPE_MASK
    if (type === Type.string) {
      if (meta & HUGE) this.space.arena.free(this.hugeBlob(ref), (meta & LENT) === 0)
      return
    }
    const ops = this.space.types[type]
    if (ops === undefined) return
    const encoding = this.encoding(ref)
    const value = this.word(ref, VALUE_WORD)
    if (lazily && ops.releaseEffort(this.space, encoding, value) > 64) this.space.releaseLater(ops, encoding, value)
    else for (const _ of ops.release(this.space, encoding, value)) continue
  }

  /** Where a huge string's blob is named: four bytes behind the key. */
  hugeBlob(ref: Ref): Ref {
    return this.word(ref, hugeWord(this.keyLength(ref)))
  }

  setExpire(ref: Ref, time: Integer): void {
    this.beforeChange(ref)
    if (time < this.state.awaitedEnd) this.state.onVolatile()
    if (this.state.takesOwnWrites && !this.state.applying) {
      this.ownVolatile.add(Buffer.from(this.key(ref)).toString("latin1"))
    }
    this.expires.set(ref, time)
  }

  persist(ref: Ref): boolean {
    if (this.word(ref, EXPIRE_WORD) === 0) return false
    this.beforeChange(ref)
    this.expires.remove(ref)
    return true
  }

  /**
   * A write has changed a key: counts it, tells watchers, trackers and waiters, and sends the key event.
   * `event` is Redis's name for it, such as `set` (https://redis.io/docs/manual/keyspace-notifications).
   */
  changed(key: Uint8Array, start: number, end: number, eventClass: number, event: string): void {
    const state = this.state
    state.dirty++
    if (state.interest === 0) return
    state.modified(this.index, key, start, end)
    state.event(this.index, eventClass, event, key, start, end)
  }
}

/** The word of an entry in which a huge string's blob stands. */
export const hugeWord = (keyLength: number): number => (KEY_OFFSET + keyLength + 3) >>> 2

const deleteWord = Buffer.from("DEL")
const unlinkWord = Buffer.from("UNLINK")
