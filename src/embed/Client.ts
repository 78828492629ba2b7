/**
 * A client inside the server's process: a connection like any other (it is in CLIENT LIST, it can subscribe, watch and
 * block), without a socket. It speaks RESP3 and needs no password: whoever holds the layers may do everything.
 *
 * ```ts
 * const client = yield* Client
 * yield* client.command("SET", "greeting", "hello", "EX", 60)
 * const greeting = yield* client.command("GET", "greeting")
 * ```
 *
 * SUBSCRIBE and its like answer null when they are done; what they bring is in `pushes`.
 *
 * Commands are pipelined. One that may wait (BLPOP, XREAD BLOCK, WAIT) holds back those behind it, as on any connection:
 * give it a connection of its own with `Client.make`. Interrupting its fiber ends its wait.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { CommandTable } from "../command/CommandTable.ts"
import { Gate, type Session } from "../command/Session.ts"
import { BufferPool, Output } from "../resp/Output.ts"
import { ReplyParser, type ReplyValue } from "../resp/ReplyParser.ts"
import { Connections } from "../server/Connections.ts"
import * as MemoryTransport from "../server/MemoryTransport.ts"
import * as Value from "./Value.ts"

/** An argument; text goes out as UTF-8, numbers as their digits. */
export type Argument = string | number | bigint | Uint8Array

export type ClientError = Value.ReplyError | Value.ConnectionClosed

/** A command whose reply has not come. */
interface Pending {
  readonly args: ReadonlyArray<Argument>
  /** It may wait: nothing is sent behind it. */
  readonly blocking: boolean
  /** It is answered by pushes alone: a PING behind it tells when it is done. */
  readonly subscribes: boolean
  readonly resume: (exit: Exit.Exit<ReplyValue, Value.ConnectionClosed>) => void
}

const closed = new Value.ConnectionClosed({ message: "the connection is closed" })

/** The client's side of one connection. */
class Wire {
  readonly session: Session | undefined
  private readonly end: MemoryTransport.ClientEnd
  private readonly table: CommandTable["Service"]
  private readonly parser = new ReplyParser()
  private readonly out = new Output(new BufferPool())
  private readonly sent: Array<Pending> = []
  private readonly unsent: Array<Pending> = []
  private readonly listeners = new Set<(push: ReadonlyArray<ReplyValue>) => void>()
  private readonly endings = new Set<() => void>()

  constructor(accept: Connections["Service"]["accept"], table: CommandTable["Service"]) {
    this.table = table
    const [server, end] = MemoryTransport.makePair("embedded")
    this.end = end
    end.onBytes((bytes) => this.receive(bytes))
    end.onEnd(() => this.ended())
    this.session = accept(server)
    if (this.session === undefined) return
    this.session.out.resp = 3
    this.session.authenticated = true
    this.session.gate &= ~Gate.auth
  }

  submit(
    args: ReadonlyArray<Argument>,
    resume: (exit: Exit.Exit<ReplyValue, Value.ConnectionClosed>) => void
  ): Pending {
    const entry = this.table.get(String(args[0]))
    const blocking = entry?.spec.flags.includes("blocking") === true
    const subscribes = entry?.name.endsWith("subscribe") === true
    const pending = { args, blocking, subscribes, resume }
    if (this.end.closed()) resume(Exit.fail(closed))
    else {
      this.unsent.push(pending)
      this.send()
    }
    return pending
  }

  /** Sends what may be sent: all, up to a command that may wait. */
  private send(): void {
    while (this.unsent.length > 0 && this.sent.at(-1)?.blocking !== true) {
      const next = this.unsent.shift()
      if (next === undefined) break
      this.sent.push(next)
      this.encode(next.args)
      if (next.subscribes) this.encode(["PING"])
    }
    if (this.out.pending === 0) return
    for (const chunk of this.out.drain()) this.end.write(chunk)
    this.out.recycle(true)
  }

  private encode(args: ReadonlyArray<Argument>): void {
    this.out.arrayHeader(args.length)
    for (const arg of args) {
      const bytes = typeof arg === "object" ? arg : Buffer.from(String(arg))
      this.out.bulk(bytes, 0, bytes.length)
    }
  }

  private answered(value: ReplyValue): void {
    const pending = this.sent.shift()
    if (pending?.subscribes !== true) pending?.resume(Exit.succeed(value))
    else if (value._tag !== "Error") pending.resume(Exit.succeed({ _tag: "Null" }))
    else {
      pending.resume(Exit.succeed(value))
      // The PING behind what was refused
      this.sent.unshift({ args: ["PING"], blocking: false, subscribes: false, resume: () => {} })
    }
    this.send()
  }

  private receive(bytes: Uint8Array): void {
    this.parser.push(bytes)
    for (let value = this.parser.next(); value !== undefined; value = this.parser.next()) {
      if (value._tag === "ProtocolError") throw new Error(`the server sent no RESP: ${value.message}`)
      if (value._tag === "Push") { for (const listener of this.listeners) listener(value.items) }
      // What nobody asked for is MONITOR's feed
      else if (this.sent.length === 0) { for (const listener of this.listeners) listener([value]) }
      else this.answered(value)
    }
  }

  private ended(): void {
    for (const { resume } of [...this.sent.splice(0), ...this.unsent.splice(0)]) resume(Exit.fail(closed))
    for (const run of this.endings) run()
  }

