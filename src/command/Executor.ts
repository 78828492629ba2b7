/**
 * Runs requests: finds the command, checks what must hold before it may run, runs it, and does what has to happen after
 * any command (statistics, propagation, waking who waited for its keys).
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Store } from "../store/Store.ts"
import * as CommandError from "./CommandError.ts"
import { CommandTable, type Entry } from "./CommandTable.ts"
import type { Request } from "./Request.ts"

export class Executor extends Context.Service<Executor, {
  /** The command of a request that may run now; throws the `CommandError` of one that may not. */
  readonly admit: (request: Request) => Entry
  /** What follows any command, in the same turn. */
  readonly after: (request: Request, entry: Entry) => void
}>()("go-redis/command/Executor") {
  static readonly layer: Layer.Layer<Executor, never, CommandTable | Store> = Layer.effect(
    this,
    Effect.gen(function*() {
      const table = yield* CommandTable
      const store = yield* Store
      const state = store.state
      let dirty = 0
      return Executor.of({
        admit: (request) => {
          const entry = table.find(request)
          if (entry === undefined) throw CommandError.make("ERR unknown command")
          if (!entry.accepts(request.count)) throw CommandError.wrongArity(entry.name)
          dirty = state.dirty
          return entry
        },
        after: (request, entry) => {
          entry.calls++
          if (state.dirty !== dirty && state.propagation.active) {
            for (const args of request.effects ?? [request.copy()]) state.propagation.add(request.session.db, args)
            request.effects = undefined
            state.propagation.flush()
          }
        }
      })
    })
  )
}
