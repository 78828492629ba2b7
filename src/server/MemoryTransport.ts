/**
 * A connection without sockets: two ends in one process, for embedding and for tests. Bytes arrive in a later microtask,
 * as if they had travelled; the client's end takes what it gets at once, unless it is told not to.
 */
import type { Handlers, Transport } from "./Transport.ts"

/** Bytes under way that are not worth a look. */
const PIPE = 64 * 1024

/** The client's end. */
export interface ClientEnd {
  /** Sends bytes; they are copied. */
  readonly write: (bytes: Uint8Array) => void
  /** Finishes, as a client that closes its socket. */
  readonly end: () => void
  /** Receives what the server writes from now on, and what it wrote before. */
  readonly onBytes: (receive: (bytes: Uint8Array) => void) => void
  /** Runs when the server has ended the connection. */
  readonly onEnd: (run: () => void) => void
  /** Stops and resumes taking bytes: a client that does not read. */
  readonly pause: () => void
  readonly resume: () => void
  readonly closed: () => boolean
}

export const makePair = (name = "memory"): readonly [server: Transport, client: ClientEnd] => {
  let handlers: Handlers | undefined
  let inbox: Array<Uint8Array> = []
  let outbox: Array<Uint8Array> = []
  let outboxBytes = 0
  let receive: ((bytes: Uint8Array) => void) | undefined
  let ended: () => void = () => {}
  let serverPaused = false
  let clientPaused = false
  let clientDone = false
  let serverDone = false
  let closed = false
  let told = false

  const deliver = (): void => {
    if (handlers === undefined || serverPaused || closed) return
    const chunks = inbox
    inbox = []
    for (const [index, chunk] of chunks.entries()) {
      if (serverPaused) {
        inbox = [...chunks.slice(index), ...inbox]
        return
      }
      handlers.onBytes(chunk, 0, chunk.length)
    }
    if (clientDone) tellEnd()
  }
  const tellEnd = (): void => {
    if (told) return
    told = true
    handlers?.onEnd()
  }
  const take = (): void => {
    if (clientPaused || receive === undefined) return
    const chunks = outbox
    const hadBacklog = outboxBytes > 0
    outbox = []
    outboxBytes = 0
    for (const chunk of chunks) receive(chunk)
    if (hadBacklog && !closed) handlers?.onDrain()
    if (serverDone) close()
  }
  const close = (): void => {
    if (closed) return
    closed = true
    ended()
  }

  const server: Transport = {
    peer: `${name}:0`,
    local: `${name}:0`,
    unix: false,
    isLocal: true,
    fd: -1,
    open: (given) => {
      handlers = given
      queueMicrotask(deliver)
    },
    write: (chunks) => {
      if (closed || serverDone) return true
      for (const chunk of chunks) {
        outbox.push(Buffer.from(chunk))
        outboxBytes += chunk.length
      }
      queueMicrotask(take)
      // The bytes were copied; a no makes the connection look at its backlog, as with a socket
      return outboxBytes <= PIPE
    },
    writeOne: (buffer, length) => server.write([buffer.subarray(0, length)]),
    backlog: () => outboxBytes,
    batch: () => {},
    pause: () => {
      serverPaused = true
    },
    resume: () => {
      serverPaused = false
      queueMicrotask(deliver)
    },
    end: () => {
      serverDone = true
      queueMicrotask(take)
    },
    destroy: () => {
      serverDone = true
      outbox = []
      outboxBytes = 0
      queueMicrotask(() => {
        tellEnd()
        close()
      })
    }
  }
  const client: ClientEnd = {
    write: (bytes) => {
      if (closed || clientDone) return
      inbox.push(Buffer.from(bytes))
      queueMicrotask(deliver)
    },
    end: () => {
      clientDone = true
      queueMicrotask(deliver)
    },
    onBytes: (given) => {
      receive = given
      queueMicrotask(take)
    },
    onEnd: (run) => {
      ended = run
      if (closed) run()
    },
    pause: () => {
      clientPaused = true
    },
    resume: () => {
      clientPaused = false
      queueMicrotask(take)
    },
    closed: () => closed
  }
  return [server, client]
}
