/**
 * HyperLogLogs in Redis's format: strings that estimate how many different elements were added (Flajolet et al. 2007,
 * with Ertl's estimator of 2017). An element's hash picks one of 16384 registers, which keeps the longest run of zeros
 * that followed.
 *
 * Behind a header of 16 bytes (`HYLL`, encoding, three zeros, the last estimate) stand the registers: dense ones of six
 * bits each, or runs of equal ones ("sparse": `00len` and `01len len` for registers that are 0, `1valln` for others).
 * Nothing here grows a string in place: a sparse one is changed in a `Sparse`, which holds a copy.
 */
import * as Integers from "./Integers.ts"
import { Murmur } from "./Murmur.ts"

const HEADER = 16
const ENCODING = 4
const CARDINALITY = 8
const DENSE = 0
const SPARSE = 1
const INDEX_BITS = 14
export const REGISTERS = 1 << INDEX_BITS
const REGISTER_BITS = 6
const REGISTER_MOST = (1 << REGISTER_BITS) - 1
/** Bits of the hash that may be zeros: those that do not pick the register. */
const RUN_BITS = 64 - INDEX_BITS
const DENSE_BYTES = HEADER + (REGISTERS * REGISTER_BITS) / 8
const SEED = 0xadc83b19

const ZERO_MOST = 64
const VALUE_MOST = 32
const VALUE_RUN_MOST = 4

/** An empty one, as PFADD begins it. */
export const empty: Uint8Array = Buffer.from("48594c4c0100000000000000000000007fff", "hex")

// ---- the header

/** Whether a string looks like one; a sparse one may still be corrupt. */
export const isOne = (bytes: Uint8Array, start: number, end: number): boolean =>
  end - start >= HEADER && bytes[start] === 0x48 && bytes[start + 1] === 0x59 && bytes[start + 2] === 0x4c
  && bytes[start + 3] === 0x4c && (bytes[start + ENCODING] as number) <= SPARSE
  && (bytes[start + ENCODING] !== DENSE || end - start === DENSE_BYTES)

export const isDense = (bytes: Uint8Array, start: number): boolean => bytes[start + ENCODING] === DENSE

/** The last estimate; undefined when something was added since. */
export const cached = (bytes: Uint8Array, start: number): Integers.Integer | undefined => {
  if ((bytes[start + HEADER - 1] as number) >= 0x80) return undefined
  let low = 0
  let high = 0
  for (let i = 3; i >= 0; i--) {
    low = low * 256 + (bytes[start + CARDINALITY + i] as number)
    high = high * 256 + (bytes[start + CARDINALITY + 4 + i] as number)
  }
  return Integers.fromHalves(high, low)
}

export const cache = (bytes: Uint8Array, start: number, cardinality: Integers.Integer): void => {
  let low = Integers.lowHalf(cardinality)
  let high = Integers.highHalf(cardinality)
  for (let i = 0; i < 4; i++) {
    bytes[start + CARDINALITY + i] = low
    bytes[start + CARDINALITY + 4 + i] = high
    low >>>= 8
    high >>= 8
  }
}

/** Something was added: the last estimate holds no longer. */
export const invalidate = (bytes: Uint8Array, start: number): void => {
  bytes[start + HEADER - 1] = (bytes[start + HEADER - 1] as number) | 0x80
}

// ---- elements

/** The register of an element and the run of zeros in its hash. */
export class Pattern {
  index = 0
  run = 0
  private readonly murmur = new Murmur()

  of(bytes: Uint8Array, start: number, end: number): void {
    const { murmur } = this
    murmur.of(bytes, start, end, SEED)
    this.index = murmur.low & (REGISTERS - 1)
    const low = ((murmur.low >>> INDEX_BITS) | (murmur.high << (32 - INDEX_BITS))) >>> 0
    const high = (murmur.high >>> INDEX_BITS) | (1 << (RUN_BITS - 32))
    this.run = low === 0 ? 33 + trailingZeros(high) : 1 + trailingZeros(low)
  }
}

const trailingZeros = (word: number): number => 31 - Math.clz32(word & -word)

// ---- dense registers

