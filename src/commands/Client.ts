/** CLIENT: what the server knows of its clients, and what can be done to them. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as ClientInfo from "../command/ClientInfo.ts"
import { ClientRegistry } from "../command/ClientRegistry.ts"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import { help } from "../command/Help.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { type ClientKind, Gate, type Session } from "../command/Session.ts"
import { block, integer, oneOf, optional, string, token } from "../command/Spec.ts"
import * as Reply from "../resp/Reply.ts"
import * as ClientTracking from "./ClientTracking.ts"
import { setName } from "./Connection.ts"

const base = { group: "connection", categories: ["connection"], complexity: "O(1)" } as const
const own = ["noscript", "loading", "stale"] as const
const admin = ["admin", "noscript", "loading", "stale"] as const
const perClient = "O(N), N being the number of clients"

const Container = Command.make("CLIENT", {
  group: "connection",
  summary: "Holds the commands on client connections.",
  since: "2.4.0",
  complexity: "Depends on subcommand.",
  arity: -2,
  flags: []
})

const GetName = Command.make("CLIENT|GETNAME", {
  ...base,
  summary: "Returns the name of the connection.",
  returns: Returns.optional(Returns.text),
  since: "2.6.9",
  arity: 2,
  flags: own
})

const Help = Command.make("CLIENT|HELP", {
  ...base,
  summary: "Lists the subcommands.",
  returns: Returns.names,
  since: "5.0.0",
  arity: 2,
  flags: ["loading", "stale"]
})

const Id = Command.make("CLIENT|ID", {
  ...base,
  summary: "Returns the connection's number.",
  returns: Returns.integer,
  since: "5.0.0",
  arity: 2,
  flags: own
})

const Info = Command.make("CLIENT|INFO", {
  ...base,
  summary: "Describes the connection.",
  returns: Returns.namedWords,
  since: "6.2.0",
  arity: 2,
  flags: own,
  tips: ["nondeterministic_output"]
})

const typeWords = [token("NORMAL"), token("MASTER"), token("REPLICA"), token("PUBSUB")]

const Kill = Command.make("CLIENT|KILL", {
  ...base,
  summary: "Closes connections.",
  returns: Returns.integer,
  since: "2.4.0",
  complexity: perClient,
  arity: -3,
  flags: admin,
  history: [
    ["2.8.12", "Filters."],
    ["2.8.12", "The filter `ID`."],
    ["3.2.0", "The type `master`."],
    ["5.0.0", "The type `replica`; `slave` still does."],
    ["6.2.0", "The filter `LADDR`."]
  ],
  arguments: [
    oneOf("filter", [
      string("ip:port", { deprecatedSince: "2.8.12" }),
      oneOf("new-format", [
        integer("client-id", { ...optional, token: "ID", since: "2.8.12" }),
        oneOf("normal_master_slave_pubsub", [
          token("NORMAL"),
          token("MASTER", { since: "3.2.0" }),
          token("SLAVE"),
          token("REPLICA", { since: "5.0.0" }),
          token("PUBSUB")
        ], { ...optional, token: "TYPE", since: "2.8.12" }),
        string("username", { ...optional, token: "USER" }),
        string("ip:port", { ...optional, token: "ADDR" }),
        string("ip:port", { ...optional, token: "LADDR", since: "6.2.0" }),
        string("yes/no", { ...optional, token: "SKIPME" })
      ], { multiple: true })
    ])
  ]
})

const List = Command.make("CLIENT|LIST", {
  ...base,
  summary: "Describes the clients that are connected.",
  returns: Returns.list(Returns.namedWords),
  since: "2.4.0",
  complexity: perClient,
  arity: -2,
  flags: admin,
  tips: ["nondeterministic_output"],
  history: [
    ["2.8.12", "The field `id`."],
    ["5.0.0", "The filter `TYPE`."],
    ["6.0.0", "The field `user`."],
    ["6.2.0", "The fields `argv-mem`, `tot-mem`, `laddr` and `redir`, and the filter `ID`."],
    ["7.0.0", "The fields `resp`, `multi-mem`, `rbs` and `rbp`."],
    ["7.0.3", "The field `ssub`."]
  ],
  arguments: [
    oneOf("normal_master_replica_pubsub", typeWords, { ...optional, token: "TYPE", since: "5.0.0" }),
    block("id", [integer("client-id", { multiple: true })], { ...optional, token: "ID", since: "6.2.0" })
  ]
})

const NoEvict = Command.make("CLIENT|NO-EVICT", {
  ...base,
  summary: "Exempts the connection from being evicted.",
  returns: Returns.done,
  since: "7.0.0",
  arity: 3,
  flags: admin,
  arguments: [oneOf("enabled", [token("ON"), token("OFF")])]
})

const Pause = Command.make("CLIENT|PAUSE", {
  ...base,
  summary: "Postpones the commands of all clients for some time.",
  returns: Returns.done,
  since: "2.9.50",
  arity: -3,
  flags: admin,
  history: [["6.2.0", "`WRITE` holds only writes back; the option `mode`."]],
  arguments: [integer("timeout"), oneOf("mode", [token("WRITE"), token("ALL")], { ...optional, since: "6.2.0" })]
})

const ReplyMode = Command.make("CLIENT|REPLY", {
  ...base,
  summary: "Switches replies off and on.",
  since: "3.2.0",
  arity: 3,
  flags: own,
  arguments: [oneOf("on_off_skip", [token("ON"), token("OFF"), token("SKIP")])]
})

const SetName = Command.make("CLIENT|SETNAME", {
  ...base,
  summary: "Names the connection.",
  returns: Returns.done,
  since: "2.6.9",
  arity: 3,
  flags: own,
  arguments: [string("connection-name")]
})

const Unblock = Command.make("CLIENT|UNBLOCK", {
  ...base,
  summary: "Ends the waiting of a blocked client.",
  returns: Returns.boolean,
  since: "5.0.0",
  complexity: "O(log N), N being the number of clients",
  arity: -3,
  flags: admin,
  arguments: [integer("client-id"), oneOf("timeout_error", [token("TIMEOUT"), token("ERROR")], optional)]
})

const Unpause = Command.make("CLIENT|UNPAUSE", {
  ...base,
  summary: "Ends the pause of all clients.",
  returns: Returns.done,
  since: "6.2.0",
  complexity: "O(N), N being the number of paused clients",
  arity: 2,
  flags: admin
})

export const group = Command.group(
  Container,
  GetName,
  Help,
  Id,
  Info,
  Kill,
  List,
  NoEvict,
  Pause,
  ReplyMode,
  SetName,
  Unblock,
  Unpause,
  ...ClientTracking.commands
)

const badId = CommandError.make("ERR client-id should be greater than 0")
const badListId = CommandError.make("ERR Invalid client ID")
const noSuchClient = CommandError.make("ERR No such client")
const badTimeout = CommandError.make("ERR timeout is not an integer or out of range")
const negativeTimeout = CommandError.make("ERR timeout is negative")
const badMode = CommandError.make("ERR CLIENT PAUSE mode must be WRITE or ALL")
const badReason = CommandError.make("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")

const wrongArguments = (request: Request): CommandError.CommandError =>
  CommandError.unknownSubcommandOrArity("CLIENT", request.quoted(1))

const kindAt = (request: Request, index: number): ClientKind => {
  const name = request.quoted(index)
  const kind = ClientInfo.kindOf(name)
  if (kind === undefined) throw CommandError.make(`ERR Unknown client type '${name}'`)
  return kind
}

const isOn = (request: Request, index: number): boolean => {
  if (request.is(index, "ON")) return true
  if (request.is(index, "OFF")) return false
  throw CommandError.syntax
}

/** Which clients CLIENT KILL means. */
interface Filter {
  id?: number | bigint
  kind?: ClientKind
  user?: string
  peer?: string
  local?: string
  skipMe: boolean
}

