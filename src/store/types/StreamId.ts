/**
 * Ids of stream entries: two unsigned 64-bit halves, milliseconds and sequence
 * (https://redis.io/docs/data-types/streams#entry-ids). Each half is a safe `number`, or a `bigint` beyond 2^53.
 */
import * as Integers from "../../memory/Integers.ts"
import type { Integer } from "../../memory/Integers.ts"

export interface StreamId {
  readonly ms: Integer
  readonly seq: Integer
}

export const make = (ms: Integer, seq: Integer): StreamId => ({ ms, seq })

export const min: StreamId = make(0, 0)
export const max: StreamId = make(Integers.maxUnsigned, Integers.maxUnsigned)

/** Negative, zero or positive as `a` comes before, with or after `b`. */
export const compare = (a: StreamId, b: StreamId): number => compareHalves(a.ms, a.seq, b.ms, b.seq)

export const compareHalves = (aMs: Integer, aSeq: Integer, bMs: Integer, bSeq: Integer): number =>
  compareUnsigned(aMs, bMs) || compareUnsigned(aSeq, bSeq)

/** V8 compares a number with a bigint, such as a half of `max`, in a tenth of a microsecond: of normal forms it is less. */
const compareUnsigned = (a: Integer, b: Integer): number => {
  if (typeof a === "number") return typeof b === "bigint" || a < b ? -1 : a > b ? 1 : 0
  return typeof b === "number" || a > b ? 1 : a < b ? -1 : 0
}

export const equals = (a: StreamId, b: StreamId): boolean => a.ms === b.ms && a.seq === b.seq

/** The next id, or undefined behind the last one there is. */
export const increment = (id: StreamId): StreamId | undefined => {
  if (id.seq !== Integers.maxUnsigned) return make(id.ms, plus(id.seq, 1))
  return id.ms === Integers.maxUnsigned ? undefined : make(plus(id.ms, 1), 0)
}

/** The id before, or undefined before 0-0. */
export const decrement = (id: StreamId): StreamId | undefined => {
  if (id.seq !== 0) return make(id.ms, plus(id.seq, -1))
  return id.ms === 0 ? undefined : make(plus(id.ms, -1), Integers.maxUnsigned)
}

/** `a - b` as a signed 64-bit integer, as entries keep their distance to their node's first id. */
export const minus = (a: Integer, b: Integer): Integer => {
  if (typeof a === "number" && typeof b === "number") return a - b
  return Integers.normalize(BigInt.asIntN(64, BigInt(a) - BigInt(b)))
}

/** `a + b` as an unsigned 64-bit integer; `b` may be negative. */
export const plus = (a: Integer, b: Integer): Integer => {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b
    if (sum >= 0 && sum <= Number.MAX_SAFE_INTEGER) return sum
  }
  return Integers.normalize(BigInt.asUintN(64, BigInt(a) + BigInt(b)))
}

/** An unsigned 64-bit integer as a signed one: Redis shows its counters so, when they have got beyond 2^63. */
export const signed = (value: Integer): Integer =>
  typeof value === "number" ? value : Integers.normalize(BigInt.asIntN(64, value))

/** Writes `ms-seq` and returns the offset behind it. At most 41 bytes. */
export const write = (buffer: Uint8Array, at: number, ms: Integer, seq: Integer): number => {
  const dash = Integers.write(buffer, at, ms)
  buffer[dash] = 45
  return Integers.write(buffer, dash + 1, seq)
}

export const toString = (id: StreamId): string => `${id.ms}-${id.seq}`
