/** CLIENT TRACKING and its kin: client-side caching, as a client asks for it. */
import * as Effect from "effect/Effect"
import { ClientRegistry } from "../command/ClientRegistry.ts"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { integer, oneOf, optional, string, token } from "../command/Spec.ts"
import { Tracking } from "../pubsub/Tracking.ts"
import * as Reply from "../resp/Reply.ts"

const base = {
  group: "connection",
  categories: ["connection"],
  complexity: "O(1)",
  flags: ["noscript", "loading", "stale"]
} as const

const Caching = Command.make("CLIENT|CACHING", {
  ...base,
  summary: "Tells whether the next command's keys are to be tracked.",
  returns: Returns.done,
  since: "6.0.0",
  arity: 3,
  arguments: [oneOf("mode", [token("YES"), token("NO")])]
})

const GetRedir = Command.make("CLIENT|GETREDIR", {
  ...base,
  summary: "Returns the client that gets this one's invalidation messages.",
  returns: Returns.integer,
  since: "6.0.0",
  arity: 2
})

const TrackingCommand = Command.make("CLIENT|TRACKING", {
  ...base,
  summary: "Has the keys tracked that the connection's client may keep in a cache.",
  returns: Returns.done,
  since: "6.0.0",
  complexity: "O(N), N being the number of prefixes",
  arity: -3,
  arguments: [
    oneOf("status", [token("ON"), token("OFF")]),
    integer("client-id", { ...optional, token: "REDIRECT" }),
    string("prefix", { ...optional, token: "PREFIX", multiple: true, multipleToken: true }),
    token("BCAST", optional),
    token("OPTIN", optional),
    token("OPTOUT", optional),
    token("NOLOOP", optional)
  ]
})

const TrackingInfo = Command.make("CLIENT|TRACKINGINFO", {
  ...base,
  summary: "Tells how keys are tracked for the connection's cache.",
  returns: Returns.properties("TrackingInfo", {
    flags: Returns.names,
    redirect: Returns.integer,
    prefixes: Returns.all
  }),
  since: "6.2.0",
  arity: 2
})

export const commands = [Caching, GetRedir, TrackingCommand, TrackingInfo] as const

const notTracking = CommandError.make(
  "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled"
)
const yesWithoutOptin = CommandError.make(
  "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode."
)
const noWithoutOptout = CommandError.make(
  "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode."
)
const oneRedirect = CommandError.make("ERR A client can only redirect to a single other client")
const noSuchRedirect = CommandError.make("ERR The client ID you want redirect to does not exist")
const prefixWithoutBcast = CommandError.make("ERR PREFIX option requires BCAST mode to be enabled")
const bcastIsFixed = CommandError.make(
  "ERR You can't switch BCAST mode on/off before disabling tracking for this client, "
    + "and then re-enabling it with a different mode."
)
const bcastOrOpt = CommandError.make("ERR OPTIN and OPTOUT are not compatible with BCAST")
const optinOrOptout = CommandError.make("ERR You can't specify both OPTIN mode and OPTOUT mode")
const optIsFixed = CommandError.make(
  "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, "
    + "and then re-enabling it with a different mode."
)

const overlap = (prefix: string, kind: string, other: string): CommandError.CommandError =>
  CommandError.make(
    `ERR Prefix '${prefix}' overlaps with ${kind} prefix '${other}'. Prefixes for a single client must not overlap.`
  )

const overlaps = (a: string, b: string): boolean => a.startsWith(b) || b.startsWith(a)

/** Refuses prefixes that a key could have two of. */
const checkPrefixes = (prefixes: ReadonlyArray<string>, existing: Iterable<string>): void => {
  const inOrder = [...existing].sort()
  for (const [index, prefix] of prefixes.entries()) {
    const clash = inOrder.find((other) => overlaps(prefix, other))
    if (clash !== undefined) throw overlap(prefix, "an existing", clash)
    const twin = prefixes.slice(index + 1).find((other) => overlaps(prefix, other))
    if (twin !== undefined) throw overlap(prefix, "another provided", twin)
  }
}

