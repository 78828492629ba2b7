/**
 * A client's connection: a fiber that lives as long as it. It is parked while there is nothing to wait for but input.
 *
 * Input is handled in the turn that brings it, where the bytes were read: requests are parsed, run and answered
 * back to back without resuming the fiber for them (which would cost as much as the commands). The first one that has
 * to wait is handed to the fiber. What arrives while the fiber is busy with it is kept up to a bound,
 * then the peer has to wait.
 */
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as References from "effect/References"
import type { Clients } from "../command/ClientRegistry.ts"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import type { Entry } from "../command/CommandTable.ts"
import type { Executor } from "../command/Executor.ts"
import { Request } from "../command/Request.ts"
import { type Link, Session } from "../command/Session.ts"
import type { ServerStats } from "../command/Stats.ts"
import type { Values } from "../config/Registry.ts"
import type { BulkBuffers } from "../resp/BulkBuffers.ts"
import { type BufferPool, Output } from "../resp/Output.ts"
import * as Reply from "../resp/Reply.ts"
import { complete, RequestParser } from "../resp/RequestParser.ts"
import type { Scratch } from "../resp/Scratch.ts"
import type { Database } from "../store/Database.ts"
import type { State } from "../store/State.ts"
import * as OutputLimits from "./OutputLimits.ts"
import { type Handlers, READ_BUFFER_BYTES, type Transport } from "./Transport.ts"

/** Milliseconds for which one client's input may be run before the others have their turn. */
const TURN_MILLIS = 2
/** Short commands that are run without a look at the clock. */
const COMMANDS_PER_LOOK = 64
/** Input of that many bytes at once says that there is more to come, which would be read before others are looked after. */
const FLOOD_BYTES = READ_BUFFER_BYTES / 2
/** Input that is kept for a client whose fiber waits for something else, in bytes. */
const READ_AHEAD = 1024 * 1024
/** Replies are sent when there are that many bytes of them, without waiting for the end of the input. */
const SEND_AT = 256 * 1024
/** A client that leaves that many bytes of replies unread is not served until it has read them. */
const UNREAD_MOST = 64 * 1024 * 1024
/** No query buffer is limited below this: what is smaller needs no look. */
const LEAST_QUERY_LIMIT = 1024 * 1024

export interface ConnectionContext {
  readonly executor: Executor["Service"]
  readonly clients: Clients
  readonly stats: ServerStats
  readonly values: Values
  readonly state: State
  readonly database: (index: number) => Database
  readonly clock: Clock.Clock
  readonly pool: BufferPool
  readonly bulks: BulkBuffers
  /** Where input is put together. */
  readonly scratch: Scratch
  readonly flushes: Flushes
  /** Asks for a look at all connections soon: this one may have to be ended by the time that passes. */
  readonly watchClosely: () => void
  /** Logs from outside a fiber, at Redis's level `verbose`, or `warning` for a bug. */
  readonly logVerbose: (message: string) => void
  readonly logWarning: (message: string) => void
}

/** Something that the fiber does while no further request may run. */
interface Waiting {
  /** The command; undefined when the client has to read its replies first. */
  readonly entry: Entry | undefined
  readonly program: Effect.Effect<Reply.Reply>
}

/** What comes next runs when the event loop has been round. */
const othersTurn: Waiting = { entry: undefined, program: Effect.as(Effect.yieldNow, Reply.none) }

/** Connections that got something from others in this turn; it goes out when the turn is over. */
export class Flushes {
  private connections: Array<Connection> = []

  add(connection: Connection): void {
    if (this.connections.length === 0) queueMicrotask(this.run)
    this.connections.push(connection)
  }

  private readonly run = (): void => {
    const { connections } = this
    this.connections = []
    for (const connection of connections) connection.flushNow()
  }
}

export class Connection implements Link, Handlers {
  readonly session: Session
  readonly transport: Transport
  private readonly request: Request
  private readonly context: ConnectionContext
  private readonly parser: RequestParser
  private readonly out: Output

