/** Sets as values of the keyspace. */
import { byteOf, segmentOf } from "../../memory/Arena.ts"
import type { ByteDict } from "../../memory/ByteDict.ts"
import * as Intset from "../../memory/Intset.ts"
import * as Listpack from "../../memory/Listpack.ts"
import { Encoding, Type } from "../Entry.ts"
import type { ValueType } from "../ValueType.ts"
import * as Dicts from "./Dicts.ts"
import { MEMBER_OFFSET, SetValue } from "./SetValue.ts"
import { copyBlob } from "./ValueAt.ts"

export const SetType: ValueType = {
  type: Type.set,
  encodingName: (_space, encoding) => encoding === Encoding.intset ? "intset" : "hashtable",
  *release(space, encoding, value) {
    if (encoding === Encoding.hashtable) yield* Dicts.release(space, value)
    else space.arena.free(value)
  },
  releaseEffort: (space, encoding, value) => encoding === Encoding.hashtable ? space.held<ByteDict>(value).size : 1,
  copy: (space, encoding, value) => {
    if (encoding === Encoding.hashtable) return Dicts.copy(space, value, MEMBER_OFFSET)
    const { byteLength } = encoding === Encoding.intset ? Intset : Listpack
    return copyBlob(space, value, byteLength(space.arena.u8[segmentOf(value)] as Uint8Array, byteOf(value)))
  },
  bytes: (space, encoding, value, samples) =>
    encoding === Encoding.hashtable ? Dicts.bytes(space, value, samples) : space.arena.capacity(value),
  dict: (space, encoding, value) => encoding === Encoding.hashtable ? space.held<ByteDict>(value) : undefined,
  digest: (space, encoding, value, sink) =>
    new SetValue(space).load(space, encoding, value).forEach((member) => sink.xor(member.copy()))
}
