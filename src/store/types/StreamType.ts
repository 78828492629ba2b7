/** Streams as values of the keyspace: objects under a handle, whose nodes lie in the arena. */
import { byteOf, type Ref, segmentOf } from "../../memory/Arena.ts"
import * as Listpack from "../../memory/Listpack.ts"
import type { Database } from "../Database.ts"
import { Encoding, metaOf, Type, VALUE_WORD } from "../Entry.ts"
import type { Keyspace } from "../Keyspace.ts"
import type { DigestSink, ValueType } from "../ValueType.ts"
import type { ConsumerGroup } from "./ConsumerGroup.ts"
import { Stream } from "./Stream.ts"
import * as StreamId from "./StreamId.ts"

/** The stream of an entry of that type. */
export const at = (db: Database, ref: Ref): Stream => db.space.held<Stream>(db.word(ref, VALUE_WORD))

/** Adds an empty stream under a key that is not there; `db.find` was last called for this key. */
export const add = (db: Database, key: Uint8Array, start: number, end: number): Ref => {
  const ref = db.add(key, start, end, metaOf(Type.stream, Encoding.stream), 0, db.code)
  db.setWord(ref, VALUE_WORD, db.space.hold(new Stream(db.space.arena)))
  return ref
}

const held = (space: Keyspace, handle: number): Stream => space.held<Stream>(handle)

/** What the objects of a pending entry, a consumer and a group take on the heap, about. */
const PENDING_BYTES = 120
const CONSUMER_BYTES = 200
const GROUP_BYTES = 300
const NODE_BYTES = 40

const groupBytes = (group: ConsumerGroup): number =>
  GROUP_BYTES + group.consumerCount * CONSUMER_BYTES + group.pending.size * PENDING_BYTES

export const StreamType: ValueType = {
  type: Type.stream,
  encodingName: () => "stream",
  *release(space, _encoding, value) {
    yield* held(space, value).release()
    space.drop(value)
  },
  releaseEffort: (space, _encoding, value) => held(space, value).nodeCount,
  copy: (space, _encoding, value) => space.hold(held(space, value).copy()),
  bytes: (space, _encoding, value, samples) => {
    const stream = held(space, value)
    const count = stream.nodeCount
    const looked = samples === 0 ? count : Math.min(samples, count)
    let bytes = 0
    for (let index = 0; index < looked; index++) bytes += space.arena.capacity(stream.node(index).ref) + NODE_BYTES
    if (looked < count) {
      // The last node is rarely full: it counts for itself.
      const last = space.arena.capacity(stream.node(count - 1).ref) + NODE_BYTES
      bytes = Math.floor((bytes / looked) * (count - 1)) + last
    }
    for (const group of stream.groups()) bytes += groupBytes(group)
    return bytes
  },
  digest: (space, _encoding, value, sink) => {
    const stream = held(space, value)
    const cursor = stream.range(StreamId.min, StreamId.max)
    const element = new Listpack.Element()
    while (cursor.next()) {
      sink.mix(Buffer.from(`${cursor.ms}.${cursor.seq}`))
      cursor.forEachElement((buf, at) => mixElement(sink, element, buf, at))
    }
  }
}

const mixElement = (sink: DigestSink, element: Listpack.Element, buf: Uint8Array, at: number): void => {
  element.readText(buf, at)
  sink.mix(element.bytes.slice(element.start, element.end))
}

/** A node's listpack, as it lies in the arena: what RDB files hold. */
export const nodeBytes = (stream: Stream, index: number): Uint8Array => {
  const { ref } = stream.node(index)
  const from = byteOf(ref)
  const buf = stream.arena.u8[segmentOf(ref)] as Uint8Array
  return buf.subarray(from, from + Listpack.byteLength(buf, from))
}
