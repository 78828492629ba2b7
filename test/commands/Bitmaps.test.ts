import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { commands } from "../support/Layers.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { sameAnswers } from "../support/SameAnswers.ts"

const offsets = ["0", "7", "8", "100", "4294967296", "-1", "x", "01", "#1", "9223372036854775807"]
const indexes = ["0", "1", "-1", "2", "-2", "5", "-100", "9223372036854775807", "-9223372036854775808", "x"]
const ranges = indexes.flatMap((from) => indexes.map((to) => `${from} ${to}`))
const units = ["", " BYTE", " bit", " bits"]
const encodings = ["u1", "i1", "u8", "i8", "u31", "i33", "u63", "i64", "u64", "i65", "u0", "x8", "i", "I8"]
const values = ["0", "1", "-1", "127", "128", "255", "256", "9223372036854775807", "-9223372036854775808", "x"]
const overflows = ["", "OVERFLOW WRAP ", "OVERFLOW sat ", "OVERFLOW FAIL ", "OVERFLOW x ", "OVERFLOW "]

describeWithRedis("redis-server's replies on bits", () => {
  const compare = (title: string, lines: ReadonlyArray<string | ReadonlyArray<string | Uint8Array>>) =>
    it.live(title, () => Effect.provide(sameAnswers(lines), commands()))

  compare("single bits are set and read as it does", [
    ...offsets.flatMap((offset) => [
      ...["1", "1", "0", "2", "-1", "x"].map((bit) => `SETBIT k ${offset} ${bit}`),
      `GETBIT k ${offset}`,
      `GETBIT none ${offset}`,
      "GET k"
    ])
  ])

  compare("ones are counted in the same ranges", [
    ["SET", "k", Buffer.from("ff00aa0f13", "hex")],
    ["SET", "empty", ""],
    "BITCOUNT k",
    "BITCOUNT k 0",
    "BITCOUNT empty",
    ...units.flatMap((unit) => ranges.map((range) => `BITCOUNT k ${range}${unit}`)),
    "BITCOUNT empty 0 0",
    "BITCOUNT none x y",
    "BITCOUNT k 0 1 BIT x"
  ])

  compare("bits are found in the same ranges", [
    ["SET", "k", Buffer.from("ff00aa0f13", "hex")],
    ["SET", "ones", Buffer.from("ffffff", "hex")],
    ["SET", "empty", ""],
    ...["k", "ones", "empty", "none"].flatMap((key) =>
      ["0", "1", "2", "x"].flatMap((bit) => [
        `BITPOS ${key} ${bit}`,
        ...indexes.map((from) => `BITPOS ${key} ${bit} ${from}`),
        ...units.flatMap((unit) => ranges.map((range) => `BITPOS ${key} ${bit} ${range}${unit}`))
      ])
    )
  ])

  compare("strings are combined as it does", [
    ["SET", "a", Buffer.from("ff00aa0f13", "hex")],
    ["SET", "b", Buffer.alloc(300, 0x5a)],
    ["SET", "empty", ""],
    ...["AND", "or", "XOR", "NOT", "nand"].flatMap((operation) =>
      ["a", "b", "a b", "b a", "a none", "none b a", "none", "empty none", "d d", "a b d"].flatMap((sources) => [
        `BITOP ${operation} d ${sources}`,
        "GET d",
        "OBJECT ENCODING d"
      ])
    )
  ])

  compare("fields are read and written as it does", [
    ["SET", "k", Buffer.from("ff00aa0f13", "hex")],
    ...encodings.flatMap((encoding) => [
      ...offsets.flatMap((
        offset
      ) => [`BITFIELD k GET ${encoding} ${offset}`, `BITFIELD_RO k GET ${encoding} ${offset}`]),
      ...overflows.flatMap((overflow) =>
        values.flatMap((value) => [
          `BITFIELD k ${overflow}SET ${encoding} 3 ${value}`,
          `BITFIELD k ${overflow}INCRBY ${encoding} 3 ${value} GET ${encoding} 2`
        ])
      )
    ]),
    "GET k",
    "BITFIELD k",
    "BITFIELD none GET u8 0 GET i16 #2",
    "BITFIELD none",
    "BITFIELD k SET u8 0 1 GET",
    "BITFIELD_RO k GET u8 0 SET u8 0 1",
    "BITFIELD new OVERFLOW FAIL SET u8 0 256",
    "STRLEN new",
    "BITFIELD k SET u8 #2305843009213693952 7",
    "GET k"
  ])
})
