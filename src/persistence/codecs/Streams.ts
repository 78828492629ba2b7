/**
 * Streams in RDB data: their nodes as they lie in memory, their counters, and their groups with what is pending. Version
 * 2 (Redis 7.0) is written; version 1 lacks the counters, version 3 has one more time for each consumer.
 */
import { type Arena, byteOf, segmentOf } from "../../memory/Arena.ts"
import * as Bytes from "../../memory/Bytes.ts"
import * as Integers from "../../memory/Integers.ts"
import type { Integer } from "../../memory/Integers.ts"
import * as Listpack from "../../memory/Listpack.ts"
import { Encoding, Type } from "../../store/Entry.ts"
import { Consumer, type ConsumerGroup, UNKNOWN_READ } from "../../store/types/ConsumerGroup.ts"
import { type Chunks, PendingEntries, type PendingEntry } from "../../store/types/PendingEntries.ts"
import { type Node, Stream } from "../../store/types/Stream.ts"
import { distanceFromFirst } from "../../store/types/StreamCounters.ts"
import * as StreamId from "../../store/types/StreamId.ts"
import * as StreamNode from "../../store/types/StreamNode.ts"
import type { Codec, Loader, Target } from "../Codec.ts"
import { Corruption, RdbType } from "../Rdb.ts"
import type { RdbInput } from "../RdbInput.ts"
import type { RdbOutput } from "../RdbOutput.ts"

const ID_BYTES = 16

// ---- writing

/** What a stream was at one moment. */
interface Image {
  readonly nodes: ReadonlyArray<Node>
  readonly length: number
  readonly lastId: StreamId.StreamId
  readonly firstId: StreamId.StreamId
  readonly maxDeletedId: StreamId.StreamId
  readonly entriesAdded: Integer
  readonly groups: ReadonlyArray<GroupImage>
}

interface GroupImage {
  readonly name: Uint8Array
  readonly lastId: StreamId.StreamId
  readonly entriesRead: Integer
  readonly pending: PendingImage
  readonly consumers: ReadonlyArray<{
    readonly name: Uint8Array
    readonly seenAt: number
    readonly pending: PendingImage
  }>
}

interface PendingImage {
  readonly size: number
  readonly chunks: Chunks
}

/** More than this takes longer than a millisecond to write. */
const MANY_NODES = 64
const MANY_PENDING = 2000
const SLICE_BYTES = 64 * 1024

const imageOf = (
  stream: Stream,
  nodes: ReadonlyArray<Node>,
  chunksOf: (pending: PendingEntries) => Chunks
): Image => {
  const pendingOf = (pending: PendingEntries): PendingImage => ({ size: pending.size, chunks: chunksOf(pending) })
  return {
    nodes,
    length: stream.length,
    lastId: stream.lastId,
    firstId: stream.firstId,
    maxDeletedId: stream.maxDeletedId,
    entriesAdded: stream.entriesAdded,
    groups: stream.groups().map((group) => ({
      name: group.name,
      lastId: group.lastId,
      entriesRead: group.entriesRead,
      pending: pendingOf(group.pending),
      consumers: group.consumers().map(({ name, pending, seenAt }) => ({ name, seenAt, pending: pendingOf(pending) }))
    }))
  }
}

function* writeImage(out: RdbOutput, arena: Arena, image: Image): Generator<void> {
  out.length(image.nodes.length)
  let bytes = 0
  for (const node of image.nodes) {
    bytes += writeNode(out, arena, node)
    if (bytes < SLICE_BYTES) continue
    bytes = 0
    yield
  }
  out.length(image.length)
  writeId(out, image.lastId)
  writeId(out, image.firstId)
  writeId(out, image.maxDeletedId)
  out.length(image.entriesAdded)
  out.length(image.groups.length)
  for (const group of image.groups) yield* writeGroup(out, group)
}

const writeId = (out: RdbOutput, id: StreamId.StreamId): void => {
  out.length(id.ms)
  out.length(id.seq)
}

const writeRawId = (out: RdbOutput, ms: Integer, seq: Integer): void => {
  out.bigEndian(ms)
  out.bigEndian(seq)
}

const writeNode = (out: RdbOutput, arena: Arena, { ms, ref, seq }: Node): number => {
  out.length(ID_BYTES)
  writeRawId(out, ms, seq)
  const buf = arena.u8[segmentOf(ref)] as Uint8Array
  const start = byteOf(ref)
  const bytes = Listpack.byteLength(buf, start)
  out.string(buf, start, start + bytes)
  return bytes
}

