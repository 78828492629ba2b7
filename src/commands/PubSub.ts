/** Publish and subscribe: messages to whoever listens at the moment (https://redis.io/docs/manual/pubsub). */
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import { help } from "../command/Help.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { block, keysAt, optional, pattern, string } from "../command/Spec.ts"
import * as Glob from "../memory/Glob.ts"
import type { Channels } from "../pubsub/Channels.ts"
import type { Kind } from "../pubsub/ClientSubscriber.ts"
import { PubSub } from "../pubsub/PubSub.ts"
import * as Reply from "../resp/Reply.ts"
import { Store } from "../store/Store.ts"

const base = { group: "pubsub", arity: -2, flags: ["pubsub", "noscript", "loading", "stale"] } as const
const sending = { group: "pubsub", arity: 3, flags: ["pubsub", "loading", "stale", "fast", "may_replicate"] } as const
const asking = { group: "pubsub", arity: -2, flags: ["pubsub", "loading", "stale"] } as const
const shardNames = [keysAt(1, ["not_key"], { lastKey: -1 })]
const many = { multiple: true } as const
const any = { optional: true, multiple: true } as const

const Subscribe = Command.make("SUBSCRIBE", {
  ...base,
  summary: "Subscribes to channels.",
  since: "2.0.0",
  complexity: "O(N), N being the number of channels",
  arguments: [string("channel", many)]
})

const PSubscribe = Command.make("PSUBSCRIBE", {
  ...base,
  summary: "Subscribes to all channels that match patterns.",
  since: "2.0.0",
  complexity: "O(N), N being the number of patterns",
  arguments: [block("pattern", [pattern("pattern")], many)]
})

const SSubscribe = Command.make("SSUBSCRIBE", {
  ...base,
  summary: "Subscribes to shard channels.",
  since: "7.0.0",
  complexity: "O(N), N being the number of channels",
  keys: shardNames,
  arguments: [string("shardchannel", many)]
})

const Unsubscribe = Command.make("UNSUBSCRIBE", {
  ...base,
  summary: "Ends the subscriptions to channels: to these, or all.",
  since: "2.0.0",
  complexity: "O(N), N being the number of channels",
  arity: -1,
  arguments: [string("channel", any)]
})

const PUnsubscribe = Command.make("PUNSUBSCRIBE", {
  ...base,
  summary: "Ends the subscriptions to patterns: to these, or all.",
  since: "2.0.0",
  complexity: "O(N), N being the number of patterns",
  arity: -1,
  arguments: [pattern("pattern", any)]
})

const SUnsubscribe = Command.make("SUNSUBSCRIBE", {
  ...base,
  summary: "Ends the subscriptions to shard channels: to these, or all.",
  since: "7.0.0",
  complexity: "O(N), N being the number of channels",
  arity: -1,
  keys: shardNames,
  arguments: [string("shardchannel", any)]
})

const Publish = Command.make("PUBLISH", {
  ...sending,
  summary: "Sends a message to the subscribers of a channel.",
  returns: Returns.integer,
  since: "2.0.0",
  complexity: "O(N+M), N being the number of receivers, M that of the patterns that begin like the channel",
  arguments: [string("channel"), string("message")]
})

const SPublish = Command.make("SPUBLISH", {
  ...sending,
  summary: "Sends a message to the subscribers of a shard channel.",
  returns: Returns.integer,
  since: "7.0.0",
  complexity: "O(N), N being the number of receivers",
  keys: [keysAt(1, ["not_key"])],
  arguments: [string("shardchannel"), string("message")]
})

const Container = Command.make("PUBSUB", {
  ...asking,
  summary: "Holds the commands on subscriptions.",
  since: "2.8.0",
  complexity: "Depends on subcommand.",
  flags: []
})

const ChannelNames = Command.make("PUBSUB|CHANNELS", {
  ...asking,
  summary: "Lists the channels that have subscribers.",
  returns: Returns.all,
  since: "2.8.0",
  complexity: "O(N), N being the number of channels that have subscribers",
  arguments: [pattern("pattern", optional)]
})

const Help = Command.make("PUBSUB|HELP", {
  ...asking,
  summary: "Lists the subcommands.",
  returns: Returns.names,
  since: "6.2.0",
  complexity: "O(1)",
  arity: 2,
  flags: ["loading", "stale"]
})

const NumPat = Command.make("PUBSUB|NUMPAT", {
  ...asking,
  summary: "Counts the different patterns that have subscribers.",
  returns: Returns.integer,
  since: "2.8.0",
  complexity: "O(1)",
  arity: 2
})

const NumSub = Command.make("PUBSUB|NUMSUB", {
  ...asking,
  summary: "Counts the subscribers of channels.",
  returns: Returns.dictionary(Returns.integer),
  since: "2.8.0",
  complexity: "O(N), N being the number of channels",
  arguments: [string("channel", any)]
})

