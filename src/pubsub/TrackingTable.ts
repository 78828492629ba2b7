/**
 * Which clients have read which keys, and so may have them cached. Clients are remembered by their ids, so that those
 * that have gone cost nothing but the entry, which the next change of the key removes.
 */
export class TrackingTable {
  /** Most keys have one reader: a set is made for the second. */
  private readonly readers = new Map<string, number | Set<number>>()
  private count = 0

  /** Keys. */
  get size(): number {
    return this.readers.size
  }

  /** Keys and clients that may have them. */
  get items(): number {
    return this.count
  }

  remember(key: string, client: number): void {
    const known = this.readers.get(key)
    if (known === client) return
    if (known === undefined) this.readers.set(key, client)
    else if (typeof known === "number") this.readers.set(key, new Set([known, client]))
    else if (known.has(client)) return
    else known.add(client)
    this.count++
  }

  /** Forgets a key and returns who may have it. */
  take(key: string): Iterable<number> {
    const known = this.readers.get(key)
    if (known === undefined) return []
    this.readers.delete(key)
    if (typeof known === "number") {
      this.count--
      return [known]
    }
    this.count -= known.size
    // In the order of their ids, as Redis's tree has them
    return [...known].sort((a, b) => a - b)
  }

  /** The key that has been there for longest. */
  oldest(): string | undefined {
    for (const key of this.readers.keys()) return key
    return undefined
  }

  clear(): void {
    this.readers.clear()
    this.count = 0
  }
}
