/**
 * Strings as arrays of bits and of small integers (https://redis.io/commands/?group=bitmap).
 */
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import * as Indexes from "../command/Indexes.ts"
import { bitfieldKeys } from "../command/Keys.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { block, integer, key, keysAt, oneOf, optional, string, token } from "../command/Spec.ts"
import * as StringKeys from "../command/StringKeys.ts"
import { MAX_SHARED, type Ref } from "../memory/Arena.ts"
import * as BitFields from "../memory/BitFields.ts"
import * as Bits from "../memory/Bits.ts"
import * as Bytes from "../memory/Bytes.ts"
import * as Integers from "../memory/Integers.ts"
import * as Reply from "../resp/Reply.ts"
import type { Database } from "../store/Database.ts"
import { Encoding } from "../store/Entry.ts"
import { KeyEventClass } from "../store/KeyEvents.ts"
import { Store } from "../store/Store.ts"
import * as Strings from "../store/types/Strings.ts"

// ---- specs

const bitmaps = { since: "2.6.0", group: "bitmap", categories: ["bitmap"] } as const
const reads = [keysAt(1, ["RO", "access"])]
const indexUnit = oneOf("index_unit", [token("BYTE"), token("BIT")], { since: "7.0.0", ...optional })
const unitHistory = [["7.0.0", "Takes `BYTE` or `BIT`."]] as const

const SetBit = Command.make("SETBIT", {
  ...bitmaps,
  summary: "Sets one bit of a string and returns it as it was; the string grows as far as needed.",
  returns: Returns.integer,
  since: "2.2.0",
  complexity: "O(1)",
  arity: 4,
  flags: ["write", "denyoom"],
  keys: [keysAt(1, ["RW", "access", "update"])],
  arguments: [key(), integer("offset"), integer("value")]
})

const GetBit = Command.make("GETBIT", {
  ...bitmaps,
  summary: "Returns one bit of a string.",
  returns: Returns.integer,
  since: "2.2.0",
  complexity: "O(1)",
  arity: 3,
  flags: ["readonly", "fast"],
  keys: reads,
  arguments: [key(), integer("offset")]
})

const BitCount = Command.make("BITCOUNT", {
  ...bitmaps,
  summary: "Counts the ones in a string or a part of it.",
  returns: Returns.integer,
  complexity: "O(N)",
  arity: -2,
  flags: ["readonly"],
  keys: reads,
  arguments: [key(), block("index", [integer("start"), integer("end"), indexUnit], optional)],
  history: unitHistory
})

const BitPos = Command.make("BITPOS", {
  ...bitmaps,
  summary: "Finds the first one or zero in a string or a part of it.",
  returns: Returns.integer,
  since: "2.8.7",
  complexity: "O(N)",
  arity: -3,
  flags: ["readonly"],
  keys: reads,
  arguments: [
    key(),
    integer("bit"),
    block("index", [integer("start"), block("end_index", [integer("end"), indexUnit], optional)], optional)
  ],
  history: unitHistory
})

const BitOp = Command.make("BITOP", {
  ...bitmaps,
  summary: "Combines strings bit by bit (AND, OR, XOR, NOT) into another.",
  returns: Returns.integer,
  complexity: "O(N)",
  arity: -4,
  flags: ["write", "denyoom"],
  keys: [keysAt(2, ["OW", "update"]), keysAt(3, ["RO", "access"], { lastKey: -1 })],
  arguments: [string("operation"), key("destkey"), key("key", 1, { multiple: true })]
})

const fields = { ...bitmaps, complexity: "O(1) for each field." } as const
const field = [string("encoding"), integer("offset")]

const BitField = Command.make("BITFIELD", {
  ...fields,
  summary: "Reads, sets and adds to integers of any width at any bit of a string.",
  returns: Returns.list(Returns.optional(Returns.integer64)),
  since: "3.2.0",
  arity: -2,
  flags: ["write", "denyoom"],
  keys: [keysAt(1, ["RW", "access", "update", "variable_flags"], { notes: "Only read when there are only `GET`s" })],
  getKeys: bitfieldKeys,
  arguments: [
    key(),
    oneOf("operation", [
      block("encoding_offset", field, { token: "GET" }),
      block("write", [
        oneOf("wrap_sat_fail", [token("WRAP"), token("SAT"), token("FAIL")], { token: "OVERFLOW", ...optional }),
        oneOf("write_operation", [
          block("encoding_offset_value", [...field, integer("value")], { token: "SET" }),
          block("encoding_offset_increment", [...field, integer("increment")], { token: "INCRBY" })
        ])
      ])
    ], { multiple: true, ...optional })
  ]
})