const getDense = (bytes: Uint8Array, start: number, index: number): number => {
  const bit = index * REGISTER_BITS
  const at = start + HEADER + (bit >>> 3)
  const shift = bit & 7
  // Behind the last register stands another string, but none of its bits are looked at
  return (((bytes[at] as number) | ((bytes[at + 1] as number) << 8)) >>> shift) & REGISTER_MOST
}

/** Raises a register of a dense one; false when it was as high. */
export const raiseDense = (bytes: Uint8Array, start: number, index: number, run: number): boolean => {
  if (getDense(bytes, start, index) >= run) return false
  const bit = index * REGISTER_BITS
  const at = start + HEADER + (bit >>> 3)
  const shift = bit & 7
  bytes[at] = ((bytes[at] as number) & ~(REGISTER_MOST << shift)) | (run << shift)
  if (shift > 2) {
    bytes[at + 1] = ((bytes[at + 1] as number) & ~(REGISTER_MOST >>> (8 - shift))) | (run >>> (8 - shift))
  }
  return true
}

// ---- sparse registers

const isZeros = (op: number): boolean => op < 0x40
const isLongZeros = (op: number): boolean => op >= 0x40 && op < 0x80
const valueOf = (op: number): number => ((op >>> 2) & 31) + 1
const runOf = (op: number): number => (op & 3) + 1
const valueOp = (value: number, length: number): number => 0x80 | ((value - 1) << 2) | (length - 1)

/** How many registers the run at `at` covers; a byte that is missing counts as 0. */
const lengthAt = (bytes: Uint8Array, at: number, end: number): number => {
  const op = bytes[at] as number
  if (isZeros(op)) return (op & 63) + 1
  if (!isLongZeros(op)) return runOf(op)
  return (((op & 63) << 8) | (at + 1 < end ? bytes[at + 1] as number : 0)) + 1
}

const sizeOf = (op: number): number => isLongZeros(op) ? 2 : 1

/** Calls `visit` with each run of registers that are not 0; false when the runs do not make all registers. */
const eachRun = (
  bytes: Uint8Array,
  start: number,
  end: number,
  visit: (index: number, length: number, value: number) => void
): boolean => {
  let index = 0
  for (let at = start + HEADER; at < end; at += sizeOf(bytes[at] as number)) {
    const op = bytes[at] as number
    const length = lengthAt(bytes, at, end)
    if (op >= 0x80) {
      if (index + length > REGISTERS) return false
      visit(index, length, valueOf(op))
    }
    index += length
  }
  return index === REGISTERS
}

/** The dense form of a sparse one; undefined when it is corrupt. */
export const toDense = (bytes: Uint8Array, start: number, end: number): Uint8Array | undefined => {
  const dense = new Uint8Array(DENSE_BYTES)
  dense.set(bytes.subarray(start, start + HEADER))
  dense[ENCODING] = DENSE
  const sound = eachRun(bytes, start, end, (index, length, value) => {
    for (let i = 0; i < length; i++) raiseDense(dense, 0, index + i, value)
  })
  return sound ? dense : undefined
}

/** Why a register of a sparse one was not raised, or that it was. */
export type Raised = "raised" | "as high" | "corrupt" | "too big"

/** A sparse one that is being changed. */
export class Sparse {
  bytes: Uint8Array = new Uint8Array(0)
  length = 0

  load(bytes: Uint8Array, start: number, end: number): void {
    this.length = 0
    this.room(end - start)
    this.bytes.set(bytes.subarray(start, end))
    this.length = end - start
  }

  private room(more: number): void {
    if (this.length + more <= this.bytes.length) return
    const grown = new Uint8Array((this.length + more) * 2)
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
  }

