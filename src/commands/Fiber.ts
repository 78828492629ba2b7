/** FIBER: what the server's fibers do, wait for and have done. Redis has no such command: it has no fibers. */
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import { help } from "../command/Help.ts"
import * as Returns from "../command/Returns.ts"
import { block, integer, key, optional, string, token } from "../command/Spec.ts"
import { FiberReport, type Report } from "../inspect/FiberReport.ts"
import { traceOf } from "../inspect/Tracing.ts"
import * as Reply from "../resp/Reply.ts"

const base = { group: "go-redis", flags: ["admin", "loading", "stale"], since: "7.0.15" } as const

const Container = Command.make("FIBER", {
  ...base,
  summary: "Holds the commands that show the server's fibers.",
  complexity: "See the subcommands.",
  arity: -2,
  flags: []
})

const Dump = Command.make("FIBER|DUMP", {
  ...base,
  summary: "Shows all fibers as a tree of text: who began which, what they wait for, and who wrote that last.",
  returns: Returns.text,
  complexity: "O(N), N being the number of fibers",
  arity: 2,
  tips: ["nondeterministic_output"]
})

const Help = Command.make("FIBER|HELP", {
  ...base,
  summary: "Lists the subcommands.",
  returns: Returns.names,
  complexity: "O(1)",
  arity: 2,
  flags: ["loading", "stale"]
})

const Info = Command.make("FIBER|INFO", {
  ...base,
  summary:
    "Tells about one fiber: its state, its age, its parent, its client, what it waits for and for how long, and its last commands.",
  returns: Returns.properties("FiberInfo", {
    id: Returns.integer,
    type: Returns.text,
    part: Returns.text,
    "parent-id": Returns.optional(Returns.integer),
    parent: Returns.optional(Returns.text),
    state: Returns.text,
    "age-ms": Returns.integer,
    interruptible: Returns.boolean,
    "client-id": Returns.optional(Returns.integer),
    "client-addr": Returns.optional(Returns.text),
    "client-name": Returns.optional(Returns.text),
    "last-command": Returns.optional(Returns.text),
    "last-commands": Returns.names,
    "trace-id": Returns.optional(Returns.text),
    "span-id": Returns.optional(Returns.text),
    "waits-for": Returns.optional(Returns.text),
    "waited-ms": Returns.optional(Returns.integer)
  }),
  complexity: "O(N), N being the number of clients that wait",
  arity: 3,
  arguments: [integer("id")],
  tips: ["nondeterministic_output"]
})

const Interrupt = Command.make("FIBER|INTERRUPT", {
  ...base,
  summary: "Interrupts a fiber: a connection, with the wait or command it is in.",
  returns: Returns.done,
  complexity: "O(1)",
  arity: 3,
  arguments: [integer("id")]
})

const List = Command.make("FIBER|LIST", {
  ...base,
  summary: "Lists the fibers, a line each: all, or those of a type or part of the server, or those that wait.",
  returns: Returns.list(Returns.namedWords),
  complexity: "O(N), N being the number of fibers",
  arity: -2,
  arguments: [
    block("filter", [string("type", { token: "TYPE" })], optional),
    token("WAITING", optional)
  ],
  tips: ["nondeterministic_output"]
})

const WaitersOf = Command.make("FIBER|WAITERS", {
  ...base,
  summary: "Lists the clients that wait for a key, in the order in which they will be served.",
  returns: Returns.names,
  complexity: "O(N), N being the number of clients that wait for the key",
  arity: 3,
  // It looks at who waits, not at what is there
  arguments: [key("key", 0)],
  keys: [{ flags: ["not_key"], begin: { index: 2 }, find: { lastKey: 0, step: 1, limit: 0 } }],
  tips: ["nondeterministic_output"]
})

export const group = Command.group(Container, Dump, Help, Info, Interrupt, List, WaitersOf)

const noSuchFiber = CommandError.make("ERR No such fiber")

/** Words of the type of a fiber, joined as an option is written: `active-expiry`. */
const typeOf = (report: Pick<Report, "name">): string => report.name.replaceAll(" ", "-")

const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1000)

/** In the way of CLIENT LIST. */
const line = (report: Report): string => {
  const { client, waited, waitsFor } = report
  const fields: Array<readonly [string, string | number]> = [
    ["id", report.id],
    ["type", typeOf(report)],
    ["part", report.part],
    ...report.parent === undefined ? [] : [["parent", report.parent.id] as const],
    ["state", report.state],
    ["age", seconds(report.age)]
  ]
  if (client !== undefined) {
    fields.push(["client", client.id], ["addr", client.link?.peer ?? "embedded"], ["name", client.name])
    fields.push(["cmd", client.commandName])
  }
  if (waited !== undefined) fields.push(["waited", seconds(waited)])
  // The last one, as it has spaces; what stands in quotes may be written with escapes
  if (waitsFor !== undefined) fields.push(["waits-for", waitsFor.replaceAll("=", "\\u003d")])
  return fields.map(([name, value]) => `${name}=${value}`).join(" ")
}

