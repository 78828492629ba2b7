/** Sets in RDB data: the intset as it lies in memory, or the members one after the other; Redis 7.2 also has listpacks. */
import { byteOf, segmentOf } from "../../memory/Arena.ts"
import * as Intset from "../../memory/Intset.ts"
import * as Listpack from "../../memory/Listpack.ts"
import { Encoding, Type } from "../../store/Entry.ts"
import { SetValue } from "../../store/types/SetValue.ts"
import { allocBlob } from "../../store/types/ValueAt.ts"
import type { Codec, Loader, Target } from "../Codec.ts"
import * as FrozenDict from "../FrozenDict.ts"
import { Corruption, emptyValue, RdbType } from "../Rdb.ts"
import type { RdbOutput } from "../RdbOutput.ts"

const duplicate = new Corruption("Duplicate set members detected")
const brokenIntset = new Corruption("Intset integrity check failed.")
const brokenListpack = new Corruption("Set listpack integrity check failed.")

// ---- reading

const begin = (target: Target): SetValue => keep(target, new SetValue(target.space).begin(target.space))

/** Lets the target know where the set is now. */
const keep = (target: Target, set: SetValue): SetValue => {
  target.encoding = set.encoding
  target.value = set.word
  return set
}

const loadMembers: Loader = function*(input, target) {
  while (!input.tryCount()) yield
  const count = Number(input.value)
  if (count === 0) throw emptyValue
  const set = begin(target)
  set.reserve(input.plausible(count, 1))
  keep(target, set)
  for (let left = count; left > 0; left--) {
    while (!input.tryString()) yield
    const isNew = set.add(input.bytes, input.start, input.stop)
    keep(target, set)
    if (!isNew) throw duplicate
  }
}

const loadIntset: Loader = function*(input, target) {
  while (!input.tryString()) yield
  const { bytes, start, stop } = input
  if (!Intset.validate(bytes, start, stop - start, true)) throw brokenIntset
  const blob = allocBlob(target.space, bytes, start, stop)
  const set = keep(target, new SetValue(target.space).load(target.space, Encoding.intset, blob))
  if (set.length > target.space.state.settings.setMaxIntsetEntries) set.becomeTable()
  keep(target, set)
}

const loadListpack: Loader = function*(input, target) {
  while (!input.tryString()) yield
  const { bytes, start, stop } = input
  if (!Listpack.validate(bytes, start, stop - start, true)) throw brokenListpack
  if (Listpack.isEmpty(bytes, start)) throw emptyValue
  const set = begin(target)
  const member = new Listpack.Element()
  for (let p = Listpack.first(start); !Listpack.isEnd(bytes, p);) {
    p = member.read(bytes, p)
    const isNew = set.addElement(member)
    keep(target, set)
    if (!isNew) throw brokenListpack
  }
}

const writeMember = (out: RdbOutput, member: Listpack.Element): void => {
  member.text()
  out.string(member.bytes, member.start, member.end)
}

export const SetCodec: Codec = {
  type: Type.set,
  rdbType: (encoding) => encoding === Encoding.intset ? RdbType.setIntset : RdbType.set,
  save: (out, space, encoding, value) => {
    if (encoding === Encoding.intset) {
      const bytes = space.arena.u8[segmentOf(value)] as Uint8Array
      const start = byteOf(value)
      return out.string(bytes, start, start + Intset.byteLength(bytes, start))
    }
    const set = new SetValue(space).load(space, encoding, value)
    out.length(set.length)
    set.forEach((member) => writeMember(out, member))
  },
  freeze: (space, encoding, value) => {
    if (encoding !== Encoding.hashtable) return undefined
    const set = new SetValue(space).load(space, encoding, value)
    const member = new Listpack.Element()
    return FrozenDict.freeze(space, set.dict, {
      write: (out, _, ref) => writeMember(out, set.read(ref, member))
    })
  },
  loaders: {
    [RdbType.set]: loadMembers,
    [RdbType.setIntset]: loadIntset,
    [RdbType.setListpack]: loadListpack
  }
}
