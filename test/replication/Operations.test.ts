/** What operators may ask of masters and replicas, and what these tell about themselves: real processes, the same as redis-server's. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { mkdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import * as FakeMaster from "../support/FakeMaster.ts"
import * as Follower from "../support/Follower.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { connect, encode, render } from "../support/RawClient.ts"
import * as ServerProcess from "../support/ServerProcess.ts"
import {
  ask,
  field,
  type Kind,
  load,
  type Server,
  start,
  startReplica,
  until,
  untilLinked,
  untilSame
} from "./Replicated.ts"

const kinds: ReadonlyArray<Kind> = ["ours", "redis"]

const is = (server: Server, name: string, value: string) =>
  until(`${name}:${value}`, Effect.map(field(server.client, name), (text) => text === value))

const logs = (server: Server, text: string) =>
  until(`a line with ${text}`, Effect.sync(() => server.process.log().includes(text)))

const pair = (first: Kind, second: Kind, ...args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const master = yield* start(first, ...args)
    const replica = yield* startReplica(second, master.process.port)
    yield* untilLinked(replica)
    return [master, replica] as const
  })

describeWithRedis("a master", () => {
  it.live("takes no writes while fewer replicas are in touch than min-replicas-to-write asks for", () =>
    Effect.gen(function*() {
      const master = yield* start("ours", "--min-replicas-to-write", "1", "--min-replicas-max-lag", "2")
      assert.strictEqual(yield* ask(master.client, "SET", "k", "v"), "NOREPLICAS Not enough good replicas to write.")
      assert.strictEqual(yield* ask(master.client, "GET", "k"), "")
      const replica = yield* startReplica("redis", master.process.port)
      yield* is(master, "min_slaves_good_slaves", "1")
      assert.strictEqual(yield* ask(master.client, "SET", "k", "v"), "OK")
      replica.process.signal("SIGSTOP")
      yield* is(master, "min_slaves_good_slaves", "0")
      assert.include(yield* ask(master.client, "SET", "k", "v"), "NOREPLICAS")
      replica.process.signal("SIGCONT")
      yield* is(master, "min_slaves_good_slaves", "1")
      assert.strictEqual(yield* ask(master.client, "SET", "k", "v2"), "OK")
      // The same connection's last write
      assert.strictEqual(yield* ask(master.client, "WAIT", "1", "0"), "1")
    }))

  it.live("forgets the stream when nobody has asked for it in repl-backlog-ttl", () =>
    Effect.gen(function*() {
      const [master, replica] = yield* pair("ours", "ours", "--repl-backlog-ttl", "1")
      const before = yield* field(master.client, "master_replid")
      assert.strictEqual(yield* field(master.client, "repl_backlog_active"), "1")
      yield* ask(replica.client, "REPLICAOF", "NO", "ONE")
      yield* is(master, "repl_backlog_active", "0")
      assert.notStrictEqual(yield* field(master.client, "master_replid"), before)
      yield* logs(master, "Replication backlog freed after 1 seconds without connected replicas.")
    }))

  it.live("lets replicas in by password and user", () =>
    Effect.gen(function*() {
      const master = yield* start("ours", "--requirepass", "secret")
      assert.strictEqual(yield* ask(master.client, "AUTH", "secret"), "OK")
      const wrong = yield* startReplica("ours", master.process.port, "--masterauth", "guess")
      yield* logs(wrong, "Unable to AUTH to MASTER: -WRONGPASS")
      const without = yield* startReplica("ours", master.process.port)
      yield* logs(without, "NOAUTH")
      for (const kind of kinds) {
        const replica = yield* startReplica(kind, master.process.port, "--masterauth", "secret")
        yield* untilLinked(replica)
        yield* ask(replica.client, "CONFIG", "SET", "masteruser", "default")
        yield* ask(master.client, "CLIENT", "KILL", "TYPE", "replica")
        yield* untilLinked(replica)
        yield* untilSame(master, replica)
      }
      yield* ask(wrong.client, "CONFIG", "SET", "masterauth", "secret")
      yield* untilLinked(wrong)
    }))

  it.live("tells replicas as redis-server does of transactions, and of keys that expire and are evicted", () =>
    Effect.gen(function*() {
      const streams = yield* Effect.forEach(kinds, (kind) =>
        Effect.gen(function*() {
          const { client, process } = yield* start(kind, "--maxmemory-policy", "allkeys-random")
          const follower = yield* Follower.open(process.port)
          const told: Array<string> = []
          const listen = Effect.gen(function*() {
            const words = yield* follower.upTo(Number(yield* field(client, "master_repl_offset")))
            told.push(...(words ?? []).map((each) => each.join(" ").replace(/\d{13}/, "<time>")))
          })
          yield* listen
          yield* ask(client, "SET", "gone", "1", "PX", "1")
          yield* ask(client, "PEXPIRE", "none", "1")
          yield* until("the end of a key", Effect.map(ask(client, "DBSIZE"), (size) => size === "0"))
          yield* ask(client, "CONFIG", "SET", "lazyfree-lazy-expire", "yes", "lazyfree-lazy-eviction", "yes")
          yield* ask(client, "SELECT", "2")
          yield* ask(client, "SET", "later", "2", "PX", "1")
          yield* until("the end of a key", Effect.map(ask(client, "DBSIZE"), (size) => size === "0"))
          yield* client.pipeline([
            ["SELECT", "1"],
            ...[["MULTI"], ["SET", "a", "1"], ["SELECT", "2"], ["DEL", "none"], ["SET", "b", "2"], ["EXEC"]],
            ...[["MULTI"], ["FLUSHDB"], ["EXEC"], ["SELECT", "1"], ["DEL", "a"]]
          ])
          yield* ask(client, "SET", "evicted", "3")
          yield* ask(client, "CONFIG", "SET", "maxmemory", "1")
          yield* ask(client, "SET", "refused", "4")
          yield* listen
          follower.close()
          return told.filter((line) => line !== "PING")
        }))
      assert.deepStrictEqual(streams[0], streams[1])
      assert.deepStrictEqual(streams[0], [
        "SELECT 0",
        "SET gone 1 PXAT <time>",
        "DEL gone",
        "SELECT 2",
        "SET later 2 PXAT <time>",
        "UNLINK later",
        ...["SELECT 1", "MULTI", "SET a 1", "SELECT 2", "SET b 2", "EXEC", "FLUSHDB", "SELECT 1", "DEL a"],
        "SET evicted 3",
        "UNLINK evicted"
      ])
    }))

  it.live("serves replicas of old, that know only SYNC", () =>
    Effect.gen(function*() {
      const { client, process } = yield* start("ours")
      const follower = yield* Follower.open(process.port, ["SYNC"])
      yield* follower.upTo(0)
      yield* ask(client, "SET", "k", "v")
      const told = yield* follower.upTo(Number(yield* field(client, "master_repl_offset")))
      assert.deepStrictEqual(told?.map((words) => words.join(" ")), ["SELECT 0", "SET k v"])
      follower.close()
    }))

  it.live("waits for its replicas before it ends, for shutdown-timeout at most", () =>
    Effect.gen(function*() {
      const [master, replica] = yield* pair("ours", "redis")
      replica.process.signal("SIGSTOP")
      yield* ask(master.client, "SET", "last", "write")
      const other = yield* connect(master.process.port)
      master.client.send("SHUTDOWN", "NOSAVE")
      yield* logs(master, "Waiting for replicas before shutting down.")
      assert.isAbove(Number(yield* field(other, "shutdown_in_milliseconds")), 0)
      // Who asks again waits for the same end, which ABORT gives up for all
      const again = yield* connect(master.process.port)
      again.send("SHUTDOWN", "NOSAVE", "NOW")
      yield* until("two who wait", Effect.map(field(other, "blocked_clients"), (count) => count === "2"))
      assert.strictEqual(yield* ask(other, "SHUTDOWN", "ABORT"), "OK")
      for (const client of [master.client, again]) {
        const [answer] = yield* client.take(1)
        assert.include(render(answer?.value ?? { _tag: "Null" }), "Errors trying to SHUTDOWN")
      }
      assert.strictEqual(yield* ask(other, "SHUTDOWN", "ABORT"), "ERR No shutdown in progress.")
      assert.strictEqual(yield* ask(other, "SET", "goes", "on"), "OK")
      // It goes on its way without the one who asked for it
      again.send("SHUTDOWN", "NOSAVE")
      yield* until(
        "the second wait",
        Effect.sync(() => master.process.log().split("Waiting for replicas before").length === 3)
      )
      again.close()
      yield* until("its going", Effect.map(field(other, "blocked_clients"), (count) => count === "0"))
      assert.isTrue(master.process.isRunning())
      replica.process.signal("SIGCONT")
      assert.strictEqual((yield* master.process.exit).code, 0)
      assert.strictEqual(yield* ask(replica.client, "GET", "goes"), "on")

      const [hasty, slow] = yield* pair("ours", "redis", "--shutdown-timeout", "1")
      slow.process.signal("SIGSTOP")
      yield* ask(hasty.client, "SET", "last", "write")
      hasty.client.send("SHUTDOWN", "NOSAVE")
      assert.strictEqual((yield* hasty.process.exit).code, 0)
      assert.include(hasty.process.log(), "0 of 1 replicas are in sync when shutting down.")
      slow.process.signal("SIGCONT")
    }))
})

describeWithRedis("FAILOVER", () => {
  it.live("refuses what redis-server refuses, in its words", () =>
    Effect.gen(function*() {
      const answers = yield* Effect.forEach(kinds, (kind) =>
        Effect.gen(function*() {
          const [master, replica] = yield* pair(kind, "redis")
          const [host, port] = ["127.0.0.1", String(replica.process.port)]
          const asked = [
            ["FAILOVER", "ABORT"],
            ["FAILOVER", "TO", host],
            ["FAILOVER", "TO", host, "1"],
            ["FAILOVER", "TO", host, "x"],
            ["FAILOVER", "TO", host, port, "FORCE"],
            ["FAILOVER", "FORCE", "TIMEOUT", "10"],
            ["FAILOVER", "TIMEOUT", "0"],
            ["FAILOVER", "TIMEOUT", "-1"],
            ["FAILOVER", "TIMEOUT", "x"],
            ["FAILOVER", "SIDEWAYS"],
            ["FAILOVER", "ABORT", "TIMEOUT", "1"]
          ]
          const said = yield* Effect.forEach(asked, (words) => ask(master.client, ...words))
          said.push(yield* ask(replica.client, "FAILOVER"), yield* ask((yield* start(kind)).client, "FAILOVER"))
          return said
        }))
      assert.deepStrictEqual(answers[0], answers[1])
    }))

  it.live("is given up by ABORT and after TIMEOUT, and FORCE does not wait", () =>
    Effect.gen(function*() {
      const [master, replica] = yield* pair("ours", "ours")
      const to = ["TO", "127.0.0.1", String(replica.process.port)]
      const writer = yield* connect(master.process.port)
      replica.process.signal("SIGSTOP")
      yield* ask(master.client, "SET", "k", "1")

      assert.strictEqual(yield* ask(master.client, "FAILOVER"), "OK")
      assert.strictEqual(yield* field(master.client, "master_failover_state"), "waiting-for-sync")
      assert.strictEqual(yield* ask(master.client, "FAILOVER"), "ERR FAILOVER already in progress.")
      assert.strictEqual(
        yield* ask(master.client, "REPLICAOF", "NO", "ONE"),
        "ERR REPLICAOF not allowed while failing over."
      )
      writer.send("SET", "k", "2")
      // Ends CLIENT PAUSE only
      assert.strictEqual(yield* ask(master.client, "CLIENT", "UNPAUSE"), "OK")
      assert.strictEqual(yield* ask(master.client, "GET", "k"), "1")
      assert.strictEqual(yield* ask(master.client, "FAILOVER", "ABORT"), "OK")
      assert.strictEqual(render((yield* writer.take(1))[0]?.value ?? { _tag: "Null" }), "OK")

      assert.strictEqual(yield* ask(master.client, "FAILOVER", ...to, "TIMEOUT", "200"), "OK")
      writer.send("SET", "k", "3")
      assert.strictEqual(render((yield* writer.take(1))[0]?.value ?? { _tag: "Null" }), "OK")
      yield* logs(master, "Replica never caught up before timeout")
      yield* is(master, "master_failover_state", "no-failover")

      assert.strictEqual(yield* ask(master.client, "FAILOVER", ...to, "FORCE", "TIMEOUT", "200"), "OK")
      yield* is(master, "master_failover_state", "failover-in-progress")
      replica.process.signal("SIGCONT")
      yield* is(replica, "role", "master")
      yield* untilLinked(master)
      yield* untilSame(replica, master)
    }))
})

describeWithRedis("a replica", () => {
  it.live("without its master serves old data, or refuses to", () =>
    Effect.gen(function*() {
      const closed = yield* ServerProcess.freePort
      const told: Array<ReadonlyArray<string>> = []
      for (const kind of kinds) {
        const replica = yield* startReplica(kind, closed)
        assert.strictEqual(yield* ask(replica.client, "GET", "k"), "")
        yield* ask(replica.client, "CONFIG", "SET", "replica-serve-stale-data", "no")
        told.push([
          yield* ask(replica.client, "GET", "k"),
          yield* ask(replica.client, "SET", "k", "v"),
          yield* ask(replica.client, "PING"),
          yield* ask(replica.client, "MULTI"),
          yield* ask(replica.client, "GET", "k"),
          yield* ask(replica.client, "EXEC"),
          yield* ask(replica.client, "SELECT", "1"),
          yield* ask(replica.client, "REPLICAOF", "NO", "ONE"),
          yield* ask(replica.client, "SET", "k", "v")
        ])
      }
      assert.deepStrictEqual(told[0], told[1])
      assert.include(told[0]?.[0], "MASTERDOWN Link with MASTER is down")
    }))

  it.live("that takes writes has room for them where a key of its master's is over, and its own keys expire", () =>
    Effect.gen(function*() {
      const told = yield* Effect.forEach(kinds, (kind) =>
        Effect.gen(function*() {
          const [{ client: master }, { client: replica }] = yield* pair(kind, kind)
          yield* ask(master, "DEBUG", "SET-ACTIVE-EXPIRE", "0")
          for (const key of ["set", "hash", "count", "read"]) yield* ask(master, "SET", key, "9", "PX", "1")
          yield* until("the keys", Effect.map(ask(replica, "DBSIZE"), (size) => size === "4"))
          yield* Effect.sleep(10)
          yield* ask(replica, "CONFIG", "SET", "replica-read-only", "no")
          const asked = [
            ["GET", "read"],
            ["SET", "set", "new"],
            ["GET", "set"],
            ["HSET", "hash", "field", "value"],
            ["TYPE", "hash"],
            ["INCR", "count"],
            ["TTL", "count"],
            ["DBSIZE"],
            ["SET", "own", "1", "EX", "100"]
          ]
          const said = yield* Effect.forEach(asked, (words) => ask(replica, ...words))
          said.push(yield* field(replica, "slave_expires_tracked_keys"))
          yield* ask(replica, "PEXPIRE", "own", "1")
          yield* until("its end", Effect.map(ask(replica, "DBSIZE"), (size) => size === "4"))
          said.push(yield* field(replica, "slave_expires_tracked_keys"))
          return said
        }))
      assert.deepStrictEqual(told[0], told[1])
    }))

  it.live("and its master tell of themselves as redis-server does", () =>
    Effect.gen(function*() {
      const told = yield* Effect.forEach(kinds, (kind) =>
        Effect.gen(function*() {
          const lines: Array<string> = []
          const tell = (server: Server) =>
            Effect.gen(function*() {
              const info = yield* ask(server.client, "INFO", "replication")
              const role = render((yield* server.client.command("ROLE")).value)
              const clients = (yield* ask(server.client, "CLIENT", "LIST")).split("\n")
                .map((line) => / flags=([MS])/.exec(line)?.[1] ?? "").filter((flag) => flag !== "")
              lines.push(...`${info}\n${role}\n${clients.join()}`.split(/\r?\n/).map(anonymous))
            })
          const master = yield* start(kind)
          yield* tell(master)
          const replica = yield* startReplica(kind, master.process.port)
          yield* untilLinked(replica)
          yield* ask(master.client, "SET", "k", "v")
          assert.strictEqual(yield* ask(master.client, "WAIT", "1", "0"), "1")
          yield* tell(master)
          yield* tell(replica)
          yield* ask(replica.client, "REPLICAOF", "NO", "ONE")
          yield* tell(replica)
          yield* ask(replica.client, "REPLICAOF", "127.0.0.1", "1")
          yield* tell(replica)
          assert.match(replica.process.log(), /^\d+:S .* \* Ready to accept connections/m)
          return lines
        }))
      assert.deepStrictEqual(told[0], told[1])
    }))

  it.live("of a master of old, that knows only SYNC, has its data", () =>
    Effect.gen(function*() {
      const replica = yield* start("ours")
      yield* ask(replica.client, "SET", "k", "old")
      yield* ask(replica.client, "SAVE")
      const rdb = readFileSync(join(replica.process.directory, "dump.rdb"))
      yield* ask(replica.client, "FLUSHALL")
      const master = yield* FakeMaster.listen({
        psync: (socket) => socket.write("-ERR unknown command 'PSYNC'\r\n"),
        sync: (socket) => {
          socket.write(`$${rdb.length}\r\n`)
          socket.write(rdb)
          socket.write(encode(["APPEND", "k", " and new"]))
        }
      })
      yield* ask(replica.client, "REPLICAOF", "127.0.0.1", String(master.port))
      yield* untilLinked(replica)
      yield* until("the stream", Effect.map(ask(replica.client, "GET", "k"), (value) => value === "old and new"))
    }))

  it.live("begins where it was when its link is killed", () =>
    Effect.gen(function*() {
      const [master, replica] = yield* pair("ours", "ours")
      yield* ask(master.client, "SET", "k", "v")
      yield* untilSame(master, replica)
      assert.strictEqual(yield* ask(replica.client, "CLIENT", "KILL", "TYPE", "master"), "1")
      yield* logs(replica, "The link was closed by a client")
      yield* untilSame(master, replica)
      assert.strictEqual(yield* field(master.client, "sync_full"), "1")
      assert.strictEqual(yield* field(master.client, "sync_partial_ok"), "1")
    }))

  it.live("holds its master's stream back during CLIENT PAUSE", () =>
    Effect.gen(function*() {
      for (const kind of kinds) {
        const [master, replica] = yield* pair("ours", kind)
        yield* ask(replica.client, "CLIENT", "PAUSE", "100000", "WRITE")
        yield* ask(master.client, "SET", "k", "v")
        const offset = yield* field(master.client, "master_repl_offset")
        yield* is(replica, "slave_read_repl_offset", offset)
        assert.strictEqual(yield* ask(replica.client, "GET", "k"), "", kind)
        yield* ask(replica.client, "CLIENT", "UNPAUSE")
        yield* untilSame(master, replica)
        assert.strictEqual(yield* ask(replica.client, "GET", "k"), "v")
      }
    }))

  it.live("serves who waits for what a new copy brings", () =>
    Effect.gen(function*() {
      const [master, replica] = yield* pair("ours", "ours")
      const reader = yield* connect(replica.process.port)
      reader.send("XREAD", "BLOCK", 0, "STREAMS", "s", "0")
      yield* is(replica, "blocked_clients", "1")
      yield* ask(master.client, "DEBUG", "CHANGE-REPL-ID")
      yield* ask(master.client, "MULTI")
      yield* ask(master.client, "CLIENT", "KILL", "TYPE", "replica")
      yield* ask(master.client, "XADD", "s", "1-1", "f", "v")
      yield* ask(master.client, "EXEC")
      const [reply] = yield* reader.take(1)
      assert.match(reply === undefined ? "" : render(reply.value), /"1-1"/)
      assert.strictEqual(yield* field(master.client, "sync_full"), "2")
    }))

  it.live("that fails to apply a write begins anew, if propagation-error-behavior says so", () =>
    Effect.gen(function*() {
      const [master, replica] = yield* pair("redis", "ours")
      yield* ask(replica.client, "CONFIG", "SET", "replica-read-only", "no")
      yield* ask(replica.client, "SET", "k", "text")
      yield* ask(replica.client, "CONFIG", "SET", "replica-read-only", "yes")
      yield* ask(master.client, "LPUSH", "k", "element")
      yield* logs(replica, "== CRITICAL == This replica is sending an error to its master: 'WRONGTYPE")
      assert.strictEqual(yield* ask(replica.client, "GET", "k"), "text")
      yield* ask(replica.client, "CONFIG", "SET", "propagation-error-behavior", "panic-on-replicas")
      yield* ask(master.client, "LPUSH", "k", "element")
      yield* untilSame(master, replica)
      assert.strictEqual(yield* field(master.client, "sync_full"), "2")
    }))

  it.live("that cannot store its data stops following, unless replica-ignore-disk-write-errors says otherwise", () =>
    Effect.gen(function*() {
      const [master, replica] = yield* pair("ours", "ours")
      yield* ask(replica.client, "CONFIG", "SET", "save", "3600 1")
      // No file can take the place of a folder
      const file = join(replica.process.directory, "dump.rdb")
      rmSync(file, { force: true })
      mkdirSync(file)
      yield* ask(replica.client, "BGSAVE")
      yield* is(replica, "rdb_last_bgsave_status", "err")
      yield* ask(master.client, "SET", "k", "v")
      yield* logs(replica, "Replica was unable to write command to disk.")
      assert.strictEqual(yield* ask(replica.client, "GET", "k"), "")
      yield* ask(replica.client, "CONFIG", "SET", "replica-ignore-disk-write-errors", "yes")
      yield* untilSame(master, replica)
      yield* logs(replica, "Replica is applying a command even though it is unable to write to disk.")
      assert.strictEqual(yield* field(master.client, "sync_full"), "1")
      yield* load(master, 50, 31)
      yield* untilSame(master, replica)
    }))
})

/** Without what is a server's own: ports, ids, ages. */
const anonymous = (line: string): string =>
  line.replace(/[0-9a-f]{40}/, (id) => /^0+$/.test(id) ? "none" : "<id>").replace(/port[=:]\d{4,}/, "<port>")
    .replace(/"\d{4,}"|\(integer\) \d{4,}/, "<port>").replace(/(lag=|ago:|seconds:)-?\d+/, "$1<age>")
