/**
 * Real Sentinels over our servers, and over mixed sets: the master is killed, stopped or cut off under a client that writes
 * all the time, and comes back. `SENTINEL_RUNS=10` plays every fault with every set ten times.
 */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Redis } from "ioredis"
import { setTimeout } from "node:timers/promises"
import * as Failover from "../support/Failover.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { connect } from "../support/RawClient.ts"
import { ourCommand, redisCommand } from "../support/ServerProcess.ts"

const asked = process.env["SENTINEL_RUNS"]
const runs = Number(asked ?? 1)

/** A client that follows the master and writes key after key, noting what both replicas have confirmed. */
class Writer {
  readonly confirmed: Array<string> = []
  written = 0
  private stopped = false
  private readonly redis: Redis
  private readonly done: Promise<void>

  constructor(sentinels: ReadonlyArray<number>) {
    this.redis = new Redis({
      sentinels: sentinels.map((port) => ({ host: "127.0.0.1", port })),
      name: Failover.name,
      sentinelRetryStrategy: () => 100,
      retryStrategy: () => 100,
      autoResendUnfulfilledCommands: false,
      // A stopped master never answers, nor does it end its connections
      failoverDetector: true,
      commandTimeout: 2000,
      disconnectTimeout: 100
    })
    this.redis.on("error", () => {})
    this.done = this.write()
  }

  private async write(): Promise<void> {
    for (let i = 0; !this.stopped; i++) {
      const key = `key:${i}`
      // What happens to a write that is not confirmed is open
      const replies = await this.redis.pipeline().set(key, i).wait(2, 1000).exec().catch(() => null)
      const [set, wait] = replies ?? []
      if (set?.[0] !== null) await this.calmDown()
      if (set?.[0] === null && set[1] === "OK") this.written++
      if (set?.[1] === "OK" && wait?.[1] === 2) this.confirmed.push(key)
    }
  }

  /** A client that has given up fails at once, for ever: it has to be told to connect, and not be asked in a tight loop. */
  private async calmDown(): Promise<void> {
    await setTimeout(20)
    if (this.redis.status === "end" && !this.stopped) await this.redis.connect().catch(() => {})
  }

  async stop(): Promise<void> {
    this.stopped = true
    await this.done
    this.redis.disconnect()
  }
}

type Fault = "kill -9" | "SIGSTOP and SIGCONT" | "cut off from all others"

const roles = (members: ReadonlyArray<Failover.Member>) => Effect.forEach(members, (member) => member.info("role"))

const play = (commands: Failover.Commands, fault: Fault, label: string) =>
  Effect.gen(function*() {
    const { agreed, master, members, sentinels } = yield* Failover.start(commands, {
      proxied: fault === "cut off from all others"
    })
    const others = members.filter((member) => member !== master)
    const writer = yield* Effect.acquireRelease(
      Effect.sync(() => new Writer(sentinels)),
      (writer) => Effect.promise(() => writer.stop())
    )
    yield* Failover.until(Effect.sync(() => writer.confirmed.length >= 20))

    // Somebody who still reaches the old master, and does not ask where the new one is
    const astray = yield* connect(master.port)
    const begin = Date.now()
    if (fault === "kill -9") yield* master.kill
    else if (fault === "cut off from all others") master.cutOff(true)
    else master.signal("SIGSTOP")
    const { written } = writer
    astray.send("SET", "divergent", "write")
    const accepts = (member: Failover.Member) =>
      Effect.map(member.ask("SET", "probe", "write"), (reply) => reply === "OK")
    yield* Failover.until(Effect.map(Effect.forEach(others, accepts), (accepted) => accepted.includes(true)))
    const tookOver = Date.now() - begin
    yield* Failover.until(Effect.sync(() => writer.written > written))
    if (asked !== undefined) {
      process.stderr.write(`${label}: ${tookOver} ms until there was a new master, and its client wrote `)
      process.stderr.write(`after ${Date.now() - begin} ms\n`)
      assert.isAtMost(tookOver, Failover.downAfter + Failover.failoverTimeout)
    }
    yield* Failover.until(Effect.map(agreed, (address) => others.some((other) => other.address === address)))

    if (fault === "kill -9") yield* master.start()
    else if (fault === "cut off from all others") {
      assert.strictEqual(yield* master.ask("EXISTS", "divergent"), 1)
      master.cutOff(false)
    } else master.signal("SIGCONT")
    yield* Failover.until(Effect.map(master.info("role"), (role) => role === "slave"))
    const confirmed = writer.confirmed.length
    yield* Failover.until(Effect.sync(() => writer.confirmed.length >= confirmed + 20))
    yield* Effect.promise(() => writer.stop())

    const offsets = Effect.forEach(members, (member) => member.info("master_repl_offset"))
    yield* Failover.until(Effect.map(offsets, (all) => new Set(all).size === 1))
    const digests = yield* Effect.forEach(members, (member) => member.ask("DEBUG", "DIGEST"))
    assert.strictEqual(new Set(digests).size, 1, digests.join(" "))
    assert.deepStrictEqual((yield* roles(members)).toSorted(), ["master", "slave", "slave"])
    assert.strictEqual(yield* master.ask("EXISTS", "divergent"), 0)
    const kept = yield* master.ask("EXISTS", ...writer.confirmed)
    if (asked !== undefined) {
      process.stderr.write(`${label}: ${kept} of ${writer.confirmed.length} confirmed writes kept, `)
      process.stderr.write(`digests ${digests.join(" ")}\n`)
    }
    assert.strictEqual(kept, writer.confirmed.length)
  })

describeWithRedis("three Sentinels", () => {
  const sets: ReadonlyArray<readonly [string, Failover.Commands]> = [
    ["our three servers", [ourCommand, ourCommand, ourCommand]],
    ["our master and replica, and a redis-server", [ourCommand, ourCommand, redisCommand]],
    ["a redis-server and its replica, and ours", [redisCommand, redisCommand, ourCommand]],
    ["a redis-server with our replicas", [redisCommand, ourCommand, ourCommand]]
  ]
  const faults: ReadonlyArray<Fault> = ["kill -9", "SIGSTOP and SIGCONT", "cut off from all others"]
  // Half a minute each: with every run of the suite each fault comes once
  const cases = asked === undefined
    ? faults.map((fault, at) => [...sets[at % sets.length] as (typeof sets)[number], fault] as const) // not empty
    : sets.flatMap(([whom, commands]) => faults.map((fault) => [whom, commands, fault] as const))
  for (const [whom, commands, fault] of cases) {
    for (let run = 1; run <= runs; run++) {
      const label = `${whom}, the master ${fault}${runs > 1 ? `, run ${run}` : ""}`
      it.live(
        `find a new master for ${label}, and no confirmed write is lost`,
        () => play(commands, fault, label)
      )
    }
  }
})
