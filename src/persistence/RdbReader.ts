/**
 * Reads RDB data into a keyspace, from a stream of any length: of Redis from version 1 on, and of Valkey as far as it is
 * the same. Synchronous: `run` is a generator that yields whenever it has used up what its input holds.
 */
import type { Integer } from "../memory/Integers.ts"
import * as Access from "../store/Access.ts"
import type { Database } from "../store/Database.ts"
import { ACCESS_WORD, Encoding, type Type, VALUE_WORD } from "../store/Entry.ts"
import type { Keyspace } from "../store/Keyspace.ts"
import * as Strings from "../store/types/Strings.ts"
import { Target } from "./Codec.ts"
import * as Codecs from "./Codecs.ts"
import { Crc64 } from "./Crc64.ts"
import { Corruption, EmptyValue, MAX_VERSION, Opcode, RdbType } from "./Rdb.ts"
import type { RdbInput } from "./RdbInput.ts"

export interface ReaderOptions {
  /** Whether keys whose time is over are left out, as a master does; a replica waits to be told. */
  readonly dropExpired: boolean
  /** Whether a key that is there already gives way. Else it is an error. */
  readonly overwrites: boolean
  /** Whether values are looked into for what only makes no sense: `sanitize-dump-payload`. */
  readonly thorough: boolean
  /** Whether the checksum must be right: `rdbchecksum`. */
  readonly checksum: boolean
}

/** Bytes that the smallest entry takes. */
const LEAST_ENTRY = 3
const MAGIC = 9
/** Versions of Valkey begin here. */
const FIRST_VALKEY = 80

/** Types that only later servers know, by their names there. */
const foreignTypes: Readonly<Record<number, string>> = {
  [RdbType.modulePreRelease]: "a module's value of a pre-release format",
  22: "a hash whose fields expire",
  23: "a hash whose fields expire",
  24: "a hash whose fields expire",
  25: "a hash whose fields expire",
  26: "a stream of version 4",
  27: "a stream of version 5",
  28: "an array"
}

export class RdbReader {
  /** What the writer told about itself and its state. */
  readonly aux = new Map<string, string>()
  /** Sources of the libraries of functions. */
  readonly libraries: Array<Uint8Array> = []
  /** Keys that are there now, and that were left out since their time is over, or since they are empty. */
  loaded = 0
  expired = 0
  empty = 0
  /** Where the key or part at hand begins: what to name when it is corrupt. */
  position = 0

  /** Where the keys go. */
  readonly space: Keyspace
  private readonly input: RdbInput
  private readonly options: ReaderOptions
  private version = 0

  private db: Database
  private expireTime: Integer = -1
  private idle = -1
  private frequency = -1
  private key: Uint8Array = new Uint8Array(64)
  private keyLength = 0

  constructor(space: Keyspace, input: RdbInput, options: ReaderOptions) {
    this.space = space
    this.input = input
    this.options = options
    this.db = space.databases[0] as Database
    if (options.checksum) input.checksum = new Crc64()
  }

  /** Reads everything; throws a `Corruption` at what is wrong. */
  *run(): Generator<void, void> {
    const { input } = this
    yield* this.magic()
    for (;;) {
      this.position = input.offset
      while (!input.tryByte()) yield
      const opcode = Number(input.value)
      if (opcode === RdbType.string) {
        while (!this.tryStringEntry()) yield
      } else if (opcode < Opcode.slotInfo) yield* this.entry(opcode)
      else if (opcode === Opcode.end) break
      else yield* this.part(opcode)
    }
    if (this.version >= 5) yield* this.checkSum()
  }

  private *magic(): Generator<void> {
    const { input } = this
    while (!input.tryRaw(MAGIC)) yield
    const magic = Buffer.from(input.bytes.buffer, input.bytes.byteOffset + input.start, MAGIC).toString("latin1")
    const [, redis, valkey] = /^(?:REDIS(\d{4})|VALKEY(\d{3}))$/.exec(magic) ?? []
    if (redis === undefined && valkey === undefined) {
      throw new Corruption("Wrong signature trying to load DB from file")
    }
    this.version = Number(redis ?? valkey)
    const known = redis === undefined ? this.version >= FIRST_VALKEY : this.version >= 1 && this.version <= MAX_VERSION
    if (!known) throw new Corruption(`Can't handle RDB format version ${this.version}`)
  }

  private *checkSum(): Generator<void> {
    const { input } = this
    input.sum()
    const sum = input.checksum
    input.checksum = undefined
    while (!input.tryRaw(8)) yield
    if (sum === undefined || sum.matches(input.bytes, input.start)) return
    const read = Buffer.from(input.copy()).reverse()
    // Saved with `rdbchecksum no`
    if (read.every((byte) => byte === 0)) return
    throw new Corruption(`Wrong RDB checksum expected: (${sum.hex}) but got (${read.toString("hex")}). Aborting now.`)
  }

  // ---- what is no key

