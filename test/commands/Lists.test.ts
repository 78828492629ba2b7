import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Store } from "../../src/store/Store.ts"
import { random } from "../memory/Random.ts"
import * as InProcess from "../support/InProcess.ts"
import { commands } from "../support/Layers.ts"
import * as MemoryServer from "../support/MemoryServer.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import * as RawClient from "../support/RawClient.ts"
import { sameAnswers } from "../support/SameAnswers.ts"
import { sameEffects } from "../support/SameEffects.ts"
import { startRedis } from "../support/ServerProcess.ts"

const big = "9223372036854775807"
const least = "-9223372036854775808"

const answers = [
  "SET s x",
  "LPUSH l c b a",
  "RPUSH l d 1 -5 1000000",
  "LPUSHX none a",
  "RPUSHX none a",
  "LPUSHX l x y",
  "RPUSHX l x y",
  "LPUSH s a",
  "LPUSHX s a",
  "LLEN l",
  "LLEN none",
  "LLEN s",
  "LRANGE l 0 -1",
  "LRANGE l 1 3",
  "LRANGE l -3 100",
  "LRANGE l -100 -12",
  "LRANGE l 0 -100",
  "LRANGE l 5 2",
  "LRANGE l 100 200",
  `LRANGE l ${least} ${big}`,
  "LRANGE none a b",
  "LRANGE none 0 1",
  "LRANGE s 0 1",
  "LRANGE s a 1",
  "LINDEX l 0",
  "LINDEX l -1",
  "LINDEX l 100",
  "LINDEX l -100",
  `LINDEX l ${big}`,
  `LINDEX l ${least}`,
  "LINDEX l a",
  "LINDEX none a",
  "LINDEX s a",
  "LSET l 0 first",
  "LSET l -1 12345678901234567890",
  "LSET l -1 1234567890123456789",
  "LSET l 100 x",
  `LSET l ${least} x`,
  "LSET l a x",
  "LSET none a x",
  "LSET s a x",
  "LINSERT l BEFORE first x",
  "LINSERT l after first x",
  "LINSERT l BEFORE 1000000 5",
  "LINSERT l AFTER nosuch x",
  "LINSERT l BESIDE a x",
  "LINSERT none BEFORE a x",
  "LINSERT s BEFORE a x",
  "LRANGE l 0 -1",
  "LPOS l x",
  "LPOS l x RANK 2",
  "LPOS l x RANK -1",
  "LPOS l x RANK 10",
  "LPOS l x COUNT 0",
  "LPOS l x COUNT 2 RANK -1",
  "LPOS l x COUNT 0 MAXLEN 3",
  "LPOS l x MAXLEN 0 COUNT 1 RANK 2",
  "LPOS l x RANK -1 MAXLEN 2",
  `LPOS l x RANK ${least}`,
  `LPOS l x RANK ${big}`,
  `LPOS l x COUNT ${big} MAXLEN ${big}`,
  "LPOS l x RANK 0",
  "LPOS l x RANK a",
  "LPOS l x COUNT -1",
  "LPOS l x COUNT a",
  "LPOS l x MAXLEN -1",
  "LPOS l x MAXLEN",
  "LPOS l x FOO 1",
  "LPOS none x",
  "LPOS none x COUNT 1",
  "LPOS none x RANK 0",
  "LPOS s x",
  "LPOP l",
  "RPOP l",
  "LPOP l 2",
  "RPOP l 2",
  "LPOP l 0",
  "LPOP l -1",
  "LPOP l a",
  "LPOP l 1 2",
  "LPOP none",
  "LPOP none 0",
  "LPOP none 1",
  "LPOP none a",
  "RPOP s",
  "RPOP s 0",
  `RPOP l ${big}`,
  "EXISTS l",
  "RPUSH l a b a c a d a",
  "LREM l 1 a",
  "LREM l -2 a",
  "LREM l 0 nosuch",
  "LREM l a a",
  "LREM none a a",
  "LREM s 0 a",
  `LREM l ${least} a`,
  "LRANGE l 0 -1",
  "LTRIM l 1 1",
  "LTRIM l a 1",
  "LTRIM none a 1",
  "LTRIM none 0 1",
  "LTRIM s 0 1",
  "LTRIM l 5 1",
  "EXISTS l",
  "RPUSH l a b c d e f",
  "LTRIM l 1 -2",
  "LTRIM l -100 100",
  "LRANGE l 0 -1",
  "LMOVE l m LEFT RIGHT",
  "LMOVE l m RIGHT LEFT",
  "LMOVE l l LEFT RIGHT",
  "LMOVE l m UP LEFT",
  "LMOVE l m LEFT UP",
  "LMOVE none s LEFT LEFT",
  "LMOVE none m LEFT LEFT",
  "LMOVE l s LEFT LEFT",
  "LMOVE s l LEFT LEFT",
  "RPOPLPUSH l m",
  "RPOPLPUSH l l",
  "RPOPLPUSH none m",
  "RPOPLPUSH s m",
  "RPOPLPUSH l s",
  "LRANGE l 0 -1",
  "LRANGE m 0 -1",
  "RPUSH l 1 2 3 4",
  "LMPOP 1 l LEFT",
  "LMPOP 2 none l RIGHT COUNT 2",
  "LMPOP 2 none l left count 1",
  "LMPOP 1 none LEFT",
  "LMPOP 2 none s LEFT",
  "LMPOP 0 l LEFT",
  "LMPOP a l LEFT",
  "LMPOP -1 l LEFT",
  "LMPOP 5 l LEFT",
  "LMPOP 1 l UP",
  "LMPOP 1 l LEFT COUNT 0",
  "LMPOP 1 l LEFT COUNT a",
  "LMPOP 1 l LEFT COUNT",
  "LMPOP 1 l LEFT COUNT 1 COUNT 1",
  "LMPOP 1 l LEFT FOO 1",
  `LMPOP 1 l RIGHT COUNT ${big}`,
  "OBJECT ENCODING m",
  "RPUSH l a b c d",
  "BLPOP none l 0",
  "BRPOP none l 0",
  "BLPOP none s 0",
  "BLPOP none a",
  "BLPOP none -1",
  "BLPOP none inf",
  "BLPOP none nan",
  "BLPOP none 1e300",
  "BLPOP none 9223372036854776",
  "BLPOP s a",
  "BLMOVE l m LEFT RIGHT 0",
  "BLMOVE l m LEFT RIGHT a",
  "BLMOVE l m LEFT UP a",
  "BLMOVE s m LEFT LEFT 0",
  "BLMOVE l s LEFT LEFT 0",
  "BRPOPLPUSH l m 0",
  "BRPOPLPUSH l m -1",
  "BRPOPLPUSH s m 0",
  "BLMPOP 0 1 m LEFT COUNT 2",
  "BLMPOP a 1 m LEFT",
  "BLMPOP a 1 m UP",
  "BLMPOP -1 1 none LEFT",
  "BLMPOP 0 0 m LEFT",
  "BLMPOP 0 2 none m RIGHT COUNT 10",
  "BLPOP none 0.01",
  "BLMOVE none m LEFT LEFT 0.01",
  "BRPOPLPUSH none s 0.01",
  "BLMPOP 0.01 1 none LEFT"
]

