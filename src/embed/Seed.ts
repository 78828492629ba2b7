/**
 * Data for tests, as JavaScript has it: text, numbers and bytes become strings, arrays lists, `Set`s sets, `Map`s and
 * plain objects hashes; sorted sets, streams and times to live say what they are.
 */
import * as Duration from "effect/Duration"
import type { Call } from "./Atomic.ts"
import type { Argument } from "./Client.ts"

export type Data =
  | Argument
  | ReadonlyArray<Argument>
  | ReadonlySet<Argument>
  | ReadonlyMap<Argument, Argument>
  | Readonly<{ [field: string]: Argument }>
  | Special

/** What has no form of its own in JavaScript. */
export class Special {
  /** The commands that make it under a key. */
  readonly write: (call: Call, key: string) => void
  constructor(write: (call: Call, key: string) => void) {
    this.write = write
  }
}

/** Members and their scores. */
export const sortedSet = (scores: Readonly<{ [member: string]: number }>): Special =>
  new Special((call, key) => {
    const pairs = Object.entries(scores).flatMap(([member, score]) => [score, member])
    if (pairs.length > 0) call("ZADD", key, ...pairs)
  })

/** Entries with their ids, or without: then the server gives them, in order. */
export const stream = (
  entries: ReadonlyArray<{ readonly id?: string; readonly fields: Readonly<{ [field: string]: Argument }> }>
): Special =>
  new Special((call, key) => {
    for (const { fields, id = "*" } of entries) call("XADD", key, id, ...Object.entries(fields).flat())
  })

/** Anything, with a time to live. */
export const expiring = (data: Data, after: Duration.Input): Special =>
  new Special((call, key) => {
    write(call, key, data)
    call("PEXPIRE", key, Math.ceil(Duration.toMillis(Duration.fromInputUnsafe(after))))
  })

/** Makes the data under a key, in place of what is there. */
export const write = (call: Call, key: string, data: Data): void => {
  if (data instanceof Special) return data.write(call, key)
  if (typeof data !== "object" || data instanceof Uint8Array) return void call("SET", key, data)
  const [command, words] = Array.isArray(data)
    ? ["RPUSH", data]
    : data instanceof Set
    ? ["SADD", [...data]]
    : ["HSET", data instanceof Map ? [...data].flat() : Object.entries(data).flat()]
  if (words.length > 0) call(command, key, ...words)
}
