/**
 * Off-heap memory in segments of 1 MiB, cut into size classes. Everything that a keyspace stores lives here, so that
 * the garbage collector never sees it and every byte is accounted for.
 *
 * A blob is named by a `Ref`, a 32-bit number in units of 8 bytes (32 GiB reach; 0 names nothing). It is contiguous in
 * one segment: `u8[segmentOf(ref)]` from `byteOf(ref)` on. Blobs above 512 KiB get a buffer of their own.
 *
 * Segments are divided into units of 4 KiB; a span is a run of units that holds slots of one size class. Empty spans
 * give their units back, empty segments their memory. The first segment is a quarter of the others: many a store in an
 * app or a test holds little, and buffers are what makes V8 collect garbage.
 */
import { Compressor } from "./Lzf.ts"

/** Names a blob; 0 is no blob. */
export type Ref = number

const SEGMENT_BITS = 20
const SEGMENT_BYTES = 1 << SEGMENT_BITS
const UNIT_BYTES = 4096
const UNITS = SEGMENT_BYTES / UNIT_BYTES
const FIRST_UNITS = UNITS / 4
const REF_SEGMENT_SHIFT = SEGMENT_BITS - 3
const REF_OFFSET_MASK = (1 << REF_SEGMENT_SHIFT) - 1
const MAX_SEGMENTS = 1 << (32 - REF_SEGMENT_SHIFT)

export const segmentOf = (ref: Ref): number => ref >>> REF_SEGMENT_SHIFT
/** Offset in bytes within the segment's `u8`. */
export const byteOf = (ref: Ref): number => (ref & REF_OFFSET_MASK) << 3
/** Offset within the segment's `u32`. */
export const wordOf = (ref: Ref): number => (ref & REF_OFFSET_MASK) << 1
/** Offset within the segment's `f64`. */
export const doubleOf = (ref: Ref): number => ref & REF_OFFSET_MASK

/** Blobs up to here share segments; larger ones have a buffer of their own. */
export const MAX_SHARED = 512 * 1024
const MAX_SLOT = 32 * 1024

// ---- size classes: steps of 8 up to 128, then eight steps per doubling: at most 12.5 % are lost to rounding. Between 512
// and 4096 bytes, where packed hashes, lists and sorted sets tend to be, sixteen steps: 6 %

const classSizes: ReadonlyArray<number> = (() => {
  const sizes: Array<number> = []
  for (let size = 8; size <= 128; size += 8) sizes.push(size)
  for (let base = 128; base < MAX_SLOT; base *= 2) {
    const steps = base >= 512 && base < 4096 ? 16 : 8
    for (let i = 1; i <= steps; i++) sizes.push(base + (base / steps) * i)
  }
  return sizes
})()
const CLASSES = classSizes.length
/** Marks a run of units that is one blob. */
const LARGE = 255

/** Slot size of each class, by class. */
const slotBytes = Int32Array.from(classSizes)

/** The class of each size up to 32 KiB, by size in units of 8 bytes. */
const classOf8 = (() => {
  const table = new Uint8Array(MAX_SLOT / 8 + 1)
  let cls = 0
  for (let eighths = 0; eighths < table.length; eighths++) {
    while ((classSizes[cls] ?? 0) < eighths * 8) cls++
    table[eighths] = cls
  }
  return table
})()

/** How many units a span of each class takes: at least eight slots where that fits, little left over at the end. */
const spanUnits = Int32Array.from(classSizes, (size) => {
  const least = Math.min(32, Math.max(4, Math.ceil((size * 8) / UNIT_BYTES)))
  let best = least
  let bestWaste = 1
  for (let units = least; units <= 64; units++) {
    const waste = ((units * UNIT_BYTES) % size) / (units * UNIT_BYTES)
    if (waste < bestWaste - 1 / 128) {
      best = units
      bestWaste = waste
    }
    if (bestWaste <= 1 / 64) break
  }
  return best
})
const spanSlots = Int32Array.from(classSizes, (size, cls) => Math.floor(((spanUnits[cls] ?? 0) * UNIT_BYTES) / size))

