import { assert, describe, it } from "@effect/vitest"
import * as Crc64 from "../../src/persistence/Crc64.ts"
import { random } from "../memory/Random.ts"

describe("Crc64", () => {
  it("gives the check value of Jones's polynomial", () => {
    assert.strictEqual(Crc64.of(Buffer.from("123456789"), 0, 9).hex, "e9c6d914c4b8d9ca")
    assert.strictEqual(Crc64.of(Buffer.alloc(0), 0, 0).hex, "0000000000000000")
  })

  it("does not mind in which pieces the bytes come", () => {
    const next = random(1)
    const bytes = Uint8Array.from({ length: 1000 }, () => next.below(256))
    const whole = Crc64.of(bytes, 0, bytes.length)
    for (let round = 0; round < 100; round++) {
      const sum = new Crc64.Crc64()
      for (let at = 0; at < bytes.length;) {
        const end = Math.min(bytes.length, at + next.below(40))
        sum.update(bytes, at, end)
        at = end
      }
      assert.strictEqual(sum.hex, whole.hex)
    }
  })

  it("stands in files with the lowest byte first", () => {
    const sum = Crc64.of(Buffer.from("123456789"), 0, 9)
    const bytes = new Uint8Array(10)
    sum.write(bytes, 1)
    assert.strictEqual(Buffer.from(bytes).toString("hex"), "00cad9b8c414d9c6e900")
    assert.isTrue(sum.matches(bytes, 1))
    assert.isFalse(sum.matches(bytes, 2))
  })
})
