/** LOLWUT: a picture, other every time, and the version. */
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { integer } from "../command/Spec.ts"
import * as Reply from "../resp/Reply.ts"
import { Store } from "../store/Store.ts"

const Lolwut = Command.make("LOLWUT", {
  summary: "Draws something and tells the version.",
  returns: Returns.text,
  since: "5.0.0",
  group: "server",
  arity: -1,
  flags: ["readonly", "fast"],
  arguments: [integer("version", { token: "VERSION", optional: true })]
})

export const group = Command.group(Lolwut)

const VERSION = "7.0.15"

export const layer = group.toLayer(Effect.gen(function*() {
  const { state } = yield* Store
  return group.of({
    LOLWUT: Command.program((request) => {
      const [columns, rows] = sizeOf(request)
      return Reply.verbatim("txt", `${maze(columns, rows, state.random)}\nRedis ver. ${VERSION}\n`)
    })
  })
}))

/** Versions 5 and 6 of Redis take the size of their pictures; any other version takes no notice of what follows. */
const sizeOf = (request: Request): readonly [columns: number, rows: number] => {
  if (request.count < 3 || !request.is(1, "VERSION")) return [64, 12]
  const version = request.integer(2)
  const most = version === 5 ? 3 : version === 6 ? 2 : 0
  const sizes: Array<number> = []
  for (let index = 3; index < Math.min(request.count, 3 + most); index++) sizes.push(Number(request.integer(index)))
  const [columns = 64, rows = 12] = sizes
  return [Math.min(Math.max(columns, 1), 1000), Math.min(Math.max(rows, 1), 200)]
}

/** Truchet's tiles: a diagonal one way or the other at every place, which makes a maze. */
const maze = (columns: number, rows: number, random: () => number): string =>
  Array.from({ length: rows }, () => Array.from({ length: columns }, () => random() & 0x10000 ? "╱" : "╲").join(""))
    .join("\n") + "\n"