  private *part(opcode: number): Generator<void> {
    const { input } = this
    switch (opcode) {
      case Opcode.expireSeconds:
        while (!input.tryLittleEndian(4)) yield
        this.expireTime = Number(input.value) * 1000
        return
      case Opcode.expireMilliseconds:
        while (!input.tryLittleEndian(8)) yield
        this.expireTime = input.value
        return
      case Opcode.frequency:
        while (!input.tryByte()) yield
        this.frequency = Number(input.value)
        return
      case Opcode.idle:
        while (!input.tryLength()) yield
        this.idle = Number(input.value)
        return
      case Opcode.selectDb: {
        while (!input.tryLength()) yield
        const db = this.space.databases[Number(input.value)]
        if (db === undefined) {
          const limit = this.space.databases.length
          throw new Corruption(
            `FATAL: Data file was created with a Redis server configured to handle more than ${limit} databases. Exiting`
          )
        }
        this.db = db
        return
      }
      case Opcode.resizeDb: {
        while (!input.tryLength()) yield
        const keys = input.value
        while (!input.tryLength()) yield
        this.db.dict.reserve(input.plausible(keys, LEAST_ENTRY))
        return
      }
      case Opcode.slotInfo:
        for (let left = 3; left > 0; left--) while (!input.tryLength()) yield
        return
      case Opcode.aux: {
        while (!input.tryString()) yield
        const name = Buffer.from(input.copy()).toString()
        while (!input.tryString()) yield
        this.aux.set(name, Buffer.from(input.copy()).toString())
        return
      }
      case Opcode.function:
        while (!input.tryString()) yield
        this.libraries.push(input.copy())
        return
      case Opcode.functionPreRelease:
        throw new Corruption("Pre-release function format not supported.")
      case Opcode.moduleAux:
        while (!input.tryLength()) yield
        throw new Corruption(
          `The RDB file contains AUX module data I can't load: no matching module '${moduleName(input.value)}'`
        )
    }
  }

  // ---- keys

  /** Key and string at once, since most are short: without the way through a generator. */
  private tryStringEntry(): boolean {
    const { input } = this
    const { at } = input
    if (!this.tryKey()) return false
    if (!input.tryString()) {
      input.at = at
      return false
    }
    if (this.skipsExpired()) return true
    const { db, key, keyLength } = this
    const code = this.newKey()
    this.added(Strings.add(db, key, 0, keyLength, input.bytes, input.start, input.stop, Encoding.auto, code))
    return true
  }

  private *entry(rdbType: number): Generator<void> {
    const { input, space } = this
    while (!this.tryKey()) yield
    const target = new Target(space, this.options.thorough)
    let type: Type
    try {
      type = yield* readValue(rdbType, input, target)
    } catch (error) {
      if (!(error instanceof EmptyValue)) throw error
      this.empty++
      this.forgetAttributes()
      return
    }
    const { db, key, keyLength } = this
    if (this.skipsExpired()) {
      releaseValue(target, type)
      return
    }
    const ref = db.add(key, 0, keyLength, db.space.metaOf(type, target.encoding), 0, this.newKey())
    db.setWord(ref, VALUE_WORD, target.value)
    this.added(ref)
  }

  /** Reads a key into `key`, where it stays. */
  private tryKey(): boolean {
    const { input } = this
    if (!input.tryString()) return false
    const length = input.stop - input.start
    if (length > this.key.length) this.key = new Uint8Array(length * 2)
    for (let i = 0; i < length; i++) this.key[i] = input.bytes[input.start + i] as number
    this.keyLength = length
    return true
  }

  /** The hash of the key at hand, which must be new. */
  private newKey(): number {
    const { db, key, keyLength } = this
    const code = db.dict.hash(key, 0, keyLength)
    const taken = db.dict.findHashed(code, key, 0, keyLength)
    if (taken !== 0) {
      if (this.options.overwrites) {
        db.delete(taken, false)
        return code
      }
      const name = Buffer.from(key.subarray(0, keyLength)).toString()
      throw new Corruption(`RDB has duplicated key '${name}' in DB ${db.index}`)
    }
    return code
  }

  private skipsExpired(): boolean {
    if (this.expireTime === -1 || !this.options.dropExpired || this.expireTime >= this.space.state.now) return false
    this.expired++
    this.forgetAttributes()
    return true
  }

  private added(ref: number): void {
    this.loaded++
    if (this.expireTime !== -1) this.db.setExpire(ref, this.expireTime)
    if (this.idle >= 0 || this.frequency >= 0) setAccess(this.db, ref, this.idle, this.frequency)
    this.forgetAttributes()
  }

  private forgetAttributes(): void {
    this.expireTime = this.idle = this.frequency = -1
  }
}

/** Gives an entry the age or the counter that was saved, if it is of the kind that eviction now goes by. */
export const setAccess = (db: Database, ref: number, idle: number, frequency: number): void => {
  const { state } = db
  if (state.lfu) {
    if (frequency >= 0) db.setWord(ref, ACCESS_WORD, Access.lfuWith(state, frequency))
  } else if (idle >= 0) db.setWord(ref, ACCESS_WORD, Math.max(0, state.seconds - idle))
}

/** Reads a value that is no string, and returns its type. What was read of a corrupt one is given back. */
export function* readValue(rdbType: number, input: RdbInput, target: Target): Generator<void, Type> {
  const codec = Codecs.byRdbType.get(rdbType)
  const loader = codec?.loaders[rdbType]
  if (codec === undefined || loader === undefined) {
    if (rdbType === RdbType.module) {
      while (!input.tryLength()) yield
      throw new Corruption(
        `The RDB file contains module data I can't load: no matching module type '${moduleName(input.value)}'`
      )
    }
    const name = foreignTypes[rdbType]
    throw new Corruption(
      name === undefined
        ? `Unknown RDB encoding type ${rdbType}`
        : `The value is ${name}, which Redis 7.0 does not have`
    )
  }
  try {
    yield* loader(input, target)
  } catch (error) {
    if (target.value !== 0) releaseValue(target, codec.type)
    throw error
  }
  return codec.type
}

export const releaseValue = ({ encoding, space, value }: Target, type: Type): void => {
  for (const _ of space.types[type]?.release(space, encoding, value) ?? []) continue
}

const MODULE_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

/** The nine letters in the upper bits of a module type's id. */
const moduleName = (id: Integer): string => {
  let bits = BigInt(id) >> 10n
  let name = ""
  for (let i = 0; i < 9; i++) {
    name = (MODULE_LETTERS[Number(bits & 63n)] ?? "") + name
    bits >>= 6n
  }
  return name
}