const ShardChannels = Command.make("PUBSUB|SHARDCHANNELS", {
  ...asking,
  summary: "Lists the shard channels that have subscribers.",
  returns: Returns.all,
  since: "7.0.0",
  complexity: "O(N), N being the number of shard channels that have subscribers",
  arguments: [pattern("pattern", optional)]
})

const ShardNumSub = Command.make("PUBSUB|SHARDNUMSUB", {
  ...asking,
  summary: "Counts the subscribers of shard channels.",
  returns: Returns.dictionary(Returns.integer),
  since: "7.0.0",
  complexity: "O(N), N being the number of channels",
  arguments: [string("shardchannel", any)]
})

export const group = Command.group(
  Subscribe,
  PSubscribe,
  SSubscribe,
  Unsubscribe,
  PUnsubscribe,
  SUnsubscribe,
  Publish,
  SPublish,
  Container,
  ChannelNames,
  Help,
  NumPat,
  NumSub,
  ShardChannels,
  ShardNumSub
)

/** Where a reply to every command is expected (a script), there is no place for a stream of messages. */
const refuse = (command: string): never => {
  throw CommandError.make(`ERR ${command.toUpperCase()} isn't allowed for a DENY BLOCKING client`)
}

const listChannels = (request: Request, channels: Channels): Reply.Reply => {
  if (request.count > 3) throw CommandError.unknownSubcommandOrArity("PUBSUB", request.quoted(1))
  const wanted = request.count === 3 ? request.bytes(2) : undefined
  const names = [...channels.names()]
    .map((name) => Buffer.from(name, "latin1"))
    .filter((name) => wanted === undefined || Glob.stringMatch(wanted, name))
  return Reply.array(names.map((name) => Reply.bulk(name)))
}

const countSubscribers = (request: Request, channels: Channels): Reply.Reply => {
  const counts: Array<Reply.Reply> = []
  for (let index = 2; index < request.count; index++) {
    counts.push(Reply.bulk(request.bytes(index)), Reply.integer(channels.count(request.latin1(index))))
  }
  return Reply.array(counts)
}

export const layer = group.toLayer(Effect.gen(function*() {
  const hub = yield* PubSub
  const { state: { propagation } } = yield* Store

  const subscribe = (kind: Kind, mayInTransaction: boolean): Command.Handler =>
    Command.program((request) => {
      const { session } = request
      if (session.denyBlocking && !(mayInTransaction && session.transaction !== undefined)) refuse(session.commandName)
      for (let index = 1; index < request.count; index++) hub.client(session).subscribe(kind, request.latin1(index))
      return Reply.none
    })

  const unsubscribe = (kind: Kind): Command.Handler =>
    Command.program((request) => {
      const { session } = request
      if (request.count === 1) hub.client(session).unsubscribeAll(kind)
      for (let index = 1; index < request.count; index++) hub.client(session).unsubscribe(kind, request.latin1(index))
      if (!session.subscribed) hub.forget(session)
      return Reply.none
    })

  /** Replicas have subscribers of their own, who get the same. */
  const publish = (send: (channel: Uint8Array, message: Uint8Array) => number): Command.Handler =>
    Command.program((request) => {
      if (propagation.active) propagation.addRequest(request.session.db, request)
      return Reply.integer(send(request.view(1), request.view(2)))
    })

  return group.of({
    SUBSCRIBE: subscribe("channel", true),
    PSUBSCRIBE: subscribe("pattern", true),
    SSUBSCRIBE: subscribe("shard", false),
    UNSUBSCRIBE: unsubscribe("channel"),
    PUNSUBSCRIBE: unsubscribe("pattern"),
    SUNSUBSCRIBE: unsubscribe("shard"),
    PUBLISH: publish((channel, message) => hub.publish(channel, message)),
    SPUBLISH: publish((channel, message) => hub.publishShard(channel, message)),
    PUBSUB: Command.container,
    "PUBSUB|CHANNELS": Command.program((request) => listChannels(request, hub.channels)),
    "PUBSUB|HELP": Command.program(() => helpReply),
    "PUBSUB|NUMPAT": Command.program(() => Reply.integer(hub.patterns.size)),
    "PUBSUB|NUMSUB": Command.program((request) => countSubscribers(request, hub.channels)),
    "PUBSUB|SHARDCHANNELS": Command.program((request) => listChannels(request, hub.shards)),
    "PUBSUB|SHARDNUMSUB": Command.program((request) => countSubscribers(request, hub.shards))
  })
}))

const helpReply = help("PUBSUB", [
  "CHANNELS [<pattern>]",
  "    Return the currently active channels matching a <pattern> (default: '*').",
  "NUMPAT",
  "    Return number of subscriptions to patterns.",
  "NUMSUB [<channel> ...]",
  "    Return the number of subscribers for the specified channels, excluding",
  "    pattern subscriptions(default: no channels).",
  "SHARDCHANNELS [<pattern>]",
  "    Return the currently active shard level channels matching a <pattern> (default: '*').",
  "SHARDNUMSUB [<shardchannel> ...]",
  "    Return the number of subscribers for the specified shard level channel(s)"
])
