/**
 * LZF, the compression of long strings in RDB files and of the inner nodes of lists (http://oldhome.schmorp.de/marc/liblzf.html).
 *
 * A control byte below 32 announces that many literals and one more; any other a copy from before: three bits of length
 * (7: a byte more of it follows) and 13 of distance. `Compressor` finds what the C library finds: the last place with the
 * same three bytes, by hash.
 *
 * Most runs are shorter than eight bytes, and how long each is cannot be foreseen: where there is room, bytes are copied
 * eight at a time and more than are needed, which spares the processor a wrong guess for each run.
 */
import * as Bytes from "./Bytes.ts"

const HASH_BITS = 16
const MAX_LITERALS = 32
const MAX_DISTANCE = 1 << 13
const MAX_LENGTH = (1 << 8) + (1 << 3)
/** What is copied at a time. */
const STEP = 8
/** How much shorter a string must become: Redis keeps it as it is otherwise. */
const LEAST_SAVED = 4
/** More than a copy of three bytes yields: a string that claims to be longer is none. */
export const MAX_RATIO = 128

/**
 * Bytes with a view of them, for access to four at once wherever they lie. To make a view takes as long as to compress a
 * hundred bytes: keep it for many strings.
 */
export class Block {
  readonly bytes: Uint8Array
  readonly view: DataView

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }
}

const nothing = new Block(new Uint8Array(0))

/** Compresses one string after the other; the table of places is kept, with what it says of earlier strings ignored. */
export class Compressor {
  /** Where a compressed string stands, from 0 on, until the next one. */
  target = nothing
  /** By hash of three bytes: where they were, counted on from string to string. */
  private readonly places = new Int32Array(1 << HASH_BITS)
  /** What to add to an offset in the string at hand to get its place. */
  private shift = 1
  private source = nothing
  /** Most strings are short, and there are many: they are compressed by one after the other. */
  private readonly run = new Run(this.places)

  /** Compresses `src[start, end)` to `target` and returns the size, or -1 when too little is saved. */
  compress(src: Uint8Array, start: number, end: number): number {
    const length = end - start
    if (length + STEP > this.source.bytes.length) this.source = new Block(new Uint8Array(length * 2 + STEP))
    if (length + STEP > this.target.bytes.length) this.target = new Block(new Uint8Array(length * 2 + STEP))
    Bytes.copy(src, start, end, this.source.bytes, 0)
    const { run } = this
    run.begin(this.next(length), this.source, length, this.target)
    while (run.step(Infinity)) continue
    return run.result
  }

  /** As `compress`, in steps and without a copy of it, for a string that takes long. There is one at a time. */
  begin(src: Uint8Array): Run {
    const { run } = this
    this.target = new Block(new Uint8Array(src.length + STEP))
    run.begin(this.next(src.length), new Block(src), src.length, this.target)
    return run
  }

  private next(length: number): number {
    if (this.shift + length > 0x7fff_0000) {
      this.places.fill(0)
      this.shift = 1
    }
    const { shift } = this
    this.shift += length
    return shift
  }
}

/** The compression of one string. Literals are counted until a copy or the end comes: most strings that do not shrink write nothing. */
export class Run {
  /** The size of what was written, or -1: too little is saved. */
  result = -1
  private readonly places: Int32Array
  private shift = 0
  private source = nothing
  private end = 0
  private target = nothing
  private limit = 0
  private from = 0
  private to = 0
  /** Where the literals begin that are not written yet. */
  private anchor = 0

  constructor(places: Int32Array) {
    this.places = places
  }

  begin(shift: number, source: Block, end: number, target: Block): void {
    this.shift = shift
    this.source = source
    this.end = end
    this.target = target
    this.limit = end - LEAST_SAVED
    this.result = -1
    this.from = this.to = this.anchor = 0
    if (end < 3) return
    // Nothing is before the first three bytes, but they may come again.
    const { view } = source
    this.places[slotOf((view.getUint16(0) << 8) | view.getUint8(2))] = shift
    this.from = 1
  }

