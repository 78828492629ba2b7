/**
 * Masters and replicas: what replicas say to their master (PSYNC, SYNC, REPLCONF), what operators say to either
 * (REPLICAOF, ROLE) (https://redis.io/docs/management/replication).
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as ClientInfo from "../command/ClientInfo.ts"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { block, integer, oneOf, optional, string, token } from "../command/Spec.ts"
import { Stats } from "../command/Stats.ts"
import * as Integers from "../memory/Integers.ts"
import { Failover, type FailoverOptions } from "../replication/Failover.ts"
import { FullSync } from "../replication/FullSync.ts"
import { MasterLink } from "../replication/MasterLink.ts"
import type { Filter, Replica } from "../replication/Replica.ts"
import { Replicas } from "../replication/Replicas.ts"
import { ReplicationId } from "../replication/ReplicationId.ts"
import { Role } from "../replication/Role.ts"
import * as Reply from "../resp/Reply.ts"
import * as Spans from "../Spans.ts"

const toMaster = ["admin", "noscript", "no_async_loading", "no_multi"] as const
const masterArguments = [
  oneOf("args", [
    block("host-port", [string("host"), integer("port")]),
    block("no-one", [token("NO"), token("ONE")])
  ])
]

const masterRole = Returns.tuple("MasterRole", {
  role: Returns.word("master"),
  offset: Returns.integer,
  replicas: Returns.list(
    Returns.tuple("AttachedReplica", { host: Returns.text, port: Returns.integer, offset: Returns.integer })
  )
})
const replicaRole = Returns.tuple("ReplicaRole", {
  role: Returns.word("slave"),
  host: Returns.text,
  port: Returns.integer,
  state: Returns.text,
  offset: Returns.integer
})

const Psync = Command.make("PSYNC", {
  summary: "Asks a master for the stream from an offset on; for replicas.",
  since: "2.8.0",
  group: "server",
  arity: -3,
  flags: toMaster,
  arguments: [string("replicationid"), integer("offset")]
})

const Sync = Command.make("SYNC", {
  summary: "Asks a master for all data and the stream behind it; for replicas of old.",
  since: "1.0.0",
  group: "server",
  arity: 1,
  flags: toMaster
})

const ReplConf = Command.make("REPLCONF", {
  summary: "Tells a master about its replica, or asks the replica how far it is.",
  since: "3.0.0",
  group: "server",
  complexity: "O(1)",
  arity: -1,
  flags: ["admin", "noscript", "loading", "stale", "allow_busy"],
  system: true
})

const ReplicaOf = Command.make("REPLICAOF", {
  summary: "Makes the server a copy of another one, or a master again.",
  returns: Returns.text,
  since: "5.0.0",
  group: "server",
  complexity: "O(1)",
  arity: 3,
  flags: ["admin", "noscript", "stale", "no_async_loading"],
  arguments: masterArguments
})

const SlaveOf = Command.make("SLAVEOF", {
  summary: "Makes the server a copy of another one, or a master again.",
  returns: Returns.text,
  since: "1.0.0",
  group: "server",
  complexity: "O(1)",
  arity: 3,
  flags: ["admin", "noscript", "stale", "no_async_loading"],
  deprecatedSince: "5.0.0",
  replacedBy: "`REPLICAOF`",
  arguments: masterArguments
})

const RoleCommand = Command.make("ROLE", {
  summary: "Tells whether the server is a master or a replica, and of whom.",
  returns: Returns.variants(masterRole, replicaRole),
  since: "2.8.12",
  group: "server",
  complexity: "O(1)",
  arity: 1,
  flags: ["noscript", "loading", "stale", "fast"],
  categories: ["admin", "dangerous"]
})

const FailoverCommand = Command.make("FAILOVER", {
  summary: "Hands the master's place over to a replica.",
  returns: Returns.done,
  since: "6.2.0",
  group: "server",
  complexity: "O(1)",
  arity: -1,
  flags: ["admin", "noscript", "stale"],
  arguments: [
    block("target", [string("host"), integer("port"), token("FORCE", optional)], { ...optional, token: "TO" }),
    token("ABORT", optional),
    integer("milliseconds", { ...optional, token: "TIMEOUT" })
  ]
})

export const group = Command.group(FailoverCommand, Psync, Sync, ReplConf, ReplicaOf, SlaveOf, RoleCommand)

const pendingOutput = CommandError.make("ERR SYNC and PSYNC are invalid with pending output")
const noLink = CommandError.make("NOMASTERLINK Can't SYNC while not connected with my master")
const failingOver = CommandError.make("NOMASTERLINK Can't SYNC while failing over")
const takeoverOfMaster = CommandError.make("ERR PSYNC FAILOVER can't be sent to a master.")
const takeoverOfOther = CommandError.make("ERR PSYNC FAILOVER replid must match my replid.")
const filterNeedsEof = CommandError.make("ERR Filtered replica requires EOF capability")
const badPort = CommandError.make("ERR Invalid master port")
const notWhileFailingOver = CommandError.make("ERR REPLICAOF not allowed while failing over.")
const replicaItself = CommandError.make("ERR Command is not valid when client is a replica.")
const alreadyConnected = Reply.simple("OK Already connected to specified master")

const notABit = CommandError.make("ERR value is out of range, value must between 0 and 1")

const noFailover = CommandError.make("ERR No failover in progress.")
const failoverTwice = CommandError.make("ERR FAILOVER already in progress.")
const failoverOfReplica = CommandError.make("ERR FAILOVER is not valid when server is a replica.")
const failoverAlone = CommandError.make("ERR FAILOVER requires connected replicas.")
const failoverForce = CommandError.make(
  "ERR FAILOVER with force option requires both a timeout and target HOST and IP."
)
const failoverTimeout = CommandError.make("ERR FAILOVER timeout must be greater than 0")
const failoverToOther = CommandError.make("ERR FAILOVER target HOST and PORT is not a replica.")
const failoverToOffline = CommandError.make("ERR FAILOVER target replica is not online.")

const LONGEST_ADDRESS = 255

const addressTooLong = (length: number): CommandError.CommandError =>
  CommandError.make(`ERR REPLCONF ip-address provided by replica instance is too long: ${length} bytes`)

const isOne = (value: number | bigint): boolean => {
  if (value !== 0 && value !== 1) throw notABit
  return value === 1
}

const filterOf = (words: string): Filter => {
  let functions = false
  for (const word of words.split(" ").filter((each) => each !== "")) {
    if (word.toLowerCase() !== "functions") {
      throw CommandError.make(`ERR Unsupported rdb-filter-only option: ${word}`)
    }
    functions = true
  }
  return { data: false, functions }
}

/** What FAILOVER asks for; undefined for ABORT. */
const failoverOf = (request: Request): FailoverOptions | undefined => {
  if (request.count === 2 && request.is(1, "ABORT")) return undefined
  let [force, timeout]: [boolean, number] = [false, 0]
  let target: FailoverOptions["target"]
  for (let index = 1; index < request.count; index++) {
    if (request.is(index, "TIMEOUT") && index + 1 < request.count && timeout === 0) {
      timeout = Number(request.integer(++index))
      if (timeout <= 0) throw failoverTimeout
    } else if (request.is(index, "TO") && index + 2 < request.count && target === undefined) {
      target = { host: request.latin1(index + 1), port: Number(request.integer(index + 2)) }
      index += 2
    } else if (request.is(index, "FORCE") && !force) force = true
    else throw CommandError.syntax
  }
  return { target, force, timeout }
}

