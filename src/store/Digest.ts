/**
 * DEBUG DIGEST: a fingerprint of data that is the same on every server which holds the same, whatever the order in its
 * tables. Redis's own algorithm, so that a copy on a real redis-server can be compared with ours.
 *
 * Two operations on 20 bytes make it up. `xor` takes in the SHA-1 of some bytes, in any order; `mix` does so and hashes
 * the result, so that order counts.
 */
import { hash } from "node:crypto"
import type { Ref } from "../memory/Arena.ts"
import type { Database } from "./Database.ts"
import { Type, VALUE_WORD } from "./Entry.ts"
import type { Keyspace } from "./Keyspace.ts"
import * as Strings from "./types/Strings.ts"
import type { DigestSink } from "./ValueType.ts"

const SIZE = 20

const sha1 = (bytes: Uint8Array): Uint8Array => hash("sha1", bytes, "buffer")

class Digest implements DigestSink {
  readonly bytes = new Uint8Array(SIZE)

  readonly xor = (bytes: Uint8Array): void => {
    const other = sha1(bytes)
    for (let at = 0; at < SIZE; at++) this.bytes[at] = (this.bytes[at] as number) ^ (other[at] as number)
  }

  readonly mix = (bytes: Uint8Array): void => {
    this.xor(bytes)
    this.bytes.set(sha1(this.bytes))
  }

  readonly xorMixed = (...parts: ReadonlyArray<Uint8Array>): void => {
    const element = new Digest()
    for (const part of parts) element.mix(part)
    this.xor(element.bytes)
  }

  get hex(): string {
    return Buffer.from(this.bytes).toString("hex")
  }
}

/** Numbers are taken in as four bytes, the highest first. */
const numberBytes = (value: number): Uint8Array => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

const expireMark = Buffer.from("!!expire!!")

const addValue = (digest: Digest, db: Database, ref: Ref): void => {
  const type = db.type(ref)
  digest.mix(numberBytes(type))
  if (type === Type.string) digest.mix(Strings.copyOf(db, ref))
  else db.space.types[type]?.digest(db.space, db.encoding(ref), db.word(ref, VALUE_WORD), digest)
  // That it expires counts, not when
  if (db.expireTime(ref) !== -1) digest.xor(expireMark)
}

/** The fingerprint of a whole keyspace, in hex. Empty databases leave no trace. */
export const ofKeyspace = (space: Keyspace): string => {
  const whole = new Digest()
  for (const db of space.databases) {
    if (db.size === 0) continue
    whole.mix(numberBytes(db.index))
    db.dict.forEach((ref) => {
      const digest = new Digest()
      digest.mix(db.key(ref))
      addValue(digest, db, ref)
      whole.xor(digest.bytes)
    })
  }
  return whole.hex
}

/** The fingerprint of one value, in hex; zeros for `ref` 0. */
export const ofValue = (db: Database, ref: Ref): string => {
  const digest = new Digest()
  if (ref !== 0) addValue(digest, db, ref)
  return digest.hex
}
