/**
 * Node's sockets as a `Transport`. All sockets of a listener read into one buffer: a chunk is used up within the call
 * that delivers it, so no read allocates (10 % of the cost of a request that comes alone).
 *
 * What a request needs of its connection has to come from memory again each time, because the kernel has used the processor's
 * nearest caches in between: so all of it is in one object, and the functions are shared.
 */
import { writeSync } from "node:fs"
import * as Net from "node:net"
import { type Handle, StreamBinding } from "./StreamBinding.ts"
import { type Handlers, READ_BUFFER_BYTES, type Transport } from "./Transport.ts"

/** What the sockets of a listener have in common. */
export interface Shared {
  readonly readBuffer: Uint8Array
  readonly binding: StreamBinding | undefined
}

export const share = (): Shared => ({
  readBuffer: Buffer.allocUnsafeSlow(READ_BUFFER_BYTES),
  binding: StreamBinding.find()
})

/** Accepted sockets come paused; encrypted ones share nothing. */
export const make = (accepted: Net.Socket, shared: Shared, unixPath?: string): Transport =>
  new SocketTransport(accepted, shared, unixPath)

/** Before `open`, and nothing comes before it but the end. */
const nobody: Handlers = { onBytes: () => undefined, onDrain: () => {}, onEnd: () => {} }

class SocketTransport implements Transport {
  private handlers: Handlers = nobody
  private readonly binding: StreamBinding | undefined
  /** Node's handle, where what is written may go past the socket. */
  private readonly handle: Handle | undefined
  private readonly socket: Net.Socket
  /** Where the next bytes are read to. */
  private into: Uint8Array
  private readonly readBuffer: Uint8Array
  /** Bytes that the binding holds because the kernel did not take them. */
  private unsent = 0
  /** Whether there are such bytes, or some that the socket holds; they may have gone since. */
  private queued = false
  /** Whether somebody may wait for what is queued to go out. */
  private owesDrain = false
  private ended = false

  readonly peer: string
  readonly local: string
  readonly unix: boolean
  readonly isLocal: boolean
  readonly fd: number

  constructor(accepted: Net.Socket, { binding, readBuffer }: Shared, unixPath: string | undefined) {
    this.peer = unixPath === undefined ? address(accepted.remoteAddress, accepted.remotePort) : `${unixPath}:0`
    this.local = unixPath === undefined ? address(accepted.localAddress, accepted.localPort) : `${unixPath}:0`
    this.unix = unixPath !== undefined
    this.isLocal = unixPath !== undefined || /^(127\.|::1$|::ffff:127\.)/.test(accepted.remoteAddress ?? "")
    const handle = handleOf(accepted)
    this.fd = handle?.fd ?? -1
    // What goes past an encrypted socket is not encrypted
    this.handle = "encrypted" in accepted ? undefined : handle ?? undefined
    this.binding = binding
    this.readBuffer = this.into = readBuffer
    this.socket = this.handle === undefined ? this.pull(accepted) : this.takeOver(accepted, this.handle)
    this.socket.on("end", this.finish)
    this.socket.on("close", this.finish)
    // The end of the connection follows; its reason is of no use to the server.
    this.socket.on("error", () => {})
  }

  open(handlers: Handlers): void {
    this.handlers = handlers
    if (this.ended) handlers.onEnd()
    else this.socket.resume()
  }

  private readonly finish = (): void => {
    if (this.ended) return
    this.ended = true
    this.handlers.onEnd()
  }

  // ---- reading

  private pull(accepted: Net.Socket): Net.Socket {
    accepted.pause()
    // No encoding is set, so it is never text
    return accepted.on("data", (chunk) => this.handlers.onBytes(chunk as Buffer, 0, chunk.length))
  }