export const layer = group.toLayer(Effect.gen(function*() {
  const replicas = yield* Replicas
  const fullSync = yield* FullSync
  const link = yield* MasterLink
  const role = yield* Role
  const identity = yield* ReplicationId
  const stats = yield* Stats
  const clock = yield* Clock.Clock
  const failover = yield* Failover
  const { feed } = replicas

  // ---- replicas ask

  /** Whether the replica can go on from that offset, which then happens. */
  const goesOn = (replica: Replica, replid: string, offset: number): Effect.Effect<boolean> =>
    Effect.suspend(() => {
      feed.flush()
      const { backlog } = feed
      if (identity.continues(replid, offset) && backlog?.covers(offset) === true) {
        stats.partialSyncs++
        const attributes = {
          ...Spans.peer(replica.host, replica.port),
          "redis.replication.id": identity.replid,
          "redis.replication.offset": offset,
          "redis.bytes": identity.offset - offset + 1
        }
        return Spans.span("partial sync", { kind: "server", attributes })(Effect.sync(() => {
          replicas.resume(replica, offset)
          return true
        }))
      }
      if (replid.startsWith("?")) {
        return Effect.as(Effect.logInfo(`Full resync requested by replica ${replica.name}`), false)
      }
      stats.refusedPartialSyncs++
      const reason = replid !== identity.replid && replid !== identity.replid2
        ? `Replication ID mismatch (Replica asked for '${replid}', my replication IDs are '${identity.replid}' and `
          + `'${identity.replid2}')`
        : `Requested offset ${offset} is not in the backlog or beyond what the histories have in common`
      return Effect.as(
        Effect.logInfo(`Partial resynchronization not accepted: ${reason}. Replica: ${replica.name}`),
        false
      )
    })

  /** PSYNC .. FAILOVER: the master gives its place up for us. */
  const takeOver = (request: Request): Effect.Effect<void, CommandError.CommandError> =>
    Effect.gen(function*() {
      yield* Effect.logWarning(`Failover request received for replid ${request.latin1(1)}.`)
      if (!role.isReplica) return yield* Effect.fail(takeoverOfMaster)
      if (request.latin1(1).toLowerCase() !== identity.replid) return yield* Effect.fail(takeoverOfOther)
      yield* link.promote
      const client = ClientInfo.lineOf(request.session, clock.currentTimeMillisUnsafe()).trimEnd()
      yield* Effect.logInfo(`MASTER MODE enabled (failover request from '${client}')`)
    })

  const synchronize = (request: Request, from: { replid: string; offset: number } | undefined) =>
    Effect.gen(function*() {
      const { session } = request
      if (session.kind === "replica" || session.monitoring || session.link === undefined) return Reply.none
      const takesOver = request.count > 3 && request.is(3, "FAILOVER")
      if (takesOver) yield* takeOver(request)
      if (role.failover !== "no-failover") return yield* Effect.fail(failingOver)
      if (role.isReplica && !role.isConnected) return yield* Effect.fail(noLink)
      if (session.out.pending > 0) return yield* Effect.fail(pendingOutput)
      const replica = replicas.of(session)
      const isFiltered = !replica.filter.data || !replica.filter.functions
      if (isFiltered && !replica.canEof) return yield* Effect.fail(filterNeedsEof)
      yield* Effect.logInfo(`Replica ${replica.name} asks for synchronization`)
      if (from !== undefined && (yield* goesOn(replica, from.replid, from.offset))) return Reply.none
      replica.silent = from === undefined
      replicas.attach(replica)
      yield* fullSync.request(replica)
      return Reply.none
    })

  // ---- replicas tell

  /** One pair of REPLCONF; true when nothing is to be answered. */
  const tell = (request: Request, replica: Replica, index: number): boolean => {
    const value = index + 1
    switch (request.word(index)) {
      case "LISTENING-PORT":
        replica.port = request.integerIn(value, -0x80000000, 0x7fffffff)
        return false
      case "IP-ADDRESS":
        if (request.length(value) > LONGEST_ADDRESS) throw addressTooLong(request.length(value))
        replica.address = request.latin1(value)
        return false
      case "CAPA":
        if (request.is(value, "EOF")) replica.canEof = true
        else if (request.is(value, "PSYNC2")) replica.canPsync2 = true
        return false
      case "ACK": {
        const offset = Integers.parse(request.buffer(value), request.start(value), request.end(value))
        if (request.session.kind === "replica" && offset !== undefined) replicas.acknowledge(replica, Number(offset))
        return true
      }
      case "GETACK":
        link.acknowledge()
        return true
      case "RDB-ONLY":
        replica.snapshotOnly = isOne(request.integer(value))
        return false
      case "RDB-FILTER-ONLY":
        replica.filter = filterOf(request.latin1(value))
        return false
      default:
        throw CommandError.make(`ERR Unrecognized REPLCONF option: ${request.latin1(index)}`)
    }
  }

  // ---- operators

  const replicaOf = (request: Request) =>
    Effect.gen(function*() {
      if (role.failover !== "no-failover") return yield* Effect.fail(notWhileFailingOver)
      const client = ClientInfo.lineOf(request.session, clock.currentTimeMillisUnsafe()).trimEnd()
      if (request.is(1, "NO") && request.is(2, "ONE")) {
        if (!role.isReplica) return Reply.ok
        yield* link.promote
        yield* Effect.logInfo(`MASTER MODE enabled (user request from '${client}')`)
        return Reply.ok
      }
      if (request.session.kind === "replica") return yield* Effect.fail(replicaItself)
      const port = yield* Command.attempt(() => Effect.succeed(request.integerIn(2, 0, 65535, badPort)))
      const host = request.latin1(1)
      if (role.master?.host.toLowerCase() === host.toLowerCase() && role.master.port === port) return alreadyConnected
      yield* link.follow({ host, port })
      yield* Effect.logInfo(`REPLICAOF ${host}:${port} enabled (user request from '${client}')`)
      return Reply.ok
    })

  const failOver = (options: FailoverOptions | undefined) =>
    Effect.gen(function*() {
      if (options === undefined) {
        if (role.failover === "no-failover") return yield* Effect.fail(noFailover)
        yield* failover.abort("Failover manually aborted")
        return Reply.ok
      }
      const { force, target, timeout } = options
      if (role.failover !== "no-failover") return yield* Effect.fail(failoverTwice)
      if (role.isReplica) return yield* Effect.fail(failoverOfReplica)
      if (replicas.all.size === 0) return yield* Effect.fail(failoverAlone)
      if (force && (timeout === 0 || target === undefined)) return yield* Effect.fail(failoverForce)
      if (target !== undefined) {
        const replica = failover.find(target)
        if (replica === undefined) return yield* Effect.fail(failoverToOther)
        if (replica.phase !== "online") return yield* Effect.fail(failoverToOffline)
      }
      yield* failover.begin(options)
      return Reply.ok
    })

  const describe = (): Reply.Reply => {
    feed.flush()
    const { master } = role
    if (master !== undefined) {
      return Reply.array([
        Reply.text("slave"),
        Reply.text(master.host),
        Reply.integer(master.port),
        Reply.text(role.phase),
        Reply.integer(role.isConnected ? identity.offset : -1)
      ])
    }
    const online = [...feed.replicas].filter(({ phase }) => phase === "online")
    return Reply.array([
      Reply.text("master"),
      Reply.integer(identity.offset),
      Reply.array(
        online.map(({ ackOffset, host, port }) =>
          Reply.array([Reply.text(host), Reply.text(String(port)), Reply.text(String(ackOffset))])
        )
      )
    ])
  }

  return group.of({
    FAILOVER: (request) => Command.attempt(() => failOver(failoverOf(request))),
    PSYNC: (request) =>
      Command.attempt(() => {
        const offset = Number(request.integer(2))
        return synchronize(request, { replid: request.latin1(1).toLowerCase(), offset })
      }),
    SYNC: (request) => synchronize(request, undefined),
    REPLCONF: Command.program((request) => {
      if (request.count % 2 === 0) throw CommandError.syntax
      const replica = replicas.of(request.session)
      for (let index = 1; index < request.count; index += 2) if (tell(request, replica, index)) return Reply.none
      return Reply.ok
    }),
    REPLICAOF: replicaOf,
    SLAVEOF: replicaOf,
    ROLE: Command.program(describe)
  })
}))
