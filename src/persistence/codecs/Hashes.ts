/**
 * Hashes in RDB data: the listpack as it lies in memory, or fields and values one after the other. Older versions have
 * ziplists and zipmaps, which are made anew.
 */
import * as Listpack from "../../memory/Listpack.ts"
import { Encoding, Type } from "../../store/Entry.ts"
import { HashValue, isListpack } from "../../store/types/HashValue.ts"
import type { Codec, Loader, Target } from "../Codec.ts"
import * as FrozenDict from "../FrozenDict.ts"
import { Corruption, emptyValue, RdbType } from "../Rdb.ts"
import type { RdbInput } from "../RdbInput.ts"
import type { RdbOutput } from "../RdbOutput.ts"
import * as Ziplist from "../Ziplist.ts"

const duplicate = new Corruption("Duplicate hash fields detected")
const brokenListpack = new Corruption("Hash listpack integrity check failed.")
const brokenZiplist = new Corruption("Hash ziplist integrity check failed.")
const brokenZipmap = new Corruption("Zipmap integrity check failed.")

// ---- reading

const begin = (target: Target): HashValue => keep(target, new HashValue(target.space).begin(target.space))

/** Lets the target know where the hash is now. */
const keep = (target: Target, hash: HashValue): HashValue => {
  target.encoding = hash.encoding
  target.value = hash.word
  return hash
}

const loadPairs: Loader = function*(input, target) {
  while (!input.tryCount()) yield
  const count = Number(input.value)
  if (count === 0) throw emptyValue
  const hash = begin(target)
  hash.reserve(input.plausible(count, 2))
  keep(target, hash)
  const field = new Listpack.Element()
  for (let left = count; left > 0; left--) {
    while (!input.tryString()) yield
    field.view(input.bytes, input.start, input.stop).keep()
    while (!input.tryString()) yield
    const isNew = hash.set(field.bytes, field.start, field.end, input.bytes, input.start, input.stop)
    keep(target, hash)
    if (!isNew) throw duplicate
  }
}

const loadListpack: Loader = function*(input, target) {
  while (!input.tryString()) yield
  const { bytes, start, stop } = input
  if (!Listpack.validate(bytes, start, stop - start, true)) throw brokenListpack
  if (Listpack.isEmpty(bytes, start)) throw emptyValue
  if (Listpack.count(bytes, start) % 2 === 1 || (target.thorough && hasDuplicates(bytes, start))) throw brokenListpack
  const hash = keep(target, new HashValue(target.space).beginWith(target.space, bytes, start, stop))
  // Whatever the lengths of its values, as in Redis
  if (hash.length > target.space.state.settings.hashMaxListpackEntries) hash.becomeTable()
  keep(target, hash)
}

const hasDuplicates = (bytes: Uint8Array, start: number): boolean => {
  const seen = new Set<string>()
  const field = new Listpack.Element()
  for (let p = Listpack.first(start); !Listpack.isEnd(bytes, p); p = Listpack.skip(bytes, p, 2)) {
    field.readText(bytes, p)
    const text = Buffer.from(field.copy()).toString("latin1")
    if (seen.has(text)) return true
    seen.add(text)
  }
  return false
}

/** Reads fields and values, in turn, of a blob that `forEach` takes apart. */
const loadOld = (
  forEach: (bytes: Uint8Array, start: number, stop: number, visit: Ziplist.Visitor) => void,
  broken: Corruption
): Loader =>
  function*(input: RdbInput, target: Target) {
    while (!input.tryString()) yield
    const hash = begin(target)
    const field = new Listpack.Element()
    let count = 0
    forEach(input.bytes, input.start, input.stop, (bytes, start, end) => {
      if (count++ % 2 === 0) field.view(bytes, start, end).keep()
      else {
        const isNew = hash.set(field.bytes, field.start, field.end, bytes, start, end)
        keep(target, hash)
        if (!isNew) throw broken
      }
    })
    if (count % 2 === 1) throw broken
    if (count === 0) throw emptyValue
  }

const writePair = (out: RdbOutput, field: Listpack.Element, value: Listpack.Element): void => {
  field.text()
  value.text()
  out.string(field.bytes, field.start, field.end)
  out.string(value.bytes, value.start, value.end)
}

export const HashCodec: Codec = {
  type: Type.hash,
  rdbType: (encoding) => isListpack(encoding) ? RdbType.hashListpack : RdbType.hash,
  save: (out, space, encoding, value) => {
    const hash = new HashValue(space).load(space, encoding, value)
    if (hash.isListpack) return hash.withListpack((bytes, start, end) => out.string(bytes, start, end))
    out.length(hash.length)
    hash.forEach((field, value) => writePair(out, field, value))
  },
  freeze: (space, encoding, value) => {
    if (encoding !== Encoding.hashtable) return undefined
    const hash = new HashValue(space).load(space, encoding, value)
    const [fieldOf, valueOf] = [new Listpack.Element(), new Listpack.Element()]
    return FrozenDict.freeze(space, hash.dict, {
      write: (out, _, ref) => {
        hash.readPair(ref, fieldOf, valueOf)
        writePair(out, fieldOf, valueOf)
      }
    })
  },
  loaders: {
    [RdbType.hash]: loadPairs,
    [RdbType.hashListpack]: loadListpack,
    [RdbType.hashZiplist]: loadOld(Ziplist.forEach, brokenZiplist),
    [RdbType.hashZipmap]: loadOld(Ziplist.forEachInZipmap, brokenZipmap)
  }
}