function* writeGroup(out: RdbOutput, group: GroupImage): Generator<void> {
  out.string(group.name, 0, group.name.length)
  writeId(out, group.lastId)
  out.length(group.entriesRead)
  yield* writePending(out, group.pending, ({ deliveredAt, deliveries }) => {
    out.littleEndian(deliveredAt, 8)
    out.length(deliveries)
  })
  out.length(group.consumers.length)
  for (const { name, pending, seenAt } of group.consumers) {
    out.string(name, 0, name.length)
    out.littleEndian(seenAt, 8)
    yield* writePending(out, pending)
  }
}

function* writePending(
  out: RdbOutput,
  { chunks, size }: PendingImage,
  writeDelivery: (entry: PendingEntry) => void = () => {}
): Generator<void> {
  out.length(size)
  let written = 0
  for (const chunk of chunks) {
    for (const entry of chunk) {
      writeRawId(out, entry.id.ms, entry.id.seq)
      writeDelivery(entry)
    }
    written += chunk.length
    if (written < MANY_PENDING) continue
    written = 0
    yield
  }
}

/** Every list of pending entries: those of the groups, and of their consumers. */
const pendingIn = (stream: Stream): Array<PendingEntries> =>
  stream.groups().flatMap((group) => [group.pending, ...group.consumers().map(({ pending }) => pending)])

const freeze: Codec["freeze"] = (space, _encoding, value) => {
  const stream = space.held<Stream>(value)
  const lists = pendingIn(stream)
  const pending = lists.reduce((sum, { size }) => sum + size, 0)
  if (stream.nodeCount <= MANY_NODES && pending <= MANY_PENDING) return undefined
  const nodes = stream.freeze()
  const image = imageOf(stream, nodes, (list) => list.freeze())
  return {
    write: (out) => writeImage(out, space.arena, image),
    thaw: () => {
      stream.thaw(nodes)
      for (const list of lists) list.thaw()
    }
  }
}

// ---- reading

interface Version {
  readonly counters: boolean
  readonly activeTimes: boolean
}

const load = (version: Version): Loader =>
  function*(input, target) {
    const stream = new Stream(target.space.arena)
    target.encoding = Encoding.stream
    target.value = target.space.hold(stream)
    const live = yield* loadNodes(input, stream, target)
    while (!input.tryCount()) yield
    stream.length = Number(input.value)
    if (stream.length !== live) throw new Corruption("Stream length inconsistent with rax entries")
    stream.lastId = yield* loadId(input)
    if (version.counters) {
      // The first id follows from the entries.
      yield* loadId(input)
      stream.maxDeletedId = yield* loadId(input)
      while (!input.tryLength()) yield
      stream.entriesAdded = input.value
    } else stream.entriesAdded = stream.length
    // With nothing deleted, or deleted in the middle only, it may well be ordered; nothing says so
    stream.isOrdered = version.counters && StreamId.equals(stream.maxDeletedId, StreamId.min)
    while (!input.tryCount()) yield
    for (let left = Number(input.value); left > 0; left--) yield* loadGroup(input, stream, version)
  }

/** Reads the nodes and returns how many entries there are. */
function* loadNodes(input: RdbInput, stream: Stream, target: Target): Generator<void, number> {
  let live = 0
  while (!input.tryCount()) yield
  for (let left = Number(input.value); left > 0; left--) {
    while (!input.tryString()) yield
    if (input.stop - input.start !== ID_BYTES) {
      throw new Corruption("Stream node key entry is not the size of a stream ID")
    }
    const { ms, seq } = idAt(input.bytes, input.start)
    while (!input.tryString()) yield
    const { bytes, start, stop } = input
    const entries = StreamNode.validate(bytes, start, stop - start)
    if (entries < 0) throw new Corruption("Stream listpack integrity check failed.")
    const ref = target.space.arena.alloc(stop - start)
    Bytes.copy(bytes, start, stop, stream.arena.u8[segmentOf(ref)] as Uint8Array, byteOf(ref))
    if (!stream.insertNode(ms, seq, ref)) {
      target.space.arena.free(ref)
      throw new Corruption("Listpack re-added with existing key")
    }
    live += entries
  }
  return live
}

