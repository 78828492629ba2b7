/** Commands that write in every way there is, for tests that look at the data between them. */
import * as Effect from "effect/Effect"
import { random } from "../memory/Random.ts"
import type * as InProcess from "../support/InProcess.ts"
import type { Arg } from "../support/RawClient.ts"

export const next = random(5)

const word = () => next.pick(["a", "bb", "7", "-12345", "x".repeat(30), "y".repeat(3000)])

const pairs = () => Array.from({ length: 2 + 2 * next.below(6) }, () => next.below(1000))

/** A command that writes to one of so many keys named k0, k1, ... */
export const writes = (keys: number): ReadonlyArray<Arg> => {
  const key = () => `k${next.below(keys)}`
  const id = () => `${1 + next.below(50)}-${next.below(3)}`
  return next.pick<() => ReadonlyArray<Arg>>([
    () => ["SET", key(), word()],
    () => ["SET", key(), word(), "PX", 1 + next.below(100_000)],
    () => ["APPEND", key(), word()],
    () => ["SETRANGE", key(), next.below(40), word()],
    () => ["INCR", key()],
    () => ["SETBIT", key(), next.below(200), 1],
    () => ["DEL", key()],
    () => ["UNLINK", key()],
    () => ["RENAME", key(), key()],
    () => ["COPY", key(), key(), "REPLACE"],
    () => ["COPY", key(), key(), "DB", next.below(3)],
    () => ["MOVE", key(), next.below(3)],
    () => ["EXPIRE", key(), 1000],
    () => ["PERSIST", key()],
    () => ["GETEX", key(), "EX", 5],
    () => ["PEXPIREAT", key(), 1],
    () => ["HSET", key(), word(), word(), next.below(3000), word()],
    () => ["HDEL", key(), next.below(3000), word()],
    () => ["HINCRBY", key(), next.below(3000), 5],
    () => ["SADD", key(), next.below(3000), word()],
    () => ["SREM", key(), next.below(3000), word()],
    () => ["SPOP", key(), next.below(3)],
    () => ["SUNIONSTORE", key(), key(), key()],
    () => ["XADD", key(), "NOMKSTREAM", "*", word(), word()],
    () => ["XADD", key(), id(), word(), word()],
    () => ["XDEL", key(), id()],
    () => ["XTRIM", key(), "MAXLEN", next.below(20)],
    () => ["XGROUP", "CREATE", key(), word(), 0, "MKSTREAM"],
    () => ["XREADGROUP", "GROUP", "a", word(), "COUNT", next.below(5), "STREAMS", key(), next.pick([">", "0"])],
    () => ["XACK", key(), "a", id()],
    () => ["XCLAIM", key(), "a", word(), 0, id()],
    () => ["XAUTOCLAIM", key(), "a", word(), 0, 0],
    () => ["XGROUP", "DELCONSUMER", key(), "a", word()],
    () => ["XSETID", key(), "1000-0"],
    () => ["ZADD", key(), next.below(100), word()],
    () => ["ZADD", key(), ...pairs()],
    () => ["ZINCRBY", key(), 1, word()],
    () => ["ZREM", key(), word()],
    () => ["ZREMRANGEBYRANK", key(), 0, next.below(3)],
    () => ["ZPOPMIN", key()],
    () => ["ZUNIONSTORE", key(), 2, key(), key()],
    () => ["HSET", key(), ...pairs()],
    () => ["HSET", key(), "name", word(), "age", next.below(100), "7", word()],
    () => ["HDEL", key(), next.pick(["name", "age", "7"])],
    () => ["HINCRBY", key(), word(), 1],
    () => ["HDEL", key(), word()],
    () => ["SADD", key(), ...pairs()],
    () => ["SREM", key(), word()],
    () => ["SPOP", key()],
    () => ["SMOVE", key(), key(), word()],
    () => ["SUNIONSTORE", key(), key(), key()],
    () => ["RPUSH", key(), ...pairs()],
    () => ["LPOP", key()],
    () => ["LSET", key(), 0, word()],
    () => ["LINSERT", key(), "BEFORE", word(), word()],
    () => ["LTRIM", key(), 1, -2],
    () => ["LMOVE", key(), key(), "LEFT", "RIGHT"],
    () => ["LREM", key(), 1, word()],
    () => ["SORT", key(), "ALPHA", "STORE", key()],
    () => ["SWAPDB", next.below(3), next.below(3)],
    () => ["FLUSHDB"],
    () => ["SELECT", next.below(3)]
  ])()
}

