/** Hashes as values of the keyspace. */
import { byteOf, segmentOf } from "../../memory/Arena.ts"
import type { ByteDict } from "../../memory/ByteDict.ts"
import * as Listpack from "../../memory/Listpack.ts"
import { Encoding, Type } from "../Entry.ts"
import { SHAPE_BYTES } from "../HashShapes.ts"
import type { ValueType } from "../ValueType.ts"
import * as Dicts from "./Dicts.ts"
import { FIELD_OFFSET, HashValue, isListpack } from "./HashValue.ts"
import { copyBlob } from "./ValueAt.ts"

export const HashType: ValueType = {
  type: Type.hash,
  encodingName: (_space, encoding) => isListpack(encoding) ? "listpack" : "hashtable",
  *release(space, encoding, value) {
    if (encoding === Encoding.hashtable) yield* Dicts.release(space, value)
    else {
      if (encoding === Encoding.shaped) space.hashShapes.of(value).hashes--
      space.arena.free(value)
    }
  },
  releaseEffort: (space, encoding, value) => encoding === Encoding.hashtable ? space.held<ByteDict>(value).size : 1,
  copy: (space, encoding, value) => {
    if (encoding === Encoding.hashtable) return Dicts.copy(space, value, FIELD_OFFSET)
    const isShaped = encoding === Encoding.shaped
    if (isShaped) space.hashShapes.of(value).hashes++
    const head = isShaped ? SHAPE_BYTES : 0
    const length = Listpack.byteLength(space.arena.u8[segmentOf(value)] as Uint8Array, byteOf(value) + head)
    return copyBlob(space, value, head + length)
  },
  bytes: (space, encoding, value, samples) => {
    if (encoding === Encoding.hashtable) return Dicts.bytes(space, value, samples)
    const shared = encoding === Encoding.shaped ? space.hashShapes.of(value).share : 0
    return space.arena.capacity(value) + shared
  },
  dict: (space, encoding, value) => encoding === Encoding.hashtable ? space.held<ByteDict>(value) : undefined,
  digest: (space, encoding, value, sink) =>
    new HashValue(space).load(space, encoding, value).forEach((field, text) => sink.xorMixed(field.copy(), text.copy()))
}