// ---- fields of a unit's record in `meta`; all but the first are kept on the first unit of a span only

const FIELDS = 5
/** The first field: class in the low 8 bits, distance to the span's first unit above them; FREE_UNIT when unused. */
const FREE_UNIT = 0xffff
/** Slots in use; for a large blob its number of units. */
const USED = 1
/** Slots handed out at least once: those above have never been touched. */
const BUMP = 2
/** Spans of the same class with room: neighbours in a doubly linked list, as unit numbers. */
const NEXT = 3
const PREV = 4

/** How many bytes a blob of that many bytes takes. */
export const roundedSize = (bytes: number): number =>
  bytes <= MAX_SLOT
    ? slotBytes[classOf8[(bytes + 7) >>> 3] as number] as number
    : Math.ceil(bytes / UNIT_BYTES) * UNIT_BYTES

/** How long a huge blob of that many bytes may be: no more is lost than to the rounding of others. */
export const roomiest = (bytes: number): number => bytes + (bytes >>> 3)

/** Bytes of buffers that are kept for their next use when huge blobs are freed. */
const MOST_SPARE = 16 * 1024 * 1024
/** Empty segments that are kept for it. */
const SEGMENTS_KEPT = 2

export class Arena {
  /** The segments, in three views of the same bytes. An absent segment is an empty view. */
  readonly u8: Array<Uint8Array> = []
  readonly u32: Array<Uint32Array> = []
  readonly f64: Array<Float64Array> = []

  /** Bytes handed out, rounding included. */
  used = 0
  /** Bytes taken from the system. */
  committed = 0
  /** Bytes of them that wait for their next use, as huge blobs or as segments. */
  spareBytes = 0

  /** Per segment: `FIELDS` numbers per unit; undefined for a segment that holds one huge blob or nothing. */
  private readonly meta: Array<Int32Array> = []
  /** Per segment: the longest run of free units that it may have. */
  private readonly longestRun: Array<number> = []
  private readonly freeUnits: Array<number> = []
  private readonly absent: Array<number> = []
  /** Per class: the span that serves allocations now, and the head of its list of others with room; 0: none. */
  private readonly current = new Int32Array(CLASSES)
  private readonly partial = new Int32Array(CLASSES)
  /** Per segment's unit: head of the span's list of freed slots. */
  private readonly freed: Array<Uint32Array> = []
  /** Where the search for units begins. */
  private hint = 0
  private readonly spares: Array<Uint8Array> = []
  /** Memory for segments. */
  private readonly donated: Array<Uint8Array> = []

  /** Takes `bytes` bytes (at least 1); their content is whatever was there. O(1). */
  alloc(bytes: number): Ref {
    if (bytes > MAX_SLOT) return this.allocLarge(bytes)
    const cls = classOf8[(bytes + 7) >>> 3] as number
    const unit = this.current[cls] as number
    if (unit !== 0) {
      const segment = unit >>> 8
      const meta = this.meta[segment] as Int32Array
      const record = (unit & 255) * FIELDS
      const freed = this.freed[segment] as Uint32Array
      const head = freed[unit & 255] as number
      if (head !== 0) {
        freed[unit & 255] = (this.u32[segment] as Uint32Array)[wordOf(head)] as number
        meta[record + USED] = (meta[record + USED] as number) + 1
        this.used += slotBytes[cls] as number
        return head
      }
      const bump = meta[record + BUMP] as number
      if (bump < (spanSlots[cls] as number)) {
        meta[record + BUMP] = bump + 1
        meta[record + USED] = (meta[record + USED] as number) + 1
        const size = slotBytes[cls] as number
        this.used += size
        return ((unit << 9) >>> 0) + bump * (size >>> 3)
      }
    }
    this.nextSpan(cls)
    return this.alloc(bytes)
  }

