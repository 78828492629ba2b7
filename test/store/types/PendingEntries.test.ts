import { assert, describe, it } from "@effect/vitest"
import { Consumer } from "../../../src/store/types/ConsumerGroup.ts"
import { PendingEntries } from "../../../src/store/types/PendingEntries.ts"
import * as StreamId from "../../../src/store/types/StreamId.ts"
import { random } from "../../memory/Random.ts"

describe("PendingEntries", () => {
  it("behaves as a sorted array", () => {
    const { below } = random(5)
    const consumer = new Consumer(Buffer.from("c"), 0)
    const entries = new PendingEntries()
    const model: Array<number> = []
    const idOf = (n: number) => StreamId.make(Math.floor(n / 8), n % 8)
    for (let step = 0; step < 20_000; step++) {
      // Mostly added at the end and taken at the beginning, as groups do.
      const n = below(10) < 6 ? step : below(step + 1)
      const at = model.findIndex((other) => other >= n)
      const known = at >= 0 && model[at] === n
      if (below(20) < 11) {
        if (known) continue
        entries.add({ id: idOf(n), consumer, deliveredAt: 0, deliveries: 1 })
        model.splice(at < 0 ? model.length : at, 0, n)
      } else {
        assert.strictEqual(entries.delete(idOf(n)), known)
        if (known) model.splice(at, 1)
      }
      assert.strictEqual(entries.size, model.length)
      assert.deepStrictEqual(entries.firstFrom(idOf(n))?.id, toId(model.find((other) => other >= n)))
      if (step % 500 !== 0) continue
      assert.deepStrictEqual([...entries.from(idOf(n))].map(({ id }) => id), model.filter((m) => m >= n).map(idOf))
      assert.deepStrictEqual([entries.first?.id, entries.last?.id], [toId(model[0]), toId(model.at(-1))])
    }
  })
})

const toId = (n: number | undefined) => n === undefined ? undefined : StreamId.make(Math.floor(n / 8), n % 8)
