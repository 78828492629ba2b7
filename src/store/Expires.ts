/**
 * The times to live of one database: a dense list of (entry, time), in which each volatile entry knows its slot. Dense,
 * so that the active expiry cycle and the eviction of volatile keys can walk it or pick from it at random.
 */
import type { Arena, Ref } from "../memory/Arena.ts"
import { segmentOf, wordOf } from "../memory/Arena.ts"
import type { Integer } from "../memory/Integers.ts"

const CHUNK_BITS = 10
const CHUNK = 1 << CHUNK_BITS
const CHUNK_MASK = CHUNK - 1

export class Expires {
  /** Number of volatile entries. Slots run from 1 to this. */
  size = 0
  private readonly refs: Array<Uint32Array> = []
  private readonly times: Array<Float64Array> = []
  /** Times that a double cannot hold, by entry: allowed, and hardly ever seen. */
  private readonly distant = new Map<Ref, bigint>()
  private readonly arena: Arena
  private readonly slotWord: number

  /** `slotWord` is the word of an entry that holds its slot; 0 there means no time to live. */
  constructor(arena: Arena, slotWord: number) {
    this.arena = arena
    this.slotWord = slotWord
  }

  /** Becomes a copy of those of another arena, which has the same entries under the same names. */
  assign(source: Expires): void {
    this.size = source.size
    for (const [chunk, refs] of source.refs.entries()) (this.refs[chunk] ??= new Uint32Array(CHUNK)).set(refs)
    for (const [chunk, times] of source.times.entries()) (this.times[chunk] ??= new Float64Array(CHUNK)).set(times)
    this.refs.length = this.times.length = source.refs.length
    this.distant.clear()
    for (const [ref, time] of source.distant) this.distant.set(ref, time)
  }

  /** Unix time in milliseconds; beyond 2^53 the nearest double. */
  timeAt(slot: number): number {
    return (this.times[slot >>> CHUNK_BITS] as Float64Array)[slot & CHUNK_MASK] as number
  }

  /** The time to the millisecond, however far away. */
  exactTimeAt(slot: number): Integer {
    return this.distant.get(this.refAt(slot)) ?? this.timeAt(slot)
  }

  refAt(slot: number): Ref {
    return (this.refs[slot >>> CHUNK_BITS] as Uint32Array)[slot & CHUNK_MASK] as number
  }

  slotOf(ref: Ref): number {
    return (this.arena.u32[segmentOf(ref)] as Uint32Array)[wordOf(ref) + this.slotWord] as number
  }

  /** Sets or changes the time of an entry. O(1). */
  set(ref: Ref, time: Integer): void {
    let slot = this.slotOf(ref)
    if (slot === 0) {
      slot = ++this.size
      if (this.refs[slot >>> CHUNK_BITS] === undefined) {
        this.refs[slot >>> CHUNK_BITS] = new Uint32Array(CHUNK)
        this.times[slot >>> CHUNK_BITS] = new Float64Array(CHUNK)
      }
      this.put(slot, ref)
    }
    ;(this.times[slot >>> CHUNK_BITS] as Float64Array)[slot & CHUNK_MASK] = Number(time)
    if (typeof time === "bigint") this.distant.set(ref, time)
    else if (this.distant.size > 0) this.distant.delete(ref)
  }

  /** Makes an entry persistent; the last slot takes the place of its own. O(1). */
  remove(ref: Ref): void {
    const slot = this.slotOf(ref)
    if (slot === 0) return
    const last = this.size--
    if (slot !== last) {
      this.put(slot, this.refAt(last))
      ;(this.times[slot >>> CHUNK_BITS] as Float64Array)[slot & CHUNK_MASK] = this.timeAt(last)
    }
    this.write(ref, 0)
    if (this.distant.size > 0) this.distant.delete(ref)
    const chunk = (last >>> CHUNK_BITS) + 1
    if ((last & CHUNK_MASK) === 0 && this.refs.length > chunk) this.refs.length = this.times.length = chunk
  }

  /** The entry with that slot now lives at `ref`. */
  moved(slot: number, ref: Ref): void {
    const before = this.distant.size > 0 ? this.distant.get(this.refAt(slot)) : undefined
    if (before !== undefined) {
      this.distant.delete(this.refAt(slot))
      this.distant.set(ref, before)
    }
    this.place(slot, ref)
  }

  private place(slot: number, ref: Ref): void {
    ;(this.refs[slot >>> CHUNK_BITS] as Uint32Array)[slot & CHUNK_MASK] = ref
  }

  private put(slot: number, ref: Ref): void {
    this.place(slot, ref)
    this.write(ref, slot)
  }

  private write(ref: Ref, slot: number): void {
    ;(this.arena.u32[segmentOf(ref)] as Uint32Array)[wordOf(ref) + this.slotWord] = slot
  }

  get bytes(): number {
    return this.refs.length * CHUNK * 12
  }
}
