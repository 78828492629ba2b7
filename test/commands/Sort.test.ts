import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { commands } from "../support/Layers.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { sameAnswers } from "../support/SameAnswers.ts"
import { sameEffects } from "../support/SameEffects.ts"

const data: ReadonlyArray<ReadonlyArray<string>> = [
  "RPUSH n 3 -1 10 2.5 1e2 3",
  "RPUSH w banana Apple cherry apple",
  "SADD s 5 3 10 1",
  "SADD t b a c",
  "ZADD z 3 a 1 b 2 c",
  "RPUSH ids 1 2 3 4",
  "MSET weight_1 30 weight_2 10 weight_3 20 name_1 one name_2 two",
  "HSET obj_1 f 7 g x",
  "HSET obj_2 f 5",
  "HSET obj_3 f 6 g y",
  "SET text x",
  "RPUSH bad 1 x 2"
].map((line) => line.split(" "))

/** Sixty elements with five weights and none, so that many are equal. */
const ties: ReadonlyArray<ReadonlyArray<string>> = [
  ["RPUSH", "many", ...Array.from({ length: 60 }, (_, i) => String(i * 7 % 60))],
  ["SADD", "some", ...Array.from({ length: 50 }, (_, i) => String(i))],
  ["MSET", ...Array.from({ length: 50 }, (_, i) => [`tie_${i}`, `t${i * i % 5}`]).flat()]
]

/**
 * Sorts a fresh sorted set with a score that C's strtod may call out of range, which is read once: to unpack it. SSCAN lets
 * redis-server forget the error.
 */
const sortsFresh = (score: string, ...sorts: ReadonlyArray<ReadonlyArray<string>>) => [
  ["DEL", "tiny"],
  ["ZADD", "tiny", score, "2"],
  ...sorts.flatMap((sort) => [["SSCAN", "none", "0"], sort])
]

