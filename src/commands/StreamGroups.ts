/**
 * Consumer groups of streams: making and ending them, and what is pending in them
 * (https://redis.io/docs/data-types/streams#consumer-groups).
 */
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import { help } from "../command/Help.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { block, integer, key, keysAt, type KeySpec, oneOf, optional, string, token, unixTime } from "../command/Spec.ts"
import type { Integer } from "../memory/Integers.ts"
import * as Reply from "../resp/Reply.ts"
import type { Database } from "../store/Database.ts"
import { Type } from "../store/Entry.ts"
import { Store } from "../store/Store.ts"
import { type Consumer, type ConsumerGroup, UNKNOWN_READ } from "../store/types/ConsumerGroup.ts"
import type { PendingEntry } from "../store/types/PendingEntries.ts"
import type { Stream } from "../store/types/Stream.ts"
import { StreamFinder } from "../store/types/StreamFinder.ts"
import * as StreamId from "../store/types/StreamId.ts"
import * as StreamType from "../store/types/StreamType.ts"
import { groupChanged, groupOf, noSuchGroup, streamOf, streamToChange, streamToRead } from "./StreamAccess.ts"
import { countAt, intervalEnd, intervalStart, isStrictId, looseId, strictId } from "./StreamArguments.ts"
import * as StreamEffects from "./StreamEffects.ts"
import { EntryWriter, writeId } from "./StreamReplies.ts"

// ---- specs

const spec = { since: "5.0.0", group: "stream", categories: ["stream"] } as const
const subcommand = { ...spec, complexity: "O(1)" } as const
const keyAt2 = (flags: KeySpec["flags"]): ReadonlyArray<KeySpec> => [keysAt(2, flags)]
const groupName = string("groupname")
const idOrLast = oneOf("id", [string("id"), token("$", { name: "new_id" })])
const entriesRead = integer("entries_read", { token: "ENTRIESREAD", ...optional })

const claimed = Returns.given("justid", Returns.names, Returns.entries)
const inBrief = Returns.tuple("PendingSummary", {
  count: Returns.integer,
  first: Returns.optional(Returns.text),
  last: Returns.optional(Returns.text),
  consumers: Returns.list(Returns.tuple("PendingOfConsumer", { name: Returns.text, count: Returns.integer }))
})
const inDetail = Returns.tuple("PendingEntry", {
  id: Returns.text,
  consumer: Returns.text,
  idle: Returns.integer,
  deliveries: Returns.integer
})

const Xgroup = Command.make("XGROUP", {
  summary: "Holds the commands on consumer groups.",
  since: "5.0.0",
  group: "stream",
  complexity: "Depends on the subcommand.",
  arity: -2,
  flags: []
})

const Create = Command.make("XGROUP|CREATE", {
  ...subcommand,
  summary: "Creates a consumer group of a stream.",
  returns: Returns.done,
  arity: -5,
  flags: ["write", "denyoom"],
  keys: keyAt2(["RW", "insert"]),
  arguments: [key(), groupName, idOrLast, token("MKSTREAM", optional), entriesRead],
  history: [["7.0.0", "Takes `ENTRIESREAD`."]]
})

const CreateConsumer = Command.make("XGROUP|CREATECONSUMER", {
  ...subcommand,
  summary: "Creates a consumer in a group.",
  returns: Returns.boolean,
  since: "6.2.0",
  arity: 5,
  flags: ["write", "denyoom"],
  keys: keyAt2(["RW", "insert"]),
  arguments: [key(), groupName, string("consumername")]
})

const DelConsumer = Command.make("XGROUP|DELCONSUMER", {
  ...subcommand,
  summary: "Deletes a consumer with what is pending for it.",
  returns: Returns.integer,
  arity: 5,
  flags: ["write"],
  keys: keyAt2(["RW", "delete"]),
  arguments: [key(), groupName, string("consumername")]
})

const Destroy = Command.make("XGROUP|DESTROY", {
  ...subcommand,
  summary: "Deletes a consumer group.",
  returns: Returns.boolean,
  complexity: "O(N) for N entries that are pending.",
  arity: 4,
  flags: ["write"],
  keys: keyAt2(["RW", "delete"]),
  arguments: [key(), groupName]
})

