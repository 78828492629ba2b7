/**
 * The store: everything that the server keeps, as a service. Its state is one keyspace in a `Ref`: what replaces all
 * data builds another keyspace aside and sets the `Ref`; commands on keys change the current one in place, each within
 * a single primitive Effect.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import { randomBytes } from "node:crypto"
import type { Database } from "./Database.ts"
import { Keyspace } from "./Keyspace.ts"
import { State } from "./State.ts"

export interface StoreOptions {
  /** Number of databases. */
  readonly databases?: number | undefined
}

export class Store extends Context.Service<Store, {
  readonly keyspace: Ref.Ref<Keyspace>
  readonly state: State
  /** The database of that index, of the current keyspace. */
  readonly database: (index: number) => Database
}>()("go-redis/store/Store") {
  static readonly make = Effect.fnUntraced(function*(options: StoreOptions = {}) {
    const clock = yield* Clock.Clock
    const state = new State(xorshift(randomBytes(4).readUInt32LE()))
    state.setTime(clock.currentTimeMillisUnsafe())
    const seed = { k0: randomBytes(4).readInt32LE(), k1: randomBytes(4).readInt32LE() }
    const keyspace = yield* Ref.make(new Keyspace(state, { databases: options.databases ?? 16, seed, types: [] }))
    return Store.of({
      keyspace,
      state,
      database: (index) => Ref.getUnsafe(keyspace).databases[index] as Database
    })
  })

  static readonly layer = (options?: StoreOptions): Layer.Layer<Store> => Layer.effect(this, this.make(options))
}

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
