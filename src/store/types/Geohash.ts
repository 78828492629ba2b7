/**
 * Geohashes as Redis has them: longitude and latitude as whole numbers of up to 26 bits each, interleaved to 52 bits,
 * which a sorted set's scores hold precisely (https://en.wikipedia.org/wiki/Geohash). Pure arithmetic, step for step
 * that of Redis, so that every digit is the same.
 */

import * as Integers from "../../memory/Integers.ts"

/** Bits of each coordinate in a score. */
export const STEPS = 26
const FINEST = 2 ** STEPS

export const LONGITUDE_LIMIT = 180
/** Web Mercator's, beyond which nothing can be added. */
export const LATITUDE_LIMIT = 85.05112878

/** A cell of the grid that has 2^step cells in each direction. */
export interface Cell {
  /** Numbers of the column and the row. */
  readonly x: number
  readonly y: number
  readonly step: number
}

/** The bounds of a cell, in degrees. */
export interface Area {
  readonly west: number
  readonly east: number
  readonly south: number
  readonly north: number
}

/** The cell in which a point lies. Redis's own grid ends at the limits of latitude, that of geohash text at the poles. */
export const cellAt = (longitude: number, latitude: number, step: number, latitudeLimit = LATITUDE_LIMIT): Cell => {
  const scale = 2 ** step
  const x = ((longitude + LONGITUDE_LIMIT) / (2 * LONGITUDE_LIMIT)) * scale
  const y = ((latitude + latitudeLimit) / (2 * latitudeLimit)) * scale
  // Cells are 32-bit numbers in Redis.
  return { x: x >>> 0, y: y >>> 0, step }
}

export const areaOf = ({ step, x, y }: Cell): Area => {
  const scale = 2 ** step
  return {
    west: edge(x, scale, LONGITUDE_LIMIT),
    east: edge(x + 1, scale, LONGITUDE_LIMIT),
    south: edge(y, scale, LATITUDE_LIMIT),
    north: edge(y + 1, scale, LATITUDE_LIMIT)
  }
}

/** Where the cell of a number begins, of so many between the limits. */
const edge = (number: number, scale: number, limit: number): number => -limit + (number / scale) * (2 * limit)

/** The neighbour so many columns to the east and rows to the north; at the edges it is on the other side. */
export const neighbour = ({ step, x, y }: Cell, east: number, north: number): Cell => {
  const scale = 2 ** step
  return {
    x: east === 0 ? x : (x + east + scale) % scale,
    y: north === 0 ? y : (y + north + scale) % scale,
    step
  }
}

/** The number of a cell: the bits of row and column in turn, the row's the lowest. */
export const bitsOf = ({ x, y }: Cell): number =>
  (spread(x >>> 13) * 2 + spread(y >>> 13)) * 2 ** 26 + (spread(x & 0x1fff) * 2 + spread(y & 0x1fff))

/** Puts a zero before each of up to 16 bits. */
const spread = (bits: number): number => {
  let v = bits
  v = (v | (v << 8)) & 0x00ff00ff
  v = (v | (v << 4)) & 0x0f0f0f0f
  v = (v | (v << 2)) & 0x33333333
  return (v | (v << 1)) & 0x55555555
}

/** Takes every other bit of 26, from the lowest on. */
const gather = (bits: number): number => {
  let v = bits & 0x55555555
  v = (v | (v >>> 1)) & 0x33333333
  v = (v | (v >>> 2)) & 0x0f0f0f0f
  v = (v | (v >>> 4)) & 0x00ff00ff
  return (v | (v >>> 8)) & 0xffff
}

/** The score of a point. */
export const scoreOf = (longitude: number, latitude: number): number => bitsOf(cellAt(longitude, latitude, STEPS))

/** The row of the cell of a score, whatever it is. */
const rowOf = (score: number): number => {
  if (!isHash(score)) return everyOther(toUnsigned(score))
  const high = Math.floor(score / 2 ** 26)
  return (gather(high) << 13) | gather(Math.floor(score) - high * 2 ** 26)
}

/** The column of the cell of a score. */
const columnOf = (score: number): number => {
  if (!isHash(score)) return everyOther(toUnsigned(score) >> 1n)
  const high = Math.floor(score / 2 ** 26)
  return (gather(high >>> 1) << 13) | gather((Math.floor(score) - high * 2 ** 26) >>> 1)
}

const isHash = (score: number): boolean => score >= 0 && score < 2 ** 52

/** Takes every other bit of 64, from the lowest on. */
const everyOther = (bits: bigint): number => {
  let taken = 0
  for (let bit = 62n; bit >= 0n; bit -= 2n) taken = taken * 2 + Number((bits >> bit) & 1n)
  return taken
}

/** What x86 makes of a double as an unsigned 64-bit integer, also where C leaves that open. */
const toUnsigned = (value: number): bigint => {
  if (value >= 2 ** 64 || Number.isNaN(value)) return 0n
  if (value < -(2 ** 63)) return 2n ** 63n
  return BigInt.asUintN(64, BigInt(Math.trunc(value)))
}

/** A score as a signed 64-bit integer, as C casts it. */
export const integerOf = (score: number): number | bigint => {
  if (Number.isSafeInteger(score)) return score === 0 ? 0 : score
  if (!(score >= -(2 ** 63) && score < 2 ** 63)) return -(2n ** 63n)
  return Integers.normalize(BigInt(Math.trunc(score)))
}

/** The point that a score stands for: the middle of its cell. */
export const longitudeOf = (score: number): number => {
  const x = columnOf(score)
  return within((edge(x, FINEST, LONGITUDE_LIMIT) + edge(x + 1, FINEST, LONGITUDE_LIMIT)) / 2, LONGITUDE_LIMIT)
}

export const latitudeOf = (score: number): number => {
  const y = rowOf(score)
  return within((edge(y, FINEST, LATITUDE_LIMIT) + edge(y + 1, FINEST, LATITUDE_LIMIT)) / 2, LATITUDE_LIMIT)
}

const within = (value: number, limit: number): number => Math.max(-limit, Math.min(limit, value))

const ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz"

/** The geohash of a score as text, as it is common elsewhere: 11 characters, of which Redis's bits fill ten. */
export const textOf = (score: number): string => {
  const bits = BigInt(bitsOf(cellAt(longitudeOf(score), latitudeOf(score), STEPS, 90)))
  let text = ""
  for (let shift = 47n; shift >= 2n; shift -= 5n) text += ALPHABET.charAt(Number((bits >> shift) & 31n))
  return `${text}0`
}