function* loadGroup(input: RdbInput, stream: Stream, version: Version): Generator<void, void> {
  while (!input.tryString()) yield
  const name = input.copy()
  const lastId = yield* loadId(input)
  let entriesRead: Integer
  if (version.counters) {
    while (!input.tryLength()) yield
    entriesRead = input.value === Integers.maxUnsigned ? UNKNOWN_READ : input.value
  } else entriesRead = distanceFromFirst(stream, lastId)
  if (stream.group(name) !== undefined) throw new Corruption("Duplicated consumer group name")
  const group = stream.addGroup(name, lastId, entriesRead)
  const unassigned = yield* loadPending(input)
  while (!input.tryCount()) yield
  for (let left = Number(input.value); left > 0; left--) yield* loadConsumer(input, group, unassigned, version)
  if (group.pending.size !== unassigned.size) throw new Corruption("NACK entry without consumer in a stream's group")
}

/** Reads the deliveries of a group, of which only the consumers tell whose they are. */
function* loadPending(input: RdbInput): Generator<void, PendingEntries> {
  const pending = new PendingEntries()
  const nobody = new Consumer(new Uint8Array(0), 0)
  while (!input.tryCount()) yield
  for (let left = Number(input.value); left > 0; left--) {
    while (!input.tryRaw(ID_BYTES)) yield
    const id = idAt(input.bytes, input.start)
    while (!input.tryLittleEndian(8)) yield
    const deliveredAt = Number(input.value)
    while (!input.tryLength()) yield
    if (pending.get(id) !== undefined) {
      throw new Corruption("Duplicated global PEL entry loading stream consumer group")
    }
    pending.add({ id, consumer: nobody, deliveredAt, deliveries: input.value })
  }
  return pending
}

function* loadConsumer(
  input: RdbInput,
  group: ConsumerGroup,
  unassigned: PendingEntries,
  version: Version
): Generator<void, void> {
  while (!input.tryString()) yield
  const name = input.copy()
  if (group.consumer(name) !== undefined) throw new Corruption("Duplicate stream consumer detected")
  while (!input.tryLittleEndian(8)) yield
  const consumer = group.addConsumer(name, Number(input.value))
  // The time of the last successful read, which Redis 7.0 does not keep.
  if (version.activeTimes) { while (!input.tryLittleEndian(8)) yield }
  while (!input.tryCount()) yield
  for (let left = Number(input.value); left > 0; left--) {
    while (!input.tryRaw(ID_BYTES)) yield
    const id = idAt(input.bytes, input.start)
    const entry = unassigned.get(id)
    if (entry === undefined) throw new Corruption("Consumer entry not found in group global PEL")
    if (group.pending.get(id) !== undefined) {
      throw new Corruption("Duplicated consumer PEL entry loading a stream consumer group")
    }
    group.deliver(id, consumer, entry.deliveredAt, entry.deliveries)
  }
}

function* loadId(input: RdbInput): Generator<void, StreamId.StreamId> {
  while (!input.tryLength()) yield
  const ms = input.value
  while (!input.tryLength()) yield
  return StreamId.make(ms, input.value)
}

const idAt = (bytes: Uint8Array, at: number): StreamId.StreamId =>
  StreamId.make(bigEndianAt(bytes, at), bigEndianAt(bytes, at + 8))

const bigEndianAt = (bytes: Uint8Array, at: number): Integer => {
  const word = (from: number) =>
    (((bytes[from] as number) << 24) | ((bytes[from + 1] as number) << 16) | ((bytes[from + 2] as number) << 8)
      | (bytes[from + 3] as number)) >>> 0
  return StreamId.plus(Integers.fromHalves(word(at) | 0, word(at + 4)), 0)
}

export const StreamCodec: Codec = {
  type: Type.stream,
  rdbType: () => RdbType.streamListpacks2,
  save: (out, space, _encoding, value) => {
    const stream = space.held<Stream>(value)
    for (const _ of writeImage(out, space.arena, imageOf(stream, stream.view, ({ view }) => view))) continue
  },
  freeze,
  loaders: {
    [RdbType.streamListpacks]: load({ counters: false, activeTimes: false }),
    [RdbType.streamListpacks2]: load({ counters: true, activeTimes: false }),
    [RdbType.streamListpacks3]: load({ counters: true, activeTimes: true })
  }
}
