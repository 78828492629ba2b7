import { assert, describe, it } from "@effect/vitest"
import * as Integers from "../../src/memory/Integers.ts"
import { random } from "./Random.ts"

const bytes = (text: string) => new TextEncoder().encode(text)
const parse = (text: string) => Integers.parse(bytes(`<${text}>`), 1, 1 + bytes(text).length)
const parseUnsigned = (text: string) => Integers.parseUnsigned(bytes(`<${text}>`), 1, 1 + bytes(text).length)
const print = (value: Integers.Integer) => {
  const dst = new Uint8Array(32).fill(0x23)
  const end = Integers.write(dst, 3, value)
  assert.strictEqual(end - 3, Integers.size(value), `size of ${value}`)
  assert.isTrue(dst[2] === 0x23 && dst[end] === 0x23, `${value} stays within its place`)
  return new TextDecoder().decode(dst.subarray(3, end))
}

/** Every power of two and of ten, their neighbours, and random integers of every length. */
const samples = (): Array<bigint> => {
  const next = random(7)
  const values: Array<bigint> = [0n]
  for (let bit = 0n; bit < 64n; bit++) values.push(1n << bit)
  for (let digit = 0n; digit < 20n; digit++) values.push(10n ** digit)
  for (let i = 0; i < 1500; i++) {
    values.push(BigInt.asUintN(1 + next.below(64), (BigInt(next.uint32()) << 32n) | BigInt(next.uint32())))
  }
  return values.flatMap((value) => [value - 1n, value, value + 1n, -value - 1n, -value, -value + 1n])
}

describe("Integers", () => {
  it("reads back what it writes, in 64 bits", () => {
    for (const value of samples()) {
      const text = String(value)
      if (value < Integers.min || value > Integers.max) assert.isUndefined(parse(text), text)
      else {
        const read = parse(text)
        assert.strictEqual(read, Integers.normalize(value), text)
        assert.strictEqual(print(Integers.normalize(value)), text)
      }
    }
  })

  it("writes unsigned 64-bit integers", () => {
    for (const value of samples()) {
      if (value < 0n || value > Integers.maxUnsigned) continue
      assert.strictEqual(print(Integers.normalize(value)), String(value))
      assert.strictEqual(parseUnsigned(String(value)), Integers.normalize(value))
    }
    assert.isUndefined(parseUnsigned("18446744073709551616"))
  })

  it("refuses text that is no plain integer", () => {
    const refused = [
      "",
      "-",
      "+",
      "+1",
      "-0",
      "00",
      "01",
      "-01",
      " 1",
      "1 ",
      "1.0",
      "1e3",
      "0x1",
      "1-",
      "--1",
      "a",
      ":",
      "/"
    ]
    refused.push("12345678:", "1234567890123456:", "123456789/1234567", "9223372036854775808", "-9223372036854775809")
    refused.push("10000000000000000000", "99999999999999999999", "123456789012345678901", "1\0", "\0")
    for (const text of refused) assert.isUndefined(parse(text), JSON.stringify(text))
  })

  it("keeps safe integers as numbers and the others as bigints", () => {
    assert.strictEqual(parse("9007199254740991"), 9007199254740991)
    assert.strictEqual(parse("9007199254740992"), 9007199254740992n)
    assert.strictEqual(parse("-9007199254740991"), -9007199254740991)
    assert.strictEqual(parse("-9007199254740992"), -9007199254740992n)
    assert.strictEqual(parse("-9223372036854775808"), Integers.min)
  })

  it("reads unsigned integers as loosely as strtoull", () => {
    assert.strictEqual(parseUnsigned("007"), 7)
    assert.strictEqual(parseUnsigned("+7"), 7)
    assert.strictEqual(parseUnsigned(" \t7"), 7)
    assert.strictEqual(parseUnsigned("-07"), 18446744073709551609n)
    for (const text of ["-7", "", " ", "+", "-", "7 ", "7a", "- 7"]) assert.isUndefined(parseUnsigned(text), text)
  })

  it("adds with an overflow check", () => {
    assert.strictEqual(Integers.add(1, 2), 3)
    assert.strictEqual(Integers.add(9007199254740991, 1), 9007199254740992n)
    assert.strictEqual(Integers.add(9007199254740992n, -1), 9007199254740991)
    assert.strictEqual(Integers.add(Integers.max, 0), Integers.max)
    assert.isUndefined(Integers.add(Integers.max, 1))
    assert.isUndefined(Integers.add(Integers.min, -1))
    assert.strictEqual(Integers.add(Integers.min, Integers.max), -1)
  })
})
