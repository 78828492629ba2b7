/** Hashes of a store without a server, with fields and values as text. */
import * as Effect from "effect/Effect"
import type * as Listpack from "../../src/memory/Listpack.ts"
import type { Database } from "../../src/store/Database.ts"
import { Store } from "../../src/store/Store.ts"
import type { HashValue } from "../../src/store/types/HashValue.ts"

export const withDatabase = (run: (db: Database) => void) =>
  Store.useSync((store) => run(store.database(0))).pipe(Effect.provide(Store.layer()))

export const set = (hash: HashValue, field: string, value: string): boolean => {
  const [f, v] = [Buffer.from(field), Buffer.from(value)]
  return hash.set(f, 0, f.length, v, 0, v.length)
}

export const remove = (hash: HashValue, field: string): boolean => {
  const f = Buffer.from(field)
  return hash.remove(f, 0, f.length)
}

export const text = (element: Listpack.Element): string => Buffer.from(element.copy()).toString()
