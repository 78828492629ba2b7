/**
 * What commands tell others: key events, and the commands that replicas get. Ours in process, redis-server's from its
 * notifications and its append-only file.
 */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { CommandError } from "../../src/command/CommandError.ts"
import { CommandTable } from "../../src/command/CommandTable.ts"
import { Session } from "../../src/command/Session.ts"
import { BufferPool, Output } from "../../src/resp/Output.ts"
import { ReplyParser } from "../../src/resp/ReplyParser.ts"
import { Store } from "../../src/store/Store.ts"
import { requestOf } from "./InProcess.ts"
import { commands } from "./Layers.ts"
import { type Plain, plain } from "./Plain.ts"
import { connect } from "./RawClient.ts"
import { startRedis } from "./ServerProcess.ts"

type Script = ReadonlyArray<ReadonlyArray<string>>

/** Absolute times that were computed from the moment at which the command ran, and the ids of stream entries. */
const withoutNow = (args: ReadonlyArray<string>): string =>
  args.map((arg) => /^1\d{12}(?:-\d+)?$/.test(arg) ? "<soon>" : arg).join(" ")

/** What redis-server puts around the effects of one command; ours come as one block. */
const isFrame = ([name]: ReadonlyArray<string>): boolean => ["SELECT", "MULTI", "EXEC"].includes(name ?? "")

const ours = (script: Script) =>
  Effect.gen(function*() {
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

const theirs = (script: Script) =>
  Effect.gen(function*() {
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
      if (!isFrame(args)) log.push(withoutNow(args))
    }
    return { events, log }
  })

/** Runs the commands on both sides and compares events and effects. */
export const sameEffects = (script: Script) =>
  Effect.gen(function*() {
    const [mine, redis] = yield* Effect.all([ours(script), theirs(script)])
    assert.isAbove(redis.events.length, 20)
    assert.isAbove(redis.log.length, 20)
    assert.deepStrictEqual(mine.events, redis.events)
    assert.deepStrictEqual(mine.log, redis.log)
  })
