import { assert, it } from "@effect/vitest"
import * as PartialSort from "../../src/memory/PartialSort.ts"
import { random } from "./Random.ts"

it("puts what belongs there at the places asked for, and loses none", () => {
  const { below } = random(3)
  for (let round = 0; round < 500; round++) {
    const kinds = 1 + below(50)
    const items = Array.from({ length: below(300) }, () => below(kinds))
    const end = below(items.length + 1)
    const first = round % 2 * below(end + 1)
    const sorted = items.toSorted((a, b) => a - b)
    PartialSort.sort(items, first, end - 1, (a, b) => a - b)
    assert.deepStrictEqual(items.slice(first, end), sorted.slice(first, end))
    assert.deepStrictEqual(items.toSorted((a, b) => a - b), sorted)
  }
})
