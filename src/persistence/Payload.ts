/** A value as bytes by itself, as DUMP gives and RESTORE takes it: type, value, version in two bytes, checksum. */
import type { Ref } from "../memory/Arena.ts"
import type { Database } from "../store/Database.ts"
import { Encoding, Type, VALUE_WORD } from "../store/Entry.ts"
import * as Strings from "../store/types/Strings.ts"
import { Target } from "./Codec.ts"
import * as StringValues from "./codecs/Strings.ts"
import * as Crc64 from "./Crc64.ts"
import { Corruption, EmptyValue, MAX_VERSION, RdbType, VERSION } from "./Rdb.ts"
import { RdbInput } from "./RdbInput.ts"
import type { RdbOutput } from "./RdbOutput.ts"
import { readValue, releaseValue } from "./RdbReader.ts"
import { codecOf } from "./RdbWriter.ts"

const FOOTER = 10

const write = (out: RdbOutput, db: Database, ref: Ref): void => {
  if (db.type(ref) === Type.string) {
    out.byte(RdbType.string)
    StringValues.save(out, db, ref)
  } else {
    const codec = codecOf(db, ref)
    const encoding = db.encoding(ref)
    out.byte(codec.rdbType(encoding))
    codec.save(out, db.space, encoding, db.word(ref, VALUE_WORD))
  }
}

/** Bytes that an entry's value takes in a snapshot. Uses `out`, which is empty. */
export const valueLength = (out: RdbOutput, db: Database, ref: Ref): number => {
  write(out, db, ref)
  const { pending } = out
  out.take()
  return pending - 1
}

/** The payload of an entry's value, and of the value only: no key, no time to live. Uses `out`, which is empty. */
export const dump = (out: RdbOutput, db: Database, ref: Ref): Uint8Array => {
  write(out, db, ref)
  out.littleEndian(VERSION, 2)
  out.littleEndian(0, 8)
  const bytes = out.takeWhole()
  Crc64.of(bytes, 0, bytes.length - 8).write(bytes, bytes.length - 8)
  return bytes
}

/** Whether the bytes are a payload of a version that is understood, unharmed. */
export const isSound = (bytes: Uint8Array, checksum: boolean): boolean => {
  const { length } = bytes
  if (length < FOOTER) return false
  const version = (bytes[length - FOOTER] as number) | ((bytes[length - FOOTER + 1] as number) << 8)
  if (version > MAX_VERSION) return false
  return !checksum || Crc64.of(bytes, 0, length - 8).matches(bytes, length - 8)
}

/** A value that was read and waits for its key. */
export type Restored =
  | { readonly type: typeof Type.string; readonly bytes: Uint8Array }
  | { readonly type: Exclude<Type, typeof Type.string>; readonly target: Target }

/** Reads the value of a sound payload; undefined when it makes no sense. */
export const read = (db: Database, payload: Uint8Array, thorough: boolean): Restored | undefined => {
  const input = RdbInput.whole(payload.subarray(0, payload.length - FOOTER))
  try {
    input.tryByte()
    const rdbType = Number(input.value)
    if (rdbType === RdbType.string) {
      input.tryString()
      return { type: Type.string, bytes: input.copy() }
    }
    const target = new Target(db.space, thorough)
    const reading = readValue(rdbType, input, target)
    let step = reading.next()
    while (step.done !== true) step = reading.next()
    const type = step.value
    // No codec reads strings.
    return type === Type.string ? undefined : { type, target }
  } catch (error) {
    if (error instanceof Corruption || error instanceof EmptyValue) return undefined
    throw error
  }
}

/** Gives a value back that is not needed after all. */
export const discard = (restored: Restored): void => {
  if (restored.type !== Type.string) releaseValue(restored.target, restored.type)
}

/** Gives a value that was read a key, which is not there. */
export const add = (db: Database, key: Uint8Array, start: number, end: number, restored: Restored): Ref => {
  if (restored.type === Type.string) {
    const { bytes } = restored
    return Strings.add(db, key, start, end, bytes, 0, bytes.length, Encoding.auto)
  }
  const { encoding, value } = restored.target
  const ref = db.add(key, start, end, db.space.metaOf(restored.type, encoding), 0)
  db.setWord(ref, VALUE_WORD, value)
  return ref
}
