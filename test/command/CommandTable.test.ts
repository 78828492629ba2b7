/** Names that are looked for one after the other, the same again and others in between. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Command from "../../src/command/Command.ts"
import { CommandTable } from "../../src/command/CommandTable.ts"
import { Session } from "../../src/command/Session.ts"
import { BufferPool, Output } from "../../src/resp/Output.ts"
import * as Reply from "../../src/resp/Reply.ts"
import { requestOf } from "../support/InProcess.ts"

const spec = { summary: "", since: "", group: "server", complexity: "", arity: -1, flags: [] } as const
const handler = Command.program(() => Reply.ok)

describe("find", () => {
  it.effect("takes no name for the one before it", () =>
    Effect.gen(function*() {
      const table = yield* CommandTable
      const session = new Session(1, new Output(new BufferPool()))
      const find = (name: string) => table.find(requestOf(session, [name]))
      const long = `long-${"x".repeat(60)}`
      for (const name of ["get", "set", "getex", long]) table.add(Command.make(name, spec), handler)
      for (const name of ["get", "get", "set", "GET", "gEt", "getex", "get", long, long, "set", "set"]) {
        assert.strictEqual(find(name), table.byName.get(name.toLowerCase()))
      }
      // Its last byte is a letter's, but for the bit that capitals lack
      for (const name of ["se\x54\x00", "se\x14", "", "ge", "sets"]) assert.isUndefined(find(name))

      const before = find("get")
      table.add(Command.make("get", spec), handler)
      assert.notStrictEqual(find("get"), before)
      assert.strictEqual(find("get"), table.byName.get("get"))
    }).pipe(Effect.provide(CommandTable.layer)))
})