  /** Resumes the parked fiber; undefined while it is busy. */
  private unpark: ((exit: Exit.Exit<void>) => void) | undefined = undefined
  private waiting: Waiting | undefined = undefined
  /** When input began to come as a flood, in Unix time in milliseconds; 0 when it does not. */
  private floodSince = 0
  private ahead: Array<Uint8Array> = []
  private aheadBytes = 0
  private paused = false
  private ended = false
  private killed = false
  /** Who waits until the peer has read. */
  private readonly drained = new Set<() => void>()
  private flushScheduled = false
  private readonly softLimit = new OutputLimits.SoftLimit()
  private fiber: Fiber.Fiber<void> | undefined = undefined

  constructor(id: number, transport: Transport, context: ConnectionContext) {
    this.context = context
    this.transport = transport
    this.out = new Output(context.pool)
    this.session = new Session(id, this.out)
    this.session.link = this
    this.session.createdAt = this.session.lastInteraction = context.clock.currentTimeMillisUnsafe()
    this.request = new Request(this.session)
    this.parser = new RequestParser(this.request, context.bulks)
    this.trust(true)
  }

  // ---- what commands see of it

  get peer(): string {
    return this.transport.peer
  }

  get local(): string {
    return this.transport.local
  }

  get fd(): number {
    return this.transport.fd
  }

  get unix(): boolean {
    return this.transport.unix
  }

  inputBytes(): number {
    return this.parser.held + this.aheadBytes
  }

  outputBytes(): number {
    return this.out.pending + this.transport.backlog() + this.session.heldBytes
  }

  batch(): void {
    this.transport.batch()
  }

  trust(authenticated: boolean): void {
    this.parser.limits = {
      maxBulk: this.context.values["proto-max-bulk-len"],
      maxArguments: 0x7fffffff,
      unauthenticated: !authenticated
    }
  }

  kill(): void {
    if (this.killed) return
    this.killed = true
    this.session.closing = true
    this.transport.destroy()
    this.onEnd()
  }

  flushLater(): void {
    if (this.out.pending > SEND_AT) return this.flush()
    if (this.flushScheduled) return
    this.flushScheduled = true
    this.context.flushes.add(this)
  }

  /** The turn in which something was written from outside is over. */
  flushNow(): void {
    this.flushScheduled = false
    this.flush()
  }

  // ---- what the transport tells

  onBytes(bytes: Uint8Array, start: number, end: number): Uint8Array | undefined {
    const { stats } = this.context
    stats.reads++
    stats.inputBytes += end - start
    if (this.unpark === undefined) return this.keep(bytes, start, end)
    if (end - start < FLOOD_BYTES) this.floodSince = 0
    else if (this.floodSince === 0) this.floodSince = this.context.clock.currentTimeMillisUnsafe()
    this.parser.feed(bytes, start, end, this.context.scratch)
    this.runInput()
    this.parser.release()
    if (this.waiting !== undefined || this.session.closing) {
      this.resumeFiber()
      this.context.executor.settle()
    } else {
      this.parser.letGo()
      if (this.parser.held > LEAST_QUERY_LIMIT) this.checkQueryLimit()
    }
    return this.parser.room
  }

  onDrain(): void {
    this.softLimit.clear()
    const waiting = [...this.drained]
    this.drained.clear()
    for (const proceed of waiting) proceed()
  }

  onEnd(): void {
    this.ended = true
    this.onDrain()
    if (this.unpark !== undefined) this.resumeFiber()
    else this.fiber?.interruptUnsafe()
  }

  // ---- input

  private checkQueryLimit(): void {
    const bytes = this.inputBytes() + (this.session.transaction?.bytes ?? 0)
    if (bytes <= this.context.values["client-query-buffer-limit"]) return
    this.context.stats.queryBufferLimitDisconnections++
    this.context.logWarning(
      `Closing client that reached max query buffer length: id=${this.session.id} addr=${this.peer}`
    )
    this.kill()
  }

  private keep(bytes: Uint8Array, start: number, end: number): undefined {
    this.ahead.push(Buffer.from(bytes.subarray(start, end)))
    this.aheadBytes += end - start
    if (this.aheadBytes > READ_AHEAD) this.pause()
  }

  private pause(): void {
    if (this.paused) return
    this.paused = true
    this.transport.pause()
  }