  /**
   * Node lets only clients choose their read buffer (`onread`). Giving an accepted socket's handle to a fresh `Socket`
   * does it for servers; where the handle is not to be had (another runtime), the socket allocates as usual.
   */
  private takeOver(accepted: Net.Socket, handle: Handle): Net.Socket {
    Object.assign(accepted, { _handle: null })
    const options = {
      handle,
      allowHalfOpen: true,
      onread: {
        buffer: this.readBuffer,
        callback: (length: number, buffer: Uint8Array) => {
          this.handlers.onBytes(buffer, 0, length)
          return true
        }
      }
    }
    // The types know neither `handle` nor a callback that gets the buffer
    const socket = new Net.Socket(options as unknown as Net.SocketConstructorOpts)
    this.binding?.receive(handle, this)
    return socket
  }

  /** Bytes have been read. Returns where the next ones are to be read to, if that is another place. */
  received(length: number): Uint8Array | undefined {
    const { into } = this
    const next = this.handlers.onBytes(into, 0, length) ?? this.readBuffer
    return next === into ? undefined : this.into = next
  }

  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.socket.resume()
  }

  // ---- writing

  write(chunks: ReadonlyArray<Uint8Array>): boolean {
    const { socket } = this
    if (socket.destroyed) return true
    const last = chunks.length - 1
    if (last > 0) socket.cork()
    for (let i = 0; i < last; i++) socket.write(chunks[i] as Uint8Array)
    socket.write(chunks[last] as Uint8Array, this.onWritten)
    if (last > 0) socket.uncork()
    return !this.stillHas()
  }

  writeOne(buffer: Buffer, length: number): boolean {
    if (this.queued) this.queued = this.backlog() > 0
    const written = this.queued ? 0 : this.writeNow(buffer, length)
    if (written === length && this.unsent === 0) return true
    if (this.socket.destroyed) return true
    if (written < length) this.socket.write(buffer.subarray(written, length), this.onWritten)
    return !this.stillHas()
  }

  /** Writes what it can at once, without Node's machinery for what is left (8 % of delivering 64 bytes). */
  private writeNow(buffer: Buffer, length: number): number {
    const { binding, handle } = this
    if (handle === undefined) return 0
    if (binding === undefined) return this.writeAtOnce(buffer, length)
    const left = binding.write(handle, buffer, length, this.onSent)
    if (left < 0) return 0
    this.unsent = left
    return length
  }

  /** Writes what the kernel takes. Errors are left to the socket, which meets them again. */
  private writeAtOnce(buffer: Buffer, length: number): number {
    // The descriptor is another's as soon as the socket is closed
    if (this.fd < 0 || this.socket.destroyed) return 0
    try {
      return writeSync(this.fd, buffer, 0, length)
    } catch {
      return 0
    }
  }

  backlog(): number {
    return this.socket.writableLength + this.unsent
  }

  private stillHas(): boolean {
    this.queued = this.backlog() > 0
    this.owesDrain ||= this.queued
    return this.queued
  }

  private readonly onSent = (): void => {
    this.unsent = 0
    this.onWritten()
  }

  /** Node's `drain` comes only after a write that went beyond its mark. */
  private readonly onWritten = (): void => {
    if (!this.owesDrain || this.backlog() > 0) return
    this.owesDrain = false
    this.handlers.onDrain()
  }

  batch(): void {
    // The socket knows nothing of what the listener has set on its handle, and does only what changes something
    this.socket.setNoDelay(true)
    this.socket.setNoDelay(false)
  }

  // ---- the end

  end(): void {
    // A plain `end` would wait for the peer's own end for ever
    this.socket.destroySoon()
  }

  destroy(): void {
    this.socket.destroy()
  }
}

const address = (host: string | undefined, port: number | undefined): string =>
  host === undefined ? "?:0" : `${host.includes(":") ? `[${host}]` : host}:${port ?? 0}`

/** Node's handle of a socket: an internal without types, used by its own cluster and TLS modules. */
interface SocketWithHandle extends Net.Socket {
  readonly _handle?: Handle | null
}

const handleOf = (socket: SocketWithHandle): Handle | null | undefined => socket._handle
