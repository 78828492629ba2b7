import { assert, it } from "@effect/vitest"
import * as PartialSort from "../../src/memory/PartialSort.ts"
import { random } from "./Random.ts"

it("puts the first so many in order and loses none", () => {
  const { below } = random(3)
  for (let round = 0; round < 500; round++) {
    const kinds = 1 + below(50)
    const items = Array.from({ length: below(300) }, () => below(kinds))
    const count = below(items.length + 1)
    const sorted = items.toSorted((a, b) => a - b)
    PartialSort.sort(items, count, (a, b) => a - b)
    assert.deepStrictEqual(items.slice(0, count), sorted.slice(0, count))
    assert.deepStrictEqual(items.toSorted((a, b) => a - b), sorted)
  }
})