export const layer = group.toLayer(Effect.gen(function*() {
  const fibers = yield* FiberReport

  return group.of({
    FIBER: Command.container,

    "FIBER|DUMP": Command.program(() => Reply.verbatim("txt", fibers.tree())),

    "FIBER|HELP": Command.program(() =>
      help("FIBER", [
        "DUMP",
        "    Show all fibers as a tree: who began which, and what they wait for.",
        "INFO <id>",
        "    Tell about one fiber.",
        "INTERRUPT <id>",
        "    Interrupt a fiber: the connection that it serves ends.",
        "LIST [TYPE <type>] [WAITING]",
        "    List the fibers: all, those of a type or of a part, those that wait.",
        "WAITERS <key>",
        "    List the clients that wait for a key of the selected database."
      ])
    ),

    "FIBER|INFO": Command.program((request) => {
      const named = fibers.find(request.integerIn(2, 0, Number.MAX_SAFE_INTEGER))
      if (named === undefined) throw noSuchFiber
      const report = fibers.describe(named, request.session)
      const { client, waited, waitsFor } = report
      const pairs: Array<Reply.Reply> = []
      const put = (name: string, value: Reply.Reply): void => void pairs.push(Reply.text(name), value)
      put("id", Reply.integer(report.id))
      put("type", Reply.text(typeOf(report)))
      put("part", Reply.text(report.part))
      put("parent-id", report.parent === undefined ? Reply.nil : Reply.integer(report.parent.id))
      put("parent", report.parent === undefined ? Reply.nil : Reply.text(typeOf(report.parent)))
      put("state", Reply.text(report.state))
      put("age-ms", Reply.integer(report.age))
      put("interruptible", Reply.integer(report.interruptible ? 1 : 0))
      put("client-id", client === undefined ? Reply.nil : Reply.integer(client.id))
      put("client-addr", client === undefined ? Reply.nil : Reply.text(client.link?.peer ?? "embedded"))
      put("client-name", client === undefined ? Reply.nil : Reply.text(client.name))
      put("last-command", client === undefined ? Reply.nil : Reply.text(client.commandName))
      const trace = client === undefined ? undefined : traceOf(client)
      put("last-commands", Reply.array((client?.latestCommands ?? []).map(Reply.text)))
      put("trace-id", trace === undefined ? Reply.nil : Reply.text(trace.connection.traceId))
      put("span-id", trace === undefined ? Reply.nil : Reply.text((trace.open.at(-1) ?? trace.connection).spanId))
      put("waits-for", waitsFor === undefined ? Reply.nil : Reply.text(waitsFor))
      put("waited-ms", waited === undefined ? Reply.nil : Reply.integer(waited))
      return Reply.map(pairs)
    }),

    "FIBER|INTERRUPT": Command.program((request) => {
      const named = fibers.find(request.integerIn(2, 0, Number.MAX_SAFE_INTEGER))
      if (named === undefined) throw noSuchFiber
      if (named.label.interruptible !== true) {
        throw CommandError.make(`ERR The server needs its fiber '${named.label.name}'`)
      }
      const { client } = fibers.describe(named)
      // A client that interrupts itself gets its reply first, as with CLIENT KILL
      if (client === request.session) client.closing = true
      else if (client?.link !== undefined) client.link.kill()
      else named.fiber.interruptUnsafe()
      return Reply.ok
    }),

    "FIBER|LIST": Command.program((request) => {
      let type: string | undefined
      let waiting = false
      for (let at = 2; at < request.count; at++) {
        if (request.is(at, "WAITING")) waiting = true
        else if (request.is(at, "TYPE") && at + 1 < request.count) type = request.latin1(++at).toLowerCase()
        else throw CommandError.syntax
      }
      const lines = fibers.all(request.session)
        .filter((report) => type === undefined || typeOf(report) === type || report.part === type)
        .filter(({ state }) => !waiting || state === "waiting")
        .map((report) => `${line(report)}\n`)
      return Reply.verbatim("txt", lines.join(""))
    }),

    "FIBER|WAITERS": Command.program((request) =>
      Reply.array(fibers.waitersOn(request.session.db, request.bytes(2)).map(Reply.text))
    )
  })
}))
