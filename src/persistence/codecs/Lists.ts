/**
 * Lists in RDB data: their nodes as they lie in memory. What older versions wrote (nodes that are ziplists, one ziplist,
 * or just the elements) is read as well.
 */
import { type Arena, byteOf, type Ref, segmentOf } from "../../memory/Arena.ts"
import * as Bytes from "../../memory/Bytes.ts"
import * as Listpack from "../../memory/Listpack.ts"
import { Encoding, Type } from "../../store/Entry.ts"
import type { Keyspace } from "../../store/Keyspace.ts"
import type { NodeBlob } from "../../store/types/ListNodes.ts"
import * as ListType from "../../store/types/ListType.ts"
import { Quicklist } from "../../store/types/Quicklist.ts"
import { Form } from "../../store/types/QuicklistNodes.ts"
import type { Codec, Loader, Target } from "../Codec.ts"
import { Container, Corruption, emptyValue, RdbType } from "../Rdb.ts"
import type { RdbInput } from "../RdbInput.ts"
import type { RdbOutput } from "../RdbOutput.ts"
import * as Ziplist from "../Ziplist.ts"

/** A list of more nodes than this takes longer than a millisecond to write. */
const MANY_NODES = 64
const SLICE_BYTES = 64 * 1024

// ---- writing

const writeNode = (out: RdbOutput, arena: Arena, node: NodeBlob): number => {
  const bytes = Quicklist.bytesOf(arena, node)
  out.length(node.form === Form.plain ? Container.plain : Container.packed)
  out.string(bytes, 0, bytes.length)
  return bytes.length
}

const save: Codec["save"] = (out, space, encoding, value) => {
  const list = ListType.valueOf(space, encoding, value)
  out.length(list.nodeCount)
  for (let index = 0; index < list.nodeCount; index++) writeNode(out, space.arena, list.node(index))
}

function* writeSlices(out: RdbOutput, arena: Arena, nodes: ReadonlyArray<NodeBlob>): Generator<void> {
  out.length(nodes.length)
  let bytes = 0
  for (const node of nodes) {
    bytes += writeNode(out, arena, node)
    if (bytes < SLICE_BYTES) continue
    bytes = 0
    yield
  }
}

const freeze = (space: Keyspace, encoding: Encoding, value: number) => {
  if (encoding !== Encoding.quicklist) return undefined
  const list = space.held<Quicklist>(value)
  // One that is held already is written as it is: who holds it reads blobs that nobody changes.
  if (list.nodeCount <= MANY_NODES || list.isFrozen) return undefined
  const nodes = list.freeze()
  return {
    write: (out: RdbOutput) => writeSlices(out, space.arena, nodes),
    thaw: () => list.thaw(nodes)
  }
}

// ---- reading

/** Makes the list that `read` fills the target's value. */
const loading = (read: (input: RdbInput, target: Target, list: Quicklist) => Generator<void, void>): Loader =>
  function*(input, target) {
    const { space } = target
    const list = new Quicklist(space.arena)
    target.encoding = Encoding.quicklist
    target.value = space.hold(list)
    yield* read(input, target, list)
    if (list.length === 0) throw emptyValue
    const short = ListType.shortOf(list)
    if (short === 0) return
    space.drop(target.value)
    target.encoding = Encoding.listpack
    target.value = short
  }

const pushTo = ({ space }: Target, list: Quicklist): Ziplist.Visitor => (bytes, start, end) =>
  list.push(true, bytes, start, end, space.listLimits.current)

const loadElements = loading(function*(input, target, list) {
  while (!input.tryCount()) yield
  const push = pushTo(target, list)
  for (let left = Number(input.value); left > 0; left--) {
    while (!input.tryString()) yield
    push(input.bytes, input.start, input.stop)
  }
})

const loadZiplist = loading(function*(input, target, list) {
  while (!input.tryString()) yield
  Ziplist.forEach(input.bytes, input.start, input.stop, pushTo(target, list))
})

/** Copies bytes into the arena. */
const blobOf = (arena: Arena, bytes: Uint8Array, start: number, stop: number): Ref => {
  const ref = arena.alloc(stop - start)
  Bytes.copy(bytes, start, stop, arena.u8[segmentOf(ref)] as Uint8Array, byteOf(ref))
  return ref
}

/** A listpack of a ziplist's elements. */
const converted = ({ bytes, start, stop }: RdbInput): Uint8Array => {
  const element = new Listpack.Element()
  let size = Listpack.emptySize
  Ziplist.forEach(bytes, start, stop, (text, from, to) => {
    size += element.setBytes(text, from, to).size
  })
  const listpack = new Uint8Array(size)
  Listpack.writeEmpty(listpack, 0)
  Ziplist.forEach(bytes, start, stop, (text, from, to) => {
    Listpack.append(listpack, 0, element.setBytes(text, from, to))
  })
  return listpack
}

const loadZiplists = loading(function*(input, { space }, list) {
  while (!input.tryCount()) yield
  for (let left = Number(input.value); left > 0; left--) {
    while (!input.tryString()) yield
    const listpack = converted(input)
    if (Listpack.isEmpty(listpack, 0)) continue
    list.appendNode(blobOf(space.arena, listpack, 0, listpack.length), space.listLimits.current)
  }
})

const loadNodes = loading(function*(input, { space }, list) {
  while (!input.tryCount()) yield
  for (let left = Number(input.value); left > 0; left--) {
    while (!input.tryLength()) yield
    const container = input.value
    if (container !== Container.plain && container !== Container.packed) {
      throw new Corruption("Quicklist integrity check failed.")
    }
    while (!input.tryString()) yield
    const { bytes, start, stop } = input
    if (container === Container.plain) {
      list.appendPlain(bytes, start, stop)
      continue
    }
    if (!Listpack.validate(bytes, start, stop - start, true)) throw new Corruption("Listpack integrity check failed.")
    if (Listpack.isEmpty(bytes, start)) continue
    list.appendNode(blobOf(space.arena, bytes, start, stop), space.listLimits.current)
  }
})

export const ListCodec: Codec = {
  type: Type.list,
  rdbType: () => RdbType.listQuicklist2,
  save,
  freeze,
  loaders: {
    [RdbType.list]: loadElements,
    [RdbType.listZiplist]: loadZiplist,
    [RdbType.listQuicklist]: loadZiplists,
    [RdbType.listQuicklist2]: loadNodes
  }
}
