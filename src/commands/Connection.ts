/** The connection itself: who the client is, which protocol it speaks, which database it uses. */
import * as Effect from "effect/Effect"
import { timingSafeEqual } from "node:crypto"
import { ClientRegistry } from "../command/ClientRegistry.ts"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { Gate, type Session } from "../command/Session.ts"
import { block, integer, optional, string } from "../command/Spec.ts"
import { Config } from "../config/Config.ts"
import { REDIS_VERSION } from "../config/ConfigError.ts"
import * as Reply from "../resp/Reply.ts"

const base = { group: "connection", categories: ["connection"], complexity: "O(1)" } as const
const handshake = ["noscript", "loading", "stale", "fast", "no_auth", "allow_busy"] as const

const Auth = Command.make("AUTH", {
  ...base,
  summary: "Authenticates the connection.",
  returns: Returns.done,
  since: "1.0.0",
  complexity: "O(N), N being the number of the user's passwords",
  arity: -2,
  flags: handshake,
  history: [["6.0.0", "A user can be named (ACL)."]],
  arguments: [string("username", { ...optional, since: "6.0.0" }), string("password")]
})

const Echo = Command.make("ECHO", {
  ...base,
  summary: "Returns the message that it is given.",
  returns: Returns.bulk,
  since: "1.0.0",
  arity: 2,
  flags: ["loading", "stale", "fast"],
  arguments: [string("message")]
})

const Hello = Command.make("HELLO", {
  ...base,
  summary: "Agrees on the protocol, and tells about the server.",
  returns: Returns.properties("ServerGreeting", {
    server: Returns.text,
    version: Returns.text,
    proto: Returns.integer,
    id: Returns.integer,
    mode: Returns.text,
    role: Returns.text,
    modules: Returns.list(Returns.anything)
  }),
  since: "6.0.0",
  arity: -1,
  flags: handshake,
  history: [["6.2.0", "Without arguments it only tells about the server and the connection."]],
  arguments: [
    block("arguments", [
      integer("protover"),
      block("username_password", [string("username"), string("password")], { ...optional, token: "AUTH" }),
      string("clientname", { ...optional, token: "SETNAME" })
    ], optional)
  ]
})

const Ping = Command.make("PING", {
  ...base,
  summary: "Answers, to show that the server is there.",
  returns: Returns.bulk,
  since: "1.0.0",
  arity: -1,
  flags: ["fast"],
  tips: ["request_policy:all_shards", "response_policy:all_succeeded"],
  arguments: [string("message", optional)]
})

const Quit = Command.make("QUIT", {
  ...base,
  summary: "Closes the connection.",
  returns: Returns.done,
  since: "1.0.0",
  arity: -1,
  flags: handshake
})

const Reset = Command.make("RESET", {
  ...base,
  summary: "Gives the connection the state of a new one.",
  returns: Returns.text,
  since: "6.2.0",
  arity: 1,
  flags: handshake
})

const Select = Command.make("SELECT", {
  ...base,
  summary: "Changes the database of the connection.",
  returns: Returns.done,
  since: "1.0.0",
  arity: 2,
  flags: ["loading", "stale", "fast"],
  arguments: [integer("index")]
})

export const group = Command.group(Auth, Echo, Hello, Ping, Quit, Reset, Select)

const noPasswordSet = CommandError.make(
  "ERR AUTH <password> called without any password configured for the default user. "
    + "Are you sure your configuration is correct?"
)
const wrongPassword = CommandError.make("WRONGPASS invalid username-password pair or user is disabled.")
const badVersion = CommandError.make("ERR Protocol version is not an integer or out of range")
const helloNeedsAuth = CommandError.make(
  "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> "
    + "option can be used to authenticate the client and select the RESP protocol version at the same time"
)
const notAnInt = CommandError.make("ERR value is out of range, value must between -2147483648 and 2147483647")

const badName = CommandError.make("ERR Client names cannot contain spaces, newlines or special characters.")

/** Takes a client's name; an empty one takes it away. */
export const setName = (session: Session, name: string): void => {
  if (!/^[!-~]*$/.test(name)) throw badName
  session.name = name
}

