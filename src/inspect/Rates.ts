/** How fast some counters grow: the mean of the latest samples, as INFO's `instantaneous_*` fields show it. */

const SAMPLES = 16

export class Rate {
  private readonly read: () => number
  private readonly samples: Array<number> = []
  private lastTotal: number
  private lastTime: number

  /** `read` returns the counter; `now` is in milliseconds. */
  constructor(read: () => number, now: number) {
    this.read = read
    this.lastTotal = read()
    this.lastTime = now
  }

  sample(now: number): void {
    const total = this.read()
    const elapsed = now - this.lastTime
    // A counter that was reset has not run backwards
    const grown = Math.max(0, total - this.lastTotal)
    this.samples.push(elapsed > 0 ? (grown * 1000) / elapsed : 0)
    if (this.samples.length > SAMPLES) this.samples.shift()
    this.lastTotal = total
    this.lastTime = now
  }

  get perSecond(): number {
    return this.samples.reduce((sum, each) => sum + each, 0) / SAMPLES
  }
}
