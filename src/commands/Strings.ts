import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import * as Integers from "../memory/Integers.ts"
import * as Reply from "../resp/Reply.ts"
import { Type } from "../store/Entry.ts"
import { KeyEventClass } from "../store/KeyEvents.ts"
import { Store } from "../store/Store.ts"
import * as Strings from "../store/types/Strings.ts"

const base = { summary: "", since: "1.0.0", group: "string" } as const
const Get = Command.make("GET", { ...base, complexity: "O(1)", arity: 2, flags: ["readonly", "fast"] })
const Set = Command.make("SET", { ...base, complexity: "O(1)", arity: -3, flags: ["write", "denyoom"] })
const Incr = Command.make("INCR", { ...base, complexity: "O(1)", arity: 2, flags: ["write", "denyoom", "fast"] })
const Mset = Command.make("MSET", { ...base, complexity: "O(N)", arity: -3, flags: ["write", "denyoom"] })
export const group = Command.group(Get, Set, Incr, Mset)

export const layer = group.toLayer(Effect.gen(function*() {
  const store = yield* Store
  const scratch = Buffer.alloc(32)
  const put = (
    db: ReturnType<typeof store.database>,
    k: Uint8Array,
    ks: number,
    ke: number,
    v: Uint8Array,
    vs: number,
    ve: number
  ) => {
    const found = db.find(k, ks, ke)
    if (found === 0) Strings.add(db, k, ks, ke, v, vs, ve, 0, db.code)
    else {
      const ref = Strings.replace(db, found, v, vs, ve)
      db.touch(ref)
      db.persist(ref)
    }
    db.changed(k, ks, ke, KeyEventClass.string, "set")
  }
  return group.of({
    GET: Command.program((request) => {
      const db = store.database(request.session.db)
      const ref = db.read(request.buffer(1), request.start(1), request.end(1))
      if (ref === 0) return Reply.nil
      if (db.type(ref) !== Type.string) throw CommandError.wrongType
      const from = Strings.start(db, ref)
      return Reply.bulk(Strings.bytes(db, ref), from, from + Strings.length(db, ref))
    }),
    SET: Command.program((request) => {
      const db = store.database(request.session.db)
      if (request.count > 3) throw CommandError.syntax
      put(db, request.buffer(1), request.start(1), request.end(1), request.buffer(2), request.start(2), request.end(2))
      return Reply.ok
    }),
    MSET: Command.program((request) => {
      const db = store.database(request.session.db)
      for (let i = 1; i + 1 < request.count; i += 2) {
        put(
          db,
          request.buffer(i),
          request.start(i),
          request.end(i),
          request.buffer(i + 1),
          request.start(i + 1),
          request.end(i + 1)
        )
      }
      return Reply.ok
    }),
    INCR: Command.program((request) => {
      const db = store.database(request.session.db)
      const key = request.buffer(1), start = request.start(1), end = request.end(1)
      const ref = db.write(key, start, end)
      if (ref === 0) {
        scratch[0] = 49
        Strings.add(db, key, start, end, scratch, 0, 1, 0, db.code)
        db.changed(key, start, end, KeyEventClass.string, "incrby")
        return Reply.integer(1)
      }
      if (db.type(ref) !== Type.string) throw CommandError.wrongType
      const old = Strings.toInteger(db, ref)
      if (old === undefined || typeof old === "bigint") throw CommandError.notAnInteger
      const value = old + 1
      const to = Integers.write(scratch, 0, value)
      Strings.replace(db, ref, scratch, 0, to)
      db.changed(key, start, end, KeyEventClass.string, "incrby")
      return Reply.integer(value)
    })
  })
}))
