/** What the sorted set commands tell others: key events, and the commands that replicas get, as redis-server does. */
import { it } from "@effect/vitest"
import { describeWithRedis } from "../support/Oracle.ts"
import { sameEffects } from "../support/SameEffects.ts"

const script = [
  "ZADD z 1 a 2 b 3 c 4 d 5 e 6 f",
  "ZADD z 1 a 3 b 9 g",
  "ZADD z 1 a",
  "ZADD z NX 1 a",
  "ZADD none XX 1 a",
  "ZADD z INCR 5 a",
  "ZADD z GT INCR -5 a",
  "ZINCRBY z 1.5 a",
  "ZINCRBY z 0 a",
  "ZREM z a nobody",
  "ZREM z nobody",
  "ZREM none a",
  "ZPOPMIN z",
  "ZPOPMAX z 2",
  "ZPOPMAX none",
  "ZMPOP 2 none z MIN COUNT 10",
  "ZMPOP 2 none z MAX",
  "ZADD z 1 a 2 b 3 c 4 d 5 e 6 f",
  "BZPOPMIN none z 0",
  "BZPOPMAX z none 0",
  "BZMPOP 0 1 z MIN COUNT 2",
  "BZMPOP 0 1 z MAX",
  "BZPOPMIN none 0.001",
  "ZADD z 1 a 2 b 3 c 4 d 5 e 6 f",
  "ZRANGESTORE y z 0 1",
  "ZRANGESTORE y z 7 8",
  "ZRANGESTORE y z 7 8",
  "ZREMRANGEBYRANK z 0 0",
  "ZREMRANGEBYSCORE z 2 2",
  "ZREMRANGEBYLEX z - [c",
  "ZREMRANGEBYRANK z 9 10",
  "ZREMRANGEBYRANK z 0 -1",
  "ZADD a 1 x 2 y",
  "ZADD b 1 y 2 z",
  "ZUNIONSTORE c 2 a b",
  "ZINTERSTORE c 2 a b",
  "ZDIFFSTORE c 2 a b",
  "ZDIFFSTORE c 2 a a",
  "ZDIFFSTORE c 2 a a",
  "SET s 1",
  "ZUNIONSTORE s 1 a",
  "ZUNIONSTORE a 2 a b WEIGHTS 1 2",
  "ZUNION 2 a b",
  "ZRANDMEMBER a 2",
  "ZREM a x y z",
  "ZREM a x"
].map((line) => line.split(" "))

describeWithRedis("sorted sets", () => {
  it.live("have the key events and the effects of redis-server", () => sameEffects(script))
})