  /** Goes on for about `bytes` bytes of the string; false when it is done. */
  step(bytes: number): boolean {
    const { end, limit, source, target } = this
    const last = end - 2
    const pause = Math.min(last, this.from + bytes)
    let { anchor, to } = this
    for (let place = this.seek(pause); place > 0; place = this.seek(pause)) {
      const { from } = this
      const literals = from - anchor
      if (!hasRoom(to, literals, limit)) return false
      // Where the C library stands, which has room for the next literals' number set aside
      if (to + 1 + literals + (literals >>> 5) + 4 >= limit + (literals % MAX_LITERALS === 0 ? 1 : 0)) return false
      to = writeLiterals(source, anchor, from, target, to)
      // Two bytes are always left over: three of them are one hash.
      let most = Math.min(MAX_LENGTH, last - from)
      // The C library compares sixteen bytes at a time before it looks at the limit
      if (most > 16) most = Math.max(most, 19)
      const length = matchLength(source.view, place, from, most)
      to = writeCopy(target.bytes, to, from - place - 1, length)
      anchor = from + length
      if (anchor >= last) {
        this.from = anchor
        break
      }
      this.note(anchor - 2)
      this.note(anchor - 1)
      this.from = anchor
    }
    this.to = to
    this.anchor = anchor
    const literals = this.from - anchor
    if (!hasRoom(to, literals, limit)) return false
    if (this.from < last) return true
    if (to + 1 + literals + (literals >>> 5) + 3 > limit) return false
    this.result = writeLiterals(source, anchor, end, target, to)
    return false
  }

  /**
   * Goes on to the next place whose three bytes were there before, and returns where; or to `pause`, and returns 0. A
   * loop of its own, which the compiler can keep in registers.
   */
  private seek(pause: number): number {
    const { places, shift } = this
    const { view } = this.source
    let { from } = this
    for (; from < pause; from++) {
      const three = view.getUint32(from - 1) & 0xffffff
      const slot = slotOf(three)
      const seen = places[slot] as number
      const here = from + shift
      places[slot] = here
      // What earlier strings left fails the first test
      if (
        seen > shift && here - seen <= MAX_DISTANCE && (view.getUint32(seen - shift - 1) & 0xffffff) === three
      ) {
        this.from = from
        return seen - shift
      }
    }
    this.from = from
    return 0
  }

  private note(at: number): void {
    this.places[slotOf(this.source.view.getUint32(at - 1) & 0xffffff)] = at + this.shift
  }
}

const slotOf = (three: number): number => ((three >>> (24 - HASH_BITS)) - Math.imul(three, 5)) & ((1 << HASH_BITS) - 1)

/** Whether the last of so many literals is written below the limit. */
const hasRoom = (to: number, literals: number, limit: number): boolean =>
  literals === 0 || to + literals + ((literals - 1) >>> 5) < limit

/** Writes literals in runs, each behind its length, and returns the position behind them. */
const writeLiterals = (source: Block, from: number, end: number, target: Block, to: number): number => {
  const { view } = source
  const { bytes } = target
  while (from < end) {
    const count = Math.min(MAX_LITERALS, end - from)
    bytes[to++] = count - 1
    if (from + count + STEP <= view.byteLength && to + count + STEP <= bytes.length) {
      copySteps(view, from, target.view, to, count)
    } else for (let i = 0; i < count; i++) bytes[to + i] = view.getUint8(from + i)
    from += count
    to += count
  }
  return to
}

/** Writes that so many bytes are to be copied, and returns the position behind that. */
const writeCopy = (bytes: Uint8Array, to: number, distance: number, length: number): number => {
  const extra = length - 2
  if (extra < 7) bytes[to++] = (distance >>> 8) + (extra << 5)
  else {
    bytes[to++] = (distance >>> 8) + (7 << 5)
    bytes[to++] = extra - 7
  }
  bytes[to++] = distance
  return to
}

