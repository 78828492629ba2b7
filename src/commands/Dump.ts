/** DUMP and RESTORE: single values as bytes, which any Redis understands. */
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { integer, key, keysAt, optional, string, token } from "../command/Spec.ts"
import { Config } from "../config/Config.ts"
import * as Integers from "../memory/Integers.ts"
import type { Integer } from "../memory/Integers.ts"
import * as Payload from "../persistence/Payload.ts"
import { RdbOutput } from "../persistence/RdbOutput.ts"
import { setAccess } from "../persistence/RdbReader.ts"
import * as Reply from "../resp/Reply.ts"
import { KeyEventClass } from "../store/KeyEvents.ts"
import { Store } from "../store/Store.ts"

const Dump = Command.make("DUMP", {
  summary: "Returns the value of a key as bytes that RESTORE takes.",
  returns: Returns.optional(Returns.bytes),
  since: "2.6.0",
  group: "generic",
  complexity: "O(N*M) for a value of N elements of M bytes each.",
  arity: 2,
  flags: ["readonly"],
  categories: ["keyspace"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [key()],
  tips: ["nondeterministic_output"]
})

const Restore = Command.make("RESTORE", {
  summary: "Creates a key with a value that DUMP returned.",
  returns: Returns.done,
  since: "2.6.0",
  group: "generic",
  complexity: "O(N*M) for a value of N elements of M bytes each; O(N*M*log(N)) for a sorted set.",
  arity: -4,
  flags: ["write", "denyoom"],
  categories: ["keyspace", "dangerous"],
  keys: [keysAt(1, ["OW", "update"])],
  arguments: [
    key(),
    integer("ttl"),
    string("serialized-value"),
    token("REPLACE", { since: "3.0.0", ...optional }),
    token("ABSTTL", { since: "5.0.0", ...optional }),
    integer("seconds", { token: "IDLETIME", since: "5.0.0", ...optional }),
    integer("frequency", { token: "FREQ", since: "5.0.0", ...optional })
  ],
  history: [
    ["3.0.0", "Takes `REPLACE`."],
    ["5.0.0", "Takes `ABSTTL`."],
    ["5.0.0", "Takes `IDLETIME` and `FREQ`."]
  ]
})

export const group = Command.group(Dump, Restore)

const invalidIdle = CommandError.make("ERR Invalid IDLETIME value, must be >= 0")
const invalidFrequency = CommandError.make("ERR Invalid FREQ value, must be >= 0 and <= 255")
const invalidTtl = CommandError.make("ERR Invalid TTL value, must be >= 0")
const wrongPayload = CommandError.make("ERR DUMP payload version or checksum are wrong")
const badFormat = CommandError.make("ERR Bad data format")

/** What takes longer than most. */
const LONG_PAYLOAD = 256

interface RestoreOptions {
  readonly replace: boolean
  readonly absolute: boolean
  /** -1: not given. */
  readonly idle: number
  readonly frequency: number
}

const optionsOf = (request: Request): RestoreOptions => {
  let replace = false
  let absolute = false
  let idle = -1
  let frequency = -1
  for (let i = 4; i < request.count; i++) {
    const more = i + 1 < request.count
    if (request.is(i, "REPLACE")) replace = true
    else if (request.is(i, "ABSTTL")) absolute = true
    else if (request.is(i, "IDLETIME") && more && frequency === -1) {
      const value = request.integer(++i)
      if (value < 0) throw invalidIdle
      idle = Number(value)
    } else if (request.is(i, "FREQ") && more && idle === -1) {
      const value = request.integer(++i)
      if (value < 0 || value > 255) throw invalidFrequency
      frequency = Number(value)
    } else throw CommandError.syntax
  }
  return { replace, absolute, idle, frequency }
}

export const layer = group.toLayer(Effect.gen(function*() {
  const store = yield* Store
  const { values } = yield* Config
  const { state } = store
  const out = new RdbOutput({ compress: () => values.rdbcompression })

  /** The moment at which the key is to expire, or -1: never. */
  const expiryOf = (request: Request, absolute: boolean): Integer => {
    const ttl = request.integer(2)
    if (ttl < 0) throw invalidTtl
    if (ttl === 0) return -1
    // Beyond 64 bits Redis's sum wraps around.
    return absolute ? ttl : Integers.normalize(BigInt.asIntN(64, BigInt(ttl) + BigInt(state.now)))
  }

  return group.of({
    DUMP: Command.program((request) => {
      const db = store.database(request.session.db)
      const ref = db.read(request.buffer(1), request.start(1), request.end(1))
      if (ref === 0) return Reply.nil
      const payload = Payload.dump(out, db, ref)
      request.outstanding = payload.length > LONG_PAYLOAD
      return Reply.bulk(payload)
    }, { timedTogether: 2 }),

    RESTORE: Command.program((request) => {
      const options = optionsOf(request)
      const db = store.database(request.session.db)
      const bytes = request.buffer(1)
      const [start, end] = [request.start(1), request.end(1)]
      if (!options.replace && db.write(bytes, start, end) !== 0) throw CommandError.busyKey
      const when = expiryOf(request, options.absolute)
      const payload = request.bytes(3)
      if (!Payload.isSound(payload, true)) throw wrongPayload
      const restored = Payload.read(db, payload, values["sanitize-dump-payload"] !== "no")
      if (restored === undefined) throw badFormat
      const taken = options.replace ? db.findAny(bytes, start, end) : 0
      if (taken !== 0) db.delete(taken, state.settings.lazyServerDel)
      if (when !== -1 && when <= state.now && state.ownsExpiry && !state.applying) {
        Payload.discard(restored)
        if (taken !== 0) {
          request.propagateAs(["DEL", request.bytes(1)])
          db.changed(bytes, start, end, KeyEventClass.generic, "del")
        }
        return Reply.ok
      }
      const ref = Payload.add(db, bytes, start, end, restored)
      if (when !== -1) db.setExpire(ref, when)
      setAccess(db, ref, options.idle, options.frequency)
      if (when !== -1 && !options.absolute) {
        request.propagateAs([request.bytes(0), request.bytes(1), when, ...request.copy(3), "ABSTTL"])
      }
      db.changed(bytes, start, end, KeyEventClass.generic, "restore")
      return Reply.ok
    })
  })
}))
