/** XINFO: a stream, its groups and their consumers, looked into. */
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import { help } from "../command/Help.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { block, integer, key, keysAt, optional, string } from "../command/Spec.ts"
import type { Output } from "../resp/Output.ts"
import * as Reply from "../resp/Reply.ts"
import { Store } from "../store/Store.ts"
import { type Consumer, type ConsumerGroup, UNKNOWN_READ } from "../store/types/ConsumerGroup.ts"
import type { PendingEntries } from "../store/types/PendingEntries.ts"
import type { Stream } from "../store/types/Stream.ts"
import * as StreamCounters from "../store/types/StreamCounters.ts"
import * as StreamId from "../store/types/StreamId.ts"
import { noSuchGroup, streamToRead } from "./StreamAccess.ts"
import { EntryWriter, writeId } from "./StreamReplies.ts"

// ---- specs

const spec = {
  since: "5.0.0",
  group: "stream",
  categories: ["stream"],
  complexity: "O(1)",
  flags: ["readonly"],
  keys: [keysAt(2, ["RO", "access"])]
} as const

const consumer = Returns.properties("ConsumerInfo", {
  name: Returns.text,
  pending: Returns.integer,
  idle: Returns.integer
})

const groupInfo = Returns.properties("GroupInfo", {
  name: Returns.text,
  consumers: Returns.integer,
  pending: Returns.integer,
  "last-delivered-id": Returns.text,
  "entries-read": Returns.optional(Returns.integer),
  lag: Returns.optional(Returns.integer)
})

const inBoth = {
  length: Returns.integer,
  "radix-tree-keys": Returns.integer,
  "radix-tree-nodes": Returns.integer,
  "last-generated-id": Returns.text,
  "max-deleted-entry-id": Returns.text,
  "entries-added": Returns.integer,
  "recorded-first-entry-id": Returns.text
}

const streamInfo = Returns.properties("StreamInfo", {
  ...inBoth,
  groups: Returns.integer,
  "first-entry": Returns.optional(Returns.entry),
  "last-entry": Returns.optional(Returns.entry)
})

const fullConsumer = Returns.properties("ConsumerState", {
  name: Returns.text,
  "seen-time": Returns.integer,
  "pel-count": Returns.integer,
  pending: Returns.list(
    Returns.tuple("ConsumerPending", { id: Returns.text, time: Returns.integer, deliveries: Returns.integer })
  )
})

const fullInfo = Returns.properties("StreamState", {
  ...inBoth,
  entries: Returns.entries,
  groups: Returns.list(Returns.properties("GroupState", {
    name: Returns.text,
    "last-delivered-id": Returns.text,
    "entries-read": Returns.optional(Returns.integer),
    lag: Returns.optional(Returns.integer),
    "pel-count": Returns.integer,
    pending: Returns.list(Returns.tuple("GroupPending", {
      id: Returns.text,
      consumer: Returns.text,
      time: Returns.integer,
      deliveries: Returns.integer
    })),
    consumers: Returns.list(fullConsumer)
  }))
})

const Xinfo = Command.make("XINFO", {
  summary: "Holds the commands that look into streams.",
  since: "5.0.0",
  group: "stream",
  complexity: "Depends on the subcommand.",
  arity: -2,
  flags: []
})

const Consumers = Command.make("XINFO|CONSUMERS", {
  ...spec,
  summary: "Returns the consumers of a group.",
  returns: Returns.list(consumer),
  arity: 4,
  arguments: [key(), string("groupname")],
  tips: ["nondeterministic_output"]
})

const Groups = Command.make("XINFO|GROUPS", {
  ...spec,
  summary: "Returns the groups of a stream.",
  returns: Returns.list(groupInfo),
  arity: 3,
  arguments: [key()],
  history: [["7.0.0", "Returns `entries-read` and `lag`."]]
})

const Help = Command.make("XINFO|HELP", {
  summary: "Describes the subcommands.",
  returns: Returns.names,
  since: "5.0.0",
  group: "stream",
  complexity: "O(1)",
  arity: 2,
  flags: ["loading", "stale"],
  categories: ["stream"]
})

const StreamItself = Command.make("XINFO|STREAM", {
  ...spec,
  summary: "Returns figures of a stream, and all about it with `FULL`.",
  returns: Returns.given("full", fullInfo, streamInfo),
  arity: -3,
  arguments: [
    key(),
    block("full", [integer("count", { token: "COUNT", ...optional })], { token: "FULL", ...optional })
  ],
  history: [
    ["6.0.0", "Takes `FULL`."],
    ["7.0.0", "Returns the counters of the stream and of its groups."]
  ]
})

export const group = Command.group(Xinfo, Consumers, Groups, Help, StreamItself)

// ---- programs

/** Entries and pending ones that FULL shows unless told otherwise. */
const FULL_COUNT = 10

