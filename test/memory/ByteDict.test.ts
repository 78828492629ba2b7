import { assert, describe, it } from "@effect/vitest"
import { Arena, byteOf, type Ref, segmentOf, wordOf } from "../../src/memory/Arena.ts"
import { ByteDict, KEY_LENGTH_WORD } from "../../src/memory/ByteDict.ts"
import { copy } from "../../src/memory/Bytes.ts"
import { type Random, random } from "./Random.ts"

const KEY_OFFSET = 8

/** A dictionary with entries of a value word and a key, as a caller builds them. */
class Fixture {
  readonly arena = new Arena()
  readonly dict = new ByteDict(this.arena, { k0: 123456, k1: -98765 }, KEY_OFFSET)

  set(key: string, value: number): void {
    const bytes = Buffer.from(key)
    const code = this.dict.hash(bytes, 0, bytes.length)
    const found = this.dict.findHashed(code, bytes, 0, bytes.length)
    if (found !== 0) return this.write(found, value)
    const ref = this.arena.alloc(KEY_OFFSET + bytes.length)
    const u32 = this.arena.u32[segmentOf(ref)] as Uint32Array
    u32[wordOf(ref) + KEY_LENGTH_WORD] = bytes.length
    this.write(ref, value)
    ;(this.arena.u8[segmentOf(ref)] as Uint8Array).set(bytes, byteOf(ref) + KEY_OFFSET)
    this.dict.insert(ref, code)
  }

  get(key: string): number | undefined {
    const ref = this.find(key)
    return ref === 0 ? undefined : this.value(ref)
  }

  delete(key: string): boolean {
    const ref = this.find(key)
    if (ref === 0) return false
    this.dict.remove(ref, this.dict.codeOf(ref))
    this.arena.free(ref)
    return true
  }

  /** Moves an entry to another place, as a value that grows does. */
  relocate(key: string): void {
    const ref = this.find(key)
    if (ref === 0) return
    const size = KEY_OFFSET + Buffer.byteLength(key)
    const moved = this.arena.alloc(size)
    const source = this.arena.u8[segmentOf(ref)] as Uint8Array
    copy(source, byteOf(ref), byteOf(ref) + size, this.arena.u8[segmentOf(moved)] as Uint8Array, byteOf(moved))
    this.dict.replace(ref, moved, this.dict.codeOf(moved))
    this.arena.free(ref)
  }

  find(key: string): Ref {
    const bytes = Buffer.from(`<${key}>`)
    return this.dict.find(bytes, 1, bytes.length - 1)
  }

  key(ref: Ref): string {
    const start = byteOf(ref) + KEY_OFFSET
    const length = (this.arena.u32[segmentOf(ref)] as Uint32Array)[wordOf(ref) + KEY_LENGTH_WORD] as number
    return Buffer.from((this.arena.u8[segmentOf(ref)] as Uint8Array).subarray(start, start + length)).toString()
  }

  private value(ref: Ref): number {
    return (this.arena.u32[segmentOf(ref)] as Uint32Array)[wordOf(ref) + 1] as number
  }

  private write(ref: Ref, value: number): void {
    ;(this.arena.u32[segmentOf(ref)] as Uint32Array)[wordOf(ref) + 1] = value
  }

  /** One whole iteration; `between` is called after every step. */
  scanAll(between: () => void = () => {}): Map<string, number> {
    const seen = new Map<string, number>()
    let cursor = 0
    do {
      cursor = this.dict.scan(cursor, (ref) => seen.set(this.key(ref), (seen.get(this.key(ref)) ?? 0) + 1))
      between()
    } while (cursor !== 0)
    return seen
  }
}

const keyFrom = (next: Random, keys: number): string => {
  const n = next.below(keys)
  return n % 7 === 0 ? "" + n : n % 5 === 0 ? `a rather long key, longer than a word or two: ${n}` : `key:${n}`
}

