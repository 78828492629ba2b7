/**
 * The limits that lists are made with. As in Redis, a list keeps those of its creation when the configuration changes:
 * the flags of its entry name them by a number.
 */
import type { Settings } from "./Settings.ts"
import type { NodeLimits } from "./types/NodeLimits.ts"

/** How many different ones can be told apart by an entry's flags. */
const MOST = 256

class Limits implements NodeLimits {
  readonly listMaxListpackSize: number
  readonly listCompressDepth: number
  private readonly settings: Settings

  constructor(listMaxListpackSize: number, listCompressDepth: number, settings: Settings) {
    this.listMaxListpackSize = listMaxListpackSize
    this.listCompressDepth = listCompressDepth
    this.settings = settings
  }

  /** The same for all lists. */
  get listPackedThreshold(): number {
    return this.settings.listPackedThreshold
  }
}

export class ListLimits {
  private readonly settings: Settings
  private readonly all: Array<NodeLimits> = []
  private latest = 0

  constructor(settings: Settings) {
    this.settings = settings
  }

  at(number: number): NodeLimits {
    return this.all[number] ?? this.current
  }

  /** Those of a list that is made now. */
  get current(): NodeLimits {
    return this.all[this.currentNumber] as NodeLimits // just made, if it was not there
  }

  get currentNumber(): number {
    const { listCompressDepth, listMaxListpackSize } = this.settings
    if (!this.is(this.latest, listMaxListpackSize, listCompressDepth)) {
      this.latest = this.numberOf(listMaxListpackSize, listCompressDepth)
    }
    return this.latest
  }

  /** The number of such limits. Should there be more than an entry can tell apart, the last ones change for all who have them. */
  numberOf(size: number, depth: number): number {
    const known = this.all.findIndex((_, number) => this.is(number, size, depth))
    if (known !== -1) return known
    const number = Math.min(this.all.length, MOST - 1)
    this.all[number] = new Limits(size, depth, this.settings)
    return number
  }

  private is(number: number, size: number, depth: number): boolean {
    const limits = this.all[number]
    return limits?.listMaxListpackSize === size && limits.listCompressDepth === depth
  }

  /** Becomes a copy of those of another keyspace. */
  assign(source: ListLimits): void {
    const copies = source.all.map((limits) =>
      new Limits(limits.listMaxListpackSize, limits.listCompressDepth, this.settings)
    )
    this.all.splice(0, this.all.length, ...copies)
  }
}
