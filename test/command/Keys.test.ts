import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { categoriesOf } from "../../src/command/Categories.ts"
import * as Keys from "../../src/command/Keys.ts"
import { Session } from "../../src/command/Session.ts"
import type { Spec } from "../../src/command/Spec.ts"
import { BufferPool, Output } from "../../src/resp/Output.ts"
import { random } from "../memory/Random.ts"
import { requestOf } from "../support/InProcess.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { oracleCommands } from "../support/OracleSpecs.ts"
import { plain } from "../support/Plain.ts"
import { connect } from "../support/RawClient.ts"
import { startRedis } from "../support/ServerProcess.ts"

const special: Readonly<Record<string, NonNullable<Spec["getKeys"]>>> = {
  set: Keys.setKeys,
  bitfield: Keys.bitfieldKeys,
  sort: Keys.sortKeys,
  sort_ro: Keys.sortReadOnlyKeys,
  migrate: Keys.migrateKeys
}

const words = [
  ..."a b c 0 1 2 3 -1 1x 2y 007 4294967297 9007199254740993 -9223372036854775807 9223372036854775808 GET get STORE store STOREDIST BY LIMIT KEYS keys COPY AUTH AUTH2"
    .split(
      " "
    ),
  ..."STREAMS streams COUNT GROUP WEIGHTS set incrby overflow wrap".split(" "),
  ""
]

describeWithRedis("the keys of redis-server's commands", () => {
  it.live("have the legacy triple, the movable flag and the categories that follow from their specs", () =>
    Effect.gen(function*() {
      const redis = yield* connect((yield* startRedis()).port)
      const commands = yield* oracleCommands(redis)
      assert.isAbove(commands.length, 300)
      for (const { categories, flags, name, range, spec } of commands) {
        const legacy = Keys.legacyRange(spec)
        const found = [legacy.firstKey, legacy.lastKey, legacy.step, legacy.movable]
        assert.deepStrictEqual(found, [...range, flags.includes("movablekeys")], name)
        const implied = categoriesOf({ ...spec, categories: categories.filter((each) => each === "scripting") })
        assert.deepStrictEqual(implied.filter((each) => !categories.includes(each)), [], name)
      }
    }))

  it.live("are found in any arguments", () =>
    Effect.gen(function*() {
      const redis = yield* connect((yield* startRedis()).port)
      const commands = yield* oracleCommands(redis)
      const session = new Session(0, new Output(new BufferPool()))
      const draw = random(7)
      const lines = commands.filter(({ spec }) => Keys.hasKeys(spec)).flatMap(({ name, spec }) => {
        const getKeys = special[name]
        const whole: Spec = getKeys === undefined ? spec : { ...spec, getKeys }
        const path = name.split("|")
        return Array.from({ length: getKeys === undefined ? 25 : 300 }, () => {
          const least = Math.abs(spec.arity)
          const count = spec.arity > 0 ? least : least + draw.below(8)
          const args = [...path, ...Array.from({ length: count - path.length }, () => draw.pick(words))]
          // Two words are the least that GETKEYS takes
          return args.length === 1 ? undefined : { spec: whole, args }
        }).filter((line) => line !== undefined)
      })
      const replies = yield* redis.pipeline(lines.map(({ args }) => ["COMMAND", "GETKEYSANDFLAGS", ...args]))
      lines.forEach(({ args, spec }, index) => {
        const expected = plain(replies[index]?.value ?? { _tag: "Null" })
        const found = Keys.keysOf(spec, requestOf(session, args))
          .map((key) => [args[key.index], [...key.flags.filter((flag) => flag !== "incomplete")].sort()])
        assert.deepStrictEqual(found, Array.isArray(expected) ? expected as typeof found : [], args.join(" "))
      })
    }))
})
