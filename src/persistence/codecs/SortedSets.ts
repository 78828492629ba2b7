/**
 * Sorted sets in RDB data: the listpack as it lies in memory, or members with binary scores, the highest one first, as
 * Redis does. Read as well: scores as text (before Redis 4.0) and ziplists (before 7.0).
 */
import { byteOf, segmentOf, wordOf } from "../../memory/Arena.ts"
import { KEY_LENGTH_WORD } from "../../memory/ByteDict.ts"
import * as Bytes from "../../memory/Bytes.ts"
import * as Doubles from "../../memory/Doubles.ts"
import * as Listpack from "../../memory/Listpack.ts"
import { Encoding, Type } from "../../store/Entry.ts"
import { PackedSortedSet } from "../../store/types/PackedSortedSet.ts"
import * as SortedSetType from "../../store/types/SortedSetType.ts"
import { KEY_OFFSET, TreeSortedSet } from "../../store/types/TreeSortedSet.ts"
import type { Codec, Loader, Target } from "../Codec.ts"
import * as FrozenDict from "../FrozenDict.ts"
import { Corruption, emptyValue, RdbType } from "../Rdb.ts"
import type { RdbInput } from "../RdbInput.ts"
import * as Ziplist from "../Ziplist.ts"

// ---- members and scores

/** Lengths of a score as text that are no lengths. */
const TEXT_NAN = 253
const TEXT_INFINITY = 254
const TEXT_MINUS_INFINITY = 255

function* textScore(input: RdbInput): Generator<void, number> {
  while (!input.tryByte()) yield
  const length = Number(input.value)
  if (length === TEXT_NAN) return NaN
  if (length === TEXT_INFINITY) return Infinity
  if (length === TEXT_MINUS_INFINITY) return -Infinity
  while (!input.tryRaw(length)) yield
  return Doubles.strtod(input.bytes, input.start, input.stop).value
}

function* binaryScore(input: RdbInput): Generator<void, number> {
  while (!input.tryDouble()) yield
  return Number(input.value)
}

/** The bytes that a member and its score take at least. */
const LEAST = 2

const load = (score: (input: RdbInput) => Generator<void, number>): Loader =>
  function*(input, target) {
    while (!input.tryCount()) yield
    const count = Number(input.value)
    if (count === 0) throw emptyValue
    const tree = newTree(target, input.plausible(count, LEAST))
    for (let left = count; left > 0; left--) {
      while (!input.tryString()) yield
      const member = input.copy()
      const value = yield* score(input)
      if (Number.isNaN(value)) throw new Corruption("Zset with NAN score detected")
      if (!Number.isNaN(tree.seek(member, 0, member.length))) throw new Corruption("Zset with dup fields detected")
      tree.insertSought(member, 0, member.length, value)
    }
    settle(target, tree)
  }

/** Makes a listpack of what is small enough. */
const settle = (target: Target, tree: TreeSortedSet): void => {
  const blob = SortedSetType.packedIfSmall(target.space, tree)
  if (blob === 0) return
  target.space.drop(target.value)
  target.encoding = Encoding.listpack
  target.value = blob
  SortedSetType.discard(tree)
}

const newTree = (target: Target, members: number): TreeSortedSet => {
  const tree = new TreeSortedSet(target.space)
  tree.reserve(members)
  target.encoding = Encoding.skiplist
  target.value = target.space.hold(tree)
  return tree
}

// ---- packed

const broken = new Corruption("Zset listpack integrity check failed.")
const brokenZiplist = new Corruption("Zset ziplist integrity check failed.")

function* loadListpack(input: RdbInput, target: Target): Generator<void, void> {
  while (!input.tryString()) yield
  const { bytes, start, stop } = input
  if (!Listpack.validate(bytes, start, stop - start, true)) throw broken
  const elements = Listpack.count(bytes, start)
  if (elements % 2 !== 0 || (target.thorough && hasTwice(bytes, start))) throw broken
  if (elements === 0) throw emptyValue
  const { arena, state } = target.space
  const blob = arena.alloc(stop - start)
  Bytes.copy(bytes, start, stop, arena.u8[segmentOf(blob)] as Uint8Array, byteOf(blob))
  target.encoding = Encoding.listpack
  target.value = blob
  if (elements / 2 <= state.settings.zsetMaxListpackEntries) return
  const packed = new PackedSortedSet().openBlob(arena, blob)
  const tree = newTree(target, packed.length)
  let isSound = true
  packed.visit(0, packed.length, false, (member, from, to, score) => {
    if (!Number.isNaN(tree.seek(member, from, to))) isSound = false
    else tree.insertSought(member, from, to, score)
  })
  arena.free(blob)
  if (!isSound) throw broken
}

/** Whether a member comes twice. */
const hasTwice = (buf: Uint8Array, off: number): boolean => {
  const element = new Listpack.Element()
  const seen = new Set<string>()
  for (let p = Listpack.first(off); !Listpack.isEnd(buf, p); p = Listpack.next(buf, p)) {
    p = element.readText(buf, p)
    const text = Buffer.from(element.bytes.subarray(element.start, element.end)).toString("latin1")
    if (seen.has(text)) return true
    seen.add(text)
  }
  return false
}

function* loadZiplist(input: RdbInput, target: Target): Generator<void, void> {
  while (!input.tryString()) yield
  const tree = newTree(target, 0)
  let member: Uint8Array | undefined
  Ziplist.forEach(input.bytes, input.start, input.stop, (bytes, start, end) => {
    if (member === undefined) {
      member = Bytes.copyOf(bytes, start, end)
      return
    }
    if (!Number.isNaN(tree.seek(member, 0, member.length))) throw brokenZiplist
    tree.insertSought(member, 0, member.length, Doubles.parseBound(bytes, start, end) ?? 0)
    member = undefined
  })
  if (member !== undefined) throw brokenZiplist
  if (tree.length === 0) throw emptyValue
  settle(target, tree)
}

export const SortedSetCodec: Codec = {
  type: Type.zset,
  rdbType: (encoding) => encoding === Encoding.listpack ? RdbType.zsetListpack : RdbType.zset2,
  save: (out, space, encoding, value) => {
    if (encoding === Encoding.listpack) {
      const buf = space.arena.u8[segmentOf(value)] as Uint8Array
      const start = byteOf(value)
      out.string(buf, start, start + Listpack.byteLength(buf, start))
      return
    }
    const tree = space.held<TreeSortedSet>(value)
    out.length(tree.length)
    tree.visit(0, tree.length, true, (bytes, start, end, score) => {
      out.string(bytes, start, end)
      out.double(score)
    })
  },
  freeze: (space, encoding, value) => {
    if (encoding === Encoding.listpack) return undefined
    const tree = space.held<TreeSortedSet>(value)
    return FrozenDict.freeze(space, tree.dict, {
      write: (out, { arena }, ref) => {
        const segment = segmentOf(ref)
        const start = byteOf(ref) + KEY_OFFSET
        const length = (arena.u32[segment] as Uint32Array)[wordOf(ref) + KEY_LENGTH_WORD] as number
        out.string(arena.u8[segment] as Uint8Array, start, start + length)
        out.double(tree.scoreOf(ref))
      }
    })
  },
  loaders: {
    [RdbType.zset]: load(textScore),
    [RdbType.zset2]: load(binaryScore),
    [RdbType.zsetListpack]: loadListpack,
    [RdbType.zsetZiplist]: loadZiplist
  }
}