const GroupHelp = Command.make("XGROUP|HELP", {
  ...subcommand,
  summary: "Describes the subcommands.",
  returns: Returns.names,
  arity: 2,
  flags: ["loading", "stale"]
})

const SetId = Command.make("XGROUP|SETID", {
  ...subcommand,
  summary: "Sets the id up to which a group has been delivered.",
  returns: Returns.done,
  arity: -5,
  flags: ["write"],
  keys: keyAt2(["RW", "update"]),
  arguments: [key(), groupName, idOrLast, entriesRead],
  history: [["7.0.0", "Takes `ENTRIESREAD`."]]
})

const Xack = Command.make("XACK", {
  ...spec,
  summary: "Acknowledges entries, which are pending no more, and counts those that were.",
  returns: Returns.integer,
  complexity: "O(1) for each id.",
  arity: -4,
  flags: ["write", "fast"],
  keys: [keysAt(1, ["RW", "update"])],
  arguments: [key(), string("group"), string("id", { multiple: true })]
})

const Xpending = Command.make("XPENDING", {
  ...spec,
  summary: "Returns what is pending in a group: a summary, or the entries between two ids.",
  returns: Returns.given("start", Returns.list(inDetail), inBrief),
  complexity: "O(N) for N entries that are looked at; for the summary, O(N) for N consumers.",
  arity: -3,
  flags: ["readonly"],
  keys: [keysAt(1, ["RO", "access"])],
  arguments: [
    key(),
    string("group"),
    block("filters", [
      integer("min-idle-time", { token: "IDLE", since: "6.2.0", ...optional }),
      string("start"),
      string("end"),
      integer("count"),
      string("consumer", optional)
    ], optional)
  ],
  tips: ["nondeterministic_output"],
  history: [["6.2.0", "Takes `IDLE`, and bounds that are left out."]]
})

const Xclaim = Command.make("XCLAIM", {
  ...spec,
  summary: "Gives pending entries to another consumer, as if they had been delivered to it.",
  returns: claimed,
  complexity: "O(log N) for each id, with N entries pending in the group.",
  arity: -6,
  flags: ["write", "fast"],
  keys: [keysAt(1, ["RW", "update"])],
  arguments: [
    key(),
    string("group"),
    string("consumer"),
    string("min-idle-time"),
    string("id", { multiple: true }),
    integer("ms", { token: "IDLE", ...optional }),
    unixTime("unix-time-milliseconds", { token: "TIME", ...optional }),
    integer("count", { token: "RETRYCOUNT", ...optional }),
    token("FORCE", optional),
    token("JUSTID", optional),
    string("id", { token: "LASTID", ...optional })
  ],
  tips: ["nondeterministic_output"]
})

const Xautoclaim = Command.make("XAUTOCLAIM", {
  ...spec,
  summary: "Gives entries that have been pending for long to another consumer, some at a time.",
  returns: Returns.tuple("Claimed", { cursor: Returns.text, entries: claimed, deleted: Returns.names }),
  since: "6.2.0",
  complexity: "O(1) for a small COUNT.",
  arity: -6,
  flags: ["write", "fast"],
  keys: [keysAt(1, ["RW", "delete"])],
  arguments: [
    key(),
    string("group"),
    string("consumer"),
    string("min-idle-time"),
    string("start"),
    integer("count", { token: "COUNT", ...optional }),
    token("JUSTID", optional)
  ],
  tips: ["nondeterministic_output"],
  history: [["7.0.0", "Returns the ids of deleted entries that it forgot, too."]]
})

export const group = Command.group(
  Xack,
  Xautoclaim,
  Xclaim,
  Xgroup,
  Create,
  CreateConsumer,
  DelConsumer,
  Destroy,
  GroupHelp,
  SetId,
  Xpending
)

// ---- programs

const badEntriesRead = CommandError.make("ERR value for ENTRIESREAD must be positive or -1")
const missingKey = CommandError.make(
  "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM "
    + "option to create an empty stream automatically."
)
const busyGroup = CommandError.make("BUSYGROUP Consumer Group name already exists")
const badCount = CommandError.make("ERR COUNT must be > 0")
const badOption = (command: string, what: string): CommandError.CommandError =>
  CommandError.make(`ERR Invalid ${what} argument for ${command}`)

