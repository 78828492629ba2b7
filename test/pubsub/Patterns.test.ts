import { assert, describe, it } from "@effect/vitest"
import * as Glob from "../../src/memory/Glob.ts"
import { Patterns } from "../../src/pubsub/Patterns.ts"
import { random } from "../memory/Random.ts"

describe("Patterns", () => {
  it("find what a look at each of them finds, in the order in which they came", () => {
    const next = random(7)
    const word = (letters: string) =>
      Array.from({ length: next.below(6) }, () => letters[next.below(letters.length)]).join("")
    const patterns = new Patterns()
    const known = new Map<string, { readonly deliver: () => void }>()
    for (let step = 0; step < 4000; step++) {
      const pattern = word("ab*?[]\\^")
      const subscriber = known.get(pattern)
      if (subscriber === undefined) {
        const added = { deliver: () => {} }
        known.set(pattern, added)
        patterns.add(pattern, added)
      } else if (next.below(3) === 0) {
        known.delete(pattern)
        patterns.remove(pattern, subscriber)
      }
      const channel = word("ab[\\")
      const expected = [...known.keys()].filter((text) => Glob.stringMatch(Buffer.from(text), Buffer.from(channel)))
      assert.deepStrictEqual(patterns.matching(channel).map(({ bytes }) => bytes.toString()), expected)
      assert.strictEqual(patterns.size, known.size)
    }
  })
})
