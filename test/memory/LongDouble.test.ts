import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as LongDouble from "../../src/memory/LongDouble.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { connect } from "../support/RawClient.ts"
import { startRedis } from "../support/ServerProcess.ts"
import { anyDouble, anyFloatText, oddFloatTexts } from "./Floats.ts"
import { random } from "./Random.ts"

const parse = (text: string) => {
  const bytes = Buffer.from(`9${text}9`, "latin1")
  return LongDouble.parse(bytes, 1, bytes.length - 1)
}

const print = (value: LongDouble.LongDouble): string => {
  const dst = Buffer.alloc(LongDouble.maxSize)
  return dst.toString("latin1", 0, LongDouble.write(dst, 0, value))
}

/** What INCRBYFLOAT replies. */
const increment = (from: string, by: string): string => {
  const value = parse(from)
  const delta = parse(by)
  if (value === undefined || delta === undefined) return "ERR value is not a valid float"
  const sum = LongDouble.add(value, delta)
  return LongDouble.isFinite(sum) ? print(sum) : "ERR increment would produce NaN or Infinity"
}

describe("LongDouble", () => {
  it("adds with 64 bits of mantissa", () => {
    assert.strictEqual(increment("0.1", "0.2"), "0.3")
    assert.strictEqual(increment("10.50", "0.1"), "10.6")
    assert.strictEqual(increment("5.0e3", "200"), "5200")
    assert.strictEqual(increment("3.0e3", "-3000"), "0")
    assert.strictEqual(increment("18446744073709551615", "1"), "18446744073709551616")
    assert.strictEqual(increment("18446744073709551615", "2"), "18446744073709551616")
    assert.strictEqual(increment("9007199254740991", "2"), "9007199254740993")
    assert.strictEqual(increment("-0", "-0"), "0")
    assert.strictEqual(increment("-1e-30", "0"), "0")
    assert.strictEqual(increment("1e4932", "1e4932"), "ERR increment would produce NaN or Infinity")
    assert.strictEqual(increment("inf", "-inf"), "ERR increment would produce NaN or Infinity")
    assert.strictEqual(increment("1e4933", "1"), "ERR value is not a valid float")
    assert.strictEqual(increment("1", "1".repeat(5120)), "ERR value is not a valid float")
    assert.strictEqual(increment("0", "1".padStart(5119, "0")), "1")
  })

  it("takes doubles as they are", () => {
    assert.strictEqual(print(0.1), "0.10000000000000001")
    assert.strictEqual(print(2 ** 70), "1180591620717411303424")
    assert.strictEqual(print(LongDouble.add(0.5, 5e-324)), "0.5")
    assert.strictEqual(print(LongDouble.add(0.1, -0.1)), "0")
    assert.strictEqual(print(-Infinity), "-inf")
    assert.strictEqual(print(LongDouble.add(Infinity, LongDouble.add(0.1, 0.2))), "inf")
  })

  it("does not take a decimal for a double that is only near", () => {
    const next = random(42)
    for (let i = 0; i < 20_000; i++) {
      const decimals = 1 + next.below(15)
      // Also multiples of powers of two, and what is next to them.
      const units = next.below(2) === 0
        ? Math.floor(next.uint32() * 10 ** next.below(6))
        : Math.floor((next.below(10 ** 4) / 2 ** next.below(12)) * 10 ** decimals) + next.below(3) - 1
      const digits = String(Math.abs(units)).slice(0, 15).padStart(decimals + 1, "0")
      const text = `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
      const value = parse(text)
      if (typeof value !== "number") continue
      const scaled = BigInt(value * 2 ** decimals)
      assert.strictEqual(scaled * 10n ** BigInt(decimals), BigInt(digits) << BigInt(decimals), text)
    }
  })

  it("gives the nearest double", () => {
    const next = random(40)
    for (let i = 0; i < 2000; i++) {
      const value = anyDouble(next)
      const read = parse(String(value))
      assert.strictEqual(read === undefined ? NaN : LongDouble.toNumber(read), value)
    }
    for (const text of ["1e400", "-1e-400", "1e-310", "1.7976931348623157e308", "5e-324", "0x1p-1075", "0x1p1023"]) {
      assert.strictEqual(
        LongDouble.toNumber(parse(text) ?? NaN),
        text === "0x1p1023" ? 2 ** 1023 : Number(text) || 0,
        text
      )
    }
  })
})

describeWithRedis("LongDouble and redis-server", () => {
  it.live("agree on INCRBYFLOAT", () =>
    Effect.scoped(Effect.gen(function*() {
      const client = yield* connect((yield* startRedis()).port)
      const next = random(41)
      const reaches = [3, 20, 20, 300, 4940]
      const extremes = ["1e4932", "-1e4932", "1.18973149535723176502e4932", "1.18973149535723176506e4932", "1e-4950"]
      const tiny = ["3.6451995318824746e-4951", "1.8e-4951", "1.9e-4951", "0x1p-16445", "0x1p-16446", "0x1.8p-16446"]
      const edges = [...oddFloatTexts, ...extremes, ...tiny, "9".repeat(5119), "9".repeat(5120)]
      const any = () => next.below(12) === 0 ? next.pick(edges) : anyFloatText(next, next.pick(reaches))
      const cases = [...edges.flatMap((text) => [[text, "0"], ["0", text], [text, text]] as const)]
      for (let i = 0; i < 4000; i++) cases.push([any(), any()])
      const replies = yield* client.pipeline(cases.flatMap(([from, by]) => [
        ["SET", "k", Buffer.from(from, "latin1")],
        ["INCRBYFLOAT", "k", Buffer.from(by, "latin1")]
      ]))
      cases.forEach(([from, by], i) => {
        const reply = Buffer.from(replies[2 * i + 1]?.raw ?? []).toString("latin1")
        const text = reply.startsWith("-") ? reply.slice(1, -2) : reply.slice(reply.indexOf("\n") + 1, -2)
        assert.strictEqual(increment(from, by), text, JSON.stringify([from, by]))
      })
    })))
})
