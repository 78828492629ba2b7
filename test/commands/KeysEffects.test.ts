/** What the commands on keys tell others: key events, and the commands that replicas get, as redis-server does. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { CommandError } from "../../src/command/CommandError.ts"
import { CommandTable } from "../../src/command/CommandTable.ts"
import { Session } from "../../src/command/Session.ts"
import { BufferPool, Output } from "../../src/resp/Output.ts"
import { ReplyParser } from "../../src/resp/ReplyParser.ts"
import { Store } from "../../src/store/Store.ts"
import { requestOf } from "../support/InProcess.ts"
import { commands } from "../support/Layers.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { type Plain, plain } from "../support/Plain.ts"
import { connect } from "../support/RawClient.ts"
import { startRedis } from "../support/ServerProcess.ts"

const script = [
  "SET a 1",
  "EXPIRE a 100",
  "EXPIRE a 200 GT",
  "EXPIRE a 50 GT",
  "PEXPIRE a 100000 XX LT",
  "EXPIREAT a 33177117420",
  "PEXPIREAT a 33177117420000 LT",
  "PEXPIREAT a 33177117421000",
  "PERSIST a",
  "PERSIST a",
  "COPY a b",
  "COPY a b",
  "COPY a b REPLACE",
  "COPY a c DB 3",
  "EXPIRE b -1",
  "PEXPIREAT a 1",
  "SET a 1",
  "SET b 2",
  "RENAME a b",
  "RENAME b b",
  "RENAMENX b a",
  "RENAME none a",
  "MOVE a 1",
  "MOVE a 1",
  "SET a 1",
  "SET b 1",
  "DEL a b none",
  "SET a 1",
  "SET b 1",
  "UNLINK none a b",
  "EXISTS none a",
  "TYPE none",
  "TTL none",
  "TOUCH none",
  "OBJECT ENCODING none",
  "COPY none a",
  "SWAPDB 0 1",
  "SWAPDB 2 2",
  "SET a 1",
  "FLUSHDB",
  "FLUSHDB ASYNC",
  "FLUSHALL",
  "FLUSHALL SYNC"
].map((line) => line.split(" "))

/** Absolute times that were computed from the moment at which the command ran. */
const withoutNow = (args: ReadonlyArray<string>): string =>
  args.map((arg) => /^1\d{12}$/.test(arg) ? "<soon>" : arg).join(" ")

const ours = Effect.gen(function*() {
  const store = yield* Store
  const table = yield* CommandTable
  const { state } = store
  const session = new Session(1, new Output(new BufferPool()))
  const events: Array<string> = []
  const log: Array<string> = []
  const text = (key: Uint8Array, start: number, end: number) => Buffer.from(key).toString("latin1", start, end)
  state.listen({ event: (db, _, name, key, start, end) => events.push(`${db} ${name} ${text(key, start, end)}`) })
  state.propagation.subscribe((effects) => {
    for (const { args } of effects) log.push(withoutNow(args.map((arg) => Buffer.from(arg).toString("latin1"))))
  })
  state.setTime(Date.now())
  for (const line of script) {
    const request = requestOf(session, line)
    const { dirty } = state
    const entry = table.resolve(request)
    assert(entry !== undefined)
    yield* Effect.match(entry.handler(request), {
      onFailure: (error: CommandError) => error,
      onSuccess: (reply) => reply
    })
    // What the executor does after each command
    if (state.dirty !== dirty) {
      for (const args of request.effects ?? [request.copy()]) state.propagation.add(session.db, args)
    }
    state.propagation.flush()
  }
  return { events, log }
}).pipe(Effect.provide(commands()))

const theirs = Effect.gen(function*() {
  const server = yield* startRedis({
    args: ["--appendonly", "yes", "--appendfsync", "always", "--notify-keyspace-events", "EAmn"]
  })
  const client = yield* connect(server.port)
  const listener = yield* connect(server.port)
  yield* listener.command("PSUBSCRIBE", "__keyevent@*__:*")
  for (const line of script) yield* client.command(...line)
  // Messages come before the reply to what was sent after them.
  const replies: Array<Plain> = []
  listener.send("PING")
  while (replies.length === 0 || (replies.at(-1) as Array<Plain>)[0] !== "pong") {
    const [reply] = yield* listener.take(1)
    assert(reply !== undefined)
    replies.push(plain(reply.value))
  }
  const events = replies.slice(0, -1).map((message) => {
    const [, , channel, key] = message as Array<string>
    const [, db, name] = /@(\d+)__:(.*)/.exec(channel ?? "") ?? []
    return `${db} ${name} ${key}`
  })
  const folder = join(server.directory, "appendonlydir")
  const file = readdirSync(folder).find((name) => name.endsWith(".incr.aof")) ?? ""
  const parser = new ReplyParser()
  parser.push(readFileSync(join(folder, file)))
  const log: Array<string> = []
  for (let value = parser.next(); value !== undefined; value = parser.next()) {
    assert(value._tag !== "ProtocolError")
    const args = plain(value) as Array<string>
    if (args[0] !== "SELECT") log.push(withoutNow(args))
  }
  return { events, log }
})

describeWithRedis("commands on keys", () => {
  it.live("send redis-server's key events and have its effects", () =>
    Effect.gen(function*() {
      const [mine, redis] = yield* Effect.all([ours, theirs])
      assert.isAbove(redis.events.length, 20)
      assert.isAbove(redis.log.length, 20)
      assert.deepStrictEqual(mine.events, redis.events)
      assert.deepStrictEqual(mine.log, redis.log)
    }))
})
