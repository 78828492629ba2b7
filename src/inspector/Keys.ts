/**
 * The key browser: pages of keys, and the beginning of a value, read by the same commands that any client has. Keys
 * travel as base64, for they need not be text.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type { CommandTable } from "../command/CommandTable.ts"
import { Client, type ClientError, type ClientService } from "../embed/Client.ts"
import type { Value } from "../embed/Value.ts"
import type { Connections } from "../server/Connections.ts"
import type { Store } from "../store/Store.ts"

/** Keys of a page, and elements and bytes of a value that are shown. */
const PAGE = 100
const ELEMENTS = 100
const BYTES = 4096

/** The page asked for something that is not there. */
export class NotFound extends Data.TaggedError("NotFound")<{ readonly message: string }> {}

/** What a request of the page may fail with, and needs. */
export type Failure = ClientError | NotFound
export type Requirements = Connections | CommandTable | Store

type Raw = Value<Uint8Array>

/** As it is shown: text where it is text, else escaped bytes. */
const shown = (value: Raw | undefined): string => {
  if (!(value instanceof Uint8Array)) return String(value ?? "")
  const bytes = Buffer.from(value.subarray(0, BYTES))
  const text = bytes.toString("utf8")
  const printable = !text.includes("\ufffd")
    ? text
    : bytes.toString("latin1").replace(/[^ -~]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`)
  return value.length > BYTES ? `${printable}… (${value.length} bytes)` : printable
}

const listOf = (value: Raw | undefined): ReadonlyArray<Raw> =>
  Array.isArray(value) ? value : value instanceof Map ? [...value].flat() : []

const pairs = (items: ReadonlyArray<Raw>): ReadonlyArray<readonly [string, string]> =>
  Array.from({ length: Math.floor(items.length / 2) }, (_, at) => [shown(items[at * 2]), shown(items[at * 2 + 1])])

/** A client of its own, for the time of a request. */
const withClient = <A, E>(
  db: number,
  run: (client: ClientService) => Effect.Effect<A, E>
): Effect.Effect<A, E | ClientError, Connections | CommandTable> =>
  Effect.scoped(Effect.gen(function*() {
    const client = yield* Client.make
    yield* client.command("CLIENT", "SETNAME", "inspector")
    if (db !== 0) yield* client.command("SELECT", db)
    return yield* run(client)
  }))

/** Some keys after the cursor, with their types and times to live. */
export const page = (db: number, cursor: string, pattern: string) =>
  withClient(db, (client) =>
    Effect.gen(function*() {
      const found: Array<Raw> = []
      let next = cursor
      // A pattern that matches little must not make the page wait for the whole database
      for (let rounds = 0; rounds < 20 && found.length < PAGE; rounds++) {
        const reply = listOf(yield* client.commandBytes("SCAN", next, "MATCH", pattern, "COUNT", PAGE))
        next = shown(reply[0])
        found.push(...listOf(reply[1]))
        if (next === "0") break
      }
      const keys = yield* Effect.forEach(found, (key) => {
        const bytes = key instanceof Uint8Array ? key : Buffer.from(String(key))
        return Effect.map(
          Effect.all([client.command("TYPE", bytes), client.command("PTTL", bytes)], { concurrency: 2 }),
          ([type, ttl]) => ({ id: Buffer.from(bytes).toString("base64"), key: shown(bytes), type, ttl })
        )
      }, { concurrency: "unbounded" })
      return { cursor: next, keys }
    }))

/** The rows of a value's beginning. */
const rowsOf = (client: ClientService, type: Raw, key: Uint8Array) =>
  Effect.gen(function*() {
    const last = ELEMENTS - 1
    const numbered = (items: ReadonlyArray<Raw>) => items.map((item, at) => [String(at), shown(item)] as const)
    switch (type) {
      case "string":
        return [["", shown(yield* client.commandBytes("GETRANGE", key, 0, BYTES - 1))] as const]
      case "list":
        return numbered(listOf(yield* client.commandBytes("LRANGE", key, 0, last)))
      case "set":
        return numbered(listOf(listOf(yield* client.commandBytes("SSCAN", key, 0, "COUNT", ELEMENTS))[1]))
      case "hash":
        return pairs(listOf(listOf(yield* client.commandBytes("HSCAN", key, 0, "COUNT", ELEMENTS))[1]))
      case "zset":
        return pairs(
          listOf(yield* client.commandBytes("ZRANGE", key, 0, last, "WITHSCORES")).flatMap((item) =>
            Array.isArray(item) ? item : [item]
          )
        )
      case "stream": {
        const entries = listOf(yield* client.commandBytes("XREVRANGE", key, "+", "-", "COUNT", ELEMENTS))
        return entries.map((entry) => {
          const [id, values] = listOf(entry)
          return [shown(id), pairs(listOf(values)).map(([field, value]) => `${field}: ${value}`).join("  ")] as const
        })
      }
      default:
        return []
    }
  })

const lengths: Readonly<Record<string, string>> = {
  string: "STRLEN",
  list: "LLEN",
  set: "SCARD",
  hash: "HLEN",
  zset: "ZCARD",
  stream: "XLEN"
}

/** One key: what it is, and the beginning of its value. */
export const one = (db: number, id: string) =>
  withClient(db, (client) =>
    Effect.gen(function*() {
      const key = Buffer.from(id, "base64")
      const type = yield* client.command("TYPE", key)
      if (type === "none") return yield* new NotFound({ message: "The key is gone." })
      const length = Object.hasOwn(lengths, String(type)) ? lengths[String(type)] : undefined
      return {
        key: shown(key),
        type,
        encoding: yield* client.command("OBJECT", "ENCODING", key),
        ttl: yield* client.command("PTTL", key),
        bytes: yield* client.command("MEMORY", "USAGE", key),
        length: length === undefined ? null : yield* client.command(length, key),
        rows: yield* rowsOf(client, type, key)
      }
    }))

/** What the page may do when it may do something, as Redis's own commands. */
const actions: Readonly<Record<string, (id: string) => ReadonlyArray<string>>> = {
  kill: (id) => ["CLIENT", "KILL", "ID", id],
  unblock: (id) => ["CLIENT", "UNBLOCK", id],
  trace: (choice) => ["CONFIG", "SET", "trace", choice]
}

export const act = (action: string, id: string): Effect.Effect<Value, Failure, Connections | CommandTable> => {
  const command = Object.hasOwn(actions, action) ? actions[action] : undefined
  if (command === undefined) return Effect.fail(new NotFound({ message: "There is no such action." }))
  return withClient(0, (client) =>
    Effect.flatMap(client.command(...command(id)), (reply) =>
      reply === 0
        ? Effect.fail(new NotFound({ message: "The client is gone, or does not wait any more." }))
        : Effect.succeed(reply)))
}
