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

/** The way back through the table as Redis goes it, as positions of common bytes. */
const plainPairs = (a: Uint8Array, b: Uint8Array): Array<readonly [number, number]> => {
  const table = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0))
  const at = (i: number, j: number): number => table[i]?.[j] ?? 0
  for (let i = 1; i <= a.length; i++) {
    const row = table[i] ?? []
    for (let j = 1; j <= b.length; j++) {
      row[j] = a[i - 1] === b[j - 1] ? at(i - 1, j - 1) + 1 : Math.max(at(i - 1, j), at(i, j - 1))
    }
  }
  const pairs: Array<readonly [number, number]> = []
  for (let i = a.length, j = b.length; i > 0 && j > 0;) {
    if (a[i - 1] === b[j - 1]) pairs.push([--i, --j])
    else if (at(i - 1, j) > at(i, j - 1)) i--
    else j--
  }
  return pairs
}

it("goes Redis's way, whatever the lengths", () => {
  const draw = random(4)
  for (let round = 0; round < 400; round++) {
    const letters = 1 + draw.below(round % 2 === 0 ? 4 : 256)
    const [a, b] = [0, 1].map(() => Uint8Array.from({ length: draw.below(130) }, () => draw.below(letters)))
    assert(a !== undefined && b !== undefined)
    const pairs = plainPairs(a, b)
    const { matches } = CommonSubsequence.find(a, b)
    const found = matches.flatMap(({ aEnd, aStart, bEnd }) =>
      Array.from({ length: aEnd - aStart + 1 }, (_, n) => [aEnd - n, bEnd - n] as const)
    )
    assert.deepStrictEqual(found, pairs)
    assert.strictEqual(CommonSubsequence.length(a, b), pairs.length)
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
