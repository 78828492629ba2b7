/**
 * Commands on keys of whatever type (https://redis.io/commands/?group=generic): existence, times to live, names,
 * copies, iteration.
 */
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import { help } from "../command/Help.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import * as ScanOptions from "../command/ScanOptions.ts"
import {
  integer,
  key,
  keysAt,
  type KeySpec,
  oneOf,
  optional,
  pattern,
  type Spec,
  string,
  token,
  unixTime
} from "../command/Spec.ts"
import type { Ref } from "../memory/Arena.ts"
import { stringMatch } from "../memory/Glob.ts"
import * as Integers from "../memory/Integers.ts"
import type { Output } from "../resp/Output.ts"
import * as Reply from "../resp/Reply.ts"
import * as Access from "../store/Access.ts"
import type { Database } from "../store/Database.ts"
import { ACCESS_WORD, Type } from "../store/Entry.ts"
import { encodingName, referenceCount } from "../store/Inspection.ts"
import { KeyEventClass } from "../store/KeyEvents.ts"
import { Store } from "../store/Store.ts"
import * as Transfer from "../store/Transfer.ts"
import * as Strings from "../store/types/Strings.ts"

// ---- specs

const allKeys = (flags: KeySpec["flags"]): ReadonlyArray<KeySpec> => [keysAt(1, flags, { lastKey: -1 })]
const manyKeys = [key("key", 0, { multiple: true })]
const sumOverShards = ["request_policy:multi_shard", "response_policy:agg_sum"]
const keyspace = { since: "1.0.0", group: "generic", categories: ["keyspace"] } as const
const constant = { ...keyspace, complexity: "O(1)" } as const

const Copy = Command.make("COPY", {
  ...keyspace,
  summary: "Copies the value of a key to another key.",
  returns: Returns.boolean,
  since: "6.2.0",
  complexity: "O(N) for a collection of N elements, O(1) for a string.",
  arity: -3,
  flags: ["write", "denyoom"],
  keys: [keysAt(1, ["RO", "access"]), keysAt(2, ["OW", "update"])],
  arguments: [
    key("source", 0),
    key("destination", 1),
    integer("destination-db", { token: "DB", ...optional }),
    token("REPLACE", optional)
  ]
})

const Del = Command.make("DEL", {
  ...keyspace,
  summary: "Deletes keys.",
  returns: Returns.integer,
  complexity: "O(N) for N keys; a key with a collection of M elements counts for O(M).",
  arity: -2,
  flags: ["write"],
  keys: allKeys(["RM", "delete"]),
  arguments: manyKeys,
  tips: sumOverShards
})

const Exists = Command.make("EXISTS", {
  ...keyspace,
  summary: "Counts how many of the keys are there.",
  returns: Returns.integer,
  complexity: "O(N) for N keys.",
  arity: -2,
  flags: ["readonly", "fast"],
  keys: allKeys(["RO"]),
  arguments: manyKeys,
  tips: sumOverShards,
  history: [["3.0.3", "Takes several keys."]]
})

const expireSpec = {
  ...constant,
  arity: -3,
  flags: ["write", "fast"],
  keys: [keysAt(1, ["RW", "update"])],
  history: [["7.0.0", "Takes the conditions `NX`, `XX`, `GT` and `LT`."]]
} as const
const condition = oneOf("condition", [token("NX"), token("XX"), token("GT"), token("LT")], {
  since: "7.0.0",
  ...optional
})

const Expire = Command.make("EXPIRE", {
  ...expireSpec,
  summary: "Lets a key expire after so many seconds.",
  returns: Returns.boolean,
  arguments: [key(), integer("seconds"), condition]
})

const ExpireAt = Command.make("EXPIREAT", {
  ...expireSpec,
  summary: "Lets a key expire at a Unix time in seconds.",
  returns: Returns.boolean,
  since: "1.2.0",
  arguments: [key(), unixTime("unix-time-seconds"), condition]
})

