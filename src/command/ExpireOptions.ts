/**
 * The options by which commands set a time to live (`EX`, `PX`, `EXAT`, `PXAT`), turned into the moment at which the
 * key expires, with Redis's checks for 64-bit overflow.
 */
import * as Integers from "../memory/Integers.ts"
import * as CommandError from "./CommandError.ts"
import type { Request } from "./Request.ts"

/** What one of the words means: a number of seconds or milliseconds, from now on or since 1970. */
export interface ExpireOption {
  readonly word: string
  readonly scale: 1 | 1000
  readonly relative: boolean
}

export const ex: ExpireOption = { word: "EX", scale: 1000, relative: true }
export const px: ExpireOption = { word: "PX", scale: 1, relative: true }
export const exat: ExpireOption = { word: "EXAT", scale: 1000, relative: false }
export const pxat: ExpireOption = { word: "PXAT", scale: 1, relative: false }

const options: ReadonlyArray<ExpireOption> = [ex, px, exat, pxat]

/** The option that an argument names, if it does. */
export const at = (request: Request, index: number): ExpireOption | undefined => {
  for (const option of options) if (request.is(index, option.word)) return option
  return undefined
}

/**
 * The Unix time in milliseconds that the argument at `index` stands for. Fails when it is no integer, and with
 * `command`'s "invalid expire time" when it is not positive or the result leaves 64 bits.
 */
export const deadline = (
  request: Request,
  index: number,
  option: ExpireOption,
  now: number,
  command: string
): Integers.Integer => {
  const value = request.integer(index)
  if (value <= 0) throw CommandError.invalidExpire(command)
  const base = option.relative ? now : 0
  if (typeof value === "number") {
    const time = value * option.scale + base
    if (Number.isSafeInteger(time)) return time
  }
  const time = BigInt(value) * BigInt(option.scale) + BigInt(base)
  if (time > Integers.max) throw CommandError.invalidExpire(command)
  return Integers.normalize(time)
}
