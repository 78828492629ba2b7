/** Hashes as values of the keyspace. */
import type { ByteDict } from "../../memory/ByteDict.ts"
import { Encoding, Type } from "../Entry.ts"
import type { ValueType } from "../ValueType.ts"
import * as Dicts from "./Dicts.ts"
import { FIELD_OFFSET, HashValue, isListpack } from "./HashValue.ts"

export const HashType: ValueType = {
  type: Type.hash,
  encodingName: (_space, encoding) => isListpack(encoding) ? "listpack" : "hashtable",
  *release(space, encoding, value) {
    if (encoding === Encoding.hashtable) yield* Dicts.release(space, value)
    else new HashValue(space).load(space, encoding, value).release()
  },
  releaseEffort: (space, encoding, value) => encoding === Encoding.hashtable ? space.held<ByteDict>(value).size : 1,
  copy: (space, encoding, value) => {
    if (encoding === Encoding.hashtable) return Dicts.copy(space, value, FIELD_OFFSET)
    return new HashValue(space).load(space, encoding, value).copy()
  },
  bytes: (space, encoding, value, samples) =>
    encoding === Encoding.hashtable
      ? Dicts.bytes(space, value, samples)
      : new HashValue(space).load(space, encoding, value).packedBytes,
  dict: (space, encoding, value) => encoding === Encoding.hashtable ? space.held<ByteDict>(value) : undefined,
  digest: (space, encoding, value, sink) =>
    new HashValue(space).load(space, encoding, value).forEach((field, text) => sink.xorMixed(field.copy(), text.copy()))
}
