import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { random } from "../memory/Random.ts"
import * as InProcess from "../support/InProcess.ts"
import { commands } from "../support/Layers.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { connect, render } from "../support/RawClient.ts"
import { sameAnswers } from "../support/SameAnswers.ts"
import { sameEffects } from "../support/SameEffects.ts"
import { startRedis } from "../support/ServerProcess.ts"

const layer = commands({ "enable-debug-command": "yes" })

const sicily = "GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 13.583333 37.316667 Agrigento"

const cases: Readonly<Record<string, ReadonlyArray<string | ReadonlyArray<string>>>> = {
  "places": [
    sicily,
    "GEOADD g 13.361389 38.115556 Palermo",
    "GEOADD g CH 13.4 38.1 Palermo",
    "GEOADD g NX 1 1 Palermo 2 2 New",
    "GEOADD g XX CH 1 1 Nowhere 13.361389 38.115556 Palermo",
    "GEOADD g nx xx 1 1 a",
    "GEOADD g 1 1",
    "GEOADD g 1 1 a 2",
    "GEOADD g CH CH CH",
    "GEOADD g x 1 a",
    "GEOADD g 1 x a",
    "GEOADD g 180.1 1 a",
    "GEOADD g 1 85.06 a",
    "GEOADD g -1e300 inf a",
    "GEOADD g 180 85.05112878 corner -180 -85.05112878 opposite 0 0 middle -0 -0 same",
    "ZRANGE g 0 -1 WITHSCORES",
    "GEOPOS g Palermo Catania nobody corner opposite middle same",
    "GEOPOS none a b",
    "GEOPOS g",
    "GEOHASH g Palermo Catania nobody corner opposite middle same",
    "GEOHASH none a",
    "GEODIST g Palermo Catania",
    "GEODIST g Palermo Catania km",
    "GEODIST g Palermo Catania MI",
    "GEODIST g Palermo Catania ft",
    "GEODIST g Palermo Catania yd",
    "GEODIST g Palermo Catania m m",
    "GEODIST g Palermo Palermo",
    "GEODIST g Palermo nobody",
    "GEODIST none a b",
    "GEODIST g corner opposite",
    "GEODIST g corner middle",
    "ZADD g -5 negative 1e18 large 1.5 fraction inf infinite -inf minus 9007199254740992 edge",
    "GEOPOS g negative large fraction infinite minus edge",
    "GEOHASH g negative large fraction infinite minus edge",
    "SET s 1",
    "GEOADD s 1 1 a",
    "GEOPOS s a",
    "GEODIST s a b",
    "GEOHASH s a"
  ],
  "searches": [
    sicily,
    "GEOADD g 12.5 38.9 edge1 17.24151 38.788135 edge2",
    "GEORADIUS g 15 37 200 km ASC",
    "GEORADIUS g 15 37 200 km DESC WITHDIST WITHCOORD WITHHASH",
    "GEORADIUS g 15 37 200 km COUNT 1",
    "GEORADIUS g 15 37 200 km COUNT 2 DESC",
    "GEORADIUS g 15 37 1 m",
    "GEORADIUS g 15 37 0 m",
    "GEORADIUS g 15 37 200 km WITHDIST COUNT 1 ANY",
    "GEORADIUS g 15 37 200 km ANY",
    "GEORADIUS g 15 37 200 km COUNT 0",
    "GEORADIUS g 15 37 200 km COUNT x",
    "GEORADIUS g 15 37 200 km COUNT",
    "GEORADIUS g 15 37 200 yd",
    "GEORADIUS g 15 37 -1 km",
    "GEORADIUS g 15 37 x km",
    "GEORADIUS g 200 37 1 km",
    "GEORADIUS g 15 37 200 km STORE d",
    "GEORADIUS g 15 37 200 km STORE",
    "GEORADIUS g 15 37 200 km WITHDIST STORE d",
    "ZRANGE d 0 -1 WITHSCORES",
    "GEORADIUS g 15 37 200 km STOREDIST d",
    "ZRANGE d 0 -1 WITHSCORES",
    "GEORADIUSBYMEMBER g Palermo 300 mi STOREDIST d",
    "ZRANGE d 0 -1 WITHSCORES",
    "GEORADIUS g 15 37 1 m STORE d",
    "EXISTS d",
    "GEORADIUS_RO g 15 37 200 km ASC",
    "GEORADIUS_RO g 15 37 200 km STORE d",
    "GEORADIUSBYMEMBER g Agrigento 100 km ASC WITHDIST",
    "GEORADIUSBYMEMBER g nobody 100 km",
    "GEORADIUSBYMEMBER none nobody x yd",
    "GEORADIUSBYMEMBER none nobody 1 m NOSUCH",
    "GEORADIUSBYMEMBER_RO g Agrigento 100 km DESC",
    "GEOSEARCH g FROMMEMBER Palermo BYRADIUS 200 km ASC WITHDIST",
    "GEOSEARCH g FROMLONLAT 15 37 BYBOX 400 400 km ASC WITHCOORD WITHDIST",
    "GEOSEARCH g FROMLONLAT 15 37 BYBOX 400 400 KM DESC COUNT 2",
    "GEOSEARCH g FROMLONLAT 15 37 FROMMEMBER a BYBOX 1 1 m",
    "GEOSEARCH g FROMMEMBER Palermo FROMLONLAT 15 37 BYBOX 1 1 m",
    "GEOSEARCH g FROMLONLAT 15 37 FROMLONLAT 13 38 BYBOX 1 1 m",
    "GEOSEARCH g FROMLONLAT 15 37 BYBOX 1 1 m BYRADIUS 1 m",
    "GEOSEARCH g FROMLONLAT 15 37 ASC DESC WITHDIST",
    "GEOSEARCH g BYRADIUS 200 km ASC COUNT 1",
    "GEOSEARCH g FROMMEMBER nobody BYRADIUS 200 km",
    "GEOSEARCH g FROMMEMBER Palermo BYRADIUS 200 km STORE d",
    "GEOSEARCH g FROMMEMBER Palermo BYRADIUS 200 km STOREDIST",
    "GEOSEARCH g FROMLONLAT 15 37 BYBOX -1 1 m",
    "GEOSEARCH g FROMLONLAT 15 37 BYBOX x 1 m",
    "GEOSEARCH g FROMLONLAT 15 37 BYBOX 1 x m",
    "GEOSEARCH g FROMLONLAT 15 37 BYBOX 1 1 yd",
    "GEOSEARCH none FROMMEMBER a BYRADIUS 1 m",
    "GEOSEARCH none FROMLONLAT 1 1 BYRADIUS 1 yd",
    "GEOSEARCHSTORE d g FROMLONLAT 15 37 BYBOX 400 400 km ASC COUNT 3",
    "ZRANGE d 0 -1 WITHSCORES",
    "OBJECT ENCODING d",
    "GEOADD same 10 1 a 10 2 b 10 3 c 10 -4 d",
    "GEOSEARCHSTORE d same FROMMEMBER a BYBOX 4000 4000 km STOREDIST",
    "ZRANGE d 0 -1 WITHSCORES",
    "GEOSEARCHSTORE d g FROMLONLAT 15 37 BYBOX 400 400 km STORE e",
    "GEOSEARCHSTORE d g FROMLONLAT 15 37 BYBOX 400 400 km WITHDIST",
    "GEOSEARCHSTORE d none FROMLONLAT 15 37 BYBOX 400 400 km",
    "EXISTS d",
    "SET s 1",
    "GEOSEARCH s FROMLONLAT 1 1 BYRADIUS 1 m",
    "GEOSEARCHSTORE s g FROMLONLAT 15 37 BYRADIUS 200 km",
    "TYPE s"
  ]
}

