/**
 * Searching for points in a circle or a box on the globe: up to nine cells of the geohash grid cover the area, and a
 * point of theirs is in it or not by its distance from the middle.
 */
import * as Exact from "./ExactTrigonometry.ts"
import * as Geohash from "./Geohash.ts"

export type Shape =
  | { readonly kind: "circle"; readonly radius: number }
  | { readonly kind: "box"; readonly width: number; readonly height: number }

/** An area around a point. Lengths are in a unit that has so many meters. */
export interface GeoArea {
  readonly longitude: number
  readonly latitude: number
  readonly shape: Shape
  readonly meters: number
}

const RADIANS = Math.PI / 180
/** Quadratic mean radius of the WGS-84 ellipsoid, in meters. */
const EARTH_RADIUS = 6372797.560856
const MERCATOR_LIMIT = 20037726.37

// ---- distances

/** Sine, cosine and arc sine. */
type Trigonometry = Pick<Math, "sin" | "cos" | "asin">

/**
 * The distance of two points in meters, along a great circle. With JavaScript's own trigonometry the last digit may be
 * another than Redis's.
 */
export const distance = (
  longitude1: number,
  latitude1: number,
  longitude2: number,
  latitude2: number,
  { asin, cos, sin }: Trigonometry = Math
): number => {
  const lat1 = latitude1 * RADIANS
  const lat2 = latitude2 * RADIANS
  const u = sin((lat2 - lat1) / 2)
  const v = sin((longitude2 * RADIANS - longitude1 * RADIANS) / 2)
  return 2 * EARTH_RADIUS * asin(Math.sqrt(u * u + cos(lat1) * cos(lat2) * v * v))
}

/** The distance of a point from the middle of an area, in meters; -1 when it lies outside. */
export const distanceWithin = (area: GeoArea, longitude: number, latitude: number): number => {
  const { meters, shape } = area
  if (shape.kind === "box") {
    const eastWest = distance(longitude, latitude, area.longitude, latitude)
    const northSouth = distance(longitude, latitude, longitude, area.latitude)
    if (eastWest > (shape.width * meters) / 2 || northSouth > (shape.height * meters) / 2) return -1
    return distance(area.longitude, area.latitude, longitude, latitude)
  }
  const away = distance(area.longitude, area.latitude, longitude, latitude)
  return away > shape.radius * meters ? -1 : away
}

/** Up to here no two of the cells that are searched are opposite each other, where distances are rounded coarsely. */
const LARGEST_REACH = 10
/** Far more than distances lose by rounding. */
const MARGIN = 1e-6

/** How many degrees of latitude a point may be away from the middle: the others are outside without any trigonometry. */
export const latitudeReach = ({ meters, shape }: GeoArea): number => {
  const degrees = (meters * (shape.kind === "circle" ? shape.radius : shape.height / 2)) / EARTH_RADIUS / RADIANS
  return degrees > LARGEST_REACH ? Infinity : degrees + MARGIN
}

/** The distance of a score's point from the middle of an area in meters, with the digits that Redis stores. */
export const exactDistance = (area: GeoArea, score: number): number =>
  distance(area.longitude, area.latitude, Geohash.longitudeOf(score), Geohash.latitudeOf(score), Exact)

// ---- cells

/** The smallest ranges of longitude and latitude around an area. */
const boundsOf = ({ latitude, longitude, meters, shape }: GeoArea): Geohash.Area => {
  const height = meters * (shape.kind === "circle" ? shape.radius : shape.height / 2)
  const width = meters * (shape.kind === "circle" ? shape.radius : shape.width / 2)
  const latitudes = height / EARTH_RADIUS / RADIANS
  // A degree of longitude is shortest at the edge that is nearer to the pole.
  const edge = latitude < 0 ? latitude - latitudes : latitude + latitudes
  const longitudes = width / EARTH_RADIUS / Math.cos(edge * RADIANS) / RADIANS
  return {
    west: longitude - longitudes,
    east: longitude + longitudes,
    south: latitude - latitudes,
    north: latitude + latitudes
  }
}

/** How fine the grid may be so that nine of its cells cover the area. */
const stepFor = (radius: number, latitude: number): number => {
  if (radius === 0) return Geohash.STEPS
  let step = -1
  for (let range = radius; range < MERCATOR_LIMIT; range *= 2) step++
  const away = Math.abs(latitude)
  // Towards the poles cells cover less.
  if (away > 66) step--
  if (away > 80) step--
  return Math.max(1, Math.min(Geohash.STEPS, step))
}

/** Which neighbours are searched, in this order, behind the cell itself: columns to the east, rows to the north. */
const NEIGHBOURS = [[0, 1], [0, -1], [1, 0], [-1, 0], [1, 1], [-1, 1], [1, -1], [-1, -1]] as const

/** The cells that may hold points of an area, in the order in which Redis searches them. */
export const cellsOf = (area: GeoArea): Array<Geohash.Cell> => {
  const bounds = boundsOf(area)
  const { latitude, longitude, shape } = area
  const radius = area.meters
    * (shape.kind === "circle"
      ? shape.radius
      : Math.sqrt((shape.width / 2) * (shape.width / 2) + (shape.height / 2) * (shape.height / 2)))
  let step = stepFor(radius, latitude)
  let middle = Geohash.cellAt(longitude, latitude, step)
  if (step > 1 && isTooFine(middle, bounds)) middle = Geohash.cellAt(longitude, latitude, --step)
  const own = Geohash.areaOf(middle)
  const cells = [middle]
  let last: Geohash.Cell | undefined
  for (const [east, north] of NEIGHBOURS) {
    const isNeeded = step < 2
      || !((north < 0 && own.south < bounds.south) || (north > 0 && own.north > bounds.north)
        || (east < 0 && own.west < bounds.west) || (east > 0 && own.east > bounds.east))
    if (!isNeeded) continue
    const cell = Geohash.neighbour(middle, east, north)
    // Where the grid is coarse, neighbours may be the same: Redis looks for that no further than this.
    if (last !== undefined && last.x === cell.x && last.y === cell.y) continue
    cells.push(cell)
    last = cell
  }
  return cells
}

/** Whether the bounds reach beyond the neighbours of a cell. */
const isTooFine = (middle: Geohash.Cell, bounds: Geohash.Area): boolean =>
  Geohash.areaOf(Geohash.neighbour(middle, 0, 1)).north < bounds.north
  || Geohash.areaOf(Geohash.neighbour(middle, 0, -1)).south > bounds.south
  || Geohash.areaOf(Geohash.neighbour(middle, 1, 0)).east < bounds.east
  || Geohash.areaOf(Geohash.neighbour(middle, -1, 0)).west > bounds.west

/** The scores of a cell's points: from `min` on, below `max`. */
export const scoresOf = (cell: Geohash.Cell): { readonly min: number; readonly max: number } => {
  const bits = Geohash.bitsOf(cell)
  const unit = 4 ** (Geohash.STEPS - cell.step)
  return { min: bits * unit, max: (bits + 1) * unit }
}
