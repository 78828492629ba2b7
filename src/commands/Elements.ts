/** Elements of hashes and sets in requests and replies: counts of random picks, parts of a scan. */
import * as CommandError from "../command/CommandError.ts"
import type { Request } from "../command/Request.ts"
import type { ScanOptions } from "../command/ScanOptions.ts"
import type { Session } from "../command/Session.ts"
import type { Ref } from "../memory/Arena.ts"
import type { ByteDict } from "../memory/ByteDict.ts"
import { stringMatch } from "../memory/Glob.ts"
import * as Integers from "../memory/Integers.ts"
import type { Element } from "../memory/Listpack.ts"
import type { Output } from "../resp/Output.ts"

/** Writes an element as a bulk string, as it lies in the store. */
export const write = (out: Output, element: Element): void => {
  if (element.isInteger) out.bulkInteger(element.integer)
  else out.bulk(element.bytes, element.start, element.end)
}

export const matches = (pattern: Uint8Array, element: Element): boolean => {
  element.text()
  return stringMatch(pattern, element.bytes, false, element.start, element.end)
}

const countOutOfRange = CommandError.make(
  `ERR value is out of range, value must between ${-Integers.max} and ${Integers.max}`
)

/** The count of a random pick: so many different elements, or when negative so many that may repeat. */
export const pickCount = (request: Request, index: number): Integers.Integer => {
  const count = request.integer(index)
  if (count === Integers.min) throw countOutOfRange
  return count
}

/** Bytes of replies that wait for a client beyond which it gets no more picks that repeat. */
const MOST_PENDING = 2 ** 29

/**
 * Whether a client has asked for more picks that repeat than it can be given: their number is its own to choose, up to
 * 2^63, and redis-server gathers them until the system kills it. Such a client is let go.
 */
export const asksTooMuch = ({ link, out }: Session): boolean => {
  if (out.pending <= MOST_PENDING) return false
  link?.kill()
  return true
}

/** The entries that a scan visits from a cursor on, and the next cursor. */
export const scan = (dict: ByteDict, from: number, { count }: ScanOptions): readonly [cursor: number, Array<Ref>] => {
  const found: Array<Ref> = []
  let cursor = from
  let rounds = count * 10
  do {
    cursor = dict.scan(cursor, (ref) => found.push(ref))
  } while (cursor !== 0 && rounds-- > 0 && found.length < count)
  return [cursor, found]
}

/**
 * `count` different numbers below `length`, in any order: by Floyd's algorithm, which needs no more memory than that.
 */
export const distinct = (count: number, length: number, random: () => number): ReadonlySet<number> => {
  const chosen = new Set<number>()
  for (let last = length - count; last < length; last++) {
    const number = random() % (last + 1)
    chosen.add(chosen.has(number) ? last : number)
  }
  return chosen
}

/** `count` different entries, at most all. */
export const pickDistinct = (dict: ByteDict, count: number, random: () => number): Iterable<Ref> => {
  if (count * 3 <= dict.size) {
    const picked = new Set<Ref>()
    while (picked.size < count) picked.add(dict.pick(random))
    return picked
  }
  const places = distinct(count, dict.size, random)
  const picked: Array<Ref> = []
  let place = 0
  dict.forEach((ref) => {
    if (places.has(place++)) picked.push(ref)
  })
  return picked
}