const effects = [
  sicily,
  sicily,
  "GEOADD g CH NX 1 1 other",
  "GEOADD g XX 1 1 nobody",
  "GEORADIUS g 15 37 200 km STORE d",
  "GEORADIUS g 15 37 200 km STOREDIST d",
  "GEORADIUS g 15 37 1 m STORE d",
  "GEORADIUS g 15 37 1 m STORE d",
  "GEORADIUSBYMEMBER g Palermo 200 km STORE d",
  "GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 200 km",
  "GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 200 km STOREDIST",
  "GEOSEARCHSTORE d none FROMLONLAT 15 37 BYRADIUS 200 km",
  "GEOSEARCHSTORE d none FROMLONLAT 15 37 BYRADIUS 200 km",
  ...Array.from({ length: 20 }, (_, i) => `GEOADD h ${i} ${i} m${i}`)
].map((line) => line.split(" "))

describeWithRedis("geo", () => {
  for (const [name, lines] of Object.entries(cases)) {
    for (const limit of [128, 2]) {
      it.live(`answers as redis-server: ${name}, with at most ${limit} members packed`, () =>
        sameAnswers([`CONFIG SET zset-max-listpack-entries ${limit}`, ...lines]).pipe(Effect.provide(layer)))
    }
  }

  it.live("has the key events and the effects of redis-server", () => sameEffects(effects))

  it.live("finds what redis-server finds, all over the globe", () =>
    Effect.gen(function*() {
      const server = yield* startRedis()
      const redis = yield* connect(server.port)
      const ours = yield* InProcess.make({ resp: 2 })
      const { below, pick } = random(7)
      const longitude = () => pick([180, -180, 0, 179.99, below(3_600_000) / 10_000 - 180, below(3600) / 10 - 180])
      const latitude = () => pick([85, -85, 0, 66.5, -80.5, below(1_700_000) / 10_000 - 85, below(1700) / 10 - 85])
      const add: Array<string | number> = ["GEOADD", "g"]
      for (let i = 0; i < 2000; i++) add.push(longitude(), latitude(), `m${i}`)
      yield* redis.command(...add)
      yield* ours.command(...add)
      for (let i = 0; i < 1500; i++) {
        const size = () => pick([0, 1, 10, 100, 1000, 5000, 20_000]) * (1 + below(100) / 50)
        const area = below(2) === 0 ? ["BYRADIUS", size(), "km"] : ["BYBOX", size(), size(), pick(["km", "mi"])]
        const middle = below(3) === 0 ? ["FROMMEMBER", `m${below(2000)}`] : ["FROMLONLAT", longitude(), latitude()]
        const search = ["GEOSEARCH", "g", ...middle, ...area, "WITHDIST", "WITHCOORD", "WITHHASH"]
        const limits = pick([[], [], ["COUNT", 5, "ANY"]])
        const theirs = render((yield* redis.command(...search, ...limits)).value)
        assert.strictEqual(yield* ours.show(...search, ...limits), theirs, search.join(" "))
      }
    }).pipe(Effect.provide(layer)))
})
