/** Masters and replicas as processes, writes of every kind, and what it means that two servers are the same. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { ReplyValue } from "../../src/resp/ReplyParser.ts"
import type { ConnectionError, RawClient } from "../support/RawClient.ts"
import { connect } from "../support/RawClient.ts"
import * as ServerProcess from "../support/ServerProcess.ts"

export type Kind = "ours" | "redis"

export interface Server {
  readonly kind: Kind
  readonly process: ServerProcess.ServerProcess
  readonly client: RawClient
}

/** At its usual 10 Hz, redis-server notices the end of a wait up to 100 ms late. */
const shared = ["--enable-debug-command", "yes", "--repl-diskless-sync-delay", "0", "--hz", "100"]

export const start = (kind: Kind, ...args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const options = { args: [...shared, ...args] }
    const process = yield* kind === "ours" ? ServerProcess.startOurs(options) : ServerProcess.startRedis(options)
    return { kind, process, client: yield* connect(process.port) }
  })

export const startReplica = (kind: Kind, masterPort: number, ...args: ReadonlyArray<string>) =>
  start(kind, "--replicaof", `127.0.0.1 ${masterPort}`, ...args)

/** The text of a reply that is one. */
export const textOf = (value: ReplyValue): string =>
  value._tag === "Bulk" || value._tag === "Verbatim"
    ? Buffer.from(value.bytes).toString("latin1")
    : value._tag === "Simple" || value._tag === "Error"
    ? value.text
    : value._tag === "Integer"
    ? String(value.value)
    : ""

export const ask = (client: RawClient, ...args: ReadonlyArray<string>): Effect.Effect<string, ConnectionError> =>
  Effect.map(client.command(...args), ({ value }) => textOf(value))

/** A field of INFO. */
export const field = (client: RawClient, name: string): Effect.Effect<string, ConnectionError> =>
  Effect.map(ask(client, "INFO", "everything"), (text) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(text)?.[1] ?? "")

/** Looks again until it is true; what is looked at goes into the failure. */
export const until = <E, R>(
  what: string,
  look: Effect.Effect<boolean, E, R>,
  most = 400
): Effect.Effect<void, E, R> =>
  Effect.gen(function*() {
    for (let tries = 0; tries < most; tries++) {
      if (yield* look) return
      yield* Effect.sleep(50)
    }
    assert.fail(`never came to be: ${what}`)
  })

export const untilLinked = (replica: Server) =>
  until("the link to the master", Effect.map(field(replica.client, "master_link_status"), (status) => status === "up"))

/** Waits until a replica has all of the master's stream and the same data: keys that expire meanwhile take a moment. */
export const untilSame = (master: Server, replica: Server) =>
  Effect.gen(function*() {
    const state = ({ client }: Server) =>
      Effect.all([field(client, "master_replid"), field(client, "master_repl_offset"), ask(client, "DEBUG", "DIGEST")])
    yield* until(
      `${replica.kind} is what ${master.kind} is`,
      Effect.gen(function*() {
        if ((yield* field(replica.client, "master_link_status")) !== "up") return false
        return String(yield* state(master)) === String(yield* state(replica))
      })
    ).pipe(Effect.tapDefect(() =>
      Effect.gen(function*() {
        for (const server of [master, replica]) {
          process.stderr.write(
            `${server.kind}: ${String(yield* state(server))}\n${server.process.log().slice(-3000)}\n`
          )
        }
      })
    ))
  })

// ---- writes

/** A small deterministic generator of numbers below a bound. */
export const random = (seed: number) => {
  let state = seed >>> 0 || 1
  return (below: number): number => {
    state ^= state << 13
    state >>>= 0
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state % below
  }
}

type Write = (next: (below: number) => number) => ReadonlyArray<ReadonlyArray<string>>

const k = (type: string, next: (below: number) => number) => `${type}:${next(8)}`
const v = (next: (below: number) => number) => "v".repeat(1 + next(40)) + next(1000)

