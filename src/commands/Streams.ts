/**
 * Streams as logs: adding, reading by range, deleting, trimming (https://redis.io/commands/?group=stream). Reading what
 * is yet to come is in `StreamReads`, consumer groups are in `StreamGroups`.
 */
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { block, integer, key, keysAt, oneOf, optional, string, token } from "../command/Spec.ts"
import { Config } from "../config/Config.ts"
import type * as Registry from "../config/Registry.ts"
import * as Integers from "../memory/Integers.ts"
import * as Reply from "../resp/Reply.ts"
import { Type } from "../store/Entry.ts"
import { KeyEventClass } from "../store/KeyEvents.ts"
import { Store } from "../store/Store.ts"
import type { Stream } from "../store/types/Stream.ts"
import * as StreamId from "../store/types/StreamId.ts"
import * as StreamType from "../store/types/StreamType.ts"
import { groupChanged, streamOf, streamToRead, streamToWrite } from "./StreamAccess.ts"
import { countAt, intervalEnd, intervalStart, strictId, TrimOptions } from "./StreamArguments.ts"
import * as StreamReplies from "./StreamReplies.ts"

// ---- specs

const spec = { since: "5.0.0", group: "stream", categories: ["stream"] } as const
const limitHistory = "Takes the strategy `MINID`, and `LIMIT`."
const trimParts = [
  oneOf("strategy", [token("MAXLEN"), token("MINID", { since: "6.2.0" })]),
  oneOf("operator", [token("=", { name: "equal" }), token("~", { name: "approximately" })], optional),
  string("threshold"),
  integer("count", { token: "LIMIT", since: "6.2.0", ...optional })
]

const Xadd = Command.make("XADD", {
  ...spec,
  summary: "Appends an entry to a stream, creating the stream when it is not there.",
  returns: Returns.given("nomkstream", Returns.optional(Returns.text), Returns.text),
  complexity: "O(1) for the entry, O(N) for N entries that are trimmed away.",
  arity: -5,
  flags: ["write", "denyoom", "fast"],
  keys: [keysAt(1, ["RW", "update"], { notes: "It may trim, and so it is no mere INSERT." })],
  arguments: [
    key(),
    token("NOMKSTREAM", { since: "6.2.0", ...optional }),
    block("trim", trimParts, optional),
    oneOf("id_or_auto", [token("*", { name: "auto_id" }), string("id")]),
    block("field_value", [string("field"), string("value")], { multiple: true })
  ],
  tips: ["nondeterministic_output"],
  history: [["6.2.0", `${limitHistory} Takes \`NOMKSTREAM\`.`], ["7.0.0", "Takes ids of the form `ms-*`."]]
})

const rangeSpec = {
  ...spec,
  complexity: "O(N) for N entries that are returned.",
  arity: -4,
  flags: ["readonly"],
  keys: [keysAt(1, ["RO", "access"])],
  history: [["6.2.0", "Takes bounds that are left out."]]
} as const
const countOption = integer("count", { token: "COUNT", ...optional })

const Xrange = Command.make("XRANGE", {
  ...rangeSpec,
  summary: "Returns the entries of a stream between two ids.",
  returns: Returns.entries,
  arguments: [key(), string("start"), string("end"), countOption]
})

const Xrevrange = Command.make("XREVRANGE", {
  ...rangeSpec,
  summary: "Returns the entries of a stream between two ids, the last one first.",
  returns: Returns.entries,
  arguments: [key(), string("end"), string("start"), countOption]
})

const Xlen = Command.make("XLEN", {
  ...spec,
  summary: "Returns how many entries a stream has.",
  returns: Returns.integer,
  complexity: "O(1)",
  arity: 2,
  flags: ["readonly", "fast"],
  keys: [keysAt(1, ["RO"])],
  arguments: [key()]
})

const Xdel = Command.make("XDEL", {
  ...spec,
  summary: "Deletes entries of a stream and counts those that were there.",
  returns: Returns.integer,
  complexity: "O(log N) for each entry, with N nodes of the stream.",
  arity: -3,
  flags: ["write", "fast"],
  keys: [keysAt(1, ["RW", "delete"])],
  arguments: [key(), string("id", { multiple: true })]
})

