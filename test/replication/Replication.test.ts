/**
 * Real processes, ours and redis-server's, as masters and replicas of each other. `REPLICATION_CUTS=50` cuts every link so
 * many times.
 */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as CuttingProxy from "../support/CuttingProxy.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { connect } from "../support/RawClient.ts"
import { temporaryDirectory } from "../support/ServerProcess.ts"
import {
  ask,
  field,
  type Kind,
  load,
  random,
  type Server,
  start,
  startReplica,
  until,
  untilLinked,
  untilSame
} from "./Replicated.ts"

const asked = process.env["REPLICATION_CUTS"]
const cutsOf = (usual: number): number => Number(asked ?? usual)

/** A proxy that cuts when it is told to: once at once, then so many connections, each after some bytes. */
const cuttingProxy = (server: Server) =>
  Effect.gen(function*() {
    const next = random(10)
    let wanted = 0
    let most = 0
    const proxy: CuttingProxy.CuttingProxy = yield* CuttingProxy.listen(
      server.process.port,
      () => proxy.cuts() < wanted ? next(most) : undefined
    )
    return {
      port: proxy.port,
      cut: (times: number, bytes = 20_000) => {
        wanted = proxy.cuts() + times
        most = bytes
        proxy.cutAll()
      },
      done: () => proxy.cuts() >= wanted
    }
  })

