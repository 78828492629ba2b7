/**
 * Who subscribes to which patterns. Patterns are found by the literal text before their first special character, so
 * that a message is matched only against those that begin like its channel.
 */
import * as Glob from "../memory/Glob.ts"
import type { Subscriber } from "./Channels.ts"

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
  /** By the length of the prefix, then by the prefix. */
  private readonly byPrefix = new Map<number, Map<string, Set<Entry>>>()
  private lastOrder = 0

  /** Different patterns. */
  get size(): number {
    return this.byText.size
  }

  add(pattern: string, subscriber: Subscriber): void {
    let entry = this.byText.get(pattern)
    if (entry === undefined) {
      this.byText.set(pattern, entry = new Entry(pattern, ++this.lastOrder))
      this.index(entry)
    }
    entry.subscribers.add(subscriber)
  }

  remove(pattern: string, subscriber: Subscriber): void {
    const entry = this.byText.get(pattern)
    if (entry === undefined || !entry.subscribers.delete(subscriber) || entry.subscribers.size > 0) return
    this.byText.delete(pattern)
    const ofLength = this.byPrefix.get(entry.prefix.length)
    const entries = ofLength?.get(entry.prefix)
    entries?.delete(entry)
    if (entries?.size === 0) ofLength?.delete(entry.prefix)
    if (ofLength?.size === 0) this.byPrefix.delete(entry.prefix.length)
  }

  /** The patterns that a channel matches, the oldest first. */
  matching(channel: string): ReadonlyArray<Pattern> {
    const found: Array<Entry> = []
    let bytes: Uint8Array | undefined
    for (const [length, byPrefix] of this.byPrefix) {
      if (length > channel.length) continue
      for (const entry of byPrefix.get(channel.slice(0, length)) ?? []) {
        bytes ??= Buffer.from(channel, "latin1")
        if (Glob.stringMatch(entry.bytes, bytes)) found.push(entry)
      }
    }
    return found.length < 2 ? found : found.sort((a, b) => a.order - b.order)
  }

  private index(entry: Entry): void {
    const { length } = entry.prefix
    const ofLength = this.byPrefix.get(length) ?? new Map<string, Set<Entry>>()
    this.byPrefix.set(length, ofLength)
    const entries = ofLength.get(entry.prefix)
    if (entries === undefined) ofLength.set(entry.prefix, new Set([entry]))
    else entries.add(entry)
  }
}
