/**
 * Several commands as one: a function that calls commands, and between whose calls nobody else's run. It does what a
 * script does on a Redis server, in TypeScript: its writes are propagated as one block, and clients that wait are served when it is
 * done. What it wrote before it threw stays written.
 *
 * ```ts
 * const { run } = yield* Atomic
 * const taken = yield* run((call, redis) => {
 *   const left = Number(redis.get("tokens") ?? 10)
 *   if (left > 0) redis.set("tokens", left - 1, { ex: 60 })
 *   return left > 0
 * })
 * ```
 *
 * `call` takes any command as its words, `redis` has a method for each of the server's own.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as CommandError from "../command/CommandError.ts"
import { CommandTable } from "../command/CommandTable.ts"
import { Executor } from "../command/Executor.ts"
import { Request } from "../command/Request.ts"
import { Session } from "../command/Session.ts"
import { BufferPool, Output } from "../resp/Output.ts"
import { ReplyParser, type ReplyValue } from "../resp/ReplyParser.ts"
import { Store } from "../store/Store.ts"
import type { Argument } from "./Client.ts"
import { bind } from "./typed/Binding.ts"
import type { Methods } from "./typed/Methods.ts"
import * as Value from "./Value.ts"

/** Runs a command at once and yields its reply; throws the `ReplyError` that it answers. Commands that wait do not. */
export type Call = (...args: ReadonlyArray<Argument>) => Value.Value

/** The same by methods. */
export type AtOnce = Methods<"at once">

export class Atomic extends Context.Service<Atomic, {
  /** Runs the function; fails with a `ReplyError` that it lets pass. It must not be asynchronous. */
  readonly run: <A>(body: (call: Call, redis: AtOnce) => A) => Effect.Effect<A, Value.ReplyError>
  /**
   * The same within a command of one's own, which is then replicated as what it called. A `ReplyError` that the function
   * lets pass is what the command answers.
   */
  readonly inside: <A>(request: Request, body: (call: Call, redis: AtOnce) => A) => A
}>()("go-redis/embed/Atomic") {
  static readonly layer: Layer.Layer<Atomic, never, Executor | CommandTable | Store> = Layer.effect(
    this,
    Effect.gen(function*() {
      const executor = yield* Executor
      const table = yield* CommandTable
      const { state } = yield* Store
      const clock = yield* Clock.Clock
      const out = new Output(new BufferPool())
      out.resp = 3
      const session = new Session(0, out)
      const parser = new ReplyParser()

      const execute = (request: Request): void => {
        try {
          const entry = executor.admit(request)
          executor.call(request, entry, true).encode(out)
          executor.after(request, entry)
        } catch (error) {
          if (!(error instanceof CommandError.CommandError)) throw error
          error.encode(out)
          executor.rejected(request, error)
        }
      }

      /** Runs a command within another one, which has been admitted. */
      const executeNested = (nested: Request): void => {
        const entry = table.resolve(nested)
        if (entry === undefined) return CommandError.make("ERR Unknown command called within a command").encode(out)
        if (!entry.accepts(nested.count)) return CommandError.wrongArity(entry.name).encode(out)
        executor.call(nested, entry).encode(out)
        executor.after(nested, entry)
      }

      const calling = (request: Request, execute: (request: Request) => void): readonly [Call, AtOnce] => {
        const replyTo = (args: ReadonlyArray<Argument>): ReplyValue => {
          // Copied: the store may keep a big value's buffer, and the caller may use his again
          request.load(args.map((arg) => Buffer.from(typeof arg === "object" ? arg : String(arg))))
          execute(request)
          for (const chunk of out.drain()) parser.push(chunk)
          const reply = parser.next()
          out.recycle(true)
          if (reply === undefined || reply._tag === "ProtocolError") throw new Error(`${args[0]} gave no whole reply`)
          if (reply._tag === "Error") throw new Value.ReplyError({ message: reply.text })
          return reply
        }
        return [
          (...args) => Value.text(replyTo(args)),
          bind<"at once", string>(({ decode, line }) => decode(replyTo(line)), false)
        ]
      }

      const calls = calling(new Request(session), execute)

      return Atomic.of({
        inside: (outer, body) => {
          const { session } = outer
          const { denyBlocking, entry } = session
          // What is called goes out itself, as one block
          outer.propagateNothing()
          session.denyBlocking = true
          try {
            return body(...calling(new Request(session), executeNested))
          } catch (error) {
            throw error instanceof Value.ReplyError ? CommandError.make(error.message) : error
          } finally {
            session.denyBlocking = denyBlocking
            session.entry = entry
          }
        },
        run: (body) =>
          Effect.suspend(() => {
            state.setTime(clock.currentTimeMillisUnsafe())
            session.db = 0
            session.denyBlocking = true
            try {
              return Effect.succeed(body(...calls))
            } catch (error) {
              return error instanceof Value.ReplyError ? Effect.fail(error) : Effect.die(error)
            } finally {
              session.denyBlocking = false
              executor.settle()
              executor.endUnit()
            }
          })
      })
    })
  )
}