  private takeAhead(): void {
    if (this.ahead.length > 0) {
      const bytes = Buffer.concat(this.ahead)
      this.ahead = []
      this.aheadBytes = 0
      this.parser.feed(bytes, 0, bytes.length)
    }
    if (!this.paused) return
    this.paused = false
    this.transport.resume()
  }

  private resumeFiber(): void {
    const unpark = this.unpark
    this.unpark = undefined
    unpark?.(Exit.void)
  }

  // ---- running requests

  /** Runs what has come, up to the first command that may wait, and writes the replies. */
  private runInput(): void {
    const { clock, executor, state } = this.context
    const { out, parser, request, session } = this
    state.setTime(clock.currentTimeMillisUnsafe())
    session.lastInteraction = state.now
    const turnEnd = (this.floodSince || state.now) + TURN_MILLIS
    let untilLook = COMMANDS_PER_LOOK
    while (!session.closing) {
      if (!state.ahead.next()) this.lookAhead()
      const status = parser.next()
      if (status !== complete) {
        if (status < 0) this.refuseProtocol(parser.error)
        // Between two chunks there is little to keep
        else if (this.floodSince !== 0 && clock.currentTimeMillisUnsafe() >= turnEnd - 1) this.letOthers()
        break
      }
      try {
        const entry = executor.admit(request)
        const { run } = entry
        let reply: Reply.Reply | undefined
        try {
          reply = run === undefined ? this.begin(entry) : run(request)
        } catch (error) {
          reply = this.failureOf(error)
        }
        if (reply === undefined) break
        reply.encode(out)
        if (entry.timedTogether === 0 || request.outstanding) untilLook = 1
        executor.after(request, entry)
      } catch (error) {
        this.refuse(error)
      }
      if (out.pending > SEND_AT && !this.sendSome()) break
      if (--untilLook === 0) {
        if (clock.currentTimeMillisUnsafe() > turnEnd) {
          this.letOthers()
          break
        }
        untilLook = COMMANDS_PER_LOOK
      }
    }
    executor.settle()
    state.ahead.end()
    this.flush()
  }

  /** Goes on when the event loop has been round; until then the peer's bytes are the kernel's. */
  private letOthers(): void {
    this.waiting = othersTurn
    this.pause()
  }

  /** Lets the entries of the next requests be fetched. */
  private lookAhead(): void {
    const { database, state } = this.context
    state.ahead.look(database(this.session.db), this.parser)
  }

  /** Answers a request that is not admitted. */
  private refuse(error: unknown): void {
    if (error instanceof CommandError.CommandError) {
      error.encode(this.out)
      this.context.executor.rejected(this.request, error)
    } else {
      // A reply may have been written in part: what follows could not be told from it
      this.failureOf(error)
      this.session.closing = true
    }
  }

  private refuseProtocol(text: string): void {
    const error = CommandError.make(`ERR ${text}`)
    error.encode(this.out)
    this.context.stats.error(error.code)
    this.context.logVerbose(`Protocol error (${text}) from client: id=${this.session.id} addr=${this.peer}`)
    this.session.closing = true
  }

  /** The reply to a command that threw: its error, or for a bug one that says so. */
  private failureOf(error: unknown): CommandError.CommandError {
    const { entry } = this.session
    let failure: CommandError.CommandError
    if (error instanceof CommandError.CommandError) failure = error
    else {
      const text = error instanceof Error ? error.stack ?? error.message : String(error)
      this.context.logWarning(`A bug in command '${entry?.name ?? ""}': ${text}`)
      failure = CommandError.make("ERR internal error")
    }
    if (entry !== undefined) this.context.executor.failed(failure, entry)
    return failure
  }

  /** The reply of a command that may wait, if it need not; otherwise the fiber goes on with it. */
  private begin(entry: Entry): Reply.Reply | undefined {
    const begun = entry.begin === undefined
      ? Effect.suspend(() => entry.handler(this.request))
      : entry.begin(this.request)
    if (Command.isReply(begun)) return begun
    this.waiting = { entry, program: this.waitingProgram(begun) }
    return undefined
  }

