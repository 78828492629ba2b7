/**
 * Node's sockets as a `Transport`. All sockets of a listener read into one buffer: a chunk is used up within the call
 * that delivers it, so no read allocates (10 % of the cost of a request that comes alone).
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
export const make = (accepted: Net.Socket, shared: Shared, unixPath?: string): Transport => {
  const peer = unixPath === undefined ? address(accepted.remoteAddress, accepted.remotePort) : `${unixPath}:0`
  const local = unixPath === undefined ? address(accepted.localAddress, accepted.localPort) : `${unixPath}:0`
  const isLocal = unixPath !== undefined || /^(127\.|::1$|::ffff:127\.)/.test(accepted.remoteAddress ?? "")
  const fd = descriptorOf(accepted)
  // What goes past an encrypted socket is not encrypted
  const isPlain = !("encrypted" in accepted)
  let onBytes: Handlers["onBytes"] = () => undefined
  let onDrain: Handlers["onDrain"] = () => {}
  let onEnd: Handlers["onEnd"] = () => {}
  let ended = false
  /** Bytes that the binding holds because the kernel did not take them. */
  let unsent = 0
  /** Whether there are such bytes, or some that the socket holds; they may have gone since. */
  let queued = false
  /** Whether somebody may wait for what is queued to go out. */
  let owesDrain = false
  // Node's `drain` comes only after a write that went beyond its mark
  const onWritten = (): void => {
    if (!owesDrain || backlog() > 0) return
    owesDrain = false
    onDrain()
  }
  const onSent = (): void => {
    unsent = 0
    onWritten()
  }
  const backlog = (): number => socket.writableLength + unsent
  /** Writes what it can at once, without Node's machinery for what is left (8 % of delivering 64 bytes). */
  const writeNow = (handle: Handle, buffer: Buffer, length: number): number => {
    if (binding === undefined) return writeAtOnce(fd, buffer, length)
    const left = binding.write(handle, buffer, length, onSent)
    if (left < 0) return 0
    unsent = left
    return length
  }
  const stillHas = (): boolean => {
    queued = backlog() > 0
    owesDrain ||= queued
    return queued
  }
  const finish = (): void => {
    if (ended) return
    ended = true
    onEnd()
  }
  const { binding } = shared
  const socket = withReadBuffer(accepted, shared, (bytes, start, end) => onBytes(bytes, start, end))
  socket.on("end", finish)
  socket.on("close", finish)
  // The end of the connection follows; its reason is of no use to the server.
  socket.on("error", () => {})
  return {
    peer,
    local,
    unix: unixPath !== undefined,
    isLocal,
    fd,
    open: (handlers) => {
      onBytes = handlers.onBytes
      onDrain = handlers.onDrain
      onEnd = handlers.onEnd
      if (ended) onEnd()
      else socket.resume()
    },
    write: (chunks) => {
      if (socket.destroyed) return true
      const last = chunks.length - 1
      if (last > 0) socket.cork()
      for (let i = 0; i < last; i++) socket.write(chunks[i] as Uint8Array)
      socket.write(chunks[last] as Uint8Array, onWritten)
      if (last > 0) socket.uncork()
      return !stillHas()
    },
    writeOne: (buffer, length) => {
      const handle = handleOf(socket)
      // The descriptor is another's as soon as the handle is closed
      if (handle === null) return true
      if (queued) queued = backlog() > 0
      const written = queued || fd < 0 || !isPlain || handle === undefined ? 0 : writeNow(handle, buffer, length)
      if (written === length && unsent === 0) return true
      if (written < length) socket.write(buffer.subarray(written, length), onWritten)
      return !stillHas()
    },
    backlog,
    batch: () => {
      // The socket knows nothing of what the listener has set on its handle, and does only what changes something
      socket.setNoDelay(true)
      socket.setNoDelay(false)
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    // A plain `end` would wait for the peer's own end for ever
    end: () => socket.destroySoon(),
    destroy: () => void socket.destroy()
  }
}

/** Writes what the kernel takes. Errors are left to the socket, which meets them again. */
const writeAtOnce = (fd: number, buffer: Buffer, length: number): number => {
  try {
    return writeSync(fd, buffer, 0, length)
  } catch {
    return 0
  }
}

const address = (host: string | undefined, port: number | undefined): string =>
  host === undefined ? "?:0" : `${host.includes(":") ? `[${host}]` : host}:${port ?? 0}`

/** Node's handle of a socket: an internal without types, used by its own cluster and TLS modules. */
interface SocketWithHandle extends Net.Socket {
  readonly _handle?: Handle | null
}

const handleOf = (socket: SocketWithHandle): Handle | null | undefined => socket._handle

const descriptorOf = (socket: Net.Socket): number => handleOf(socket)?.fd ?? -1

/**
 * Node lets only clients choose their read buffer (`onread`). Giving an accepted socket's handle to a fresh `Socket`
 * does it for servers; where the handle is not to be had (another runtime), the socket allocates as usual.
 */
const withReadBuffer = (
  accepted: Net.Socket,
  { binding, readBuffer }: Shared,
  deliver: Handlers["onBytes"]
): Net.Socket => {
  const handle = handleOf(accepted)
  if ("encrypted" in accepted || handle === undefined || handle === null) {
    accepted.pause()
    accepted.on("data", (chunk) => deliver(chunk, 0, chunk.length))
    return accepted
  }
  Object.assign(accepted, { _handle: null })
  const options = {
    handle,
    allowHalfOpen: true,
    onread: {
      buffer: readBuffer,
      callback: (length: number, buffer: Uint8Array) => {
        deliver(buffer, 0, length)
        return true
      }
    }
  }
  // The types know neither `handle` nor a callback that gets the buffer
  const socket = new Net.Socket(options as unknown as Net.SocketConstructorOpts)
  const { onread } = handle
  if (binding === undefined || onread === undefined) return socket
  let buffer = readBuffer
  // What the socket would do with input is to hand it on; the end and errors are its own
  handle.onread = function(bytes) {
    const { received } = binding
    if (received <= 0) return onread.call(this, bytes)
    const next = deliver(buffer, 0, received) ?? readBuffer
    return next === buffer ? undefined : buffer = next
  }
  return socket
}
