import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { random } from "../memory/Random.ts"
import { commands } from "../support/Layers.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { sameAnswers } from "../support/SameAnswers.ts"
import { sameEffects } from "../support/SameEffects.ts"

const forms = ["none", "h", "dense", "text", "number", "stream", "short"]

const look = (
  key: string
) => [`GET ${key}`, `PFDEBUG ENCODING ${key}`, `PFDEBUG DECODE ${key}`, `OBJECT ENCODING ${key}`]

describeWithRedis("redis-server's HyperLogLogs", () => {
  const compare = (title: string, lines: ReadonlyArray<string | ReadonlyArray<string | Uint8Array>>) =>
    it.live(title, () => Effect.provide(sameAnswers(lines), commands()))

  compare("have the same bytes at every size", [
    ...Array.from({ length: 60 }, (_, round) => [
      ["PFADD", "h", ...Array.from({ length: round ** 2 }, (_, n) => `${round}:${n}`)],
      ...(round % 3 === 0 ? look("h") : []),
      ...(round % 5 === 0
        ? ["PFCOUNT h", "GET h", "PFCOUNT h other", "PFADD other a b c", "PFMERGE both h other"]
        : []),
      ...(round % 5 === 0 ? [...look("both"), "PFCOUNT both"] : [])
    ]).flat(),
    "PFDEBUG GETREG h",
    "PFDEBUG GETREG other",
    ...look("other")
  ])

  compare("refuse what is none", [
    "PFADD h a",
    "PFADD dense a",
    "PFDEBUG TODENSE dense",
    "SET text HYLLhyllhyll",
    "SET number 12345",
    "XADD stream 1-1 f v",
    ["SET", "short", Buffer.from("HYLL\x00".padEnd(100, "\0"))],
    ...forms.flatMap((key) => [
      `PFADD ${key}`,
      `PFADD ${key} b`,
      `PFCOUNT ${key}`,
      `PFCOUNT ${key} h`,
      `PFCOUNT h ${key}`,
      `PFMERGE ${key}`,
      `PFMERGE h ${key}`,
      `PFMERGE ${key} h`,
      ...["GETREG", "decode", "ENCODING", "TODENSE", "ENCODING", "foo"].map((word) => `PFDEBUG ${word} ${key}`),
      "DEL none"
    ]),
    "PFADD",
    "PFCOUNT",
    "PFMERGE",
    "PFDEBUG",
    "PFDEBUG GETREG",
    "PFDEBUG GETREG h h",
    "PFSELFTEST",
    "PFSELFTEST x"
  ])

  const next = random(7)
  compare("are found to be corrupt in the same cases", [
    ...Array.from({ length: 150 }, () => [
      "DEL h m",
      "PFADD h a b c d e f",
      ...Array.from({ length: 1 + next.below(3) }, () => [
        "SETRANGE",
        "h",
        String(15 + next.below(20)),
        Uint8Array.of(next.below(256))
      ]),
      "PFCOUNT h",
      "PFADD h x y z",
      "GET h",
      "PFMERGE m h",
      "GET m",
      "PFCOUNT h m",
      "PFDEBUG DECODE h",
      "PFDEBUG TODENSE h"
    ]).flat()
  ])

  it.live("tell others the same", () =>
    sameEffects([
      "PFADD h",
      "PFADD h",
      "PFADD h a b c",
      "PFADD h a",
      "PFCOUNT h",
      "PFCOUNT h",
      "PFCOUNT h none",
      "PFADD h d",
      "PFCOUNT h",
      "PFMERGE m h",
      "PFMERGE m none",
      "PFMERGE h m",
      "PFDEBUG ENCODING h",
      "PFDEBUG GETREG h",
      "PFDEBUG TODENSE m",
      "PFDEBUG TODENSE m",
      "PFADD bad x",
      "APPEND bad y",
      "PFDEBUG GETREG bad",
      "PFDEBUG TODENSE bad",
      ...Array.from({ length: 10 }, (_, n) => [`PFADD h ${n} e${n}`, "PFCOUNT h", `PFMERGE m${n} h m`]).flat(),
      "SET s x",
      "PFADD s a"
    ].map((line) => line.split(" "))))
})