  private waitingProgram(program: Effect.Effect<Reply.Reply, CommandError.CommandError>): Effect.Effect<Reply.Reply> {
    return Effect.catchCause(
      Effect.suspend(() => {
        this.context.executor.resume(this.session)
        return program
      }),
      (cause) => Cause.hasInterrupts(cause) ? Effect.interrupt : Effect.sync(() => this.failureOf(Cause.squash(cause)))
    )
  }

  // ---- output

  private flush(): void {
    const { pending } = this.out
    if (pending === 0) return
    if (this.session.kind === "replica") return this.refuseReply()
    const { stats } = this.context
    stats.writes++
    stats.outputBytes += pending
    const only = this.out.drainOnly()
    const taken = only === undefined
      ? this.transport.write(this.out.drain())
      : this.transport.writeOne(only, pending)
    this.out.recycle(taken)
    if (!taken) {
      this.checkOutputLimit()
      if (this.softLimit.isCounting) this.context.watchClosely()
    }
  }

  /** A reply would be taken for a part of the replication stream. */
  private refuseReply(): void {
    if (this.killed) return
    const name = this.session.entry?.name ?? "<unknown>"
    this.context.logWarning(
      `Replica generated a reply to command '${name}', disconnecting it: id=${this.session.id} addr=${this.peer}`
    )
    this.kill()
  }

  /** Sends replies while there is more input; false when the client has to read before it gets more. */
  private sendSome(): boolean {
    this.flush()
    if (this.session.closing) return false
    const limit = OutputLimits.limitOf(this.session.kind, this.context.values)
    if (limit.hard > 0 || limit.soft > 0 || this.transport.backlog() <= UNREAD_MOST) return true
    this.waiting = { entry: undefined, program: Effect.as(this.untilDrained, Reply.none) }
    return false
  }

  send(chunks: ReadonlyArray<Uint8Array>): void {
    if (this.killed || this.ended) return
    this.flush()
    const { stats } = this.context
    stats.writes++
    for (const { length } of chunks) stats.replicationOutputBytes += length
    if (this.transport.write(chunks)) return
    this.checkOutputLimit()
    if (this.softLimit.isCounting) this.context.watchClosely()
  }

  readonly untilDrained = Effect.callback<void>((resume) => {
    const proceed = () => resume(Exit.void)
    if (this.transport.backlog() === 0 || this.ended) return proceed()
    this.drained.add(proceed)
    return Effect.sync(() => void this.drained.delete(proceed))
  })

  /** Ends the connection when its client leaves more unread than its class may; called by the server's rounds too. */
  checkOutputLimit(): void {
    const { context, session } = this
    const limit = OutputLimits.limitOf(session.kind, context.values)
    if (!this.softLimit.isReached(this.outputBytes(), limit, context.clock.currentTimeMillisUnsafe())) return
    context.stats.outputBufferLimitDisconnections++
    context.logWarning(`Client id=${session.id} addr=${this.peer} closed for overcoming of output buffer limits.`)
    this.kill()
  }

  // ---- the fiber

  private readonly park = Effect.callback<void>((resume) => {
    this.unpark = resume
  })

  /** Waits for a command that may wait, runs it, and goes on with the input behind it. */
  private readonly cycle = Effect.suspend(() => {
    const waiting = this.waiting
    if (waiting === undefined) return this.park
    return Effect.map(waiting.program, (reply) => {
      reply.encode(this.out)
      if (waiting.entry !== undefined) this.context.executor.after(this.request, waiting.entry)
      this.waiting = undefined
      this.floodSince = 0
      do {
        this.takeAhead()
        this.runInput()
      } while (this.waiting === undefined && this.ahead.length > 0)
    })
  })

  /** The connection's life, until either side ends it. */
  readonly serve: Effect.Effect<void> = Effect.suspend(() => {
    this.transport.open(this)
    return Effect.whileLoop({
      while: () => !this.session.closing && !this.ended,
      body: () => this.cycle,
      step: () => {}
    })
  }).pipe(
    Effect.onExit(() => Effect.sync(() => this.close())),
    Effect.provideService(References.PreventSchedulerYield, true)
  )

  attach(fiber: Fiber.Fiber<void>): void {
    this.fiber = fiber
  }

  private close(): void {
    this.session.closing = true
    this.session.release()
    this.context.clients.remove(this.session)
    this.transport.end()
  }
}
