/**
 * Searching for places within a circle or a box: GEOSEARCH, GEOSEARCHSTORE, and what was there before them
 * (https://redis.io/commands/geosearch).
 */
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { block, double, integer, key, keysAfter, keysAt, oneOf, optional, string, token } from "../command/Spec.ts"
import * as PartialSort from "../memory/PartialSort.ts"
import * as Reply from "../resp/Reply.ts"
import type { Database } from "../store/Database.ts"
import { Store } from "../store/Store.ts"
import * as GeoArea from "../store/types/GeoArea.ts"
import * as Geohash from "../store/types/Geohash.ts"
import { PackedSortedSet } from "../store/types/PackedSortedSet.ts"
import type { SortedSet } from "../store/types/SortedSet.ts"
import { TreeSortedSet } from "../store/types/TreeSortedSet.ts"
import { type Point, pointAt, pointOf, radiusAt, sidesAt, unitAt } from "./GeoArguments.ts"
import * as GeoReplies from "./GeoReplies.ts"
import { setToRead, storeResult } from "./SortedSetAccess.ts"

// ---- specs

/** A place, with what the options ask for: its name alone without them. */
const places = Returns.list(Returns.tuple("Place", {
  member: Returns.bulk,
  distance: Returns.having("withdist", Returns.double),
  hash: Returns.having("withhash", Returns.integer64),
  coordinates: Returns.having("withcoord", GeoReplies.coordinates)
}))

const spec = { group: "geo", categories: ["geo"] } as const

const Georadius = Command.make("GEORADIUS", {
  ...spec,
  summary: "Returns the members within a distance of a point, or stores them.",
  returns: Returns.given("store", Returns.integer, Returns.given("storedist", Returns.integer, places)),
  since: "3.2.0",
  complexity: "O(N+log(M)), N being the number of members in the box around the circle and M that within the circle.",
  arity: -6,
  flags: ["write", "denyoom"],
  keys: [
    keysAt(1, ["RO", "access"]),
    keysAfter("STORE", 6, ["OW", "update"]),
    keysAfter("STOREDIST", 6, ["OW", "update"])
  ],
  arguments: [
    key(),
    double("longitude"),
    double("latitude"),
    double("radius"),
    oneOf("unit", [token("M"), token("KM"), token("FT"), token("MI")]),
    token("WITHCOORD", optional),
    token("WITHDIST", optional),
    token("WITHHASH", optional),
    block("count", [integer("count", { token: "COUNT" }), token("ANY", { since: "6.2.0", ...optional })], optional),
    oneOf("order", [token("ASC"), token("DESC")], optional),
    key("key", 1, { token: "STORE", ...optional }),
    key("key", 2, { token: "STOREDIST", ...optional })
  ],
  history: [["6.2.0", "Takes `ANY` with `COUNT`."], ["7.0.0", "Takes units in capitals."]],
  deprecatedSince: "6.2.0",
  replacedBy: "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument"
})