const effects = [
  "RPUSH l a b c",
  "LPUSH l a",
  "LPUSHX l a b",
  "RPUSHX l a b",
  "LPUSHX none a",
  "LSET l 0 x",
  "LSET l 100 x",
  "LINSERT l BEFORE x y",
  "LINSERT l BEFORE nosuch y",
  "LREM l 0 nosuch",
  "LREM l 0 a",
  "LPOP l",
  "RPOP l 1",
  "LPOP l 0",
  "LPOP none",
  "LTRIM l 0 -1",
  "LTRIM l 0 1",
  "LTRIM l 5 1",
  "LTRIM none 0 1",
  "RPUSH l a b c d e f g h",
  "LMOVE l m LEFT RIGHT",
  "LMOVE l l LEFT RIGHT",
  "LMOVE l l RIGHT RIGHT",
  "LMOVE none m LEFT RIGHT",
  "RPOPLPUSH l m",
  "LMOVE m n LEFT LEFT",
  "LMOVE n n LEFT LEFT",
  "LMOVE m o LEFT LEFT",
  "LMPOP 1 l LEFT COUNT 2",
  "LMPOP 2 none l RIGHT",
  "BLPOP none l 0",
  "BRPOP none l 0",
  "BLMOVE l m LEFT RIGHT 0",
  "BRPOPLPUSH m n 0",
  "BLMPOP 0 2 none n LEFT COUNT 10",
  "RPUSH l a b c",
  "LREM l 1 a",
  "LREM l -1 c",
  "RPOP l",
  "RPUSH l a",
  "EXPIRE l 1000",
  "RPUSH l b",
  "BLMPOP 0 1 l RIGHT COUNT 10",
  "RPUSH l a",
  "LREM l 0 a",
  "RPUSH l a b",
  "COPY l c",
  "RENAME c d",
  "LPOP d 5"
].map((line) => line.split(" "))

/** The part of DEBUG OBJECT that tells of a list's nodes. */
const nodesOf = (text: string): string => /ql_nodes.*/.exec(text)?.[0].replace(/ ql_compressed.*? /, " ") ?? text