describeWithRedis("a replica", () => {
  const pairs: ReadonlyArray<readonly [Kind, Kind]> = [["ours", "ours"], ["redis", "ours"], ["ours", "redis"]]

  it.live.each(pairs)("has what its master has: %s to %s", ([first, second]) =>
    Effect.gen(function*() {
      const master = yield* start(first)
      yield* load(master, 1000, 1)
      const writing = yield* Effect.forkChild(load(master, 4000, 2))
      const replica = yield* startReplica(second, master.process.port)
      yield* untilLinked(replica)
      yield* Fiber.join(writing)
      yield* load(master, 1000, 3)
      yield* untilSame(master, replica)
      assert.include(yield* ask(replica.client, "SET", "k", "v"), "READONLY")
      assert.strictEqual(yield* field(master.client, "sync_full"), "1")
    }))

  const disk: ReadonlyArray<readonly [Kind, Kind]> = [["ours", "ours"], ["redis", "ours"], ["ours", "redis"]]
  it.live.each(disk)(
    "takes a snapshot by its length, into a file or at once: %s to %s",
    ([first, second]) =>
      Effect.gen(function*() {
        const master = yield* start(first, "--repl-diskless-sync", "no")
        yield* load(master, 1000, 4)
        const replica = yield* startReplica(second, master.process.port)
        const direct = yield* startReplica(second, master.process.port, "--repl-diskless-load", "swapdb")
        yield* untilLinked(replica)
        yield* untilLinked(direct)
        yield* load(master, 500, 5)
        yield* untilSame(master, replica)
        yield* untilSame(master, direct)
      })
  )

  const chains: ReadonlyArray<readonly [Kind, Kind, Kind]> = [["ours", "redis", "ours"], ["redis", "ours", "redis"]]
  it.live.each(chains)(
    "may have replicas of its own, and cut links cost nobody anything: %s to %s to %s",
    ([first, second, third]) =>
      Effect.gen(function*() {
        // The writes go on at any rate, however little of them each link lives to tell
        const backlog = ["--repl-backlog-size", "32mb"]
        const top = yield* start(first, ...backlog)
        yield* load(top, 300, 6)
        const upper = yield* cuttingProxy(top)
        const middle = yield* startReplica(second, upper.port, ...backlog)
        yield* untilLinked(middle)
        const writing = yield* Effect.forkChild(load(top, 1000, 7))
        const lower = yield* cuttingProxy(middle)
        const bottom = yield* startReplica(third, lower.port, ...backlog)
        yield* untilLinked(bottom)
        // redis-server may wait a second before it connects again
        upper.cut(cutsOf(second === "ours" ? 10 : 2))
        lower.cut(cutsOf(third === "ours" ? 10 : 2))
        yield* Fiber.join(writing)
        let seed = 700
        yield* until("those cuts", Effect.map(load(top, 100, seed++), () => upper.done() && lower.done()), 1500)
        yield* untilSame(top, middle)
        yield* untilSame(top, bottom)
        assert.strictEqual(yield* field(top.client, "sync_full"), "1")
        // The one in the middle becomes a master, and the others its replicas: nobody needs everything again
        yield* ask(middle.client, "REPLICAOF", "NO", "ONE")
        yield* ask(top.client, "REPLICAOF", "127.0.0.1", String(middle.process.port))
        yield* load(middle, 300, 8)
        yield* untilSame(middle, bottom)
        yield* untilSame(middle, top)
        assert.strictEqual(yield* field(middle.client, "sync_full"), "1")
        assert.isAtLeast(Number(yield* field(middle.client, "sync_partial_ok")), 2)
      })
  )

  const cut: ReadonlyArray<readonly [Kind, Kind, number]> = [
    ["ours", "ours", cutsOf(50)],
    ["redis", "ours", cutsOf(20)],
    ["ours", "redis", cutsOf(20)]
  ]
  it.live.each(cut)(
    "goes on where it was when its link is cut at any byte: %s to %s, %d times",
    ([first, second, times]) =>
      Effect.gen(function*() {
        const master = yield* start(first, "--repl-backlog-size", "32mb")
        yield* load(master, 200, 9)
        const proxy = yield* cuttingProxy(master)
        // Within the snapshot
        proxy.cut(2, 3000)
        const replica = yield* startReplica(second, proxy.port)
        yield* untilLinked(replica)
        const fullSyncs = yield* field(master.client, "sync_full")
        proxy.cut(times)
        let seed = 100
        yield* until("that many cuts", Effect.map(load(master, 200, seed++), proxy.done), 1500)
        yield* untilLinked(replica)
        yield* load(master, 200, seed)
        yield* untilSame(master, replica)
        assert.strictEqual(yield* field(master.client, "sync_full"), fullSyncs)
        assert.isAtLeast(Number(yield* field(master.client, "sync_partial_ok")), times / 2)
      })
  )

  it.live("goes on where it was after a restart, of its own or of its master", () =>
    Effect.gen(function*() {
      const [there, here] = [yield* temporaryDirectory, yield* temporaryDirectory]
      const master = yield* start("ours", "--dir", there)
      yield* load(master, 300, 11)
      const replica = yield* startReplica("ours", master.process.port, "--dir", here)
      yield* untilLinked(replica)
      yield* untilSame(master, replica)
      replica.client.send("SHUTDOWN", "SAVE")
      yield* replica.process.exit
      yield* load(master, 100, 12)
      const again = yield* startReplica("ours", master.process.port, "--dir", here)
      yield* untilLinked(again)
      yield* untilSame(master, again)
      assert.strictEqual(yield* field(master.client, "sync_full"), "1")

      master.client.send("SHUTDOWN", "SAVE")
      yield* master.process.exit
      const revived = yield* start("ours", "--dir", there)
      yield* load(revived, 100, 13)
      yield* ask(again.client, "REPLICAOF", "127.0.0.1", String(revived.process.port))
      yield* untilLinked(again)
      yield* untilSame(revived, again)
      assert.strictEqual(yield* field(revived.client, "sync_partial_ok"), "1")
    }))

  const failovers: ReadonlyArray<readonly [Kind, Kind]> = [["ours", "redis"], ["redis", "ours"], ["ours", "ours"]]
  it.live.each(failovers)(
    "takes its master's place by FAILOVER, and no write is lost: %s to %s",
    ([first, second]) =>
      Effect.gen(function*() {
        const master = yield* start(first)
        yield* load(master, 300, 14)
        const replica = yield* startReplica(second, master.process.port)
        yield* untilLinked(replica)
        yield* load(master, 300, 15)
        const writer = yield* connect(master.process.port)
        const answer = ask(
          master.client,
          "FAILOVER",
          "TO",
          "127.0.0.1",
          String(replica.process.port),
          "TIMEOUT",
          "20000"
        )
        assert.strictEqual(yield* answer, "OK")
        // Postponed, and refused by a server that is a replica when it goes on
        assert.include(yield* ask(writer, "SET", "late", "write"), "READONLY")
        yield* until("the new role", Effect.map(field(replica.client, "role"), (role) => role === "master"))
        yield* untilLinked(master)
        yield* load(replica, 300, 16)
        yield* untilSame(replica, master)
        assert.strictEqual(yield* field(replica.client, "sync_partial_ok"), "1")
      })
  )
})
