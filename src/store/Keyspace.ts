/**
 * All the data of one server: the databases, the arena that they share and the values that are objects. FLUSHALL, a
 * loaded snapshot and a full resync build another keyspace and swap it in, and this one goes as a whole.
 */
import { Arena } from "../memory/Arena.ts"
import { ByteDict } from "../memory/ByteDict.ts"
import type { HashSeed } from "../memory/Hash.ts"
import { Database } from "./Database.ts"
import { type Encoding, FLAGS_SHIFT, metaOf, Type } from "./Entry.ts"
import { HashShapes } from "./HashShapes.ts"
import { ListLimits } from "./ListLimits.ts"
import type { State } from "./State.ts"
import type { ValueType } from "./ValueType.ts"

/** What the objects of an empty dictionary take on the heap, about. */
export const DICT_BYTES = 500

const RELEASES_AT_ONCE = 1024

/** The table of a dictionary with 8,000 entries. */
const BIG_DICT_BYTES = 64 * 1024

const ignore = (): void => {}

/** A value that is an object: a big hash, set, sorted set or list, a stream. */
export interface Held {
  /** A copy for a keyspace whose arena has the same blobs under the same names. */
  readonly twin: (space: Keyspace) => Held
}

export class Keyspace {
  readonly arena = new Arena()
  readonly state: State
  seed: HashSeed
  readonly databases: Array<Database>
  readonly listLimits: ListLimits
  readonly hashShapes: HashShapes
  /** The types of value, by type code. */
  readonly types: ReadonlyArray<ValueType | undefined>

  /** Values that are objects, by handle; 0 is none. */
  private readonly objects: Array<Held | undefined> = [undefined]
  private readonly freeHandles: Array<number> = []
  /** Values and databases that are being released, first come first served, and how many values that are. */
  private readonly releases = new Set<{ readonly iterator: Iterator<void>; readonly values: number }>()
  private pendingValues = 0
  /** Bytes of the dictionaries of values, their elements aside. */
  private dictBytes = 0
  private readonly countDict = (difference: number): void => void (this.dictBytes += difference)

  constructor(
    state: State,
    options: {
      readonly databases: number
      readonly seed: HashSeed
      readonly types: ReadonlyArray<ValueType | undefined>
    }
  ) {
    this.state = state
    this.seed = options.seed
    this.types = options.types
    this.listLimits = new ListLimits(state.settings)
    this.hashShapes = new HashShapes(this.arena)
    this.databases = Array.from({ length: options.databases }, (_, index) => new Database(this, index))
  }

  /** A fresh, empty keyspace for the same server. */
  empty(): Keyspace {
    return new Keyspace(this.state, { databases: this.databases.length, seed: this.seed, types: this.types })
  }

  /** A copy of everything, down to where it lies in memory. It costs what copying that memory does. */
  twin(): Keyspace {
    while (this.releaseSome(RELEASES_AT_ONCE)) continue
    const twin = this.empty()
    twin.assign(this)
    return twin
  }

  /**
   * Becomes a copy of another keyspace, made by `twin`, in the memory that it has already. Nobody may be amid reading
   * it, but for huge strings that were lent.
   */
  assign(source: Keyspace): void {
    this.seed = source.seed
    this.arena.assign(source.arena)
    this.listLimits.assign(source.listLimits)
    this.hashShapes.assign(source.hashShapes)
    for (const db of this.databases) db.assign(source.databases[db.index] ?? new Database(this, db.index))
    this.releases.clear()
    this.pendingValues = 0
    for (const [handle, value] of source.objects.entries()) this.objects[handle] = value?.twin(this)
    this.objects.length = source.objects.length
    this.freeHandles.splice(0, this.freeHandles.length, ...source.freeHandles)
    this.dictBytes = source.dictBytes
  }

  get size(): number {
    let size = 0
    for (const db of this.databases) size += db.size
    return size
  }

  /** Bytes that the data takes: blobs and tables. */
  get bytes(): number {
    let bytes = this.arena.used + this.dictBytes
    for (const db of this.databases) bytes += db.dict.tableBytes + db.expires.bytes
    return bytes
  }

  /** Whether the dictionaries of values are so big that some of their entries are not in the processor's cache. */
  get hasBigDicts(): boolean {
    return this.dictBytes >= BIG_DICT_BYTES
  }

  /** The meta word of a new value. */
  metaOf(type: Type, encoding: Encoding): number {
    const meta = metaOf(type, encoding)
    return type === Type.list ? meta | (this.listLimits.currentNumber << FLAGS_SHIFT) : meta
  }

  // ---- values that are objects

  /** Keeps a value object and returns the handle that its entry holds. */
  hold(value: Held): number {
    const handle = this.freeHandles.pop() ?? this.objects.length
    this.objects[handle] = value
    return handle
  }

  /** The value object of a handle. The caller knows its class from the entry's type and encoding. */
  held<A extends Held>(handle: number): A {
    return this.objects[handle] as A
  }

  drop(handle: number): void {
    this.objects[handle] = undefined
    this.freeHandles.push(handle)
  }

  /** A dictionary for a value, whose tables count as data; `keyOffset` as in `ByteDict`. */
  makeDict(keyOffset: number): ByteDict {
    const dict = new ByteDict(this.arena, this.seed, keyOffset)
    dict.onBytes = this.countDict
    this.dictBytes += dict.tableBytes + DICT_BYTES
    return dict
  }

  /** A dictionary of `makeDict`, whose elements have been given back, is not used any more. */
  dropDict(dict: ByteDict): void {
    this.dictBytes -= dict.tableBytes + DICT_BYTES
    dict.onBytes = ignore
  }

  // ---- lazy release

  /** Leaves the release of a big value to `releaseSome`. */
  releaseLater(type: ValueType, encoding: Encoding, value: number): void {
    this.postpone(type.release(this, encoding, value)[Symbol.iterator](), 1)
  }

  /** Puts an empty database in the place of one, whose content is left to `releaseSome`. */
  detach(index: number): void {
    const database = this.databases[index] as Database
    this.databases[index] = new Database(this, index)
    const release = () => this.postpone(database.release(), database.size)
    if (this.state.recorder?.keeps(database, release) !== true) release()
  }

  private postpone(iterator: Iterator<void>, values: number): void {
    this.releases.add({ iterator, values })
    this.pendingValues += values
    this.state.onRelease()
  }

  /** Values that wait for their release. */
  get releasesPending(): number {
    return this.pendingValues
  }

  /** Goes on releasing for at most that many slices; false when nothing is left. */
  releaseSome(slices: number): boolean {
    let left = slices
    for (const release of this.releases) {
      while (left-- > 0) {
        if (release.iterator.next().done !== true) continue
        this.releases.delete(release)
        this.pendingValues -= release.values
        this.state.stats.lazyFreed += release.values
        break
      }
      if (left <= 0) break
    }
    return this.releases.size > 0
  }

  /** Makes the databases change places. */
  swap(first: number, second: number): void {
    const [a, b] = [this.databases[first] as Database, this.databases[second] as Database]
    this.databases[first] = b
    this.databases[second] = a
    b.index = first
    a.index = second
  }
}