const answers = [
  ...data,
  "SORT n",
  "SORT n DESC",
  "sort n asc desc asc",
  "SORT n ALPHA",
  "SORT n ALPHA DESC",
  "SORT w ALPHA",
  "SORT w",
  "SORT s",
  "SORT t ALPHA DESC",
  "SORT z ALPHA",
  "OBJECT ENCODING z",
  "SORT_RO n LIMIT 1 2",
  "SORT n LIMIT -5 2",
  "SORT n LIMIT 2 -7",
  "SORT n LIMIT 0 0",
  "SORT n LIMIT 100 1",
  "SORT n LIMIT 9223372036854775807 9223372036854775807",
  "SORT n LIMIT 5 100",
  "SORT n LIMIT 1",
  "SORT n LIMIT a 1",
  "SORT n LIMIT 1 a",
  "SORT ids BY weight_*",
  "SORT ids BY weight_* DESC",
  "SORT ids BY weight_* GET #",
  "SORT ids BY weight_* GET # GET name_* GET obj_*->g",
  "SORT ids BY obj_*->f",
  "SORT ids BY obj_*->f ALPHA DESC",
  "SORT ids BY obj_*->g ALPHA GET #",
  "SORT ids BY obj_*->nosuch",
  "SORT ids BY obj_*",
  "SORT ids BY obj_*->",
  "SORT ids BY name_*",
  "SORT ids BY nosort",
  "SORT ids BY nosort DESC",
  "SORT ids BY nosort DESC LIMIT 1 2",
  "SORT z BY nosort",
  "SORT z BY nosort DESC LIMIT 0 2",
  "SORT z BY nosort LIMIT 2 5",
  "SORT ids BY nosort BY weight_*",
  "SORT ids BY weight_* BY nosort",
  "SORT ids BY nosort BY weight_* DESC LIMIT 0 2",
  "SORT z BY nosort BY weight_* ALPHA DESC",
  "SORT t BY nosort BY weight_* STORE out",
  "LRANGE out 0 -1",
  "SORT ids BY # DESC",
  "SORT ids GET nosuch",
  "SORT ids GET #x",
  "SORT ids GET weight_*->f",
  "SORT ids GET text",
  "SORT ids GET",
  "SORT ids BY",
  "SORT ids STORE",
  "SORT ids FOO",
  "SORT text",
  "SORT none",
  "SORT none GET # GET #",
  "SORT bad",
  "SORT bad LIMIT 0 1",
  "SORT bad BY nosort",
  "SORT_RO ids STORE x",
  "SORT ids BY weight_* GET name_* STORE out",
  "LRANGE out 0 -1",
  "OBJECT ENCODING out",
  "SORT t BY nosort STORE out",
  "LRANGE out 0 -1",
  "SORT t ALPHA DESC STORE t",
  "LRANGE t 0 -1",
  "SORT none STORE out",
  "EXISTS out",
  "SORT bad STORE n",
  "LLEN n",
  "SORT n STORE text STORE n LIMIT 1 3",
  "LRANGE n 0 -1",
  ...ties,
  ...["many", "some"].flatMap((key) => [
    `SORT ${key} BY tie_* ALPHA`,
    `SORT ${key} BY tie_* ALPHA DESC`,
    `SORT ${key} BY tie_* ALPHA LIMIT 0 10`,
    `SORT ${key} BY tie_* ALPHA DESC LIMIT 17 9`,
    `SORT ${key} BY tie_* ALPHA LIMIT 40 100 GET # GET tie_*`
  ]),
  ["RPUSH", "nul", "a\0c", "a\0b", "a", "1\0x"],
  ["SORT", "nul", "ALPHA"],
  ["SORT", "nul", "ALPHA", "STORE", "nul"],
  ["LRANGE", "nul", "0", "-1"],
  ["RPUSH", "odd", " 1", "0x10", "inf", "-inf", "", "1e400"],
  ["SORT", "odd", "BY", "a\0*"],
  ["SORT", "ids", "GET", "#\0*", "GET", "name_\0*", "GET", "name_*\0"],
  ["LREM", "odd", "0", "1e400"],
  ["SORT", "odd"],
  ...sortsFresh("5e-324", ["SORT", "tiny", "LIMIT", "1", "1"], ["SORT", "tiny"]),
  ...sortsFresh("5e-324", ["SORT_RO", "tiny", "ALPHA"], ["SORT_RO", "tiny"]),
  ...sortsFresh("2.2250738585072014e-308", ["SORT", "tiny"]),
  ...sortsFresh("-2.2250738585072009e-308", ["SORT", "tiny"]),
  ["SET", "tw_2", "7"],
  ...sortsFresh("5e-324", ["SORT", "tiny", "BY", "tw_*"]),
  ["SET", "tw_2", "7.5"],
  ...sortsFresh("5e-324", ["SORT", "tiny", "BY", "tw_*"]),
  ...sortsFresh("5e-324", ["SORT", "tiny", "BY", "none_*"]),
  ...sortsFresh("5e-324", ["SORT", "tiny", "BY", "nosort"], ["SORT", "tiny"]),
  // The list that is stored has nodes of its own size.
  "CONFIG SET list-max-listpack-size 1",
  "SORT n STORE narrow",
  "DUMP narrow",
  "CONFIG SET list-max-listpack-size -2"
]

const effects = [
  ...data,
  ...ties,
  ["SORT", "many", "BY", "tie_*", "ALPHA", "LIMIT", "0", "4", "GET", "none_*"],
  ["SORT", "ids", "BY", "name_*", "GET", "none_*"],
  ["SORT", "many", "BY", "tie_*", "GET", "none_*"],
  ["SORT", "n"],
  ["SORT", "n", "STORE", "out"],
  ["SORT", "none", "STORE", "out"],
  ["SORT", "none", "STORE", "out"],
  ["SORT", "ids", "BY", "weight_*", "GET", "name_*", "STORE", "out"],
  ["EXPIRE", "out", "1000"],
  ["SORT", "ids", "BY", "weight_*", "GET", "#", "GET", "none_*", "STORE", "out"],
  ["SORT", "t", "BY", "nosort", "STORE", "text"],
  ["SORT", "z", "BY", "nosort", "STORE", "z"],
  ["SORT_RO", "ids", "GET", "none_*"],
  ["SORT", "ids", "LIMIT", "10", "1", "STORE", "text"],
  ...["a", "b", "c", "d", "e"].map((key) => ["SORT", "ids", "STORE", key])
]

describeWithRedis("SORT", () => {
  it.live("answers what redis-server answers", () => sameAnswers(answers).pipe(Effect.provide(commands())))

  it.live("sends redis-server's key events and has its effects", () => sameEffects(effects))
})
