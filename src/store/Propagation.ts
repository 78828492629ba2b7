/**
 * The log of what writes did: each as the deterministic command that has the same effect anywhere. Whoever keeps a copy
 * of the data (replicas, an append-only file) subscribes; without subscribers nothing is recorded.
 *
 * What one command, EXEC or script does is collected and handed over as one block when it is done, so that subscribers
 * see it whole.
 */

/** A command with its arguments, and the database in which it runs. */
export interface Effect {
  readonly db: number
  readonly args: ReadonlyArray<Uint8Array>
}

/** Called once per unit of work; more than one effect means they belong together (MULTI .. EXEC). */
export type Subscriber = (effects: ReadonlyArray<Effect>) => void

export class Propagation {
  private pending: Array<Effect> = []
  private readonly subscribers = new Set<Subscriber>()

  /** Whether anybody listens: what is not needed is not built. */
  active = false

  subscribe(subscriber: Subscriber): () => void {
    this.subscribers.add(subscriber)
    this.active = true
    return () => {
      this.subscribers.delete(subscriber)
      this.active = this.subscribers.size > 0
    }
  }

  add(db: number, args: ReadonlyArray<Uint8Array>): void {
    this.pending.push({ db, args })
  }

  get hasPending(): boolean {
    return this.pending.length > 0
  }

  /** Ends the unit of work. */
  flush(): void {
    if (this.pending.length === 0) return
    const effects = this.pending
    this.pending = []
    for (const subscriber of this.subscribers) subscriber(effects)
  }
}