describe("ByteDict", () => {
  it("does what a Map does, while it grows and shrinks", () => {
    for (const seed of [1, 2, 3]) {
      const next = random(seed)
      const fixture = new Fixture()
      const model = new Map<string, number>()
      for (let phase = 0; phase < 12; phase++) {
        const growing = phase % 2 === 0
        for (let step = 0; step < 6000; step++) {
          const key = keyFrom(next, 4000)
          const choice = next.below(10)
          if (choice < (growing ? 6 : 1)) {
            fixture.set(key, step)
            model.set(key, step)
          } else if (choice < 8) assert.strictEqual(fixture.delete(key), model.delete(key))
          else if (choice < 9) fixture.relocate(key)
          else assert.strictEqual(fixture.get(key), model.get(key))
        }
        assert.strictEqual(fixture.dict.size, model.size)
        for (const [key, value] of model) assert.strictEqual(fixture.get(key), value, key)
        const visited = new Set<string>()
        fixture.dict.forEach((ref) => {
          assert.isFalse(visited.has(fixture.key(ref)), "visits each once")
          visited.add(fixture.key(ref))
        })
        assert.deepStrictEqual([...visited].sort(), [...model.keys()].sort())
      }
      for (const key of model.keys()) fixture.delete(key)
      assert.strictEqual(fixture.dict.size, 0)
      assert.strictEqual(fixture.arena.used, 0)
      for (let step = 0; step < 100; step++) fixture.dict.step()
      assert.isAtMost(fixture.dict.tableBytes, 1024)
    }
  })

  it("shows a scan everything that is there from its start to its end", () => {
    for (let seed = 1; seed <= 12; seed++) {
      const next = random(seed)
      const fixture = new Fixture()
      const initial = 200 + next.below(3000)
      for (let i = 0; i < initial; i++) fixture.set(`initial:${i}`, i)
      // Some stay, the others go at any time; new ones come, so that the table grows or shrinks under the scan.
      const stays = new Set<string>()
      const goes: Array<string> = []
      for (let i = 0; i < initial; i++) {
        if (next.below(seed % 3 === 0 ? 20 : 2) === 0) stays.add(`initial:${i}`)
        else goes.push(`initial:${i}`)
      }
      const added: Array<string> = []
      const seen = fixture.scanAll(() => {
        for (let i = next.below(20); i > 0; i--) {
          const going = goes.pop()
          if (going !== undefined) fixture.delete(going)
          else if (added.length < 20_000 && seed % 2 === 0) {
            added.push(`added:${added.length}`)
            fixture.set(added[added.length - 1] as string, 0)
          }
        }
        for (let i = next.below(4); i > 0; i--) fixture.dict.step()
      })
      for (const key of stays) assert.isTrue(seen.has(key), `seed ${seed}: ${key}`)
    }
  })

  it("shows a scan each entry once while nothing changes", () => {
    const fixture = new Fixture()
    for (let i = 0; i < 5000; i++) {
      fixture.set(`key:${i}`, i)
      if (i % 500 !== 0) continue
      const seen = fixture.scanAll()
      assert.strictEqual(seen.size, i + 1)
      assert.isTrue([...seen.values()].every((times) => times === 1))
    }
  })

  it("lets the visitor remove the entry it is given", () => {
    const fixture = new Fixture()
    for (let i = 0; i < 3000; i++) fixture.set(`key:${i}`, i)
    let removed = 0
    let cursor = 0
    do {
      cursor = fixture.dict.scan(cursor, (ref) => {
        if (!/[02468]$/.test(fixture.key(ref))) return
        fixture.delete(fixture.key(ref))
        removed++
      })
    } while (cursor !== 0)
    assert.strictEqual(removed, 1500)
    assert.strictEqual(fixture.dict.size, 1500)
    fixture.dict.forEach((ref) => fixture.delete(fixture.key(ref)))
    assert.strictEqual(fixture.dict.size, 0)
    fixture.set("again", 1)
    assert.strictEqual(fixture.get("again"), 1)
  })

  it("shows each entry once, also while it is rehashed, until told to stop", () => {
    const fixture = new Fixture()
    let rehashing = 0
    for (let i = 0; i < 1500; i++) {
      fixture.set(`key:${i}`, i)
      if (fixture.dict.rehashing) rehashing++
      const seen = new Set<string>()
      fixture.dict.forEach((ref) => seen.add(fixture.key(ref)))
      let times = 0
      assert.isFalse(fixture.dict.some(() => ++times > i + 1))
      assert.deepStrictEqual([seen.size, times], [i + 1, i + 1])
      const last = [...seen].at(i % 7 - 7) ?? "key:0"
      times = 0
      assert.isTrue(fixture.dict.some((ref) => ++times > 0 && fixture.key(ref) === last))
      assert.strictEqual(times, [...seen].indexOf(last) + 1)
    }
    assert.isAbove(rehashing, 100)
  })

  it("picks every entry about as often as any other", () => {
    const next = random(5)
    const fixture = new Fixture()
    for (let i = 0; i < 400; i++) fixture.set(`key:${i}`, i)
    const picked = new Map<string, number>()
    for (let i = 0; i < 200_000; i++) {
      const key = fixture.key(fixture.dict.pick(next.uint32))
      picked.set(key, (picked.get(key) ?? 0) + 1)
    }
    assert.strictEqual(picked.size, 400)
    // 500 on average, with a standard deviation of 22
    for (const [key, times] of picked) assert.isTrue(times > 370 && times < 630, `${key}: ${times}`)
  })

  it("picks and samples while it is rehashed, and nothing from an empty one", () => {
    const next = random(6)
    const fixture = new Fixture()
    assert.strictEqual(fixture.dict.pick(next.uint32), 0)
    fixture.dict.sample(5, next.uint32, () => assert.fail("nothing to sample"))
    let rehashing = 0
    for (let i = 0; i < 2000; i++) {
      fixture.set(`key:${i}`, i)
      if (fixture.dict.rehashing) rehashing++
      assert.isTrue(fixture.find(fixture.key(fixture.dict.pick(next.uint32))) !== 0)
      let sampled = 0
      fixture.dict.sample(5, next.uint32, (ref) => {
        assert.isTrue(fixture.find(fixture.key(ref)) !== 0)
        sampled++
      })
      assert.isTrue(sampled > 0 && sampled <= 5)
    }
    assert.isAbove(rehashing, 100)
  })

  it("has room reserved for what is to be loaded", () => {
    const fixture = new Fixture()
    fixture.dict.reserve(10_000)
    const bytes = fixture.dict.tableBytes
    for (let i = 0; i < 10_000; i++) fixture.set(`key:${i}`, i)
    assert.isFalse(fixture.dict.rehashing)
    assert.isAtMost(fixture.dict.tableBytes, bytes * 1.25)
    for (let i = 0; i < 10_000; i++) assert.strictEqual(fixture.get(`key:${i}`), i)
  })

  it("spreads similar keys over its buckets", () => {
    const fixture = new Fixture()
    for (let i = 0; i < 100_000; i++) fixture.set(`user:${String(i).padStart(8, "0")}:name`, i)
    // Three in four slots at most are used before it doubles, so overflow stays the exception.
    assert.isAtMost(fixture.dict.tableBytes, 100_000 * 12)
  })
})
