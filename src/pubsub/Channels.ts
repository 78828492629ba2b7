/** Who subscribes to what, by exact name. Names are texts of a character per byte. */
import type { Message } from "./Message.ts"

/** Somebody who gets messages: a client's connection, or a stream of an Effect app. Never waits, never throws. */
export interface Subscriber {
  readonly deliver: (message: Message) => void
}

export class Channels {
  /** The subscribers of each name, in the order in which they came; no name without one. */
  private readonly byName = new Map<string, Set<Subscriber>>()

  get size(): number {
    return this.byName.size
  }

  names(): Iterable<string> {
    return this.byName.keys()
  }

  of(name: string): ReadonlySet<Subscriber> | undefined {
    return this.byName.get(name)
  }

  count(name: string): number {
    return this.byName.get(name)?.size ?? 0
  }

  add(name: string, subscriber: Subscriber): void {
    const subscribers = this.byName.get(name)
    if (subscribers === undefined) this.byName.set(name, new Set([subscriber]))
    else subscribers.add(subscriber)
  }

  remove(name: string, subscriber: Subscriber): void {
    const subscribers = this.byName.get(name)
    if (subscribers?.delete(subscriber) === true && subscribers.size === 0) this.byName.delete(name)
  }
}
