/** A client's subscriptions, and how it is told of them. */
import { Gate, type Session } from "../command/Session.ts"
import type { Output } from "../resp/Output.ts"
import type { Subscriber } from "./Channels.ts"
import type { Message } from "./Message.ts"
import type { Hub } from "./PubSub.ts"

/** What can be subscribed to. */
export type Kind = "channel" | "pattern" | "shard"

/** How clients are told, and where the session counts. */
const KINDS = {
  channel: { subscribed: "subscribe", unsubscribed: "unsubscribe", counter: "channels" },
  pattern: { subscribed: "psubscribe", unsubscribed: "punsubscribe", counter: "patterns" },
  shard: { subscribed: "ssubscribe", unsubscribed: "sunsubscribe", counter: "shards" }
} as const

export class ClientSubscriber implements Subscriber {
  private readonly session: Session
  private readonly hub: Hub
  private readonly names: { readonly [K in Kind]: Set<string> } = {
    channel: new Set(),
    pattern: new Set(),
    shard: new Set()
  }

  constructor(session: Session, hub: Hub) {
    this.session = session
    this.hub = hub
  }

  deliver(message: Message): void {
    this.session.pushShared(message.frame(this.session.out.resp))
  }

  subscribe(kind: Kind, name: string): void {
    const names = this.names[kind]
    if (!names.has(name)) {
      names.add(name)
      this.index(kind).add(name, this)
      this.counted(kind)
    }
    this.tell(kind, KINDS[kind].subscribed, name)
  }

  unsubscribe(kind: Kind, name: string): void {
    this.leave(kind, name)
    this.tell(kind, KINDS[kind].unsubscribed, name)
  }

  /** Ends all subscriptions of a kind; the client is told of each, or that there was none. */
  unsubscribeAll(kind: Kind): void {
    if (this.names[kind].size === 0) return this.tell(kind, KINDS[kind].unsubscribed, undefined)
    for (const name of this.names[kind]) this.unsubscribe(kind, name)
  }

  /** Ends all subscriptions without a word: RESET, and the end of the connection. */
  readonly release = (): void => {
    for (const kind of ["channel", "pattern", "shard"] as const) {
      for (const name of this.names[kind]) this.leave(kind, name)
    }
    this.hub.forget(this.session)
  }

  private leave(kind: Kind, name: string): void {
    if (!this.names[kind].delete(name)) return
    this.index(kind).remove(name, this)
    this.counted(kind)
  }

  private index(kind: Kind) {
    return kind === "channel" ? this.hub.channels : kind === "pattern" ? this.hub.patterns : this.hub.shards
  }

  /** Lets the session know how many there are: subscribers are a class of clients, with commands of their own. */
  private counted(kind: Kind): void {
    const { session } = this
    session.subscriptions[KINDS[kind].counter] = this.names[kind].size
    if (session.subscribed) {
      session.gate |= Gate.subscribed
      if (session.kind === "normal") session.kind = "pubsub"
    } else {
      session.gate &= ~Gate.subscribed
      if (session.kind === "pubsub") session.kind = "normal"
      this.hub.forget(session)
    }
  }

  private tell(kind: Kind, word: string, name: string | undefined): void {
    const { channels, patterns, shards } = this.session.subscriptions
    this.session.push((out: Output) => {
      out.pushHeader(3)
      out.text(word)
      if (name === undefined) out.nil()
      else {
        const bytes = Buffer.from(name, "latin1")
        out.bulk(bytes, 0, bytes.length)
      }
      out.integer(kind === "shard" ? shards : channels + patterns)
    })
  }
}
