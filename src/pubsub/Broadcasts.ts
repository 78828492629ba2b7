/**
 * Prefixes that clients want to be told of, whatever they have read. What changes in a turn is collected by prefix and
 * told at its end, in one message for each prefix.
 */
import type { Session } from "../command/Session.ts"
import { PrefixIndex } from "./PrefixIndex.ts"
import type { TrackingClient } from "./TrackingClient.ts"

class Prefix {
  readonly text: string
  readonly clients = new Set<TrackingClient>()
  /** What has changed, and whose doing the last change was. */
  changes = new Map<string, Session | undefined>()

  constructor(text: string) {
    this.text = text
  }
}

export class Broadcasts {
  private readonly prefixes = new PrefixIndex<Prefix>()
  private readonly changed = new Set<Prefix>()

  get size(): number {
    return this.prefixes.size
  }

  add(text: string, client: TrackingClient): void {
    let prefix = this.prefixes.get(text)
    if (prefix === undefined) this.prefixes.set(text, prefix = new Prefix(text))
    prefix.clients.add(client)
    client.prefixes.add(text)
  }

  /** Takes a client out of all its prefixes. */
  remove(client: TrackingClient): void {
    for (const text of client.prefixes) {
      const prefix = this.prefixes.get(text)
      prefix?.clients.delete(client)
      if (prefix === undefined || prefix.clients.size > 0) continue
      this.prefixes.delete(text)
      this.changed.delete(prefix)
    }
  }

  /** Notes a change; true when it is the first since the last `takeChanges`. */
  note(key: string, by: Session | undefined): boolean {
    const wasQuiet = this.changed.size === 0
    for (const prefix of this.prefixes.matching(key)) {
      prefix.changes.set(key, by)
      this.changed.add(prefix)
    }
    return wasQuiet && this.changed.size > 0
  }

  /** Calls `tell` for every prefix under which something has changed, with the keys in order. */
  takeChanges(
    tell: (clients: ReadonlySet<TrackingClient>, changes: ReadonlyArray<readonly [string, Session | undefined]>) => void
  ): void {
    const prefixes = [...this.changed].sort((a, b) => byText(a.text, b.text))
    this.changed.clear()
    for (const { changes, clients } of prefixes.map(emptied)) tell(clients, changes)
  }
}

const byText = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0

const emptied = (prefix: Prefix) => {
  const changes = [...prefix.changes].sort(([a], [b]) => byText(a, b))
  prefix.changes = new Map()
  return { changes, clients: prefix.clients }
}
