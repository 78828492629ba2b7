import { assert, it } from "@effect/vitest"
import * as CommonSubsequence from "../../../src/store/types/CommonSubsequence.ts"
import { random } from "../../memory/Random.ts"

const isWithin = (part: Uint8Array, whole: Uint8Array): boolean => {
  let at = 0
  for (const byte of whole) if (at < part.length && part[at] === byte) at++
  return at === part.length
}

it("finds a sequence of the greatest length that both strings contain, and where it lies", () => {
  const draw = random(3)
  for (let round = 0; round < 300; round++) {
    const [a, b] = [0, 1].map(() => Uint8Array.from({ length: draw.below(30) }, () => draw.below(4)))
    assert(a !== undefined && b !== undefined)
    const { bytes, matches } = CommonSubsequence.find(a, b)
    assert.strictEqual(bytes.length, CommonSubsequence.length(a, b))
    assert.isTrue(isWithin(bytes, a) && isWithin(bytes, b))
    const runs = matches.toReversed()
    assert.deepStrictEqual(runs.flatMap((run) => [...a.subarray(run.aStart, run.aEnd + 1)]), [...bytes])
    assert.deepStrictEqual(runs.flatMap((run) => [...b.subarray(run.bStart, run.bEnd + 1)]), [...bytes])
  }
})

it("takes the known example", () => {
  const { bytes, matches } = CommonSubsequence.find(Buffer.from("ohmytext"), Buffer.from("mynewtext"))
  assert.strictEqual(Buffer.from(bytes).toString(), "mytext")
  assert.deepStrictEqual(matches, [
    { aStart: 4, aEnd: 7, bStart: 5, bEnd: 8 },
    { aStart: 2, aEnd: 3, bStart: 0, bEnd: 1 }
  ])
})