describeWithRedis("commands on lists", () => {
  it.live("answer what redis-server answers", () => sameAnswers(answers).pipe(Effect.provide(commands())))

  it.live("send redis-server's key events and have its effects", () => sameEffects(effects))

  it.live.each([["-2"], ["-1"], ["4"], ["1"]])(
    "fill, split and merge nodes as redis-server does, with list-max-listpack-size %s",
    ([size = "-2"]) =>
      Effect.gen(function*() {
        const args = ["--enable-debug-command", "yes", "--list-max-listpack-size", size]
        const redis = yield* RawClient.connect((yield* startRedis({ args })).port)
        const ours = yield* InProcess.make({ resp: 2 })
        ours.session.isLocal = true
        const { below, pick } = random(7)
        const text = () => pick([String(below(1000)), "x".repeat(below(200)), "y".repeat(below(2000)), "z"])
        for (let step = 0; step < 1500; step++) {
          const at = String(below(400) - 200)
          const line = pick([
            ["RPUSH", "l", text(), text(), text()],
            ["LPUSH", "l", text(), text()],
            ["LINSERT", "l", pick(["BEFORE", "AFTER"]), "z", text()],
            ["LSET", "l", at, text()],
            ["LSET", "l", at, "z"],
            ["LREM", "l", String(below(3) - 1), text()],
            ["LPOP", "l"],
            ["RPOP", "l", "3"],
            ["LMOVE", "l", "l", pick(["LEFT", "RIGHT"]), pick(["LEFT", "RIGHT"])],
            step % 500 === 499 ? ["LTRIM", "l", "10", "-10"] : ["LLEN", "l"]
          ])
          const mine = yield* ours.show(...line)
          assert.strictEqual(mine, RawClient.render((yield* redis.command(...line)).value), line.join(" "))
          const theirs = nodesOf(RawClient.render((yield* redis.command("DEBUG", "OBJECT", "l")).value))
          assert.strictEqual(nodesOf(yield* ours.show("DEBUG", "OBJECT", "l")), theirs, line.join(" "))
        }
      }).pipe(Effect.provide(commands({ "enable-debug-command": "yes", "list-max-listpack-size": size })))
  )
})

/** Lists of one short listpack and of several nodes, made before the limits change, and what becomes of their kin. */
const limits = [
  ...["RPUSH short a", `RPUSH long ${"x".repeat(9000)} ${"y".repeat(9000)} z`, "RPUSH gone a"],
  "CONFIG SET list-max-listpack-size 1 list-compress-depth 1",
  ...["RPUSH short b c d", "LPUSH long a b c", "COPY short twin", "RPUSH twin e f", "RENAME short other"],
  ...[
    "LPUSH other g h",
    "LMOVE long fresh LEFT RIGHT",
    "LMOVE long fresh RIGHT LEFT",
    "RPUSH made a b c",
    "MOVE twin 1"
  ],
  ...[
    "DEL gone",
    "RPUSH gone a b c",
    "SORT made ALPHA STORE sorted",
    "RPUSH sorted d e f",
    "LMOVE other other LEFT RIGHT"
  ],
  ...["LINSERT other AFTER a aa", "LSET other 0 zero", "LREM other 1 b"],
  "CONFIG SET list-max-listpack-size -2 list-compress-depth 0",
  ...["RPUSH made d e f g", "RPUSH sorted g h", "RPUSH other i", "SELECT 1", "RPUSH twin g"],
  ...["DUMP twin", "SELECT 0", "DUMP long", "DUMP other", "DUMP fresh", "DUMP made", "DUMP gone", "DUMP sorted"]
]

describeWithRedis("a list", () => {
  it.live("keeps the limits that it was made with", () => sameAnswers(limits).pipe(Effect.provide(commands())))
})

describe("a list", () => {
  it.effect("loses nothing when an element goes round that needs a node of its own at the other end", () =>
    Effect.gen(function*() {
      const client = yield* MemoryServer.connect
      yield* client.show("RPUSH", "k", 1, 2, 3, 4)
      yield* client.show("CONFIG", "SET", "list-max-listpack-size", 2)
      for (let turn = 0; turn < 4; turn++) yield* client.show("LMOVE", "k", "k", "LEFT", "RIGHT")
      assert.strictEqual(yield* client.show("BLMOVE", "k", "k", "RIGHT", "LEFT", 0), "\"4\"")
      assert.strictEqual(yield* client.show("LRANGE", "k", 0, -1), "1) \"4\"\n2) \"1\"\n3) \"2\"\n4) \"3\"")
    }).pipe(Effect.provide(MemoryServer.layer())))

  it.effect("is counted in the memory that is used, and gives it all back", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const client = yield* InProcess.make()
      const before = store.database(0).space.arena.used
      for (let i = 0; i < 2000; i++) yield* client.command("RPUSH", "l", `element:${i}`)
      const used = store.database(0).space.arena.used - before
      assert.isAbove(used, 2000 * 12)
      const shown = Number(/\d+/.exec(yield* client.show("MEMORY", "USAGE", "l", "SAMPLES", "0"))?.[0])
      assert.isAtLeast(shown, used)
      yield* client.command("COPY", "l", "m")
      yield* client.command("LPOP", "l", "2000")
      yield* client.command("DEL", "m")
      assert.strictEqual(store.database(0).space.arena.used, before)
    }).pipe(Effect.provide(commands())))
})
