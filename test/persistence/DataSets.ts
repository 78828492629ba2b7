/** Values of every type and encoding, by the commands that make them, for tests of what is written and read back. */
import type { Arg } from "../support/RawClient.ts"

export type Commands = ReadonlyArray<ReadonlyArray<Arg>>

const top = "18446744073709551615"
const binary = Buffer.from([0, 255, 13, 10, 128, 0xc3, 0x28])
const text = "the quick brown fox jumps over the lazy dog and "

const strings: Record<string, Commands> = Object.fromEntries(
  [
    "",
    "0",
    "-1",
    "127",
    "128",
    "-129",
    "32767",
    "-32769",
    "2147483647",
    "-2147483648",
    "2147483648",
    "9223372036854775807",
    "-9223372036854775808",
    "007",
    "+1",
    "1.5",
    "x".repeat(63),
    "x".repeat(64),
    text.repeat(400),
    text.repeat(30_000),
    binary
  ].map((value, index) => [`string:${index}`, [["SET", `string:${index}`, value]]])
)

const streams: Record<string, Commands> = {
  "stream:small": [
    ["XADD", "stream:small", "1-1", "field", "value", "n", "12345"],
    ["XADD", "stream:small", "1-2", "field", "other", "n", "-5"],
    ["XADD", "stream:small", "2-0", "different", binary]
  ],
  "stream:edges": [
    ["XADD", "stream:edges", "0-1", "a", "9223372036854775807"],
    ["XADD", "stream:edges", `${top}-${top}`, "a", ""]
  ],
  "stream:emptied": [
    ["XADD", "stream:emptied", "5-5", "a", "b"],
    ["XADD", "stream:emptied", "5-6", "a", "b"],
    ["XDEL", "stream:emptied", "5-5", "5-6"],
    ["XGROUP", "CREATE", "stream:emptied", "group", "$"]
  ],
  "stream:grouped": [
    ...Array.from({ length: 250 }, (_, i) => ["XADD", "stream:grouped", `${i + 1}-${i}`, "number", i, "text", text]),
    ["XDEL", "stream:grouped", "3-2", "100-99", "101-100"],
    ["XGROUP", "CREATE", "stream:grouped", "first", "0"],
    ["XGROUP", "CREATE", "stream:grouped", binary, "7-0", "ENTRIESREAD", 6],
    ["XGROUP", "CREATECONSUMER", "stream:grouped", "first", "idle"],
    ["XREADGROUP", "GROUP", "first", "alice", "COUNT", 120, "STREAMS", "stream:grouped", ">"],
    ["XREADGROUP", "GROUP", "first", "bob", "COUNT", 10, "STREAMS", "stream:grouped", ">"],
    ["XREADGROUP", "GROUP", binary, binary, "COUNT", 3, "STREAMS", "stream:grouped", ">"],
    ["XACK", "stream:grouped", "first", "1-0", "5-4", "121-120"],
    ["XCLAIM", "stream:grouped", "first", "bob", 0, "2-1", "RETRYCOUNT", 300],
    ["XDEL", "stream:grouped", "8-7"],
    ["XTRIM", "stream:grouped", "MAXLEN", 230]
  ]
}

const sortedSets: Record<string, Commands> = {
  "zset:small": [["ZADD", "zset:small", 1, "a", -2.5, "b", "inf", binary, "-inf", "", 1e100, "9", 0.1, "-7"]],
  "zset:numbers": [["ZADD", "zset:numbers", "9007199254740993", "1", "-0", "2", "4e18", "3", "5e-324", "007"]],
  "zset:long": [["ZADD", "zset:long", 1, "a", "-0", text, 3, text.repeat(30)]],
  "zset:big": Array.from({ length: 3000 }, (_, i) => ["ZADD", "zset:big", (i * 7919) % 1009 / 8, `member:${i}`])
}

const lists: Record<string, Commands> = {
  "list:small": [["RPUSH", "list:small", "a", "-5", "1000000", "9223372036854775807", "", binary]],
  "list:one": [["RPUSH", "list:one", text.repeat(500)]],
  "list:nodes": Array.from({ length: 60 }, (_, i) => ["RPUSH", "list:nodes", `element:${i}`, text.repeat(i % 20), i]),
  "list:big elements": [
    ["RPUSH", "list:big elements", "a", text.repeat(300), "b", text.repeat(1000)],
    ["LPUSH", "list:big elements", "x".repeat(9000), "c"]
  ]
}

const numbered = (count: number, prefix: string) => Array.from({ length: count }, (_, i) => `${prefix}${i}`)

const hashes: Record<string, Commands> = {
  "hash:listpack": [["HSET", "hash:listpack", "a", "1", "b", "text", "3", binary, "", "", "long", "x".repeat(64)]],
  // The last ones have a shape.
  ...Object.fromEntries(
    Array.from({ length: 6 }, (_, i) => `hash:alike:${i}`).map((
      key
    ) => [key, [["HSET", key, "name", "text", "7", key, "", binary]]])
  ),
  "hash:long": [["HSET", "hash:long", "a", text.repeat(3), "b", "2", "c", "-7"]],
  "hash:big": [["HSET", "hash:big", ...numbered(2100, "f").flatMap((field, i) => [field, i % 300 === 0 ? text : i])]]
}

const sets: Record<string, Commands> = {
  "set:int16": [["SADD", "set:int16", 3, 1, -2, 32767]],
  "set:int64": [["SADD", "set:int64", 3, 1, "9223372036854775807", "-9223372036854775808"]],
  "set:mixed": [["SADD", "set:mixed", 1, 2, "text", binary, "", 3000]],
  "set:integers": [["SADD", "set:integers", ...numbered(600, "")]],
  "set:big": [["SADD", "set:big", ...numbered(2100, "m")]]
}

/** By key. */
export const values: Readonly<Record<string, Commands>> = {
  ...strings,
  ...lists,
  ...hashes,
  ...sets,
  ...sortedSets,
  ...streams
}
