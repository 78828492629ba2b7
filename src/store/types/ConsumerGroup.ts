/**
 * Consumer groups of a stream: what was delivered last, and to whom what is still pending
 * (https://redis.io/docs/data-types/streams#consumer-groups).
 */
import type { Integer } from "../../memory/Integers.ts"
import { PendingEntries, type PendingEntry } from "./PendingEntries.ts"
import type * as StreamId from "./StreamId.ts"

export class Consumer {
  readonly name: Uint8Array
  /** Unix milliseconds of its last attempt to read or claim. */
  seenAt: number
  readonly pending = new PendingEntries()

  constructor(name: Uint8Array, seenAt: number) {
    this.name = name
    this.seenAt = seenAt
  }
}

/** `ConsumerGroup.entriesRead` while it is not known. */
export const UNKNOWN_READ = -1

export class ConsumerGroup {
  readonly name: Uint8Array
  lastId: StreamId.StreamId
  /** How many entries the group has read, counted from the stream's first, or `UNKNOWN_READ`. */
  entriesRead: Integer
  readonly pending = new PendingEntries()
  /** By name, a character per byte; walked in the order of the names, as Redis's radix tree does. */
  private readonly byName = new Map<string, Consumer>()

  constructor(name: Uint8Array, lastId: StreamId.StreamId, entriesRead: Integer) {
    this.name = name
    this.lastId = lastId
    this.entriesRead = entriesRead
  }

  /** A copy that shares nothing that changes. */
  copy(): ConsumerGroup {
    const group = new ConsumerGroup(this.name, this.lastId, this.entriesRead)
    for (const consumer of this.byName.values()) {
      const copied = group.addConsumer(consumer.name, consumer.seenAt)
      for (const { deliveredAt, deliveries, id } of consumer.pending.from(minimum)) {
        group.deliver(id, copied, deliveredAt, deliveries)
      }
    }
    return group
  }

  get consumerCount(): number {
    return this.byName.size
  }

  consumer(name: Uint8Array): Consumer | undefined {
    return this.byName.get(nameKey(name))
  }

  /** Adds a consumer of that name, which is not there. */
  addConsumer(name: Uint8Array, seenAt: number): Consumer {
    const consumer = new Consumer(name, seenAt)
    this.byName.set(nameKey(name), consumer)
    return consumer
  }

  /** Removes a consumer with what is pending for it. */
  removeConsumer(consumer: Consumer): void {
    for (const entry of consumer.pending.from(minimum)) this.pending.delete(entry.id)
    this.byName.delete(nameKey(consumer.name))
  }

  consumers(): Array<Consumer> {
    return sortedByName(this.byName)
  }

  /** Notes a delivery, or moves the entry to another consumer. */
  deliver(id: StreamId.StreamId, consumer: Consumer, deliveredAt: number, deliveries: Integer): PendingEntry {
    const known = this.pending.get(id)
    const entry: PendingEntry = { id, consumer, deliveredAt, deliveries }
    if (known === undefined) this.pending.add(entry)
    else this.pending.replace(entry)
    if (known?.consumer === consumer) consumer.pending.replace(entry)
    else {
      known?.consumer.pending.delete(id)
      consumer.pending.add(entry)
    }
    return entry
  }

  /** Forgets a pending entry; false when it was none. */
  acknowledge(id: StreamId.StreamId): boolean {
    const entry = this.pending.get(id)
    if (entry === undefined) return false
    this.pending.delete(id)
    entry.consumer.pending.delete(id)
    return true
  }
}

const minimum: StreamId.StreamId = { ms: 0, seq: 0 }

/** A name as a map's key, reversibly. */
export const nameKey = (name: Uint8Array): string => Buffer.from(name).toString("latin1")

/** The values in the order of their names' bytes. */
export const sortedByName = <A>(map: ReadonlyMap<string, A>): Array<A> =>
  [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, value]) => value)