/** Entries that XAUTOCLAIM looks at for each one that it may claim. */
const ATTEMPTS = 10
/** The greatest COUNT that XAUTOCLAIM takes: the ids must have room in Redis's memory. */
const MAX_CLAIMS = (1n << 63n) / 16n - 1n
/** From this COUNT on no process has the memory that Redis takes for the ids: 128 TiB. */
const HOPELESS_CLAIMS = 2 ** 47 / 16
const noMemory = CommandError.make(
  "ERR Insufficient memory, failed allocating transient memory, COUNT too high."
)

export const layer = group.toLayer(Effect.gen(function*() {
  const store = yield* Store
  const { state } = store
  const databaseOf = (request: Request): Database => store.database(request.session.db)

  const propagate = (request: Request, effects: Array<ReadonlyArray<Uint8Array>>): void => {
    request.effects = effects
  }

  // ---- XGROUP

  interface GroupRequest {
    readonly db: Database
    readonly ref: number
    readonly stream: Stream | undefined
    readonly entriesRead: Integer
  }

  /** What the subcommands of XGROUP have in common, in Redis's order of errors. */
  const groupRequest = (
    request: Request,
    options: { readonly mayMake: boolean; readonly sets: boolean }
  ): GroupRequest => {
    let makeStream = false
    let entriesRead: Integer = UNKNOWN_READ
    for (let i = 5; options.sets && i < request.count; i++) {
      if (options.mayMake && request.is(i, "MKSTREAM")) makeStream = true
      else if (i + 1 < request.count && request.is(i, "ENTRIESREAD")) {
        entriesRead = request.integer(++i)
        if (entriesRead < 0 && entriesRead !== UNKNOWN_READ) throw badEntriesRead
      } else throw CommandError.unknownSubcommandOrArity("XGROUP", request.quoted(1))
    }
    const db = databaseOf(request)
    const ref = db.write(request.buffer(2), request.start(2), request.end(2))
    const stream = streamOf(db, ref)
    if (stream === undefined && !makeStream) throw missingKey
    return { db, ref, stream, entriesRead }
  }

  /** The group that a subcommand needs. */
  const knownGroup = (request: Request, stream: Stream | undefined): ConsumerGroup => {
    const group = stream?.group(request.bytes(3))
    if (group === undefined) throw noSuchGroup(request, 2, 3)
    return group
  }

  // ---- claiming

  const claimer = (request: Request, db: Database, group: ConsumerGroup): Consumer => {
    const name = request.bytes(3)
    const known = group.consumer(name)
    if (known !== undefined) {
      known.seenAt = state.now
      return known
    }
    const consumer = group.addConsumer(name, state.now)
    groupChanged(db, request, 1, "xgroup-createconsumer")
    return consumer
  }

  /** The reply of entries that were claimed: their ids only, or whole. */
  const claimed = (stream: Stream, ids: ReadonlyArray<StreamId.StreamId>, onlyIds: boolean): Reply.Reply =>
    Reply.encoded((out) => {
      const writer = new EntryWriter(out)
      const finder = new StreamFinder(stream)
      out.arrayHeader(ids.length)
      for (const id of ids) {
        if (onlyIds) writeId(out, id.ms, id.seq)
        else writer.found(id, finder.find(id))
      }
    })

  return group.of({
    XGROUP: Command.container,
    "XGROUP|HELP": Command.program(() => groupHelp),

    "XGROUP|CREATE": Command.program((request) => {
      const { db, entriesRead, ...found } = groupRequest(request, { mayMake: true, sets: true })
      if (request.count > 8) throw CommandError.unknownSubcommandOrArity("XGROUP", request.quoted(1))
      const id = request.is(4, "$") ? found.stream?.lastId ?? StreamId.min : strictId(request, 4)
      let stream = found.stream
      if (stream === undefined) {
        stream = StreamType.at(db, StreamType.add(db, request.buffer(2), request.start(2), request.end(2)))
        state.modified(db.index, request.buffer(2), request.start(2), request.end(2))
      }
      const name = request.bytes(3)
      if (stream.group(name) !== undefined) throw busyGroup
      stream.addGroup(name, id, entriesRead)
      groupChanged(db, request, 2, "xgroup-create")
      return Reply.ok
    }),

    "XGROUP|SETID": Command.program((request) => {
      const { db, entriesRead, stream } = groupRequest(request, { mayMake: false, sets: true })
      const group = knownGroup(request, stream)
      if (request.count !== 5 && request.count !== 7) {
        throw CommandError.unknownSubcommandOrArity("XGROUP", request.quoted(1))
      }
      group.lastId = request.is(4, "$") ? stream?.lastId ?? StreamId.min : looseId(request, 4)
      group.entriesRead = entriesRead
      groupChanged(db, request, 2, "xgroup-setid")
      return Reply.ok
    }),

    "XGROUP|DESTROY": Command.program((request) => {
      const { db, ref, stream } = groupRequest(request, { mayMake: false, sets: false })
      const group = stream?.group(request.bytes(3))
      if (stream === undefined || group === undefined) return Reply.integer(0)
      stream.removeGroup(group)
      groupChanged(db, request, 2, "xgroup-destroy")
      // Who waits in the group has to hear of it.
      if (state.awaitedTypes !== 0) state.appeared(db, ref, Type.stream)
      return Reply.integer(1)
    }),

    "XGROUP|CREATECONSUMER": Command.program((request) => {
      const { db, stream } = groupRequest(request, { mayMake: false, sets: false })
      const group = knownGroup(request, stream)
      const name = request.bytes(4)
      if (group.consumer(name) !== undefined) return Reply.integer(0)
      group.addConsumer(name, state.now)
      groupChanged(db, request, 2, "xgroup-createconsumer")
      return Reply.integer(1)
    }),

    "XGROUP|DELCONSUMER": Command.program((request) => {
      const { db, stream } = groupRequest(request, { mayMake: false, sets: false })
      const group = knownGroup(request, stream)
      const consumer = group.consumer(request.bytes(4))
      if (consumer === undefined) return Reply.integer(0)
      const pending = consumer.pending.size
      group.removeConsumer(consumer)
      groupChanged(db, request, 2, "xgroup-delconsumer")
      return Reply.integer(pending)
    }),

    XACK: Command.program((request) => {
      const group = streamToChange(databaseOf(request), request, 1)?.group(request.bytes(2))
      if (group === undefined) return Reply.integer(0)
      const ids: Array<StreamId.StreamId> = []
      for (let i = 3; i < request.count; i++) ids.push(strictId(request, i))
      let acknowledged = 0
      for (const id of ids) if (group.acknowledge(id)) acknowledged++
      state.dirty += acknowledged
      return Reply.integer(acknowledged)
    }),

    XPENDING: Command.program((request) => {
      const interval = request.count === 3 ? undefined : pendingInterval(request)
      const group = groupOf(streamToRead(databaseOf(request), request, 1), request, 1, 2)
      if (interval === undefined) return pendingSummary(group)
      const consumer = interval.consumerAt === 0 ? undefined : group.consumer(request.bytes(interval.consumerAt))
      if (interval.consumerAt > 0 && consumer === undefined) return Reply.emptyArray
      const entries: Array<PendingEntry> = []
      for (const entry of (consumer ?? group).pending.from(interval.start)) {
        if (entries.length >= interval.count || StreamId.compare(entry.id, interval.end) > 0) break
        if (interval.minIdle !== 0 && state.now - entry.deliveredAt < interval.minIdle) continue
        entries.push(entry)
      }
      return Reply.encoded((out) => {
        out.arrayHeader(entries.length)
        for (const { consumer, deliveredAt, deliveries, id } of entries) {
          out.arrayHeader(4)
          writeId(out, id.ms, id.seq)
          out.bulk(consumer.name, 0, consumer.name.length)
          out.integer(Math.max(0, state.now - deliveredAt))
          out.integer(StreamId.signed(deliveries))
        }
      })
    }),

    XCLAIM: Command.program((request) => {
      const db = databaseOf(request)
      const stream = streamToChange(db, request, 1)
      const group = groupOf(stream, request, 1, 2)
      if (stream === undefined) throw CommandError.noSuchKey
      const options = claimOptions(request, state.now)
      let announceLast = StreamId.compare(options.lastId, group.lastId) > 0
      if (announceLast) group.lastId = options.lastId
      const key = request.bytes(1)
      let consumer: Consumer | undefined
      const effects: Array<ReadonlyArray<Uint8Array>> = []
      const ids: Array<StreamId.StreamId> = []
      const finder = new StreamFinder(stream)
      for (const [index, id] of options.ids.entries()) {
        const entry = group.pending.get(id)
        if (finder.find(id) === undefined) {
          if (entry === undefined) continue
          if (state.propagation.active) {
            effects.push(StreamEffects.claim(key, group, entry, request.bytes(FIRST_ID + index)))
          }
          group.acknowledge(id)
          announceLast = false
          state.dirty++
          continue
        }
        if (entry === undefined && !options.force) continue
        if (entry !== undefined && options.minIdle > 0 && state.now - entry.deliveredAt < options.minIdle) continue
        consumer ??= claimer(request, db, group)
        // What FORCE adds counts as delivered once before.
        const before = entry?.deliveries ?? 1
        const deliveries = options.deliveries >= 0
          ? options.deliveries
          : options.onlyIds
          ? before
          : StreamId.plus(before, 1)
        const now = group.deliver(id, consumer, options.deliveredAt, deliveries)
        ids.push(id)
        if (state.propagation.active) {
          effects.push(StreamEffects.claim(key, group, now, request.bytes(FIRST_ID + index)))
        }
        announceLast = false
        state.dirty++
      }
      if (announceLast) {
        effects.push(StreamEffects.setId(key, group))
        state.dirty++
      }
      propagate(request, effects)
      return claimed(stream, ids, options.onlyIds)
    }),

    XAUTOCLAIM: Command.program((request) => {
      // Looked up before the options are read: a miss counts, and has its event, even where they are wrong
      const db = databaseOf(request)
      const ref = db.read(request.buffer(1), request.start(1), request.end(1))
      const minIdle = Math.max(0, Number(request.integer(4, badOption("XAUTOCLAIM", "min-idle-time"))))
      const start = intervalStart(request, 5)
      let count = 100
      let onlyIds = false
      for (let i = 6; i < request.count; i++) {
        if (i + 1 < request.count && request.is(i, "COUNT")) {
          const given = request.integer(++i, badCount)
          if (given < 1 || given > MAX_CLAIMS) throw badCount
          count = Number(given)
        } else if (request.is(i, "JUSTID")) onlyIds = true
        else throw CommandError.syntax
      }
      if (ref !== 0) db.beforeChange(ref)
      const stream = streamOf(db, ref)
      const group = groupOf(stream, request, 1, 2)
      if (stream === undefined) throw CommandError.noSuchKey
      if (count >= HOPELESS_CLAIMS) throw noMemory
      const key = request.bytes(1)
      let consumer: Consumer | undefined
      const effects: Array<ReadonlyArray<Uint8Array>> = []
      const ids: Array<StreamId.StreamId> = []
      const deleted: Array<StreamId.StreamId> = []
      const finder = new StreamFinder(stream)
      let attempts = count * ATTEMPTS
      let entry = group.pending.firstFrom(start)
      for (; entry !== undefined && attempts > 0 && ids.length + deleted.length < count; attempts--) {
        const id: StreamId.StreamId = entry.id
        if (finder.find(id) === undefined) {
          if (state.propagation.active) effects.push(StreamEffects.claim(key, group, entry))
          group.acknowledge(id)
          deleted.push(id)
          state.dirty++
        } else if (minIdle === 0 || state.now - entry.deliveredAt >= minIdle) {
          consumer ??= claimer(request, db, group)
          const deliveries = onlyIds ? entry.deliveries : StreamId.plus(entry.deliveries, 1)
          entry = group.deliver(id, consumer, state.now, deliveries)
          ids.push(id)
          if (state.propagation.active) effects.push(StreamEffects.claim(key, group, entry))
          state.dirty++
        }
        const next = StreamId.increment(id)
        entry = next === undefined ? undefined : group.pending.firstFrom(next)
      }
      propagate(request, effects)
      const cursor = entry?.id ?? StreamId.min
      const entries = claimed(stream, ids, onlyIds)
      return Reply.encoded((out) => {
        out.arrayHeader(3)
        writeId(out, cursor.ms, cursor.seq)
        entries.encode(out)
        out.arrayHeader(deleted.length)
        for (const id of deleted) writeId(out, id.ms, id.seq)
      })
    })
  })
}))