/** One line per kind of write whose effects are more than the request itself, and some for each type. */
const writes: ReadonlyArray<Write> = [
  (n) => [["SET", k("s", n), v(n)]],
  (n) => [["SET", k("s", n), "x".repeat(n(9000))]],
  (n) => [["SET", k("s", n), v(n), "EX", String(100 + n(100))]],
  (n) => [["GETEX", k("s", n), "EX", "1000"]],
  (n) => [["INCRBYFLOAT", `f:${n(4)}`, "0.1"]],
  (n) => [["INCR", `i:${n(4)}`]],
  (n) => [["SETBIT", k("b", n), String(n(1000)), "1"]],
  (n) => [["APPEND", k("a", n), v(n)]],
  (n) => [["DEL", k("s", n), k("l", n)]],
  (n) => [["EXPIRE", k("h", n), String(1000 + n(1000))]],
  (n) => [["PEXPIRE", k("s", n), "1"]],
  (n) => [["COPY", k("s", n), k("c", n), "REPLACE"]],
  (n) => [["RENAME", k("c", n), k("c", n)]],
  (n) => [["LPUSH", k("l", n), v(n), v(n)]],
  (n) => [["RPOP", k("l", n), "2"]],
  (n) => [["BLPOP", k("l", n), "0.001"]],
  (n) => [["LMOVE", k("l", n), k("l", n), "LEFT", "RIGHT"]],
  (n) => [["HSET", k("h", n), `f${n(20)}`, v(n), `f${n(20)}`, v(n)]],
  (n) => [["HINCRBYFLOAT", k("hf", n), "f", "1.5"]],
  (n) => [["HDEL", k("h", n), `f${n(20)}`]],
  (n) => [["SADD", k("t", n), v(n), String(n(100))]],
  (n) => [["SPOP", k("t", n), "2"]],
  (n) => [["SPOP", k("t", n)]],
  (n) => [["SDIFFSTORE", "diff", k("t", n), k("t", n)]],
  (n) => [["ZADD", k("z", n), String(n(100)), v(n), "1.5", v(n)]],
  (n) => [["ZPOPMIN", k("z", n), "2"]],
  (n) => [["ZADD", k("z", n), "INCR", "2", `m${n(5)}`]],
  (n) => [["BZPOPMAX", k("z", n), "0.001"]],
  (n) => [["XADD", k("x", n), "*", "f", v(n), "g", v(n)]],
  (n) => [["XADD", k("x", n), "MAXLEN", "~", "50", "*", "f", v(n)]],
  (n) => [["XGROUP", "CREATE", k("x", n), "g", "0", "MKSTREAM"]],
  (n) => [["XREADGROUP", "GROUP", "g", `c${n(3)}`, "COUNT", "2", "STREAMS", k("x", n), ">"]],
  (n) => [["XREADGROUP", "GROUP", "g", `c${n(3)}`, "NOACK", "COUNT", "2", "STREAMS", k("x", n), ">"]],
  (n) => [["XAUTOCLAIM", k("x", n), "g", "c9", "0", "0", "COUNT", "2"]],
  (n) => [["PFADD", k("p", n), v(n)]],
  (n) => [["SELECT", String(n(3))]],
  (n) => [["MULTI"], ["INCR", "m:1"], ["SADD", "m:2", v(n)], ["SELECT", String(n(3))], ["INCR", "m:1"], ["EXEC"]],
  () => [["MULTI"], ["INCR", "m:3"], ["EXEC"]],
  (n) => n(30) === 0 ? [["FLUSHDB"]] : [["SWAPDB", "0", "1"]]
]

/** The kinds of write that a server knows. */
const known = (client: RawClient) =>
  Effect.map(client.command("COMMAND", "LIST"), ({ value }) => {
    const names = new Set(value._tag === "Array" ? value.items.map(textOf) : [])
    return writes.filter((write) => write(() => 0).every(([name]) => names.has((name ?? "").toLowerCase())))
  })

/** Writes so many times, in pipelines; what fails fails on every side. */
export const load = (server: Server, count: number, seed: number) =>
  Effect.scoped(Effect.gen(function*() {
    const client = yield* connect(server.process.port)
    const kinds = yield* known(client)
    assert.isAbove(kinds.length, 15)
    const next = random(seed)
    for (let done = 0; done < count;) {
      const lines: Array<ReadonlyArray<string>> = []
      for (let size = 1 + next(20); size > 0; size--, done++) lines.push(...(kinds[next(kinds.length)] as Write)(next))
      yield* client.pipeline(lines)
    }
  }))
