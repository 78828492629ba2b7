/** Doubles, and texts that are or look like floating point numbers, for the tests of reading and printing them. */
import type { Random } from "./Random.ts"

/** Any finite double: every bit pattern, everyday decimals, and numbers whose expansion ends early (ties). */
export const anyDouble = (next: Random): number => {
  switch (next.below(4)) {
    case 0: {
      const view = new DataView(new ArrayBuffer(8))
      view.setUint32(0, next.uint32())
      view.setUint32(4, next.uint32())
      const value = view.getFloat64(0)
      return Number.isFinite(value) ? value : 0
    }
    case 1:
      return (next.uint32() - 2 ** 31) / 10 ** next.below(12)
    case 2:
      return next.uint32() * 2 ** -next.below(60)
    default:
      return Math.floor(next.uint32() * 2 ** next.below(40))
  }
}

/** A number as somebody may write it, its magnitude up to about 10^reach. */
export const anyFloatText = (next: Random, reach: number): string => {
  const sign = next.pick(["", "", "-", "+"])
  const digits = (count: number, base: number) =>
    Array.from({ length: count }, () => next.below(base).toString(base)).join("")
  const pointed = (count: number, base: number) => {
    const text = digits(count, base)
    const point = next.below(count + 1)
    return next.below(3) === 0 ? text : `${text.slice(0, point)}.${text.slice(point)}`
  }
  const power = () => next.below(2 * reach) - reach
  switch (next.below(6)) {
    case 0:
      return sign + pointed(1 + next.below(6), 10)
    case 1:
      return sign + pointed(1 + next.below(25), 10)
    case 2:
      return `${sign}${pointed(1 + next.below(20), 10)}${next.pick(["e", "E"])}${power()}`
    case 3:
      return `${sign}${next.pick(["0x", "0X"])}${pointed(1 + next.below(22), 16)}p${Math.floor(power() * 3.32)}`
    case 4:
      return sign + String(Math.floor(next.uint32() * 2 ** next.below(33)))
    default:
      return `${sign}${digits(1 + next.below(4), 10)}.${digits(1 + next.below(19), 10)}`
  }
}

const numbers = [
  "0",
  "-0",
  "-0.0",
  "5.",
  ".5",
  "+.5e1",
  "3.0",
  "3.0e3",
  "1e17",
  "1e308",
  "1e-320",
  "0e9999",
  "00012",
  "1e0005"
]
const words = [
  "inf",
  "+inf",
  "-inf",
  "INF",
  "-Infinity",
  "infinity",
  "infinit",
  "in",
  "i",
  "nan",
  "-nan",
  "NaN",
  "nan(1)"
]
const limits = ["1e400", "-1e400", "1e-400", "4.9e-324", "2.4703282292062327e-324", "2.4703282292062328e-324"]
const large = ["1.7976931348623158e308", "1.7976931348623159e308", "9007199254740993", "9223372036854775807"]
const hexadecimal = ["0x1p3", "0x.8", "0X1F", "0x1.8p1", "0xap-2", "0x", "0x.", "0xg", "0x1p", "0x1p+", "0x1.8p-1074"]
const broken = [
  "",
  " ",
  "1 ",
  " 1",
  "\t1",
  "1e",
  "1e+",
  ".",
  "+",
  "-",
  "+-1",
  "1_0",
  "1e5x",
  "1.2.3",
  "--1",
  "1\0",
  "1\0x",
  "\0"
]
const long = ["1" + "0".repeat(300), "0." + "0".repeat(320) + "1", "1." + "0".repeat(800) + "1", "9".repeat(700)]

/** Edges and errors. */
export const oddFloatTexts: ReadonlyArray<string> = [
  ...numbers,
  ...words,
  ...limits,
  ...large,
  ...hexadecimal,
  ...broken,
  ...long
]
