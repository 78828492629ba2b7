/** What the commands on keys tell others: key events, and the commands that replicas get, as redis-server does. */
import { it } from "@effect/vitest"
import { describeWithRedis } from "../support/Oracle.ts"
import { sameEffects } from "../support/SameEffects.ts"

const script = [
  "SET a 1",
  "EXPIRE a 100",
  "EXPIRE a 200 GT",
  "EXPIRE a 50 GT",
  "PEXPIRE a 100000 XX LT",
  "EXPIREAT a 33177117420",
  "PEXPIREAT a 33177117420000 LT",
  "PEXPIREAT a 33177117421000",
  "PERSIST a",
  "PERSIST a",
  "COPY a b",
  "COPY a b",
  "COPY a b REPLACE",
  "COPY a c DB 3",
  "EXPIRE b -1",
  "PEXPIREAT a 1",
  "SET a 1",
  "SET b 2",
  "RENAME a b",
  "RENAME b b",
  "RENAMENX b a",
  "RENAME none a",
  "MOVE a 1",
  "MOVE a 1",
  "SET a 1",
  "SET b 1",
  "DEL a b none",
  "SET a 1",
  "SET b 1",
  "UNLINK none a b",
  "EXISTS none a",
  "TYPE none",
  "TTL none",
  "TOUCH none",
  "OBJECT ENCODING none",
  "COPY none a",
  "SWAPDB 0 1",
  "SWAPDB 2 2",
  "SET a 1",
  "FLUSHDB",
  "FLUSHDB ASYNC",
  "FLUSHALL",
  "FLUSHALL SYNC"
].map((line) => line.split(" "))

describeWithRedis("commands on keys", () => {
  it.live("send redis-server's key events and have its effects", () => sameEffects(script))
})