const Xtrim = Command.make("XTRIM", {
  ...spec,
  summary: "Deletes the oldest entries of a stream.",
  returns: Returns.integer,
  complexity: "O(N) for N entries that go, most of them a whole node at a time.",
  arity: -4,
  flags: ["write"],
  keys: [keysAt(1, ["RW", "delete"])],
  arguments: [key(), block("trim", trimParts)],
  tips: ["nondeterministic_output"],
  history: [["6.2.0", limitHistory]]
})

const Xsetid = Command.make("XSETID", {
  ...spec,
  summary: "Sets a stream's last id and its counters, as a replica needs it.",
  returns: Returns.done,
  complexity: "O(1)",
  arity: -3,
  flags: ["write", "denyoom", "fast"],
  keys: [keysAt(1, ["RW", "update"])],
  arguments: [
    key(),
    string("last-id"),
    integer("entries_added", { token: "ENTRIESADDED", since: "7.0.0", ...optional }),
    string("max_deleted_entry_id", { token: "MAXDELETEDID", since: "7.0.0", ...optional })
  ],
  history: [["7.0.0", "Takes `ENTRIESADDED` and `MAXDELETEDID`."]]
})

export const group = Command.group(Xadd, Xdel, Xlen, Xrange, Xrevrange, Xsetid, Xtrim)

// ---- programs

const smallestId = CommandError.make("ERR The ID specified in XADD must be greater than 0-0")
const exhausted = CommandError.make(
  "ERR The stream has exhausted the last possible ID, unable to add more items"
)
const notBehind = CommandError.make(
  "ERR The ID specified in XADD is equal or smaller than the target stream top item"
)
const tooLarge = CommandError.make("ERR Elements are too large to be stored")
/** Entries that take longer to trim away than one takes to add. */
const MANY_TRIMMED = 1000
/** Bytes of all fields and values of an entry. */
const MAX_ENTRY_BYTES = 1 << 30

const nodeDirectives = ["stream-node-max-bytes", "stream-node-max-entries"] as const

