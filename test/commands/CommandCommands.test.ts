import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { CommandTable, type Entry } from "../../src/command/CommandTable.ts"
import * as All from "../../src/commands/All.ts"
import * as InProcess from "../support/InProcess.ts"
import { commands } from "../support/Layers.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { type Plain, plain } from "../support/Plain.ts"
import { connect } from "../support/RawClient.ts"
import type { RawClient } from "../support/RawClient.ts"
import { startRedis } from "../support/ServerProcess.ts"

const layer = commands()

/** Sentences are the authors' own: only their place is compared. */
const withoutSentences = (value: Plain, field = ""): Plain => {
  if (Array.isArray(value)) {
    // A change in the history: version and sentence
    if (field === "history") return value.map((change) => Array.isArray(change) ? change[0] ?? null : change)
    return value.map((item) => withoutSentences(item))
  }
  if (value === null || typeof value !== "object") return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      ["summary", "notes", "replaced_by"].includes(name) || (name === "complexity" && String(item).includes(" "))
        ? "a sentence"
        : withoutSentences(item, name)
    ])
  )
}

/** The tenth field lists subcommands, whose order says nothing. Ours are compared one by one. */
const withoutSubcommands = (info: Plain): Plain => Array.isArray(info) ? info.slice(0, 9) : info

/** Commands that Redis does not have. */
const isOurs = ({ spec }: Entry): boolean => spec.group === "go-redis"

const everything = (table: { readonly byName: ReadonlyMap<string, Entry> }): Array<Entry> =>
  [...table.byName.values()].flatMap((entry) => [entry, ...entry.subcommands.values()])

const openRedis: Effect.Effect<RawClient, unknown, Scope.Scope> = Effect.gen(function*() {
  const redis = yield* connect((yield* startRedis()).port)
  yield* redis.command("HELLO", 3)
  return redis
})

