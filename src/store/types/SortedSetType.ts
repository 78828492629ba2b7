/** Sorted sets as values of the keyspace: small ones a listpack's blob, big ones an object under a handle. */
import { byteOf, copyBytes, type Ref, segmentOf } from "../../memory/Arena.ts"
import { copyOf } from "../../memory/Bytes.ts"
import * as Doubles from "../../memory/Doubles.ts"
import * as Listpack from "../../memory/Listpack.ts"
import type { Database } from "../Database.ts"
import { Encoding, metaOf, Type, VALUE_WORD } from "../Entry.ts"
import type { Keyspace } from "../Keyspace.ts"
import * as Transfer from "../Transfer.ts"
import type { ValueType } from "../ValueType.ts"
import { PackedSortedSet } from "./PackedSortedSet.ts"
import type { SortedSet } from "./SortedSet.ts"
import { TreeSortedSet } from "./TreeSortedSet.ts"

/** The sorted set of an entry of that type. `packed` serves as the view of a small one, whatever it viewed before. */
export const open = (db: Database, ref: Ref, packed: PackedSortedSet): SortedSet =>
  db.encoding(ref) === Encoding.listpack ? packed.open(db, ref) : db.space.held<TreeSortedSet>(db.word(ref, VALUE_WORD))

/**
 * Adds an empty sorted set under a key that is not there; `db.find` was last called for this key. `first` is the length
 * of the member that it is to have.
 */
export const add = (db: Database, key: Uint8Array, start: number, end: number, first: number): Ref => {
  const { zsetMaxListpackEntries, zsetMaxListpackValue } = db.state.settings
  const isPacked = zsetMaxListpackEntries > 0 && first <= zsetMaxListpackValue
  const ref = db.add(key, start, end, metaOf(Type.zset, isPacked ? Encoding.listpack : Encoding.skiplist), 0, db.code)
  db.setWord(ref, VALUE_WORD, isPacked ? emptyListpack(db.space) : db.space.hold(new TreeSortedSet(db.space)))
  return ref
}

const emptyListpack = (space: Keyspace): Ref => {
  const blob = space.arena.alloc(Listpack.emptySize)
  Listpack.writeEmpty(space.arena.u8[segmentOf(blob)] as Uint8Array, byteOf(blob))
  return blob
}

/**
 * Adds a member that `set.seek` has just looked for and not found. Returns the set, which is another object when it has
 * become a big one.
 */
export const insert = (
  db: Database,
  ref: Ref,
  set: SortedSet,
  bytes: Uint8Array,
  start: number,
  end: number,
  score: number
): SortedSet => {
  if (set instanceof TreeSortedSet) {
    set.insertSought(bytes, start, end, score)
    return set
  }
  // There are but two kinds.
  const packed = set as PackedSortedSet
  const { zsetMaxListpackEntries, zsetMaxListpackValue } = db.state.settings
  const length = end - start
  if (
    packed.length < zsetMaxListpackEntries && length <= zsetMaxListpackValue
    && packed.byteLength + length <= Listpack.maxSize
  ) {
    packed.insert(bytes, start, end, score)
    return packed
  }
  const tree = unpack(db, ref, packed)
  tree.insert(bytes, start, end, score)
  return tree
}

/** Gives an entry a big sorted set in place of a small one. */
export const unpackEntry = (db: Database, ref: Ref, packed: PackedSortedSet): void => {
  if (db.encoding(ref) !== Encoding.listpack) return
  db.beforeChange(ref)
  unpack(db, ref, packed.open(db, ref))
}

/** Makes a big sorted set of a small one. */
const unpack = (db: Database, ref: Ref, packed: PackedSortedSet): TreeSortedSet => {
  const tree = new TreeSortedSet(db.space)
  copyMembers(packed, tree)
  db.space.arena.free(db.word(ref, VALUE_WORD))
  db.setWord(ref, VALUE_WORD, db.space.hold(tree))
  db.setEncoding(ref, Encoding.skiplist)
  return tree
}

