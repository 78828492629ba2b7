/**
 * Replies as JavaScript values: what a program that embeds the server wants instead of the protocol's types. Bulks and
 * statuses become text or stay bytes, maps become `Map`s, sets arrays, all nulls `null`; integers are numbers where a number is exact.
 */
import * as Data from "effect/Data"
import type { ReplyValue } from "../resp/ReplyParser.ts"

/** What a command answers with; `Text` is `string`, or `Uint8Array` where bytes are asked for. */
export type Value<Text = string> =
  | Text
  | string
  | number
  | bigint
  | boolean
  | null
  | ReplyError
  | ReadonlyArray<Value<Text>>
  | ReadonlyMap<Value<Text>, Value<Text>>

/** An error that a command answered, such as `WRONGTYPE ...`. */
export class ReplyError extends Data.TaggedError("ReplyError")<{
  /** Code word and text, as the server sends them. */
  readonly message: string
}> {
  /** The first word: `ERR`, `WRONGTYPE`, `NOAUTH`, ... */
  get code(): string {
    return this.message.split(" ", 1)[0] ?? ""
  }
}

/** The connection has ended: by CLIENT KILL, QUIT, a limit, or because the server's scope was closed. */
export class ConnectionClosed extends Data.TaggedError("ConnectionClosed")<{ readonly message: string }> {}

const decode = <Text>(reply: ReplyValue, ofBytes: (bytes: Uint8Array) => Text): Value<Text> => {
  const each = (item: ReplyValue): Value<Text> => decode(item, ofBytes)
  switch (reply._tag) {
    case "Simple":
      return reply.text
    case "Error":
      return new ReplyError({ message: reply.text })
    case "Bulk":
    case "Verbatim":
      return ofBytes(reply.bytes)
    case "Null":
      return null
    case "Array":
    case "Set":
    case "Push":
      return reply.items.map(each)
    case "Map":
      return new Map(reply.entries.map(([key, value]) => [each(key), each(value)]))
    case "Attribute":
      return each(reply.value)
    default:
      return reply.value
  }
}

const decoder = new TextDecoder()

/** Bulks as text, read as UTF-8. */
export const text = (reply: ReplyValue): Value => decode(reply, (bytes) => decoder.decode(bytes))

/** Bulks as the bytes that they are. */
export const bytes = (reply: ReplyValue): Value<Uint8Array> => decode(reply, (raw) => raw)