const BitFieldRo = Command.make("BITFIELD_RO", {
  ...fields,
  summary: "Reads integers of any width at any bit of a string.",
  returns: Returns.list(Returns.integer64),
  since: "6.0.0",
  arity: -2,
  flags: ["readonly", "fast"],
  keys: reads,
  arguments: [
    key(),
    block("encoding_offset", field, { token: "GET", multiple: true, multipleToken: true, ...optional })
  ]
})

// ---- programs

export const group = Command.group(SetBit, GetBit, BitCount, BitPos, BitOp, BitField, BitFieldRo)

const badBit = CommandError.make("ERR bit is not an integer or out of range")
const badBitArgument = CommandError.make("ERR The bit argument must be 1 or 0.")
const badOffset = CommandError.make("ERR bit offset is not an integer or out of range")
const badFormat = CommandError.make(
  "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."
)
const badOverflow = CommandError.make("ERR Invalid OVERFLOW type specified")
const getsOnly = CommandError.make("ERR BITFIELD_RO only supports the GET subcommand")
const notOfOne = CommandError.make("ERR BITOP NOT must be called with a single source key.")

const zero = Reply.integer(0)
const one = Reply.integer(1)
const missing = Reply.integer(-1)

export const layer = group.toLayer(Effect.gen(function*() {
  const store = yield* Store
  const state = store.state

  let workspace = nothing

  /** A buffer for a result of BITOP, whose content is whatever was there; a huge one is taken over by the store. */
  const resultOf = (db: Database, length: number): Uint8Array => {
    if (length <= WORKSPACE_BYTES) {
      if (workspace === nothing) workspace = new Uint8Array(WORKSPACE_BYTES)
      return workspace
    }
    return (length > MAX_SHARED ? db.space.arena.takeSpare(length) : undefined) ?? Buffer.allocUnsafeSlow(length)
  }

  const databaseOf = (request: Request): Database => store.database(request.session.db)

  const changed = (db: Database, request: Request, event: string): void =>
    db.changed(request.buffer(1), request.start(1), request.end(1), KeyEventClass.string, event)

  /** The bit offset in an argument; `#3` is three times the width of the field, where there is one. */
  const offsetAt = (request: Request, index: number, bits = 0): number => {
    const buffer = request.buffer(index)
    const start = request.start(index)
    const end = request.end(index)
    const multiplied = bits > 0 && start < end && buffer[start] === 0x23
    let offset = Integers.parse(buffer, multiplied ? start + 1 : start, end)
    // Redis multiplies within 64 bits, whatever falls off.
    if (multiplied && offset !== undefined) {
      offset = Integers.normalize(BigInt.asIntN(64, BigInt(offset) * BigInt(bits)))
    }
    if (typeof offset !== "number" || offset < 0) throw badOffset
    if (Math.floor(offset / 8) >= state.settings.maxStringLength && !state.applying) throw badOffset
    return offset
  }

  const setBit = (request: Request): Reply.Reply => {
    const offset = offsetAt(request, 2)
    const bit = request.integerIn(3, 0, 1, badBit)
    const db = databaseOf(request)
    const { grown, ref } = makeRoom(db, request, offset)
    const bytes = Strings.bytes(db, ref)
    const start = Strings.start(db, ref)
    const old = Bits.get(bytes, start, offset)
    if (grown || old !== bit) {
      Bits.set(bytes, start, offset, bit)
      changed(db, request, "setbit")
    }
    return old === 0 ? zero : one
  }

  const getBit = (request: Request): Reply.Reply => {
    const offset = offsetAt(request, 2)
    const db = databaseOf(request)
    const ref = StringKeys.read(db, request, 1)
    if (ref === 0 || Math.floor(offset / 8) >= Strings.length(db, ref)) return zero
    return Bits.get(Strings.bytes(db, ref), Strings.start(db, ref), offset) === 0 ? zero : one
  }

  const bitCount = (request: Request): Reply.Reply => {
    const db = databaseOf(request)
    const ref = StringKeys.read(db, request, 1)
    if (ref === 0) return zero
    const count = request.count
    const total = Strings.length(db, ref) * 8
    let first = 0
    let last = total - 1
    if (count === 4 || count === 5) {
      const from = request.integer(2)
      const to = request.integer(3)
      if (from < 0 && to < 0 && from > to) return zero
      const unit = count === 5 ? unitAt(request, 4) : 8
      first = Indexes.fromStart(from, total / unit) * unit
      last = lastBit(to, total, unit)
    } else if (count !== 2) throw CommandError.syntax
    if (first > last) return zero
    return Reply.integer(Bits.countRange(Strings.bytes(db, ref), Strings.start(db, ref), first, last))
  }

  const bitPos = (request: Request): Reply.Reply => {
    const bit = request.integer(2)
    if (bit !== 0 && bit !== 1) throw badBitArgument
    const db = databaseOf(request)
    const ref = StringKeys.read(db, request, 1)
    // What is not there is an endless row of zeros.
    if (ref === 0) return bit === 0 ? zero : missing
    const count = request.count
    const total = Strings.length(db, ref) * 8
    let first = 0
    let last = total - 1
    if (count >= 4 && count <= 6) {
      const from = request.integer(3)
      const unit = count === 6 ? unitAt(request, 5) : 8
      if (count > 4) last = lastBit(request.integer(4), total, unit)
      first = Indexes.fromStart(from, total / unit) * unit
    } else if (count !== 3) throw CommandError.syntax
    if (first > last) return missing
    const position = Bits.find(Strings.bytes(db, ref), Strings.start(db, ref), first, last, bit)
    // Without an end, zeros follow the string.
    return Reply.integer(position < 0 && bit === 0 && count < 5 ? total : position)
  }

  const bitOp = (request: Request): Reply.Reply => {
    const operation = operations.find((name) => request.is(1, name))
    if (operation === undefined) throw CommandError.syntax
    if (operation === "NOT" && request.count !== 4) throw notOfOne
    const db = databaseOf(request)
    const sources: Array<Ref> = []
    let length = 0
    for (let index = 3; index < request.count; index++) {
      const ref = StringKeys.read(db, request, index)
      sources.push(ref)
      if (ref !== 0) length = Math.max(length, Strings.length(db, ref))
    }
    const key = request.buffer(2)
    const start = request.start(2)
    const end = request.end(2)
    if (length === 0) {
      const target = db.findAny(key, start, end)
      if (target !== 0) {
        db.delete(target, state.settings.lazyServerDel)
        db.changed(key, start, end, KeyEventClass.generic, "del")
      }
      return zero
    }
    const result = resultOf(db, length)
    for (let index = 0; index < sources.length; index++) {
      const ref = sources[index] as Ref
      const bytes = ref === 0 ? nothing : Strings.bytes(db, ref)
      const from = ref === 0 ? 0 : Strings.start(db, ref)
      const to = ref === 0 ? 0 : from + Strings.length(db, ref)
      if (index > 0 && operation !== "NOT") Bits.combine(operation, result, length, bytes, from, to)
      else {
        Bytes.copy(bytes, from, to, result, 0)
        if (to - from < length) result.fill(0, to - from, length)
      }
    }
    if (operation === "NOT") Bits.invert(result, length)
    const target = db.write(key, start, end)
    if (target === 0) Strings.add(db, key, start, end, result, 0, length, Encoding.raw, db.code)
    else db.persist(Strings.replace(db, target, result, 0, length, Encoding.raw))
    db.changed(key, start, end, KeyEventClass.string, "set")
    return Reply.integer(length)
  }

  /** The operations of a request, in order; nothing is done before all of them are understood. */
  const fieldOperations = (request: Request): Array<FieldOperation> => {
    const found: Array<FieldOperation> = []
    let overflow: BitFields.Overflow = "wrap"
    let index = 2
    while (index < request.count) {
      const left = request.count - index - 1
      if (request.is(index, "OVERFLOW") && left >= 1) {
        if (request.is(index + 1, "WRAP")) overflow = "wrap"
        else if (request.is(index + 1, "SAT")) overflow = "sat"
        else if (request.is(index + 1, "FAIL")) overflow = "fail"
        else throw badOverflow
        index += 2
        continue
      }
      const kind = request.is(index, "GET") && left >= 2
        ? "get"
        : request.is(index, "SET") && left >= 3
        ? "set"
        : request.is(index, "INCRBY") && left >= 3
        ? "incrby"
        : undefined
      if (kind === undefined) throw CommandError.syntax
      const format = formatAt(request, index + 1)
      const offset = offsetAt(request, index + 2, format.bits)
      const operand = kind === "get" ? 0n : BigInt(request.integer(index + 3))
      found.push({ kind, format, offset, operand, overflow })
      index += kind === "get" ? 3 : 4
    }
    return found
  }

  const bitField = (request: Request, readOnly: boolean): Reply.Reply => {
    const todo = fieldOperations(request)
    let furthest = -1
    for (const { format, kind, offset } of todo) {
      if (kind !== "get") furthest = Math.max(furthest, offset + format.bits - 1)
    }
    if (furthest >= 0 && readOnly) throw getsOnly
    const db = databaseOf(request)
    const { grown, ref } = furthest < 0
      ? { ref: StringKeys.read(db, request, 1), grown: false }
      : makeRoom(db, request, furthest)
    const bytes = ref === 0 ? nothing : Strings.bytes(db, ref)
    const start = ref === 0 ? 0 : Strings.start(db, ref)
    const end = ref === 0 ? 0 : start + Strings.length(db, ref)

    let changes = 0
    const results = todo.map(({ format, kind, offset, operand, overflow }) => {
      const old = BitFields.read(bytes, start, end, offset, format)
      if (kind === "get") return Integers.normalize(old)
      // A negative number for a field without sign is the large one that has the same 64 bits.
      const wanted = kind === "incrby" ? old + operand : format.signed ? operand : BigInt.asUintN(64, operand)
      const value = BitFields.resolve(format, wanted, overflow)
      if (value === undefined) return undefined
      BitFields.write(bytes, start, end, offset, format, value)
      if (grown || value !== old) changes++
      return Integers.normalize(kind === "set" ? old : value)
    })
    if (changes > 0) {
      changed(db, request, "setbit")
      state.dirty += changes - 1
    }
    return Reply.encoded((out) => {
      out.arrayHeader(results.length)
      for (const result of results) {
        if (result === undefined) out.nil()
        else out.integer(result)
      }
    })
  }

  return group.of({
    SETBIT: Command.program(setBit),
    GETBIT: Command.program(getBit),
    BITCOUNT: Command.program(bitCount),
    BITPOS: Command.program(bitPos),
    BITOP: Command.program(bitOp),
    BITFIELD: Command.program((request) => bitField(request, false)),
    BITFIELD_RO: Command.program((request) => bitField(request, true))
  })
}))

