/**
 * Places on the globe as members of a sorted set, whose scores are geohashes: adding them, what they stand for, how far
 * they are from each other (https://redis.io/commands/?group=geo). Searching is in `GeoSearch`.
 */
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { block, double, key, keysAt, oneOf, optional, string, token } from "../command/Spec.ts"
import * as Reply from "../resp/Reply.ts"
import { Store } from "../store/Store.ts"
import * as GeoArea from "../store/types/GeoArea.ts"
import * as Geohash from "../store/types/Geohash.ts"
import { PackedSortedSet } from "../store/types/PackedSortedSet.ts"
import { pointAt, pointOf, unitAt } from "./GeoArguments.ts"
import * as GeoReplies from "./GeoReplies.ts"
import { setToRead } from "./SortedSetAccess.ts"
import { Option, optionAt, SortedSetAdder } from "./SortedSetAdder.ts"

// ---- specs

const spec = { group: "geo", categories: ["geo"] } as const

const Geoadd = Command.make("GEOADD", {
  ...spec,
  summary: "Adds places with their longitude and latitude to a sorted set.",
  returns: Returns.integer,
  since: "3.2.0",
  complexity: "O(log(N)) for each place, N being the size of the sorted set.",
  arity: -5,
  flags: ["write", "denyoom"],
  keys: [keysAt(1, ["RW", "update"])],
  arguments: [
    key(),
    oneOf("condition", [token("NX"), token("XX")], { since: "6.2.0", ...optional }),
    token("CH", { name: "change", since: "6.2.0", ...optional }),
    block("longitude_latitude_member", [double("longitude"), double("latitude"), string("member")], { multiple: true })
  ],
  history: [["6.2.0", "Takes `CH`, `NX` and `XX`."]]
})

const Geodist = Command.make("GEODIST", {
  ...spec,
  summary: "Returns the distance between two members.",
  returns: Returns.optional(Returns.double),
  since: "3.2.0",
  complexity: "O(log(N))",
  arity: -4,
  flags: ["readonly"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [
    key(),
    string("member1"),
    string("member2"),
    oneOf("unit", [token("M"), token("KM"), token("FT"), token("MI")], optional)
  ]
})

const GeohashCommand = Command.make("GEOHASH", {
  ...spec,
  summary: "Returns the geohashes of members as text.",
  returns: Returns.list(Returns.optional(Returns.text)),
  since: "3.2.0",
  complexity: "O(log(N)) for each member, N being the size of the sorted set.",
  arity: -2,
  flags: ["readonly"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [key(), string("member", { multiple: true })]
})

const Geopos = Command.make("GEOPOS", {
  ...spec,
  summary: "Returns the longitude and latitude of members.",
  returns: Returns.list(Returns.optional(GeoReplies.coordinates)),
  since: "3.2.0",
  complexity: "O(N) for N members that are asked for.",
  arity: -2,
  flags: ["readonly"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [key(), string("member", { multiple: true })]
})

export const group = Command.group(Geoadd, Geodist, GeohashCommand, Geopos)

// ---- programs

const GEOADD_OPTIONS = Option.nx | Option.xx | Option.ch
const BOTH_CONDITIONS = Option.nx | Option.xx

/** What a replica gets for GEOADD: ZADD with scores in the place of longitudes and latitudes. */
const asZadd = (
  request: Request,
  first: number,
  scores: ReadonlyArray<number>
): Array<Uint8Array | string | number> => {
  const args: Array<Uint8Array | string | number> = ["zadd"]
  for (let i = 1; i < first; i++) args.push(request.bytes(i))
  for (const [i, score] of scores.entries()) args.push(score, request.bytes(first + i * 3 + 2))
  return args
}

export const layer = group.toLayer(Effect.gen(function*() {
  const store = yield* Store
  const packed = new PackedSortedSet()
  const adder = new SortedSetAdder(store)

  return group.of({
    GEOADD: Command.program((request) => {
      let flags = 0
      let first = 2
      for (; first < request.count; first++) {
        const option = optionAt(request, first) & GEOADD_OPTIONS
        if (option === 0) break
        flags |= option
      }
      if ((request.count - first) % 3 !== 0 || (flags & BOTH_CONDITIONS) === BOTH_CONDITIONS) throw CommandError.syntax
      if (request.count === first) throw CommandError.syntax
      const scores: Array<number> = []
      for (let i = first; i < request.count; i += 3) {
        const { latitude, longitude } = pointAt(request, i)
        scores.push(Geohash.scoreOf(longitude, latitude))
      }
      if (store.state.propagation.active) request.propagateAs(asZadd(request, first, scores))
      return adder.addScored(request, flags, scores, first + 2, 3)
    }),

    GEODIST: Command.program((request) => {
      if (request.count > 5) throw CommandError.syntax
      const meters = request.count === 5 ? unitAt(request, 4) : 1
      const set = setToRead(store.database(request.session.db), request, 1, packed)
      if (set === undefined) return Reply.nil
      const [from, to] = [pointOf(set, request, 2), pointOf(set, request, 3)]
      if (from === undefined || to === undefined) return Reply.nil
      const away = GeoArea.distance(from.longitude, from.latitude, to.longitude, to.latitude)
      return Reply.encoded((out) => GeoReplies.distance(out, away / meters))
    }),

    GEOHASH: Command.program((request) => {
      const set = setToRead(store.database(request.session.db), request, 1, packed)
      return Reply.encoded((out) => {
        out.arrayHeader(request.count - 2)
        for (let i = 2; i < request.count; i++) {
          const score = set?.seek(request.buffer(i), request.start(i), request.end(i)) ?? NaN
          if (Number.isNaN(score)) out.nil()
          else out.text(Geohash.textOf(score))
        }
      })
    }),

    GEOPOS: Command.program((request) => {
      const set = setToRead(store.database(request.session.db), request, 1, packed)
      return Reply.encoded((out) => {
        out.arrayHeader(request.count - 2)
        for (let i = 2; i < request.count; i++) {
          const point = set === undefined ? undefined : pointOf(set, request, i)
          if (point === undefined) out.nilArray()
          else GeoReplies.point(out, point.longitude, point.latitude)
        }
      })
    })
  })
}))
