/// <reference types="node" preserve="true" />
/** A message on its way to subscribers, encoded once for each version of the protocol, however many get it. */
import { Mark, row } from "./Bulks.ts"

export type MessageKind = "message" | "pmessage" | "smessage"

export class Message {
  readonly kind: MessageKind
  /** Both are good for the turn that publishes it. */
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
    return resp === 3 ? this.resp3 ??= this.encode(Mark.push) : this.resp2 ??= this.encode(Mark.array)
  }

  private encode(mark: number): Buffer {
    const { channel, kind, pattern, payload } = this
    return row(mark, [KIND_BYTES[kind], ...(pattern === undefined ? [] : [pattern]), channel, payload])
  }
}

const KIND_BYTES = {
  message: Buffer.from("message"),
  pmessage: Buffer.from("pmessage"),
  smessage: Buffer.from("smessage")
} as const
