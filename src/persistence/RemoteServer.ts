/** Commands for another server, over a connection of their own: how MIGRATE hands keys over. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import type * as NodeTls from "node:tls"
import { ReplyParser, type ReplyValue } from "../resp/ReplyParser.ts"

/** The other server cannot be reached, does not take what it is sent, or does not answer (in time). */
export class RemoteError extends Data.TaggedError("RemoteError")<{
  readonly during: "connecting" | "writing" | "reading"
}> {}

export interface Address {
  readonly host: string
  readonly port: number
  /** Milliseconds that it may take to connect, to write, and for each reply. */
  readonly timeout: number
  /** Encrypts the connection. */
  readonly tls?: NodeTls.ConnectionOptions | undefined
}

type Bytes = Uint8Array | string

/** Sends all commands at once and returns their replies. */
export const pipeline = (
  { host, port, timeout, tls }: Address,
  commands: ReadonlyArray<ReadonlyArray<Bytes>>
): Effect.Effect<ReadonlyArray<ReplyValue>, RemoteError> =>
  Effect.scoped(Effect.gen(function*() {
    const during =
      (during: RemoteError["during"]) => <A, E>(step: Effect.Effect<A, E>): Effect.Effect<A, RemoteError> =>
        Effect.mapError(Effect.timeout(step, timeout), () => new RemoteError({ during }))
    const where = { host, port, openTimeout: timeout }
    // Loaded by the few who need it: it brings streams and channels along
    const NodeSocket = yield* Effect.promise(() => import("@effect/platform-node/NodeSocket"))
    const socket = yield* tls === undefined ? NodeSocket.makeNet(where) : NodeSocket.makeTls({ ...tls, ...where })
    const scope = yield* Effect.scope
    const { pull } = yield* socket.reader.pipe(
      Scope.provide(scope),
      // Redis learns of a refusal only when it writes
      Effect.mapError(({ reason }) =>
        new RemoteError({ during: "kind" in reason && reason.kind === "Timeout" ? "connecting" : "writing" })
      )
    )
    const { write } = yield* Scope.provide(socket.writer, scope)
    yield* during("writing")(write(encode(commands)))
    const parser = new ReplyParser()
    const replies: Array<ReplyValue> = []
    while (replies.length < commands.length) {
      const reply = parser.next()
      if (reply === undefined) {
        for (const chunk of yield* during("reading")(pull)) parser.push(Buffer.from(chunk))
      } else if (reply._tag === "ProtocolError") return yield* new RemoteError({ during: "reading" })
      else replies.push(reply)
    }
    return replies
  }))

const encode = (commands: ReadonlyArray<ReadonlyArray<Bytes>>): Uint8Array => {
  const parts: Array<Uint8Array> = []
  for (const command of commands) {
    parts.push(Buffer.from(`*${command.length}\r\n`))
    for (const word of command) {
      const bytes = typeof word === "string" ? Buffer.from(word) : word
      parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, lineEnd)
    }
  }
  return Buffer.concat(parts)
}

const lineEnd = Buffer.from("\r\n")
