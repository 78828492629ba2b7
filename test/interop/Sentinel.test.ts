/**
 * Real Sentinels over our servers, and over mixed sets: the master is killed or stopped under a client that writes all
 * the time, and comes back. `SENTINEL_RUNS=10` plays each of them ten times.
 */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Redis } from "ioredis"
import * as Failover from "../support/Failover.ts"
import { describeWithRedis } from "../support/Oracle.ts"
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
      commandTimeout: 3000
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
      if (set?.[0] === null && set[1] === "OK") this.written++
      if (set?.[1] === "OK" && wait?.[1] === 2) this.confirmed.push(key)
    }
  }

  async stop(): Promise<void> {
    this.stopped = true
    await this.done
    this.redis.disconnect()
  }
}

type Fault = "kill -9" | "SIGSTOP and SIGCONT"

const play = (commands: Parameters<typeof Failover.start>[0], fault: Fault) =>
  Effect.gen(function*() {
    const { agreed, master, members, sentinels } = yield* Failover.start(commands)
    const writer = yield* Effect.acquireRelease(
      Effect.sync(() => new Writer(sentinels)),
      (writer) => Effect.promise(() => writer.stop())
    )
    yield* Failover.until(Effect.sync(() => writer.confirmed.length >= 20))

    if (fault === "kill -9") yield* master.kill
    else master.signal("SIGSTOP")
    const others = members.filter((member) => member !== master)
    yield* Failover.until(Effect.map(agreed, (port) => others.some((other) => other.port === port)))
    const { written } = writer
    yield* Failover.until(Effect.sync(() => writer.written > written + 20))

    if (fault === "kill -9") yield* master.start()
    else master.signal("SIGCONT")
    yield* Failover.until(Effect.map(master.info("role"), (role) => role === "slave"))
    const confirmed = writer.confirmed.length
    yield* Failover.until(Effect.sync(() => writer.confirmed.length >= confirmed + 20))
    yield* Effect.promise(() => writer.stop())

    const offsets = Effect.forEach(members, (member) => member.info("master_repl_offset"))
    yield* Failover.until(Effect.map(offsets, (all) => new Set(all).size === 1))
    const digests = yield* Effect.forEach(members, (member) => member.ask("DEBUG", "DIGEST"))
    assert.strictEqual(new Set(digests).size, 1, digests.join(" "))
    const roles = yield* Effect.forEach(members, (member) => member.info("role"))
    assert.deepStrictEqual(roles.toSorted(), ["master", "slave", "slave"])
    assert.strictEqual(yield* master.ask("EXISTS", ...writer.confirmed), writer.confirmed.length)
  })

describeWithRedis("three Sentinels", () => {
  const cases: ReadonlyArray<readonly [string, Parameters<typeof Failover.start>[0], Fault]> = [
    ["our three servers", [ourCommand, ourCommand, ourCommand], "kill -9"],
    ["our master and replica, and a redis-server", [ourCommand, ourCommand, redisCommand], "SIGSTOP and SIGCONT"],
    ["our three servers", [ourCommand, ourCommand, ourCommand], "SIGSTOP and SIGCONT"],
    ["a redis-server with our replicas", [redisCommand, ourCommand, ourCommand], "kill -9"]
  ]
  for (const [whom, commands, fault] of asked === undefined ? cases.slice(0, 2) : cases) {
    for (let run = 1; run <= runs; run++) {
      it.live(
        `bring ${whom} over a master's ${fault}${runs > 1 ? `, run ${run}` : ""}, and no confirmed write is lost`,
        () => play(commands, fault)
      )
    }
  }
})