  /** Raises a register; "too big" when the value or the string, in bytes, needs the dense form. */
  raise(index: number, value: number, most: number): Raised {
    if (value > VALUE_MOST) return "too big"
    this.room(4)
    const { bytes } = this
    const end = this.length
    let previous = -1
    let at = HEADER
    let first = 0
    let span = 0
    while (at < end) {
      span = lengthAt(bytes, at, end)
      if (index < first + span) break
      previous = at
      at += sizeOf(bytes[at] as number)
      first += span
    }
    if (span === 0 || at >= end) return "corrupt"
    const op = bytes[at] as number
    const old = op >= 0x80 ? valueOf(op) : 0
    if (old >= value) return "as high"
    if (span === 1 && !isLongZeros(op)) bytes[at] = valueOp(value, 1)
    else {
      const run = [
        ...part(old, index - first),
        valueOp(value, 1),
        ...part(old, first + span - 1 - index)
      ]
      const size = sizeOf(op)
      const more = run.length - size
      if (more > 0 && end + more > most) return "too big"
      if (at + size < end) bytes.copyWithin(at + run.length, at + size, end)
      bytes.set(run, at)
      this.length = end + more
    }
    this.merge(previous < 0 ? HEADER : previous)
    invalidate(bytes, 0)
    return "raised"
  }

  /** Joins equal values that have come to stand side by side. */
  private merge(from: number): void {
    const { bytes } = this
    let at = from
    for (let left = 5; at < this.length && left > 0; left--) {
      const op = bytes[at] as number
      const next = at + 1 < this.length ? bytes[at + 1] as number : 0
      const joined = runOf(op) + runOf(next)
      if (op >= 0x80 && next >= 0x80 && valueOf(op) === valueOf(next) && joined <= VALUE_RUN_MOST) {
        bytes[at + 1] = valueOp(valueOf(op), joined)
        bytes.copyWithin(at, at + 1, this.length)
        this.length--
      } else at += sizeOf(op)
    }
  }
}

/** What is left of a run that is split. */
const part = (value: number, length: number): ReadonlyArray<number> => {
  if (length === 0) return []
  if (value > 0) return [valueOp(value, length)]
  return length > ZERO_MOST ? [0x40 | ((length - 1) >>> 8), (length - 1) & 255] : [length - 1]
}

/** The runs of a sparse one, as PFDEBUG DECODE shows them. */
export const decode = (bytes: Uint8Array, start: number, end: number): string => {
  const runs: Array<string> = []
  for (let at = start + HEADER; at < end; at += sizeOf(bytes[at] as number)) {
    const op = bytes[at] as number
    const length = lengthAt(bytes, at, end)
    runs.push(isZeros(op) ? `z:${length}` : isLongZeros(op) ? `Z:${length}` : `v:${valueOf(op)},${length}`)
  }
  return runs.join(" ")
}

// ---- several

/** Four dense registers, as they lie in three bytes, a byte each. */
const unpack = (packed: number): number =>
  (packed & 0x3f) | ((packed & 0xfc0) << 2) | ((packed & 0x3f000) << 4) | ((packed & 0xfc0000) << 6)

const pack = (word: number): number =>
  (word & 0x3f) | ((word >>> 2) & 0xfc0) | ((word >>> 4) & 0x3f000) | ((word >>> 6) & 0xfc0000)

const packedAt = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16)

/** The higher one of each of four registers. None has its byte's highest bit, so that no difference borrows of the next. */
const highest = (a: number, b: number): number => {
  const notLower = ((a | 0x80808080) - b) & 0x80808080
  return b ^ ((a ^ b) & (notLower - (notLower >>> 7)))
}

/** The registers of one, or the highest ones of several: a byte each, four at a time. */
export class Registers {
  readonly bytes = new Uint8Array(REGISTERS)
  private readonly words = new Int32Array(this.bytes.buffer)

  clear(): this {
    this.bytes.fill(0)
    return this
  }

  /** Raises registers to those of a HyperLogLog; false when it is corrupt, with a part of it merged. */
  merge(bytes: Uint8Array, start: number, end: number): boolean {
    const into = this.bytes
    if (!isDense(bytes, start)) {
      return eachRun(bytes, start, end, (index, length, value) => {
        for (let i = index; i < index + length; i++) if (value > (into[i] as number)) into[i] = value
      })
    }
    const { words } = this
    for (let i = 0; i < REGISTERS / 4; i++) {
      words[i] = highest(words[i] as number, unpack(packedAt(bytes, start + HEADER + i * 3)))
    }
    return true
  }

  /** Lets these be the registers of a dense HyperLogLog. */
  write(bytes: Uint8Array, start: number): void {
    const { words } = this
    for (let i = 0; i < REGISTERS / 4; i++) {
      const packed = pack(words[i] as number)
      const at = start + HEADER + i * 3
      bytes[at] = packed
      bytes[at + 1] = packed >>> 8
      bytes[at + 2] = packed >>> 16
    }
  }

