/** What SCAN, HSCAN, SSCAN and ZSCAN have in common: a cursor and the options behind it. */
import * as Integers from "../memory/Integers.ts"
import * as CommandError from "./CommandError.ts"
import type { Request } from "./Request.ts"

export interface ScanOptions {
  /** About how many elements a call is to visit. */
  readonly count: number
  /** Undefined where everything matches. */
  readonly match: Uint8Array | undefined
  /** The name of a type, in lower case. */
  readonly type: string | undefined
}

export const isStar = (pattern: Uint8Array): boolean => pattern.length === 1 && pattern[0] === 0x2a

const invalidCursor = CommandError.make("ERR invalid cursor")

/**
 * Reads a cursor as C's `strtoul` does, which is what SCAN and its kin take: a sign, leading zeros, nothing at all. Our
 * own cursors have 32 bits; of others those are used.
 */
export const cursor = (request: Request, index: number): number => {
  const text = request.quoted(index)
  const parts = /^([+-]?)(\d+)$/.exec(text)
  if (parts === null) {
    if (text === "") return 0
    throw invalidCursor
  }
  const value = BigInt(parts[2] ?? "")
  if (value > Integers.maxUnsigned) throw invalidCursor
  return Number(BigInt.asUintN(32, parts[1] === "-" ? -value : value))
}

/** Reads the options from `from` on; TYPE is for whole databases only. */
export const parse = (request: Request, from: number, takesType = false): ScanOptions => {
  let count = 10
  let match: Uint8Array | undefined
  let type: string | undefined
  for (let i = from; i < request.count; i += 2) {
    if (i + 1 >= request.count) throw CommandError.syntax
    if (request.is(i, "COUNT")) {
      count = Number(request.integer(i + 1))
      if (count < 1) throw CommandError.syntax
    } else if (request.is(i, "MATCH")) match = request.bytes(i + 1)
    else if (takesType && request.is(i, "TYPE")) type = request.quoted(i + 1).toLowerCase()
    else throw CommandError.syntax
  }
  return { count, match: match !== undefined && isStar(match) ? undefined : match, type }
}