const GeoradiusRo = Command.make("GEORADIUS_RO", {
  ...spec,
  summary: "Returns the members within a distance of a point, and never stores them.",
  returns: places,
  since: "3.2.10",
  complexity: "O(N+log(M)), N being the number of members in the box around the circle and M that within the circle.",
  arity: -6,
  flags: ["readonly"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [
    key(),
    double("longitude"),
    double("latitude"),
    double("radius"),
    oneOf("unit", [token("M"), token("KM"), token("FT"), token("MI")]),
    token("WITHCOORD", optional),
    token("WITHDIST", optional),
    token("WITHHASH", optional),
    block("count", [integer("count", { token: "COUNT" }), token("ANY", { since: "6.2.0", ...optional })], optional),
    oneOf("order", [token("ASC"), token("DESC")], optional)
  ],
  history: [["6.2.0", "Takes `ANY` with `COUNT`."]],
  deprecatedSince: "6.2.0",
  replacedBy: "`GEOSEARCH` with the `BYRADIUS` argument"
})

const Georadiusbymember = Command.make("GEORADIUSBYMEMBER", {
  ...spec,
  summary: "Returns the members within a distance of a member, or stores them.",
  returns: Returns.given("store", Returns.integer, Returns.given("storedist", Returns.integer, places)),
  since: "3.2.0",
  complexity: "O(N+log(M)), N being the number of members in the box around the circle and M that within the circle.",
  arity: -5,
  flags: ["write", "denyoom"],
  keys: [
    keysAt(1, ["RO", "access"]),
    keysAfter("STORE", 5, ["OW", "update"]),
    keysAfter("STOREDIST", 5, ["OW", "update"])
  ],
  arguments: [
    key(),
    string("member"),
    double("radius"),
    oneOf("unit", [token("M"), token("KM"), token("FT"), token("MI")]),
    token("WITHCOORD", optional),
    token("WITHDIST", optional),
    token("WITHHASH", optional),
    block("count", [integer("count", { token: "COUNT" }), token("ANY", optional)], optional),
    oneOf("order", [token("ASC"), token("DESC")], optional),
    key("key", 1, { token: "STORE", ...optional }),
    key("key", 2, { token: "STOREDIST", ...optional })
  ],
  history: [["7.0.0", "Takes units in capitals."]],
  deprecatedSince: "6.2.0",
  replacedBy: "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments"
})

const GeoradiusbymemberRo = Command.make("GEORADIUSBYMEMBER_RO", {
  ...spec,
  summary: "Returns the members within a distance of a member, and never stores them.",
  returns: places,
  since: "3.2.10",
  complexity: "O(N+log(M)), N being the number of members in the box around the circle and M that within the circle.",
  arity: -5,
  flags: ["readonly"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [
    key(),
    string("member"),
    double("radius"),
    oneOf("unit", [token("M"), token("KM"), token("FT"), token("MI")]),
    token("WITHCOORD", optional),
    token("WITHDIST", optional),
    token("WITHHASH", optional),
    block("count", [integer("count", { token: "COUNT" }), token("ANY", optional)], optional),
    oneOf("order", [token("ASC"), token("DESC")], optional)
  ],
  deprecatedSince: "6.2.0",
  replacedBy: "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments"
})

const Geosearch = Command.make("GEOSEARCH", {
  ...spec,
  summary: "Returns the members within a circle or a box.",
  returns: places,
  since: "6.2.0",
  complexity: "O(N+log(M)), N being the number of members in the box around the area and M that within the area.",
  arity: -7,
  flags: ["readonly"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [
    key(),
    oneOf("from", [
      string("member", { token: "FROMMEMBER" }),
      block("longitude_latitude", [double("longitude"), double("latitude")], { token: "FROMLONLAT" })
    ]),
    oneOf("by", [
      block("circle", [
        double("radius", { token: "BYRADIUS" }),
        oneOf("unit", [token("M"), token("KM"), token("FT"), token("MI")])
      ]),
      block("box", [
        double("width", { token: "BYBOX" }),
        double("height"),
        oneOf("unit", [token("M"), token("KM"), token("FT"), token("MI")])
      ])
    ]),
    oneOf("order", [token("ASC"), token("DESC")], optional),
    block("count", [integer("count", { token: "COUNT" }), token("ANY", optional)], optional),
    token("WITHCOORD", optional),
    token("WITHDIST", optional),
    token("WITHHASH", optional)
  ],
  history: [["7.0.0", "Takes units in capitals."]]
})

const Geosearchstore = Command.make("GEOSEARCHSTORE", {
  ...spec,
  summary: "Stores the members within a circle or a box under a key.",
  returns: Returns.integer,
  since: "6.2.0",
  complexity: "O(N+log(M)), N being the number of members in the box around the area and M that within the area.",
  arity: -8,
  flags: ["write", "denyoom"],
  keys: [keysAt(1, ["OW", "update"]), keysAt(2, ["RO", "access"])],
  arguments: [
    key("destination", 0),
    key("source", 1),
    oneOf("from", [
      string("member", { token: "FROMMEMBER" }),
      block("longitude_latitude", [double("longitude"), double("latitude")], { token: "FROMLONLAT" })
    ]),
    oneOf("by", [
      block("circle", [
        double("radius", { token: "BYRADIUS" }),
        oneOf("unit", [token("M"), token("KM"), token("FT"), token("MI")])
      ]),
      block("box", [
        double("width", { token: "BYBOX" }),
        double("height"),
        oneOf("unit", [token("M"), token("KM"), token("FT"), token("MI")])
      ])
    ]),
    oneOf("order", [token("ASC"), token("DESC")], optional),
    block("count", [integer("count", { token: "COUNT" }), token("ANY", optional)], optional),
    token("STOREDIST", optional)
  ],
  history: [["7.0.0", "Takes units in capitals."]]
})

export const group = Command.group(
  Georadius,
  GeoradiusRo,
  Georadiusbymember,
  GeoradiusbymemberRo,
  Geosearch,
  Geosearchstore
)

// ---- arguments

/** What a command's name says. */
interface Form {
  /** Where the middle comes from: a point or a member behind the key, or options. */
  readonly from: "point" | "member" | "options"
  /** Where the key to search is. */
  readonly key: number
  /** How it may store: into the key in front, into one that STORE or STOREDIST names, or not. */
  readonly stores: "first" | "option" | "never"
}

interface Options {
  /** Undefined as long as there is none, and for a member of a key that is not there. */
  middle: Point | undefined
  /** How it was given. */
  from: "nothing" | "point" | "member"
  shape: GeoArea.Shape | undefined
  meters: number
  withDistance: boolean
  withHash: boolean
  withPoint: boolean
  /** 0: all. */
  count: number
  any: boolean
  order: "asc" | "desc" | undefined
  /** Where the key to store into stands; 0: nothing is stored. */
  storeAt: number
  storesDistance: boolean
}

const noSuchMember = CommandError.make("ERR could not decode requested zset member")
const badCount = CommandError.make("ERR COUNT must be > 0")
const anyAlone = CommandError.make("ERR the ANY argument requires COUNT argument")

const notWhenStoring = (form: Form): CommandError.CommandError => {
  const what = form.stores === "first" ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS"
  return CommandError.make(`ERR ${what} is not compatible with WITHDIST, WITHHASH and WITHCOORD options`)
}

const exactlyOne = (request: Request, what: string): CommandError.CommandError =>
  CommandError.make(`ERR exactly one of ${what} for ${request.latin1(0)}`)

const memberPoint = (set: SortedSet, request: Request, index: number): Point => {
  const point = pointOf(set, request, index)
  if (point === undefined) throw noSuchMember
  return point
}

const countAt = (request: Request, index: number): number => {
  const count = request.integer(index)
  if (count <= 0) throw badCount
  return Number(count)
}

/** Reads a request; `set` is what the key holds. */
const readOptions = (request: Request, form: Form, set: SortedSet | undefined): Options => {
  const options: Options = {
    middle: undefined,
    from: form.from === "options" ? "nothing" : form.from,
    shape: undefined,
    meters: 1,
    withDistance: false,
    withHash: false,
    withPoint: false,
    count: 0,
    any: false,
    order: undefined,
    storeAt: form.stores === "first" ? 1 : 0,
    storesDistance: false
  }
  let at = form.key + 1
  if (form.from === "point") {
    options.middle = pointAt(request, at)
    readRadius(request, at + 2, options)
    at += 4
  } else if (form.from === "member") {
    if (set !== undefined) {
      options.middle = memberPoint(set, request, at)
      readRadius(request, at + 1, options)
    }
    at += 3
  }
  while (at < request.count) at = readOption(request, at, form, set, options)

  const shows = options.withDistance || options.withHash || options.withPoint
  if (options.storeAt > 0 && shows) throw notWhenStoring(form)
  if (options.from === "nothing") throw exactlyOne(request, "FROMMEMBER or FROMLONLAT can be specified")
  if (form.from === "options" && options.shape === undefined) {
    throw exactlyOne(request, "BYRADIUS and BYBOX can be specified")
  }
  if (options.any && options.count === 0) throw anyAlone
  // The nearest are meant.
  if (options.count > 0 && !options.any) options.order ??= "asc"
  return options
}

const readRadius = (request: Request, at: number, options: Options): void => {
  options.shape = { kind: "circle", radius: radiusAt(request, at) }
  options.meters = unitAt(request, at + 1)
}

/** Reads an option and returns where the next one is. */
const readOption = (
  request: Request,
  at: number,
  form: Form,
  set: SortedSet | undefined,
  options: Options
): number => {
  const behind = request.count - at - 1
  const searches = form.from === "options"
  switch (request.word(at)) {
    case "WITHDIST":
      options.withDistance = true
      return at + 1
    case "WITHHASH":
      options.withHash = true
      return at + 1
    case "WITHCOORD":
      options.withPoint = true
      return at + 1
    case "ANY":
      options.any = true
      return at + 1
    case "ASC":
      options.order = "asc"
      return at + 1
    case "DESC":
      options.order = "desc"
      return at + 1
    case "COUNT":
      if (behind < 1) break
      options.count = countAt(request, at + 1)
      return at + 2
    case "STORE":
    case "STOREDIST": {
      const isDistance = request.is(at, "STOREDIST")
      if (form.stores === "first" && isDistance) {
        options.storesDistance = true
        return at + 1
      }
      if (form.stores !== "option" || behind < 1) break
      options.storeAt = at + 1
      options.storesDistance = isDistance
      return at + 2
    }
    case "FROMMEMBER":
      if (!searches || behind < 1 || options.from === "point") break
      options.from = "member"
      if (set !== undefined) options.middle = memberPoint(set, request, at + 1)
      return at + 2
    case "FROMLONLAT":
      if (!searches || behind < 2 || options.from === "member") break
      options.middle = pointAt(request, at + 1)
      options.from = "point"
      return at + 3
    case "BYRADIUS":
      if (!searches || behind < 2 || options.shape?.kind === "box") break
      readRadius(request, at + 1, options)
      return at + 3
    case "BYBOX": {
      if (!searches || behind < 3 || options.shape?.kind === "circle") break
      const [width, height] = sidesAt(request, at + 1)
      options.shape = { kind: "box", width, height }
      options.meters = unitAt(request, at + 3)
      return at + 4
    }
  }
  throw CommandError.syntax
}

// ---- searching

/** Members that were found, by their places in the set; nothing is made per member. */
class Found {
  readonly places: Array<number> = []
  readonly scores: Array<number> = []
  /** In meters. */
  readonly distances: Array<number> = []

  /** Looks for the members of an area; for `limit` of them if that is not 0. */
  search(set: SortedSet, area: GeoArea.GeoArea, limit: number): void {
    const reach = GeoArea.latitudeReach(area)
    for (const cell of GeoArea.cellsOf(area)) {
      const { max, min } = GeoArea.scoresOf(cell)
      const to = set.countBelow(max, false)
      // In parts, between which the search can end.
      for (let from = set.countBelow(min, false); from < to; from += PART) {
        if (limit > 0 && this.places.length >= limit) return
        let place = from
        set.visit(from, Math.min(to, from + PART), false, (_bytes, _start, _end, score) => {
          this.consider(area, reach, place++, score, limit)
        })
      }
    }
  }

  private consider(area: GeoArea.GeoArea, reach: number, place: number, score: number, limit: number): void {
    if (limit > 0 && this.places.length >= limit) return
    const latitude = Geohash.latitudeOf(score)
    if (Math.abs(latitude - area.latitude) > reach) return
    const distance = GeoArea.distanceWithin(area, Geohash.longitudeOf(score), latitude)
    if (distance < 0) return
    this.places.push(place)
    this.scores.push(score)
    this.distances.push(distance)
  }

  /** Indexes of what was found: in order of distance, or as it was found; at most `count`, 0: all. */
  inOrder({ count, order }: Options): Array<number> {
    const { distances } = this
    const indexes = Array.from(distances.keys())
    const isCut = count > 0 && count < indexes.length
    if (order !== undefined) {
      const sign = order === "desc" ? -1 : 1
      const compare = (a: number, b: number) => sign * ((distances[a] as number) - (distances[b] as number))
      if (isCut) PartialSort.sort(indexes, 0, count - 1, compare)
      else indexes.sort(compare)
    }
    return isCut ? indexes.slice(0, count) : indexes
  }
}

const PART = 64

// ---- programs

export const layer = group.toLayer(Effect.gen(function*() {
  const store = yield* Store
  const packed = new PackedSortedSet()

  const reply = (set: SortedSet, found: Found, options: Options): Reply.Reply =>
    Reply.encoded((out) => {
      const indexes = found.inOrder(options)
      const { meters, withDistance, withHash, withPoint } = options
      const parts = [withDistance, withHash, withPoint].filter(Boolean).length
      out.arrayHeader(indexes.length)
      for (const index of indexes) {
        const place = found.places[index] as number
        const score = found.scores[index] as number
        if (parts > 0) out.arrayHeader(parts + 1)
        set.visit(place, place + 1, false, (bytes, start, end) => out.bulk(bytes, start, end))
        if (withDistance) GeoReplies.distance(out, (found.distances[index] as number) / meters)
        if (withHash) out.integer(Geohash.integerOf(score))
        if (withPoint) GeoReplies.point(out, Geohash.longitudeOf(score), Geohash.latitudeOf(score))
      }
    })

  /** What was found as a set of its own, by geohash or by distance. */
  const built = (
    db: Database,
    set: SortedSet,
    area: GeoArea.GeoArea,
    found: Found,
    options: Options
  ): TreeSortedSet => {
    const tree = new TreeSortedSet(db.space)
    for (const index of found.inOrder(options)) {
      const place = found.places[index] as number
      const score = found.scores[index] as number
      const stored = options.storesDistance ? GeoArea.exactDistance(area, score) / options.meters : score
      set.visit(place, place + 1, false, (bytes, start, end) => tree.insert(bytes, start, end, stored))
    }
    return tree
  }

  const search = (form: Form) =>
    Command.program((request) => {
      const db = store.database(request.session.db)
      const set = setToRead(db, request, form.key, packed)
      const options = readOptions(request, form, set)
      const { count, meters, middle, shape, storeAt } = options
      const event = form.from === "options" ? "geosearchstore" : "georadiusstore"
      if (set === undefined || middle === undefined || shape === undefined) {
        return storeAt > 0 ? storeResult(db, request, storeAt, new TreeSortedSet(db.space), event) : Reply.emptyArray
      }
      const area = { ...middle, shape, meters }
      const found = new Found()
      found.search(set, area, options.any ? count : 0)
      if (storeAt === 0) return reply(set, found, options)
      const tree = built(db, set, area, found, options)
      db.state.dirty += Math.max(0, tree.length - 1)
      return storeResult(db, request, storeAt, tree, event)
    })

  return group.of({
    GEORADIUS: search({ from: "point", key: 1, stores: "option" }),
    GEORADIUS_RO: search({ from: "point", key: 1, stores: "never" }),
    GEORADIUSBYMEMBER: search({ from: "member", key: 1, stores: "option" }),
    GEORADIUSBYMEMBER_RO: search({ from: "member", key: 1, stores: "never" }),
    GEOSEARCH: search({ from: "options", key: 1, stores: "never" }),
    GEOSEARCHSTORE: search({ from: "options", key: 2, stores: "first" })
  })
}))
