/**
 * A client's connection: a fiber that lives as long as it. It is parked while there is nothing to wait for but input.
 *
 * Input is handled in the turn that brings it, where the bytes were read: requests whose commands never wait are parsed,
 * run and answered back to back without resuming the fiber for them (which would cost as much as the commands). The
 * first one that may wait is handed to the fiber. What arrives while the fiber is busy with it is kept up to a bound,
 * then the peer has to wait.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as References from "effect/References"
import { CommandError } from "../command/CommandError.ts"
import type { Entry } from "../command/CommandTable.ts"
import type { Executor } from "../command/Executor.ts"
import { Request } from "../command/Request.ts"
import { Session } from "../command/Session.ts"
import { type BufferPool, Output } from "../resp/Output.ts"
import type { Reply } from "../resp/Reply.ts"
import { complete, RequestParser } from "../resp/RequestParser.ts"
import type { State } from "../store/State.ts"
import type { Transport } from "./Transport.ts"

/** Input that is kept for a client whose fiber waits for something else, in bytes. */
const READ_AHEAD = 1024 * 1024

export interface ConnectionContext {
  readonly executor: Executor["Service"]
  readonly state: State
  readonly clock: Clock.Clock
  readonly pool: BufferPool
}

/** A command that is run by the fiber. */
interface Waiting {
  readonly entry: Entry
  readonly program: Effect.Effect<Reply>
}

export class Connection {
  readonly session: Session
  readonly transport: Transport
  private readonly request: Request
  private readonly context: ConnectionContext
  private readonly parser: RequestParser
  private readonly out: Output

  /** Resumes the parked fiber; undefined while it is busy. */
  private unpark: ((exit: Exit.Exit<void>) => void) | undefined = undefined
  private waiting: Waiting | undefined = undefined
  private ahead: Array<Uint8Array> = []
  private aheadBytes = 0
  private paused = false
  private ended = false
  private fiber: Fiber.Fiber<void> | undefined = undefined

  constructor(id: number, transport: Transport, context: ConnectionContext) {
    this.context = context
    this.transport = transport
    this.out = new Output(context.pool)
    this.session = new Session(id, this.out)
    this.request = new Request(this.session)
    this.parser = new RequestParser(this.request)
  }

  // ---- input

  private onBytes(bytes: Uint8Array, start: number, end: number): void {
    if (this.unpark === undefined) return this.keep(bytes, start, end)
    this.parser.feed(bytes, start, end)
    this.runInput()
    this.parser.release()
    if (this.waiting !== undefined || this.session.closing) this.resumeFiber()
  }

  private keep(bytes: Uint8Array, start: number, end: number): void {
    this.ahead.push(Buffer.from(bytes.subarray(start, end)))
    this.aheadBytes += end - start
    if (this.aheadBytes > READ_AHEAD && !this.paused) {
      this.paused = true
      this.transport.pause()
    }
  }

  private takeAhead(): void {
    if (this.ahead.length === 0) return
    const bytes = Buffer.concat(this.ahead)
    this.ahead = []
    this.aheadBytes = 0
    this.parser.feed(bytes, 0, bytes.length)
    if (this.paused) {
      this.paused = false
      this.transport.resume()
    }
  }

  private onEnd(): void {
    this.ended = true
    if (this.unpark !== undefined) this.resumeFiber()
    else this.fiber?.interruptUnsafe()
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
    while (!session.closing) {
      const status = parser.next()
      if (status !== complete) {
        if (status < 0) this.refuse(parser.error)
        break
      }
      try {
        const entry = executor.admit(request)
        const run = entry.run
        if (run === undefined) {
          this.waiting = { entry, program: Effect.catch(entry.handler(request), Effect.succeed) }
          break
        }
        let reply: Reply
        try {
          reply = run(request)
        } catch (error) {
          reply = failureOf(error)
        }
        reply.encode(out)
        executor.after(request, entry)
      } catch (error) {
        failureOf(error).encode(out)
      }
    }
    this.flush()
  }

  private refuse(text: string): void {
    this.out.error(`ERR ${text}`)
    this.session.closing = true
  }

  private flush(): void {
    if (this.out.pending === 0) return
    if (this.transport.write(this.out.drain())) this.out.recycle()
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
      this.context.executor.after(this.request, waiting.entry)
      this.waiting = undefined
      do {
        this.takeAhead()
        this.runInput()
      } while (this.waiting === undefined && this.ahead.length > 0)
    })
  })

  /** The connection's life, until either side ends it. */
  readonly serve: Effect.Effect<void> = Effect.suspend(() => {
    this.transport.open({
      onBytes: (bytes, start, end) => this.onBytes(bytes, start, end),
      onEnd: () => this.onEnd()
    })
    return Effect.whileLoop({
      while: () => !this.session.closing && !this.ended,
      body: () => this.cycle,
      step: () => {}
    })
  }).pipe(
    Effect.onExit(() => Effect.sync(() => this.transport.end())),
    Effect.provideService(References.PreventSchedulerYield, true)
  )

  attach(fiber: Fiber.Fiber<void>): void {
    this.fiber = fiber
  }
}

/** The reply to a command that threw: its error, or for a bug one that says so. */
const failureOf = (error: unknown): CommandError =>
  error instanceof CommandError ? error : new CommandError(`ERR internal error: ${String(error)}`)
