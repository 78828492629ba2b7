/** The specs of redis-server's own commands, as far as COMMAND INFO tells them: facts to hold ours against. */
import * as Effect from "effect/Effect"
import { isCategory } from "../../src/command/Categories.ts"
import type { Category, Flag, KeyFlag, KeySpec, Spec } from "../../src/command/Spec.ts"
import { type Plain, plain } from "./Plain.ts"
import type { ConnectionError, RawClient } from "./RawClient.ts"

export interface OracleCommand {
  readonly name: string
  readonly spec: Spec
  readonly flags: ReadonlyArray<string>
  readonly categories: ReadonlyArray<Category>
  readonly range: readonly [firstKey: number, lastKey: number, step: number]
}

/** All commands and subcommands. Switches the connection to RESP3. */
export const oracleCommands = (redis: RawClient): Effect.Effect<ReadonlyArray<OracleCommand>, ConnectionError> =>
  Effect.gen(function*() {
    yield* redis.command("HELLO", "3")
    const { value } = yield* redis.command("COMMAND", "INFO")
    return value._tag === "Array" ? value.items.flatMap((item) => flatten(plain(item, "as sent"))) : []
  })

const flatten = (info: Plain): Array<OracleCommand> => {
  const [name, arity, flags, first, last, step, categories, tips, , subcommands] = info as [
    string,
    number,
    Array<string>,
    number,
    number,
    number,
    Array<string>,
    Array<string>,
    unknown,
    Array<Plain>
  ]
  const keys = (info as Array<Plain>)[8] as unknown as ReadonlyArray<PlainKeySpec>
  const spec: Spec = {
    summary: "",
    since: "",
    group: "generic",
    arity,
    flags: flags.filter((flag) => flag !== "movablekeys") as Array<Flag>,
    tips,
    keys: keys.map(keySpec)
  }
  return [
    {
      name,
      spec,
      flags,
      categories: categories.map((each) => each.slice(1)).filter(isCategory),
      range: [first, last, step]
    },
    ...subcommands.flatMap(flatten)
  ]
}

interface PlainKeySpec {
  readonly flags: ReadonlyArray<KeyFlag>
  readonly begin_search: { readonly type: string; readonly spec: Readonly<Record<string, number | string>> }
  readonly find_keys: { readonly type: string; readonly spec: Readonly<Record<string, number>> }
}

const keySpec = ({ begin_search: begin, find_keys: find, flags }: PlainKeySpec): KeySpec => ({
  flags,
  begin: begin.type === "index"
    ? { index: Number(begin.spec["index"]) }
    : begin.type === "keyword"
    ? { keyword: String(begin.spec["keyword"]), startFrom: Number(begin.spec["startfrom"]) }
    : "unknown",
  find: find.type === "range"
    ? { lastKey: find.spec["lastkey"] ?? 0, step: find.spec["keystep"] ?? 0, limit: find.spec["limit"] ?? 0 }
    : find.type === "keynum"
    ? {
      keyNumIndex: find.spec["keynumidx"] ?? 0,
      firstKey: find.spec["firstkey"] ?? 0,
      step: find.spec["keystep"] ?? 0
    }
    : "unknown"
})
