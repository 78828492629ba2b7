/**
 * A client's connection: a fiber that reads requests, runs them and writes the replies, a chunk of input at a time.
 *
 * The fiber suspends in `pull` while there is no input; the event that brings input resumes it at once, on the same
 * stack, so that requests are parsed where the bytes were read. A command that suspends leaves the chunk behind first
 * (`detach`); what arrives meanwhile is kept up to a bound, then the peer has to wait.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as References from "effect/References"
import type * as CommandError from "../command/CommandError.ts"
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

export class Connection {
  readonly session: Session
  readonly request: Request
  readonly transport: Transport
  private readonly context: ConnectionContext
  private readonly parser: RequestParser
  private readonly out: Output

  /** Continues the fiber that waits in `pull`. */
  private wake: ((exit: Exit.Exit<void>) => void) | undefined = undefined
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
    const wake = this.wake
    if (wake === undefined) {
      this.ahead.push(Buffer.from(bytes.subarray(start, end)))
      this.aheadBytes += end - start
      if (this.aheadBytes > READ_AHEAD && !this.paused) {
        this.paused = true
        this.transport.pause()
      }
      return
    }
    this.wake = undefined
    this.parser.feed(bytes, start, end)
    wake(Exit.void)
    this.parser.release()
  }

  private onEnd(): void {
    this.ended = true
    this.session.closing = true
    const wake = this.wake
    if (wake !== undefined) {
      this.wake = undefined
      wake(Exit.void)
    } else this.fiber?.interruptUnsafe()
  }

  /** Waits until there is input or the connection ends. */
  private readonly pull = Effect.callback<void>((resume) => {
    if (this.ahead.length > 0) {
      const chunk = this.ahead.length === 1 ? this.ahead[0] as Uint8Array : Buffer.concat(this.ahead)
      this.ahead = []
      this.aheadBytes = 0
      this.parser.feed(chunk, 0, chunk.length)
      if (this.paused) {
        this.paused = false
        this.transport.resume()
      }
      resume(Exit.void)
    } else if (this.ended) resume(Exit.void)
    else this.wake = resume
  })

  // ---- one chunk of input

  private readonly runNext = () => this.context.executor.run(this.request)

  private readonly answer = (reply: Reply) => {
    reply.encode(this.out)
    this.context.executor.after(this.request)
  }

  private readonly hasNext = () => {
    if (this.session.closing) return false
    const status = this.parser.next()
    if (status === complete) return true
    if (status < 0) {
      this.out.error(`ERR ${this.parser.error}`)
      this.session.closing = true
    }
    return false
  }

  private readonly batch: Effect.Effect<void> = Effect.catch(
    Effect.whileLoop({ while: this.hasNext, body: this.runNext, step: this.answer }),
    (error: CommandError.CommandError) => {
      this.answer(error)
      return this.batch
    }
  )

  private readonly cycle = Effect.flatMap(this.pull, () => {
    const { clock, state } = this.context
    state.setTime(clock.currentTimeMillisUnsafe())
    return this.batch
  })

  private flush(): void {
    if (this.out.pending === 0) return
    if (this.transport.write(this.out.drain())) this.out.recycle()
  }

  /** The connection's life, until either side ends it. */
  readonly serve: Effect.Effect<void> = Effect.suspend(() => {
    this.transport.open({
      onBytes: (bytes, start, end) => this.onBytes(bytes, start, end),
      onEnd: () => this.onEnd()
    })
    return Effect.whileLoop({
      while: () => !this.session.closing,
      body: () => this.cycle,
      step: () => this.flush()
    })
  }).pipe(
    Effect.onExit(() => Effect.sync(() => this.transport.end())),
    Effect.provideService(References.PreventSchedulerYield, true)
  )

  attach(fiber: Fiber.Fiber<void>): void {
    this.fiber = fiber
  }
}