  /** Takes a command back, or ends its wait; a reply that comes all the same is dropped. */
  readonly abandon = (pending: Pending): Effect.Effect<void> =>
    Effect.suspend(() => {
      const at = this.unsent.indexOf(pending)
      if (at >= 0) this.unsent.splice(at, 1)
      if (at >= 0 || !pending.blocking) return Effect.void
      // Its bytes may still be under way: then it has not begun to wait
      return Effect.whileLoop({
        while: () => this.sent.includes(pending) && this.session?.blocked === undefined,
        body: () => Effect.yieldNow,
        step: () => {}
      }).pipe(
        Effect.andThen(Effect.sync(() => {
          if (this.sent.includes(pending)) this.session?.blocked?.unblock?.(false)
        }))
      )
    })

  listen(listener: (push: ReadonlyArray<ReplyValue>) => void, onEnd: () => void): () => void {
    this.listeners.add(listener)
    this.endings.add(onEnd)
    if (this.end.closed()) onEnd()
    return () => {
      this.listeners.delete(listener)
      this.endings.delete(onEnd)
    }
  }

  get closed(): boolean {
    return this.end.closed()
  }

  close(): void {
    this.end.end()
  }
}

export interface ClientService {
  /** As CLIENT ID answers. */
  readonly id: number
  /** The database that it has selected. */
  readonly db: () => number
  readonly connected: () => boolean
  /** Sends a command; the reply with bulks as text. Fails with the error that the command answers. */
  readonly command: (...args: ReadonlyArray<Argument>) => Effect.Effect<Value.Value, ClientError>
  /** Sends a command; the reply with bulks as bytes. */
  readonly commandBytes: (...args: ReadonlyArray<Argument>) => Effect.Effect<Value.Value<Uint8Array>, ClientError>
  /** Sends a command; the reply as it came, errors included. */
  readonly reply: (...args: ReadonlyArray<Argument>) => Effect.Effect<ReplyValue, Value.ConnectionClosed>
  /**
   * Runs commands as one transaction (MULTI, EXEC): their replies in order, with errors as values. Null when a watched key
   * has changed.
   */
  readonly transaction: (
    commands: ReadonlyArray<ReadonlyArray<Argument>>
  ) => Effect.Effect<ReadonlyArray<Value.Value> | null, ClientError>
  /** The same, and EXEC's reply as it came. */
  readonly transactionReply: (
    commands: ReadonlyArray<ReadonlyArray<Argument>>
  ) => Effect.Effect<ReplyValue, ClientError>
  /** What comes without being asked for: messages, invalidations, MONITOR's feed. The first word tells which. Ends with the connection. */
  readonly pushes: Stream.Stream<ReadonlyArray<Value.Value>>
}

/** The error that a command answered, as the Effect's failure. */
export const failing = (value: ReplyValue): Effect.Effect<ReplyValue, Value.ReplyError> =>
  value._tag === "Error" ? Effect.fail(new Value.ReplyError({ message: value.text })) : Effect.succeed(value)

const make: Effect.Effect<ClientService, never, Connections | CommandTable | Scope.Scope> = Effect.gen(function*() {
  const { accept } = yield* Connections
  const table = yield* CommandTable
  const wire = yield* Effect.acquireRelease(
    Effect.sync(() => new Wire(accept, table)),
    (wire) => Effect.sync(() => wire.close())
  )
  const reply = (...args: ReadonlyArray<Argument>) =>
    Effect.callback<ReplyValue, Value.ConnectionClosed>((resume) => {
      const pending = wire.submit(args, resume)
      return wire.abandon(pending)
    })
  const decoded = <A>(decode: (value: ReplyValue) => A) => (...args: ReadonlyArray<Argument>) =>
    Effect.map(Effect.flatMap(reply(...args), failing), decode)
  const transactionReply = (commands: ReadonlyArray<ReadonlyArray<Argument>>) =>
    Effect.flatMap(
      // Submitted in one go: nobody's command comes between MULTI and EXEC on this connection
      Effect.callback<ReplyValue, Value.ConnectionClosed>((resume) => {
        for (const args of [["MULTI"], ...commands]) wire.submit(args, () => {})
        wire.submit(["EXEC"], resume)
      }),
      failing
    )
  return {
    id: wire.session?.id ?? 0,
    db: () => wire.session?.db ?? 0,
    connected: () => !wire.closed,
    reply,
    command: decoded(Value.text),
    commandBytes: decoded(Value.bytes),
    transaction: (commands) =>
      Effect.map(
        transactionReply(commands),
        // EXEC's reply is an array or null
        (value) => Value.text(value) as ReadonlyArray<Value.Value> | null
      ),
    transactionReply,
    pushes: Stream.callback<ReadonlyArray<Value.Value>>((queue) =>
      Effect.acquireRelease(
        Effect.sync(() =>
          wire.listen(
            (items) => void Queue.offerUnsafe(queue, items.map(Value.text)),
            () => void Queue.endUnsafe(queue)
          )
        ),
        (stop) => Effect.sync(stop)
      ), { bufferSize: Infinity })
  }
})

export class Client extends Context.Service<Client, ClientService>()("go-redis/embed/Client") {
  /** A connection of its own, as long as the scope is open. */
  static readonly make = make

  /** A connection that everybody shares. */
  static readonly layer: Layer.Layer<Client, never, Connections | CommandTable> = Layer.effect(this, make)
}
