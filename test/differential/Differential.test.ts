import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FaultyProxy from "../support/FaultyProxy.ts"
import type { Mistakes } from "../support/FaultyProxy.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { ourCommand, redisCommand, startRedis } from "../support/ServerProcess.ts"
import * as Campaign from "./Campaign.ts"
import { Lane } from "./Lane.ts"
import type { Target } from "./Lane.ts"
import * as Report from "./Report.ts"
import { serverArgs } from "./Settings.ts"
import { print } from "./Step.ts"
import * as Streams from "./Streams.ts"

const args = [...serverArgs, ...Streams.serverArgs]
const redis: Target = { _tag: "Command", command: redisCommand, args }

const lane = (name: string, target: Target) =>
  Effect.acquireRelease(Effect.sync(() => new Lane(name, target)), (lane) => lane.stop)

const compare = (candidate: Target, options: Partial<Campaign.Options>) =>
  Effect.gen(function*() {
    const lanes = { reference: yield* lane("redis-server", redis), candidate: yield* lane("the other", candidate) }
    return yield* Campaign.run(lanes, {
      seed: 1,
      steps: 3000,
      interleavedSteps: 0,
      groups: [],
      commands: [],
      most: 1,
      ...options
    })
  })

/** A redis-server that makes a mistake. */
const mistaken = (mistakes: Mistakes) =>
  Effect.gen(function*() {
    const server = yield* startRedis({ args: serverArgs })
    const target: Target = { _tag: "Port", port: yield* FaultyProxy.listen(server.port, mistakes) }
    return target
  })

const is = (args: ReadonlyArray<string>, ...words: ReadonlyArray<string>) =>
  words.every((word, at) => args[at]?.toUpperCase() === word)

const ours: Target = { _tag: "Command", command: ourCommand, args }

/** Groups that are complete. With the last one this goes, and everything takes part. */
const groups = [
  "string",
  "bitmap",
  "generic",
  "hyperloglog",
  "stream",
  "transactions",
  "connection",
  "server",
  "pubsub",
  "hash",
  "set",
  "list",
  "sorted-set",
  "geo"
]

describeWithRedis("this server", () => {
  // Fixed, so that a run says something of the change that it tests; run.ts plays as many others as one likes
  it.live.each([1, 2])(
    "answers as redis-server does, and tells replicas the same, seed %i",
    (seed) =>
      Effect.gen(function*() {
        const outcome = yield* compare(ours, {
          seed,
          steps: 6000,
          interleavedSteps: 250,
          groups,
          most: 3,
          streams: true
        })
        assert.deepStrictEqual(outcome.findings.map(Report.finding), [], `seed ${seed}`)
        assert.isAtLeast(outcome.steps, 6000)
      })
  )
})

describeWithRedis("the differential tester", () => {
  it.live("finds no difference between redis-server and redis-server", () =>
    Effect.gen(function*() {
      const seed = 3
      const outcome = yield* compare(redis, { seed, steps: 15_000, interleavedSteps: 1000 })
      assert.deepStrictEqual(outcome.findings.map(Report.finding), [], `seed ${seed}`)
      assert.isAtLeast(outcome.steps, 15_000)
    }))

  it.live("finds a wrong reply and cuts the sequence down to it", () =>
    Effect.gen(function*() {
      const candidate = yield* mistaken({
        reply: (raw, args) => is(args, "STRLEN") ? raw.replace(/^:1\r\n/, ":2\r\n") : raw
      })
      const { findings } = yield* compare(candidate, { groups: ["string"] })
      const [finding] = findings
      assert.strictEqual(finding?.difference.command, "STRLEN")
      assert.isTrue(finding?.reproducible)
      // A command that makes a value of one byte, and the one that measures it.
      assert.strictEqual(finding?.steps.length, 2, finding === undefined ? "" : Report.finding(finding))
      assert.match(finding?.steps.map(print).at(-1) ?? "", /^0> strlen \w\d$/i)
    }))

  it.live("finds a wrong state behind a right reply", () =>
    Effect.gen(function*() {
      const candidate = yield* mistaken({
        request: (args) => is(args, "PERSIST") ? ["TTL", args[1] ?? ""] : args,
        reply: (raw, args) =>
          is(args, "PERSIST") ? raw.replace(/^:(-1|-2)\r\n/, ":0\r\n").replace(/^:\d{2,}\r\n/, ":1\r\n") : raw
      })
      const { findings } = yield* compare(candidate, { groups: ["string", "generic"], steps: 15_000 })
      const [finding] = findings
      assert.isTrue(finding?.reproducible)
      assert.isAtMost(finding?.steps.length ?? 99, 8, finding === undefined ? "" : Report.finding(finding))
    }))

  it.live("finds what replicas are told otherwise", () =>
    Effect.gen(function*() {
      const candidate: Target = { ...redis, args: [...args, "--lazyfree-lazy-expire", "yes"] }
      const { findings } = yield* compare(candidate, { groups: ["string", "generic"], streams: true })
      const [finding] = findings
      assert.strictEqual(finding?.difference.reason, "what replicas are told differs")
      assert.include(finding?.difference.reference, "DEL")
      assert.include(finding?.difference.candidate, "UNLINK")
      assert.isAtMost(finding?.steps.length ?? 99, 4, finding === undefined ? "" : Report.finding(finding))
    }))

  it.live("finds what goes wrong in a transaction and between connections", () =>
    Effect.gen(function*() {
      const candidate = yield* mistaken({
        request: (args) => is(args, "WATCH") ? ["TOUCH", ...args.slice(1)] : args,
        reply: (raw, args) =>
          is(args, "WATCH")
            ? raw.replace(/^:\d+\r\n/, "+OK\r\n").replace("'touch'", "'watch'").replace(
              "+QUEUED",
              "-ERR WATCH inside MULTI is not allowed"
            )
            : raw
      })
      const { findings } = yield* compare(candidate, {
        commands: ["WATCH", "MULTI", "EXEC", "SET", "DISCARD", "UNWATCH"],
        steps: 0,
        interleavedSteps: 5000
      })
      const [finding] = findings
      assert.strictEqual(finding?.difference.command, "EXEC")
      // WATCH, a write, MULTI, a command, EXEC; and HELLO, where the null was RESP3's
      assert.isAtMost(finding?.steps.length ?? 99, 6, finding === undefined ? "" : Report.finding(finding))
    }))
})