  /** Gives a blob back. O(1). A huge one that is not `reusable` may still be read by somebody. */
  free(ref: Ref, reusable = true): void {
    const segment = segmentOf(ref)
    const meta = this.meta[segment]
    if (meta === undefined) return this.freeHuge(segment, reusable)
    const at = (ref >>> 9) & 255
    const kind = meta[at * FIELDS] as number
    const cls = kind & 255
    const first = at - (kind >>> 8)
    const record = first * FIELDS
    if (cls === LARGE) {
      const units = meta[record + USED] as number
      this.used -= units * UNIT_BYTES
      return this.releaseUnits(segment, first, units)
    }
    this.used -= slotBytes[cls] as number
    const freed = this.freed[segment] as Uint32Array
    ;(this.u32[segment] as Uint32Array)[wordOf(ref)] = freed[first] as number
    freed[first] = ref
    const used = (meta[record + USED] as number) - 1
    meta[record + USED] = used
    const unit = (segment << 8) | first
    if (this.current[cls] === unit) {
      // An empty one stays at hand, unless it is all that keeps its segment.
      if (used === 0) this.dropIfIdle(segment)
    } else if (used === 0) {
      if ((spanSlots[cls] as number) > 1) this.unlinkPartial(cls, unit)
      this.releaseUnits(segment, first, spanUnits[cls] as number)
    } else if (used === (spanSlots[cls] as number) - 1) this.linkPartial(cls, unit)
  }

  /** How many bytes the blob may use: what was asked for, rounded up. */
  capacity(ref: Ref): number {
    const segment = segmentOf(ref)
    const meta = this.meta[segment]
    if (meta === undefined) return (this.u8[segment] as Uint8Array).length
    const at = (ref >>> 9) & 255
    const kind = meta[at * FIELDS] as number
    const cls = kind & 255
    if (cls !== LARGE) return slotBytes[cls] as number
    return (meta[(at - (kind >>> 8)) * FIELDS + USED] as number) * UNIT_BYTES
  }

  /**
   * A blob of `bytes` bytes with the first `keep` bytes of `ref`, which is given back unless it is roomy enough to
   * stay. Shrinks too, when that frees something.
   */
  resize(ref: Ref, bytes: number, keep: number): Ref {
    const capacity = this.capacity(ref)
    if (bytes <= capacity && roundedSize(bytes) === capacity) return ref
    const moved = this.alloc(bytes)
    const source = this.u8[segmentOf(ref)] as Uint8Array
    const from = byteOf(ref)
    copyBytes(source, from, from + Math.min(keep, bytes), this.u8[segmentOf(moved)] as Uint8Array, byteOf(moved))
    this.free(ref)
    return moved
  }

  /** A buffer of at least that many bytes for the time of one call; its content is whatever was there. */
  scratch(bytes: number): Uint8Array {
    if (this.room.length < bytes) this.room = new Uint8Array(Math.max(bytes, this.room.length * 2))
    return this.room
  }
  private room = new Uint8Array(0)

  /** Compresses blobs, one after the other. It takes a quarter of a megabyte: only who compresses has one. */
  get compressor(): Compressor {
    return this.lzf ??= new Compressor()
  }
  private lzf: Compressor | undefined = undefined

  /** Takes over a buffer as a blob of its own: a huge value that just arrived is not copied again. */
  adopt(bytes: Uint8Array): Ref {
    if (this.u8.length === 0) this.addSegment(FIRST_UNITS)
    const segment = this.newSegment(bytes, undefined)
    this.used += bytes.length
    return (segment << REF_SEGMENT_SHIFT) >>> 0
  }