  /** The first register from `index` on that is not 0; `REGISTERS` when there is none. */
  next(index: number): number {
    let at = index
    while (at < REGISTERS && this.bytes[at] === 0) at += (at & 3) === 0 && this.words[at >>> 2] === 0 ? 4 : 1
    return at
  }

  /** The estimate for what was merged. */
  count(): Integers.Integer {
    const { words } = this
    const histogram = new Histogram()
    for (let i = 0; i < words.length; i += 2) {
      const first = words[i] as number
      const second = words[i + 1] as number
      if ((first | second) === 0) histogram.add(0, 8)
      else {
        histogram.addFour(first & 63, (first >>> 8) & 63, (first >>> 16) & 63, first >>> 24)
        histogram.addFour(second & 63, (second >>> 8) & 63, (second >>> 16) & 63, second >>> 24)
      }
    }
    return histogram.estimate()
  }
}

// ---- the estimate

/** The estimate for a HyperLogLog; undefined for a corrupt one. */
export const count = (bytes: Uint8Array, start: number, end: number): Integers.Integer | undefined => {
  const histogram = new Histogram()
  if (isDense(bytes, start)) {
    for (let at = start + HEADER; at < start + DENSE_BYTES; at += 3) {
      const packed = packedAt(bytes, at)
      histogram.addFour(packed & 63, (packed >>> 6) & 63, (packed >>> 12) & 63, packed >>> 18)
    }
    return histogram.estimate()
  }
  let index = 0
  for (let at = start + HEADER; at < end; at += sizeOf(bytes[at] as number)) {
    const op = bytes[at] as number
    const length = lengthAt(bytes, at, end)
    histogram.add(op < 0x80 ? 0 : valueOf(op), length)
    index += length
  }
  return index === REGISTERS ? histogram.estimate() : undefined
}

/** How many registers have each value. */
class Histogram {
  /** Four rows, of which each gets one of four registers: equal values side by side need not wait for each other. */
  private readonly rows = new Int32Array((REGISTER_MOST + 1) * 4)

  add(value: number, times: number): void {
    this.rows[value] = (this.rows[value] as number) + times
  }

  addFour(a: number, b: number, c: number, d: number): void {
    const { rows } = this
    rows[a] = (rows[a] as number) + 1
    rows[b + 64] = (rows[b + 64] as number) + 1
    rows[c + 128] = (rows[c + 128] as number) + 1
    rows[d + 192] = (rows[d + 192] as number) + 1
  }

  estimate(): Integers.Integer {
    const { rows } = this
    for (let at = REGISTER_MOST + 1; at < rows.length; at++) this.add(at & REGISTER_MOST, rows[at] as number)
    return estimate(rows)
  }
}

const ALPHA = 0.7213475204444817

/** Ertl's estimator, from how many registers have each value; what `histogram` has beyond them is not looked at. */
const estimate = (histogram: Int32Array): Integers.Integer => {
  let z = REGISTERS * tau((REGISTERS - (histogram[RUN_BITS + 1] as number)) / REGISTERS)
  for (let value = RUN_BITS; value >= 1; value--) z = 0.5 * (z + (histogram[value] as number))
  z += REGISTERS * sigma((histogram[0] as number) / REGISTERS)
  // Registers that no element sets, as high as they go, are infinitely many elements: to C a number of its own
  return z === 0 ? Integers.min : Math.round(ALPHA * REGISTERS * REGISTERS / z)
}

const sigma = (share: number): number => {
  if (share === 1) return Infinity
  let x = share
  let y = 1
  let z = x
  let before: number
  do {
    x *= x
    before = z
    z += x * y
    y += y
  } while (before !== z)
  return z
}

const tau = (share: number): number => {
  if (share === 0 || share === 1) return 0
  let x = share
  let y = 1
  let z = 1 - x
  let before: number
  do {
    x = Math.sqrt(x)
    before = z
    y *= 0.5
    z -= (1 - x) ** 2 * y
  } while (before !== z)
  return z / 3
}
