/**
 * What replicas cost: a master's CPU for writes while one replica follows it, and how long a replica takes to get a
 * million keys while a second client of the master is watched. The replica is a redis-server for both masters, or of the
 * master's own kind.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ConnectionError } from "../support/RawClient.ts"
import { connect } from "../support/RawClient.ts"
import type { ServerError } from "../support/ServerProcess.ts"
import { redisCommand, start } from "../support/ServerProcess.ts"
import * as Load from "./Load.ts"
import * as Measure from "./Measure.ts"
import type { Contestant, Running } from "./Measure.ts"
import { keys, sets } from "./Workloads.ts"
import type { Workload } from "./Workloads.ts"

type Failure = ServerError | ConnectionError | Load.LoadError

const LOOK_MILLIS = 10

/** A server that may become a replica, on the core that is not its master's. */
const startReplica = (command: ReadonlyArray<string>) => start(["taskset", "-c", Load.clientCore, ...command])

/** Makes a server a replica; it has the master's data when this is done. */
const attach = (replica: number, master: number): Effect.Effect<void, ConnectionError> =>
  Effect.scoped(Effect.gen(function*() {
    const client = yield* connect(replica)
    yield* client.command("REPLICAOF", "127.0.0.1", master)
    while (true) {
      const { value } = yield* client.command("INFO", "replication")
      if (value._tag === "Bulk" && Buffer.from(value.bytes).includes("master_link_status:up")) return
      yield* Effect.sleep(LOOK_MILLIS)
    }
  }))

const detach = (replica: number): Effect.Effect<void, ConnectionError> =>
  Effect.scoped(Effect.gen(function*() {
    const client = yield* connect(replica)
    client.send("SHUTDOWN", "NOSAVE")
    while (!client.closed) yield* Effect.sleep(LOOK_MILLIS)
  }))

const launchMaster = (contestant: Contestant): Effect.Effect<Running, ServerError, Scope.Scope> =>
  Measure.launch(contestant, ["--repl-diskless-sync-delay", "0"])

export const feedWorkload: Workload = {
  name: "SET with a replica",
  command: ["SET", "key:__rand_int__", "xxxxxxxx"],
  clients: 50,
  pipeline: 16,
  requests: 1_000_000,
  keyspace: keys
}

/** The figures of two masters that each feed one redis-server. */
export const feed = (
  contestants: readonly [Contestant, Contestant],
  rounds: number,
  scale: number
): Effect.Effect<readonly [Measure.Figures, Measure.Figures] | undefined, Failure> =>
  Effect.scoped(Effect.gen(function*() {
    const masters = [yield* launchMaster(contestants[0]), yield* launchMaster(contestants[1])] as const
    for (const { server } of masters) yield* attach((yield* startReplica(redisCommand)).port, server.port)
    return yield* Measure.workload(masters, feedWorkload, rounds, scale)
  }))

export interface Resync {
  /** Milliseconds from REPLICAOF to a link that is up. */
  readonly millis: number
  /** Milliseconds that a second client of the master waited at most meanwhile, in the middle of the rounds. */
  readonly longestWait: number
}

/** The median time of so many full copies, each to a new replica, and the median of the longest waits in them. */
export const resync = (
  contestant: Contestant,
  replica: ReadonlyArray<string>,
  rounds: number,
  scale: number
): Effect.Effect<Resync, Failure> =>
  Effect.scoped(Effect.gen(function*() {
    const { server } = yield* launchMaster(contestant)
    yield* Load.fill(server.port, sets("key:", keys * scale, "xxxxxxxx"))
    const times: Array<number> = []
    const waits: Array<number> = []
    for (let round = 0; round < rounds; round++) {
      const { port } = yield* startReplica(replica)
      const timed = Effect.gen(function*() {
        const before = performance.now()
        yield* attach(port, server.port)
        times.push(performance.now() - before)
      })
      waits.push(yield* Measure.watched(server.port, timed))
      yield* detach(port)
    }
    return { millis: Measure.median(times), longestWait: Measure.median(waits) }
  }))
