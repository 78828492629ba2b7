/** Commands on whole databases: how many keys there are, emptying them, making them change places. */
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { integer, oneOf, optional, token } from "../command/Spec.ts"
import type * as Integers from "../memory/Integers.ts"
import { Persistence } from "../persistence/Persistence.ts"
import * as Reply from "../resp/Reply.ts"
import { Store } from "../store/Store.ts"

// ---- specs

const flushSpec = {
  since: "1.0.0",
  group: "server",
  arity: -1,
  flags: ["write"],
  categories: ["keyspace", "dangerous"],
  arguments: [
    oneOf("async", [token("ASYNC", { since: "4.0.0" }), token("SYNC", { since: "6.2.0" })], optional)
  ],
  tips: ["request_policy:all_shards", "response_policy:all_succeeded"],
  history: [["4.0.0", "Takes `ASYNC`."], ["6.2.0", "Takes `SYNC`."]]
} as const

const FlushAll = Command.make("FLUSHALL", {
  ...flushSpec,
  summary: "Removes the keys of every database.",
  returns: Returns.done,
  complexity: "O(N) for N keys in all databases, in the background."
})

const FlushDb = Command.make("FLUSHDB", {
  ...flushSpec,
  summary: "Removes the keys of the selected database.",
  returns: Returns.done,
  complexity: "O(N) for N keys in the database, in the background."
})

const SwapDb = Command.make("SWAPDB", {
  summary: "Makes two databases change places.",
  returns: Returns.done,
  since: "4.0.0",
  group: "server",
  complexity: "O(N) for N clients that watch keys of the two or wait for them.",
  arity: 3,
  flags: ["write", "fast"],
  categories: ["keyspace", "dangerous"],
  arguments: [integer("index1"), integer("index2")]
})

const DbSize = Command.make("DBSIZE", {
  summary: "Returns the number of keys in the selected database.",
  returns: Returns.integer,
  since: "1.0.0",
  group: "server",
  complexity: "O(1)",
  arity: 1,
  flags: ["readonly", "fast"],
  categories: ["keyspace"],
  tips: ["request_policy:all_shards", "response_policy:agg_sum"]
})

export const group = Command.group(FlushAll, FlushDb, SwapDb, DbSize)

// ---- programs

const invalidFirst = CommandError.make("ERR invalid first DB index")
const invalidSecond = CommandError.make("ERR invalid second DB index")

export const layer = group.toLayer(Effect.gen(function*() {
  const store = yield* Store
  const persistence = yield* Persistence
  const state = store.state

  const isLazy = (request: Request): boolean => {
    if (request.count === 1) return state.settings.lazyUserFlush
    if (request.count > 2) throw CommandError.syntax
    if (request.is(1, "ASYNC")) return true
    if (request.is(1, "SYNC")) return false
    throw CommandError.syntax
  }

  const flush = (request: Request, index: number): number => {
    const removed = store.flush(index, isLazy(request))
    state.dirty += removed
    // Replicated even when there was nothing: a replica that differs is set right.
    if (state.propagation.active) state.propagation.add(request.session.db, request.copy())
    request.propagateNothing()
    return removed
  }

  return group.of({
    FLUSHALL: Command.program((request) => {
      flush(request, -1)
      persistence.flushed()
      return Reply.ok
    }),

    FLUSHDB: Command.program((request) => {
      flush(request, request.session.db)
      return Reply.ok
    }),

    SWAPDB: Command.program((request) => {
      const first = int32(request, 1, invalidFirst)
      const second = int32(request, 2, invalidSecond)
      const count = store.database(0).space.databases.length
      if (first < 0 || first >= count || second < 0 || second >= count) throw CommandError.dbOutOfRange
      store.swap(first, second)
      state.dirty++
      return Reply.ok
    }),

    DBSIZE: Command.program((request) => Reply.integer(store.database(request.session.db).size))
  })
}))

const int32 = (request: Request, index: number, failure: CommandError.CommandError): number => {
  const value: Integers.Integer = request.integer(index, failure)
  if (value < -2147483648 || value > 2147483647) throw failure
  return Number(value)
}