/** How many bytes from `place` and from `from` on are the same: at least three, at most `most`. */
const matchLength = (view: DataView, place: number, from: number, most: number): number => {
  let length = 3
  for (; length + 4 <= most; length += 4) {
    const difference = view.getUint32(place + length, true) ^ view.getUint32(from + length, true)
    if (difference !== 0) return length + ((31 - Math.clz32(difference & -difference)) >>> 3)
  }
  while (length < most && view.getUint8(place + length) === view.getUint8(from + length)) length++
  return length
}

/** Copies so many bytes and up to seven more. */
const copySteps = (source: DataView, from: number, target: DataView, to: number, count: number): void => {
  let at = 0
  do {
    copyStep(source, from + at, target, to + at)
    at += STEP
  } while (at < count)
}

/** Copies `STEP` bytes. */
const copyStep = (source: DataView, from: number, target: DataView, to: number): void => {
  target.setUint32(to, source.getUint32(from, true), true)
  target.setUint32(to + 4, source.getUint32(from + 4, true), true)
}

// ---- decompression

/**
 * What `decompress` reads from and writes to: constants, whose places are masked, so that V8 compiles hardly a check and
 * loads nothing twice. They hold most strings whole; of longer ones a piece and what copies may reach back to. Nothing
 * in them outlives a call.
 */
const PIECE = 1 << 16
/** Of an element that begins in a piece, what may be behind it, with what is copied more than is needed. */
const MARGIN = MAX_LENGTH + 4 * STEP
/** Bytes of the longest element. */
const MAX_ELEMENT = 1 + MAX_LITERALS

const packed = new Uint8Array(PIECE + MARGIN)
const packedView = new DataView(packed.buffer)
const window = new Uint8Array(PIECE + MARGIN)
const windowView = new DataView(window.buffer)

/** Writes what `src[start, end)` says to the beginning of `target`; false when that is not `size` bytes. */
export const decompress = (src: Uint8Array, start: number, end: number, target: Uint8Array, size: number): boolean => {
  let next = start
  /** Where what was read ends in `packed`. */
  let read = 0
  let from = 0
  let to = 0
  /** Bytes of the target that are written, and where those that follow them begin in `window`. */
  let written = 0
  let fresh = 0
  for (;;) {
    if (next < end) {
      if (from > 0) packed.copyWithin(0, from, read)
      const more = Math.min(end - next, PIECE - read + from)
      read = Bytes.copy(src, next, next + more, packed, read - from)
      next += more
      from = 0
    }
    const last = next < end ? read - MAX_ELEMENT : read
    while (from < last && to < PIECE) {
      from &= PIECE - 1
      to &= PIECE - 1
      const control = packed[from++] as number
      if (control < MAX_LITERALS) {
        copyStep(packedView, from, windowView, to)
        if (control >= STEP) {
          copyStep(packedView, from + STEP, windowView, to + STEP)
          if (control >= 2 * STEP) {
            copyStep(packedView, from + 2 * STEP, windowView, to + 2 * STEP)
            copyStep(packedView, from + 3 * STEP, windowView, to + 3 * STEP)
          }
        }
        from = (from + control + 1) | 0
        to = (to + control + 1) | 0
        continue
      }
      let length = (control >>> 5) + 2
      if (length === 9) length += packed[from++] as number
      const distance = ((control & 31) << 8) + (packed[from++] as number) + 1
      if (distance > to) return false
      const place = (to - distance) & (PIECE - 1)
      // What is copied may reach into what it writes.
      if (distance >= STEP) {
        copyStep(windowView, place, windowView, to)
        for (let at = STEP; at < length; at += STEP) copyStep(windowView, place + at, windowView, to + at)
      } else if (distance === 1) window.fill(window[place] as number, to, to + length)
      else for (let i = 0; i < length; i++) window[to + i] = window[place + i] as number
      to = (to + length) | 0
    }
    const all = written + to - fresh
    const isDone = from >= read && next === end
    if (from > read || all > size || isDone !== (all === size)) return false
    Bytes.copy(window, fresh, to, target, written)
    written = all
    fresh = to
    if (isDone) return true
    if (to < PIECE) continue
    window.copyWithin(0, to - MAX_DISTANCE, to)
    fresh = to = MAX_DISTANCE
  }
}
