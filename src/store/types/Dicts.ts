/** What hashes and sets do with their dictionaries as wholes. An entry is one blob, whatever it holds. */
import type { ByteDict } from "../../memory/ByteDict.ts"
import { DICT_BYTES, type Keyspace } from "../Keyspace.ts"
import { copyBlob } from "./ValueAt.ts"

/** A tenth of a millisecond's work, with the sixteen slices between two looks at the clock. */
const SLOTS_PER_SLICE = 128

/** Gives the dictionary and its entries back, in slices. */
export function* release(space: Keyspace, handle: number): Generator<void> {
  const dict = space.held<ByteDict>(handle)
  const { slots } = dict
  for (let slot = 0; slot < slots; slot++) {
    const ref = dict.slotAt(slot)
    if (ref !== 0) space.arena.free(ref)
    if (slot % SLOTS_PER_SLICE === SLOTS_PER_SLICE - 1) yield
  }
  space.dropDict(dict)
  space.drop(handle)
}

/** A copy of the dictionary and its entries; `keyOffset` is where their keys begin. */
export const copy = (space: Keyspace, handle: number, keyOffset: number): number => {
  const source = space.held<ByteDict>(handle)
  const target = space.makeDict(keyOffset)
  target.reserve(source.size)
  source.forEach((ref) => target.insert(copyBlob(space, ref, space.arena.capacity(ref)), source.codeOf(ref)))
  return space.hold(target)
}

/** Bytes of the tables and of the entries, these as estimated from `samples` of them (0: all). */
export const bytes = (space: Keyspace, handle: number, samples: number): number => {
  const dict = space.held<ByteDict>(handle)
  const most = samples === 0 ? dict.size : samples
  let looked = 0
  let sum = 0
  for (let slot = 0; slot < dict.slots && looked < most; slot++) {
    const ref = dict.slotAt(slot)
    if (ref === 0) continue
    sum += space.arena.capacity(ref)
    looked++
  }
  return dict.tableBytes + DICT_BYTES + (looked === 0 ? 0 : Math.ceil((sum / looked) * dict.size))
}
