/**
 * LZF, the compression of long strings in RDB files (http://oldhome.schmorp.de/marc/liblzf.html).
 *
 * A control byte below 32 announces that many literals and one more; any other a copy from before: three bits of length
 * (7: a byte more of it follows) and 13 of distance. `Compressor` finds what the C library finds: the last place with the
 * same three bytes, by hash.
 */

const HASH_BITS = 16
const MAX_LITERALS = 32
const MAX_DISTANCE = 1 << 13
const MAX_LENGTH = (1 << 8) + (1 << 3)
/** More than a copy of three bytes yields: a string that claims to be longer is none. */
export const MAX_RATIO = 128

/** Compresses one string after the other; the table of places is kept, with what it says of earlier strings ignored. */
export class Compressor {
  /** By hash of three bytes: where they were, counted on from string to string. */
  private readonly places = new Int32Array(1 << HASH_BITS)
  /** What to take off a place to get the offset in the string at hand. */
  private base = 1

  /**
   * Compresses `src[start, end)` to `dst` from `at` on and returns the position behind it, or -1 when it takes more than
   * `limit` bytes. `dst` has room for those.
   */
  compress(src: Uint8Array, start: number, end: number, dst: Uint8Array, at: number, limit: number): number {
    const run = this.begin(src, start, end, dst, at, limit)
    while (run.step(Infinity)) continue
    return run.result
  }

  /** As `compress`, in steps, for strings that take long. Another string must not be begun before its end. */
  begin(src: Uint8Array, start: number, end: number, dst: Uint8Array, at: number, limit: number): Run {
    if (this.base + (end - start) > 0x7fff_0000) {
      this.places.fill(0)
      this.base = 1
    }
    const run = new Run(this.places, this.base - start, src, start, end, dst, at, limit)
    this.base += end - start
    return run
  }
}

/** The compression of one string. Literals are counted until a copy or the end comes: most strings that do not shrink write nothing. */
export class Run {
  /** The position behind what was written, or -1: it does not fit. */
  result = -1
  private readonly places: Int32Array
  private readonly shift: number
  private readonly src: Uint8Array
  private readonly start: number
  private readonly end: number
  private readonly dst: Uint8Array
  private readonly limit: number
  private from: number
  private to: number
  /** Where the literals begin that are not written yet. */
  private anchor: number

  constructor(
    places: Int32Array,
    shift: number,
    src: Uint8Array,
    start: number,
    end: number,
    dst: Uint8Array,
    at: number,
    limit: number
  ) {
    this.places = places
    this.shift = shift
    this.src = src
    this.start = start
    this.end = end
    this.dst = dst
    this.limit = at + limit
    this.from = this.anchor = start
    this.to = at
  }

  /** Goes on for about `bytes` bytes of the string; false when it is done. */
  step(bytes: number): boolean {
    const { dst, end, limit, places, shift, src, start } = this
    const pause = Math.min(end - 2, this.from + bytes)
    const oldest = start + shift
    let { anchor, from, to } = this
    let three = ((src[from] as number) << 8) | (src[from + 1] as number)
    while (from < pause) {
      three = ((three << 8) | (src[from + 2] as number)) & 0xffffff
      const slot = ((three >>> (24 - HASH_BITS)) - Math.imul(three, 5)) & ((1 << HASH_BITS) - 1)
      const seen = places[slot] as number
      const here = from + shift
      places[slot] = here
      // What earlier strings left fails the first test
      if (seen <= oldest || here - seen > MAX_DISTANCE) {
        from++
        continue
      }
      const place = seen - shift
      if (src[place] !== src[from] || src[place + 1] !== src[from + 1] || src[place + 2] !== src[from + 2]) {
        from++
        continue
      }
      const literals = from - anchor
      if (!hasRoom(to, literals, limit)) return false
      // Where the C library stands, which has room for the next literals' number set aside
      if (
        to + 1 + literals + Math.floor(literals / MAX_LITERALS) + 4 >= limit + (literals % MAX_LITERALS === 0 ? 1 : 0)
      ) {
        return false
      }
      to = writeLiterals(src, anchor, from, dst, to)
      // Two bytes are always left over: three of them are one hash.
      let most = Math.min(MAX_LENGTH, end - from - 2)
      // The C library compares sixteen bytes at a time before it looks at the limit
      if (most > 16) most = Math.max(most, 19)
      const length = matchLength(src, place, from, most)
      const distance = here - seen - 1
      const extra = length - 2
      if (extra < 7) dst[to++] = (distance >> 8) + (extra << 5)
      else {
        dst[to++] = (distance >> 8) + (7 << 5)
        dst[to++] = extra - 7
      }
      dst[to++] = distance
      from += length - 2
      anchor = from + 2
      if (anchor >= end - 2) {
        from = anchor
        break
      }
      for (let left = 2; left > 0; left--, from++) {
        const next = ((src[from] as number) << 16) | ((src[from + 1] as number) << 8) | (src[from + 2] as number)
        places[((next >>> (24 - HASH_BITS)) - Math.imul(next, 5)) & ((1 << HASH_BITS) - 1)] = from + shift
      }
      three = ((src[from] as number) << 8) | (src[from + 1] as number)
    }
    this.from = from
    this.to = to
    this.anchor = anchor
    const literals = from - anchor
    if (!hasRoom(to, literals, limit)) return false
    if (from < end - 2) return true
    if (to + 1 + literals + Math.floor(literals / MAX_LITERALS) + 3 > limit) return false
    this.result = writeLiterals(src, anchor, end, dst, to)
    return false
  }
}