const copyMembers = (source: SortedSet, target: TreeSortedSet): void =>
  source.visit(0, source.length, false, (bytes, start, end, score) => target.insert(bytes, start, end, score))

/** Gives a key a sorted set that was built aside, as a listpack if it is small, in place of what it has. */
export const put = (db: Database, key: Transfer.KeyRange, tree: TreeSortedSet): void => {
  const blob = packedIfSmall(db.space, tree)
  if (blob === 0) Transfer.put(db, key, Type.zset, Encoding.skiplist, db.space.hold(tree))
  else {
    discard(tree)
    Transfer.put(db, key, Type.zset, Encoding.listpack, blob)
  }
}

/** Gives back a sorted set that was built aside. */
export const discard = (tree: TreeSortedSet): void => {
  for (const _ of tree.release()) continue
}

/** The members as a listpack, if the configuration has them in one, or 0. */
export const packedIfSmall = (space: Keyspace, tree: TreeSortedSet): Ref => {
  const { zsetMaxListpackEntries, zsetMaxListpackValue } = space.state.settings
  if (tree.length > zsetMaxListpackEntries) return 0
  const packed = new PackedSortedSet()
  let longest = 0
  let bytes = Listpack.emptySize
  tree.visit(0, tree.length, false, (member, start, end, score) => {
    longest = Math.max(longest, end - start)
    bytes += packed.sizeOf(member, start, end, score)
  })
  if (longest > zsetMaxListpackValue || bytes > Listpack.maxSize) return 0
  const blob = space.arena.alloc(bytes)
  const buf = space.arena.u8[segmentOf(blob)] as Uint8Array
  Listpack.writeEmpty(buf, byteOf(blob))
  packed.openBlob(space.arena, blob)
  tree.visit(0, tree.length, false, (member, start, end, score) => packed.append(member, start, end, score))
  return blob
}

const held = (space: Keyspace, handle: number): TreeSortedSet => space.held<TreeSortedSet>(handle)

const view = (space: Keyspace, encoding: Encoding, value: number): SortedSet =>
  encoding === Encoding.listpack ? new PackedSortedSet().openBlob(space.arena, value) : held(space, value)

export const SortedSetType: ValueType = {
  type: Type.zset,
  encodingName: (_space, encoding) => encoding === Encoding.listpack ? "listpack" : "skiplist",
  *release(space, encoding, value) {
    if (encoding === Encoding.listpack) {
      space.arena.free(value)
      return
    }
    yield* held(space, value).release()
    space.drop(value)
  },
  releaseEffort: (space, encoding, value) => encoding === Encoding.listpack ? 1 : held(space, value).releaseEffort,
  copy: (space, encoding, value) => {
    const { arena } = space
    if (encoding === Encoding.listpack) {
      const source = arena.u8[segmentOf(value)] as Uint8Array
      const from = byteOf(value)
      const bytes = Listpack.byteLength(source, from)
      const copy = arena.alloc(bytes)
      copyBytes(source, from, from + bytes, arena.u8[segmentOf(copy)] as Uint8Array, byteOf(copy))
      return copy
    }
    const copy = new TreeSortedSet(space)
    copy.reserve(held(space, value).length)
    copyMembers(held(space, value), copy)
    return space.hold(copy)
  },
  bytes: (space, encoding, value, samples) =>
    encoding === Encoding.listpack ? space.arena.capacity(value) : held(space, value).bytes(samples),
  dict: (space, encoding, value) => encoding === Encoding.listpack ? undefined : held(space, value).dict,
  digest: (space, encoding, value, sink) => {
    const set = view(space, encoding, value)
    set.visit(0, set.length, false, (bytes, start, end, score) => {
      sink.xorMixed(copyOf(bytes, start, end), Buffer.from(Doubles.toText(score)))
    })
  }
}
