/** How big the nodes of a list may get: the limits of Redis's quicklist, to the byte. */

/** How big nodes may get. */
export interface NodeLimits {
  /** `list-max-listpack-size`: a number of elements, or -1 to -5 for a number of bytes. */
  readonly listMaxListpackSize: number
  /** Elements from this size on have a node of their own, as they are. */
  readonly listPackedThreshold: number
  /** `list-compress-depth`: nodes at each end that are not compressed; 0: none is, and inner ones are packed. */
  readonly listCompressDepth: number
}

/** Bytes of a node for -1 to -5. */
export const MOST_BYTES = 65536
const NODE_BYTES: ReadonlyArray<number> = [4096, 8192, 16384, 32768, MOST_BYTES]
/** No node with several elements gets bigger when their number is the limit. */
const SAFETY_BYTES = 8192
/** More elements than this are never allowed. */
const MOST_ELEMENTS = 32767
/** Redis's estimate of what an element takes beside its text. */
export const ELEMENT_OVERHEAD = 8

/** Bytes that a node under such a limit is likely to take when it is full. Numbers below -5 mean -5. */
export const fullSize = (limit: number): number => limit < 0 ? NODE_BYTES[-limit - 1] ?? MOST_BYTES : SAFETY_BYTES

/** Whether a node of that many elements may have so many bytes. */
export const fits = (bytes: number, count: number, limit: number): boolean => {
  if (limit < 0) return bytes <= fullSize(limit)
  return bytes <= SAFETY_BYTES && count <= Math.min(limit, MOST_ELEMENTS)
}
