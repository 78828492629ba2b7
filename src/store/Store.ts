/**
 * The store: everything that the server keeps, as a service. Its state is one keyspace in a `Ref`: what replaces all
 * data builds another keyspace aside and sets the `Ref`; commands on keys change the current one in place, each within
 * a single primitive Effect.
 *
 * With the store come its background fibers: expiry, lazy release, eviction and rehashing.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as MutableRef from "effect/MutableRef"
import * as Ref from "effect/Ref"
import { randomBytes } from "node:crypto"
import { Config } from "../config/Config.ts"
import type * as Registry from "../config/Registry.ts"
import * as Background from "./Background.ts"
import type { Database } from "./Database.ts"
import { Eviction } from "./Eviction.ts"
import { Keyspace } from "./Keyspace.ts"
import * as Settings from "./Settings.ts"
import { State } from "./State.ts"
import * as ValueTypes from "./ValueTypes.ts"

export interface StoreOptions {
  /** Number of databases: 16 unless given. */
  readonly databases?: number | undefined
  readonly settings?: Partial<Settings.Settings> | undefined
}

export class Store extends Context.Service<Store, {
  readonly keyspace: Ref.Ref<Keyspace>
  readonly state: State
  /** The database of that index, of the current keyspace. */
  readonly database: (index: number) => Database
  /**
   * Empties a database, or all of them (-1), and returns how many keys there were. Never takes long: what is not simply
   * dropped is released in the background. `lazily` is for INFO's count of lazily freed objects.
   */
  readonly flush: (index: number, lazily: boolean) => number
  /** Puts another keyspace in the place of the current one: one that was loaded. */
  readonly replace: (space: Keyspace) => void
  /** Makes the data a copy of what another keyspace holds, but for keys whose time is over. */
  readonly restore: (space: Keyspace) => void
  /** Makes two databases change places. */
  readonly swap: (first: number, second: number) => void
  /** Bytes that count for `maxmemory`; INFO's `used_memory`. */
  readonly usedMemory: () => number
  /**
   * Called before a command when `maxmemory` is set: evicts what the policy allows, for a bounded time. False: a
   * command that may need memory is to be refused.
   */
  readonly ensureRoom: () => boolean
}>()("go-redis/store/Store") {
  static readonly make = Effect.fnUntraced(function*(options: StoreOptions = {}) {
    const clock = yield* Clock.Clock
    const random = randomBytes(12)
    const state = new State(xorshift(random.readUInt32LE()), { ...Settings.defaults(), ...options.settings })
    state.setTime(clock.currentTimeMillisUnsafe())
    const seed = { k0: random.readInt32LE(4), k1: random.readInt32LE(8) }
    const keyspace = yield* Ref.make(
      new Keyspace(state, { databases: options.databases ?? 16, seed, types: ValueTypes.all })
    )
    const current = () => Ref.getUnsafe(keyspace)
    const evictionLatch = Latch.makeUnsafe(false)
    const eviction = new Eviction({
      state,
      keyspace: current,
      now: Background.microseconds(clock),
      onUnfinished: () => void evictionLatch.openUnsafe()
    })
    const use = (space: Keyspace): void => {
      MutableRef.set(keyspace.ref, space)
      if (space.databases.some((db) => db.expires.size > 0)) state.onVolatile()
      if (space.databases.some((db) => db.dict.rehashing)) state.onRehash()
    }
    yield* Background.start({ state, keyspace: current, eviction, evictionLatch })
    return Store.of({
      keyspace,
      state,
      database: (index) => current().databases[index] as Database,
      flush: (index, lazily) => {
        const space = current()
        const size = index < 0 ? space.size : (space.databases[index] as Database).size
        state.flushed(index)
        if (size === 0) return 0
        if (size === space.size) {
          MutableRef.set(keyspace.ref, space.empty())
          if (lazily) state.stats.lazyFreed += size
        } else space.detach(index)
        return size
      },
      replace: (space) => {
        state.flushed(-1)
        use(space)
      },
      restore: (space) => {
        state.setTime(clock.currentTimeMillisUnsafe())
        state.flushed(-1)
        // A snapshot under way goes on reading the current one.
        const target = state.recorder === undefined ? current() : current().empty()
        target.assign(space)
        for (const db of target.databases) db.dropExpired()
        use(target)
      },
      swap: (first, second) => {
        if (first === second) return
        state.swapped(first, second)
        current().swap(first, second)
      },
      usedMemory: () => eviction.usedMemory,
      ensureRoom: () => eviction.ensureRoom()
    })
  })

  static readonly layer = (options?: StoreOptions): Layer.Layer<Store> => Layer.effect(this, this.make(options))

  /** A store that goes by the server's configuration and follows its changes. */
  static readonly layerConfig: Layer.Layer<Store, never, Config> = Layer.effect(
    this,
    Effect.gen(function*() {
      const config = yield* Config
      const store = yield* Store.make({ databases: config.values.databases })
      const apply = (values: Registry.Values) => {
        Object.assign(store.state.settings, settingsOf(values))
        store.state.lfuLogFactor = values["lfu-log-factor"]
        store.state.lfuDecayTime = values["lfu-decay-time"]
        store.state.settingsChanged()
      }
      apply(config.values)
      const unsubscribe = [
        config.onChange(followed, apply),
        config.onResetStat(() => store.state.resetStats())
      ]
      yield* Effect.addFinalizer(() => Effect.sync(() => unsubscribe.forEach((stop) => stop())))
      return store
    })
  )
}

