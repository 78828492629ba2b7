/** Payloads that no server of today writes: both load them, or refuse them, alike. */
import { it } from "@effect/vitest"
import { RdbType } from "../../src/persistence/Rdb.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { double, listpack, payload, sameRestores, string, ziplist } from "./Payloads.ts"

const pairs = Array.from({ length: 150 }, (_, i) => [`m${i}`, String(i)]).flat()

const payloads: Readonly<Record<string, Buffer>> = {
  "scores as text": payload(
    RdbType.zset,
    ...[6, string("a"), string("1.5"), string("b"), 254, string("c"), 255, string("d"), string("0.1")],
    ...[string("e"), string("1e100"), string("f"), string("-0")]
  ),
  "NaN as text": payload(RdbType.zset, 1, string("a"), 253),
  "binary scores out of order": payload(RdbType.zset2, 3, "\x01b", double(2), "\x01a", double(-1), "\x01c", double(2)),
  "a NaN": payload(RdbType.zset2, 1, "\x01a", double(NaN)),
  "members that come twice": payload(RdbType.zset2, 2, "\x01a", double(1), "\x01a", double(2)),
  "no members": payload(RdbType.zset2, 0),
  "more members than there are": payload(RdbType.zset2, 5, "\x01a", double(1)),
  "a listpack": payload(RdbType.zsetListpack, string(listpack("a", "1", "b", "2.5", "c", "inf"))),
  "a listpack with a score missing": payload(RdbType.zsetListpack, string(listpack("a", "1", "b"))),
  "a listpack with a member twice": payload(RdbType.zsetListpack, string(listpack("a", "1", "b", "2", "a", "3"))),
  "a listpack without elements": payload(RdbType.zsetListpack, string(listpack())),
  "a listpack that is broken": payload(RdbType.zsetListpack, string(listpack("a", "1").subarray(0, 8))),
  "a listpack that is too long": payload(RdbType.zsetListpack, string(listpack(...pairs))),
  "a ziplist": payload(RdbType.zsetZiplist, string(ziplist("a", "1", "b", "2.5", "12345", "1e10"))),
  "a ziplist with a score missing": payload(RdbType.zsetZiplist, string(ziplist("a", "1", "b"))),
  "a ziplist with a member twice": payload(RdbType.zsetZiplist, string(ziplist("a", "1", "a", "2"))),
  "a ziplist without elements": payload(RdbType.zsetZiplist, string(ziplist())),
  "a ziplist that is too long": payload(RdbType.zsetZiplist, string(ziplist(...pairs)))
}

describeWithRedis("RESTORE of a sorted set", () => {
  it.live("does as redis-server does, with text scores, ziplists and what is broken", () =>
    sameRestores(payloads, ["ZRANGE", 0, -1, "WITHSCORES"]))
})
