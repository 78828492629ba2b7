/**
 * The access word of an entry, by which eviction picks (https://redis.io/docs/reference/eviction): under LRU the second
 * of the last access, under LFU Redis's pair of a minute (16 bits) and a logarithmic counter (8 bits).
 */

/** What LFU goes by: `lfu-log-factor`, `lfu-decay-time` and the time. */
export interface LfuClock {
  readonly seconds: number
  readonly lfuLogFactor: number
  /** Minutes until a counter loses one; 0: never. */
  readonly lfuDecayTime: number
  readonly random: () => number
}

/** A new key's counter: it gets time to gather hits. */
export const LFU_INITIAL = 5

const minutesOf = (seconds: number): number => Math.floor(seconds / 60) & 0xffff

export const lfuFresh = (clock: LfuClock): number => (minutesOf(clock.seconds) << 8) | LFU_INITIAL

export const lfuWith = (clock: LfuClock, counter: number): number => (minutesOf(clock.seconds) << 8) | counter

/** The counter as it is now, decayed. */
export const lfuCounter = (word: number, clock: LfuClock): number => {
  const counter = word & 255
  if (clock.lfuDecayTime === 0) return counter
  const elapsed = (minutesOf(clock.seconds) - ((word >>> 8) & 0xffff)) & 0xffff
  return Math.max(0, counter - Math.floor(elapsed / clock.lfuDecayTime))
}

/** The word after one more access. */
export const lfuTouched = (word: number, clock: LfuClock): number => {
  let counter = lfuCounter(word, clock)
  if (counter < 255) {
    const base = Math.max(0, counter - LFU_INITIAL)
    if ((clock.random() >>> 0) / 4294967296 < 1 / (base * clock.lfuLogFactor + 1)) counter++
  }
  return (minutesOf(clock.seconds) << 8) | counter
}