export const layer = group.toLayer(Effect.gen(function*() {
  const { values } = yield* Config
  const { clients } = yield* ClientRegistry

  const hasPassword = (): boolean => values.requirepass.length > 0

  /** Lets a client in as that user, or throws. */
  const authenticate = (session: Session, user: string, password: Uint8Array): void => {
    if (user !== "default" || (hasPassword() && !sameBytes(password, values.requirepass))) throw wrongPassword
    session.user = user
    session.authenticated = true
    session.gate &= ~Gate.auth
    session.link?.trust(true)
  }

  const serverInfo = ({ id, out }: Session): Reply.Reply =>
    Reply.map([
      Reply.text("server"),
      Reply.text("redis"),
      Reply.text("version"),
      Reply.text(REDIS_VERSION),
      Reply.text("proto"),
      Reply.integer(out.resp),
      Reply.text("id"),
      Reply.integer(id),
      Reply.text("mode"),
      Reply.text("standalone"),
      Reply.text("role"),
      Reply.text("master"),
      Reply.text("modules"),
      Reply.emptyArray
    ])

  const hello = (request: Request): Reply.Reply => {
    const { count, session } = request
    const version = count < 2 ? undefined : request.integer(1, badVersion)
    if (version !== undefined && version !== 2 && version !== 3) throw CommandError.noProto
    for (let index = 2; index < count; index++) {
      const more = count - 1 - index
      if (request.is(index, "AUTH") && more >= 2) {
        request.redacted = [index + 1, index + 2]
        authenticate(session, request.latin1(index + 1), request.bytes(index + 2))
        index += 2
      } else if (request.is(index, "SETNAME") && more >= 1) {
        setName(session, request.latin1(index + 1))
        index++
      } else throw CommandError.make(`ERR Syntax error in HELLO option '${request.quoted(index)}'`)
    }
    if (!session.authenticated && hasPassword()) throw helloNeedsAuth
    if (version !== undefined) session.out.resp = version
    return serverInfo(session)
  }

  return group.of({
    AUTH: Command.program((request) => {
      if (request.count > 3) throw CommandError.syntax
      if (request.count === 2) {
        request.redacted = [1]
        if (!hasPassword()) throw noPasswordSet
        authenticate(request.session, "default", request.bytes(1))
      } else {
        request.redacted = [1, 2]
        authenticate(request.session, request.latin1(1), request.bytes(2))
      }
      return Reply.ok
    }),

    ECHO: Command.program((request) => Reply.bulk(request.buffer(1), request.start(1), request.end(1))),

    HELLO: Command.program(hello),

    PING: Command.program((request) => {
      if (request.count > 2) request.wrongArity()
      const { session } = request
      const message = request.count === 2 ? Reply.bulk(request.buffer(1), request.start(1), request.end(1)) : undefined
      if ((session.gate & Gate.subscribed) !== 0 && session.out.resp === 2) {
        return Reply.array([Reply.text("pong"), message ?? Reply.text("")])
      }
      return message ?? Reply.pong
    }),

    QUIT: Command.program(({ session }) => {
      session.closing = true
      return Reply.ok
    }),

    RESET: Command.program(({ session }) => {
      if (session.kind === "replica" || session.kind === "master") {
        throw CommandError.make("ERR can only reset normal client connections")
      }
      clients.unmonitor(session)
      session.release()
      session.db = 0
      session.name = ""
      session.user = "default"
      session.out.resp = 2
      // After CLIENT REPLY SKIP this is the one whose reply is left out
      session.gate = session.skipReplies > 0 ? Gate.reply : 0
      session.out.muted = session.skipReplies > 0
      session.authenticated = !hasPassword()
      if (!session.authenticated) session.gate |= Gate.auth
      session.link?.trust(session.authenticated)
      return resetDone
    }),

    SELECT: Command.program((request) => {
      const index = request.integer(1)
      if (typeof index === "bigint" || index < -0x80000000 || index > 0x7fffffff) throw notAnInt
      if (index < 0 || index >= values.databases) throw CommandError.dbOutOfRange
      request.session.db = index
      return Reply.ok
    })
  })
}))

const resetDone = Reply.simple("RESET")

/** Compares secrets without telling by the time it takes where they differ. */
const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b)