  /**
   * The buffer that a freed blob has left and that fits best. A fresh one costs a page fault for every 4 KiB, and a collection
   * of garbage for every few dozens: replacing values of 1 MiB took three times the time.
   */
  takeSpare(bytes: number): Uint8Array | undefined {
    const { spares } = this
    let best = -1
    let least = roomiest(bytes) + 1
    for (let i = 0; i < spares.length; i++) {
      const { length } = spares[i] as Uint8Array
      if (length < bytes || length >= least) continue
      best = i
      least = length
    }
    const spare = spares[best]
    if (spare === undefined) return undefined
    spares[best] = spares[spares.length - 1] as Uint8Array
    spares.pop()
    this.spareBytes -= spare.length
    this.committed -= spare.length
    return spare
  }

  /**
   * Makes segments of memory that nobody uses any more, which otherwise would be there, unused, until the garbage
   * collector comes by. It must begin where a segment may.
   */
  donate(bytes: Uint8Array): void {
    for (let at = 0; at + SEGMENT_BYTES <= bytes.length; at += SEGMENT_BYTES) {
      this.keepSegment(bytes.subarray(at, at + SEGMENT_BYTES))
    }
  }

  private keepSegment(bytes: Uint8Array): void {
    this.donated.push(bytes)
    this.spareBytes += SEGMENT_BYTES
    this.committed += SEGMENT_BYTES
  }

  private takeDonated(): Uint8Array | undefined {
    const segment = this.donated.pop()
    if (segment === undefined) return undefined
    this.spareBytes -= SEGMENT_BYTES
    this.committed -= SEGMENT_BYTES
    return segment
  }

  /**
   * Becomes a copy of another arena: the same blobs under the same names. What is there is written over, which costs no
   * fresh pages, but for huge blobs: a reply may still refer to one.
   */
  assign(source: Arena): void {
    const count = source.u8.length
    this.committed = this.spareBytes
    for (let segment = 0; segment < count; segment++) this.assignSegment(segment, source)
    this.u8.length =
      this.u32.length =
      this.f64.length =
      this.meta.length =
        count
    this.freed.length = this.freeUnits.length = this.longestRun.length = count
    this.absent.splice(0, this.absent.length, ...source.absent)
    this.current.set(source.current)
    this.partial.set(source.partial)
    this.hint = source.hint
    this.used = source.used
  }

  private assignSegment(segment: number, source: Arena): void {
    const bytes = source.u8[segment] as Uint8Array
    const meta = source.meta[segment]
    const own = this.u8[segment]
    if (meta === undefined || bytes.length === 0) this.place(segment, bytes.length === 0 ? emptyBytes : copyOf(bytes))
    else {
      const isFit = own?.length === bytes.length && this.meta[segment] !== undefined
      if (!isFit) this.place(segment, alignedSegment(meta.length / FIELDS))
      ;(this.u8[segment] as Uint8Array).set(bytes.subarray(0, usedUnits(meta) * UNIT_BYTES))
    }
    this.setMeta(segment, meta?.slice())
    this.freed[segment] = (source.freed[segment] as Uint32Array).slice()
    this.freeUnits[segment] = source.freeUnits[segment] as number
    this.longestRun[segment] = source.longestRun[segment] as number
    this.committed += bytes.length
  }

  /** Whether the blob has a buffer of its own. */
  isHuge(ref: Ref): boolean {
    return this.meta[segmentOf(ref)] === undefined
  }

  // ---- spans

  private nextSpan(cls: number): void {
    // The full span is not listed anywhere; freeing one of its slots lists it again.
    const listed = this.partial[cls] as number
    if (listed !== 0) {
      this.unlinkPartial(cls, listed)
      this.current[cls] = listed
      return
    }
    this.current[cls] = this.takeUnits(spanUnits[cls] as number, cls)
  }

  private linkPartial(cls: number, unit: number): void {
    const head = this.partial[cls] as number
    this.setField(unit, NEXT, head)
    this.setField(unit, PREV, 0)
    if (head !== 0) this.setField(head, PREV, unit)
    this.partial[cls] = unit
  }

