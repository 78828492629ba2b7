/**
 * Strings (https://redis.io/commands/?group=string): values, counters, parts of values.
 *
 * SET, GET, INCR, MSET and MGET carry most of the traffic: their plain forms come first and allocate nothing beyond
 * the reply.
 */
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import * as ExpireOptions from "../command/ExpireOptions.ts"
import type { ExpireOption } from "../command/ExpireOptions.ts"
import * as Indexes from "../command/Indexes.ts"
import { KeyHashes } from "../command/KeyHashes.ts"
import { setKeys } from "../command/Keys.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { block, double, integer, key, keysAt, oneOf, optional, string, token, unixTime } from "../command/Spec.ts"
import * as StringKeys from "../command/StringKeys.ts"
import { copyBytes, MAX_SHARED, type Ref } from "../memory/Arena.ts"
import { copyOf } from "../memory/Bytes.ts"
import * as Integers from "../memory/Integers.ts"
import * as LongDouble from "../memory/LongDouble.ts"
import type { Output } from "../resp/Output.ts"
import * as Reply from "../resp/Reply.ts"
import type { Database } from "../store/Database.ts"
import { Encoding, Type } from "../store/Entry.ts"
import { KeyEventClass } from "../store/KeyEvents.ts"
import { Store } from "../store/Store.ts"
import * as CommonSubsequence from "../store/types/CommonSubsequence.ts"
import * as Strings from "../store/types/Strings.ts"

// ---- specs

const strings = { since: "1.0.0", group: "string", categories: ["string"] } as const
const constant = { ...strings, complexity: "O(1)" } as const
const perKey = { ...strings, complexity: "O(N) for N keys." } as const

const span = { start: Returns.integer, end: Returns.integer }
const matches = Returns.properties("CommonParts", {
  matches: Returns.list(Returns.tuple("CommonPart", {
    first: Returns.tuple("Part", span),
    second: Returns.tuple("Part", span),
    length: Returns.having("withmatchlen", Returns.integer)
  })),
  len: Returns.integer
})

const Append = Command.make("APPEND", {
  ...strings,
  summary: "Adds bytes to the end of a string, which begins empty when it is not there.",
  returns: Returns.integer,
  since: "2.0.0",
  complexity: "O(1), amortized, for a short text: the room behind a string doubles when it runs out.",
  arity: 3,
  flags: ["write", "denyoom", "fast"],
  keys: [keysAt(1, ["RW", "insert"])],
  arguments: [key(), string("value")]
})

const counter = {
  ...constant,
  flags: ["write", "denyoom", "fast"],
  keys: [keysAt(1, ["RW", "access", "update"])]
} as const

const Decr = Command.make("DECR", {
  ...counter,
  summary: "Takes one from an integer.",
  returns: Returns.integer64,
  arity: 2,
  arguments: [key()]
})

const DecrBy = Command.make("DECRBY", {
  ...counter,
  summary: "Takes a number from an integer.",
  returns: Returns.integer64,
  arity: 3,
  arguments: [key(), integer("decrement")]
})

