/** What reading and claiming do to a group, as the commands that do the same on a replica. */
import type { Consumer, ConsumerGroup } from "../store/types/ConsumerGroup.ts"
import type { PendingEntry } from "../store/types/PendingEntries.ts"
import * as StreamId from "../store/types/StreamId.ts"

type Effect = ReadonlyArray<Uint8Array>

const words = (...args: ReadonlyArray<Uint8Array | string>): Effect =>
  args.map((arg) => typeof arg === "string" ? Buffer.from(arg) : arg)

/** An entry is pending for its consumer as it now is. `id`: as the request spells it, where it has one. */
export const claim = (key: Uint8Array, group: ConsumerGroup, entry: PendingEntry, id?: Uint8Array): Effect =>
  words(
    "XCLAIM",
    key,
    group.name,
    entry.consumer.name,
    "0",
    id ?? StreamId.toString(entry.id),
    "TIME",
    String(entry.deliveredAt),
    "RETRYCOUNT",
    String(entry.deliveries),
    "FORCE",
    "JUSTID",
    "LASTID",
    StreamId.toString(group.lastId)
  )

export const setId = (key: Uint8Array, group: ConsumerGroup): Effect =>
  words("XGROUP", "SETID", key, group.name, StreamId.toString(group.lastId), "ENTRIESREAD", String(group.entriesRead))

export const createConsumer = (key: Uint8Array, group: ConsumerGroup, consumer: Consumer): Effect =>
  words("XGROUP", "CREATECONSUMER", key, group.name, consumer.name)
