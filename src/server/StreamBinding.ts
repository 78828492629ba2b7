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
  onread?: OnRead
  /** An error of libuv, or 0: what the kernel does not take at once is then sent later, by `request`. */
  readonly writeBuffer?: (request: WriteRequest, bytes: Uint8Array) => number
  readonly writeQueueSize?: number
  [receiver]?: Receiver
}

type OnRead = (this: Handle, bytes: unknown) => Uint8Array | undefined

/** Who gets what a handle reads. */
export interface Receiver {
  /** So many bytes are where its handle reads to. May return where the next ones should be read to. */
  readonly received: (length: number) => Uint8Array | undefined
}

const receiver = Symbol("receiver")

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

/** Up to that many bytes, the views of a buffer are kept: most replies are short, and making a view costs more than writing one. */
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
  /** Views of the first bytes of `viewed`, by their number. Replies that go out at once all come in the same buffer. */
  private readonly views = new Array<Buffer | undefined>(SHORT + 1).fill(undefined)
  private viewed: Buffer | undefined = undefined
  /** Node's own `onread`, which is the same function for all handles. */
  private ownOnRead: OnRead | undefined = undefined
  /** One function for all handles as well: reading fetches none that is the handle's own. */
  private readonly onRead: OnRead

  private constructor(internals: Internals) {
    const state = internals.streamBaseState
    this.internals = internals
    this.state = state
    this.request = new internals.WriteWrap()
    const { kReadBytesOrError } = internals
    const toSocket = (handle: Handle, bytes: unknown) => this.ownOnRead?.call(handle, bytes)
    this.onRead = function(bytes) {
      // A number of bytes, or an error of libuv below zero
      const length = state[kReadBytesOrError] as number
      const to = this[receiver]
      return length > 0 && to !== undefined ? to.received(length) : toSocket(this, bytes)
    }
  }

  /** Delivers what a handle reads past its socket; the end and errors remain the socket's. */
  receive(handle: Handle, to: Receiver): void {
    const { onread } = handle
    this.ownOnRead ??= onread
    if (onread === undefined || onread !== this.ownOnRead) return
    handle[receiver] = to
    handle.onread = this.onRead
  }

  /**
   * Writes the first bytes of a buffer. Returns how many of them wait to be sent, for which the buffer is needed until `onSent`;
   * -1 when nothing was written because of an error, which the socket will meet again.
   */
  write(handle: Handle, buffer: Buffer, length: number, onSent: () => void): number {
    const bytes = length === buffer.length ? buffer : this.view(buffer, length)
    const { request, state } = this
    if (handle.writeBuffer?.(request, bytes) !== 0) return -1
    if (state[this.internals.kLastWriteWasAsync] === 0) return 0
    request.bytes = bytes
    request.oncomplete = onSent
    this.request = new this.internals.WriteWrap()
    return handle.writeQueueSize ?? length
  }

  private view(buffer: Buffer, length: number): Buffer {
    if (length > SHORT) return buffer.subarray(0, length)
    if (buffer !== this.viewed) {
      this.viewed = buffer
      this.views.fill(undefined)
    }
    return this.views[length] ??= buffer.subarray(0, length)
  }
}

const isInternals = (value: unknown): value is Internals =>
  typeof value === "object" && value !== null
  && "WriteWrap" in value && typeof value.WriteWrap === "function"
  && "streamBaseState" in value && value.streamBaseState instanceof Int32Array
  && "kReadBytesOrError" in value && typeof value.kReadBytesOrError === "number"
  && "kLastWriteWasAsync" in value && typeof value.kLastWriteWasAsync === "number"
