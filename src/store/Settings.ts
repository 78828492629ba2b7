/**
 * What an operator decides about keys and memory. Plain fields, since commands and background work read them all the
 * time; a layer fills them from the configuration and follows its changes.
 */

export type EvictionPolicy =
  | "volatile-lru"
  | "volatile-lfu"
  | "volatile-random"
  | "volatile-ttl"
  | "allkeys-lru"
  | "allkeys-lfu"
  | "allkeys-random"
  | "noeviction"

export interface Settings {
  /** Bytes that the data may take; 0: no limit. */
  maxmemory: number
  maxmemoryPolicy: EvictionPolicy
  /** Keys that are compared to find one to evict. */
  maxmemorySamples: number
  /** 0 to 100: how long one command may be held up by eviction. */
  evictionTenacity: number
  /** A replica leaves eviction to its master. */
  replicaIgnoresMaxmemory: boolean

  /** `proto-max-bulk-len`: how long commands may make a string. */
  maxStringLength: number

  /** Rounds of background work in a second. */
  hz: number
  /** DEBUG SET-ACTIVE-EXPIRE. */
  activeExpire: boolean
  /** 1 to 10. */
  activeExpireEffort: number
  activeRehashing: boolean
  /** DEBUG QUICKLIST-PACKED-THRESHOLD: an element of a list from this size on has a node of its own. */
  listPackedThreshold: number
  /** `list-max-listpack-size`: elements of a list's node, or -1 to -5 for its bytes. */
  listMaxListpackSize: number
  /** `list-compress-depth`: nodes at either end of a list that are not compressed; 0 compresses none. */
  listCompressDepth: number

  /** Up to where sorted sets are kept compact. */
  zsetMaxListpackEntries: number
  zsetMaxListpackValue: number
  /** Up to where hashes and sets are kept compact. */
  hashMaxListpackEntries: number
  hashMaxListpackValue: number
  setMaxIntsetEntries: number

  /** What leaves the release of big values to the background. */
  lazyEviction: boolean
  lazyExpire: boolean
  lazyServerDel: boolean
  lazyUserDel: boolean
  lazyUserFlush: boolean
}

/** Redis's defaults. */
export const defaults = (): Settings => ({
  maxmemory: 0,
  maxmemoryPolicy: "noeviction",
  maxmemorySamples: 5,
  evictionTenacity: 10,
  replicaIgnoresMaxmemory: true,
  maxStringLength: 512 * 1024 * 1024,
  hz: 10,
  activeExpire: true,
  activeExpireEffort: 1,
  activeRehashing: true,
  listPackedThreshold: 1024 ** 3,
  listMaxListpackSize: -2,
  listCompressDepth: 0,
  zsetMaxListpackEntries: 128,
  zsetMaxListpackValue: 64,
  hashMaxListpackEntries: 512,
  hashMaxListpackValue: 64,
  setMaxIntsetEntries: 512,
  lazyEviction: false,
  lazyExpire: false,
  lazyServerDel: false,
  lazyUserDel: false,
  lazyUserFlush: false
})
