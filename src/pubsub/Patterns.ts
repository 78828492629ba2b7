/**
 * Who subscribes to which patterns. Patterns are found by the literal text before their first special character, so
 * that a message is matched only against those that begin like its channel.
 */
import * as Glob from "../memory/Glob.ts"
import type { Subscriber } from "./Channels.ts"
import { PrefixIndex } from "./PrefixIndex.ts"

export interface Pattern {
  readonly bytes: Uint8Array
  readonly subscribers: ReadonlySet<Subscriber>
}

class Entry implements Pattern {
  readonly bytes: Uint8Array
  readonly prefix: string
  /** Grows with each new pattern: messages go out in the order in which their patterns came. */
  readonly order: number
  readonly subscribers = new Set<Subscriber>()

  constructor(pattern: string, order: number) {
    this.bytes = Buffer.from(pattern, "latin1")
    this.prefix = /^[^*?[\\]*/.exec(pattern)?.[0] ?? ""
    this.order = order
  }
}

export class Patterns {
  private readonly byText = new Map<string, Entry>()
  private readonly byPrefix = new PrefixIndex<Set<Entry>>()
  private lastOrder = 0

  /** Different patterns. */
  get size(): number {
    return this.byText.size
  }

  add(pattern: string, subscriber: Subscriber): void {
    let entry = this.byText.get(pattern)
    if (entry === undefined) {
      this.byText.set(pattern, entry = new Entry(pattern, ++this.lastOrder))
      const alike = this.byPrefix.get(entry.prefix)
      if (alike === undefined) this.byPrefix.set(entry.prefix, new Set([entry]))
      else alike.add(entry)
    }
    entry.subscribers.add(subscriber)
  }

  remove(pattern: string, subscriber: Subscriber): void {
    const entry = this.byText.get(pattern)
    if (entry === undefined || !entry.subscribers.delete(subscriber) || entry.subscribers.size > 0) return
    this.byText.delete(pattern)
    const alike = this.byPrefix.get(entry.prefix)
    alike?.delete(entry)
    if (alike?.size === 0) this.byPrefix.delete(entry.prefix)
  }

  /** The patterns that a channel matches, the oldest first. */
  matching(channel: string): ReadonlyArray<Pattern> {
    const alike = this.byPrefix.matching(channel)
    if (alike.length === 0) return []
    const bytes = Buffer.from(channel, "latin1")
    const found: Array<Entry> = []
    for (const entries of alike) {
      for (const entry of entries) if (Glob.stringMatch(entry.bytes, bytes)) found.push(entry)
    }
    return found.sort((a, b) => a.order - b.order)
  }
}
