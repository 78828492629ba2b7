/** What the geo commands read from their arguments: points, lengths, units. */
import * as CommandError from "../command/CommandError.ts"
import type { Request } from "../command/Request.ts"
import * as Doubles from "../memory/Doubles.ts"
import * as Geohash from "../store/types/Geohash.ts"
import type { SortedSet } from "../store/types/SortedSet.ts"

export interface Point {
  readonly longitude: number
  readonly latitude: number
}

const doubleAt = (request: Request, index: number, failure = CommandError.notAFloat): number => {
  const value = Doubles.parse(request.buffer(index), request.start(index), request.end(index))
  if (value === undefined) throw failure
  return value
}

/** The point whose longitude is at `index`, and its latitude behind. */
export const pointAt = (request: Request, index: number): Point => {
  const longitude = doubleAt(request, index)
  const latitude = doubleAt(request, index + 1)
  if (Math.abs(longitude) > Geohash.LONGITUDE_LIMIT || Math.abs(latitude) > Geohash.LATITUDE_LIMIT) {
    const pair = [longitude, latitude].map((value) => Doubles.toFixedText(value, 6)).join(",")
    throw CommandError.make(`ERR invalid longitude,latitude pair ${pair}`)
  }
  return { longitude, latitude }
}

/** The point of the member at `index`, undefined when it is none. */
export const pointOf = (set: SortedSet, request: Request, index: number): Point | undefined => {
  const score = set.seek(request.buffer(index), request.start(index), request.end(index))
  if (Number.isNaN(score)) return undefined
  return { longitude: Geohash.longitudeOf(score), latitude: Geohash.latitudeOf(score) }
}

const units: ReadonlyArray<readonly [word: string, meters: number]> = [
  ["M", 1],
  ["KM", 1000],
  ["FT", 0.3048],
  ["MI", 1609.34]
]
const noUnit = CommandError.make("ERR unsupported unit provided. please use M, KM, FT, MI")

/** How many meters the unit at `index` has. */
export const unitAt = (request: Request, index: number): number => {
  for (const [word, meters] of units) if (request.is(index, word)) return meters
  throw noUnit
}

const noRadius = CommandError.make("ERR need numeric radius")
const negativeRadius = CommandError.make("ERR radius cannot be negative")
const noWidth = CommandError.make("ERR need numeric width")
const noHeight = CommandError.make("ERR need numeric height")
const negativeSide = CommandError.make("ERR height or width cannot be negative")

export const radiusAt = (request: Request, index: number): number => {
  const radius = doubleAt(request, index, noRadius)
  if (radius < 0) throw negativeRadius
  return radius
}

/** The width at `index` and the height behind it. */
export const sidesAt = (request: Request, index: number): readonly [width: number, height: number] => {
  const width = doubleAt(request, index, noWidth)
  const height = doubleAt(request, index + 1, noHeight)
  if (width < 0 || height < 0) throw negativeSide
  return [width, height]
}
