/**
 * Peers that do what no master and no replica does. Each ends in a line of the log and another try, nothing of the data
 * at hand is lost, and memory stays bounded.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readFileSync } from "node:fs"
import { connect as netConnect } from "node:net"
import type { Socket } from "node:net"
import { join } from "node:path"
import { residentMemory } from "../bench/Machine.ts"
import * as FakeMaster from "../support/FakeMaster.ts"
import { encode } from "../support/RawClient.ts"
import { ask, field, load, type Server, start, startReplica, until, untilLinked, untilSame } from "./Replicated.ts"

const MEGABYTE = 2 ** 20

/** A snapshot as a master sends it. */
const snapshotOf = (server: Server) =>
  Effect.gen(function*() {
    yield* load(server, 300, 21)
    // Some of these are about to expire
    yield* ask(server.client, "DEL", ...Array.from({ length: 8 }, (_, i) => `s:${i}`))
    yield* ask(server.client, "SAVE")
    return readFileSync(join(server.process.directory, "dump.rdb"))
  })

describe("a replica whose master", () => {
  it.live("misbehaves says why, keeps its data, and tries again", () =>
    Effect.gen(function*() {
      const replica = yield* start("ours", "--repl-timeout", "1")
      const rdb = yield* snapshotOf(replica)
      yield* ask(replica.client, "SET", "later", "than the snapshot")
      const digest = yield* ask(replica.client, "DEBUG", "DIGEST")
      const noise = Buffer.alloc(3 * MEGABYTE, "\u00a7 noise")
      const announced = (length: number) => `${FakeMaster.fullResync}$${length}\r\n`
      const marked = (mark: string) => `${FakeMaster.fullResync}$EOF:${mark}\r\n`
      const mark = "0123456789".repeat(4)
      /** Sends and, unless told otherwise, goes. */
      const says = (stays: boolean, ...pieces: ReadonlyArray<string | Uint8Array>) => (socket: Socket): void => {
        for (const piece of pieces) socket.write(piece)
        if (!stays) socket.end()
      }
      const faults: ReadonlyArray<readonly [FakeMaster.Script, RegExp]> = [
        [{ ping: says(true, "HTTP/1.1 400 Bad Request\r\n\r\n") }, /Error reply to PING from master: 'HTTP/],
        [{ ping: says(true, noise) }, /sends no lines/],
        [{ ping: says(false) }, /the master closed the connection/],
        [{ ping: says(true) }, /Timeout connecting to the MASTER/],
        [{ psync: says(true, "+WHATEVER\r\n", "-ERR no SYNC either\r\n") }, /Unexpected reply to PSYNC from master/],
        [{ psync: says(true, "-LOADING not yet\r\n") }, /currently unable to PSYNC/],
        [{ psync: says(true) }, /Timeout connecting to the MASTER/],
        [{ psync: says(true, FakeMaster.fullResync) }, /Timeout connecting to the MASTER/],
        [{ psync: says(true, FakeMaster.fullResync, "-ERR no snapshot today\r\n") }, /MASTER aborted replication/],
        [{ psync: says(true, FakeMaster.fullResync, noise) }, /sends no lines/],
        [{ psync: says(true, FakeMaster.fullResync, "$-7\r\n") }, /Bad protocol from MASTER/],
        [{ psync: says(true, announced(noise.length), noise) }, /Wrong signature/],
        [
          { psync: says(false, announced(rdb.length), rdb.subarray(0, rdb.length / 2)) },
          /master closed the connection/
        ],
        [{ psync: says(true, announced(rdb.length), rdb.subarray(0, rdb.length / 2)) }, /Timeout connecting/],
        [{ psync: says(true, announced(rdb.length - 20), rdb) }, /Failed trying to load the MASTER synchronization DB/],
        [{ psync: says(false, marked(mark), rdb) }, /master closed the connection/],
        [{ psync: says(true, marked(mark), rdb.subarray(0, 2000), mark) }, /Failed trying to load/],
        [{ psync: says(true, announced(9e14)) }, /Timeout connecting/]
      ]
      for (const [script, reason] of faults) {
        const master = yield* FakeMaster.listen(script)
        const from = replica.process.log().length
        yield* ask(replica.client, "REPLICAOF", "127.0.0.1", String(master.port))
        const log = () => replica.process.log().slice(from)
        yield* until(
          `a second try after ${reason}`,
          Effect.sync(() => master.connections() > 1 && reason.test(log()))
        ).pipe(Effect.tapDefect(() => Effect.sync(() => process.stderr.write(log()))))
        assert.include(log(), "Connection with master lost")
        assert.strictEqual(yield* ask(replica.client, "DEBUG", "DIGEST"), digest, String(reason))
      }
      const real = yield* start("ours")
      yield* load(real, 100, 22)
      yield* ask(replica.client, "REPLICAOF", "127.0.0.1", String(real.process.port))
      yield* untilLinked(replica)
      yield* untilSame(real, replica)
    }))

  it.live("sends a stream that is none begins anew", () =>
    Effect.gen(function*() {
      const replica = yield* start("ours", "--repl-timeout", "1")
      const rdb = yield* snapshotOf(replica)
      const before = residentMemory(replica.process.pid)
      const streams: ReadonlyArray<readonly [string | Uint8Array, RegExp]> = [
        ["GARBAGE without end ".repeat(100_000), /Protocol error from the master/],
        // Short by the line's end
        ["\n$3\r\nSET", /Protocol error from the master/],
        ["*1\r\n$-5\r\n", /Protocol error from the master/],
        ["*2147483647\r\n$2147483647\r\n", /MASTER timeout/],
        ["", /MASTER timeout/],
        [encode(["NOSUCH", "command"]), /== CRITICAL == This replica is sending an error to its master/]
      ]
      for (const [stream, reason] of streams) {
        const master = yield* FakeMaster.listen({
          psync: (socket) => {
            socket.write(`${FakeMaster.fullResync}$${rdb.length}\r\n`)
            socket.write(rdb)
            socket.write(stream)
          }
        })
        const from = replica.process.log().length
        yield* ask(replica.client, "REPLICAOF", "127.0.0.1", String(master.port))
        const log = () => replica.process.log().slice(from)
        yield* until(
          `a second try after ${reason}`,
          Effect.sync(() => master.connections() > 1 && reason.test(log()))
        ).pipe(Effect.tapDefect(() => Effect.sync(() => process.stderr.write(log()))))
      }
      assert.isBelow(residentMemory(replica.process.pid) - before, 100 * MEGABYTE)
    }))
})

describe("a master whose replica", () => {
  /** Asks for everything, and reads it or not. */
  const badReplica = (master: Server, reads: boolean) =>
    Effect.acquireRelease(
      Effect.callback<Socket>((resume) => {
        const socket = netConnect(master.process.port, "127.0.0.1", () => {
          socket.write(Buffer.concat([
            encode(["REPLCONF", "listening-port", "7"]),
            encode(["REPLCONF", "capa", "eof", "capa", "psync2"]),
            encode(["PSYNC", "?", "-1"])
          ]))
          if (reads) socket.resume()
          else socket.pause()
          resume(Effect.succeed(socket))
        })
        socket.on("error", () => {})
      }),
      (socket) => Effect.sync(() => socket.destroy())
    )

  it.live("acknowledges what was never written loses it", () =>
    Effect.gen(function*() {
      const master = yield* start("ours")
      const socket = yield* badReplica(master, true)
      yield* until("its being online", Effect.map(field(master.client, "slave0"), (line) => line.includes("online")))
      socket.write(encode(["REPLCONF", "ACK", "999999999999"]))
      yield* until("its end", Effect.sync(() => socket.closed))
      assert.include(master.process.log(), "acknowledges offset 999999999999, beyond ours")
      // It counts for nothing
      assert.strictEqual(yield* ask(master.client, "WAIT", "1", "1"), "0")
      const again = yield* startReplica("ours", master.process.port)
      yield* untilSame(master, again)
    }))

  it.live("asks for answers loses it: they would be taken for the stream", () =>
    Effect.gen(function*() {
      const master = yield* start("ours")
      const socket = yield* badReplica(master, true)
      yield* until("its being online", Effect.map(field(master.client, "slave0"), (line) => line.includes("online")))
      socket.write(encode(["REPLCONF", "ACK", "no number"]))
      socket.write(encode(["PING"]))
      yield* until("its end", Effect.sync(() => socket.closed))
      assert.include(master.process.log(), "Replica generated a reply to command 'ping', disconnecting it")
    }))

  it.live("never reads loses it at its output limit or by repl-timeout, and nobody else waits for it", () =>
    Effect.gen(function*() {
      const master = yield* start(
        "ours",
        "--client-output-buffer-limit",
        "replica 8mb 0 0",
        "--repl-timeout",
        "2",
        "--repl-diskless-sync-delay",
        "1"
      )
      const value = "x".repeat(100_000)
      // More than the kernel takes for the peer
      for (let i = 0; i < 200; i++) yield* ask(master.client, "SET", `big:${i}`, value)
      const before = residentMemory(master.process.pid)
      // It shares a snapshot with one that behaves
      const [stuck, good] = [yield* badReplica(master, false), yield* startReplica("ours", master.process.port)]
      yield* until(
        "its end by time",
        Effect.sync(() => master.process.log().includes("Disconnecting timedout replica"))
      )
      yield* untilLinked(good)
      yield* untilSame(master, good)
      assert.isTrue(stuck.destroy().destroyed)

      const late = yield* badReplica(master, true)
      yield* until("its being online", Effect.map(field(master.client, "slave1"), (line) => line.includes("online")))
      late.pause()
      late.write(encode(["REPLCONF", "ACK", "0"]))
      for (let i = 0; i < 300; i++) yield* ask(master.client, "SET", `big:${i % 10}`, value)
      yield* until("its end by its limit", Effect.sync(() => master.process.log().includes("output buffer limits")))
      yield* until("one replica", Effect.map(field(master.client, "connected_slaves"), (count) => count === "1"))
      yield* untilSame(master, good)
      assert.isBelow(residentMemory(master.process.pid) - before, 100 * MEGABYTE)
    }))

  it.live("comes and goes all the time stays itself", () =>
    Effect.gen(function*() {
      const master = yield* start("ours")
      yield* load(master, 2000, 23)
      const before = residentMemory(master.process.pid)
      for (let i = 0; i < 300; i++) {
        yield* Effect.scoped(Effect.andThen(badReplica(master, i % 2 === 0), Effect.yieldNow))
      }
      yield* load(master, 500, 24)
      const good = yield* startReplica("redis", master.process.port)
      yield* untilLinked(good)
      yield* untilSame(master, good)
      assert.strictEqual(yield* field(master.client, "connected_slaves"), "1")
      assert.include(master.process.log(), "Connection with replica")
      assert.isBelow(residentMemory(master.process.pid) - before, 100 * MEGABYTE)
    }))
})
