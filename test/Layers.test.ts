import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { stacked } from "../src/Layers.ts"

class First extends Context.Service<First, number>()("test/First") {}
class Second extends Context.Service<Second, number>()("test/Second") {}

const setUp = () => {
  const log: Array<string> = []
  const noted = <A>(name: string, value: A) =>
    Effect.acquireRelease(Effect.sync(() => (log.push(name), value)), () => Effect.sync(() => log.push(`no ${name}`)))
  const first = Layer.effect(First, noted("first", 1))
  const second = Layer.effect(Second, Effect.flatMap(First, (one) => noted("second", one + 1)))
  return { first, log, noted, second }
}

describe("layers that are stacked", () => {
  it.effect("each have what those below provide, all provide, and the last is released first", () =>
    Effect.gen(function*() {
      const { first, log, second } = setUp()
      const sum = Effect.gen(function*() {
        return (yield* First) + (yield* Second)
      })
      assert.strictEqual(yield* Effect.provide(sum, stacked(first, second)), 3)
      assert.deepStrictEqual(log, ["first", "second", "no second", "no first"])
    }))

  it.effect("are built once, however many need them", () =>
    Effect.gen(function*() {
      const { first, log, second } = setUp()
      const both = stacked(first, second)
      yield* Effect.provide(Effect.asVoid(First), Layer.mergeAll(both, Layer.provide(both, first), both))
      assert.deepStrictEqual(log.filter((line) => !line.startsWith("no")), ["first", "second"])
    }))

  it.effect("give up what was built when one fails", () =>
    Effect.gen(function*() {
      const { first, log } = setUp()
      const failing = Layer.effectDiscard(Effect.fail("no room"))
      const exit = yield* Effect.exit(Effect.provide(Effect.void, stacked(first, failing)))
      assert.deepStrictEqual(exit, Exit.fail("no room"))
      assert.deepStrictEqual(log, ["first", "no first"])
    }))
})
