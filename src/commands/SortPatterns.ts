/**
 * The patterns of SORT's BY and GET: a key with a `*` in the place of the element, with `->field` behind it for a field
 * of a hash; or `#` for the element itself.
 */
import * as Listpack from "../memory/Listpack.ts"
import type { Database } from "../store/Database.ts"
import { Type } from "../store/Entry.ts"
import { HashValue } from "../store/types/HashValue.ts"
import * as Strings from "../store/types/Strings.ts"

const HASH_SIGN = 0x23
const STAR = 0x2a

/** What a pattern says. Redis reads it as a C string: what is behind a NUL has no meaning, but is part of the key. */
export interface Pattern {
  readonly isElement: boolean
  /** What is around the element in the key; undefined for a pattern without `*`, which names nothing. */
  readonly around: { readonly prefix: Uint8Array; readonly postfix: Uint8Array } | undefined
  readonly field: Uint8Array | undefined
}

export const of = (bytes: Uint8Array): Pattern => {
  const text = Buffer.from(bytes)
  const nul = text.indexOf(0)
  const end = nul < 0 ? text.length : nul
  const star = text.subarray(0, end).indexOf(STAR)
  if (star < 0) return { isElement: end === 1 && text[0] === HASH_SIGN, around: undefined, field: undefined }
  const arrow = text.subarray(0, end).indexOf("->", star + 1)
  const hasField = arrow >= 0 && arrow + 2 < end
  return {
    isElement: false,
    around: { prefix: text.subarray(0, star), postfix: text.subarray(star + 1, hasField ? arrow : text.length) },
    field: hasField ? text.subarray(arrow + 2) : undefined
  }
}

/** Looks up what patterns name. */
export class PatternLookup {
  private readonly db: Database
  private readonly hash: HashValue
  private readonly value = new Listpack.Element()

  constructor(db: Database) {
    this.db = db
    this.hash = new HashValue(db.space)
  }

  /** A copy of the value that a pattern names for an element; undefined for none, or none that is a string. */
  get({ around, field, isElement }: Pattern, element: Uint8Array): Uint8Array | undefined {
    if (isElement) return element
    if (around === undefined) return undefined
    const { db } = this
    const key = Buffer.concat([around.prefix, element, around.postfix])
    const ref = db.read(key, 0, key.length)
    if (ref === 0) return undefined
    if (field === undefined) return db.type(ref) === Type.string ? Strings.copyOf(db, ref) : undefined
    if (db.type(ref) !== Type.hash) return undefined
    return this.hash.open(db, ref).get(field, 0, field.length, this.value) ? this.value.copy() : undefined
  }
}
