/**
 * Latencies of one command as a histogram with two significant digits, after Gil Tene's HdrHistogram: buckets that
 * double in width, each cut into equal steps. Pure.
 *
 * Values are nanoseconds up to a second, so that the figures of INFO latencystats and LATENCY HISTOGRAM come out as
 * Redis's do.
 */

/** Steps of the first bucket: enough for two digits. Each further bucket adds half as many, twice as wide. */
const STEPS = 256
const STEPS_BITS = 8
const HALF = STEPS / 2
const MOST = 1_000_000_000
const SLOTS = (32 - Math.clz32(MOST) - STEPS_BITS + 2) * HALF

const slotOf = (value: number): number => {
  const bucket = Math.max(0, 32 - Math.clz32(value) - STEPS_BITS)
  return bucket * HALF + (value >>> bucket)
}

/** How many bits narrower the values of a slot are than the values themselves. */
const shiftOf = (slot: number): number => Math.max(0, Math.floor(slot / HALF) - 1)

/** The largest value that a slot stands for. */
const highestOf = (slot: number): number => {
  const shift = shiftOf(slot)
  return ((slot - shift * HALF + 1) * 2 ** shift) - 1
}

const noSlots = new Float64Array(0)

export class Histogram {
  count = 0
  /** As many as the highest value so far needs: most commands are never called, and most others never take long. */
  private slots = noSlots

  /** Counts `times` runs of so many nanoseconds each. O(1). */
  record(nanoseconds: number, times = 1): void {
    const slot = slotOf(nanoseconds < 1 ? 1 : nanoseconds > MOST ? MOST : nanoseconds)
    if (slot >= this.slots.length) this.grow(slot + 1)
    this.slots[slot] = (this.slots[slot] as number) + times
    this.count += times
  }

  private grow(slots: number): void {
    const grown = new Float64Array(Math.ceil(slots / HALF) * HALF)
    grown.set(this.slots)
    this.slots = grown
  }

  reset(): void {
    this.count = 0
    this.slots = noSlots
  }

  /** Adds all that another one has recorded, or takes it away again. */
  add(other: Histogram, sign: 1 | -1 = 1): void {
    if (other.slots.length > this.slots.length) this.grow(other.slots.length)
    for (const [slot, count] of other.slots.entries()) this.slots[slot] = (this.slots[slot] as number) + sign * count
    this.count += sign * other.count
  }

  /** The value in nanoseconds below or at which that share (0 to 100) of the recorded ones lies. */
  percentile(percent: number): number {
    const wanted = Math.max(1, Math.floor((Math.min(percent, 100) / 100) * this.count + 0.5))
    let seen = 0
    let slot = 0
    for (; slot < this.slots.length; slot++) {
      seen += this.slots[slot] as number
      if (seen >= wanted) return highestOf(slot)
    }
    return slot === 0 ? 0 : highestOf(slot - 1)
  }

  /** How many values lie at or below each power of two of microseconds; bounds that add nothing are left out. */
  cumulative(): Array<readonly [microseconds: number, count: number]> {
    const bounds: Array<readonly [number, number]> = []
    let seen = 0
    let slot = 0
    for (let bound = 1024; seen < this.count; bound *= 2) {
      const before = seen
      const last = bound >= MOST ? SLOTS - 1 : slotOf(bound)
      for (; slot <= last; slot++) seen += this.slots[slot] ?? 0
      if (seen > before) bounds.push([Math.floor(highestOf(last) / 1000), seen])
    }
    return bounds
  }
}
