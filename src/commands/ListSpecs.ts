/** Parts that the specs of the list commands share. */
import * as Returns from "../command/Returns.ts"
import { integer, key, oneOf, optional, string, token } from "../command/Spec.ts"

export const spec = { since: "1.0.0", group: "list", categories: ["list"] } as const

export const elements = string("element", { multiple: true })
const left = token("LEFT")
const right = token("RIGHT")
export const where = oneOf("where", [left, right])
export const move = [
  key("source"),
  key("destination", 1),
  oneOf("wherefrom", [left, right]),
  oneOf("whereto", [left, right])
]
export const moveByPopping = [key("source"), key("destination", 1)]
export const popCount = integer("count", { token: "COUNT", ...optional })
export const popped = Returns.tuple("Popped", { key: Returns.bulk, elements: Returns.all })
export const popMany = [integer("numkeys"), key("key", 0, { multiple: true }), where, popCount]