export const layer = group.toLayer(Effect.gen(function*() {
  const store = yield* Store
  const config = yield* Config
  const { state } = store
  const limits = { bytes: 0, entries: 0 }
  const setLimits = (values: Registry.Values): void => {
    limits.bytes = values["stream-node-max-bytes"]
    limits.entries = values["stream-node-max-entries"]
  }
  setLimits(config.values)
  const unsubscribe = config.onChange(nodeDirectives, setLimits)
  yield* Effect.addFinalizer(() => Effect.sync(unsubscribe))

  const options = new TrimOptions()
  const fields = { buffers: noBytes, starts: noNumbers, ends: noNumbers, from: 0, to: 0, bytes: 0 }
  const idText = new IdText()
  /** XADD's reply, made once: it was a third of what an XADD allocates. */
  const idReply = new Reply.Bulk(idText.bytes, 0, 0)

  /** The id of the entry that XADD adds, one for all: an object for each was another third. */
  const next: { ms: Integers.Integer; seq: Integers.Integer } = { ms: 0, seq: 0 }
  const setNext = (ms: Integers.Integer, seq: Integers.Integer): void => {
    next.ms = ms
    next.seq = seq
  }

  /** Sets `next`; fails when it would not be behind the last id, which is not the last one there is. */
  const findNext = ({ lastMs, lastSeq }: Stream): void => {
    const { id, ms } = options
    if (id !== undefined) {
      if (StreamId.compareHalves(id.ms, id.seq, lastMs, lastSeq) <= 0) throw notBehind
      setNext(id.ms, id.seq)
    } else if (ms === undefined) {
      if (state.now > lastMs) setNext(state.now, 0)
      else if (lastSeq === Integers.maxUnsigned) setNext(StreamId.plus(lastMs, 1), 0)
      else setNext(lastMs, StreamId.plus(lastSeq, 1))
    } else {
      if (ms < lastMs) throw notBehind
      if (ms > lastMs) setNext(ms, 0)
      // Redis's word for a millisecond without a sequence left
      else if (lastSeq === Integers.maxUnsigned) throw tooLarge
      else setNext(ms, StreamId.plus(lastSeq, 1))
    }
  }

  const range = (backwards: boolean): Command.Handler =>
    Command.program((request) => {
      const start = intervalStart(request, backwards ? 3 : 2)
      const end = intervalEnd(request, backwards ? 2 : 3)
      let count = Infinity
      for (let i = 4; i < request.count; i += 2) {
        if (i + 1 >= request.count || !request.is(i, "COUNT")) throw CommandError.syntax
        count = countAt(request, i + 1)
      }
      const stream = streamToRead(store.database(request.session.db), request, 1)
      if (stream === undefined) return Reply.emptyArray
      if (count === 0) return Reply.nilArray
      return StreamReplies.range(stream, start, end, count, backwards)
    })

  return group.of({
    XADD: Command.program((request) => {
      options.read(request, true, limits.entries, state.applying)
      const { idAt } = options
      const from = idAt + 1
      if (request.count - from < 2 || (request.count - from) % 2 !== 0) request.wrongArity()
      if (options.id !== undefined && StreamId.equals(options.id, StreamId.min)) throw smallestId

      const db = store.database(request.session.db)
      const bytes = request.buffer(1)
      const start = request.start(1)
      const end = request.end(1)
      let ref = db.write(bytes, start, end)
      const isNew = ref === 0
      if (isNew) {
        if (options.noMakeStream) return Reply.nil
        ref = StreamType.add(db, bytes, start, end)
      }
      // Either was there or has just been added.
      const stream = streamOf(db, ref) as Stream
      if (stream.lastMs === Integers.maxUnsigned && stream.lastSeq === Integers.maxUnsigned) throw exhausted
      findNext(stream)
      let size = 0
      for (let i = from; i < request.count; i++) size += request.length(i)
      if (size > MAX_ENTRY_BYTES) throw tooLarge
      fields.buffers = request.buffers
      fields.starts = request.starts
      fields.ends = request.ends
      fields.from = from
      fields.to = request.count
      fields.bytes = size
      stream.append(next, fields, limits)
      db.changed(bytes, start, end, KeyEventClass.stream, "xadd")
      const trimmed = options.bound === undefined
        ? 0
        : stream.trim(options.bound, options.approximate, options.limit)
      if (trimmed > 0) {
        request.outstanding = trimmed > MANY_TRIMMED
        state.event(db.index, KeyEventClass.stream, "xtrim", bytes, start, end)
      }
      if (!isNew && state.awaitedTypes !== 0) state.appeared(db, ref, Type.stream)
      idText.set(next)
      const isFound = options.id === undefined
      if (state.propagation.active && (isFound || options.approximate)) {
        const args = options.approximate ? exactTrim(request, options, stream) : request.copy()
        if (isFound) args[idAt] = idText.copy()
        request.propagateAs(args)
      }
      return idReply.set(idText.bytes, 0, idText.end)
    }, { timedTogether: 16 }),

    XLEN: Command.program((request) =>
      Reply.integer(streamToRead(store.database(request.session.db), request, 1)?.length ?? 0)
    ),

    XRANGE: range(false),
    XREVRANGE: range(true),

    XDEL: Command.program((request) => {
      const db = store.database(request.session.db)
      const stream = streamToWrite(db, request, 1)
      if (stream === undefined) return Reply.integer(0)
      const ids: Array<StreamId.StreamId> = []
      for (let i = 2; i < request.count; i++) ids.push(strictId(request, i))
      let deleted = 0
      for (const id of ids) {
        if (!stream.delete(id)) continue
        if (StreamId.compare(id, stream.maxDeletedId) > 0) stream.maxDeletedId = id
        deleted++
      }
      if (deleted > 0) {
        db.changed(request.buffer(1), request.start(1), request.end(1), KeyEventClass.stream, "xdel")
        state.dirty += deleted - 1
      }
      return Reply.integer(deleted)
    }),

    XTRIM: Command.program((request) => {
      options.read(request, false, limits.entries, state.applying)
      const db = store.database(request.session.db)
      const stream = streamToWrite(db, request, 1)
      if (stream === undefined || options.bound === undefined) return Reply.integer(0)
      const trimmed = stream.trim(options.bound, options.approximate, options.limit)
      if (trimmed > 0) {
        db.changed(request.buffer(1), request.start(1), request.end(1), KeyEventClass.stream, "xtrim")
        state.dirty += trimmed - 1
        if (options.approximate && state.propagation.active) request.propagateAs(exactTrim(request, options, stream))
      }
      return Reply.integer(trimmed)
    }),

    XSETID: Command.program((request) => {
      const id = strictId(request, 2)
      let entriesAdded: Integers.Integer | undefined
      let maxDeletedId = StreamId.min
      for (let i = 3; i < request.count; i += 2) {
        const hasValue = i + 1 < request.count
        if (hasValue && request.is(i, "ENTRIESADDED")) {
          entriesAdded = request.integer(i + 1)
          if (entriesAdded < 0) throw negativeAdded
        } else if (hasValue && request.is(i, "MAXDELETEDID")) {
          maxDeletedId = strictId(request, i + 1)
          if (StreamId.compare(id, maxDeletedId) < 0) throw beforeGivenDeleted
        } else throw CommandError.syntax
      }
      const stream = streamToWrite(store.database(request.session.db), request, 1)
      if (stream === undefined) throw CommandError.noSuchKey
      if (stream.length > 0) {
        if (StreamId.compare(id, stream.lastEntryId) < 0) throw beforeTop
        if (entriesAdded !== undefined && entriesAdded < stream.length) throw addedBelowLength
      }
      if (StreamId.compare(id, stream.lastId) < 0 && stream.nodeCount > 0) stream.isOrdered = false
      stream.lastId = id
      if (entriesAdded !== undefined) stream.entriesAdded = entriesAdded
      if (!StreamId.equals(maxDeletedId, StreamId.min)) stream.maxDeletedId = maxDeletedId
      groupChanged(store.database(request.session.db), request, 1, "xsetid")
      return Reply.ok
    })
  })
}))