// ---- XPENDING

interface PendingInterval {
  readonly start: StreamId.StreamId
  readonly end: StreamId.StreamId
  readonly count: number
  readonly minIdle: number
  /** Where the consumer's name stands; 0: none is named. */
  readonly consumerAt: number
}

const pendingInterval = (request: Request): PendingInterval => {
  if (request.count < 6 || request.count > 9) throw CommandError.syntax
  let at = 3
  let minIdle = 0
  if (request.is(3, "IDLE")) {
    minIdle = Number(request.integer(4))
    if (request.count < 8) throw CommandError.syntax
    at = 5
  }
  const count = countAt(request, at + 2)
  const start = intervalStart(request, at)
  const end = intervalEnd(request, at + 1)
  return { start, end, count, minIdle, consumerAt: at + 3 < request.count ? at + 3 : 0 }
}

const pendingSummary = (group: ConsumerGroup): Reply.Reply =>
  Reply.encoded((out) => {
    const { first, last, size } = group.pending
    out.arrayHeader(4)
    out.integer(size)
    if (first === undefined || last === undefined) {
      out.nil()
      out.nil()
      out.nilArray()
      return
    }
    writeId(out, first.id.ms, first.id.seq)
    writeId(out, last.id.ms, last.id.seq)
    const consumers = group.consumers().filter((consumer) => consumer.pending.size > 0)
    out.arrayHeader(consumers.length)
    for (const { name, pending } of consumers) {
      out.arrayHeader(2)
      out.bulk(name, 0, name.length)
      out.bulkInteger(pending.size)
    }
  })

