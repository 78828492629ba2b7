/** Values by a prefix, found for a text by all the lengths that prefixes have: few, however many prefixes there are. */
export class PrefixIndex<A> {
  private readonly byLength = new Map<number, Map<string, A>>()
  private count = 0

  get size(): number {
    return this.count
  }

  get(prefix: string): A | undefined {
    return this.byLength.get(prefix.length)?.get(prefix)
  }

  set(prefix: string, value: A): void {
    const values = this.byLength.get(prefix.length) ?? new Map<string, A>()
    this.byLength.set(prefix.length, values)
    if (!values.has(prefix)) this.count++
    values.set(prefix, value)
  }

  delete(prefix: string): void {
    const values = this.byLength.get(prefix.length)
    if (values?.delete(prefix) !== true) return
    this.count--
    if (values.size === 0) this.byLength.delete(prefix.length)
  }

  /** The values of the prefixes with which a text begins. */
  matching(text: string): ReadonlyArray<A> {
    const found: Array<A> = []
    for (const [length, values] of this.byLength) {
      const value = length > text.length ? undefined : values.get(text.slice(0, length))
      if (value !== undefined) found.push(value)
    }
    return found
  }
}