/** The text of an id. Many have their milliseconds in common with the one before: those are not written again. */
class IdText {
  readonly bytes = new Uint8Array(41)
  end = 0
  private ms: Integers.Integer = -1
  private dash = 0

  set(id: StreamId.StreamId): void {
    if (id.ms !== this.ms) {
      this.ms = id.ms
      this.dash = Integers.write(this.bytes, 0, id.ms)
      this.bytes[this.dash] = 45
    }
    this.end = Integers.write(this.bytes, this.dash + 1, id.seq)
  }

  copy(): Uint8Array {
    return this.bytes.slice(0, this.end)
  }
}

const noBytes: Array<Uint8Array> = []
const noNumbers: Array<number> = []

const negativeAdded = CommandError.make("ERR entries_added must be positive")
const beforeGivenDeleted = CommandError.make(
  "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id"
)
const beforeTop = CommandError.make("ERR The ID specified in XSETID is smaller than the target stream top item")
const addedBelowLength = CommandError.make(
  "ERR The entries_added specified in XSETID is smaller than the target stream length"
)

/**
 * The request with the trimming that was done in place of the approximate one that was asked for: elsewhere the nodes
 * may have other bounds.
 */
const exactTrim = (request: Request, options: TrimOptions, stream: Stream): Array<Uint8Array> => {
  const args = request.copy()
  const { bound, thresholdAt } = options
  // As in Redis, the first entry that a node has, were it deleted, and the last id there is for no entry at all.
  const first = stream.nodeCount === 0 ? StreamId.max : stream.node(0)
  const threshold = bound !== undefined && "length" in bound ? stream.length : StreamId.toString(first)
  args[thresholdAt - 1] = Buffer.from("=")
  args[thresholdAt] = Buffer.from(String(threshold))
  return args
}
