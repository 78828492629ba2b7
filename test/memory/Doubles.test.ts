import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Doubles from "../../src/memory/Doubles.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { connect } from "../support/RawClient.ts"
import { startRedis } from "../support/ServerProcess.ts"
import { anyDouble, anyFloatText, oddFloatTexts } from "./Floats.ts"
import { random } from "./Random.ts"

const within = <A>(text: string, read: (buf: Uint8Array, start: number, end: number) => A): A => {
  const bytes = Buffer.from(`9${text}9`, "latin1")
  return read(bytes, 1, bytes.length - 1)
}
const parse = (text: string) => within(text, Doubles.parse)
const print = (value: number) => {
  const dst = Buffer.alloc(Doubles.maxSize + 2, 0x23)
  const end = Doubles.write(dst, 1, value)
  assert.isTrue(end <= Doubles.maxSize + 1 && dst[0] === 0x23 && dst[Doubles.maxSize + 1] === 0x23)
  return dst.toString("latin1", 1, end)
}

describe("Doubles", () => {
  it("prints as %.17g", () => {
    const golden: ReadonlyArray<readonly [number, string]> = [
      [0, "0"],
      [-0, "-0"],
      [0.1, "0.10000000000000001"],
      [-1.5, "-1.5"],
      [100, "100"],
      [1e16, "10000000000000000"],
      [87738332196720128, "87738332196720128"],
      [1e17, "1e+17"],
      [123456789012345680, "1.2345678901234568e+17"],
      [0.0001, "0.0001"],
      [0.00001, "1.0000000000000001e-05"],
      [0.0000012, "1.1999999999999999e-06"],
      [1e100, "1e+100"],
      [5e-324, "4.9406564584124654e-324"],
      [-2.2250738585072014e-308, "-2.2250738585072014e-308"],
      [Number.MAX_VALUE, "1.7976931348623157e+308"],
      [Infinity, "inf"],
      [-Infinity, "-inf"],
      [NaN, "nan"]
    ]
    for (const [value, text] of golden) assert.strictEqual(print(value), text)
  })

  it("rounds ties to even, as C does", () => {
    assert.strictEqual(print(2 ** -25), "2.9802322387695312e-08")
    assert.strictEqual(print(3 * 2 ** -25), "8.9406967163085938e-08")
    assert.strictEqual(print(1 + 2 ** -17), "1.0000076293945312")
    assert.strictEqual(print(1 + 3 * 2 ** -17), "1.0000228881835938")
    assert.strictEqual(Doubles.toFixedText(0.5, 0), "0")
    assert.strictEqual(Doubles.toFixedText(1.5, 0), "2")
    assert.strictEqual(Doubles.toFixedText(2.5, 0), "2")
    assert.strictEqual(Doubles.toFixedText(0.03125, 4), "0.0312")
    assert.strictEqual(Doubles.toFixedText(-0.09375, 4), "-0.0938")
    assert.strictEqual(Doubles.toFixedText(2 ** -18, 17), "0.00000381469726562")
  })

  it("prints fixed decimals of everything", () => {
    assert.strictEqual(Doubles.toFixedText(166274.15156960033, 4), "166274.1516")
    assert.strictEqual(Doubles.toFixedText(-0, 4), "-0.0000")
    assert.strictEqual(Doubles.toFixedText(-0.00001, 4), "-0.0000")
    assert.strictEqual(Doubles.toFixedText(1e23, 2), "99999999999999991611392.00")
    assert.strictEqual(Doubles.toFixedText(1e23, 0), "99999999999999991611392")
    assert.strictEqual(Doubles.toFixedText(Infinity, 2), "inf")
    assert.strictEqual(Doubles.toFixedText(NaN, 2), "nan")
  })

  it("prints the same with and without bigints", () => {
    const next = random(35)
    for (let i = 0; i < 50_000; i++) {
      const value = i % 2 === 0 ? anyDouble(next) : next.pick([1, -1]) * next.uint32() * 10 ** (4 - next.below(18))
      assert.strictEqual(print(value), Doubles.toText(value))
    }
  })

  it("reads back what it prints", () => {
    const next = random(30)
    for (let i = 0; i < 20_000; i++) {
      const value = anyDouble(next)
      assert.isTrue(Object.is(parse(print(value)), value), print(value))
    }
  })

  it("reads decimals as JavaScript does, correctly rounded", () => {
    const next = random(31)
    for (let i = 0; i < 20_000; i++) {
      const digits = Array.from({ length: 1 + next.below(20) }, () => next.below(10)).join("")
      const point = next.below(digits.length + 1)
      const text = `${next.pick(["", "-", "+"])}${digits.slice(0, point)}.${next.pick(["", "", "000"])}${
        digits.slice(point)
      }`
      assert.isTrue(Object.is(parse(text), Number(text)), text)
    }
  })

  it("reads numbers halfway between two doubles", () => {
    const next = random(34)
    for (let i = 0; i < 2000; i++) {
      // 54 bits, the last one a 1, of which some are behind the point
      const odd = (BigInt(2 ** 21 + next.below(2 ** 21)) << 32n) | BigInt(next.uint32() | 1)
      const bits = 1 + next.below(7)
      const digits = String(odd * 5n ** BigInt(bits))
      const text = `${digits.slice(0, -bits)}.${digits.slice(-bits)}`
      for (const near of [text, `${text}1`, text.slice(0, -1)]) assert.strictEqual(parse(near), Number(near), near)
    }
  })

  it("reads hexadecimal floats", () => {
    assert.strictEqual(parse("0x1p3"), 8)
    assert.strictEqual(parse("-0X.8"), -0.5)
    assert.strictEqual(parse("0x1.8p-1074"), 2 ** -1073)
    assert.strictEqual(parse("0x1.8p-1075"), 2 ** -1074)
    assert.isUndefined(parse("0x1p-1075"), "half of the smallest, and even is zero")
    assert.strictEqual(parse("0x1.fffffffffffff7fffp0"), 2 - 2 ** -52)
    assert.strictEqual(parse("0x1.fffffffffffff8p0"), 2)
    assert.strictEqual(parse(`0x1${"0".repeat(6000)}p-24000`), 1)
    assert.strictEqual(parse(`0x1.00000000000008${"0".repeat(6000)}1`), 1 + 2 ** -52)
    assert.isUndefined(parse("0x1p1024"))
    assert.isUndefined(parse("0x1p99999999999"))
    assert.isUndefined(parse("0x1p-99999999999"))
    assert.strictEqual(parse("0x0p99999999999"), 0)
  })

  it("tells how far strtod reads, and whether the number was in range", () => {
    const strtod = (text: string) =>
      within(text, (buf, start, end) => {
        const read = Doubles.strtod(buf, start, end)
        return [read.value, read.end - start, read.outOfRange]
      })
    assert.deepStrictEqual(strtod(" 1.5x"), [1.5, 4, false])
    assert.deepStrictEqual(strtod("1e"), [1, 1, false])
    assert.deepStrictEqual(strtod("1e+"), [1, 1, false])
    assert.deepStrictEqual(strtod("0x"), [0, 1, false])
    assert.deepStrictEqual(strtod("0x1p"), [1, 3, false])
    assert.deepStrictEqual(strtod("nan(a_1)"), [NaN, 8, false])
    assert.deepStrictEqual(strtod("nan(a-1)"), [NaN, 3, false])
    assert.deepStrictEqual(strtod("infinite"), [Infinity, 3, false])
    assert.deepStrictEqual(strtod("  x"), [0, 0, false])
    assert.deepStrictEqual(strtod("1e400"), [Infinity, 5, true])
    assert.deepStrictEqual(strtod("1e-400"), [0, 6, true])
    assert.deepStrictEqual(strtod("-4e-320"), [-4e-320, 7, true])
    assert.deepStrictEqual(strtod("0x1p-1074"), [5e-324, 9, false])
    assert.deepStrictEqual(strtod("0e400"), [0, 5, false])
  })

  it("tells which doubles are integers to a sorted set", () => {
    assert.strictEqual(Doubles.toInteger(3), 3)
    assert.isTrue(Object.is(Doubles.toInteger(-0), 0))
    assert.strictEqual(Doubles.toInteger(2 ** 62), 2n ** 62n)
    assert.strictEqual(Doubles.toInteger(-(2 ** 62)), -(2n ** 62n))
    for (const value of [0.5, 2 ** 62 + 1024, -(2 ** 62) - 1024, 1e21, Infinity, -Infinity, NaN]) {
      assert.isUndefined(Doubles.toInteger(value))
    }
  })
})

