/** What the README promises, typed at redis-cli in a terminal as it stands there. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describeWithRedis } from "../support/Oracle.ts"
import { startOurs } from "../support/ServerProcess.ts"
import { interactiveCli, prompt, type Terminal } from "./Program.ts"

type Line = readonly [line: string, reply: string | RegExp]

const play = (session: Terminal, lines: ReadonlyArray<Line>) =>
  Effect.gen(function*() {
    for (const [line, reply] of lines) {
      const said = yield* session.say(line)
      if (typeof reply === "string") assert.strictEqual(said, reply, line)
      else assert.match(said, reply, line)
    }
  })

const entry = (id: string, field: string, value: string, indent: string) =>
  `1) "${id}"\n${indent}   2) 1) "${field}"\n${indent}      2) "${value}"`

describeWithRedis("the README's commands", () =>
  describe("in a terminal", () => {
    it.live("store and tell values", () =>
      Effect.gen(function*() {
        const session = yield* interactiveCli(yield* startOurs())
        yield* play(session, [
          ["PING", "PONG"],
          ["ECHO hello", "\"hello\""],
          ["SET fruit mango", "OK"],
          ["GET fruit", "\"mango\""],
          ["SET soon gone px 50", "OK"],
          ["TYPE fruit", "string"],
          ["TYPE none", "none"],
          ["SET count 41", "OK"],
          ["INCR count", "(integer) 42"],
          ["INCR new", "(integer) 1"],
          ["INCR fruit", "(error) ERR value is not an integer or out of range"]
        ])
        while ((yield* session.say("GET soon")) !== "(nil)") yield* Effect.sleep(10)
      }))

    it.live("add to streams and read them, waiting or not", () =>
      Effect.gen(function*() {
        const server = yield* startOurs()
        const [session, other] = [yield* interactiveCli(server), yield* interactiveCli(server)]
        yield* play(session, [
          ["XADD weather 0-1 temperature 36", "\"0-1\""],
          ["XADD weather 0-2 temperature 37", "\"0-2\""],
          ["XADD weather 1-* humidity 95", "\"1-0\""],
          ["XADD weather * wind 3", /^"\d{13}-\d+"$/],
          ["XADD weather 1-0 late 1", /^\(error\) ERR The ID specified in XADD is equal or smaller/],
          ["XADD weather 0-0 none 1", "(error) ERR The ID specified in XADD must be greater than 0-0"],
          ["TYPE weather", "stream"],
          ["XRANGE weather 0-2 0-2", `1) ${entry("0-2", "temperature", "37", "")}`],
          ["XRANGE weather - 0-1", `1) ${entry("0-1", "temperature", "36", "")}`],
          ["XRANGE weather 1-0 +", /^1\) 1\) "1-0"\n[^]*\n2\) 1\) "\d{13}-\d+"\n/],
          ["XADD sea 0-1 level 7", "\"0-1\""],
          ["XREAD streams sea 0-0", `1) 1) "sea"\n   2) 1) ${entry("0-1", "level", "7", "      ")}`],
          ["XREAD streams weather sea 1-0 0-0", /^1\) 1\) "weather"\n[^]*"wind"[^]*\n2\) 1\) "sea"\n[^]*"level"/],
          ["XREAD streams block 20 sea 0-1", /^\(nil\)/],
          ["XREAD block 20 streams sea 0-1", /^\(nil\)/]
        ])
        const waits = ["XREAD streams block 0 sea 0-1", "XREAD streams block 0 sea $", "XREAD block 0 streams sea $"]
        for (const [at, line] of waits.entries()) {
          session.type(`${line}\n`)
          const blocked = Effect.map(other.say("INFO clients"), (info) => info.includes("blocked_clients:1"))
          while (!(yield* blocked)) yield* Effect.sleep(5)
          yield* play(other, [[`XADD sea 1-${at} level ${at}`, `"1-${at}"`]])
          const said = yield* session.until(prompt)
          assert.include(said, `1) 1) "sea"\n   2) 1) ${entry(`1-${at}`, "level", `${at}`, "      ")}`)
          yield* play(other, [[`XDEL sea 1-${at}`, "(integer) 1"]])
        }
      }))

    it.live("make transactions", () =>
      Effect.gen(function*() {
        const server = yield* startOurs()
        const [session, other] = [yield* interactiveCli(server), yield* interactiveCli(server)]
        yield* play(session, [
          ["EXEC", "(error) ERR EXEC without MULTI"],
          ["MULTI", "OK"],
          ["SET foo 6", "QUEUED"],
          ["INCR foo", "QUEUED"],
          ["GET foo", "QUEUED"]
        ])
        yield* play(other, [["GET foo", "(nil)"]])
        yield* play(session, [
          ["EXEC", "1) OK\n2) (integer) 7\n3) \"7\""],
          ["MULTI", "OK"],
          ["SET foo 41", "QUEUED"],
          ["DISCARD", "OK"],
          ["GET foo", "\"7\""],
          ["DISCARD", "(error) ERR DISCARD without MULTI"],
          ["MULTI", "OK"],
          ["SET foo abc", "QUEUED"],
          ["INCR foo", "QUEUED"],
          ["SET bar 1", "QUEUED"],
          ["EXEC", "1) OK\n2) (error) ERR value is not an integer or out of range\n3) OK"]
        ])
      }))

    it.live("tell of the replication", () =>
      Effect.gen(function*() {
        const session = yield* interactiveCli(yield* startOurs())
        yield* play(session, [
          [
            "INFO replication",
            /^# Replication\nrole:master\nconnected_slaves:0\n[^]*\nmaster_replid:[0-9a-f]{40}\n[^]*\nmaster_repl_offset:0\n/
          ],
          ["WAIT 0 60000", "(integer) 0"],
          ["WAIT 1 20", "(integer) 0"]
        ])
      }))

    it.live("save to the snapshot file that the flags name, and begin with it", () =>
      Effect.gen(function*() {
        const first = yield* startOurs({ args: ["--dbfilename", "fruit.rdb"] })
        yield* play(yield* interactiveCli(first), [
          ["SET fruit mango", "OK"],
          ["XADD weather 0-1 wind 3", "\"0-1\""],
          ["SAVE", "OK"]
        ])
        const second = yield* startOurs({ args: ["--dir", first.directory, "--dbfilename", "fruit.rdb"] })
        yield* play(yield* interactiveCli(second), [
          ["GET fruit", "\"mango\""],
          ["XRANGE weather - +", `1) ${entry("0-1", "wind", "3", "")}`]
        ])
      }))

    it.live("replicate to the servers that --replicaof makes replicas", () =>
      Effect.gen(function*() {
        const master = yield* startOurs()
        const session = yield* interactiveCli(master)
        yield* play(session, [["SET before 1", "OK"]])
        const replicas = yield* Effect.forEach([1, 2], () =>
          Effect.flatMap(
            startOurs({ args: ["--replicaof", `127.0.0.1 ${master.port}`] }),
            (server) => interactiveCli(server)
          ))
        for (const replica of replicas) {
          while ((yield* replica.say("GET before")) !== "\"1\"") yield* Effect.sleep(10)
          assert.match(yield* replica.say("INFO replication"), /role:slave\n/)
        }
        while (!(yield* session.say("INFO replication")).includes("connected_slaves:2")) yield* Effect.sleep(10)
        yield* play(session, [["SET fruit mango", "OK"], ["WAIT 2 60000", "(integer) 2"]])
        for (const replica of replicas) {
          yield* play(replica, [
            ["GET fruit", "\"mango\""],
            ["SET fruit kiwi", "(error) READONLY You can't write against a read only replica."]
          ])
        }
      }))
  }))
