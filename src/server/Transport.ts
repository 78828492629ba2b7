/// <reference types="node" preserve="true" />
/**
 * A byte stream to one peer, as a connection uses it. TCP, unix and TLS sockets and an in-memory pipe implement it.
 * Calls come from the event loop; nothing here suspends.
 */

/** How much a socket reads at once, in bytes; encrypted ones deliver half of it. */
export const READ_BUFFER_BYTES = 128 * 1024

export interface Handlers {
  /** May return where the next bytes should be read to; who cannot do that delivers them as usual. */
  readonly onBytes: (bytes: Uint8Array, start: number, end: number) => Uint8Array | undefined
  /** The peer has taken all that was written. */
  readonly onDrain: () => void
  /** The peer has finished, or the connection is gone. Called once. */
  readonly onEnd: () => void
}

export interface Transport {
  /** `127.0.0.1:6379`, or the path of a unix socket and `:0`. */
  readonly peer: string
  readonly local: string
  readonly unix: boolean
  /** Whether the peer is on this machine. */
  readonly isLocal: boolean
  /** The descriptor, or -1. */
  readonly fd: number
  /** Delivers what arrives. The bytes are valid during the call only. */
  readonly open: (handlers: Handlers) => void
  /** Writes in order; true when the bytes have been taken and may be used again. */
  readonly write: (chunks: ReadonlyArray<Uint8Array>) => boolean
  /** The same for the first bytes of a buffer. */
  readonly writeOne: (buffer: Buffer, length: number) => boolean
  /** Bytes written that the peer has not taken yet. */
  readonly backlog: () => number
  /** Lets the kernel wait for more before it sends a small packet. */
  readonly batch: () => void
  /** Stops and resumes the delivery of bytes. */
  readonly pause: () => void
  readonly resume: () => void
  /** Ends after what was written has gone out. */
  readonly end: () => void
  /** Ends at once. */
  readonly destroy: () => void
}
