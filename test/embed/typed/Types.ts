/** What the compiler has to say of calls: nothing here runs, `npm run check` is the test. */
import type {
  CommonParts,
  FieldValue,
  Methods,
  PendingEntry,
  PendingSummary,
  Scored,
  StreamEntry,
  StreamInfo,
  StreamState
} from "../../../src/embed/typed/Methods.ts"

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false

/** Compiles where the value's type is exactly that one. */
export const exactly = <Expected>() => <Actual>(value: Equal<Expected, Actual> extends true ? Actual : never): Actual =>
  value

export const repliesFollowOptions = (redis: Methods<"at once">, maybe: number | undefined, flag: boolean): void => {
  const near = { byradius: 1, unit: "km" } as const
  exactly<string | undefined>()(redis.hrandfield("h"))
  exactly<Array<string>>()(redis.hrandfield("h", { count: 2 }))
  exactly<Array<string>>()(redis.hrandfield("h", { count: 2, withvalues: false }))
  exactly<Array<FieldValue<string>>>()(redis.hrandfield("h", { count: 2, withvalues: true }))
  exactly<PendingSummary>()(redis.xpending("s", "g"))
  exactly<Array<PendingEntry>>()(redis.xpending("s", "g", { start: "-", end: "+", count: 2 }))
  exactly<StreamInfo<string>>()(redis.xinfoStream("s"))
  exactly<StreamState<string>>()(redis.xinfoStream("s", { full: true }))
  exactly<StreamState<string>>()(redis.xinfoStream("s", { full: { count: 2 } }))
  exactly<string>()(redis.lcs("a", "b"))
  exactly<number>()(redis.lcs("a", "b", { len: true }))
  exactly<CommonParts<true>>()(redis.lcs("a", "b", { idx: true, withmatchlen: true }))
  exactly<Array<string | undefined>>()(redis.sort("l", { by: "x" }))
  exactly<number>()(redis.sort("l", { store: "x", desc: true }))
  exactly<Array<string>>()(redis.xclaim("s", "g", "c", 1, "1", { justid: true }))
  exactly<Array<StreamEntry<string>>>()(redis.xclaim("s", "g", "c", 1, ["1"], { idle: 1 }))
  exactly<Array<string>>()(redis.xautoclaim("a", "b", "c", 1, 0, { justid: true }).entries)
  exactly<number | undefined>()(redis.geosearch("g", { frommember: "a" }, near, { withdist: true })[0]?.distance)
  exactly<undefined>()(redis.geosearch("g", { frommember: "a" }, near)[0]?.coordinates)
  exactly<Scored<string> | undefined>()(redis.zpopmin("z"))
  exactly<Array<Scored<string>>>()(redis.zpopmin("z", 3))
  exactly<number>()(redis.zadd("z", { a: 1 }, { nx: true }))
  exactly<number | undefined>()(redis.zadd("z", { a: 1 }, { incr: true, nx: true }))
  exactly<string>()(redis.xadd("x", "*", { a: 1 }, { strategy: "maxlen", threshold: 5, approximately: true }))
  exactly<string | undefined>()(redis.xadd("x", "*", { a: 1 }, { nomkstream: true }))
  // Where it is not known whether an option is given, both
  exactly<string | Array<string> | undefined>()(redis.lpop("l", maybe))
  exactly<number | undefined | Array<number>>()(redis.lpos("l", "e", { count: maybe }))
  exactly<string | boolean | undefined>()(redis.set("k", "v", { get: flag }))
}

export const refused = (redis: Methods<"at once">): void => {
  // @ts-expect-error -- no such end
  redis.lmove("a", "b", "up", "left")
  // @ts-expect-error -- no strategy
  redis.xadd("z", "*", { a: 1 }, { threshold: 5 })
  // @ts-expect-error -- no unit
  redis.geosearch("g", { frommember: "a" }, { byradius: 1 })
  // @ts-expect-error -- one of them
  redis.zadd("z", { a: 1 }, { nx: true, xx: true })
  // @ts-expect-error -- no integer
  redis.set("a", "b", { ex: "1" })
  // @ts-expect-error -- no key
  redis.get()
  // @ts-expect-error -- no fields
  redis.hset("h")
  // @ts-expect-error -- no offset
  redis.bitfield("k", [{ get: { encoding: "u8" } }])
  // @ts-expect-error -- no text
  redis.set("k", { a: 1 })
}
