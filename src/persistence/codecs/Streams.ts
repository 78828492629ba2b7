/**
 * Streams in RDB data: their nodes as they lie in memory, their counters, and their groups with what is pending. Version
 * 2 (Redis 7.0) is written; version 1 lacks the counters, version 3 has one more time for each consumer.
 */
import { byteOf, segmentOf } from "../../memory/Arena.ts"
import * as Bytes from "../../memory/Bytes.ts"
import * as Integers from "../../memory/Integers.ts"
import type { Integer } from "../../memory/Integers.ts"
import { Encoding, Type } from "../../store/Entry.ts"
import { Consumer, type ConsumerGroup, UNKNOWN_READ } from "../../store/types/ConsumerGroup.ts"
import { PendingEntries } from "../../store/types/PendingEntries.ts"
import { Stream } from "../../store/types/Stream.ts"
import { distanceFromFirst } from "../../store/types/StreamCounters.ts"
import * as StreamId from "../../store/types/StreamId.ts"
import * as StreamNode from "../../store/types/StreamNode.ts"
import { nodeBytes } from "../../store/types/StreamType.ts"
import type { Codec, Loader, Target } from "../Codec.ts"
import { Corruption, RdbType } from "../Rdb.ts"
import type { RdbInput } from "../RdbInput.ts"
import type { RdbOutput } from "../RdbOutput.ts"

const ID_BYTES = 16

// ---- writing

const writeId = (out: RdbOutput, id: StreamId.StreamId): void => {
  out.length(id.ms)
  out.length(id.seq)
}

const writeRawId = (out: RdbOutput, ms: Integer, seq: Integer): void => {
  out.bigEndian(ms)
  out.bigEndian(seq)
}

const writeNode = (out: RdbOutput, stream: Stream, index: number): void => {
  const { ms, seq } = stream.node(index)
  out.length(ID_BYTES)
  writeRawId(out, ms, seq)
  const bytes = nodeBytes(stream, index)
  out.string(bytes, 0, bytes.length)
}

const writeCounters = (out: RdbOutput, stream: Stream): void => {
  out.length(stream.length)
  writeId(out, stream.lastId)
  writeId(out, stream.firstId)
  writeId(out, stream.maxDeletedId)
  out.length(stream.entriesAdded)
}

const writeConsumer = (out: RdbOutput, consumer: Consumer): void => {
  out.string(consumer.name, 0, consumer.name.length)
  out.littleEndian(consumer.seenAt, 8)
  out.length(consumer.pending.size)
  for (const { id } of consumer.pending.from(StreamId.min)) writeRawId(out, id.ms, id.seq)
}

const writeGroup = (out: RdbOutput, group: ConsumerGroup): void => {
  out.string(group.name, 0, group.name.length)
  writeId(out, group.lastId)
  out.length(group.entriesRead)
  out.length(group.pending.size)
  for (const { deliveredAt, deliveries, id } of group.pending.from(StreamId.min)) {
    writeRawId(out, id.ms, id.seq)
    out.littleEndian(deliveredAt, 8)
    out.length(deliveries)
  }
  const consumers = group.consumers()
  out.length(consumers.length)
  for (const consumer of consumers) writeConsumer(out, consumer)
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
    out.length(stream.nodeCount)
    for (let index = 0; index < stream.nodeCount; index++) writeNode(out, stream, index)
    writeCounters(out, stream)
    const groups = stream.groups()
    out.length(groups.length)
    for (const group of groups) writeGroup(out, group)
  },
  loaders: {
    [RdbType.streamListpacks]: load({ counters: false, activeTimes: false }),
    [RdbType.streamListpacks2]: load({ counters: true, activeTimes: false }),
    [RdbType.streamListpacks3]: load({ counters: true, activeTimes: true })
  }
}