const Get = Command.make("GET", {
  ...constant,
  summary: "Returns a string.",
  returns: Returns.value,
  arity: 2,
  flags: ["readonly", "fast"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [key()]
})

const GetDel = Command.make("GETDEL", {
  ...constant,
  summary: "Returns a string and deletes its key.",
  returns: Returns.value,
  since: "6.2.0",
  arity: 2,
  flags: ["write", "fast"],
  keys: [keysAt(1, ["RW", "access", "delete"])],
  arguments: [key()]
})

const expiries = [
  integer("seconds", { token: "EX" }),
  integer("milliseconds", { token: "PX" }),
  unixTime("unix-time-seconds", { token: "EXAT" }),
  unixTime("unix-time-milliseconds", { token: "PXAT" })
]

const GetEx = Command.make("GETEX", {
  ...constant,
  summary: "Returns a string and may change when its key expires.",
  returns: Returns.value,
  since: "6.2.0",
  arity: -2,
  flags: ["write", "fast"],
  keys: [keysAt(1, ["RW", "access", "update"], { notes: "An update, since the time to live may change" })],
  arguments: [key(), oneOf("expiration", [...expiries, token("PERSIST")], optional)]
})

const part = {
  ...strings,
  complexity: "O(N) for a part of N bytes.",
  arity: 4,
  flags: ["readonly"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [key(), integer("start"), integer("end")]
} as const

const GetRange = Command.make("GETRANGE", {
  ...part,
  summary: "Returns a part of a string, by the positions of its first and last byte.",
  returns: Returns.bulk,
  since: "2.4.0"
})

const GetSet = Command.make("GETSET", {
  ...constant,
  summary: "Sets a string and returns the one before.",
  returns: Returns.value,
  arity: 3,
  flags: ["write", "denyoom", "fast"],
  keys: [keysAt(1, ["RW", "access", "update"])],
  arguments: [key(), string("value")],
  deprecatedSince: "6.2.0",
  replacedBy: "`SET` with the `!GET` argument"
})

const Incr = Command.make("INCR", {
  ...counter,
  summary: "Adds one to an integer.",
  returns: Returns.integer64,
  arity: 2,
  arguments: [key()]
})

const IncrBy = Command.make("INCRBY", {
  ...counter,
  summary: "Adds a number to an integer.",
  returns: Returns.integer64,
  arity: 3,
  arguments: [key(), integer("increment")]
})

const IncrByFloat = Command.make("INCRBYFLOAT", {
  ...counter,
  summary: "Adds to a number with decimals.",
  returns: Returns.double,
  since: "2.6.0",
  arity: 3,
  arguments: [key(), double("increment")]
})

const Lcs = Command.make("LCS", {
  ...strings,
  summary: "Finds the longest sequence of bytes that two strings have in common, with gaps.",
  returns: Returns.given("len", Returns.integer, Returns.given("idx", matches, Returns.bulk)),
  since: "7.0.0",
  complexity: "O(N*M) for strings of N and M bytes.",
  arity: -3,
  flags: ["readonly"],
  keys: [keysAt(1, ["RO", "access"], { lastKey: 1 })],
  arguments: [
    key("key1"),
    key("key2"),
    token("LEN", optional),
    token("IDX", optional),
    integer("len", { token: "MINMATCHLEN", ...optional }),
    token("WITHMATCHLEN", optional)
  ]
})

const Mget = Command.make("MGET", {
  ...perKey,
  summary: "Returns several strings, nothing for those that are not there.",
  returns: Returns.values,
  arity: -2,
  flags: ["readonly", "fast"],
  keys: [keysAt(1, ["RO", "access"], { lastKey: -1 })],
  arguments: [key("key", 0, { multiple: true })],
  tips: ["request_policy:multi_shard"]
})

const pairs = [block("key_value", [key(), string("value")], { multiple: true })]

const Mset = Command.make("MSET", {
  ...perKey,
  summary: "Sets several strings in one step.",
  returns: Returns.done,
  since: "1.0.1",
  arity: -3,
  flags: ["write", "denyoom"],
  keys: [keysAt(1, ["OW", "update"], { lastKey: -1, step: 2 })],
  arguments: pairs,
  tips: ["request_policy:multi_shard", "response_policy:all_succeeded"]
})

const MsetNx = Command.make("MSETNX", {
  ...perKey,
  summary: "Sets several strings in one step, or none when one of the keys is there.",
  returns: Returns.boolean,
  since: "1.0.1",
  arity: -3,
  flags: ["write", "denyoom"],
  keys: [keysAt(1, ["OW", "insert"], { lastKey: -1, step: 2 })],
  arguments: pairs,
  tips: ["request_policy:multi_shard", "response_policy:agg_min"]
})

const setter = { ...constant, flags: ["write", "denyoom"], keys: [keysAt(1, ["OW", "update"])] } as const

const PsetEx = Command.make("PSETEX", {
  ...setter,
  summary: "Sets a string that expires after so many milliseconds.",
  returns: Returns.done,
  since: "2.6.0",
  arity: 4,
  arguments: [key(), integer("milliseconds"), string("value")]
})

const Set = Command.make("SET", {
  ...setter,
  summary: "Sets a string: on conditions, with a time to live, returning the one before, as the options say.",
  returns: Returns.given("get", Returns.value, Returns.boolean),
  arity: -3,
  keys: [keysAt(1, ["RW", "access", "update", "variable_flags"], { notes: "Read as well when `GET` is given" })],
  getKeys: setKeys,
  arguments: [
    key(),
    string("value"),
    oneOf("condition", [token("NX"), token("XX")], { since: "2.6.12", ...optional }),
    token("GET", { since: "6.2.0", ...optional }),
    oneOf("expiration", [
      integer("seconds", { token: "EX", since: "2.6.12" }),
      integer("milliseconds", { token: "PX", since: "2.6.12" }),
      unixTime("unix-time-seconds", { token: "EXAT", since: "6.2.0" }),
      unixTime("unix-time-milliseconds", { token: "PXAT", since: "6.2.0" }),
      token("KEEPTTL", { since: "6.0.0" })
    ], optional)
  ],
  history: [
    ["2.6.12", "Takes `EX`, `PX`, `NX` and `XX`."],
    ["6.0.0", "Takes `KEEPTTL`."],
    ["6.2.0", "Takes `GET`, `EXAT` and `PXAT`."],
    ["7.0.0", "Takes `NX` and `GET` at once."]
  ]
})

const SetEx = Command.make("SETEX", {
  ...setter,
  summary: "Sets a string that expires after so many seconds.",
  returns: Returns.done,
  since: "2.0.0",
  arity: 4,
  arguments: [key(), integer("seconds"), string("value")]
})

const SetNx = Command.make("SETNX", {
  ...constant,
  summary: "Sets a string unless its key is there.",
  returns: Returns.boolean,
  arity: 3,
  flags: ["write", "denyoom", "fast"],
  keys: [keysAt(1, ["OW", "insert"])],
  arguments: [key(), string("value")]
})

const SetRange = Command.make("SETRANGE", {
  ...strings,
  summary: "Overwrites a part of a string; zeros fill the gap behind its end.",
  returns: Returns.integer,
  since: "2.2.0",
  complexity: "O(M) for M new bytes.",
  arity: 4,
  flags: ["write", "denyoom"],
  keys: [keysAt(1, ["RW", "update"])],
  arguments: [key(), integer("offset"), string("value")]
})

const Strlen = Command.make("STRLEN", {
  ...constant,
  summary: "Returns the length of a string.",
  returns: Returns.integer,
  since: "2.2.0",
  arity: 2,
  flags: ["readonly", "fast"],
  keys: [keysAt(1, ["RO"])],
  arguments: [key()]
})

const Substr = Command.make("SUBSTR", {
  ...part,
  summary: "The first name of `GETRANGE`.",
  returns: Returns.bulk,
  deprecatedSince: "2.0.0",
  replacedBy: "`GETRANGE`"
})

// ---- programs

export const group = Command.group(
  Append,
  Decr,
  DecrBy,
  Get,
  GetDel,
  GetEx,
  GetRange,
  GetSet,
  Incr,
  IncrBy,
  IncrByFloat,
  Lcs,
  Mget,
  Mset,
  MsetNx,
  PsetEx,
  Set,
  SetEx,
  SetNx,
  SetRange,
  Strlen,
  Substr
)

const decrementOverflow = CommandError.make("ERR decrement would overflow")
const offsetOutOfRange = CommandError.make("ERR offset is out of range")
const lcsNeedsStrings = CommandError.make("ERR The specified keys must contain string values")
const lcsAmbiguous = CommandError.make("ERR If you want both the length and indexes, please just use IDX.")
const lcsTooBig = CommandError.make(
  "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"
)

const emptyBulk = Reply.bulk(new Uint8Array(0))
const zero = Reply.integer(0)
const one = Reply.integer(1)

const nothing = new Uint8Array(0)

/** Bytes of a part of a string that is read or written for longer than most. */
const LONG_PART = 4096

export const layer = group.toLayer(Effect.gen(function*() {
  const store = yield* Store
  const state = store.state
  /** The text of a number on its way into the store. */
  const digits = new Uint8Array(Integers.maxSize)
  const decimals = new Uint8Array(LongDouble.maxSize)
  /** The entries that MGET found, until its reply is written. */
  let found = new Uint32Array(16)
  const keyHashes = new KeyHashes(1)
  const pairHashes = new KeyHashes(2)

  /** What a master sends is applied whatever the limit here. */
  const checkLength = (length: number): void => {
    if (length > state.settings.maxStringLength && !state.applying) throw CommandError.stringTooLong
  }

  /** The reply of GET, made once: one for each would be most of what a server that is read from allocates. */
  const value = new Reply.Bulk(nothing, 0, 0)
  const bulk = (db: Database, ref: Ref): Reply.Reply => {
    const lent = Strings.lend(db, ref)
    if (lent !== undefined) return Reply.bulkLent(lent)
    const start = Strings.start(db, ref)
    return value.set(Strings.bytes(db, ref), start, start + Strings.length(db, ref))
  }

  const databaseOf = (request: Request): Database => store.database(request.session.db)

  const changed = (db: Database, request: Request, event: string): void =>
    db.changed(request.buffer(1), request.start(1), request.end(1), KeyEventClass.string, event)

  /** Tells of what happened beside the change itself. */
  const alsoHappened = (db: Database, request: Request, event: string): void => {
    if (state.interest === 0) return
    state.event(db.index, KeyEventClass.generic, event, request.buffer(1), request.start(1), request.end(1))
  }

  /**
   * Redis's `setKey`: the key of argument `key` gets the value of argument `value`. `ref` is what the last look-up found
   * under it. Any time to live goes, unless kept.
   */
  const put = (db: Database, request: Request, key: number, ref: Ref, value: number, keepTtl = false): Ref => {
    const name = request.buffer(key)
    const start = request.start(key)
    const end = request.end(key)
    let at = ref
    if (ref === 0) {
      const bytes = request.buffer(value)
      at = Strings.add(db, name, start, end, bytes, request.start(value), request.end(value), Encoding.auto, db.code)
    } else {
      at = Strings.replace(db, ref, request.buffer(value), request.start(value), request.end(value))
      if (!keepTtl) db.persist(at)
    }
    db.changed(name, start, end, KeyEventClass.string, "set")
    return at
  }

  /** Adds the key of argument 1, which the last look-up did not find. */
  const create = (
    db: Database,
    request: Request,
    bytes: Uint8Array,
    from: number,
    to: number,
    encoding: Encoding = Encoding.auto
  ): Ref => Strings.add(db, request.buffer(1), request.start(1), request.end(1), bytes, from, to, encoding, db.code)

  const setExpiring = (db: Database, request: Request, ref: Ref, value: number, time: Integers.Integer): void => {
    const at = put(db, request, 1, ref, value)
    db.setExpire(at, time)
    alsoHappened(db, request, "expire")
    if (state.propagation.active) {
      request.propagateAs(["SET", request.bytes(1), request.bytes(value), "PXAT", time])
    }
  }

  /** SET with options: [NX | XX] [GET] [EX | PX | EXAT | PXAT | KEEPTTL], in any order. */
  const setWith = (request: Request): Reply.Reply => {
    let ifAbsent = false
    let ifPresent = false
    let get = false
    let keepTtl = false
    let option: ExpireOption | undefined
    let timeAt = 0
    for (let index = 3; index < request.count; index++) {
      const expire = ExpireOptions.at(request, index)
      if (expire !== undefined) {
        if (keepTtl || (option !== undefined && option !== expire) || index + 1 === request.count) {
          throw CommandError.syntax
        }
        option = expire
        timeAt = ++index
      } else if (request.is(index, "NX") && !ifPresent) ifAbsent = true
      else if (request.is(index, "XX") && !ifAbsent) ifPresent = true
      else if (request.is(index, "GET")) get = true
      else if (request.is(index, "KEEPTTL") && option === undefined) keepTtl = true
      else throw CommandError.syntax
    }
    const time = option === undefined ? 0 : ExpireOptions.deadline(request, timeAt, option, state.now, "set")

    const db = databaseOf(request)
    const name = request.buffer(1)
    const start = request.start(1)
    const end = request.end(1)
    const old = get ? taken(db, StringKeys.orFail(db, db.read(name, start, end))) : undefined
    const ref = db.write(name, start, end)
    if (ref === 0 ? ifPresent : ifAbsent) return old ?? Reply.nil
    if (option !== undefined) setExpiring(db, request, ref, 2, time)
    else {
      put(db, request, 1, ref, 2, keepTtl)
      if (get && state.propagation.active) {
        request.propagateAs(request.copy().filter((_, index) => index < 3 || !request.is(index, "GET")))
      }
    }
    return old ?? Reply.ok
  }

  const setFor = (request: Request, option: ExpireOption, command: string): Reply.Reply => {
    const time = ExpireOptions.deadline(request, 2, option, state.now, command)
    const db = databaseOf(request)
    setExpiring(db, request, db.write(request.buffer(1), request.start(1), request.end(1)), 3, time)
    return Reply.ok
  }

  const increment = (request: Request, by: Integers.Integer): Reply.Reply => {
    const db = databaseOf(request)
    const ref = StringKeys.write(db, request, 1)
    const old = ref === 0 ? 0 : Strings.toInteger(db, ref)
    if (old === undefined) throw CommandError.notAnInteger
    const value = Integers.add(old, by)
    if (value === undefined) throw CommandError.overflow
    const length = Integers.write(digits, 0, value)
    if (ref !== 0) Strings.replace(db, ref, digits, 0, length)
    else create(db, request, digits, 0, length)
    changed(db, request, "incrby")
    return Reply.integer(value)
  }

  const incrementFloat = (request: Request): Reply.Reply => {
    const db = databaseOf(request)
    const ref = StringKeys.write(db, request, 1)
    const start = ref === 0 ? 0 : Strings.start(db, ref)
    const old = ref === 0 ? 0 : LongDouble.parse(Strings.bytes(db, ref), start, start + Strings.length(db, ref))
    if (old === undefined) throw CommandError.notAFloat
    const by = LongDouble.parse(request.buffer(2), request.start(2), request.end(2))
    if (by === undefined) throw CommandError.notAFloat
    const value = LongDouble.add(old, by)
    if (!LongDouble.isFinite(value)) throw CommandError.nanOrInfinity
    const length = LongDouble.write(decimals, 0, value)
    if (ref !== 0) Strings.replace(db, ref, decimals, 0, length, Encoding.embstr)
    else create(db, request, decimals, 0, length, Encoding.embstr)
    changed(db, request, "incrbyfloat")
    // Other machines may round otherwise.
    if (state.propagation.active) {
      request.propagateAs(["SET", request.bytes(1), copyOf(decimals, 0, length), "KEEPTTL"])
    }
    return Reply.bulk(decimals, 0, length)
  }

  const deleteTaken = (db: Database, request: Request, ref: Ref, lazily: boolean, unlinks = lazily): void => {
    db.delete(ref, lazily)
    db.changed(request.buffer(1), request.start(1), request.end(1), KeyEventClass.generic, "del")
    if (state.propagation.active) request.propagateAs([unlinks ? "UNLINK" : "DEL", request.bytes(1)])
  }

  const getEx = (request: Request): Reply.Reply => {
    let persist = false
    let option: ExpireOption | undefined
    let timeAt = 0
    for (let index = 2; index < request.count; index++) {
      const expire = ExpireOptions.at(request, index)
      if (expire !== undefined) {
        if (persist || (option !== undefined && option !== expire) || index + 1 === request.count) {
          throw CommandError.syntax
        }
        option = expire
        timeAt = ++index
      } else if (request.is(index, "PERSIST") && option === undefined) persist = true
      else throw CommandError.syntax
    }

    const db = databaseOf(request)
    const ref = StringKeys.read(db, request, 1)
    if (ref === 0) return Reply.nil
    if (option !== undefined) {
      const time = ExpireOptions.deadline(request, timeAt, option, state.now, "getex")
      if (!option.relative && time <= state.now && state.ownsExpiry && !state.applying) {
        const value = taken(db, ref)
        deleteTaken(db, request, ref, state.settings.lazyExpire)
        return value
      }
      db.setExpire(ref, time)
      db.changed(request.buffer(1), request.start(1), request.end(1), KeyEventClass.generic, "expire")
      if (state.propagation.active) request.propagateAs(["PEXPIREAT", request.bytes(1), time])
    } else if (persist && db.persist(ref)) {
      db.changed(request.buffer(1), request.start(1), request.end(1), KeyEventClass.generic, "persist")
      if (state.propagation.active) request.propagateAs(["PERSIST", request.bytes(1)])
    }
    return bulk(db, ref)
  }

  const getRange = (request: Request): Reply.Reply => {
    const first = request.integer(2)
    const last = request.integer(3)
    const db = databaseOf(request)
    const ref = StringKeys.read(db, request, 1)
    if (ref === 0) return emptyBulk
    const length = Strings.length(db, ref)
    if (first < 0 && last < 0 && first > last) return emptyBulk
    const from = Indexes.fromStart(first, length)
    const to = Math.min(Indexes.fromStart(last, length), length - 1) + 1
    if (from >= to) return emptyBulk
    // What is lent is copied whole when it changes next: not worth it for a small part.
    const lent = (to - from) * 4 < length ? undefined : Strings.lend(db, ref)
    if (lent !== undefined) {
      request.outstanding = true
      return Reply.bulkLent(lent.subarray(from, to))
    }
    const start = Strings.start(db, ref)
    request.outstanding = to - from > LONG_PART
    return value.set(Strings.bytes(db, ref), start + from, start + to)
  }

  const setRange = (request: Request): Reply.Reply => {
    const offset = request.integer(2)
    if (offset < 0) throw offsetOutOfRange
    const db = databaseOf(request)
    const ref = StringKeys.write(db, request, 1)
    const old = ref === 0 ? 0 : Strings.length(db, ref)
    const added = request.length(3)
    if (added === 0) return Reply.integer(old)
    const from = Number(offset)
    checkLength(from + added)
    const length = Math.max(old, from + added)
    // What grows may move, and a huge one may be copied
    request.outstanding = added > LONG_PART || length > old || length > MAX_SHARED
    const at = ref === 0
      ? Strings.addZeros(db, request.buffer(1), request.start(1), request.end(1), length, db.code)
      : Strings.reserve(db, ref, length, from)
    copyBytes(request.buffer(3), request.start(3), request.end(3), Strings.bytes(db, at), Strings.start(db, at) + from)
    changed(db, request, "setrange")
    return Reply.integer(length)
  }

  const append = (request: Request): Reply.Reply => {
    const db = databaseOf(request)
    const ref = StringKeys.write(db, request, 1)
    const bytes = request.buffer(2)
    const start = request.start(2)
    const end = request.end(2)
    let length = end - start
    if (ref === 0) create(db, request, bytes, start, end)
    else {
      const old = Strings.length(db, ref)
      length += old
      checkLength(length)
      const at = Strings.reserve(db, ref, length, 0)
      copyBytes(bytes, start, end, Strings.bytes(db, at), Strings.start(db, at) + old)
    }
    changed(db, request, "append")
    return Reply.integer(length)
  }

  const lcs = (request: Request): Reply.Reply => {
    const db = databaseOf(request)
    const refs = [1, 2].map((index) => db.read(request.buffer(index), request.start(index), request.end(index)))
    if (refs.some((ref) => ref !== 0 && db.type(ref) !== Type.string)) throw lcsNeedsStrings
    let onlyLength = false
    let ranges = false
    let withMatchLength = false
    let least: Integers.Integer = 0
    for (let index = 3; index < request.count; index++) {
      if (request.is(index, "IDX")) ranges = true
      else if (request.is(index, "LEN")) onlyLength = true
      else if (request.is(index, "WITHMATCHLEN")) withMatchLength = true
      else if (request.is(index, "MINMATCHLEN") && index + 1 < request.count) least = request.integer(++index)
      else throw CommandError.syntax
    }
    if (ranges && onlyLength) throw lcsAmbiguous
    const [a = nothing, b = nothing] = refs.map((ref) => ref === 0 ? nothing : view(db, ref))
    if (CommonSubsequence.tableBytes(a, b) > state.settings.maxStringLength) throw lcsTooBig
    if (onlyLength) return Reply.integer(CommonSubsequence.length(a, b))
    const { bytes, matches } = CommonSubsequence.find(a, b)
    if (!ranges) return Reply.bulk(bytes)
    const shown = matches.filter((match) => match.aEnd - match.aStart + 1 >= least)
    return Reply.encoded((out) => {
      out.mapHeader(2)
      out.text("matches")
      out.arrayHeader(shown.length)
      for (const match of shown) {
        out.arrayHeader(withMatchLength ? 3 : 2)
        out.arrayHeader(2)
        out.integer(match.aStart)
        out.integer(match.aEnd)
        out.arrayHeader(2)
        out.integer(match.bStart)
        out.integer(match.bEnd)
        if (withMatchLength) out.integer(match.aEnd - match.aStart + 1)
      }
      out.text("len")
      out.integer(bytes.length)
    })
  }

  return group.of({
    APPEND: Command.program(append),

    DECR: Command.program((request) => increment(request, -1)),

    DECRBY: Command.program((request) => {
      const by = request.integer(2)
      if (by === Integers.min) throw decrementOverflow
      return increment(request, typeof by === "bigint" ? Integers.normalize(-by) : -by)
    }),

    GET: Command.program((request) => {
      const db = databaseOf(request)
      const ref = StringKeys.read(db, request, 1)
      return ref === 0 ? Reply.nil : bulk(db, ref)
    }),

    GETDEL: Command.program((request) => {
      const db = databaseOf(request)
      const ref = StringKeys.read(db, request, 1)
      if (ref === 0) return Reply.nil
      const value = taken(db, ref)
      // The value is in use until it has been sent
      deleteTaken(db, request, ref, false, state.settings.lazyUserDel)
      return value
    }),

    GETEX: Command.program(getEx),

    GETRANGE: Command.program(getRange, { timedTogether: 4 }),

    GETSET: Command.program((request) => {
      const db = databaseOf(request)
      const value = taken(db, StringKeys.read(db, request, 1))
      put(db, request, 1, db.write(request.buffer(1), request.start(1), request.end(1)), 2)
      if (state.propagation.active) request.propagateAs(["SET", request.bytes(1), request.bytes(2)])
      return value
    }),

    INCR: Command.program((request) => increment(request, 1)),

    INCRBY: Command.program((request) => increment(request, request.integer(2))),

    INCRBYFLOAT: Command.program(incrementFloat),

    LCS: Command.program(lcs),

    MGET: Command.program((request) => {
      const db = databaseOf(request)
      const count = request.count - 1
      if (found.length < count) found = new Uint32Array(count * 2)
      for (let index = 0; index < count; index++) {
        const code = keyHashes.at(db, request, index + 1)
        const ref = db.read(request.buffer(index + 1), request.start(index + 1), request.end(index + 1), code)
        found[index] = ref !== 0 && db.type(ref) === Type.string ? ref : 0
      }
      return Reply.encoded((out) => {
        out.arrayHeader(count)
        for (let index = 0; index < count; index++) {
          const ref = found[index] as number
          if (ref === 0) out.nil()
          else writeBulk(db, ref, out)
        }
      })
    }),

    MSET: Command.program((request) => {
      if (request.count % 2 === 0) throw CommandError.wrongArity("mset")
      const db = databaseOf(request)
      for (let index = 1; index < request.count; index += 2) {
        const code = pairHashes.at(db, request, index)
        const ref = db.write(request.buffer(index), request.start(index), request.end(index), code)
        put(db, request, index, ref, index + 1)
      }
      return Reply.ok
    }),

    MSETNX: Command.program((request) => {
      if (request.count % 2 === 0) throw CommandError.wrongArity("msetnx")
      const db = databaseOf(request)
      for (let index = 1; index < request.count; index += 2) {
        if (db.write(request.buffer(index), request.start(index), request.end(index)) !== 0) return zero
      }
      // A key may be named twice: the second time it is there.
      for (let index = 1; index < request.count; index += 2) {
        put(db, request, index, db.write(request.buffer(index), request.start(index), request.end(index)), index + 1)
      }
      return one
    }),

    PSETEX: Command.program((request) => setFor(request, ExpireOptions.px, "psetex")),

    SET: Command.program((request) => {
      if (request.count > 3) return setWith(request)
      const db = databaseOf(request)
      put(db, request, 1, db.write(request.buffer(1), request.start(1), request.end(1)), 2)
      return Reply.ok
    }),

    SETEX: Command.program((request) => setFor(request, ExpireOptions.ex, "setex")),

    SETNX: Command.program((request) => {
      const db = databaseOf(request)
      const ref = db.write(request.buffer(1), request.start(1), request.end(1))
      if (ref !== 0) return zero
      put(db, request, 1, ref, 2)
      return one
    }),

    SETRANGE: Command.program(setRange, { timedTogether: 4 }),

    STRLEN: Command.program((request) => {
      const db = databaseOf(request)
      const ref = StringKeys.read(db, request, 1)
      return ref === 0 ? zero : Reply.integer(Strings.length(db, ref))
    }),

    SUBSTR: Command.program(getRange, { timedTogether: 4 })
  })
}))

/** A string's bytes where they lie. */
const view = (db: Database, ref: Ref): Uint8Array => {
  const start = Strings.start(db, ref)
  return Strings.bytes(db, ref).subarray(start, start + Strings.length(db, ref))
}

const writeBulk = (db: Database, ref: Ref, out: Output): void => {
  const lent = Strings.lend(db, ref)
  if (lent !== undefined) return out.bulkLent(lent)
  const start = Strings.start(db, ref)
  out.bulk(Strings.bytes(db, ref), start, start + Strings.length(db, ref))
}

/** The reply with a string that is about to be replaced or deleted, or nil. */
const taken = (db: Database, ref: Ref): Reply.Reply => {
  if (ref === 0) return Reply.nil
  const lent = Strings.lend(db, ref)
  return lent === undefined ? Reply.bulk(Strings.copyOf(db, ref)) : Reply.bulkLent(lent)
}