const Pexpire = Command.make("PEXPIRE", {
  ...expireSpec,
  summary: "Lets a key expire after so many milliseconds.",
  returns: Returns.boolean,
  since: "2.6.0",
  arguments: [key(), integer("milliseconds"), condition]
})

const PexpireAt = Command.make("PEXPIREAT", {
  ...expireSpec,
  summary: "Lets a key expire at a Unix time in milliseconds.",
  returns: Returns.boolean,
  since: "2.6.0",
  arguments: [key(), unixTime("unix-time-milliseconds"), condition]
})

const lookSpec = {
  ...constant,
  arity: 2,
  flags: ["readonly", "fast"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [key()]
} as const
const ttlSpec = {
  ...lookSpec,
  tips: ["nondeterministic_output"],
  history: [["2.8.0", "Answers -2 for a key that is not there."]]
} as const

const ExpireTime = Command.make("EXPIRETIME", {
  ...lookSpec,
  summary: "Returns the Unix time in seconds at which a key expires.",
  returns: Returns.integer,
  since: "7.0.0"
})

const PexpireTime = Command.make("PEXPIRETIME", {
  ...lookSpec,
  summary: "Returns the Unix time in milliseconds at which a key expires.",
  returns: Returns.integer,
  since: "7.0.0"
})

const Ttl = Command.make("TTL", {
  ...ttlSpec,
  summary: "Returns the seconds that a key has left.",
  returns: Returns.integer
})

const Pttl = Command.make("PTTL", {
  ...ttlSpec,
  summary: "Returns the milliseconds that a key has left.",
  returns: Returns.integer,
  since: "2.6.0"
})

const TypeOf = Command.make("TYPE", {
  ...lookSpec,
  summary: "Returns the type of the value under a key.",
  returns: Returns.text,
  keys: [keysAt(1, ["RO"])]
})

const Keys = Command.make("KEYS", {
  ...keyspace,
  categories: ["keyspace", "dangerous"],
  summary: "Returns every key that matches a pattern.",
  returns: Returns.all,
  complexity: "O(N) for N keys in the database, with keys and pattern of bounded length.",
  arity: 2,
  flags: ["readonly"],
  arguments: [pattern("pattern")],
  tips: ["request_policy:all_shards", "nondeterministic_output_order"]
})

const Move = Command.make("MOVE", {
  ...constant,
  summary: "Moves a key to another database.",
  returns: Returns.boolean,
  arity: 3,
  flags: ["write", "fast"],
  keys: [keysAt(1, ["RW", "access", "update"])],
  arguments: [key(), integer("db")]
})

const objectSpec = {
  summary: "",
  since: "2.2.3",
  group: "generic",
  complexity: "O(1)",
  arity: 3,
  flags: ["readonly"],
  categories: ["keyspace"],
  keys: [keysAt(2, ["RO"])],
  arguments: [key()],
  tips: ["nondeterministic_output"]
} as const

const ObjectContainer = Command.make("OBJECT", {
  summary: "Holds the commands that look into how a value is stored.",
  since: "2.2.3",
  group: "generic",
  complexity: "Depends on the subcommand.",
  arity: -2,
  flags: []
})

const ObjectEncoding = Command.make("OBJECT|ENCODING", {
  ...objectSpec,
  returns: Returns.optional(Returns.text),
  summary: "Returns the name of a value's internal representation."
})

const ObjectFreq = Command.make("OBJECT|FREQ", {
  ...objectSpec,
  summary: "Returns the logarithmic counter of how often a value was used.",
  returns: Returns.optional(Returns.integer),
  since: "4.0.0"
})

const ObjectIdletime = Command.make("OBJECT|IDLETIME", {
  ...objectSpec,
  returns: Returns.optional(Returns.integer),
  summary: "Returns the seconds since a value was last used."
})

const ObjectRefcount = Command.make("OBJECT|REFCOUNT", {
  ...objectSpec,
  returns: Returns.optional(Returns.integer),
  summary: "Returns how many references there are to a value."
})

const ObjectHelp = Command.make("OBJECT|HELP", {
  summary: "Describes the subcommands.",
  returns: Returns.names,
  since: "6.2.0",
  group: "generic",
  complexity: "O(1)",
  arity: 2,
  flags: ["loading", "stale"],
  categories: ["keyspace"]
})

const Persist = Command.make("PERSIST", {
  ...constant,
  summary: "Takes a key's time to live away.",
  returns: Returns.boolean,
  since: "2.2.0",
  arity: 2,
  flags: ["write", "fast"],
  keys: [keysAt(1, ["RW", "update"])],
  arguments: [key()]
})

const RandomKey = Command.make("RANDOMKEY", {
  ...constant,
  summary: "Returns some key.",
  returns: Returns.value,
  arity: 1,
  flags: ["readonly"],
  tips: ["request_policy:all_shards", "nondeterministic_output"]
})

const Rename = Command.make("RENAME", {
  ...constant,
  summary: "Gives a key another name, in place of what may be there.",
  returns: Returns.done,
  arity: 3,
  flags: ["write"],
  keys: [keysAt(1, ["RW", "access", "delete"]), keysAt(2, ["OW", "update"])],
  arguments: [key(), key("newkey", 1)]
})

const RenameNx = Command.make("RENAMENX", {
  ...constant,
  summary: "Gives a key another name that is not taken yet.",
  returns: Returns.boolean,
  arity: 3,
  flags: ["write", "fast"],
  keys: [keysAt(1, ["RW", "access", "delete"]), keysAt(2, ["OW", "insert"])],
  arguments: [key(), key("newkey", 1)],
  history: [["3.2.0", "Equal names are no error any more."]]
})

const Scan = Command.make("SCAN", {
  ...keyspace,
  summary: "Iterates over the keys of the database, some at a time.",
  returns: Returns.tuple("KeyPage", { cursor: Returns.integer64, keys: Returns.all }),
  since: "2.8.0",
  complexity: "O(1) per call, O(N) for a whole iteration over N keys.",
  arity: -2,
  flags: ["readonly"],
  arguments: [
    integer("cursor"),
    pattern("pattern", { token: "MATCH", ...optional }),
    integer("count", { token: "COUNT", ...optional }),
    string("type", { token: "TYPE", since: "6.0.0", ...optional })
  ],
  tips: ["nondeterministic_output", "request_policy:special"],
  history: [["6.0.0", "Takes `TYPE`."]]
})

const Touch = Command.make("TOUCH", {
  ...keyspace,
  summary: "Marks keys as used and counts those that are there.",
  returns: Returns.integer,
  since: "3.2.1",
  complexity: "O(N) for N keys.",
  arity: -2,
  flags: ["readonly", "fast"],
  keys: allKeys(["RO"]),
  arguments: manyKeys,
  tips: sumOverShards
})

const Unlink = Command.make(
  "UNLINK",
  {
    ...keyspace,
    summary: "Deletes keys and leaves the release of their memory to the background.",
    returns: Returns.integer,
    since: "4.0.0",
    complexity: "O(1) per key; the background spends O(N) on a value of N parts.",
    arity: -2,
    flags: ["write", "fast"],
    keys: allKeys(["RM", "delete"]),
    arguments: manyKeys,
    tips: sumOverShards
  } satisfies Spec
)

export const group = Command.group(
  Copy,
  Del,
  Exists,
  Expire,
  ExpireAt,
  ExpireTime,
  Keys,
  Move,
  ObjectContainer,
  ObjectEncoding,
  ObjectFreq,
  ObjectHelp,
  ObjectIdletime,
  ObjectRefcount,
  Persist,
  Pexpire,
  PexpireAt,
  PexpireTime,
  Pttl,
  RandomKey,
  Rename,
  RenameNx,
  Scan,
  Touch,
  Ttl,
  TypeOf,
  Unlink
)

// ---- programs

/** A database index that must name one of the databases. */
export const databaseIndex = (request: Request, index: number, count: number): number => {
  const db = int32(request.integer(index))
  if (db < 0 || db >= count) throw CommandError.dbOutOfRange
  return db
}

const int32 = (value: Integers.Integer): number => {
  if (value < -2147483648 || value > 2147483647) {
    throw CommandError.make("ERR value is out of range, value must between -2147483648 and 2147483647")
  }
  return Number(value)
}

const rangeOf = (request: Request, index: number): Transfer.KeyRange => ({
  bytes: request.buffer(index),
  start: request.start(index),
  end: request.end(index)
})

const sameBytes = (request: Request, a: number, b: number): boolean =>
  Buffer.compare(
    request.buffer(a).subarray(request.start(a), request.end(a)),
    request.buffer(b).subarray(request.start(b), request.end(b))
  ) === 0

/** The names of the types, as TYPE answers and SCAN takes them. */
const typeNames: Readonly<Record<Type, string>> = {
  [Type.string]: "string",
  [Type.list]: "list",
  [Type.set]: "set",
  [Type.zset]: "zset",
  [Type.hash]: "hash",
  [Type.stream]: "stream"
}

export const layer = group.toLayer(Effect.gen(function*() {
  const store = yield* Store
  const { settings } = store.state
  const databaseOf = (request: Request): Database => store.database(request.session.db)

  const deleteKeys = (lazily: () => boolean) =>
    Command.program((request) => {
      const db = databaseOf(request)
      let deleted = 0
      for (let i = 1; i < request.count; i++) {
        const ref = db.find(request.buffer(i), request.start(i), request.end(i))
        if (ref === 0) continue
        db.delete(ref, lazily())
        db.changed(request.buffer(i), request.start(i), request.end(i), KeyEventClass.generic, "del")
        deleted++
      }
      return Reply.integer(deleted)
    })

  const expire = (command: string, unit: 1 | 1000, relative: boolean) =>
    Command.program((request) => {
      const state = store.state
      const conditions = parseConditions(request)
      const when = deadline(request.integer(2), unit, relative ? state.now : 0, command)
      const db = databaseOf(request)
      const { bytes, end, start } = rangeOf(request, 1)
      const ref = db.write(bytes, start, end)
      if (ref === 0 || !holds(conditions, when, db.exactExpireTime(ref))) return Reply.integer(0)
      if (when <= state.now && state.ownsExpiry && !state.applying) {
        db.delete(ref, settings.lazyExpire)
        if (state.propagation.active) request.propagateAs([settings.lazyExpire ? "UNLINK" : "DEL", request.bytes(1)])
        db.changed(bytes, start, end, KeyEventClass.generic, "del")
        return Reply.integer(1)
      }
      db.setExpire(ref, when)
      if (state.propagation.active && (relative || unit === 1000)) {
        request.propagateAs(["PEXPIREAT", request.bytes(1), when, ...request.copy(3)])
      }
      db.changed(bytes, start, end, KeyEventClass.generic, "expire")
      return Reply.integer(1)
    })

  const timeLeft = (unit: 1 | 1000, relative: boolean) =>
    Command.program((request) => {
      const db = databaseOf(request)
      const ref = db.peek(request.buffer(1), request.start(1), request.end(1))
      if (ref === 0) return Reply.integer(-2)
      const time = db.exactExpireTime(ref)
      if (time === -1) return Reply.integer(-1)
      return Reply.integer(inUnit(relative ? difference(time, store.state.now) : time, unit))
    })

  const rename = (exclusive: boolean) =>
    Command.program((request) => {
      const db = databaseOf(request)
      const from = rangeOf(request, 1)
      const to = rangeOf(request, 2)
      const ref = db.write(from.bytes, from.start, from.end)
      if (ref === 0) throw CommandError.noSuchKey
      if (sameBytes(request, 1, 2)) return exclusive ? Reply.integer(0) : Reply.ok
      const taken = db.write(to.bytes, to.start, to.end)
      if (taken !== 0) {
        if (exclusive) return Reply.integer(0)
        db.delete(taken, settings.lazyServerDel)
      }
      Transfer.move(db, ref, db, to)
      announceMove(db, from, "rename_from", db, to, "rename_to")
      return exclusive ? Reply.integer(1) : Reply.ok
    })

  /** Looks a value up the way OBJECT does: counted, but without a mark or a keymiss event. */
  const inspect = (look: (db: Database, ref: Ref) => Reply.Reply) =>
    Command.program((request) => {
      const db = databaseOf(request)
      const ref = db.find(request.buffer(2), request.start(2), request.end(2))
      db.count(ref !== 0)
      return ref === 0 ? Reply.nil : look(db, ref)
    })

  return group.of({
    COPY: Command.program((request) => {
      const source = databaseOf(request)
      let target = source
      let replace = false
      for (let i = 3; i < request.count; i++) {
        if (request.is(i, "REPLACE")) replace = true
        else if (request.is(i, "DB") && i + 1 < request.count) {
          target = store.database(databaseIndex(request, ++i, source.space.databases.length))
        } else throw CommandError.syntax
      }
      if (source === target && sameBytes(request, 1, 2)) throw CommandError.sameObject
      const ref = source.read(request.buffer(1), request.start(1), request.end(1))
      if (ref === 0) return Reply.integer(0)
      const to = rangeOf(request, 2)
      const taken = target.write(to.bytes, to.start, to.end)
      request.outstanding = !isShort(source, ref) || (taken !== 0 && !isShort(target, taken))
      if (taken !== 0) {
        if (!replace) return Reply.integer(0)
        target.delete(taken, settings.lazyServerDel)
      }
      Transfer.copy(source, ref, target, to, target.code)
      target.changed(to.bytes, to.start, to.end, KeyEventClass.generic, "copy_to")
      return Reply.integer(1)
    }, { timedTogether: 4 }),

    DEL: deleteKeys(() => settings.lazyUserDel),
    UNLINK: deleteKeys(() => true),

    EXISTS: Command.program((request) => {
      const db = databaseOf(request)
      let found = 0
      for (let i = 1; i < request.count; i++) {
        if (db.peek(request.buffer(i), request.start(i), request.end(i)) !== 0) found++
      }
      return Reply.integer(found)
    }),

    TOUCH: Command.program((request) => {
      const db = databaseOf(request)
      let found = 0
      for (let i = 1; i < request.count; i++) {
        if (db.read(request.buffer(i), request.start(i), request.end(i)) !== 0) found++
      }
      return Reply.integer(found)
    }),

    TYPE: Command.program((request) => {
      const db = databaseOf(request)
      const ref = db.peek(request.buffer(1), request.start(1), request.end(1))
      return Reply.simple(ref === 0 ? "none" : typeNames[db.type(ref)])
    }),

    EXPIRE: expire("expire", 1000, true),
    EXPIREAT: expire("expireat", 1000, false),
    PEXPIRE: expire("pexpire", 1, true),
    PEXPIREAT: expire("pexpireat", 1, false),
    TTL: timeLeft(1000, true),
    PTTL: timeLeft(1, true),
    EXPIRETIME: timeLeft(1000, false),
    PEXPIRETIME: timeLeft(1, false),

    PERSIST: Command.program((request) => {
      const db = databaseOf(request)
      const { bytes, end, start } = rangeOf(request, 1)
      const ref = db.write(bytes, start, end)
      if (ref === 0 || !db.persist(ref)) return Reply.integer(0)
      db.changed(bytes, start, end, KeyEventClass.generic, "persist")
      return Reply.integer(1)
    }),

    RENAME: rename(false),
    RENAMENX: rename(true),

    MOVE: Command.program((request) => {
      const source = databaseOf(request)
      const target = store.database(databaseIndex(request, 2, source.space.databases.length))
      if (source === target) throw CommandError.sameObject
      const key = rangeOf(request, 1)
      const ref = source.write(key.bytes, key.start, key.end)
      if (ref === 0 || target.write(key.bytes, key.start, key.end) !== 0) return Reply.integer(0)
      Transfer.move(source, ref, target, key)
      announceMove(source, key, "move_from", target, key, "move_to")
      return Reply.integer(1)
    }),

    KEYS: Command.program((request) => {
      const db = databaseOf(request)
      const wanted = request.bytes(1)
      const all = ScanOptions.isStar(wanted)
      const found: Array<Ref> = []
      db.dict.forEach((ref) => {
        if ((all || matches(db, ref, wanted)) && !db.isDue(ref)) found.push(ref)
      })
      return Reply.encoded((out) => writeKeys(out, db, found))
    }),

    SCAN: Command.program((request) => {
      const db = databaseOf(request)
      let cursor = ScanOptions.cursor(request, 1)
      const { count, match, type } = ScanOptions.parse(request, 2, true)
      const found: Array<Ref> = []
      let rounds = count * 10
      do {
        cursor = db.dict.scan(cursor, (ref) => found.push(ref))
      } while (cursor !== 0 && rounds-- > 0 && found.length < count)
      const kept = found.filter((ref) => {
        if (match !== undefined && !matches(db, ref, match)) return false
        const live = db.isLive(ref)
        if (type !== undefined) db.count(live)
        return live && (type === undefined || typeNames[db.type(ref)] === type)
      })
      return Reply.encoded((out) => {
        out.arrayHeader(2)
        out.bulkInteger(cursor)
        writeKeys(out, db, kept)
      })
    }),

    RANDOMKEY: Command.program((request) => {
      const db = databaseOf(request)
      // Where dead keys stay (a replica, a pause), there may be nothing but dead ones.
      for (let tries = 0;; tries++) {
        const ref = db.dict.pick(store.state.random)
        if (ref === 0) return Reply.nil
        const hopeless = db.size === db.expires.size && tries >= 100
        if (hopeless || db.isLive(ref)) return Reply.bulk(db.bytes(ref), db.keyStart(ref), db.keyEnd(ref))
      }
    }),

    OBJECT: Command.container,
    "OBJECT|HELP": Command.program(() => objectHelp),
    "OBJECT|ENCODING": inspect((db, ref) => Reply.text(encodingName(db, ref))),
    "OBJECT|REFCOUNT": inspect((db, ref) => Reply.integer(referenceCount(db, ref))),
    "OBJECT|FREQ": inspect((db, ref) => {
      if (!store.state.lfu) throw noLfu
      return Reply.integer(Access.lfuCounter(db.word(ref, ACCESS_WORD), store.state))
    }),
    "OBJECT|IDLETIME": inspect((db, ref) => {
      if (store.state.lfu) throw noLru
      return Reply.integer(Math.max(0, store.state.seconds - db.word(ref, ACCESS_WORD)))
    })
  })
}))

/** Bytes of a string that is copied as fast as most. */
const SHORT = 4096

const isShort = (db: Database, ref: Ref): boolean => db.type(ref) === Type.string && Strings.length(db, ref) <= SHORT

/** One write that takes a key away at one place and puts it at another. */
const announceMove = (
  source: Database,
  from: Transfer.KeyRange,
  fromEvent: string,
  target: Database,
  to: Transfer.KeyRange,
  toEvent: string
): void => {
  const { state } = source
  state.dirty++
  if (state.interest === 0) return
  state.modified(source.index, from.bytes, from.start, from.end)
  state.modified(target.index, to.bytes, to.start, to.end)
  state.event(source.index, KeyEventClass.generic, fromEvent, from.bytes, from.start, from.end)
  state.event(target.index, KeyEventClass.generic, toEvent, to.bytes, to.start, to.end)
}

// ---- times to live

const Condition = { nx: 1, xx: 2, gt: 4, lt: 8 } as const

const mixedConditions = CommandError.make("ERR NX and XX, GT or LT options at the same time are not compatible")
const mixedComparisons = CommandError.make("ERR GT and LT options at the same time are not compatible")

/** The conditions of EXPIRE and its kin, as bits. */
const parseConditions = (request: Request): number => {
  let bits = 0
  for (let i = 3; i < request.count; i++) {
    if (request.is(i, "NX")) bits |= Condition.nx
    else if (request.is(i, "XX")) bits |= Condition.xx
    else if (request.is(i, "GT")) bits |= Condition.gt
    else if (request.is(i, "LT")) bits |= Condition.lt
    else throw CommandError.make(`ERR Unsupported option ${request.quoted(i)}`)
  }
  if ((bits & Condition.nx) !== 0 && bits !== Condition.nx) throw mixedConditions
  if ((bits & Condition.gt) !== 0 && (bits & Condition.lt) !== 0) throw mixedComparisons
  return bits
}

/** Whether a key with that time (-1: none, which counts as infinite) may get the new one. */
const holds = (conditions: number, when: Integers.Integer, current: Integers.Integer): boolean => {
  if (conditions === 0) return true
  if ((conditions & Condition.nx) !== 0 && current !== -1) return false
  if ((conditions & Condition.xx) !== 0 && current === -1) return false
  if ((conditions & Condition.gt) !== 0 && (current === -1 || when <= current)) return false
  return (conditions & Condition.lt) === 0 || current === -1 || when < current
}

/** The absolute time in milliseconds that an argument means; it must fit in 64 bits. */
const deadline = (value: Integers.Integer, unit: 1 | 1000, base: number, command: string): Integers.Integer => {
  if (typeof value === "number" && Math.abs(value) < 2 ** 42) return value * unit + base
  const scaled = BigInt(value) * BigInt(unit)
  if (scaled > Integers.max || scaled < Integers.min || scaled > Integers.max - BigInt(base)) {
    throw CommandError.invalidExpire(command)
  }
  return Integers.normalize(scaled + BigInt(base))
}

const difference = (time: Integers.Integer, now: number): Integers.Integer => {
  if (typeof time === "number") return Math.max(0, time - now)
  const left = time - BigInt(now)
  return left < 0n ? 0 : Integers.normalize(left)
}

/** Milliseconds, or seconds rounded to the nearest. */
const inUnit = (time: Integers.Integer, unit: 1 | 1000): Integers.Integer => {
  if (unit === 1) return time
  return typeof time === "number" ? Math.trunc((time + 500) / 1000) : Integers.normalize((time + 500n) / 1000n)
}

// ---- iteration

const matches = (db: Database, ref: Ref, wanted: Uint8Array): boolean =>
  stringMatch(wanted, db.bytes(ref), false, db.keyStart(ref), db.keyEnd(ref))

const writeKeys = (out: Output, db: Database, refs: ReadonlyArray<Ref>): void => {
  out.arrayHeader(refs.length)
  for (const ref of refs) out.bulk(db.bytes(ref), db.keyStart(ref), db.keyEnd(ref))
}

// ---- OBJECT

const SWITCHING =
  "Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust."
const noLfu = CommandError.make(
  `ERR An LFU maxmemory policy is not selected, access frequency not tracked. ${SWITCHING}`
)
const noLru = CommandError.make(`ERR An LFU maxmemory policy is selected, idle time not tracked. ${SWITCHING}`)

const objectHelp = help("OBJECT", [
  "ENCODING <key>",
  "    Return the kind of internal representation used in order to store the value",
  "    associated with a <key>.",
  "FREQ <key>",
  "    Return the access frequency index of the <key>. The returned integer is",
  "    proportional to the logarithm of the recent access frequency of the key.",
  "IDLETIME <key>",
  "    Return the idle time of the <key>, that is the approximated number of",
  "    seconds elapsed since the last access to the key.",
  "REFCOUNT <key>",
  "    Return the number of references of the value associated with the specified",
  "    <key>."
])