  private unlinkPartial(cls: number, unit: number): void {
    const next = this.field(unit, NEXT)
    const prev = this.field(unit, PREV)
    if (next !== 0) this.setField(next, PREV, prev)
    if (prev !== 0) this.setField(prev, NEXT, next)
    else this.partial[cls] = next
  }

  private field(unit: number, field: number): number {
    return (this.meta[unit >>> 8] as Int32Array)[(unit & 255) * FIELDS + field] as number
  }

  private setField(unit: number, field: number, value: number): void {
    ;(this.meta[unit >>> 8] as Int32Array)[(unit & 255) * FIELDS + field] = value
  }

  // ---- units

  private allocLarge(bytes: number): Ref {
    if (bytes > MAX_SHARED) {
      const size = Math.ceil(bytes / UNIT_BYTES) * UNIT_BYTES
      return this.adopt(this.takeSpare(size) ?? Buffer.allocUnsafeSlow(size))
    }
    const units = Math.ceil(bytes / UNIT_BYTES)
    const unit = this.takeUnits(units, LARGE)
    this.setField(unit, USED, units)
    this.used += units * UNIT_BYTES
    return (unit << 9) >>> 0
  }

  /** Finds a run of free units, first fit from the hint on, and marks it as a span of the class. */
  private takeUnits(units: number, cls: number): number {
    const count = this.u8.length
    for (let step = 0; step < count; step++) {
      const segment = (this.hint + step) % count
      if ((this.longestRun[segment] as number) < units) continue
      const first = this.findRun(segment, units)
      if (first < 0) continue
      this.hint = segment
      return this.markSpan(segment, first, units, cls)
    }
    if (count === 0) {
      this.addSegment(FIRST_UNITS)
      return this.takeUnits(units, cls)
    }
    this.hint = this.addSegment(UNITS)
    return this.markSpan(this.hint, 0, units, cls)
  }

  private findRun(segment: number, units: number): number {
    const meta = this.meta[segment] as Int32Array
    let run = 0
    let longest = 0
    const end = meta.length / FIELDS
    // Unit 0 of the first segment stays unused, so that no blob is named 0.
    for (let at = segment === 0 ? 1 : 0; at < end; at++) {
      if (meta[at * FIELDS] === FREE_UNIT) {
        if (++run === units) return at - units + 1
        if (run > longest) longest = run
      } else run = 0
    }
    this.longestRun[segment] = longest
    return -1
  }

  private markSpan(segment: number, first: number, units: number, cls: number): number {
    const meta = this.meta[segment] as Int32Array
    for (let i = 0; i < units; i++) meta[(first + i) * FIELDS] = cls | (i << 8)
    const record = first * FIELDS
    meta.fill(0, record + USED, record + FIELDS)
    ;(this.freed[segment] as Uint32Array)[first] = 0
    this.freeUnits[segment] = (this.freeUnits[segment] as number) - units
    return (segment << 8) | first
  }

  private releaseUnits(segment: number, first: number, units: number): void {
    const meta = this.meta[segment] as Int32Array
    for (let i = 0; i < units; i++) meta[(first + i) * FIELDS] = FREE_UNIT
    const free = (this.freeUnits[segment] as number) + units
    this.freeUnits[segment] = free
    // An upper bound: the run that this one may have joined.
    this.longestRun[segment] = free
    this.dropIfIdle(segment)
  }

  /** Gives a segment back that holds nothing but empty spans at hand. */
  private dropIfIdle(segment: number): void {
    let units = this.freeUnits[segment] as number
    if (units < UNITS / 2 || segment === 0) return
    if (units < UNITS) {
      for (let cls = 0; cls < CLASSES; cls++) if (this.isIdleIn(segment, cls)) units += spanUnits[cls] as number
      if (units < UNITS) return
      for (let cls = 0; cls < CLASSES; cls++) if (this.isIdleIn(segment, cls)) this.current[cls] = 0
    }
    const bytes = this.u8[segment] as Uint8Array
    this.dropSegment(segment)
    // Where blobs come and go, the next one is wanted soon
    if (this.donated.length < SEGMENTS_KEPT) this.keepSegment(bytes)
  }