const filterOf = (request: Request): Filter => {
  if (request.count === 3) return { peer: request.quoted(2), skipMe: false }
  const filter: Filter = { skipMe: true }
  for (let index = 2; index < request.count; index += 2) {
    const value = index + 1
    if (value >= request.count) throw CommandError.syntax
    switch (request.word(index)) {
      case "ID": {
        filter.id = request.integer(value, badId)
        if (filter.id < 1) throw badId
        break
      }
      case "TYPE":
        filter.kind = kindAt(request, value)
        break
      case "ADDR":
        filter.peer = request.quoted(value)
        break
      case "LADDR":
        filter.local = request.quoted(value)
        break
      case "USER":
        filter.user = request.latin1(value)
        if (filter.user !== "default") throw CommandError.make(`ERR No such user '${request.quoted(value)}'`)
        break
      case "SKIPME":
        if (!request.is(value, "YES") && !request.is(value, "NO")) throw CommandError.syntax
        filter.skipMe = request.is(value, "YES")
        break
      default:
        throw CommandError.syntax
    }
  }
  return filter
}

const matches = (filter: Filter, session: Session): boolean =>
  (filter.id === undefined || filter.id === session.id)
  && (filter.kind === undefined || filter.kind === session.kind)
  && (filter.user === undefined || filter.user === session.user)
  && (filter.peer === undefined || filter.peer === session.link?.peer)
  && (filter.local === undefined || filter.local === session.link?.local)