// ---- XCLAIM

const FIRST_ID = 5

interface ClaimOptions {
  readonly ids: ReadonlyArray<StreamId.StreamId>
  readonly minIdle: number
  readonly deliveredAt: number
  /** Negative: one more than before. */
  readonly deliveries: Integer
  readonly force: boolean
  readonly onlyIds: boolean
  readonly lastId: StreamId.StreamId
}

const claimOptions = (request: Request, now: number): ClaimOptions => {
  const minIdle = Math.max(0, Number(request.integer(4, badOption("XCLAIM", "min-idle-time"))))
  const ids: Array<StreamId.StreamId> = []
  let i = FIRST_ID
  for (; i < request.count && isStrictId(request, i); i++) ids.push(strictId(request, i))
  let deliveredAt = now
  let deliveries: Integer = -1
  let force = false
  let onlyIds = false
  let lastId = StreamId.min
  for (; i < request.count; i++) {
    const hasValue = i + 1 < request.count
    if (request.is(i, "FORCE")) force = true
    else if (request.is(i, "JUSTID")) onlyIds = true
    else if (hasValue && request.is(i, "IDLE")) {
      deliveredAt = now - Number(request.integer(++i, badOption("XCLAIM", "IDLE option")))
    } else if (hasValue && request.is(i, "TIME")) {
      deliveredAt = Number(request.integer(++i, badOption("XCLAIM", "TIME option")))
    } else if (hasValue && request.is(i, "RETRYCOUNT")) {
      deliveries = request.integer(++i, badOption("XCLAIM", "RETRYCOUNT option"))
    } else if (hasValue && request.is(i, "LASTID")) lastId = strictId(request, ++i)
    else throw CommandError.make(`ERR Unrecognized XCLAIM option '${request.quoted(i)}'`)
  }
  // Clients reckon by their own clocks: what cannot be is taken for now.
  if (deliveredAt < 0 || deliveredAt > now) deliveredAt = now
  return { ids, minIdle, deliveredAt, deliveries, force, onlyIds, lastId }
}

const groupHelp = help("XGROUP", [
  "CREATE <key> <groupname> <id|$> [option]",
  "    Create a new consumer group. Options are:",
  "    * MKSTREAM",
  "      Create the empty stream if it does not exist.",
  "    * ENTRIESREAD entries_read",
  "      Set the group's entries_read counter (internal use).",
  "CREATECONSUMER <key> <groupname> <consumer>",
  "    Create a new consumer in the specified group.",
  "DELCONSUMER <key> <groupname> <consumer>",
  "    Remove the specified consumer.",
  "DESTROY <key> <groupname>",
  "    Remove the specified group.",
  "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
  "    Set the current group ID and entries_read counter."
])
