/**
 * Reading on from where one has come to, and waiting for more: XREAD and XREADGROUP
 * (https://redis.io/docs/data-types/streams).
 */
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import { xreadKeys } from "../command/Keys.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { block, integer, key, keysAfter, optional, string, token } from "../command/Spec.ts"
import { Waiters } from "../command/Waiters.ts"
import type { Ref } from "../memory/Arena.ts"
import type { Output } from "../resp/Output.ts"
import * as Reply from "../resp/Reply.ts"
import type { Database } from "../store/Database.ts"
import { Type } from "../store/Entry.ts"
import { Store } from "../store/Store.ts"
import type { Consumer, ConsumerGroup } from "../store/types/ConsumerGroup.ts"
import type { PendingEntry } from "../store/types/PendingEntries.ts"
import type { Stream } from "../store/types/Stream.ts"
import * as StreamCounters from "../store/types/StreamCounters.ts"
import { StreamFinder } from "../store/types/StreamFinder.ts"
import * as StreamId from "../store/types/StreamId.ts"
import * as StreamType from "../store/types/StreamType.ts"
import { groupEvent, groupOf, streamOf } from "./StreamAccess.ts"
import { type ReadOptions, readOptions, strictId } from "./StreamArguments.ts"
import * as StreamEffects from "./StreamEffects.ts"
import { EntryWriter } from "./StreamReplies.ts"

// ---- specs

const spec = { since: "5.0.0", group: "stream", categories: ["stream"] } as const
const streams = block("streams", [key("key", 0, { multiple: true }), string("id", { multiple: true })], {
  token: "STREAMS"
})
const count = integer("count", { token: "COUNT", ...optional })
const wait = integer("milliseconds", { token: "BLOCK", ...optional })

/** Without fields when it has been deleted since it was delivered. */
const delivered = Returns.tuple("DeliveredEntry", {
  id: Returns.text,
  fields: Returns.optional(Returns.dictionary(Returns.bulk))
})

const Xread = Command.make("XREAD", {
  ...spec,
  summary: "Returns the entries of streams behind given ids, and waits for some if need be.",
  returns: Returns.dictionary(Returns.entries),
  complexity: "O(N) for N entries that are returned. XADD pays for the clients that it wakes.",
  arity: -4,
  flags: ["readonly", "blocking"],
  keys: [keysAfter("STREAMS", 1, ["RO", "access"], { lastKey: -1, limit: 2 })],
  getKeys: xreadKeys,
  arguments: [count, wait, streams]
})

const Xreadgroup = Command.make("XREADGROUP", {
  ...spec,
  summary: "Delivers new entries of streams to a consumer of a group, or returns those that are pending for it.",
  returns: Returns.dictionary(Returns.list(delivered)),
  complexity: "O(N) for N entries that are returned. XADD pays for the clients that it wakes.",
  arity: -7,
  flags: ["write", "blocking"],
  keys: [keysAfter("STREAMS", 4, ["RO", "access"], { lastKey: -1, limit: 2 })],
  arguments: [
    block("group_consumer", [string("group"), string("consumer")], { token: "GROUP" }),
    count,
    wait,
    token("NOACK", optional),
    streams
  ]
})

export const group = Command.group(Xread, Xreadgroup)

// ---- programs

const groupDollar = CommandError.make(
  "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by "
    + "specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set."
)
const groupless = CommandError.make(
  "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option."
)
const groupGone = CommandError.make("NOGROUP the consumer group this client was blocked on no longer exists")
const streamGone = CommandError.make("UNBLOCKED the stream key no longer exists")

/** Entries that a client gets at most when it waited and named no COUNT: it may have waited behind a very old id. */
const WAITING_COUNT = 1000

/** As in Redis, the last id there is stands for `>`. */
const NEW = StreamId.max

/** What of one stream goes into a reply: writes the entries. */
interface Part {
  readonly key: Uint8Array
  readonly write: (writer: EntryWriter, out: Output) => void
}

const replyOf = (parts: ReadonlyArray<Part>): Reply.Reply =>
  Reply.encoded((out) => {
    const writer = new EntryWriter(out)
    if (out.resp === 3) out.mapHeader(parts.length)
    else out.arrayHeader(parts.length)
    for (const part of parts) {
      if (out.resp === 2) out.arrayHeader(2)
      out.bulk(part.key, 0, part.key.length)
      part.write(writer, out)
    }
  })

