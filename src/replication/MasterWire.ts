/**
 * The bytes of a connection to a master. During the handshake and the transfer of a snapshot they are pulled, a line or
 * a piece at a time, and what is not pulled holds the master back; the stream behind them is pushed to a handler in the
 * turn that brings it.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import * as Net from "node:net"
import * as NodeTls from "node:tls"
import { LinkError } from "./LinkError.ts"
import type { Address } from "./Role.ts"

/** Bytes that may wait to be pulled. */
const READ_AHEAD = 1024 * 1024
const READ_BYTES = 64 * 1024
/** A line that is longer than this is none of the protocol. */
const LONGEST_LINE = 1024
const LF = 10
const nothing = Buffer.alloc(0)

export class MasterWire {
  readonly local: string
  readonly peer: string
  /** Called with what arrives, which is good until it returns; its error ends the connection. */
  private handler: ((bytes: Uint8Array) => void) | undefined = undefined
  private readonly socket: Net.Socket
  private unread: Buffer = nothing
  private ended: LinkError | undefined = undefined
  /** Resumes who waits for more. */
  private wake: (() => void) | undefined = undefined

  constructor(socket: Net.Socket) {
    this.socket = socket
    this.local = addressOf(socket.localAddress, socket.localPort)
    this.peer = addressOf(socket.remoteAddress, socket.remotePort)
    socket.setNoDelay(true)
    socket.on("error", (error) => this.fail(`I/O error: ${error.message}`))
    socket.on("end", () => this.fail("the master closed the connection"))
    socket.on("close", () => this.fail("the connection was closed"))
  }

  write(bytes: Uint8Array | string): void {
    if (!this.socket.destroyed) this.socket.write(bytes)
  }

  /** Ends the connection for a reason. */
  fail(reason: string): void {
    this.ended ??= new LinkError({ message: reason })
    this.socket.destroy()
    this.wake?.()
  }

  destroy(): void {
    this.socket.destroy()
  }

  get unsent(): number {
    return this.socket.writableLength
  }

  // ---- what arrives

  /** Takes bytes that are the caller's again afterwards. */
  receive(bytes: Buffer): void {
    if (this.ended !== undefined) return
    if (this.handler !== undefined) return this.handler(bytes)
    this.unread = Buffer.concat([this.unread, bytes])
    if (this.unread.length > READ_AHEAD) this.socket.pause()
    this.wake?.()
  }

  /** Waits until there is something unread; fails when nothing more comes. */
  private readonly more: Effect.Effect<void, LinkError> = Effect.callback((resume) => {
    const check = (): void => {
      if (this.unread.length === 0 && this.ended === undefined) return
      // Who is resumed goes on at once, and may wait again
      this.wake = undefined
      resume(this.unread.length > 0 || this.ended === undefined ? Exit.void : Exit.fail(this.ended))
    }
    this.wake = check
    check()
    return Effect.sync(() => {
      this.wake = undefined
    })
  })

  private take(length: number): Buffer {
    const bytes = this.unread.subarray(0, length)
    this.unread = this.unread.subarray(length)
    if (this.unread.length === 0) {
      this.unread = nothing
      this.socket.resume()
    }
    return bytes
  }

  /** Whatever has come, at most so much. */
  readonly pull = (most: number): Effect.Effect<Buffer, LinkError> =>
    Effect.map(this.more, () => this.take(Math.min(most, this.unread.length)))

  /** The next line that is not empty: empty ones say that the master is still there. */
  readonly line: Effect.Effect<string, LinkError> = Effect.gen({ self: this }, function*() {
    let line = ""
    while (true) {
      yield* this.more
      const lf = this.unread.indexOf(LF)
      line += this.take(lf < 0 ? this.unread.length : lf + 1).toString("latin1")
      if (line.length > LONGEST_LINE) return yield* new LinkError({ message: "the master sends no lines" })
      if (lf < 0) continue
      const text = line.replace(/\r?\n$/, "")
      if (text !== "") return text
      line = ""
    }
  })

  /** Waits for the end of the connection while everything that arrives goes to the handler. */
  readonly follow = (handler: (bytes: Uint8Array) => void): Effect.Effect<never, LinkError> =>
    Effect.callback((resume) => {
      const end = (): void => {
        if (this.ended !== undefined) resume(Exit.fail(this.ended))
      }
      this.wake = end
      this.handler = (bytes) => {
        try {
          handler(bytes)
        } catch (error) {
          this.fail(error instanceof LinkError ? error.message : String(error))
        }
      }
      if (this.unread.length > 0) this.handler(this.take(this.unread.length))
      end()
    })
}

const addressOf = (host: string | undefined, port: number | undefined): string =>
  host === undefined ? "?:0" : `${host.includes(":") ? `[${host}]` : host}:${port ?? 0}`

/** How to reach a master besides its address. */
export interface ConnectOptions {
  /** Local address to connect from. */
  readonly source?: string | undefined
  /** Encrypts the link. */
  readonly tls?: NodeTls.ConnectionOptions | undefined
}

/** Connects; the connection ends with the scope. */
export const connect = (
  { host, port }: Address,
  { source, tls }: ConnectOptions
): Effect.Effect<MasterWire, LinkError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<MasterWire, LinkError>((resume) => {
      const where = { host, port, ...(source === undefined ? {} : { localAddress: source }) }
      let wire: MasterWire | undefined
      const onread = {
        buffer: Buffer.allocUnsafeSlow(READ_BYTES),
        callback: (length: number, bytes: Uint8Array): boolean => {
          wire?.receive(Buffer.from(bytes.buffer, bytes.byteOffset, length))
          return true
        }
      }
      const socket = tls === undefined ? Net.connect({ ...where, onread }) : NodeTls.connect({ ...tls, ...where })
      const refuse = (error: Error): void => {
        resume(Effect.fail(new LinkError({ message: `Error condition on socket for SYNC: ${error.message}` })))
      }
      socket.once("error", refuse)
      socket.once(tls === undefined ? "connect" : "secureConnect", () => {
        socket.off("error", refuse)
        const connected = wire = new MasterWire(socket)
        // No encoding is set, so it is never text
        if (tls !== undefined) socket.on("data", (bytes) => connected.receive(bytes as Buffer))
        resume(Effect.succeed(connected))
      })
      return Effect.sync(() => void socket.destroy())
    }),
    (wire) => Effect.sync(() => wire.destroy())
  )
