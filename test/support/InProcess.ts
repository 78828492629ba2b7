/**
 * Commands run without a server: straight through the `CommandTable`, for tests of one family. What the executor does
 * around a command (permissions, statistics, propagation) is not there.
 */
import * as Effect from "effect/Effect"
import * as CommandError from "../../src/command/CommandError.ts"
import { CommandTable } from "../../src/command/CommandTable.ts"
import { Request } from "../../src/command/Request.ts"
import { Session } from "../../src/command/Session.ts"
import { BufferPool, Output } from "../../src/resp/Output.ts"
import { ReplyParser } from "../../src/resp/ReplyParser.ts"
import type { ReplyValue } from "../../src/resp/ReplyParser.ts"
import { type Arg, render } from "./RawClient.ts"

export interface InProcess {
  readonly session: Session
  readonly command: (...args: ReadonlyArray<Arg>) => Effect.Effect<ReplyValue>
  /** The reply as redis-cli shows it. */
  readonly show: (...args: ReadonlyArray<Arg>) => Effect.Effect<string>
}

/** A request as the parser makes it. */
export const requestOf = (session: Session, args: ReadonlyArray<Arg>): Request => {
  const request = new Request(session)
  for (const arg of args) {
    const bytes = typeof arg === "object" ? arg : Buffer.from(String(arg))
    request.buffers.push(bytes)
    request.starts.push(0)
    request.ends.push(bytes.length)
  }
  request.count = args.length
  return request
}

/** A client of the commands in the table. */
export const make = (options: { readonly resp?: 2 | 3 } = {}): Effect.Effect<InProcess, never, CommandTable> =>
  Effect.gen(function*() {
    const table = yield* CommandTable
    const out = new Output(new BufferPool())
    out.resp = options.resp ?? 3
    const session = new Session(1, out)
    const command = (...args: ReadonlyArray<Arg>) =>
      Effect.suspend(() => {
        const request = requestOf(session, args)
        const entry = table.resolve(request)
        session.entry = entry
        const program = entry === undefined
          ? Effect.fail(CommandError.make("ERR unknown command"))
          : entry.accepts(request.count)
          ? entry.handler(request)
          : Effect.fail(CommandError.wrongArity(entry.name))
        return Effect.map(
          Effect.match(program, { onFailure: (error) => error, onSuccess: (reply) => reply }),
          (reply) => {
            reply.encode(out)
            const parser = new ReplyParser()
            for (const chunk of out.drain()) parser.push(chunk)
            const value = parser.next()
            if (value === undefined || value._tag === "ProtocolError") throw new Error(`${args[0]} gave no whole reply`)
            return value
          }
        )
      })
    return { session, command, show: (...args) => Effect.map(command(...args), (value) => render(value)) }
  })
