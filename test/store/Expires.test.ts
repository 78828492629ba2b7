import { assert, describe, it } from "@effect/vitest"
import { Arena, type Ref, segmentOf, wordOf } from "../../src/memory/Arena.ts"
import { Expires } from "../../src/store/Expires.ts"
import { random } from "../memory/Random.ts"

const SLOT_WORD = 1

describe("Expires", () => {
  it("does what a Map of times does, and stays dense", () => {
    const next = random(11)
    const arena = new Arena()
    const expires = new Expires(arena, SLOT_WORD)
    const model = new Map<Ref, number | bigint>()
    const entry = () => {
      const ref = arena.alloc(16)
      ;(arena.u32[segmentOf(ref)] as Uint32Array)[wordOf(ref) + SLOT_WORD] = 0
      return ref
    }
    const entries = Array.from({ length: 5000 }, entry)
    for (let step = 0; step < 60_000; step++) {
      const at = next.below(entries.length)
      const ref = entries[at] as Ref
      const choice = next.below(10)
      if (choice < (step % 20_000 < 10_000 ? 7 : 2)) {
        const time = next.below(50) === 0 ? 2n ** 62n + BigInt(next.uint32()) : next.uint32() * 1000
        expires.set(ref, time)
        model.set(ref, time)
      } else if (choice < 8) {
        expires.remove(ref)
        model.delete(ref)
      } else {
        // An entry that grows moves to another place and takes its slot along.
        const slot = expires.slotOf(ref)
        const moved = entry()
        entries[at] = moved
        const time = model.get(ref)
        if (time !== undefined) {
          ;(arena.u32[segmentOf(moved)] as Uint32Array)[wordOf(moved) + SLOT_WORD] = slot
          expires.moved(slot, moved)
          model.delete(ref)
          model.set(moved, time)
        }
        arena.free(ref)
      }
      assert.strictEqual(expires.size, model.size)
    }
    const refs = new Set<Ref>()
    for (let slot = 1; slot <= expires.size; slot++) {
      const ref = expires.refAt(slot)
      refs.add(ref)
      assert.strictEqual(expires.slotOf(ref), slot)
      assert.strictEqual(expires.exactTimeAt(slot), model.get(ref))
      assert.strictEqual(expires.timeAt(slot), Number(model.get(ref)))
    }
    assert.strictEqual(refs.size, model.size)
    for (const ref of entries) expires.remove(ref)
    assert.strictEqual(expires.size, 0)
    assert.isAtMost(expires.bytes, 3 * 12 * 1024)
  })
})