  private isIdleIn(segment: number, cls: number): boolean {
    const unit = this.current[cls] as number
    return unit !== 0 && unit >>> 8 === segment && this.field(unit, USED) === 0
  }

  // ---- segments

  private addSegment(units: number): number {
    const donated = units === UNITS ? this.takeDonated() : undefined
    return this.newSegment(donated ?? alignedSegment(units), newMeta(units))
  }

  private newSegment(bytes: Uint8Array, meta: Int32Array | undefined): number {
    const segment = this.absent.pop() ?? this.u8.length
    if (segment >= MAX_SEGMENTS) throw new RangeError("the arena has reached 32 GiB")
    this.place(segment, bytes)
    this.setMeta(segment, meta)
    const units = meta === undefined ? 0 : meta.length / FIELDS
    this.freed[segment] = meta === undefined ? emptyWords : new Uint32Array(units)
    this.freeUnits[segment] = units
    this.longestRun[segment] = units
    this.committed += bytes.length
    return segment
  }

  /** Lets a segment be these bytes. */
  private place(segment: number, bytes: Uint8Array): void {
    this.u8[segment] = bytes
    this.u32[segment] = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2)
    this.f64[segment] = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 3)
  }

  private setMeta(segment: number, meta: Int32Array | undefined): void {
    // A sparse slot, never read as a number: a huge blob's segment has no units.
    ;(this.meta as Array<Int32Array | undefined>)[segment] = meta
  }

  private freeHuge(segment: number, reusable: boolean): void {
    const bytes = this.u8[segment] as Uint8Array
    this.used -= bytes.length
    this.dropSegment(segment)
    if (!reusable || this.spareBytes + bytes.length > MOST_SPARE) return
    this.spares.push(bytes)
    this.spareBytes += bytes.length
    this.committed += bytes.length
  }

  private dropSegment(segment: number): void {
    this.committed -= (this.u8[segment] as Uint8Array).length
    this.u8[segment] = emptyBytes
    this.u32[segment] = emptyWords
    this.f64[segment] = emptyDoubles
    this.freed[segment] = emptyWords
    this.longestRun[segment] = 0
    this.freeUnits[segment] = 0
    this.absent.push(segment)
  }
}

/** glibc puts large blocks 16 bytes behind a page: 48 bytes further on, slots of 64 bytes and cache lines coincide. */
const alignedSegment = (units: number): Uint8Array => Buffer.allocUnsafeSlow(units * UNIT_BYTES + 48).subarray(48)

const emptyBytes: Uint8Array = Buffer.alloc(0)
const emptyWords = new Uint32Array(0)
const emptyDoubles = new Float64Array(0)
const newMeta = (units: number): Int32Array => {
  const meta = new Int32Array(units * FIELDS)
  for (let at = 0; at < units; at++) meta[at * FIELDS] = FREE_UNIT
  return meta
}

/** How many units there are up to the last one in use. */
const usedUnits = (meta: Int32Array): number => {
  let units = meta.length / FIELDS
  while (units > 0 && meta[(units - 1) * FIELDS] === FREE_UNIT) units--
  return units
}

const copyOf = (bytes: Uint8Array): Uint8Array => {
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  copy.set(bytes)
  return copy
}

/** Copies `source[start, end)` to `target` at `at`; the two may overlap. Short runs are copied without a native call. */
export const copyBytes = (source: Uint8Array, start: number, end: number, target: Uint8Array, at: number): void => {
  const length = end - start
  if (length <= 64) {
    if (source !== target || at <= start) {
      for (let i = 0; i < length; i++) target[at + i] = source[start + i] as number
    } else for (let i = length - 1; i >= 0; i--) target[at + i] = source[start + i] as number
  } else if (source === target) target.copyWithin(at, start, end)
  else target.set(source.subarray(start, end), at)
}
