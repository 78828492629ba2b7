/**
 * Lists as values of the keyspace. One that fits in a single listpack is that blob and nothing else; from two nodes on
 * it is a `Quicklist` under a handle. Both are `quicklist` for everybody outside, as every list of Redis 7.0 is.
 */
import { byteOf, copyBytes, type Ref, segmentOf } from "../../memory/Arena.ts"
import { copyOf } from "../../memory/Bytes.ts"
import * as Listpack from "../../memory/Listpack.ts"
import type { Database } from "../Database.ts"
import { Encoding, FLAGS_MASK, FLAGS_SHIFT, META_WORD, Type, VALUE_WORD } from "../Entry.ts"
import type { Keyspace } from "../Keyspace.ts"
import * as Transfer from "../Transfer.ts"
import type { ValueType } from "../ValueType.ts"
import type { NodeLimits } from "./NodeLimits.ts"
import { Quicklist } from "./Quicklist.ts"
import { Form } from "./QuicklistNodes.ts"

/** What the objects of a long list take on the heap, about. */
const OBJECT_BYTES = 300
/** A long list that has shrunk to one listpack of at most that size becomes that listpack again. */
const SMALL_BYTES = 2048

/**
 * The list of an entry of that type. A short one is shown by `scratch`, until that is used again; after a change `close`
 * takes over what has become of it.
 */
export const open = (db: Database, ref: Ref, scratch: Quicklist): Quicklist =>
  opened(db.space, db.encoding(ref), db.word(ref, VALUE_WORD), scratch)

const opened = (space: Keyspace, encoding: Encoding, value: number, scratch: Quicklist): Quicklist => {
  if (encoding === Encoding.quicklist) return space.held<Quicklist>(value)
  scratch.load(space.arena, value)
  return scratch
}

const isShort = (list: Quicklist): boolean => list.nodeCount === 1 && list.node(0).form === Form.listpack

/** The listpack that alone is the list, which then needs no handle; 0 for a list that is more. */
export const shortOf = (list: Quicklist): Ref => isShort(list) ? list.node(0).ref : 0

/** Keeps a list that was changed and is not empty. */
export const close = (db: Database, ref: Ref, list: Quicklist): void => {
  const { space } = db
  if (db.encoding(ref) !== Encoding.quicklist) {
    keep(db, ref, list)
    return
  }
  if (!isShort(list) || list.isFrozen || list.nodeBytes(0) > SMALL_BYTES) return
  space.drop(db.word(ref, VALUE_WORD))
  keep(db, ref, list)
}

/** Writes a list that has no handle into its entry. */
const keep = (db: Database, ref: Ref, list: Quicklist): void => {
  const short = shortOf(list)
  db.setEncoding(ref, short === 0 ? Encoding.quicklist : Encoding.listpack)
  db.setWord(ref, VALUE_WORD, short === 0 ? db.space.hold(list.detach()) : short)
}

/** Deletes the entry of a list from which everything was taken. */
export const deleteEmpty = (db: Database, ref: Ref): void => {
  if (db.encoding(ref) !== Encoding.quicklist) db.setWord(ref, VALUE_WORD, 0)
  db.delete(ref, false)
}

/** Adds a list that is not empty under a key that is not there. `code` is the key's hash. */
export const add = (
  db: Database,
  key: Uint8Array,
  start: number,
  end: number,
  list: Quicklist,
  code = db.dict.hash(key, start, end)
): Ref => {
  const ref = db.add(key, start, end, db.space.metaOf(Type.list, Encoding.listpack), 0, code)
  keep(db, ref, list)
  return ref
}

/** Gives a key a list that was built aside and is not empty, in place of what it has, with limits of that number. */
export const put = (db: Database, key: Transfer.KeyRange, list: Quicklist, limits: number): void => {
  const short = shortOf(list)
  const ref = short !== 0
    ? Transfer.put(db, key, Type.list, Encoding.listpack, short)
    : Transfer.put(db, key, Type.list, Encoding.quicklist, db.space.hold(list))
  db.setWord(ref, META_WORD, (db.word(ref, META_WORD) & ~FLAGS_MASK) | (limits << FLAGS_SHIFT))
}

