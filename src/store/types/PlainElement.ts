/** An element that is too big to share a node: the blob of a node of its own, its length in four bytes and its bytes. */
import type * as Listpack from "../../memory/Listpack.ts"

/** The length in front of a plain element. */
export const PLAIN_HEADER = 4

export const plainLength = (buf: Uint8Array, off: number): number =>
  ((buf[off] as number) | ((buf[off + 1] as number) << 8) | ((buf[off + 2] as number) << 16)
    | ((buf[off + 3] as number) << 24)) >>> 0

export const writePlainLength = (buf: Uint8Array, off: number, length: number): void => {
  buf[off] = length
  buf[off + 1] = length >>> 8
  buf[off + 2] = length >>> 16
  buf[off + 3] = length >>> 24
}

export const equalsPlain = (buf: Uint8Array, off: number, needle: Listpack.Element): boolean => {
  const { bytes, end, start } = needle.text()
  const length = plainLength(buf, off)
  if (length !== end - start) return false
  const from = off + PLAIN_HEADER
  return Buffer.compare(buf.subarray(from, from + length), bytes.subarray(start, end)) === 0
}
