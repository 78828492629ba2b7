/**
 * HyperLogLogs: how many different elements there are, estimated within a percent, in 12 KB at most
 * (https://redis.io/commands/?group=hyperloglog). They are strings of a certain form: GET, SET and DUMP take them along.
 */
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { key, keysAt, optional, string } from "../command/Spec.ts"
import * as StringKeys from "../command/StringKeys.ts"
import { Config } from "../config/Config.ts"
import type { Ref } from "../memory/Arena.ts"
import * as HyperLogLog from "../memory/HyperLogLog.ts"
import * as Reply from "../resp/Reply.ts"
import type { Database } from "../store/Database.ts"
import { Encoding } from "../store/Entry.ts"
import { KeyEventClass } from "../store/KeyEvents.ts"
import { Store } from "../store/Store.ts"
import * as Strings from "../store/types/Strings.ts"

// ---- specs

const spec = { since: "2.8.9", group: "hyperloglog", categories: ["hyperloglog"] } as const

const PfAdd = Command.make("PFADD", {
  ...spec,
  summary: "Adds elements to a HyperLogLog, creating it when it is not there.",
  returns: Returns.boolean,
  complexity: "O(1) for each element.",
  arity: -2,
  flags: ["write", "denyoom", "fast"],
  keys: [keysAt(1, ["RW", "insert"])],
  arguments: [key(), string("element", { multiple: true, ...optional })]
})

const PfCount = Command.make("PFCOUNT", {
  ...spec,
  summary: "Estimates how many different elements were added to one HyperLogLog, or to any of several.",
  returns: Returns.integer,
  complexity: "O(1) for one key, mostly from the last estimate. O(N) for N keys, with great constant times.",
  arity: -2,
  flags: ["readonly", "may_replicate"],
  keys: [keysAt(1, ["RW", "access"], { lastKey: -1, notes: "Keeps the estimate in the value" })],
  arguments: [key("key", 0, { multiple: true })]
})

const PfMerge = Command.make("PFMERGE", {
  ...spec,
  summary: "Adds what was added to some HyperLogLogs to another.",
  returns: Returns.done,
  complexity: "O(N) for N HyperLogLogs, with great constant times.",
  arity: -2,
  flags: ["write", "denyoom"],
  keys: [keysAt(1, ["RW", "access", "insert"]), keysAt(2, ["RO", "access"], { lastKey: -1 })],
  arguments: [key("destkey"), key("sourcekey", 1, { multiple: true })]
})

const PfDebug = Command.make("PFDEBUG", {
  ...spec,
  summary: "Shows the inside of a HyperLogLog, for tests.",
  returns: Returns.anything,
  complexity: "N/A",
  arity: 3,
  flags: ["write", "denyoom", "admin"],
  keys: [keysAt(2, ["RW", "access"])],
  arguments: [string("subcommand"), key()],
  system: true
})

const PfSelfTest = Command.make("PFSELFTEST", {
  ...spec,
  summary: "Tries whether HyperLogLogs estimate as well as they should, for tests.",
  returns: Returns.done,
  complexity: "N/A",
  arity: 1,
  flags: ["admin"],
  system: true
})

export const group = Command.group(PfAdd, PfCount, PfMerge, PfDebug, PfSelfTest)

// ---- programs

const notOne = CommandError.make("WRONGTYPE Key is not a valid HyperLogLog string value.")
const corrupt = CommandError.make("INVALIDOBJ Corrupted HLL object detected")
const noSuchKey = CommandError.make("ERR The specified key does not exist")
const notSparse = CommandError.make("ERR HLL encoding is not sparse")

/** Where a HyperLogLog lies now. */
const startOf = (db: Database, ref: Ref): number => Strings.start(db, ref)
const endOf = (db: Database, ref: Ref): number => Strings.start(db, ref) + Strings.length(db, ref)

const check = (db: Database, ref: Ref): Ref => {
  // Redis keeps integers as such, which cannot be one; their text is too short anyway
  if (ref !== 0 && !HyperLogLog.isOne(Strings.bytes(db, ref), startOf(db, ref), endOf(db, ref))) throw notOne
  return ref
}

/** The HyperLogLog to be changed in place; its encoding is raw from now on. */
const own = (db: Database, ref: Ref): Ref => Strings.reserve(db, ref, Strings.length(db, ref))

const isDense = (db: Database, ref: Ref): boolean => HyperLogLog.isDense(Strings.bytes(db, ref), startOf(db, ref))