describeWithRedis("the specs of the commands", () => {
  it.live("give the COMMAND INFO of redis-server", () =>
    Effect.gen(function*() {
      const redis = yield* openRedis
      const ours = yield* InProcess.make()
      const found: Record<string, Plain> = {}
      const expected: Record<string, Plain> = {}
      for (const { name } of everything(yield* CommandTable).filter((entry) => !isOurs(entry))) {
        const [mine] = plain(yield* ours.command("COMMAND", "INFO", name)) as Array<Plain>
        const [theirs] = plain((yield* redis.command("COMMAND", "INFO", name)).value) as Array<Plain>
        found[name] = withoutSubcommands(withoutSentences(mine ?? null))
        expected[name] = withoutSubcommands(withoutSentences(theirs ?? null))
      }
      assert.deepStrictEqual(found, expected)
    }).pipe(Effect.provide(layer)))

  it.live("give the COMMAND DOCS of redis-server, but for the sentences", () =>
    Effect.gen(function*() {
      const redis = yield* openRedis
      const ours = yield* InProcess.make()
      const found: Record<string, Plain> = {}
      const expected: Record<string, Plain> = {}
      for (const { name } of everything(yield* CommandTable).filter((entry) => !isOurs(entry))) {
        const mine = plain(yield* ours.command("COMMAND", "DOCS", name)) as Record<string, Record<string, Plain>>
        const theirs = plain((yield* redis.command("COMMAND", "DOCS", name)).value) as typeof mine
        for (const docs of [mine[name], theirs[name]]) delete docs?.["subcommands"]
        found[name] = withoutSentences(mine[name] ?? null)
        expected[name] = withoutSentences(theirs[name] ?? null)
      }
      assert.deepStrictEqual(found, expected)
    }).pipe(Effect.provide(layer)))

  it.live("describe all subcommands that redis-server has", () =>
    Effect.gen(function*() {
      const redis = yield* openRedis
      for (const entry of [...(yield* CommandTable).byName.values()].filter((entry) => !isOurs(entry))) {
        const [info] = plain((yield* redis.command("COMMAND", "INFO", entry.name)).value) as Array<Array<Plain>>
        const names = (info?.[9] as Array<Array<Plain>> | undefined ?? [])
          .map(([name]) => name)
        assert.deepStrictEqual([...entry.subcommands.values()].map(({ name }) => name).sort(), names.sort(), entry.name)
      }
    }).pipe(Effect.provide(layer)))

  it.live("answer COMMAND's other subcommands as redis-server does", () =>
    Effect.gen(function*() {
      const table = yield* CommandTable
      const redis = yield* openRedis
      const ours = yield* InProcess.make()
      const lines = [
        ["HELP"],
        ["HELP", "x"],
        ["GETKEYS", "GET", "k"],
        ["GETKEYS", "GET"],
        ["GETKEYS", "GET", "k", "l"],
        ["GETKEYS", "MSET", "k", "1", "l", "2"],
        ["GETKEYS", "nope", "k"],
        ["GETKEYS", "COMMAND", "COUNT"],
        ["GETKEYS", "COMMAND", "nope"],
        ["GETKEYS", "command|count", "x"],
        ["GETKEYSANDFLAGS", "SET", "k", "v"],
        ["GETKEYSANDFLAGS", "SET", "k", "v", "get"],
        ["INFO", "nope"],
        ["INFO", "command|nope", "get|x", "command|count|x"],
        ["DOCS", "nope"],
        ["LIST", "x"],
        ["LIST", "FILTERBY"],
        ["LIST", "FILTERBY", "PATTERN"],
        ["LIST", "FILTERBY", "PATTERN", "a", "b"],
        ["LIST", "FILTERBY", "nope", "a"],
        ["LIST", "FILTERBY", "MODULE", "a"],
        ["LIST", "FILTERBY", "ACLCAT", "nope"],
        ["LIST", "FILTERBY", "aclcat", "@read"],
        ["LIST", "filterby", "pattern", "COMMAND|C*"],
        ["COUNT", "x"]
      ]
      const names = plain(yield* ours.command("COMMAND", "LIST")) as ReadonlyArray<string>
      const theirNames = plain((yield* redis.command("COMMAND", "LIST")).value) as ReadonlyArray<string>
      const shared = (name: string) => table.byName.has(name.split("|")[0] ?? "")
      assert.sameMembers(names.filter((name) => !name.startsWith("fiber")), theirNames.filter(shared))
      for (const line of lines) {
        const mine = plain(yield* ours.command("COMMAND", ...line))
        const theirs = plain((yield* redis.command("COMMAND", ...line)).value)
        assert.deepStrictEqual(mine, theirs, line.join(" "))
      }
    }).pipe(Effect.provide(layer)))
})

describe("COMMAND", () => {
  it.effect("counts and lists what is there", () =>
    Effect.gen(function*() {
      const table = yield* CommandTable
      const ours = yield* InProcess.make()
      assert.strictEqual(plain(yield* ours.command("COMMAND", "COUNT")), table.byName.size)
      assert.includeMembers(plain(yield* ours.command("COMMAND", "LIST")) as Array<Plain>, [...table.byName.keys()])
      assert.strictEqual((plain(yield* ours.command("COMMAND")) as Array<Plain>).length, table.byName.size)
      assert.strictEqual((plain(yield* ours.command("COMMAND", "INFO")) as Array<Plain>).length, table.byName.size)
      assert.strictEqual(Object.keys(plain(yield* ours.command("COMMAND", "DOCS")) ?? {}).length, table.byName.size)
    }).pipe(Effect.provide(layer)))
})

describe("the families", () => {
  it.effect("are all in the list of specs", () =>
    Effect.gen(function*() {
      const names = everything(yield* CommandTable).map(({ name }) => name)
      assert.deepStrictEqual(names.sort(), All.commands.map(({ name }) => name.toLowerCase()).sort())
    }).pipe(Effect.provide(layer)))
})