/** Whether the last of so many literals is written below the limit. */
const hasRoom = (to: number, literals: number, limit: number): boolean =>
  literals === 0 || to + literals + Math.floor((literals - 1) / MAX_LITERALS) < limit

/** Writes literals in runs, each behind its length, and returns the position behind them. */
const writeLiterals = (src: Uint8Array, from: number, end: number, dst: Uint8Array, to: number): number => {
  while (from < end) {
    const runEnd = Math.min(end, from + MAX_LITERALS)
    dst[to++] = runEnd - from - 1
    while (from < runEnd) dst[to++] = src[from++] as number
  }
  return to
}

/** A native call costs as much as comparing so many bytes one by one, and takes no longer for all of the others. */
const LONG = 32

/** How many bytes from `place` and from `from` on are the same: at least three, at most `most`. */
const matchLength = (src: Uint8Array, place: number, from: number, most: number): number => {
  let length = 3
  for (const short = Math.min(most, LONG); length < short; length++) {
    if (src[place + length] !== src[from + length]) return length
  }
  if (length >= most) return length
  // As a rule what is the same for that long is the same to the end
  if (compareBytes.call(src, src, from + length, from + most, place + length, place + most) === 0) return most
  while (src[place + length] === src[from + length]) length++
  return length
}

/** Takes any `Uint8Array`, whatever its type says. */
const compareBytes: (
  this: Uint8Array,
  target: Uint8Array,
  targetStart: number,
  targetEnd: number,
  start: number,
  end: number
) => number = Buffer.prototype.compare

/** Writes what `src[start, end)` says to the beginning of `dst`; false when that is not `size` bytes. */
export const decompress = (src: Uint8Array, start: number, end: number, dst: Uint8Array, size: number): boolean => {
  let from = start
  let to = 0
  while (from < end) {
    const control = src[from++] as number
    if (control < MAX_LITERALS) {
      const length = control + 1
      if (from + length > end || to + length > size) return false
      if (length > 16) {
        dst.set(src.subarray(from, from + length), to)
        from += length
        to += length
      } else for (let left = length; left > 0; left--) dst[to++] = src[from++] as number
      continue
    }
    let length = control >> 5
    if (length === 7) {
      if (from >= end) return false
      length += src[from++] as number
    }
    if (from >= end) return false
    let place = to - ((control & 31) << 8) - (src[from++] as number) - 1
    length += 2
    if (place < 0 || to + length > size) return false
    if (length > LONG && (place === to - 1 || place + length <= to)) {
      if (place === to - 1) dst.fill(dst[place] as number, to, to + length)
      else dst.copyWithin(to, place, place + length)
      to += length
      continue
    }
    // Byte by byte: what is copied may reach into what it writes.
    for (let left = length; left > 0; left--) dst[to++] = dst[place++] as number
  }
  return to === size
}
