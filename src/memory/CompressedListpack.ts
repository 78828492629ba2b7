/**
 * A listpack compressed with LZF, for keeping: what `list-compress-depth` asks for. To be read it is made a listpack again.
 *
 *     u32 bytes | u32 bytes of the listpack | LZF        (it begins as a `PackedListpack` does)
 */
import * as Bytes from "./Bytes.ts"
import * as Lzf from "./Lzf.ts"
import * as PackedListpack from "./PackedListpack.ts"

const HEADER = 8

/** The bytes that `write` will take for what a compressor has made `size` bytes of. */
export const sizeWith = (size: number): number => HEADER + size

/** Writes what a compressor has just made of a listpack of `length` bytes. */
export const write = (
  compressor: Lzf.Compressor,
  size: number,
  length: number,
  dst: Uint8Array,
  at: number
): void => {
  PackedListpack.writeLengths(dst, at, HEADER + size, length)
  Bytes.copy(compressor.target.bytes, 0, size, dst, at + HEADER)
}

/** Writes the listpack to the beginning of `room`, which is at least as long. */
export const unpack = (buf: Uint8Array, off: number, room: Uint8Array): void => {
  const end = off + PackedListpack.byteLength(buf, off)
  const length = PackedListpack.listpackLength(buf, off)
  Lzf.decompress(buf, off + HEADER, end, room, length)
}
