/**
 * All the data of one server: the databases, the arena that they share and the values that are objects. FLUSHALL, a
 * loaded snapshot and a full resync build another keyspace and swap it in, and this one goes as a whole.
 */
import { Arena } from "../memory/Arena.ts"
import type { HashSeed } from "../memory/Hash.ts"
import { Database } from "./Database.ts"
import type { Encoding } from "./Entry.ts"
import type { State } from "./State.ts"
import type { ValueType } from "./ValueType.ts"

export class Keyspace {
  readonly arena = new Arena()
  readonly state: State
  readonly seed: HashSeed
  readonly databases: Array<Database>
  /** The types of value, by type code. */
  readonly types: ReadonlyArray<ValueType | undefined>

  /** Values that are objects (big hashes, sorted sets, streams), by handle; 0 is none. */
  private readonly objects: Array<unknown> = [undefined]
  private readonly freeHandles: Array<number> = []
  private readonly releases: Array<Iterator<void>> = []

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
    this.databases = Array.from({ length: options.databases }, (_, index) => new Database(this, index))
  }

  /** A fresh, empty keyspace for the same server. */
  empty(): Keyspace {
    return new Keyspace(this.state, { databases: this.databases.length, seed: this.seed, types: this.types })
  }

  get size(): number {
    let size = 0
    for (const db of this.databases) size += db.size
    return size
  }

  /** Bytes that the data takes: blobs and tables. */
  get bytes(): number {
    let bytes = this.arena.used
    for (const db of this.databases) bytes += db.dict.tableBytes + db.expires.bytes
    return bytes
  }

  // ---- values that are objects

  /** Keeps a value object and returns the handle that its entry holds. */
  hold(value: object): number {
    const handle = this.freeHandles.pop() ?? this.objects.length
    this.objects[handle] = value
    return handle
  }

  /** The value object of a handle. The caller knows its class from the entry's type and encoding. */
  held<A extends object>(handle: number): A {
    return this.objects[handle] as A
  }

  drop(handle: number): void {
    this.objects[handle] = undefined
    this.freeHandles.push(handle)
  }

  // ---- lazy release

  /** Leaves the release of a big value to `releaseSome`. */
  releaseLater(type: ValueType, encoding: Encoding, value: number): void {
    this.releases.push(type.release(this, encoding, value)[Symbol.iterator]())
  }

  get releasesPending(): number {
    return this.releases.length
  }

  /** Goes on releasing for at most that many slices; false when nothing is left. */
  releaseSome(slices: number): boolean {
    for (let slice = 0; slice < slices; slice++) {
      const release = this.releases[0]
      if (release === undefined) return false
      if (release.next().done === true) {
        this.releases.shift()
        this.state.stats.lazyFreed++
      }
    }
    return this.releases.length > 0
  }
}
