import { assert, describe, it } from "@effect/vitest"
import { ReplyParser } from "../../src/resp/ReplyParser.ts"
import type { ProtocolError, ReplyValue } from "../../src/resp/ReplyParser.ts"
import { random } from "../memory/Random.ts"
import type { Random } from "../memory/Random.ts"

const bytes = (text: string) => new Uint8Array(Buffer.from(text, "latin1"))
const bulk = (text: string): ReplyValue => ({ _tag: "Bulk", bytes: bytes(text) })
const integer = (value: number | bigint): ReplyValue => ({ _tag: "Integer", value })

const drain = (parser: ReplyParser): Array<ReplyValue | ProtocolError> => {
  const values: Array<ReplyValue | ProtocolError> = []
  while (true) {
    const value = parser.next()
    if (value === undefined) return values
    values.push(value)
    if (value._tag === "ProtocolError") return values
  }
}
const parse = (...chunks: ReadonlyArray<string>) => {
  const parser = new ReplyParser()
  return chunks.flatMap((chunk) => {
    parser.push(bytes(chunk))
    return drain(parser)
  })
}

/** The inverse of the parser, to make input from values. */
const encode = (value: ReplyValue): string => {
  const items = (values: ReadonlyArray<ReplyValue>) => values.map(encode).join("")
  const pairs = (entries: ReadonlyArray<readonly [ReplyValue, ReplyValue]>) => items(entries.flat())
  const text = (content: Uint8Array) => Buffer.from(content).toString("latin1")
  switch (value._tag) {
    case "Simple":
      return `+${value.text}\r\n`
    case "Error":
      return value.text.includes("\n") ? `!${value.text.length}\r\n${value.text}\r\n` : `-${value.text}\r\n`
    case "Integer":
      return `:${value.value}\r\n`
    case "Bulk":
      return `$${value.bytes.length}\r\n${text(value.bytes)}\r\n`
    case "Null":
      return "_\r\n"
    case "Array":
      return `*${value.items.length}\r\n${items(value.items)}`
    case "Map":
      return `%${value.entries.length}\r\n${pairs(value.entries)}`
    case "Set":
      return `~${value.items.length}\r\n${items(value.items)}`
    case "Push":
      return `>${value.items.length}\r\n${items(value.items)}`
    case "Attribute":
      return `|${value.entries.length}\r\n${pairs(value.entries)}${encode(value.value)}`
    case "Double":
      return `,${Number.isNaN(value.value) ? "nan" : String(value.value).replace("Infinity", "inf")}\r\n`
    case "Boolean":
      return value.value ? "#t\r\n" : "#f\r\n"
    case "BigNumber":
      return `(${value.value}\r\n`
    case "Verbatim":
      return `=${value.bytes.length + 4}\r\n${value.format}:${text(value.bytes)}\r\n`
  }
}

const integers = [0, -1, 7, 2 ** 31, -(2 ** 53) + 1, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)]
const doubles = [0, 1.5, -3e-7, 1e21, Infinity, -Infinity, NaN]
const content = (next: Random) =>
  Array.from(
    { length: next.below(4) === 0 ? next.below(300) : next.below(6) },
    () => next.pick(["a", "\r", "\n", "\0", "$", "\xff"])
  )
    .join("")

const anyValue = (next: Random, depth: number): ReplyValue => {
  const many = () => Array.from({ length: next.below(4) }, () => anyValue(next, depth - 1))
  const entries = () => many().map((key) => [key, anyValue(next, depth - 1)] as const)
  switch (next.below(depth > 0 ? 14 : 9)) {
    case 0:
      return { _tag: "Simple", text: next.pick(["OK", "", "QUEUED"]) }
    case 1:
      return { _tag: "Error", text: next.pick(["ERR syntax error", "two\r\nlines"]) }
    case 2:
      return integer(next.pick(integers))
    case 3:
      return bulk(content(next))
    case 4:
      return { _tag: "Null" }
    case 5:
      return { _tag: "Double", value: next.pick(doubles) }
    case 6:
      return { _tag: "Boolean", value: next.below(2) === 0 }
    case 7:
      return { _tag: "BigNumber", value: -(10n ** 40n) }
    case 8:
      return { _tag: "Verbatim", format: "txt", bytes: bytes(content(next)) }
    case 9:
      return { _tag: "Map", entries: entries() }
    case 10:
      return { _tag: "Set", items: many() }
    case 11:
      return { _tag: "Push", items: many() }
    case 12:
      return { _tag: "Attribute", entries: entries(), value: anyValue(next, depth - 1) }
    default:
      return { _tag: "Array", items: many() }
  }
}

