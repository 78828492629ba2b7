/**
 * Classes of key events, as bits of `notify-keyspace-events` (https://redis.io/docs/manual/keyspace-notifications).
 */
export const KeyEventClass = {
  keyspace: 1 << 0,
  keyevent: 1 << 1,
  generic: 1 << 2,
  string: 1 << 3,
  list: 1 << 4,
  set: 1 << 5,
  hash: 1 << 6,
  zset: 1 << 7,
  expired: 1 << 8,
  evicted: 1 << 9,
  stream: 1 << 10,
  miss: 1 << 11,
  new: 1 << 14
} as const

/**
 * Somebody who follows what happens to keys: WATCH, client-side caching, keyspace notifications, blocked clients, a
 * snapshot. Each part is called in the turn of the write, with the key as a range that is valid during the call only.
 */
export interface KeyListener {
  /** The key's value has changed, or the key is gone. */
  readonly modified?: (db: number, key: Uint8Array, start: number, end: number) => void
  /** Redis's event of that name has happened to the key. */
  readonly event?: (db: number, eventClass: number, event: string, key: Uint8Array, start: number, end: number) => void
  /** All keys of the database (-1: of every one) are about to go. */
  readonly flushed?: (db: number) => void
  /** Two databases are about to change places. */
  readonly swapped?: (first: number, second: number) => void
}
