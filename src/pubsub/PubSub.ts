/**
 * Publish and subscribe (https://redis.io/docs/manual/pubsub): the channels, patterns and shard channels of a server,
 * and what its clients subscribe to. A message is delivered in the turn that publishes it; no subscriber can hold the
 * publisher up, since delivering only appends to an output.
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import type { Session } from "../command/Session.ts"
import { Channels, type Subscriber } from "./Channels.ts"
import { ClientSubscriber } from "./ClientSubscriber.ts"
import { Message } from "./Message.ts"
import { Patterns } from "./Patterns.ts"

/** The channels of one server. Names are texts of a character per byte. */
export class Hub {
  readonly channels = new Channels()
  readonly patterns = new Patterns()
  readonly shards = new Channels()
  private readonly clients = new Map<Session, ClientSubscriber>()

  /** Whether anybody would get a message, as far as can be told without its channel. */
  get isDeaf(): boolean {
    return this.channels.size === 0 && this.patterns.size === 0
  }

  /** Gives a message to those who subscribe to its channel, then to those whose patterns match; returns how many. */
  publish(channel: Uint8Array, payload: Uint8Array): number {
    if (this.isDeaf) return 0
    const name = nameOf(channel)
    let receivers = 0
    const subscribers = this.channels.of(name)
    if (subscribers !== undefined) receivers += deliver(subscribers, new Message("message", channel, payload))
    if (this.patterns.size === 0) return receivers
    for (const pattern of this.patterns.matching(name)) {
      receivers += deliver(pattern.subscribers, new Message("pmessage", channel, payload, pattern.bytes))
    }
    return receivers
  }

  /** The same on a shard channel. */
  publishShard(channel: Uint8Array, payload: Uint8Array): number {
    const subscribers = this.shards.of(nameOf(channel))
    return subscribers === undefined ? 0 : deliver(subscribers, new Message("smessage", channel, payload))
  }

  /** What a client subscribes to. */
  client(session: Session): ClientSubscriber {
    let client = this.clients.get(session)
    if (client !== undefined) return client
    this.clients.set(session, client = new ClientSubscriber(session, this))
    session.releases.add(client.release)
    return client
  }

  /** To be called when a client subscribes to nothing any more. */
  forget(session: Session): void {
    const client = this.clients.get(session)
    if (client === undefined) return
    this.clients.delete(session)
    session.releases.delete(client.release)
  }
}

/** The text by which a channel or pattern is known. */
export const nameOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1")

const deliver = (subscribers: ReadonlySet<Subscriber>, message: Message): number => {
  for (const subscriber of subscribers) subscriber.deliver(message)
  return subscribers.size
}

export class PubSub extends Context.Service<PubSub, Hub>()("go-redis/pubsub/PubSub") {
  static readonly layer = Layer.sync(this, () => new Hub())
}