// ---- configuration

const followed = [
  "maxmemory",
  "maxmemory-policy",
  "maxmemory-samples",
  "maxmemory-eviction-tenacity",
  "replica-ignore-maxmemory",
  "proto-max-bulk-len",
  "hz",
  "active-expire-effort",
  "activerehashing",
  "hash-max-listpack-entries",
  "hash-max-listpack-value",
  "lazyfree-lazy-eviction",
  "lazyfree-lazy-expire",
  "lazyfree-lazy-server-del",
  "lazyfree-lazy-user-del",
  "lazyfree-lazy-user-flush",
  "set-max-intset-entries",
  "zset-max-listpack-entries",
  "zset-max-listpack-value",
  "lfu-log-factor",
  "lfu-decay-time",
  "list-max-listpack-size",
  "list-compress-depth"
] as const

const settingsOf = (
  values: Registry.Values
): Omit<Settings.Settings, "activeExpire" | "listPackedThreshold"> => ({
  maxmemory: values.maxmemory,
  maxmemoryPolicy: values["maxmemory-policy"],
  maxmemorySamples: values["maxmemory-samples"],
  evictionTenacity: values["maxmemory-eviction-tenacity"],
  replicaIgnoresMaxmemory: values["replica-ignore-maxmemory"],
  maxStringLength: values["proto-max-bulk-len"],
  hz: values.hz,
  activeExpireEffort: values["active-expire-effort"],
  activeRehashing: values.activerehashing,
  zsetMaxListpackEntries: values["zset-max-listpack-entries"],
  zsetMaxListpackValue: values["zset-max-listpack-value"],
  setMaxIntsetEntries: values["set-max-intset-entries"],
  hashMaxListpackEntries: values["hash-max-listpack-entries"],
  hashMaxListpackValue: values["hash-max-listpack-value"],
  lazyEviction: values["lazyfree-lazy-eviction"],
  lazyExpire: values["lazyfree-lazy-expire"],
  lazyServerDel: values["lazyfree-lazy-server-del"],
  lazyUserDel: values["lazyfree-lazy-user-del"],
  lazyUserFlush: values["lazyfree-lazy-user-flush"],
  listMaxListpackSize: values["list-max-listpack-size"],
  listCompressDepth: values["list-compress-depth"]
})

/** Marsaglia's xorshift: for sampling, where speed counts and nobody has anything to gain by guessing. */
const xorshift = (seed: number): () => number => {
  let x = seed | 1
  return () => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return x >>> 0
  }
}
