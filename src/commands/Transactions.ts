/**
 * Transactions: MULTI, EXEC, DISCARD, WATCH, UNWATCH (https://redis.io/docs/manual/transactions).
 *
 * EXEC is one program that runs to its end without suspending, whatever the scheduler does: nobody else's command can
 * come in between, and what blocks elsewhere answers at once in it.
 */
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import type { Entry } from "../command/CommandTable.ts"
import { Executor } from "../command/Executor.ts"
import { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { Gate, type Session, type Transaction } from "../command/Session.ts"
import { key, keysAt } from "../command/Spec.ts"
import { WatchedKeys } from "../command/WatchedKeys.ts"
import * as Reply from "../resp/Reply.ts"

const Multi = Command.make("MULTI", {
  summary: "Begins a transaction: the commands that follow are queued.",
  since: "1.2.0",
  group: "transactions",
  complexity: "O(1)",
  arity: 1,
  flags: ["noscript", "loading", "stale", "fast", "allow_busy"],
  categories: ["transaction"]
})

const Exec = Command.make("EXEC", {
  summary: "Runs the queued commands of a transaction, as one.",
  since: "1.2.0",
  group: "transactions",
  complexity: "Depends on commands in the transaction",
  arity: 1,
  flags: ["noscript", "loading", "stale", "skip_slowlog"],
  categories: ["transaction", "slow"]
})

const Discard = Command.make("DISCARD", {
  summary: "Gives a transaction up.",
  since: "2.0.0",
  group: "transactions",
  complexity: "O(N), when N is the number of queued commands",
  arity: 1,
  flags: ["noscript", "loading", "stale", "fast", "allow_busy"],
  categories: ["transaction"]
})

const Watch = Command.make("WATCH", {
  summary: "Makes the next transaction depend on keys staying as they are.",
  returns: Returns.done,
  since: "2.2.0",
  group: "transactions",
  complexity: "O(1) for every key.",
  arity: -2,
  flags: ["noscript", "loading", "stale", "fast", "allow_busy"],
  categories: ["transaction"],
  keys: [keysAt(1, ["RO"], { lastKey: -1 })],
  arguments: [key("key", 0, { multiple: true })]
})

const Unwatch = Command.make("UNWATCH", {
  summary: "Forgets the keys that are watched.",
  returns: Returns.done,
  since: "2.2.0",
  group: "transactions",
  complexity: "O(1)",
  arity: 1,
  flags: ["noscript", "loading", "stale", "fast", "allow_busy"],
  categories: ["transaction"]
})

export const group = Command.group(Multi, Exec, Discard, Watch, Unwatch)

interface Queued {
  readonly entry: Entry
  readonly args: ReadonlyArray<Uint8Array>
}

const nested = CommandError.make("ERR MULTI calls can not be nested")
const watchInside = CommandError.make("ERR WATCH inside MULTI is not allowed")
const execWithout = CommandError.make("ERR EXEC without MULTI")
const discardWithout = CommandError.make("ERR DISCARD without MULTI")

/** The queue of one session between MULTI and EXEC. */
class Queue implements Transaction {
  aborted = false
  bytes = 0
  writes = false
  mayReplicate = false
  readonly commands: Array<Queued> = []
  readonly discard: () => void

  constructor(discard: () => void) {
    this.discard = discard
  }

  get length(): number {
    return this.commands.length
  }

  queue(request: Request, entry: Entry): void {
    const args = request.copy()
    for (const arg of args) this.bytes += arg.length
    if (entry.traits.isWrite) this.writes = true
    if (entry.traits.mayReplicate) this.mayReplicate = true
    this.commands.push({ entry, args })
  }
}

export const layer = group.toLayer(Effect.gen(function*() {
  const executor = yield* Executor
  const watched = yield* WatchedKeys

  const end = (session: Session): void => {
    session.transaction = undefined
    session.gate &= ~Gate.multi
    watched.unwatch(session)
  }

  const run = (session: Session, commands: ReadonlyArray<Queued>): Reply.Reply => {
    const request = new Request(session)
    const { entry: exec } = session
    session.denyBlocking = true
    try {
      session.out.arrayHeader(commands.length)
      for (const { args, entry } of commands) {
        request.load(args)
        const { closing } = session
        const reply = executor.call(request, entry)
        // One that has killed itself hears nothing of what follows, as in Redis
        if (!closing) reply.encode(session.out)
        executor.after(request, entry)
      }
    } finally {
      session.denyBlocking = false
      // It is what the client has sent last
      session.entry = exec
    }
    // Each reply was written when its command ran: the store has gone on since.
    return Reply.none
  }

  return group.of({
    MULTI: Command.program(({ session }) => {
      if (session.transaction !== undefined) throw nested
      session.transaction = new Queue(() => end(session))
      session.gate |= Gate.multi
      return Reply.ok
    }),
    EXEC: Command.program((request) => {
      const { session } = request
      // Its commands go out themselves, as one block.
      request.propagateNothing()
      const { transaction } = session
      if (!(transaction instanceof Queue)) throw execWithout
      const touched = watched.touched(session)
      watched.unwatch(session)
      try {
        if (transaction.aborted) throw CommandError.execAbort
        if (touched) return Reply.nilArray
        return run(session, transaction.commands)
      } finally {
        end(session)
      }
    }),
    DISCARD: Command.program(({ session }) => {
      if (session.transaction === undefined) throw discardWithout
      end(session)
      return Reply.ok
    }),
    WATCH: Command.program((request) => {
      const { session } = request
      if (session.transaction !== undefined) throw watchInside
      for (let index = 1; index < request.count; index++) watched.watch(session, request.bytes(index))
      return Reply.ok
    }),
    UNWATCH: Command.program(({ session }) => {
      watched.unwatch(session)
      return Reply.ok
    })
  })
}))