const put = (db: Database, ref: Ref, bytes: Uint8Array, length: number): Ref =>
  Strings.replace(db, ref, bytes, 0, length, Encoding.raw)

const makeDense = (db: Database, ref: Ref): Ref => {
  if (isDense(db, ref)) return ref
  const dense = HyperLogLog.toDense(Strings.bytes(db, ref), startOf(db, ref), endOf(db, ref))
  if (dense === undefined) throw corrupt
  return put(db, ref, dense, dense.length)
}

export const layer = group.toLayer(Effect.gen(function*() {
  const store = yield* Store
  const { values } = yield* Config
  const { state } = store
  const sparse = new HyperLogLog.Sparse()
  const pattern = new HyperLogLog.Pattern()
  const registers = new HyperLogLog.Registers()

  const changed = (db: Database, request: Request): void =>
    db.changed(request.buffer(1), request.start(1), request.end(1), KeyEventClass.string, "pfadd")

  /** The HyperLogLog under the request's first key, made if it is not there. */
  const makeOne = (db: Database, request: Request, found: Ref): Ref => {
    if (found !== 0) return own(db, found)
    const [bytes, start, end] = [request.buffer(1), request.start(1), request.end(1)]
    return Strings.add(db, bytes, start, end, HyperLogLog.empty, 0, HyperLogLog.empty.length, Encoding.raw)
  }

  /**
   * Raises registers, which `next` names one after the other in `pattern` until it returns false; returns how many were
   * lower. What was raised stays so when the value turns out to be corrupt.
   */
  const raise = (db: Database, found: Ref, next: () => boolean): number => {
    let ref = found
    let raised = 0
    let more = next()
    if (!isDense(db, ref)) {
      const most = values["hll-sparse-max-bytes"]
      sparse.load(Strings.bytes(db, ref), startOf(db, ref), endOf(db, ref))
      let outcome: HyperLogLog.Raised = "as high"
      for (; more; more = next()) {
        outcome = sparse.raise(pattern.index, pattern.run, most)
        if (outcome === "raised") raised++
        else if (outcome !== "as high") break
      }
      if (raised > 0) ref = put(db, ref, sparse.bytes, sparse.length)
      if (outcome === "corrupt") throw corrupt
      if (!more) return raised
      ref = makeDense(db, ref)
    }
    const bytes = Strings.bytes(db, ref)
    const start = startOf(db, ref)
    for (; more; more = next()) if (HyperLogLog.raiseDense(bytes, start, pattern.index, pattern.run)) raised++
    return raised
  }

  const invalidate = (db: Database, request: Request): void => {
    const ref = db.find(request.buffer(1), request.start(1), request.end(1))
    HyperLogLog.invalidate(Strings.bytes(db, ref), startOf(db, ref))
  }

  const countOne = (db: Database, request: Request): Reply.Reply => {
    const found = check(db, StringKeys.read(db, request, 1))
    if (found === 0) return Reply.integer(0)
    const ref = own(db, found)
    const bytes = Strings.bytes(db, ref)
    const start = startOf(db, ref)
    const cached = HyperLogLog.cached(bytes, start)
    if (cached !== undefined) return Reply.integer(cached)
    const count = HyperLogLog.count(bytes, start, endOf(db, ref))
    if (count === undefined) throw corrupt
    HyperLogLog.cache(bytes, start, count)
    // The estimate is part of the value: it counts as a change, though it has no event
    state.dirty++
    state.modified(db.index, request.buffer(1), request.start(1), request.end(1))
    return Reply.integer(count)
  }

  /** Leaves the highest registers of the HyperLogLogs that are there in `registers`; tells whether one of them is dense. */
  const merge = (db: Database, request: Request): boolean => {
    registers.clear()
    let dense = false
    for (let index = 1; index < request.count; index++) {
      const ref = check(db, StringKeys.read(db, request, index))
      if (ref === 0) continue
      dense ||= isDense(db, ref)
      if (!registers.merge(Strings.bytes(db, ref), startOf(db, ref), endOf(db, ref))) throw corrupt
    }
    return dense
  }

  const subcommands: Readonly<Record<string, (db: Database, ref: Ref) => Reply.Reply>> = {
    DECODE: (db, ref) => {
      if (isDense(db, ref)) throw notSparse
      return Reply.text(HyperLogLog.decode(Strings.bytes(db, ref), startOf(db, ref), endOf(db, ref)))
    },
    ENCODING: (db, ref) => Reply.simple(isDense(db, ref) ? "dense" : "sparse"),
    GETREG: (db, found) => {
      const isSparse = !isDense(db, found)
      const ref = makeDense(db, found)
      if (isSparse) state.dirty++
      registers.clear().merge(Strings.bytes(db, ref), startOf(db, ref), endOf(db, ref))
      return Reply.encoded((out) => {
        out.arrayHeader(registers.bytes.length)
        for (const value of registers.bytes) out.integer(value)
      })
    },
    TODENSE: (db, ref) => {
      if (isDense(db, ref)) return Reply.integer(0)
      makeDense(db, ref)
      state.dirty++
      return Reply.integer(1)
    }
  }

  return group.of({
    PFADD: Command.program((request) => {
      const db = store.database(request.session.db)
      const found = check(db, StringKeys.write(db, request, 1))
      let at = 1
      const raised = raise(db, makeOne(db, request, found), () => {
        if (++at >= request.count) return false
        pattern.of(request.buffer(at), request.start(at), request.end(at))
        return true
      })
      const updated = found === 0 ? raised + 1 : raised
      if (updated === 0) return Reply.integer(0)
      invalidate(db, request)
      changed(db, request)
      state.dirty += updated - 1
      return Reply.integer(1)
    }),

    PFCOUNT: Command.program((request) => {
      const db = store.database(request.session.db)
      if (request.count === 2) return countOne(db, request)
      merge(db, request)
      return Reply.integer(registers.count())
    }),

    PFMERGE: Command.program((request) => {
      const db = store.database(request.session.db)
      const dense = merge(db, request)
      const ref = makeOne(db, request, StringKeys.write(db, request, 1))
      if (dense) {
        const target = makeDense(db, ref)
        registers.write(Strings.bytes(db, target), startOf(db, target))
      } else {
        pattern.index = -1
        raise(db, ref, () => {
          pattern.index = registers.next(pattern.index + 1)
          pattern.run = registers.bytes[pattern.index] ?? 0
          return pattern.index < HyperLogLog.REGISTERS
        })
      }
      invalidate(db, request)
      changed(db, request)
      return Reply.ok
    }),

    PFDEBUG: Command.program((request) => {
      const db = store.database(request.session.db)
      const found = check(db, StringKeys.write(db, request, 2))
      if (found === 0) throw noSuchKey
      const ref = own(db, found)
      const subcommand = subcommands[request.word(1)]
      if (subcommand === undefined) {
        throw CommandError.make(`ERR Unknown PFDEBUG subcommand '${request.quoted(1)}'`)
      }
      return subcommand(db, ref)
    }),

    PFSELFTEST: Command.program(() => {
      const failure = selfTest()
      if (failure !== undefined) throw CommandError.make(`TESTFAILED ${failure}`)
      return Reply.ok
    })
  })
}))