/** A command that writes to one of the big values. */
export const bigWrites = (): ReadonlyArray<Arg> => {
  const n = () => next.below(7000)
  return next.pick<() => ReadonlyArray<Arg>>([
    () => ["HSET", "hash", n(), word()],
    () => ["HDEL", "hash", n()],
    () => ["HINCRBY", "hash", n(), 1],
    () => ["SADD", "set", `m${n()}`],
    () => ["SREM", "set", `m${n()}`],
    () => ["SPOP", "set"],
    () => ["ZADD", "zset", n(), `m${n()}`],
    () => ["ZINCRBY", "zset", -5, `m${n()}`],
    () => ["ZREM", "zset", `m${n()}`],
    () => ["ZREMRANGEBYRANK", "zset", n(), n()],
    () => ["ZPOPMAX", "zset", 3],
    () => ["RPUSH", "list", word()],
    () => ["LPOP", "list", 2],
    () => ["LSET", "list", next.below(4000), word()],
    () => ["LINSERT", "list", "AFTER", n(), word()],
    () => ["LREM", "list", 1, n()],
    () => ["LTRIM", "list", 1, -2],
    () => ["XADD", "stream", "*", n(), word()],
    () => ["XDEL", "stream", `${n() + 1}-0`],
    () => ["XTRIM", "stream", "MAXLEN", "~", 6900],
    () => ["XREADGROUP", "GROUP", "g", next.pick(["a", "b"]), "COUNT", 20, "STREAMS", "stream", ">"],
    () => ["XREADGROUP", "GROUP", "g", "a", "COUNT", 3, "STREAMS", "stream", n()],
    () => ["XACK", "stream", "g", `${n() + 1}-0`],
    () => ["XCLAIM", "stream", "g", "b", 0, `${n() + 1}-0`],
    () => ["XAUTOCLAIM", "stream", "g", "c", 0, `${n()}-0`, "COUNT", 10],
    () => ["APPEND", "string", word()],
    () => ["SETRANGE", "string", n() * 100, word()],
    () => ["EXPIRE", next.pick(["hash", "zset", "list", "stream", "set"]), 1000],
    () => ["RENAME", "hash", "other"],
    () => ["RENAME", "other", "hash"],
    () => ["RENAME", "zset", "zother"],
    () => ["RENAME", "zother", "zset"],
    () => next.below(100) > 0 ? ["PING"] : ["DEL", next.pick(["hash", "zset", "list", "stream", "set", "string"])],
    () => next.below(500) > 0 ? ["PING"] : [next.pick(["FLUSHALL", "FLUSHDB"])]
  ])()
}

/** Makes the big values. */
export const fillBig = Effect.fnUntraced(function*(client: InProcess.InProcess) {
  const many = Array.from({ length: 7000 }, (_, i) => i)
  yield* client.command("DEL", "hash", "other", "set", "zset", "zother", "list", "stream", "string")
  yield* client.command("HSET", "hash", ...many.flatMap((i) => [i, i * 3]))
  yield* client.command("SADD", "set", ...many.map((i) => `m${i}`))
  yield* client.command("ZADD", "zset", ...many.flatMap((i) => [(i * 7919) % 997, `m${i}`]))
  yield* client.command("RPUSH", "list", ...many.map((i) => `${i} ${"x".repeat(100)}`))
  yield* client.command("SET", "string", "z".repeat(700_000))
  for (const i of many) yield* client.command("XADD", "stream", `${i + 1}-0`, "f", i)
  yield* client.command("XGROUP", "CREATE", "stream", "g", 0)
  yield* client.command("XREADGROUP", "GROUP", "g", "a", "COUNT", 3000, "STREAMS", "stream", ">")
})
