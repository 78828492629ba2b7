/**
 * Replies as plain values for assertions: text for bulks and statuses, objects for maps, arrays for sets. Sets are sorted
 * unless told otherwise: their order is not part of the reply.
 */
import type { ReplyValue } from "../../src/resp/ReplyParser.ts"

export type Plain = string | number | bigint | boolean | null | Array<Plain> | { [name: string]: Plain }

export const plain = (value: ReplyValue, sets: "sorted" | "as sent" = "sorted"): Plain => {
  const each = (item: ReplyValue): Plain => plain(item, sets)
  switch (value._tag) {
    case "Simple":
      return value.text
    case "Error":
      return `-${value.text}`
    case "Bulk":
    case "Verbatim":
      return Buffer.from(value.bytes).toString("latin1")
    case "Null":
      return null
    case "Array":
    case "Push":
      return value.items.map(each)
    case "Set": {
      const items = value.items.map(each)
      return sets === "sorted" ? items.sort((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1) : items
    }
    case "Map":
      return Object.fromEntries(value.entries.map(([key, item]) => [String(each(key)), each(item)]))
    case "Attribute":
      return each(value.value)
    default:
      return value.value
  }
}
