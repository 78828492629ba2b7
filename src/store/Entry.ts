/**
 * How a key lies in memory: one blob with a header of five words, the key, and for a short string its value too.
 *
 * | word | content |
 * | --- | --- |
 * | 0 | length of the key (ByteDict) |
 * | 1 | type (4 bits), encoding (4 bits), flags (8 bits), snapshot epoch (15 bits) |
 * | 2 | access: seconds of the last one under LRU, minutes and counter under LFU |
 * | 3 | slot in `Expires`, 0: no time to live |
 * | 4 | string: its length in bytes; packed encodings: the blob; others: the handle of the value object |
 *
 * A string follows its key directly, or when it is huge (flag HUGE) in a blob of its own, whose ref then stands in the
 * four bytes after the key, aligned to four.
 */

export const META_WORD = 1
export const ACCESS_WORD = 2
export const EXPIRE_WORD = 3
export const VALUE_WORD = 4
/** Where the key's bytes begin. */
export const KEY_OFFSET = 20

/** Type codes are those of Redis's `robj`. */
export const Type = { string: 0, list: 1, set: 2, zset: 3, hash: 4, stream: 6 } as const
export type Type = (typeof Type)[keyof typeof Type]

export const Encoding = {
  /** A string whose encoding follows from its bytes: int, embstr or raw. */
  auto: 0,
  /** A string that is never shown as int: what INCRBYFLOAT leaves. */
  embstr: 1,
  /** A string that was modified in place: APPEND, SETRANGE, SETBIT. */
  raw: 2,
  listpack: 3,
  intset: 4,
  hashtable: 5,
  skiplist: 6,
  quicklist: 7,
  stream: 8,
  /** What Redis keeps in a hash table, packed as a listpack while it is small. To clients it is a hash table. */
  packed: 9,
  /** A small hash of which only the values are its own (`HashShapes`). To clients it is a listpack. */
  shaped: 10
} as const
export type Encoding = (typeof Encoding)[keyof typeof Encoding]

// ---- flags of strings; those of a list are the number of its limits (`ListLimits`)

/** The string's bytes are in a blob of their own. */
export const HUGE = 1 << 8
/** A reply may still refer to that blob: who wants to change it makes a copy. */
export const LENT = 1 << 9
/** A copied string, of which OBJECT REFCOUNT says that it shares nothing, even where it is a small integer. */
export const COPIED = 1 << 10

export const TYPE_MASK = 0xf
export const ENCODING_SHIFT = 4
export const FLAGS_MASK = 0xff00
export const FLAGS_SHIFT = 8
export const EPOCH_SHIFT = 16
export const EPOCH_MASK = 0x7fff_0000

export const metaOf = (type: Type, encoding: Encoding): number => type | (encoding << ENCODING_SHIFT)