describeWithRedis("Doubles and redis-server", () => {
  it.live("agree on what a score is and how it prints", () =>
    Effect.scoped(Effect.gen(function*() {
      const client = yield* connect((yield* startRedis()).port)
      const next = random(32)
      const texts = [...oddFloatTexts, ...Array.from({ length: 4000 }, () => anyFloatText(next, 308))]
      const replies = yield* client.pipeline(texts.flatMap((text) => [
        ["DEL", "z"],
        // Unlike ZADD and ZSCORE this keeps the sign of zero.
        ["ZADD", "z", "INCR", Buffer.from(text, "latin1"), "m"]
      ]))
      texts.forEach((text, i) => {
        const value = parse(text)
        const printed = value === undefined ? "-ERR value is not a valid float\r\n" : bulk(print(value))
        assert.strictEqual(Buffer.from(replies[2 * i + 1]?.raw ?? []).toString(), printed, text)
      })
    })))

  it.live("agree on the ends of score ranges", () =>
    Effect.scoped(Effect.gen(function*() {
      const client = yield* connect((yield* startRedis()).port)
      const next = random(33)
      const texts = [...oddFloatTexts, ...Array.from({ length: 300 }, () => anyFloatText(next, 5))]
      yield* client.command("ZADD", "z", -Infinity, "a", -1e300, "b", -1, "c", 0, "d", 1, "e", 1e300, "f", "inf", "g")
      const scores = [-Infinity, -1e300, -1, 0, 1, 1e300, Infinity]
      const replies = yield* client.pipeline(texts.map((text) => ["ZCOUNT", "z", Buffer.from(text, "latin1"), "+inf"]))
      texts.forEach((text, i) => {
        if (text.startsWith("(")) return
        const bound = within(text, (buf, start, end) => Doubles.parseBound(buf, start, end))
        const expected = bound === undefined
          ? "-ERR min or max is not a float\r\n"
          : `:${scores.filter((score) => score >= bound).length}\r\n`
        assert.strictEqual(Buffer.from(replies[i]?.raw ?? []).toString(), expected, JSON.stringify(text))
      })
    })))
})

const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`