export const layer = group.toLayer(Effect.gen(function*() {
  const { clients, pause, unpause } = yield* ClientRegistry
  const clock = yield* Clock.Clock
  const tracking = yield* ClientTracking.handlers

  const describe = (sessions: Iterable<Session>): Reply.Reply => {
    const now = clock.currentTimeMillisUnsafe()
    let lines = ""
    for (const session of sessions) lines += ClientInfo.lineOf(session, now)
    return Reply.verbatim("txt", lines)
  }

  const kill = (request: Request): Reply.Reply => {
    const filter = filterOf(request)
    let killed = 0
    for (const session of [...clients.byId.values()]) {
      if (!matches(filter, session) || (session === request.session && filter.skipMe)) continue
      killed++
      // One that kills itself still gets its reply
      if (session === request.session) session.closing = true
      else session.link?.kill()
    }
    if (request.count > 3) return Reply.integer(killed)
    if (killed === 0) throw noSuchClient
    return Reply.ok
  }

  const list = (request: Request): Reply.Reply => {
    if (request.count === 2) return describe(clients.byId.values())
    if (request.count === 4 && request.is(2, "TYPE")) {
      const kind = kindAt(request, 3)
      return describe([...clients.byId.values()].filter((session) => session.kind === kind))
    }
    if (request.count < 4 || !request.is(2, "ID")) throw CommandError.syntax
    const found: Array<Session> = []
    for (let index = 3; index < request.count; index++) {
      const session = clients.byId.get(Number(request.integer(index, badListId)))
      if (session !== undefined) found.push(session)
    }
    return describe(found)
  }

  const startPause = (request: Request): Effect.Effect<void> => {
    if (request.count > 4) throw wrongArguments(request)
    const writesOnly = request.count === 4 && request.is(3, "WRITE")
    if (request.count === 4 && !writesOnly && !request.is(3, "ALL")) throw badMode
    const timeout = request.integer(2, badTimeout)
    if (timeout < 0) throw negativeTimeout
    const now = clock.currentTimeMillisUnsafe()
    // The end of a very long pause wraps into the past, as in Redis
    return pause("client", Number(BigInt.asIntN(64, BigInt(now) + BigInt(timeout))), writesOnly)
  }

  const switchReplies = (request: Request): Reply.Reply => {
    const { session } = request
    switch (request.word(2)) {
      case "ON":
        session.out.muted = false
        session.skipReplies = 0
        session.gate &= ~Gate.reply
        return Reply.ok
      case "OFF":
        session.out.muted = true
        session.skipReplies = 0
        return Reply.none
      case "SKIP":
        // Replies that are off stay off
        if (!session.out.muted || session.skipReplies > 0) {
          session.out.muted = true
          session.skipReplies = 2
          session.gate |= Gate.reply
        }
        return Reply.none
      default:
        throw CommandError.syntax
    }
  }

  const unblock = (request: Request): Reply.Reply => {
    if (request.count > 4) throw wrongArguments(request)
    const withError = request.count === 4 && request.is(3, "ERROR")
    if (request.count === 4 && !withError && !request.is(3, "TIMEOUT")) throw badReason
    const blocked = clients.byId.get(Number(request.integer(2)))?.blocked
    if (blocked?.unblock === undefined) return Reply.integer(0)
    blocked.unblock(withError)
    return Reply.integer(1)
  }

  return group.of({
    ...tracking,
    CLIENT: Command.container,
    "CLIENT|GETNAME": Command.program(({ session }) =>
      session.name === "" ? Reply.nil : Reply.bulk(Buffer.from(session.name, "latin1"))
    ),
    "CLIENT|HELP": Command.program(() => helpReply),
    "CLIENT|ID": Command.program(({ session }) => Reply.integer(session.id)),
    "CLIENT|INFO": Command.program(({ session }) => describe([session])),
    "CLIENT|KILL": Command.program(kill),
    "CLIENT|LIST": Command.program(list),
    "CLIENT|NO-EVICT": Command.program((request) => {
      request.session.noEvict = isOn(request, 2)
      return Reply.ok
    }),
    "CLIENT|PAUSE": (request) => Effect.as(Command.attempt(() => startPause(request)), Reply.ok),
    "CLIENT|REPLY": Command.program(switchReplies),
    "CLIENT|SETNAME": Command.program((request) => {
      setName(request.session, request.latin1(2))
      return Reply.ok
    }),
    "CLIENT|UNBLOCK": Command.program(unblock),
    "CLIENT|UNPAUSE": () => Effect.as(unpause("client"), Reply.ok)
  })
}))

