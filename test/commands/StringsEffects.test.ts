/** What the commands on strings and bits tell others, as redis-server does. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Store } from "../../src/store/Store.ts"
import * as InProcess from "../support/InProcess.ts"
import { commands } from "../support/Layers.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { plain } from "../support/Plain.ts"
import { connect } from "../support/RawClient.ts"
import { sameEffects } from "../support/SameEffects.ts"
import { startRedis } from "../support/ServerProcess.ts"

const script = [
  "SET a 1",
  "set a 2 xx",
  "SET a 3 NX",
  "SET a 3 EX 100",
  "SET a 4 KEEPTTL",
  "SET a 5 PX 100000 GET",
  "SET a 6 get GET",
  "SET a 7 XX GET KEEPTTL",
  "SET a 8 NX GET",
  "SET a 9 EXAT 33177117420",
  "SET a 10 PXAT 9223372036854775807",
  "SET a 11 PXAT 1",
  "GET a",
  "SET a 12 EX 0",
  "SETEX a 100 x",
  "PSETEX a 100000 y",
  "GETEX a",
  "GETEX a PERSIST",
  "GETEX a PERSIST",
  "GETEX a EX 100",
  "GETEX a PXAT 33177117420000",
  "GETEX a EXAT 1",
  "GETEX a EX 10",
  "GETDEL a",
  "SET a 1",
  "GETDEL a",
  "GETSET a 1",
  "GETSET a 2",
  "SETNX a 3",
  "SETNX b 3",
  "MSET a 1 b 2 c 3",
  "MSETNX a 1 d 2",
  "MSETNX d 1 e 2 d 3",
  "MGET a none",
  "INCR a",
  "INCR none",
  "DECRBY a 3",
  "INCRBYFLOAT a 1.50",
  "INCRBYFLOAT f 0.1",
  "EXPIRE f 100",
  "INCRBYFLOAT f 0.2",
  "APPEND a x",
  "APPEND g x",
  "APPEND g ",
  "SETRANGE g 3 x",
  "SETRANGE h 3 x",
  "SETRANGE h 3 ",
  "SETRANGE i 3 ",
  "GETRANGE none 0 1",
  "STRLEN none",
  "LCS a none",
  "SETBIT j 7 0",
  "SETBIT j 7 0",
  "SETBIT j 7 1",
  "SETBIT j 70 0",
  "GETBIT none 1",
  "BITFIELD j GET u8 0",
  "BITFIELD j SET u8 0 1 SET u8 8 1",
  "BITFIELD j SET u8 0 1",
  "BITFIELD k OVERFLOW FAIL SET u8 0 256",
  "BITFIELD k OVERFLOW FAIL INCRBY u8 0 256",
  "BITFIELD l SET u8 100 0",
  "BITFIELD_RO none GET u8 0",
  "BITCOUNT none",
  "BITPOS none 1",
  "BITOP AND a j none",
  "BITOP NOT m j",
  "BITOP OR a none none",
  "BITOP OR a none none",
  "EXPIRE m 100",
  "BITOP NOT m m"
].map((line) => line.split(" "))

describeWithRedis("commands on strings", () => {
  it.live("send redis-server's key events and have its effects", () => sameEffects(script))

  it.live("count hits and misses as redis-server does", () =>
    Effect.gen(function*() {
      const { state } = yield* Store
      state.setTime(Date.now())
      const ours = yield* InProcess.make()
      const redis = yield* connect((yield* startRedis()).port)
      for (const line of script) {
        yield* ours.command(...line)
        yield* redis.command(...line)
        const info = String(plain((yield* redis.command("INFO", "stats")).value))
        const figure = (name: string) => Number(new RegExp(`keyspace_${name}:(\\d+)`).exec(info)?.[1])
        const { hits, misses } = state.stats
        assert.deepStrictEqual([hits, misses], [figure("hits"), figure("misses")], line.join(" "))
      }
    }).pipe(Effect.provide(commands())))
})