export const layer = group.toLayer(Effect.gen(function*() {
  const store = yield* Store
  const { state } = store

  const streamAt2 = (request: Request): Stream => {
    const stream = streamToRead(store.database(request.session.db), request, 2)
    if (stream === undefined) throw CommandError.noSuchKey
    return stream
  }

  return group.of({
    XINFO: Command.container,
    "XINFO|HELP": Command.program(() => helpReply),

    "XINFO|CONSUMERS": Command.program((request) => {
      const group = streamAt2(request).group(request.bytes(3))
      if (group === undefined) throw noSuchGroup(request, 2, 3)
      const consumers = group.consumers()
      return Reply.encoded((out) => {
        out.arrayHeader(consumers.length)
        for (const { name, pending, seenAt } of consumers) {
          out.mapHeader(3)
          out.text("name")
          out.bulk(name, 0, name.length)
          out.text("pending")
          out.integer(pending.size)
          out.text("idle")
          out.integer(Math.max(0, state.now - seenAt))
        }
      })
    }),

    "XINFO|GROUPS": Command.program((request) => {
      const stream = streamAt2(request)
      const groups = stream.groups()
      return Reply.encoded((out) => {
        out.arrayHeader(groups.length)
        for (const group of groups) {
          out.mapHeader(6)
          out.text("name")
          out.bulk(group.name, 0, group.name.length)
          out.text("consumers")
          out.integer(group.consumerCount)
          out.text("pending")
          out.integer(group.pending.size)
          writeProgress(out, stream, group)
        }
      })
    }),

    "XINFO|STREAM": Command.program((request) => {
      const stream = streamAt2(request)
      if (request.count === 3) return Reply.encoded((out) => writeSummary(out, stream))
      const count = fullCount(request)
      return Reply.encoded((out) => writeFull(out, stream, count))
    })
  })
}))

/** The COUNT of FULL; 0 for all. */
const fullCount = (request: Request): number => {
  const isFull = (request.count === 4 || request.count === 6) && request.is(3, "FULL")
    && (request.count === 4 || request.is(4, "COUNT"))
  if (!isFull) throw CommandError.unknownSubcommandOrArity("XINFO", request.quoted(1))
  if (request.count === 4) return FULL_COUNT
  const count = Number(request.integer(5))
  return count < 0 ? FULL_COUNT : count
}

const writeNamedId = (out: Output, name: string, id: StreamId.StreamId): void => {
  out.text(name)
  writeId(out, id.ms, id.seq)
}

/** Where a group has come to, as all forms show it. */
const writeProgress = (out: Output, stream: Stream, group: ConsumerGroup): void => {
  writeNamedId(out, "last-delivered-id", group.lastId)
  out.text("entries-read")
  if (group.entriesRead === UNKNOWN_READ) out.nil()
  else out.integer(StreamId.signed(group.entriesRead))
  out.text("lag")
  const lag = StreamCounters.lag(stream, group)
  if (lag === undefined) out.nil()
  else out.integer(lag)
}

const writeFigures = (out: Output, stream: Stream): void => {
  out.text("length")
  out.integer(stream.length)
  out.text("radix-tree-keys")
  out.integer(stream.nodeCount)
  out.text("radix-tree-nodes")
  out.integer(StreamCounters.radixTreeNodes(stream))
  writeNamedId(out, "last-generated-id", stream.lastId)
  writeNamedId(out, "max-deleted-entry-id", stream.maxDeletedId)
  out.text("entries-added")
  out.integer(StreamId.signed(stream.entriesAdded))
  writeNamedId(out, "recorded-first-entry-id", stream.firstId)
}

const writeSummary = (out: Output, stream: Stream): void => {
  out.mapHeader(10)
  writeFigures(out, stream)
  out.text("groups")
  out.integer(stream.groupCount)
  const writer = new EntryWriter(out)
  out.text("first-entry")
  writer.edge(stream, false)
  out.text("last-entry")
  writer.edge(stream, true)
}

const writeFull = (out: Output, stream: Stream, count: number): void => {
  out.mapHeader(9)
  writeFigures(out, stream)
  out.text("entries")
  const entries = count === 0 ? stream.length : Math.min(count, stream.length)
  new EntryWriter(out).entries(stream, StreamId.min, StreamId.max, entries)
  out.text("groups")
  const groups = stream.groups()
  out.arrayHeader(groups.length)
  for (const group of groups) {
    out.mapHeader(7)
    out.text("name")
    out.bulk(group.name, 0, group.name.length)
    writeProgress(out, stream, group)
    out.text("pel-count")
    out.integer(group.pending.size)
    writePending(out, group.pending, count, true)
    out.text("consumers")
    const consumers = group.consumers()
    out.arrayHeader(consumers.length)
    for (const consumer of consumers) writeConsumer(out, consumer, count)
  }
}

const writeConsumer = (out: Output, { name, pending, seenAt }: Consumer, count: number): void => {
  out.mapHeader(4)
  out.text("name")
  out.bulk(name, 0, name.length)
  out.text("seen-time")
  out.integer(seenAt)
  out.text("pel-count")
  out.integer(pending.size)
  writePending(out, pending, count, false)
}

const writePending = (out: Output, pending: PendingEntries, count: number, named: boolean): void => {
  out.text("pending")
  let left = count === 0 ? pending.size : Math.min(count, pending.size)
  out.arrayHeader(left)
  for (const { consumer, deliveredAt, deliveries, id } of pending.from(StreamId.min)) {
    if (left-- === 0) break
    out.arrayHeader(named ? 4 : 3)
    writeId(out, id.ms, id.seq)
    if (named) out.bulk(consumer.name, 0, consumer.name.length)
    out.integer(deliveredAt)
    out.integer(StreamId.signed(deliveries))
  }
}

const helpReply = help("XINFO", [
  "CONSUMERS <key> <groupname>",
  "    Show consumers of <groupname>.",
  "GROUPS <key>",
  "    Show the stream consumer groups.",
  "STREAM <key> [FULL [COUNT <count>]",
  "    Show information about the stream."
])