const helpReply = help("CLIENT", [
  "CACHING (YES|NO)",
  "    Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.",
  "GETREDIR",
  "    Return the client ID we are redirecting to when tracking is enabled.",
  "GETNAME",
  "    Return the name of the current connection.",
  "ID",
  "    Return the ID of the current connection.",
  "INFO",
  "    Return information about the current client connection.",
  "KILL <ip:port>",
  "    Kill connection made from <ip:port>.",
  "KILL <option> <value> [<option> <value> [...]]",
  "    Kill connections. Options are:",
  "    * ADDR (<ip:port>|<unixsocket>:0)",
  "      Kill connections made from the specified address",
  "    * LADDR (<ip:port>|<unixsocket>:0)",
  "      Kill connections made to specified local address",
  "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
  "      Kill connections by type.",
  "    * USER <username>",
  "      Kill connections authenticated by <username>.",
  "    * SKIPME (YES|NO)",
  "      Skip killing current connection (default: yes).",
  "LIST [options ...]",
  "    Return information about client connections. Options:",
  "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
  "      Return clients of specified type.",
  "UNPAUSE",
  "    Stop the current client pause, resuming traffic.",
  "PAUSE <timeout> [WRITE|ALL]",
  "    Suspend all, or just write, clients for <timeout> milliseconds.",
  "REPLY (ON|OFF|SKIP)",
  "    Control the replies sent to the current connection.",
  "SETNAME <name>",
  "    Assign the name <name> to the current connection.",
  "UNBLOCK <clientid> [TIMEOUT|ERROR]",
  "    Unblock the specified blocked client.",
  "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]",
  "         [OPTIN] [OPTOUT] [NOLOOP]",
  "    Control server assisted client side caching.",
  "TRACKINGINFO",
  "    Report tracking status for the current connection.",
  "NO-EVICT (ON|OFF)",
  "    Protect current client connection from eviction."
])
