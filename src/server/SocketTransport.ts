/**
 * Node's sockets as a `Transport`. All sockets of a listener read into one buffer: a chunk is used up within the call
 * that delivers it, so no read allocates (10 % of the cost of a request that comes alone).
 */
import * as Net from "node:net"
import type { Transport } from "./Transport.ts"

/** What a listener's sockets share. */
export const READ_BUFFER_BYTES = 128 * 1024

/** Accepted sockets come paused; `readBuffer` is shared by all of them. */
export const make = (accepted: Net.Socket, readBuffer: Uint8Array): Transport => {
  const address = (host: string | undefined, port: number | undefined) =>
    host === undefined ? "" : `${host.includes(":") ? `[${host}]` : host}:${port ?? 0}`
  const peer = address(accepted.remoteAddress, accepted.remotePort)
  const local = address(accepted.localAddress, accepted.localPort)
  let onBytes: (bytes: Uint8Array, start: number, end: number) => void = () => {}
  let onEnd: () => void = () => {}
  let ended = false
  const finish = (): void => {
    if (ended) return
    ended = true
    onEnd()
  }
  const socket = withReadBuffer(accepted, readBuffer, (bytes, start, end) => onBytes(bytes, start, end))
  socket.on("end", finish)
  socket.on("close", finish)
  // The end of the connection follows; its reason is of no use to the server.
  socket.on("error", () => {})
  return {
    peer,
    local,
    open: (handlers) => {
      onBytes = handlers.onBytes
      onEnd = handlers.onEnd
      if (ended) onEnd()
      else socket.resume()
    },
    write: (chunks) => {
      if (socket.destroyed) return true
      if (chunks.length === 1) socket.write(chunks[0] as Uint8Array)
      else {
        socket.cork()
        for (const chunk of chunks) socket.write(chunk)
        socket.uncork()
      }
      return socket.writableLength === 0
    },
    backlog: () => socket.writableLength,
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    end: () => void socket.end(),
    destroy: () => void socket.destroy()
  }
}

/**
 * Node lets only clients choose their read buffer (`onread`). Giving an accepted socket's handle to a fresh `Socket`
 * does it for servers; where the handle is not to be had (another runtime), the socket allocates as usual.
 */
const withReadBuffer = (
  accepted: Net.Socket,
  readBuffer: Uint8Array,
  deliver: (bytes: Uint8Array, start: number, end: number) => void
): Net.Socket => {
  // `_handle` and the option `handle` are Node internals without types, used by its own cluster and TLS modules.
  const internal = accepted as Net.Socket & { _handle?: object | null }
  const handle = internal._handle
  if (handle === undefined || handle === null) {
    accepted.on("data", (chunk) => deliver(chunk, 0, chunk.length))
    return accepted
  }
  internal._handle = null
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
  return new Net.Socket(options as Net.SocketConstructorOpts)
}