export const handlers = Effect.gen(function*() {
  const tracker = yield* Tracking
  const { clients } = yield* ClientRegistry

  const optionsOf = (request: Request) => {
    const words = new Set<string>()
    const prefixes: Array<string> = []
    let redirect = 0
    for (let index = 3; index < request.count; index++) {
      const word = request.word(index)
      const hasMore = index + 1 < request.count
      if (word === "REDIRECT" && hasMore) {
        if (redirect !== 0) throw oneRedirect
        redirect = Number(request.integer(++index))
        if (!clients.byId.has(redirect)) throw noSuchRedirect
      } else if (word === "PREFIX" && hasMore) prefixes.push(request.latin1(++index))
      else if (["BCAST", "OPTIN", "OPTOUT", "NOLOOP"].includes(word)) words.add(word)
      else throw CommandError.syntax
    }
    const modes = {
      bcast: words.has("BCAST"),
      optin: words.has("OPTIN"),
      optout: words.has("OPTOUT"),
      noloop: words.has("NOLOOP")
    }
    return { modes, prefixes, redirect }
  }

  const track = (request: Request): Reply.Reply => {
    const { session } = request
    const { modes, prefixes, redirect } = optionsOf(request)
    if (request.is(2, "OFF")) tracker.disable(session)
    else if (request.is(2, "ON")) {
      const client = tracker.of(session)
      if (!modes.bcast && prefixes.length > 0) throw prefixWithoutBcast
      if (client !== undefined && client.modes.bcast !== modes.bcast) throw bcastIsFixed
      if (modes.bcast && (modes.optin || modes.optout)) throw bcastOrOpt
      if (modes.optin && modes.optout) throw optinOrOptout
      if ((modes.optin && client?.modes.optout) || (modes.optout && client?.modes.optin)) throw optIsFixed
      if (modes.bcast) checkPrefixes(prefixes, client?.prefixes ?? [])
      tracker.enable(session, modes, redirect, prefixes)
    } else throw CommandError.syntax
    return Reply.ok
  }

  const caching = (request: Request): Reply.Reply => {
    const client = tracker.of(request.session)
    if (client === undefined) throw notTracking
    if (request.is(2, "YES")) {
      if (!client.modes.optin) throw yesWithoutOptin
    } else if (request.is(2, "NO")) {
      if (!client.modes.optout) throw noWithoutOptout
    } else throw CommandError.syntax
    client.caching = true
    return Reply.ok
  }

  const info = ({ session }: Request): Reply.Reply => {
    const client = tracker.of(session)
    const flags: Array<string> = [client === undefined ? "off" : "on"]
    if (client !== undefined) {
      const { caching, isBroken, modes } = client
      if (modes.bcast) flags.push("bcast")
      if (modes.optin) flags.push("optin", ...(caching ? ["caching-yes"] : []))
      if (modes.optout) flags.push("optout", ...(caching ? ["caching-no"] : []))
      if (modes.noloop) flags.push("noloop")
      if (isBroken) flags.push("broken_redirect")
    }
    return Reply.map([
      Reply.text("flags"),
      Reply.set(flags.map(Reply.text)),
      Reply.text("redirect"),
      Reply.integer(session.redirect),
      Reply.text("prefixes"),
      Reply.array([...client?.prefixes ?? []].sort().map((prefix) => Reply.bulk(Buffer.from(prefix, "latin1"))))
    ])
  }

  return {
    "CLIENT|CACHING": Command.program(caching),
    "CLIENT|GETREDIR": Command.program(({ session }) => Reply.integer(session.redirect)),
    "CLIENT|TRACKING": Command.program(track),
    "CLIENT|TRACKINGINFO": Command.program(info)
  }
})