/** Elements that PFSELFTEST adds: few enough to hold nobody up, enough for a dense HyperLogLog to be tried. */
const TRIED = 50_000

/** Adds elements and compares the estimates with their number, sparse and dense; tells what is wrong. */
const selfTest = (): string | undefined => {
  const pattern = new HyperLogLog.Pattern()
  const sparse = new HyperLogLog.Sparse()
  sparse.load(HyperLogLog.empty, 0, HyperLogLog.empty.length)
  const dense = HyperLogLog.toDense(HyperLogLog.empty, 0, HyperLogLog.empty.length)
  if (dense === undefined) return "an empty HyperLogLog has no dense form"
  let isSparse = true
  let checkpoint = 1
  for (let n = 1; n <= TRIED; n++) {
    const element = Buffer.from(`element ${n}`)
    pattern.of(element, 0, element.length)
    HyperLogLog.raiseDense(dense, 0, pattern.index, pattern.run)
    isSparse &&= sparse.raise(pattern.index, pattern.run, 12_000) !== "too big"
    if (n !== checkpoint && n !== TRIED) continue
    checkpoint *= 10
    const count = Number(HyperLogLog.count(dense, 0, dense.length))
    // Four standard errors, and one for what is too few to speak of a share
    if (Math.abs(count - n) > Math.ceil((n * 4 * 1.04) / Math.sqrt(HyperLogLog.REGISTERS))) {
      return `${n} elements were estimated at ${count}`
    }
    if (isSparse && Number(HyperLogLog.count(sparse.bytes, 0, sparse.length)) !== count) {
      return `sparse and dense differ after ${n} elements`
    }
  }
  return undefined
}