/** The limits of a list that is there, or else of one that is made now. */
export const limitsOf = (db: Database, ref: Ref): NodeLimits => {
  const { listLimits } = db.space
  return ref === 0 ? listLimits.current : listLimits.at((db.word(ref, META_WORD) & FLAGS_MASK) >>> FLAGS_SHIFT)
}

/** The list of a value, for work that does not have to be fast. */
export const valueOf = (space: Keyspace, encoding: Encoding, value: number): Quicklist =>
  opened(space, encoding, value, new Quicklist(space.arena))

export const ListType: ValueType = {
  type: Type.list,
  encodingName: () => "quicklist",
  *release(space, encoding, value) {
    if (encoding !== Encoding.quicklist) {
      if (value !== 0) space.arena.free(value)
      return
    }
    yield* space.held<Quicklist>(value).release()
    space.drop(value)
  },
  releaseEffort: (space, encoding, value) =>
    encoding === Encoding.quicklist ? space.held<Quicklist>(value).nodeCount : 1,
  copy: (space, encoding, value) => {
    if (encoding === Encoding.quicklist) return space.hold(space.held<Quicklist>(value).copy())
    return copyListpack(space, value)
  },
  bytes: (space, encoding, value, samples) => {
    const { arena } = space
    if (encoding !== Encoding.quicklist) return arena.capacity(value)
    const list = space.held<Quicklist>(value)
    const count = list.nodeCount
    const looked = samples === 0 ? count : Math.min(samples, count)
    let bytes = 0
    for (let index = 0; index < looked; index++) bytes += arena.capacity(list.node(index).ref)
    return OBJECT_BYTES + list.directoryBytes + Math.floor((bytes / looked) * count)
  },
  digest: (space, encoding, value, sink) => {
    const list = valueOf(space, encoding, value)
    list.forEach(0, list.length, (bytes, start, end) => sink.mix(copyOf(bytes, start, end)))
  }
}

const copyListpack = (space: Keyspace, ref: Ref): Ref => {
  const { arena } = space
  const from = byteOf(ref)
  const bytes = Listpack.byteLength(arena.u8[segmentOf(ref)] as Uint8Array, from)
  const copy = arena.alloc(bytes)
  const source = arena.u8[segmentOf(ref)] as Uint8Array
  copyBytes(source, from, from + bytes, arena.u8[segmentOf(copy)] as Uint8Array, byteOf(copy))
  return copy
}

/** A quotient with two decimals, a half rounded to even as C's printf does. */
const mean = (sum: number, count: number): string => {
  const hundredths = Math.floor((sum * 100) / count)
  const doubled = (sum * 100 - hundredths * count) * 2
  const up = doubled > count || (doubled === count && hundredths % 2 === 1)
  return ((hundredths + (up ? 1 : 0)) / 100).toFixed(2)
}

/** What DEBUG OBJECT tells of a list beside what it tells of every value. */
export const describe = (db: Database, ref: Ref): string => {
  const list = valueOf(db.space, db.encoding(ref), db.word(ref, VALUE_WORD))
  const { listCompressDepth, listMaxListpackSize } = limitsOf(db, ref)
  let bytes = 0
  for (let index = 0; index < list.nodeCount; index++) bytes += list.nodeBytes(index)
  return [
    `ql_nodes:${list.nodeCount}`,
    `ql_avg_node:${mean(list.length, list.nodeCount)}`,
    `ql_listpack_max:${Math.min(32767, Math.max(-5, listMaxListpackSize))}`,
    `ql_compressed:${listCompressDepth > 0 ? 1 : 0}`,
    `ql_uncompressed_size:${bytes}`
  ].join(" ")
}
