import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Integers from "../../src/memory/Integers.ts"
import * as Intset from "../../src/memory/Intset.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { connect } from "../support/RawClient.ts"
import { startRedis } from "../support/ServerProcess.ts"
import * as Dump from "./Dump.ts"
import { random } from "./Random.ts"
import type { Random } from "./Random.ts"

/** A set in a blob of just its size, with guard bytes around it. */
class Blob {
  buf = new Uint8Array(0)
  off = 8

  constructor() {
    this.resize(Intset.headerSize)
    Intset.writeEmpty(this.buf, this.off)
  }

  resize(bytes: number): void {
    const kept = this.buf.subarray(this.off, this.off + bytes)
    this.buf = new Uint8Array(this.off + bytes + 3).fill(0xa5)
    this.buf.set(kept.subarray(0, bytes), this.off)
  }

  add(value: bigint): boolean {
    const integer = Integers.normalize(value)
    const index = Intset.search(this.buf, this.off, integer)
    if (index >= 0) return false
    this.resize(Intset.sizeWith(this.buf, this.off, integer))
    Intset.insert(this.buf, this.off, ~index, integer)
    return true
  }

  remove(value: bigint): boolean {
    const index = Intset.search(this.buf, this.off, Integers.normalize(value))
    if (index < 0) return false
    Intset.removeAt(this.buf, this.off, index)
    this.resize(Intset.byteLength(this.buf, this.off))
    return true
  }

  /** The bytes of the set, after a look at the guards. */
  bytes(): Uint8Array {
    const end = this.off + Intset.byteLength(this.buf, this.off)
    const guards = [...this.buf.subarray(0, this.off), ...this.buf.subarray(end)]
    assert.isTrue(guards.length === 11 && guards.every((byte) => byte === 0xa5), "stays within its blob")
    return this.buf.subarray(this.off, end)
  }
}

const edges = [0n, 255n, 256n, 32767n, 65535n, 2147483647n, 4294967295n, 4294967296n, 9007199254740991n, Integers.max]
const members = edges.flatMap((edge) => [edge, edge - 1n, edge + 1n, -edge, -edge - 1n, -edge + 1n])
  .filter((value) => value >= Integers.min && value <= Integers.max)

/** Integers of up to so many bits, so that sets of each width come up. */
const anyMember = (next: Random, bits: number): bigint => {
  const value = next.below(3) === 0 ? next.pick(members) : BigInt(next.uint32()) << 32n | BigInt(next.uint32())
  return BigInt.asIntN(bits, value)
}

describe("Intset", () => {
  it("does what a set does", () => {
    const next = random(11)
    for (let run = 0; run < 60; run++) {
      const blob = new Blob()
      const model = new Set<bigint>()
      for (let step = 0; step < 60; step++) {
        // Starts narrow and gets wider.
        const value = anyMember(next, next.pick([5, 16, 16, step < 20 ? 16 : 32, step < 40 ? 16 : 64]))
        if (next.below(3) > 0) {
          assert.strictEqual(blob.add(value), !model.has(value))
          model.add(value)
        } else assert.strictEqual(blob.remove(value), model.delete(value))
        const sorted = [...model].sort((a, b) => a < b ? -1 : 1)
        assert.strictEqual(Intset.count(blob.buf, blob.off), sorted.length)
        sorted.forEach((member, i) => {
          const integer = Integers.normalize(member)
          assert.strictEqual(Intset.get(blob.buf, blob.off, i), integer)
          assert.strictEqual(Intset.search(blob.buf, blob.off, integer), i)
        })
        const probe = anyMember(next, 64)
        assert.strictEqual(Intset.has(blob.buf, blob.off, Integers.normalize(probe)), model.has(probe))
        for (const value of [probe, anyMember(next, 16), ...sorted.slice(0, 3), ...sorted.slice(-3)]) {
          const integer = Integers.normalize(value)
          const place = Intset.search(blob.buf, blob.off, integer)
          for (let from = 0; from <= sorted.length + 1; from++) {
            assert.strictEqual(Intset.searchFrom(blob.buf, blob.off, integer, from), place)
          }
        }
        assert.strictEqual(Intset.validate(blob.buf, blob.off, blob.bytes().length, true), model.size > 0)
      }
    }
  })

  it("refuses what is no set", () => {
    const set = (...bytes: ReadonlyArray<number>) => Intset.validate(Uint8Array.from(bytes), 0, bytes.length, true)
    assert.isTrue(set(2, 0, 0, 0, 2, 0, 0, 0, 255, 255, 1, 0))
    assert.isFalse(set(2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 255, 255), "descending")
    assert.isFalse(set(2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 1, 0), "twice the same")
    assert.isFalse(set(2, 0, 0, 0, 0, 0, 0, 0), "empty")
    assert.isFalse(set(3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0), "width")
    assert.isFalse(set(2, 1, 0, 0, 1, 0, 0, 0, 1, 0), "width")
    assert.isFalse(set(2, 0, 0, 0, 3, 0, 0, 0, 1, 0, 2, 0), "short")
    assert.isFalse(set(2, 0, 0, 0, 1, 0, 0, 128, 1, 0), "count")
    assert.isFalse(set(2, 0, 0, 0, 1, 0, 0), "header")
    assert.isFalse(Intset.validate(new Uint8Array(10), 4, 10, false), "outside")
  })
})

describeWithRedis("Intset and redis-server", () => {
  it.live("have the same bytes after the same operations", () =>
    Effect.scoped(Effect.gen(function*() {
      const { port } = yield* startRedis({ args: ["--rdbcompression", "no"] })
      const client = yield* connect(port)
      const next = random(12)
      for (let run = 0; run < 150; run++) {
        yield* client.command("DEL", "set")
        const blob = new Blob()
        const bits = next.pick([16, 32, 64])
        for (let step = 0; step < 20; step++) {
          const value = anyMember(next, step < 8 ? 16 : bits)
          const adds = next.below(4) > 0 || Intset.count(blob.buf, blob.off) < 2
          const reply = yield* client.command(adds ? "SADD" : "SREM", "set", String(value))
          const changed = adds ? blob.add(value) : blob.remove(value)
          assert.strictEqual(Buffer.from(reply.raw).toString(), changed ? ":1\r\n" : ":0\r\n")
        }
        assert.deepStrictEqual(yield* Dump.intset(client, "set"), blob.bytes())
      }
    })))
})
