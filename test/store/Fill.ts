/** Puts strings into a store directly, without commands, for tests of what goes on beneath them. */
import type { Database } from "../../src/store/Database.ts"
import * as Strings from "../../src/store/types/Strings.ts"

/** Sets a key, with its time to live in milliseconds from now. */
export const set = (db: Database, key: string, value = "value", ttl?: number): void => {
  const name = Buffer.from(key)
  const bytes = Buffer.from(value)
  const ref = Strings.add(db, name, 0, name.length, bytes, 0, bytes.length)
  if (ttl !== undefined) db.setExpire(ref, db.state.now + ttl)
}

/** The entry of a key, marked as used. */
export const use = (db: Database, key: string): void => {
  const name = Buffer.from(key)
  db.read(name, 0, name.length)
}

export const has = (db: Database, key: string): boolean => {
  const name = Buffer.from(key)
  return db.dict.find(name, 0, name.length) !== 0
}
