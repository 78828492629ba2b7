/**
 * Runs requests: finds the command, checks what must hold before it may run, runs it, and does what has to happen after
 * any command (statistics, propagation, waking who waited for its keys).
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Reply } from "../resp/Reply.ts"
import { Store } from "../store/Store.ts"
import * as CommandError from "./CommandError.ts"
import { CommandTable, type Entry } from "./CommandTable.ts"
import type { Request } from "./Request.ts"

type Outcome = Effect.Effect<Reply, CommandError.CommandError>

export class Executor extends Context.Service<Executor, {
  /** The program of a request. Its checks have passed; they are part of building it. */
  readonly run: (request: Request) => Outcome
  /** What follows any command, in the same turn. */
  readonly after: (request: Request) => void
}>()("go-redis/command/Executor") {
  static readonly layer: Layer.Layer<Executor, never, CommandTable | Store> = Layer.effect(
    this,
    Effect.gen(function*() {
      const table = yield* CommandTable
      const store = yield* Store
      const state = store.state
      let last: Entry | undefined
      let dirty = 0
      return Executor.of({
        run: (request) => {
          const entry = table.find(request)
          if (entry === undefined) return Effect.fail(CommandError.make("ERR unknown command"))
          if (!entry.accepts(request.count)) return Effect.fail(CommandError.wrongArity(entry.name))
          last = entry
          dirty = state.dirty
          return entry.handler(request)
        },
        after: (request) => {
          if (last !== undefined) last.calls++
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
