/**
 * A message on its way to subscribers, encoded once for each version of the protocol, however many get it.
 */
import * as Integers from "../memory/Integers.ts"

export type MessageKind = "message" | "pmessage" | "smessage"

const ARRAY = 42
const PUSH = 62

export class Message {
  readonly kind: MessageKind
  readonly channel: Uint8Array
  readonly payload: Uint8Array
  /** The pattern that the channel matches, of a `pmessage`. */
  readonly pattern: Uint8Array | undefined
  private resp2: Buffer | undefined = undefined
  private resp3: Buffer | undefined = undefined

  constructor(kind: MessageKind, channel: Uint8Array, payload: Uint8Array, pattern?: Uint8Array) {
    this.kind = kind
    this.channel = channel
    this.payload = payload
    this.pattern = pattern
  }

  /** Its bytes on the wire, which nobody may change. */
  frame(resp: number): Buffer {
    return resp === 3 ? this.resp3 ??= this.encode(PUSH) : this.resp2 ??= this.encode(ARRAY)
  }

  private encode(type: number): Buffer {
    const { channel, kind, pattern, payload } = this
    const parts = [Buffer.from(kind), ...(pattern === undefined ? [] : [pattern]), channel, payload]
    let size = 4
    for (const part of parts) size += part.length + Integers.size(part.length) + 5
    const frame = Buffer.allocUnsafe(size)
    frame[0] = type
    frame[1] = 48 + parts.length
    let at = endLine(frame, 2)
    for (const part of parts) {
      frame[at] = 36
      at = endLine(frame, Integers.write(frame, at + 1, part.length))
      frame.set(part, at)
      at = endLine(frame, at + part.length)
    }
    return frame
  }
}

const endLine = (frame: Uint8Array, at: number): number => {
  frame[at] = 13
  frame[at + 1] = 10
  return at + 2
}
