/** Draws the value of an argument: from its pool, from the few keys, or from what replies have shown. */
import type { Random } from "../memory/Random.ts"
import { chance, few } from "./Draw.ts"
import type { Argument, Grammar } from "./Grammar.ts"
import {
  bitOffsets,
  doubles,
  integers,
  patterns,
  poolOfType,
  pools,
  rawRequests,
  safeParameters,
  streamIds,
  strings
} from "./Pools.ts"
import type { Pool } from "./Pools.ts"
import { clientAddress, clientId } from "./Step.ts"

/** What values may depend on. */
export interface Context {
  readonly next: Random
  readonly grammar: Grammar
  /** The types whose keys appear. */
  readonly keyTypes: ReadonlyArray<KeyType>
  /** Names of the commands that take part. */
  readonly commandNames: ReadonlyArray<string>
  readonly connections: number
  readonly memory: Memory
  /** How often a value of this command is one of the edges. */
  readonly edges: number
}

/** Values seen in replies, which later commands take up. */
export interface Memory {
  readonly streamIds: Array<string>
  readonly payloads: Array<string>
  /** Grows, so that ids that are made from it are mostly ahead of a stream's last one. */
  clock: number
}

// ---- keys

export type KeyType = "string" | "hash" | "list" | "set" | "sorted-set" | "stream" | "hyperloglog"

const keysOfType: Readonly<Record<KeyType, ReadonlyArray<string>>> = {
  "string": ["s1", "s2", "n1", "b1"],
  "hash": ["h1", "h2"],
  "list": ["l1", "l2"],
  "set": ["t1", "t2", "t3"],
  "sorted-set": ["z1", "z2", "z3"],
  "stream": ["x1", "x2"],
  "hyperloglog": ["p1", "p2"]
}
const oddKeys = ["", "\0\r\n", "s1\0", "key with spaces", "\xff\xfe", "k".repeat(300)]

/** The type of key that a group's commands work on; groups that are not listed work on any. */
const typeOfGroup: Readonly<Record<string, KeyType>> = {
  "string": "string",
  "bitmap": "string",
  "hash": "hash",
  "list": "list",
  "set": "set",
  "sorted-set": "sorted-set",
  "geo": "sorted-set",
  "stream": "stream",
  "hyperloglog": "hyperloglog"
}

/** The types of key that make sense where these groups take part. */
export const keyTypesFor = (groups: Iterable<string>): ReadonlyArray<KeyType> => {
  const types = new Set<KeyType>(["string"])
  for (const group of groups) {
    const type = typeOfGroup[group]
    if (type !== undefined) types.add(type)
  }
  return [...types]
}

const key = ({ grammar, keyTypes, next }: Context): string => {
  if (chance(next, 0.01)) return next.pick(oddKeys)
  const own = typeOfGroup[grammar.group]
  const type = own !== undefined && chance(next, 0.9) ? own : next.pick(keyTypes)
  return next.pick(keysOfType[type])
}

/** Values that need more than a pool: where neighbours belong together, or the state matters. */
const sources: Readonly<Record<string, (context: Context) => string>> = {
  "BITFIELD.encoding": encoding,
  "BITFIELD_RO.encoding": encoding,
  "BITFIELD.offset": fieldOffset,
  "BITFIELD_RO.offset": fieldOffset,
  "client-id": ({ connections, next }) =>
    chance(next, 0.9) ? clientId(next.below(connections)) : next.pick(integers.edge),
  "CLIENT KILL.ip:port": ({ connections, next }) =>
    chance(next, 0.8) ? clientAddress(next.below(connections)) : "127.0.0.1:0",
  "EXPIRE.seconds": expiry(1000),
  "GETEX.seconds": expiry(1000),
  "SET.seconds": expiry(1000),
  "SETEX.seconds": expiry(1000),
  "GETEX.milliseconds": expiry(1),
  "PEXPIRE.milliseconds": (context) => chance(context.next, 0.25) ? overAtOnce : expiry(1)(context),
  "PSETEX.milliseconds": expiry(1),
  "SET.milliseconds": expiry(1),
  "RESTORE.ttl": expiry(1),
  "XADD.id": newStreamId,
  "command-name": ({ commandNames, next }) => {
    const name = next.pick(commandNames).replace(" ", "|")
    return chance(next, 0.05) ? next.pick(["nosuch", "", "get|x", "\0"]) : chance(next, 0.5) ? name.toLowerCase() : name
  },
  "serialized-value": ({ memory, next }) =>
    memory.payloads.length === 0 || chance(next, 0.1) ? next.pick(strings.edge) : next.pick(memory.payloads)
}

function encoding({ next }: Context): string {
  return chance(next, 0.9)
    ? next.pick(["u1", "u4", "u8", "i8", "u16", "i16", "i32", "u63", "i64", "i5", "u13", "u7", "i33"])
    : next.pick(["u64", "u0", "i0", "i65", "x8", "8", "", "u", "u-1", "U8", "i08", "u8x"])
}

function newStreamId(context: Context): string {
  const { edges, memory, next } = context
  if (chance(next, 0.2)) return draw(next, streamIds, edges)
  memory.clock += next.below(3)
  return `${memory.clock}-${chance(next, 0.2) ? "*" : next.below(4)}`
}

function fieldOffset({ next }: Context): string {
  return (chance(next, 0.3) ? "#" : "") + draw(next, bitOffsets, 0.05)
}

/**
 * A time from now: hours to decades ahead, in whole seconds and never twice the same, so that no two expiries are so near each
 * other that GT and LT depend on the millisecond; or else something that is refused.
 */
/** The time to live in milliseconds that PEXPIRE gives to a key which shall be gone for the next command. */
export const overAtOnce = "1"

function expiry(unit: 1 | 1000): (context: Context) => string {
  return ({ edges, grammar, next }) => {
    if (chance(next, 0.02 + edges)) return draw(next, pools[unit === 1 ? "milliseconds" : "seconds"] ?? strings, 0.6)
    if (grammar.name === "RESTORE" && chance(next, 0.6)) return "0"
    return String((36_000 + next.below(1_000_000_000)) * 1000 / unit)
  }
}

const draw = (next: Random, pool: Pool, edges: number): string =>
  next.pick(chance(next, edges) ? pool.edge : pool.typical)

/** Makes the value of one argument. */
export const value = (argument: Argument, context: Context): string => {
  const { edges, grammar, memory, next } = context
  if (argument.type === "key") return key(context)
  if (argument.type === "pure-token") return argument.token ?? argument.name
  const own = `${grammar.name}.${argument.name}`
  const source = sources[own] ?? sources[argument.name]
  if (source !== undefined) return source(context)
  const pool = pools[own] ?? pools[argument.name] ?? poolOfType[argument.type] ?? strings
  if (pool === streamIds && memory.streamIds.length > 0 && chance(next, 0.5)) return next.pick(memory.streamIds)
  return draw(next, pool, edges)
}

/** Any value at all, for arguments that are wrong on purpose. */
export const anything = (context: Context): string => {
  const { next } = context
  return next.below(4) === 0 ? key(context) : draw(next, next.pick([strings, integers, doubles, patterns]), 0.5)
}

/** One parameter and its value for CONFIG SET. */
export const configPair = ({ next }: Context): ReadonlyArray<string> => {
  const [name, ...values] = next.pick(safeParameters)
  return [chance(next, 0.1) ? name.toUpperCase() : name, next.pick(values)]
}

/** Requests that no client library would write. */
export const rawRequest = (next: Random): string =>
  Array.from({ length: few(next, 3) }, () => next.pick(rawRequests)).join("")