/** The entries from `start` on. */
const entriesFrom = (stream: Stream, start: StreamId.StreamId, count: number): Part["write"] => {
  const found = stream.count(start, StreamId.max, count === 0 ? Infinity : count)
  return (writer) => writer.entries(stream, start, StreamId.max, found)
}

const after = (id: StreamId.StreamId): StreamId.StreamId => StreamId.increment(id) ?? StreamId.min

/** A consumer that reads: names are the waiter's own bytes. */
interface Reader {
  readonly group: Uint8Array
  readonly consumer: Uint8Array
  readonly noAck: boolean
  readonly count: number
}

export const layer = group.toLayer(Effect.gen(function*() {
  const store = yield* Store
  const waiters = yield* Waiters
  const { state } = store

  const consumerOf = (db: Database, key: Uint8Array, group: ConsumerGroup, reader: Reader): Consumer => {
    const known = group.consumer(reader.consumer)
    if (known !== undefined) {
      known.seenAt = state.now
      return known
    }
    const consumer = group.addConsumer(reader.consumer, state.now)
    state.dirty++
    groupEvent(db, key, 0, key.length, "xgroup-createconsumer")
    if (reader.noAck && state.propagation.active) {
      state.propagation.add(db.index, StreamEffects.createConsumer(key, group, consumer))
    }
    return consumer
  }

  /** Gives a consumer the entries from `start` on, which are new to its group. */
  const deliver = (
    db: Database,
    key: Uint8Array,
    stream: Stream,
    group: ConsumerGroup,
    consumer: Consumer,
    reader: Reader,
    start: StreamId.StreamId
  ): Part["write"] => {
    const { propagation } = state
    const cursor = stream.range(start, StreamId.max)
    let delivered = 0
    let advanced = false
    while ((reader.count === 0 || delivered < reader.count) && stream.length > 0 && cursor.next()) {
      const id = cursor.id
      delivered++
      if (StreamId.compare(id, group.lastId) > 0) {
        StreamCounters.advance(stream, group, id)
        advanced = true
      }
      if (reader.noAck) continue
      const entry = group.deliver(id, consumer, state.now, 1)
      if (propagation.active) propagation.add(db.index, StreamEffects.claim(key, group, entry))
    }
    if (reader.noAck && advanced && propagation.active) {
      propagation.add(db.index, StreamEffects.setId(key, group))
    }
    return (writer) => writer.entries(stream, start, StreamId.max, delivered)
  }

  /** What is pending for a consumer from `start` on: delivered once more, unless it has been deleted. */
  const history = (
    stream: Stream,
    group: ConsumerGroup,
    consumer: Consumer,
    start: StreamId.StreamId,
    count: number
  ): Part["write"] => {
    const entries: Array<PendingEntry> = []
    const finder = new StreamFinder(stream)
    for (const entry of consumer.pending.from(start)) {
      if (count > 0 && entries.length === count) break
      entries.push(entry)
      if (finder.find(entry.id) === undefined) continue
      group.deliver(entry.id, consumer, state.now, StreamId.plus(entry.deliveries, 1))
    }
    return (writer, out) => {
      out.arrayHeader(entries.length)
      for (const { id } of entries) writer.found(id, finder.find(id))
    }
  }

  // ---- XREAD

  const readIds = (request: Request, options: ReadOptions, db: Database): Array<StreamId.StreamId> => {
    const ids: Array<StreamId.StreamId> = []
    for (let i = 0; i < options.keys; i++) {
      const keyAt = options.keysAt + i
      const idAt = keyAt + options.keys
      const stream = streamOf(db, db.read(request.buffer(keyAt), request.start(keyAt), request.end(keyAt)))
      const grouped = options.groupAt > 0
      if (grouped) groupOf(stream, request, keyAt, options.groupAt, " in XREADGROUP with GROUP option")
      if (request.is(idAt, "$")) {
        if (grouped) throw groupDollar
        ids.push(stream?.lastId ?? StreamId.min)
      } else if (request.is(idAt, ">")) {
        if (!grouped) throw groupless
        ids.push(NEW)
      } else ids.push(strictId(request, idAt))
    }
    return ids
  }

  const readNow = (request: Request, options: ReadOptions, db: Database, ids: ReadonlyArray<StreamId.StreamId>) => {
    const reader = options.groupAt === 0 ? undefined : readerOf(request, options, options.count)
    const parts: Array<Part> = []
    for (const [i, id] of ids.entries()) {
      const keyAt = options.keysAt + i
      const ref = db.read(request.buffer(keyAt), request.start(keyAt), request.end(keyAt))
      const stream = streamOf(db, ref)
      if (stream === undefined) continue
      if (reader !== undefined) db.beforeChange(ref)
      const group = reader === undefined ? undefined : stream.group(reader.group)
      const isHistory = group !== undefined && !StreamId.equals(id, NEW)
      const behind = group !== undefined && !isHistory ? group.lastId : id
      if (!isHistory && (stream.length === 0 || StreamId.compare(stream.lastEntryId, behind) <= 0)) continue
      const start = after(behind)
      const key = request.bytes(keyAt)
      if (group === undefined || reader === undefined) {
        parts.push({ key, write: entriesFrom(stream, start, options.count) })
        continue
      }
      const consumer = consumerOf(db, key, group, reader)
      parts.push({
        key,
        write: isHistory
          ? history(stream, group, consumer, start, options.count)
          : deliver(db, key, stream, group, consumer, reader, start)
      })
      state.dirty++
    }
    return parts.length === 0 ? undefined : replyOf(parts)
  }

  const readerOf = (request: Request, options: ReadOptions, count: number): Reader => ({
    group: request.bytes(options.groupAt),
    consumer: request.bytes(options.groupAt + 1),
    noAck: options.noAck,
    count
  })

  /** Waits until one of the streams has an entry behind its id. */
  const readLater = (
    request: Request,
    options: ReadOptions,
    timeout: number,
    ids: ReadonlyArray<StreamId.StreamId>
  ): Effect.Effect<Reply.Reply, CommandError.CommandError> => {
    const count = options.count === 0 ? WAITING_COUNT : options.count
    const reader = options.groupAt === 0 ? undefined : readerOf(request, options, count)
    const keys: Array<Uint8Array> = []
    const behindKey = new Map<string, StreamId.StreamId>()
    for (const [i, id] of ids.entries()) {
      const name = request.latin1(options.keysAt + i)
      if (behindKey.has(name)) continue
      behindKey.set(name, id)
      keys.push(request.bytes(options.keysAt + i))
    }
    const serve = (db: Database, key: Uint8Array, ref: Ref): Reply.Reply | undefined => {
      const stream = StreamType.at(db, ref)
      const group = reader === undefined ? undefined : stream.group(reader.group)
      if (reader !== undefined && group === undefined) throw groupGone
      const behind = group?.lastId ?? behindKey.get(Buffer.from(key).toString("latin1")) ?? StreamId.max
      // The last id that was given, even when its entry is gone by now: then the reply has no entries.
      if (StreamId.compare(stream.lastId, behind) <= 0) return undefined
      const start = after(behind)
      if (group === undefined || reader === undefined) {
        return replyOf([{ key, write: entriesFrom(stream, start, count) }])
      }
      const consumer = consumerOf(db, key, group, reader)
      state.dirty++
      return replyOf([{ key, write: deliver(db, key, stream, group, consumer, reader, start) }])
    }
    return waiters.block(request.session, {
      keys,
      type: Type.stream,
      timeout,
      timedOut: Reply.nilArray,
      serve,
      ...(reader === undefined ? {} : { gone: () => streamGone })
    })
  }

  const read = (grouped: boolean): Command.Handler =>
    Command.mayWait((request) => {
      const options = readOptions(request, grouped)
      const db = store.database(request.session.db)
      const ids = readIds(request, options, db)
      // What a reader does to its groups is propagated entry by entry.
      request.propagateNothing()
      const reply = readNow(request, options, db, ids)
      if (reply !== undefined) return reply
      return options.block === undefined ? Reply.nilArray : readLater(request, options, options.block, ids)
    })

  return group.of({ XREAD: read(false), XREADGROUP: read(true) })
}))
