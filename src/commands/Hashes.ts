/** Hashes (https://redis.io/commands/?group=hash). */
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import * as ScanOptions from "../command/ScanOptions.ts"
import type { Session } from "../command/Session.ts"
import { block, double, integer, key, keysAt, optional, pattern, string, token } from "../command/Spec.ts"
import type { Ref } from "../memory/Arena.ts"
import * as Integers from "../memory/Integers.ts"
import * as Listpack from "../memory/Listpack.ts"
import * as LongDouble from "../memory/LongDouble.ts"
import type { Output } from "../resp/Output.ts"
import * as Reply from "../resp/Reply.ts"
import type { Database } from "../store/Database.ts"
import { Type } from "../store/Entry.ts"
import { KeyEventClass } from "../store/KeyEvents.ts"
import { Store } from "../store/Store.ts"
import * as HashValues from "../store/types/HashValue.ts"
import { HashValue } from "../store/types/HashValue.ts"
import * as Elements from "./Elements.ts"

// ---- specs

const hashes = { since: "2.0.0", group: "hash", categories: ["hash"] } as const
const constant = { ...hashes, complexity: "O(1)" } as const
const whole = {
  ...hashes,
  complexity: "O(N) for N fields.",
  arity: 2,
  flags: ["readonly"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [key()],
  tips: ["nondeterministic_output_order"]
} as const

const many = { multiple: true } as const
const pairs = [key(), block("field_value", [string("field"), string("value")], many)]

const fields = Returns.pairs(Returns.tuple("FieldValue", { field: Returns.bulk, value: Returns.bulk }))

const Hdel = Command.make("HDEL", {
  ...hashes,
  summary: "Deletes fields of a hash, and with the last one its key.",
  returns: Returns.integer,
  complexity: "O(N) for N fields to delete.",
  arity: -3,
  flags: ["write", "fast"],
  keys: [keysAt(1, ["RW", "delete"])],
  arguments: [key(), string("field", many)],
  history: [["2.4.0", "Takes more than one field."]]
})

const Hexists = Command.make("HEXISTS", {
  ...constant,
  summary: "Tells whether a hash has a field.",
  returns: Returns.boolean,
  arity: 3,
  flags: ["readonly", "fast"],
  keys: [keysAt(1, ["RO"])],
  arguments: [key(), string("field")]
})

const Hget = Command.make("HGET", {
  ...constant,
  summary: "Returns the value of a field.",
  returns: Returns.value,
  arity: 3,
  flags: ["readonly", "fast"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [key(), string("field")]
})

const HgetAll = Command.make("HGETALL", {
  ...whole,
  summary: "Returns all fields of a hash with their values.",
  returns: Returns.dictionary(Returns.bulk)
})

const counter = {
  ...constant,
  arity: 4,
  flags: ["write", "denyoom", "fast"],
  keys: [keysAt(1, ["RW", "access", "update"])]
} as const

const HincrBy = Command.make("HINCRBY", {
  ...counter,
  summary: "Adds a number to the integer in a field, which begins at 0 when it is not there.",
  returns: Returns.integer64,
  arguments: [key(), string("field"), integer("increment")]
})

const HincrByFloat = Command.make("HINCRBYFLOAT", {
  ...counter,
  summary: "Adds to a number with decimals in a field, which begins at 0 when it is not there.",
  returns: Returns.double,
  since: "2.6.0",
  arguments: [key(), string("field"), double("increment")]
})

const Hkeys = Command.make("HKEYS", {
  ...whole,
  summary: "Returns all fields of a hash.",
  returns: Returns.all
})

const Hlen = Command.make("HLEN", {
  ...constant,
  summary: "Counts the fields of a hash.",
  returns: Returns.integer,
  arity: 2,
  flags: ["readonly", "fast"],
  keys: [keysAt(1, ["RO"])],
  arguments: [key()]
})

const Hmget = Command.make("HMGET", {
  ...hashes,
  summary: "Returns the values of several fields.",
  returns: Returns.values,
  complexity: "O(N) for N fields asked for.",
  arity: -3,
  flags: ["readonly", "fast"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [key(), string("field", many)]
})

const setter = {
  ...hashes,
  arity: -4,
  flags: ["write", "denyoom", "fast"],
  keys: [keysAt(1, ["RW", "update"])],
  arguments: pairs
} as const

const Hmset = Command.make("HMSET", {
  ...setter,
  summary: "Sets fields of a hash.",
  returns: Returns.done,
  complexity: "O(N) for N fields to set.",
  deprecatedSince: "4.0.0",
  replacedBy: "`HSET` with several fields and values"
})

const HrandField = Command.make("HRANDFIELD", {
  ...hashes,
  summary: "Returns fields of a hash that chance picks.",
  returns: Returns.given("count", Returns.given("withvalues", fields, Returns.all), Returns.value),
  since: "6.2.0",
  complexity: "O(N) for N fields returned.",
  arity: -2,
  flags: ["readonly"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [key(), block("options", [integer("count"), token("WITHVALUES", optional)], optional)],
  tips: ["nondeterministic_output"]
})

const Hscan = Command.make("HSCAN", {
  ...hashes,
  summary: "Goes through the fields of a hash, some with each call.",
  returns: Returns.tuple("FieldPage", { cursor: Returns.integer64, fields }),
  since: "2.8.0",
  complexity: "O(1) per call, O(N) for all N fields.",
  arity: -3,
  flags: ["readonly"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [
    key(),
    integer("cursor"),
    pattern("pattern", { token: "MATCH", ...optional }),
    integer("count", { token: "COUNT", ...optional })
  ],
  tips: ["nondeterministic_output"]
})

const Hset = Command.make("HSET", {
  ...setter,
  summary: "Sets fields of a hash.",
  returns: Returns.integer,
  complexity: "O(1) per field, so O(N) for N fields.",
  history: [["4.0.0", "Takes more than one field with its value."]]
})

const HsetNx = Command.make("HSETNX", {
  ...constant,
  summary: "Sets a field unless it is there.",
  returns: Returns.boolean,
  arity: 4,
  flags: ["write", "denyoom", "fast"],
  keys: [keysAt(1, ["RW", "insert"])],
  arguments: [key(), string("field"), string("value")]
})

const HstrLen = Command.make("HSTRLEN", {
  ...constant,
  summary: "Returns the length of a field's value.",
  returns: Returns.integer,
  since: "3.2.0",
  arity: 3,
  flags: ["readonly", "fast"],
  keys: [keysAt(1, ["RO"])],
  arguments: [key(), string("field")]
})

const Hvals = Command.make("HVALS", {
  ...whole,
  summary: "Returns all values of a hash.",
  returns: Returns.all
})

export const group = Command.group(
  Hdel,
  Hexists,
  Hget,
  HgetAll,
  HincrBy,
  HincrByFloat,
  Hkeys,
  Hlen,
  Hmget,
  Hmset,
  HrandField,
  Hscan,
  Hset,
  HsetNx,
  HstrLen,
  Hvals
)

// ---- programs

const notAnInteger = CommandError.make("ERR hash value is not an integer")
const notAFloat = CommandError.make("ERR hash value is not a float")
const incrementNotFinite = CommandError.make("ERR value is NaN or Infinity")

const zero = Reply.integer(0)
const one = Reply.integer(1)
const emptyMap = Reply.map([])
const emptyScan = Reply.array([Reply.text("0"), Reply.emptyArray])
/** Beyond this, a count WITHVALUES would mean more elements than 64 bits can count. */
const MOST_PAIRS = Integers.max / 2n

export const layer = group.toLayer(Effect.gen(function*() {
  const store = yield* Store
  const { state } = store
  const hash = new HashValue(store.database(0).space)
  const field = new Listpack.Element()
  const value = new Listpack.Element()
  /** The field or value that a command found, as a reply. */
  const pickedField = Reply.encoded((out) => Elements.write(out, field))
  const found = Reply.encoded((out) => Elements.write(out, value))
  const digits = new Uint8Array(Integers.maxSize)

  const databaseOf = (request: Request): Database => store.database(request.session.db)

  const orFail = (db: Database, ref: Ref): Ref => {
    if (ref !== 0 && db.type(ref) !== Type.hash) throw CommandError.wrongType
    return ref
  }

  /** Takes up the hash at the request's key for reading; false when there is none. */
  const openToRead = (request: Request): boolean => {
    const db = databaseOf(request)
    const ref = orFail(db, db.read(request.buffer(1), request.start(1), request.end(1)))
    if (ref !== 0) hash.open(db, ref)
    return ref !== 0
  }

  /** Takes up the hash at the request's key for writing and adds an empty one where there is none. */
  const openToWrite = (request: Request, db: Database): void => {
    const key = request.buffer(1)
    const ref = orFail(db, db.write(key, request.start(1), request.end(1)))
    hash.open(db, ref === 0 ? HashValues.add(db, key, request.start(1), request.end(1)) : ref)
  }

  const getField = (request: Request): boolean => hash.get(request.buffer(2), request.start(2), request.end(2), value)

  const setPair = (request: Request, at: number): boolean =>
    hash.set(
      request.buffer(at),
      request.start(at),
      request.end(at),
      request.buffer(at + 1),
      request.start(at + 1),
      request.end(at + 1)
    )

  const changed = (db: Database, request: Request, changes: number, event: string): void => {
    db.changed(request.buffer(1), request.start(1), request.end(1), KeyEventClass.hash, event)
    state.dirty += changes - 1
  }

  /** HSET and HMSET: how many fields were new. */
  const setAll = (request: Request, name: string): number => {
    if (request.count % 2 === 1) throw CommandError.wrongArity(name)
    const db = databaseOf(request)
    openToWrite(request, db)
    let added = 0
    for (let at = 2; at < request.count; at += 2) if (setPair(request, at)) added++
    changed(db, request, (request.count - 2) / 2, "hset")
    return added
  }

  const increment = (request: Request): Reply.Reply => {
    const by = request.integer(3)
    const db = databaseOf(request)
    openToWrite(request, db)
    const old = getField(request) ? integerOf(value) : 0
    if (old === undefined) throw notAnInteger
    const sum = Integers.add(old, by)
    if (sum === undefined) throw CommandError.overflow
    hash.set(request.buffer(2), request.start(2), request.end(2), digits, 0, Integers.write(digits, 0, sum))
    changed(db, request, 1, "hincrby")
    return Reply.integer(sum)
  }

  const incrementFloat = (request: Request): Reply.Reply => {
    const by = LongDouble.parse(request.buffer(3), request.start(3), request.end(3))
    if (by === undefined) throw CommandError.notAFloat
    if (!LongDouble.isFinite(by)) throw incrementNotFinite
    const db = databaseOf(request)
    openToWrite(request, db)
    const old = getField(request) ? floatOf(value) : 0
    if (old === undefined) throw notAFloat
    const sum = LongDouble.add(old, by)
    if (!LongDouble.isFinite(sum)) throw CommandError.nanOrInfinity
    const text = Buffer.from(LongDouble.toText(sum), "latin1")
    hash.set(request.buffer(2), request.start(2), request.end(2), text, 0, text.length)
    changed(db, request, 1, "hincrbyfloat")
    // Other machines may round otherwise.
    if (state.propagation.active) request.propagateAs(["HSET", request.bytes(1), request.bytes(2), text])
    return Reply.bulk(text)
  }

  const remove = (request: Request): Reply.Reply => {
    const db = databaseOf(request)
    const name = request.buffer(1)
    const ref = orFail(db, db.write(name, request.start(1), request.end(1)))
    if (ref === 0) return zero
    hash.open(db, ref)
    let removed = 0
    for (let at = 2; at < request.count && hash.length > 0; at++) {
      if (hash.remove(request.buffer(at), request.start(at), request.end(at))) removed++
    }
    if (removed === 0) return zero
    const isEmpty = hash.length === 0
    if (isEmpty) db.delete(ref, false)
    changed(db, request, removed, "hdel")
    if (isEmpty) state.event(db.index, KeyEventClass.generic, "del", name, request.start(1), request.end(1))
    return Reply.integer(removed)
  }

  const pick = (request: Request): Reply.Reply => {
    if (request.count === 2) {
      if (!openToRead(request)) return Reply.nil
      hash.pick(state.random, field, value)
      return pickedField
    }
    const count = Elements.pickCount(request, 2)
    const withValues = request.count > 3
    if (request.count > 4 || (withValues && !request.is(3, "WITHVALUES"))) throw CommandError.syntax
    if (withValues && (count > MOST_PAIRS || count < -MOST_PAIRS)) throw CommandError.outOfRange
    if (!openToRead(request) || count === 0) return Reply.emptyArray
    return Reply.encoded((out) => writePicks(request.session, out, Number(count), withValues))
  }

  const writePicks = (session: Session, out: Output, count: number, withValues: boolean): void => {
    const size = count < 0 ? -count : Math.min(count, hash.length)
    out.arrayHeader(withValues && out.resp === 2 ? size * 2 : size)
    const write = (field: Listpack.Element, value: Listpack.Element): void => {
      if (withValues && out.resp > 2) out.arrayHeader(2)
      Elements.write(out, field)
      if (withValues) Elements.write(out, value)
    }
    if (count < 0) {
      for (let left = size; left > 0 && !Elements.asksTooMuch(session); left--) {
        hash.pick(state.random, field, value)
        write(field, value)
      }
    } else if (size === hash.length) hash.forEach(write)
    else if (hash.isDict) {
      for (const ref of Elements.pickDistinct(hash.dict, size, state.random)) {
        hash.readPair(ref, field, value)
        write(field, value)
      }
    } else {
      const places = Elements.distinct(size, hash.length, state.random)
      let place = 0
      hash.forEach((field, value) => {
        if (places.has(place++)) write(field, value)
      })
    }
  }

  const scan = (request: Request): Reply.Reply => {
    const from = ScanOptions.cursor(request, 2)
    if (!openToRead(request)) return emptyScan
    const options = ScanOptions.parse(request, 3)
    return hash.isDict ? scanDict(from, options) : scanAll(options)
  }

  const scanDict = (from: number, options: ScanOptions.ScanOptions): Reply.Reply => {
    const { match } = options
    const [cursor, visited] = Elements.scan(hash.dict, from, options)
    const refs = match === undefined ? visited : visited.filter((ref) => {
      hash.readPair(ref, field, value)
      return Elements.matches(match, field)
    })
    return Reply.encoded((out) => {
      out.arrayHeader(2)
      out.bulkInteger(cursor)
      out.arrayHeader(refs.length * 2)
      for (const ref of refs) {
        hash.readPair(ref, field, value)
        Elements.write(out, field)
        Elements.write(out, value)
      }
    })
  }

  /** Of a small hash, all fields come with the first call. */
  const scanAll = ({ match }: ScanOptions.ScanOptions): Reply.Reply => {
    const isAskedFor = (field: Listpack.Element): boolean => match === undefined || Elements.matches(match, field)
    return Reply.encoded((out) => {
      let found = match === undefined ? hash.length : 0
      if (match !== undefined) hash.forEach((field) => void (Elements.matches(match, field) && found++))
      out.arrayHeader(2)
      out.bulkInteger(0)
      out.arrayHeader(found * 2)
      hash.forEach((field, value) => {
        if (!isAskedFor(field)) return
        Elements.write(out, field)
        Elements.write(out, value)
      })
    })
  }

  return group.of({
    HDEL: Command.program(remove),

    HEXISTS: Command.program((request) =>
      openToRead(request) && hash.has(request.buffer(2), request.start(2), request.end(2)) ? one : zero
    ),

    HGET: Command.program((request) => openToRead(request) && getField(request) ? found : Reply.nil),

    HGETALL: Command.program((request) => {
      if (!openToRead(request)) return emptyMap
      return Reply.encoded((out) => {
        out.mapHeader(hash.length)
        hash.forEach((field, value) => {
          Elements.write(out, field)
          Elements.write(out, value)
        })
      })
    }),

    HINCRBY: Command.program(increment),
    HINCRBYFLOAT: Command.program(incrementFloat),

    HKEYS: Command.program((request) => {
      if (!openToRead(request)) return Reply.emptyArray
      return Reply.encoded((out) => {
        out.arrayHeader(hash.length)
        hash.forEach((field) => Elements.write(out, field))
      })
    }),

    HLEN: Command.program((request) => openToRead(request) ? Reply.integer(hash.length) : zero),

    HMGET: Command.program((request) => {
      const exists = openToRead(request)
      return Reply.encoded((out) => {
        out.arrayHeader(request.count - 2)
        for (let at = 2; at < request.count; at++) {
          if (exists && hash.get(request.buffer(at), request.start(at), request.end(at), value)) {
            Elements.write(out, value)
          } else out.nil()
        }
      })
    }),

    HMSET: Command.program((request) => {
      setAll(request, "hmset")
      return Reply.ok
    }),

    HRANDFIELD: Command.program(pick),
    HSCAN: Command.program(scan),
    HSET: Command.program((request) => Reply.integer(setAll(request, "hset"))),

    HSETNX: Command.program((request) => {
      const db = databaseOf(request)
      openToWrite(request, db)
      if (hash.has(request.buffer(2), request.start(2), request.end(2))) return zero
      setPair(request, 2)
      changed(db, request, 1, "hset")
      return one
    }),

    HSTRLEN: Command.program((request) =>
      openToRead(request) && getField(request) ? Reply.integer(value.length) : zero
    ),

    HVALS: Command.program((request) => {
      if (!openToRead(request)) return Reply.emptyArray
      return Reply.encoded((out) => {
        out.arrayHeader(hash.length)
        hash.forEach((_, value) => Elements.write(out, value))
      })
    })
  })
}))

const integerOf = (value: Listpack.Element): Integers.Integer | undefined =>
  value.isInteger ? value.integer : Integers.parse(value.bytes, value.start, value.end)

const floatOf = (value: Listpack.Element): LongDouble.LongDouble | undefined => {
  value.text()
  return LongDouble.parse(value.bytes, value.start, value.end)
}
