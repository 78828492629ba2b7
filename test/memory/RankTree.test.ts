import { assert, describe, it } from "@effect/vitest"
import { Arena, byteOf, type Ref, segmentOf, wordOf } from "../../src/memory/Arena.ts"
import { RankTree } from "../../src/memory/RankTree.ts"
import { random } from "./Random.ts"

const KEY_OFFSET = 8

interface Member {
  readonly key: string
  readonly ref: Ref
  score: number
}

const compare = (a: Member, b: Member): number =>
  a.score - b.score || Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))

/** A tree, and a sorted array that tells what it should hold. */
class Fixture {
  readonly arena = new Arena()
  readonly tree = new RankTree(this.arena, KEY_OFFSET)
  readonly model: Array<Member> = []

  add(key: string, score: number): void {
    const bytes = Buffer.from(key)
    const ref = this.arena.alloc(KEY_OFFSET + bytes.length)
    ;(this.arena.u32[segmentOf(ref)] as Uint32Array)[wordOf(ref)] = bytes.length
    ;(this.arena.u8[segmentOf(ref)] as Uint8Array).set(bytes, byteOf(ref) + KEY_OFFSET)
    this.tree.insert(score, ref)
    this.place({ key, ref, score })
  }

  private place(member: Member): void {
    let low = 0
    for (let high = this.model.length; low < high;) {
      const middle = (low + high) >>> 1
      if (compare(this.model[middle] as Member, member) < 0) low = middle + 1
      else high = middle
    }
    this.model.splice(low, 0, member)
  }

  removeAt(rank: number, byRank: boolean): void {
    const [member] = this.model.splice(rank, 1)
    assert(member !== undefined)
    if (byRank) assert.strictEqual(this.tree.removeAt(rank), member.ref)
    else this.tree.remove(member.score, member.ref)
    this.arena.free(member.ref)
  }

  rescore(rank: number, score: number): void {
    const member = this.model[rank] as Member
    if (!this.tree.rescore(member.score, member.ref, score)) {
      this.tree.remove(member.score, member.ref)
      this.tree.insert(score, member.ref)
    }
    this.model.splice(rank, 1)
    member.score = score
    this.place(member)
  }

  check(): void {
    const { model, tree } = this
    assert.strictEqual(tree.size, model.length)
    let ref = tree.seek(0)
    for (const member of model) {
      assert.deepStrictEqual([ref, tree.score], [member.ref, member.score])
      ref = tree.next()
    }
    assert.strictEqual(ref, 0)
    ref = tree.seek(model.length - 1)
    for (const member of model.toReversed()) {
      assert.strictEqual(ref, member.ref)
      ref = tree.previous()
    }
    assert.strictEqual(ref, 0)
  }

  checkRank(rank: number): void {
    const member = this.model[rank]
    if (member === undefined) return
    assert.strictEqual(this.tree.rankOf(member.score, member.ref), rank)
    assert.strictEqual(this.tree.seek(rank), member.ref)
    for (const score of [member.score, member.score + 0.5]) {
      assert.strictEqual(this.tree.countBelow(score, false), this.model.filter((m) => m.score < score).length)
      assert.strictEqual(this.tree.countBelow(score, true), this.model.filter((m) => m.score <= score).length)
    }
  }
}

describe("RankTree", () => {
  for (const scores of [1, 7, 1_000_000]) {
    it(`holds what a sorted array holds, with ${scores} different scores`, () => {
      const { below } = random(scores)
      const fixture = new Fixture()
      let serial = 0
      for (const [steps, growth] of [[3000, 9], [3000, 5], [4000, 2]] as const) {
        for (let step = 0; step < steps; step++) {
          const size = fixture.model.length
          if (size === 0 || below(10) < growth) fixture.add(`${below(1000)}:${serial++}`, below(scores))
          else if (below(3) === 0) fixture.rescore(below(size), below(scores))
          else fixture.removeAt(below(size), below(2) === 0)
          if (step % 50 === 0) fixture.checkRank(below(fixture.model.length))
        }
        fixture.check()
      }
      while (fixture.model.length > 0) fixture.removeAt(below(2) * (fixture.model.length - 1), true)
      fixture.check()
      assert.deepStrictEqual([fixture.tree.bytes, fixture.arena.used], [0, 0])
    })
  }

  it("counts keys below a key where all scores are the same", () => {
    const { below } = random(5)
    const fixture = new Fixture()
    for (let i = 0; i < 2000; i++) fixture.add(`k${below(1_000_000)}:${i}`, 0)
    for (let i = 0; i < 300; i++) {
      const key = i % 2 === 0 ? (fixture.model[below(2000)] as Member).key : `k${below(1_000_000)}`
      const bytes = Buffer.from(key)
      const order = fixture.model.map((member) => Buffer.compare(Buffer.from(member.key), bytes))
      const count = (inclusive: boolean) => order.filter((sign) => inclusive ? sign <= 0 : sign < 0).length
      assert.strictEqual(fixture.tree.countBelowKey(bytes, 0, bytes.length, false), count(false))
      assert.strictEqual(fixture.tree.countBelowKey(bytes, 0, bytes.length, true), count(true))
    }
  })

  it("fills its nodes when elements come in order, from either side", () => {
    for (const sign of [1, -1]) {
      const fixture = new Fixture()
      for (let i = 0; i < 20_000; i++) fixture.add(String(i).padStart(8, "0"), i * sign)
      fixture.check()
      assert.isBelow(fixture.tree.bytes, 20_000 * 13.5)
    }
  })

  it("keeps its nodes filled when it shrinks at random", () => {
    const { below } = random(9)
    const fixture = new Fixture()
    for (let i = 0; i < 20_000; i++) fixture.add(String(i), below(1000))
    while (fixture.model.length > 2000) fixture.removeAt(below(fixture.model.length), true)
    fixture.check()
    assert.isBelow(fixture.tree.bytes, 2000 * 32)
  })

  it("gives everything back in slices", () => {
    const fixture = new Fixture()
    for (let i = 0; i < 10_000; i++) fixture.add(String(i), i % 100)
    let slices = 0
    for (const _ of fixture.tree.release()) slices++
    assert.isAbove(slices, 150)
    assert.deepStrictEqual([fixture.tree.bytes, fixture.arena.used], [0, 0])
  })
})