describe("ReplyParser", () => {
  it("decodes every type", () => {
    assert.deepStrictEqual(
      parse(
        "+OK\r\n-ERR no\r\n:12\r\n:+7\r\n:-0\r\n$3\r\na\r\n\r\n$0\r\n\r\n$-1\r\n*-1\r\n_\r\n*0\r\n*2\r\n:1\r\n$1\r\nx\r\n",
        "%1\r\n+k\r\n,1.50\r\n~1\r\n#t\r\n>1\r\n#f\r\n(-123456789012345678901\r\n=5\r\ntxt:a\r\n!5\r\nERR a\r\n|1\r\n+a\r\n:1\r\n:2\r\n"
      ),
      [
        { _tag: "Simple", text: "OK" },
        { _tag: "Error", text: "ERR no" },
        integer(12),
        integer(7),
        integer(0),
        bulk("a\r\n"),
        bulk(""),
        { _tag: "Null" },
        { _tag: "Null" },
        { _tag: "Null" },
        { _tag: "Array", items: [] },
        { _tag: "Array", items: [integer(1), bulk("x")] },
        { _tag: "Map", entries: [[{ _tag: "Simple", text: "k" }, { _tag: "Double", value: 1.5 }]] },
        { _tag: "Set", items: [{ _tag: "Boolean", value: true }] },
        { _tag: "Push", items: [{ _tag: "Boolean", value: false }] },
        { _tag: "BigNumber", value: -123456789012345678901n },
        { _tag: "Verbatim", format: "txt", bytes: bytes("a") },
        { _tag: "Error", text: "ERR a" },
        { _tag: "Attribute", entries: [[{ _tag: "Simple", text: "a" }, integer(1)]], value: integer(2) }
      ]
    )
  })

  it("keeps integers exact up to 64 bits", () => {
    assert.deepStrictEqual(
      parse(":9007199254740991\r\n:9007199254740992\r\n:-9223372036854775808\r\n:999999999999999\r\n"),
      [integer(9007199254740991), integer(9007199254740992n), integer(-9223372036854775808n), integer(999999999999999)]
    )
  })

  it("gives the same values however the bytes are cut", () => {
    for (let seed = 0; seed < 400; seed++) {
      const next = random(seed)
      const values = Array.from({ length: 1 + next.below(5) }, () => anyValue(next, 4))
      const input = bytes(values.map(encode).join(""))
      const parser = new ReplyParser()
      const longest = next.pick([1, 2, 7, 100, 5000])
      const read: Array<ReplyValue | ProtocolError> = []
      for (let at = 0; at < input.length;) {
        const size = 1 + next.below(longest)
        const chunk = input.slice(at, at + size)
        parser.push(chunk)
        if (next.below(3) > 0) read.push(...drain(parser))
        at += size
      }
      read.push(...drain(parser))
      assert.deepStrictEqual(read, values, `seed ${seed}`)
    }
  })

  it("reads values nested a hundred thousand deep", () => {
    const depth = 100_000
    let [value] = parse("*1\r\n".repeat(depth), ":1\r\n")
    for (let i = 0; i < depth; i++) {
      assert.strictEqual(value?._tag, "Array")
      value = value?._tag === "Array" ? value.items[0] : undefined
    }
    assert.deepStrictEqual(value, integer(1))
  })

  it("collects a bulk of 64 MB from small chunks without copying it again and again", () => {
    const size = 64 * 1024 * 1024
    const parser = new ReplyParser()
    const chunk = new Uint8Array(4096).fill(0x61)
    parser.push(bytes(`$${size}\r\n`))
    for (let sent = 0; sent < size; sent += chunk.length) {
      assert.isUndefined(parser.next())
      parser.push(chunk)
    }
    parser.push(bytes("\r\n+next\r\n"))
    const value = parser.next()
    assert.strictEqual(value?._tag === "Bulk" ? value.bytes.length : -1, size)
    assert.deepStrictEqual(parser.next(), { _tag: "Simple", text: "next" })
  })

  it("reads a line of a megabyte that arrives byte by byte in linear time", () => {
    const parser = new ReplyParser()
    const letter = bytes("e")
    parser.push(bytes("-"))
    for (let i = 0; i < 1_000_000; i++) {
      parser.push(letter)
      parser.next()
    }
    parser.push(bytes("\r\n"))
    assert.deepStrictEqual(parser.next(), { _tag: "Error", text: "e".repeat(1_000_000) })
  })

  it("allocates nothing for what is only announced", () => {
    const before = process.memoryUsage().arrayBuffers
    const parsers = Array.from({ length: 200 }, () => {
      const parser = new ReplyParser()
      parser.push(bytes("*1000000000\r\n$400000000\r\nabc"))
      assert.isUndefined(parser.next())
      return parser
    })
    assert.isBelow(process.memoryUsage().arrayBuffers - before, parsers.length * 200_000)
  })

  it("counts the bytes of the values it returned, and hands over the bytes behind them", () => {
    const parser = new ReplyParser()
    parser.push(bytes("+FULLRESYNC id 0\r\n$5\r\nREDI"))
    assert.deepStrictEqual(parser.next(), { _tag: "Simple", text: "FULLRESYNC id 0" })
    assert.strictEqual(parser.consumed, 18)
    assert.deepStrictEqual(Buffer.from(parser.takeRest()).toString("latin1"), "$5\r\nREDI")
    assert.strictEqual(parser.consumed, 26)
    parser.push(bytes("+"))
    assert.isUndefined(parser.next())
    parser.push(bytes("a\r\n:1\r\n"))
    assert.strictEqual(parser.next()?._tag, "Simple")
    assert.strictEqual(parser.consumed, 30)
  })

  it.each([
    "hello\r\n",
    "\r\n",
    ":\r\n",
    ":1x\r\n",
    ":-\r\n",
    "$\r\n",
    "$-2\r\n",
    "$1x\r\n",
    "$?\r\n",
    "*?\r\n",
    "*-2\r\n",
    "%-1\r\n",
    "!-1\r\n",
    "$1\r\nabc",
    "_x\r\n",
    "#x\r\n",
    "#tt\r\n",
    ",one\r\n",
    "(1.5\r\n",
    "=2\r\nab\r\n",
    "=5\r\ntxt a\r\n"
  ])("refuses %j, and goes on refusing", (input) => {
    const parser = new ReplyParser()
    parser.push(bytes(input))
    const first = parser.next()
    assert.strictEqual(first?._tag, "ProtocolError")
    parser.push(bytes("+OK\r\n"))
    assert.strictEqual(parser.next(), first)
  })
})