const nothing: Uint8Array = new Uint8Array(0)

/** Up to here results of BITOP come about in one buffer; beyond, a buffer of their own costs little beside the work. */
const WORKSPACE_BYTES = 64 * 1024

const operations = ["AND", "OR", "XOR", "NOT"] as const

interface FieldOperation {
  readonly kind: "get" | "set" | "incrby"
  readonly format: BitFields.Format
  readonly offset: number
  readonly operand: bigint
  readonly overflow: BitFields.Overflow
}

/** The form of a field, as `i8` or `u63`. */
const formatAt = (request: Request, index: number): BitFields.Format => {
  const buffer = request.buffer(index)
  const start = request.start(index)
  const end = request.textEnd(index)
  const type = start < end ? buffer[start] : 0
  const bits = start < end ? Integers.parse(buffer, start + 1, end) : undefined
  const signed = type === 0x69
  if (!signed && type !== 0x75) throw badFormat
  if (typeof bits !== "number" || bits < 1 || bits > (signed ? 64 : 63)) throw badFormat
  return { signed, bits }
}

/** The string of a request's key, added or grown so that it has the bit at `offset`, to be changed in place. */
const makeRoom = (db: Database, request: Request, offset: number): { readonly ref: Ref; readonly grown: boolean } => {
  const key = request.buffer(1)
  const start = request.start(1)
  const end = request.end(1)
  const size = Math.floor(offset / 8) + 1
  const ref = StringKeys.write(db, request, 1)
  if (ref === 0) return { ref: Strings.addZeros(db, key, start, end, size, db.code), grown: true }
  const old = Strings.length(db, ref)
  return { ref: Strings.reserve(db, ref, Math.max(old, size)), grown: size > old }
}

/** Bits in a unit of the indexes: 1 with BIT, 8 with BYTE. */
const unitAt = (request: Request, index: number): number => {
  if (request.is(index, "BIT")) return 1
  if (request.is(index, "BYTE")) return 8
  throw CommandError.syntax
}

/** The last bit of a range that ends with the unit at `index`, of a string of `total` bits. */
const lastBit = (index: Integers.Integer, total: number, unit: number): number =>
  Math.min((Indexes.fromStart(index, total / unit) + 1) * unit, total) - 1
