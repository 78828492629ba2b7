/// <reference types="node" preserve="true" />
/**
 * Node's own binding of its sockets, beneath `net.Socket`: a request that comes alone costs 2 to 3 % less CPU when its reply goes out by
 * it, and not by `fs.writeSync`, which looks up twice whether file accesses are traced. It is an internal of Node, so where it is
 * not as expected, there is none.
 */

/** What `net.Socket` keeps of a plain socket. */
export interface Handle {
  readonly fd?: number
  /** Called with what was read, or why nothing was: how much is in the binding's state. May return the next read's buffer. */
  onread?: (this: unknown, bytes: unknown) => Uint8Array | undefined
  /** An error of libuv, or 0: what the kernel does not take at once is then sent later, by `request`. */
  readonly writeBuffer?: (request: WriteRequest, bytes: Uint8Array) => number
  readonly writeQueueSize?: number
}

interface WriteRequest {
  oncomplete?: () => void
  /** What is being sent, lest it be collected. */
  bytes?: Uint8Array
}

interface Internals {
  readonly WriteWrap: new() => WriteRequest
  readonly streamBaseState: Int32Array
  readonly kReadBytesOrError: number
  readonly kLastWriteWasAsync: number
}

/** Replies up to that many bytes are copied to a buffer of exactly their length, which costs less than making a view of one. */
const SHORT = 64

export class StreamBinding {
  static find(): StreamBinding | undefined {
    // Its name has no types, and it throws in a process that may not use it
    const { binding } = process as { readonly binding?: (name: string) => unknown }
    try {
      const found = binding?.("stream_wrap")
      return isInternals(found) ? new StreamBinding(found) : undefined
    } catch {
      return undefined
    }
  }

  private readonly internals: Internals
  private readonly state: Int32Array
  private request: WriteRequest
  private readonly short: Array<Buffer> = []

  private constructor(internals: Internals) {
    this.internals = internals
    this.state = internals.streamBaseState
    this.request = new internals.WriteWrap()
    for (let length = 0; length <= SHORT; length++) this.short.push(Buffer.allocUnsafeSlow(length))
  }

  /** Within a handle's `onread`: how many bytes were read, or an error of libuv below zero. */
  get received(): number {
    return this.state[this.internals.kReadBytesOrError] as number
  }

  /**
   * Writes the first bytes of a buffer. Returns how many of them wait to be sent, for which the buffer is needed until `onSent`;
   * -1 when nothing was written because of an error, which the socket will meet again.
   */
  write(handle: Handle, buffer: Buffer, length: number, onSent: () => void): number {
    const bytes = length <= SHORT ? this.copy(buffer, length) : buffer.subarray(0, length)
    const { request, state } = this
    if (handle.writeBuffer?.(request, bytes) !== 0) return -1
    if (state[this.internals.kLastWriteWasAsync] === 0) return 0
    request.bytes = bytes
    request.oncomplete = onSent
    this.request = new this.internals.WriteWrap()
    if (length <= SHORT) this.short[length] = Buffer.allocUnsafeSlow(length)
    return handle.writeQueueSize ?? length
  }

  private copy(buffer: Buffer, length: number): Buffer {
    const bytes = this.short[length] as Buffer
    for (let i = 0; i < length; i++) bytes[i] = buffer[i] as number
    return bytes
  }
}

const isInternals = (value: unknown): value is Internals =>
  typeof value === "object" && value !== null
  && "WriteWrap" in value && typeof value.WriteWrap === "function"
  && "streamBaseState" in value && value.streamBaseState instanceof Int32Array
  && "kReadBytesOrError" in value && typeof value.kReadBytesOrError === "number"
  && "kLastWriteWasAsync" in value && typeof value.kLastWriteWasAsync === "number"
