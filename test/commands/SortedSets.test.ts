import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { commands } from "../support/Layers.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { sameAnswers } from "../support/SameAnswers.ts"

const layer = commands({ "enable-debug-command": "yes" })

/** The same commands while everything is a listpack, while it becomes something else on the way, and without listpacks. */
const limits = [128, 3, 0]

const cases: Readonly<Record<string, ReadonlyArray<string | ReadonlyArray<string>>>> = {
  "ZADD's options": [
    "ZADD z 1 a 2 b 3 c",
    "ZADD z 1 a 2 b 4 c 5 d",
    "ZADD z CH 1 a 3 b 4 c 5 e",
    "ZADD z NX 9 a 9 f",
    "ZADD z XX 8 a 8 g",
    "ZADD z XX CH 7 a 8 g",
    "ZADD z GT 1 a 10 a 3 h",
    "ZADD z LT CH 1 a 10 a 3 i",
    "ZADD z GT XX CH 100 a 100 nobody",
    "ZADD z INCR 1.5 a",
    "ZADD z NX INCR 1.5 a",
    "ZADD z XX INCR 1.5 nobody",
    "ZADD z GT INCR -1 a",
    "ZADD z LT INCR -1 a",
    "ZADD none XX 1 a",
    "ZADD none XX INCR 1 a",
    "EXISTS none",
    "ZADD z NX XX 1 a",
    "ZADD z GT LT 1 a",
    "ZADD z GT NX 1 a",
    "ZADD z LT NX 1 a",
    "ZADD z INCR 1 a 2 b",
    "ZADD z 1",
    "ZADD z NX",
    "ZADD z 1 a 2",
    "ZADD z nx incr ch gt",
    "ZADD z x a",
    "ZADD z nan a",
    "ZADD z 1 a x b",
    ["ZADD", "z", "", "a"],
    ["ZADD", "z", " 1", "a"],
    "ZADD z 1e400 a",
    "ZSCORE z a",
    "ZCARD z",
    "ZINCRBY z 2 a",
    "ZINCRBY z 2 newcomer",
    "ZINCRBY z NX a",
    "ZINCRBY z 1.5e308 big",
    "ZINCRBY z 1.5e308 big",
    "ZINCRBY z inf a",
    "ZINCRBY z -inf a",
    "ZADD z INCR -inf a",
    "ZSCORE z a",
    "ZINCRBY z x a",
    "SET s 1",
    "ZADD s 1 a",
    "ZINCRBY s 1 a",
    "ZSCORE s a",
    "ZMSCORE s a",
    "ZCARD s",
    "ZRANK s a",
    "ZREM s a",
    "ZRANDMEMBER s",
    "ZSCAN s 0",
    "OBJECT ENCODING z",
    "DEBUG DIGEST-VALUE z"
  ],
  "scores as text": [
    "ZADD z 0.1 a -0 b 1e21 c 123456789012345678 d 4611686018427387904 e 5e-324 f 1.7976931348623157e308 g -1e-7 h",
    "ZADD z 3.0 i 17 j 9007199254740993 k -2.5 l inf m -inf n 0x10 o 1e3 p .5 q +7 r",
    "ZMSCORE z a b c d e f g h i j k l m n o p q r nobody",
    "ZSCORE z nobody",
    "ZSCORE none a",
    "ZMSCORE none a b",
    "ZADD z INCR -0 b",
    "ZADD z 0 b",
    "ZADD z -0 i",
    "ZMSCORE z b i",
    "OBJECT ENCODING z",
    "DEBUG DIGEST-VALUE z"
  ],
  "ranks": [
    "ZADD z 1 b 1 a 1 c 0 z -1 y 2 10 2 9 2 -5 2 abc",
    "ZRANK z a",
    "ZRANK z 10",
    "ZRANK z 9",
    "ZRANK z -5",
    "ZREVRANK z a",
    "ZREVRANK z abc",
    "ZRANK z nobody",
    "ZREVRANK none a",
    "ZADD z 5 y",
    "ZRANK z y",
    "ZADD z 1.5 c",
    "ZREVRANK z c",
    "ZREM z a b nobody a",
    "ZRANK z c",
    "ZREM z z y 10 9 -5 abc c d",
    "EXISTS z",
    "ZREM z a"
  ],
  "ZRANDMEMBER without choice": [
    "ZADD z 1.5 a",
    "ZRANDMEMBER z",
    "ZRANDMEMBER z 1",
    "ZRANDMEMBER z 5 WITHSCORES",
    "ZRANDMEMBER z -3",
    "ZRANDMEMBER z -2 WITHSCORES",
    "ZRANDMEMBER z 0",
    "ZADD z 2 b 3 c 4 d",
    "ZRANDMEMBER z 10",
    "ZRANDMEMBER z 4 WITHSCORES",
    "ZRANDMEMBER none",
    "ZRANDMEMBER none 3",
    "ZRANDMEMBER z x",
    "ZRANDMEMBER z 1 WITH",
    "ZRANDMEMBER z 1 WITHSCORES 1",
    "ZRANDMEMBER z -9223372036854775808",
    "ZRANDMEMBER z 9223372036854775807 WITHSCORES",
    "ZRANDMEMBER z -4611686018427387904 WITHSCORES"
  ],
  "ZSCAN": [
    "ZADD z 1 a 2.5 b",
    "ZSCAN z 0 MATCH a",
    "ZSCAN z 0 MATCH b COUNT 100",
    "ZSCAN z 0 MATCH x",
    "ZSCAN z 0 TYPE zset",
    "ZSCAN z 0 COUNT 0",
    "ZSCAN z 0 COUNT",
    "ZSCAN z x",
    "ZSCAN none 0",
    "ZSCAN none 0 COUNT"
  ],
  "members of all kinds": [
    ["ZADD", "z", "1", "", "1", "\0", "1", "x".repeat(65), "1", "007", "1", "7", "1", "-7", "1", "9223372036854775807"],
    ["ZSCORE", "z", ""],
    ["ZRANK", "z", "x".repeat(65)],
    "ZRANK z 7",
    "ZRANK z 007",
    "ZRANK z 9223372036854775807",
    "COPY z y",
    "DEBUG DIGEST-VALUE y",
    "OBJECT ENCODING y",
    "ZADD y 3 other",
    "RENAME y x",
    "ZCARD x",
    "ZCARD z",
    "DEL x z"
  ]
}

describeWithRedis("sorted sets answer as redis-server", () => {
  for (const [name, lines] of Object.entries(cases)) {
    for (const limit of limits) {
      it.live(`${name}, with at most ${limit} members packed`, () =>
        sameAnswers([`CONFIG SET zset-max-listpack-entries ${limit}`, ...lines], {
          args: ["--enable-debug-command", "yes"]
        }).pipe(Effect.provide(layer)))
    }
  }
})
