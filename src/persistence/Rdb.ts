/**
 * The numbers of Redis's RDB format (https://rdb.fnordig.de/file_format.html describes its older versions), of which
 * files, the snapshots of replication and DUMP payloads consist.
 */

/** What is written: every Redis from 7.0 on and every Valkey loads it. */
export const VERSION = 10
/** The highest version of Redis whose files are read. */
export const MAX_VERSION = 12

export const Opcode = {
  slotInfo: 244,
  function: 245,
  functionPreRelease: 246,
  moduleAux: 247,
  idle: 248,
  frequency: 249,
  aux: 250,
  resizeDb: 251,
  expireMilliseconds: 252,
  expireSeconds: 253,
  selectDb: 254,
  end: 255
} as const

/** Types of value, by the byte before the key. */
export const RdbType = {
  string: 0,
  list: 1,
  set: 2,
  zset: 3,
  hash: 4,
  zset2: 5,
  modulePreRelease: 6,
  module: 7,
  hashZipmap: 9,
  listZiplist: 10,
  setIntset: 11,
  zsetZiplist: 12,
  hashZiplist: 13,
  listQuicklist: 14,
  streamListpacks: 15,
  hashListpack: 16,
  zsetListpack: 17,
  listQuicklist2: 18,
  streamListpacks2: 19,
  setListpack: 20,
  streamListpacks3: 21
} as const

/** Kinds of encoded strings: the low six bits of a length byte whose high two are set. */
export const StringEncoding = { int8: 0, int16: 1, int32: 2, lzf: 3 } as const

/** Kinds of nodes in `RdbType.listQuicklist2`. */
export const Container = { plain: 1, packed: 2 } as const

/** Items of module values. */
export const ModuleItem = { end: 0, signed: 1, unsigned: 2, float: 3, double: 4, string: 5 } as const

/** What a reader throws when the bytes are not what the format says. */
export class Corruption {
  readonly _tag = "Corruption"
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

/** What a reader throws of a value which leaves nothing to keep: a list without elements, say. */
export class EmptyValue {
  readonly _tag = "EmptyValue"
}

export const emptyValue = new EmptyValue()
